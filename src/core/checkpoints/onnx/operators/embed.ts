// Rows of a table: gathered as they are stored, then widened.
import type { Operator } from './operator.js';

export const embed: Operator = ({ e, input, stored, widen }) => {
  const [table] = stored(1);
  return [widen(table!, e.one('Gather', [table!.name, input(0)], { axis: 0 }))];
};
