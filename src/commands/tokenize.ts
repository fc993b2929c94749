// `llmx tokenize`: text to token ids and back, one text or a file of them.
import { createReadStream } from 'node:fs';
import { LlmxError } from '../core/base/error.js';
import type { Json } from '../core/base/event.js';
import { interruptibly } from '../core/jobs/interruptibly.js';
import { readError } from '../core/jobs/system-errors.js';
import type { EncodeOptions, Tokenizer } from '../core/text/tokenizer.js';
import { defineCommand } from './shell/command.js';
import type { Context } from './shell/context.js';
import { HelpWanted } from './shell/errors.js';
import { modelChoice, modelFlags } from './shell/flags/model.js';
import { textLines } from './shell/text-lines.js';

type BatchRow = { readonly id: Json; readonly ids?: readonly number[]; readonly text?: string };
type Report = {
  readonly ids?: readonly number[];
  readonly pieces?: readonly string[];
  readonly bytes?: readonly string[];
  readonly text?: string;
  readonly rows?: readonly BatchRow[];
};

const { model, hfRepo, tokenizer } = modelFlags;

export const command = defineCommand({
  examples: [
    'llmx tokenize -m model.gguf --ids "Hello world"',
    'llmx tokenize --decode "1 9038 2501"',
    'llmx tokenize -m ./folder --batch texts.jsonl > ids.jsonl',
  ],
  description:
    'Prints one line a token: its id and its piece, as a JSON string. Text from stdin is taken as it stands, line ends included. In the report, bytes are hexadecimal.',
  arguments: { text: { optional: true, help: 'Text to cut into tokens; - or nothing reads stdin' } },
  flags: {
    ids: { kind: 'boolean', help: 'Print the ids alone, on one line' },
    decode: { kind: 'boolean', help: 'The text is ids; print what they stand for' },
    bos: { kind: 'boolean', default: true, help: 'Do not add the beginning and end marks of the model' },
    parseSpecial: { kind: 'boolean', default: true, help: 'Take <|...|> and the like as plain text' },
    batch: { kind: 'string', value: 'FILE', help: 'JSON lines {id?, text} in, {id, ids} out (with --decode the other way); - is stdin' },
    ...{ model, hfRepo, tokenizer },
  },
  exits: [0, 2, 4, 5, 130],
  async *run({ text: given }, flags, context) {
    if (flags.batch !== undefined && given !== undefined)
      throw new LlmxError('usage', '--batch FILE and a text do not go together', 'The texts of --batch are in its FILE; - is stdin');
    const { checkReference, openReference, tokenizerOf } = await import('../core/jobs/open-model.js');
    const choice = modelChoice(flags, context);
    if (flags.batch === undefined && given === undefined && !context.stdin.offered) {
      await checkReference(choice);
      throw new HelpWanted('no text: give it as an argument or on stdin', 'llmx tokenize "Hello world"');
    }
    const checkpoint = yield* openReference(choice, { signal: context.signal });
    const pieces = await tokenizerOf(checkpoint);
    const options: EncodeOptions = { special: flags.bos, parseSpecial: flags.parseSpecial };
    if (flags.batch !== undefined) return { rows: await runBatch(flags.batch, flags.decode, pieces, options, context) };
    const text = given === undefined || given === '-' ? await context.stdin.text() : given;
    return flags.decode
      ? decodeIds(text, pieces)
      : describe(
          interruptibly(() => pieces.encode(text, options)),
          pieces,
        );
  },
  human: ({ ids = [], pieces = [], text, rows }, _, flags) => {
    if (rows !== undefined) return '';
    if (text !== undefined) return text;
    return flags.ids ? ids.join(' ') : ids.map((id, index) => `${String(id).padStart(6)}  ${JSON.stringify(pieces[index])}`).join('\n');
  },
});

function describe(ids: readonly number[], tokenizer: Tokenizer): Report {
  return { ids, pieces: ids.map((id) => tokenizer.piece(id)), bytes: ids.map((id) => Buffer.from(tokenizer.bytes(id)).toString('hex')) };
}

function decodeIds(text: string, tokenizer: Tokenizer): Report {
  const words = text.split(/[\s,[\]]+/).filter((word) => word !== '');
  const ids = words.map((word) => (/^\d+$/.test(word) ? Number(word) : NaN));
  const wrong = ids.findIndex((id) => Number.isNaN(id) || id >= tokenizer.size);
  if (wrong >= 0) throw new LlmxError('usage', `'${words[wrong]}' is not a token id of this model`, `Ids are 0 to ${tokenizer.size - 1}`);
  return { ids, text: tokenizer.decode(ids) };
}

/** Prints each row as soon as it is done; collects them only where the report is to hold them. */
async function runBatch(path: string, decodes: boolean, tokenizer: Tokenizer, options: EncodeOptions, context: Context): Promise<BatchRow[]> {
  const rows: BatchRow[] = [];
  let number = 0;
  for await (const line of path === '-' ? context.stdin.lines() : fileLines(path)) {
    if (context.signal.aborted) break;
    number++;
    if (line.trim() === '') continue;
    const row = batchRow(line, `${path === '-' ? 'stdin' : path}, line ${number}`, number - 1, decodes, tokenizer, options);
    if (context.output === 'text') await context.print(`${JSON.stringify(row)}\n`);
    else rows.push(row);
  }
  return rows;
}

function batchRow(line: string, place: string, index: number, decodes: boolean, tokenizer: Tokenizer, options: EncodeOptions): BatchRow {
  const wanted = decodes ? 'a JSON object with ids' : 'a JSON object with a text';
  const example = decodes ? '{"id": 1, "ids": [1, 2]}' : '{"id": 1, "text": "Hello"}';
  let row: { readonly id?: Json; readonly text?: unknown; readonly ids?: unknown } | null;
  try {
    row = JSON.parse(line) as typeof row;
  } catch (error) {
    throw new LlmxError('malformed', `${place}: not JSON`, `A row of --batch is ${wanted}, for example ${example}`, { cause: error });
  }
  const id = row?.id ?? index;
  if (decodes && Array.isArray(row?.ids)) return { id, text: decodeIds(row.ids.join(' '), tokenizer).text ?? '' };
  if (!decodes && typeof row?.text === 'string') return { id, ids: tokenizer.encode(row.text, options) };
  throw new LlmxError('malformed', `${place}: not ${wanted}`, `For example ${example}`);
}

async function* fileLines(path: string): AsyncGenerator<string, void, void> {
  try {
    yield* textLines(path, createReadStream(path) as AsyncIterable<Buffer>);
  } catch (error) {
    throw readError(path, error, 'Check the path given with --batch');
  }
}
