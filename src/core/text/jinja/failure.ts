// What goes wrong in a template, by the name that Python gives it. Knows neither the template's name nor LlmxError.

/** `limit`: a bound on time, size or nesting; `unsupported`: Jinja2 has it, this engine has not. The rest are Python's and Jinja2's. */
export type FailureKind =
  | 'TemplateError'
  | 'TemplateSyntaxError'
  | 'TemplateRuntimeError'
  | 'FilterArgumentError'
  | 'UndefinedError'
  | 'SecurityError'
  | 'TypeError'
  | 'ValueError'
  | 'LookupError'
  | 'AssertionError'
  | 'ZeroDivisionError'
  | 'OverflowError'
  | 'limit'
  | 'unsupported';

export class TemplateFailure extends Error {
  readonly kind: FailureKind;
  /** Counted from 1; set where the failure is known to lie. */
  line: number | undefined;

  constructor(kind: FailureKind, message: string, line?: number) {
    super(message);
    this.name = kind;
    this.kind = kind;
    this.line = line;
  }
}

export function fail(kind: FailureKind, message: string, line?: number): never {
  throw new TemplateFailure(kind, message, line);
}

/** The result of `attempt`, or of `instead` where it fails with one of the kinds. */
export function recover<Result>(kinds: readonly FailureKind[], attempt: () => Result, instead: () => Result): Result {
  try {
    return attempt();
  } catch (thrown) {
    if (thrown instanceof TemplateFailure && kinds.includes(thrown.kind)) return instead();
    throw thrown;
  }
}
