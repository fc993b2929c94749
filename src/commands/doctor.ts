// `llmx doctor`: runs the table of checks and tells what they found.
import type { Check, Finding } from './checks/check.js';
import { checks } from './checks/index.js';
import { columns } from './shell/columns.js';
import { defineCommand } from './shell/command.js';

export const command = defineCommand({
  examples: ['llmx doctor', 'llmx doctor --json | jq \'.checks[]|select(.status!="ok")\''],
  description: 'Looks at Node, the processor, memory, free disk, graphics adapters and the terminal. Uses no network and writes nothing.',
  arguments: {},
  flags: {},
  exits: [0, 1, 2, 130],
  async *run(_, __, context) {
    const findings: ({ readonly id: string } & Finding)[] = [];
    const rows: readonly (readonly [string, Check])[] = Object.entries(checks);
    for (const [index, [id, check]] of rows.entries()) {
      yield { type: 'progress', phase: 'checking', done: index, total: rows.length, unit: 'checks' };
      for (const finding of await check(context)) findings.push({ id, ...finding });
    }
    return { version: context.version, checks: findings };
  },
  human: ({ checks: findings }, { terminal: { stdout } }) =>
    columns(
      findings.map(({ id, status, detail, hint }) => [`${status.padEnd(4)}  ${id.padEnd(10)}`, hint === '' ? detail : `${detail}\n${hint}`]),
      stdout.tty ? stdout.columns : Infinity,
    ),
  exit: ({ checks: findings }) => (findings.some(({ status }) => status === 'fail') ? 1 : 0),
});
