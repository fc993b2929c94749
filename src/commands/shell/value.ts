// From the text of a flag to its value: one reader for each kind of flag. Failures name the flag, the text and the limits.
import { LlmxError } from '../../core/base/error.js';
import type { ChoiceFlag, Flag, IntegersFlag, ListFlag, NumberFlag } from './flag.js';
import { didYouMean } from '../../core/base/nearest.js';
import { readBytes, readInteger, readIntegers, readNumber } from './quantity.js';

const numberReaders = { integer: readInteger, number: readNumber, bytes: readBytes };
const numberNames = { integer: 'a whole number', number: 'a number', bytes: 'a size such as 4G' };

/** `name` is what the user wrote: `--temp`, `LLMX_TEMP`, or a key of a file. `texts` is every value given, at least one. */
export function readValue(name: string, flag: Flag, texts: readonly string[]): unknown {
  const text = texts.at(-1)!;
  switch (flag.kind) {
    case 'boolean':
      return readBoolean(name, text);
    case 'count':
      return readInteger(text) ?? wrong(name, 'a whole number', text);
    case 'string':
      return text;
    case 'integer':
    case 'number':
    case 'bytes':
      return readOneNumber(name, flag, text);
    case 'choice':
      return readOneChoice(name, flag, texts);
    case 'list':
      return texts.flatMap((each) => (flag.comma === false ? [each] : each.split(','))).map((each) => readChoice(name, flag, each));
    case 'integers':
      return texts
        .flatMap((each) => readIntegers(each) ?? wrong(name, 'whole numbers such as 128,256 or 1-8*2', each))
        .map((value) => inRange(name, flag, value, text));
    default:
      return flag satisfies never;
  }
}

function readBoolean(name: string, text: string): boolean {
  if (/^(1|true|on|yes)$/i.test(text)) return true;
  if (/^(0|false|off|no|)$/i.test(text)) return false;
  return wrong(name, 'true or false', text);
}

function readOneNumber(name: string, flag: NumberFlag, text: string): number | string {
  const word = flag.words?.find((each) => each === text.toLowerCase());
  if (word !== undefined) return word;
  const value = numberReaders[flag.kind](text);
  const words = flag.words === undefined ? '' : ` or ${flag.words.join(' or ')}`;
  return value === undefined ? wrong(name, numberNames[flag.kind] + words, text) : inRange(name, flag, value, text);
}

function inRange(name: string, flag: NumberFlag | IntegersFlag, value: number, text: string): number {
  const { minimum = -Infinity, maximum = Infinity } = flag;
  if (value >= minimum && value <= maximum) return value;
  const limits = maximum === Infinity ? `${minimum} or more` : minimum === -Infinity ? `${maximum} or less` : `${minimum} to ${maximum}`;
  return wrong(name, limits, text);
}

/** Of several that must agree, any; else the last. */
function readOneChoice(name: string, flag: ChoiceFlag, texts: readonly string[]): string {
  const values = [...new Set(texts.map((text) => readChoice(name, flag, text)))];
  if (flag.agree !== undefined && values.length > 1) throw new LlmxError('usage', `${name}: ${values.join(' and ')} do not go together`, flag.agree);
  return values.at(-1)!;
}

function readChoice(name: string, flag: ChoiceFlag | ListFlag, text: string): string {
  if (flag.choices === undefined) return text;
  const [, head, detail] = /^([^:]+):(.+)$/.exec(text) ?? [];
  const detailed = 'detailed' in flag ? flag.detailed?.find((choice) => choice.toLowerCase() === head?.toLowerCase()) : undefined;
  if (detailed !== undefined) return `${detailed}:${detail!}`;
  const found = flag.choices.find((choice) => choice.toLowerCase() === text.toLowerCase());
  return found ?? wrong(name, `one of ${flag.choices.join(', ')}`, text, didYouMean(text, flag.choices));
}

function wrong(name: string, wanted: string, text: string, hint = ''): never {
  throw new LlmxError('usage', `${name} takes ${wanted}, not '${text}'`, hint);
}
