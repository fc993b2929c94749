// Work in one piece that may take long because of what is in a file or of what a user wrote: a pattern over a text, above all.
// JavaScript hears no signal meanwhile, so Node's own watch on SIGINT ends it.
import { createContext, Script, type Context } from 'node:vm';
import { LlmxError } from '../base/error.js';

let script: Script | undefined;
let context: Context | undefined;

/** What `work` returns. Throws LlmxError('interrupted') at a SIGINT, which no handler sees. */
export function interruptibly<Result>(work: () => Result): Result {
  script ??= new Script('work()');
  context ??= createContext({});
  context['work'] = work;
  try {
    return script.runInContext(context, { breakOnSigint: true }) as Result;
  } catch (error) {
    // Of the other context, and so no instance of this one's Error.
    if ((error as { readonly code?: unknown } | null)?.code === 'ERR_SCRIPT_EXECUTION_INTERRUPTED')
      throw new LlmxError('interrupted', 'interrupted', '', { cause: error });
    throw error;
  } finally {
    delete context['work'];
  }
}
