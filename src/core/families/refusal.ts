// One error out of several problems: the first in the message, all of them in its details.
import { LlmxError, type ErrorCode } from '../base/error.js';

/** A hostile file may have a million things wrong. */
const mostDetails = 64;

export function refusal(code: ErrorCode, problems: readonly string[], hint = ''): LlmxError {
  const [first = '', ...rest] = problems;
  if (rest.length === 0) return new LlmxError(code, first, hint);
  const more = problems.length - mostDetails;
  const details = more > 0 ? [...problems.slice(0, mostDetails), `and ${more} more`] : problems;
  return new LlmxError(code, `${first} (and ${rest.length} more)`, hint, { details });
}
