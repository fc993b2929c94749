// Finished lines as one piece of text; nothing where there are none.
import { Text } from 'ink';
import type { ReactNode } from 'react';
import type { Line } from '../text/line.js';
import { written } from '../text/line.js';

export const Rows = ({ lines }: { readonly lines: readonly Line[] }): ReactNode =>
  lines.length === 0 ? null : <Text>{lines.map((line) => written(line) || ' ').join('\n')}</Text>;
