// Options that every command has.
import { flagGroup } from '../flag.js';

export const globalFlags = flagGroup('Global options', {
  help: { kind: 'boolean', short: 'h', help: 'Print this help' },
  version: { kind: 'boolean', short: 'V', help: 'Print the version' },
  quiet: { kind: 'boolean', short: 'q', help: 'Print nothing but data and errors on stderr' },
  verbose: { kind: 'count', short: 'v', help: 'Say more; -vv adds stacks to errors' },
  json: { kind: 'boolean', conflicts: ['jsonl'], help: 'Print one JSON document on stdout, also for errors' },
  jsonl: { kind: 'boolean', help: 'Print one JSON event a line on stdout' },
  color: { kind: 'choice', choices: ['auto', 'always', 'never'], default: 'auto', value: 'WHEN', setting: true, help: 'Colour' },
  progress: {
    kind: 'choice',
    choices: ['auto', 'bar', 'plain', 'json', 'none'],
    default: 'auto',
    value: 'KIND',
    setting: true,
    help: 'Progress on stderr',
  },
  input: { kind: 'boolean', default: true, help: 'Never ask' },
  yes: { kind: 'boolean', short: 'y', help: 'Answer questions with yes' },
  offline: { kind: 'boolean', setting: true, help: 'Use no network at all' },
  config: { kind: 'string', value: 'FILE', help: 'Read this configuration file instead of the usual ones' },
  cacheDir: { kind: 'string', value: 'DIR', setting: true, help: 'Folder of downloaded models' },
  logFile: { kind: 'string', value: 'FILE', setting: true, help: 'Append every event to this file as JSON lines' },
});
