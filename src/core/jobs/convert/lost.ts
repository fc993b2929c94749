// Values that were finite, and are infinite in the number format that they were put into.
import type { Event } from '../../base/event.js';
import { numberFormats, type NumberFormatKey } from '../../numbers/index.js';

export interface Lost {
  readonly output: number;
  readonly role: string;
  readonly to: NumberFormatKey;
  /** How many. */
  readonly values: number;
}

export const lostWarning = ({ role, to, values }: Omit<Lost, 'output'>): Event => ({
  type: 'warning',
  code: 'overflow',
  message: `${role}: ${values === 1 ? 'a value is' : `${values} values are`} beyond what ${numberFormats[to].name} holds, and infinite there`,
  hint: `Keep it wider: --dtype-map '^${role.replaceAll('.', '\\.')}$=f32'`,
});
