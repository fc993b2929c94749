// Options of commands that write files or hold quality gates.
import { flagGroup } from '../flag.js';

export const writingFlags = flagGroup('Output options', {
  force: { kind: 'boolean', help: 'Replace files that exist' },
  dryRun: { kind: 'boolean', help: 'Print the plan, sizes and free space, and stop' },
});

export const gateFlags = flagGroup('Gate options', {
  gate: { kind: 'list', comma: false, value: "'METRIC<=VALUE'", help: 'Threshold on a metric of the report, <= or >=; a missed one exits 3' },
});
