// What stands above the live region for good; drawn once.
import { Static, Text } from 'ink';
import type { ReactNode } from 'react';
import type { Printed } from '../state.js';

export const Past = ({ printed }: { readonly printed: readonly Printed[] }): ReactNode => (
  <Static items={printed as Printed[]}>{({ id, text }) => <Text key={id}>{text}</Text>}</Static>
);
