// Jinja2 templates in Transformers' environment: trim_blocks, lstrip_blocks, loop controls, an immutable sandbox.
// Knows neither chats nor LlmxError.
import { entering, openOut, textOfOut, type Activation, type Execute } from './activation.js';
import { callables } from './compile-expression.js';
import { compileBody } from './compile-statement.js';
import { fail, TemplateFailure } from './failure.js';
import { globals } from './globals.js';
import { tokenize } from './lexer.js';
import { parseTemplate } from './parse-statement.js';
import { startRun, type Run } from './run.js';
import { analyze, innerSymbols, openScope, undeclared } from './symbols.js';
import type { Value } from './value.js';

export interface Template {
  /** `inputCharacters`: how much text the variables hold, by which the bound on work grows. Throws TemplateFailure. */
  render(variables: ReadonlyMap<string, Value>, inputCharacters: number, now: Date): string;
}

/** Throws TemplateFailure with a line. */
export function compileTemplate(source: string): Template {
  const execute = guarded(undefined, () => compileRoot(source));
  return {
    render(variables, inputCharacters, now) {
      const run = startRun(inputCharacters + source.length, now, callables);
      return guarded(run, () => {
        const context = new Map([...globals, ...variables]);
        const activation: Activation = { run, slots: [], parent: undefined, context, captured: '' };
        const out = openOut();
        execute(activation, out);
        return textOfOut(out);
      });
    },
  };
}

function compileRoot(source: string): Execute {
  const statements = parseTemplate(tokenize(source));
  const symbols = innerSymbols(undefined, openScope(undefined));
  if (undeclared(statements, ['self']).has('self')) fail('unsupported', 'the variable self', 1);
  analyze(symbols, statements);
  const body = compileBody(statements, { symbols, soft: false });
  const enter = entering(symbols);
  return (activation, out) => {
    enter(activation);
    return body(activation, out);
  };
}

/** Failures get the line where the run is; a full stack is one. */
function guarded<Result>(run: Run | undefined, work: () => Result): Result {
  try {
    return work();
  } catch (thrown) {
    if (thrown instanceof TemplateFailure) {
      thrown.line ??= run?.line ?? 1;
      throw thrown;
    }
    if (thrown instanceof RangeError) throw new TemplateFailure('limit', `the template needs too much: ${thrown.message}`, run?.line ?? 1);
    throw thrown;
  }
}
