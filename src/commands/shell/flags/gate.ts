// Options of commands that hold quality or speed gates.
import { flagGroup } from '../flag.js';

export const gateFlags = flagGroup('Gate options', {
  gate: { kind: 'list', comma: false, value: "'METRIC<=VALUE'", help: 'Threshold on a metric of the report, <= or >=; a missed one exits 3' },
});
