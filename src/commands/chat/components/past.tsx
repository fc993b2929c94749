// What stands above the live region for good; drawn once. Drawn again with the rest, it would make Ink skip its limit of frames.
import { Static, Text } from 'ink';
import { memo } from 'react';
import type { Printed } from '../state.js';

interface PastProps {
  readonly printed: readonly Printed[];
}

export const Past = memo(({ printed }: PastProps) => <Static items={printed as Printed[]}>{({ id, text }) => <Text key={id}>{text}</Text>}</Static>);
Past.displayName = 'Past';
