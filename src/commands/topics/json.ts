// Results for programs.
import type { Topic } from './topic.js';

export const json: Topic = {
  summary: 'Results for programs: --json and --jsonl',
  text: () => `stdout carries data only; progress, notes, warnings and errors go to stderr.

--json   prints one document when the command ends:
           {"ok":true,"schema":"llmx.<command>/1", ...the report}
         or, for a failure (with details, a list, where there is more than one):
           {"ok":false,"error":{"code":"not-found","message":"...","hint":"...","exit":4}}
--jsonl  prints one event a line; the last is "result" or "error":
           start {command, argv, version}     resolve {reference, path, format, bytes}
           plan {plan}                        progress {phase, done, total, unit, rate, eta_s}
           metric {name, step, value}         token {i, text, id, logprob, top}
           reasoning {i, text, id}            warning {code, message, hint}
           artifact {path, bytes, sha256}     gate {name, value, limit, pass}
           result {ok, schema, ...the report} error {code, message, hint, exit, details}

"ok" says that there is a report. The exit status says the rest: see llmx help exit-codes.
Keys are only ever added. --log-file FILE appends the same events, with their time, to a file.
`,
};
