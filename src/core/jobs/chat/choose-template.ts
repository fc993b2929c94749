// Which chat template a conversation is written in: the model's own, a file's, one of the built-in names, or a plain form.
import { open } from 'node:fs/promises';
import { LlmxError } from '../../base/error.js';
import type { Job, JsonObject } from '../../base/event.js';
import { didYouMean } from '../../base/nearest.js';
import type { Checkpoint } from '../../checkpoints/checkpoint.js';
import type { ChatMessage, ChatTemplate } from '../../text/chat-template.js';
import type { Tokenizer } from '../../text/tokenizer.js';
import { readError } from '../system-errors.js';
import { plainForms, type PlainForm } from './plain-forms.js';
import { builtinTemplates } from '../../text/builtin-templates.js';
import { parseChatTemplate } from '../../text/chat-template.js';

export interface ChosenTemplate {
  /** Where it came from: `model`, a file's path, a built-in name, or the name of a plain form. */
  readonly name: string;
  readonly template: ChatTemplate;
  /** True for text that a base model goes on from. */
  readonly isPlain: boolean;
  /** Texts that end a reply. */
  readonly stop: readonly string[];
}

const longestTemplate = 1 << 20;

const plainChoice = (form: PlainForm): ChosenTemplate => ({ name: form.name, template: form, isPlain: true, stop: form.stop });
const jinja = (name: string, source: string, place = name): ChosenTemplate => ({
  name,
  template: parseChatTemplate(source, place),
  isPlain: false,
  stop: [],
});

const rowOf = <Row>(table: Readonly<Record<string, Row>>, name: string): Row | undefined => (Object.hasOwn(table, name) ? table[name] : undefined);

async function readTemplate(path: string): Promise<string> {
  const file = await open(path).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw unknownTemplate(path);
    throw readError(path, error, 'Check the path given with --chat-template');
  });
  try {
    const bytes = new Uint8Array(longestTemplate + 1);
    let length = 0;
    for (let read = -1; read !== 0 && length < bytes.length; length += read) read = (await file.read(bytes, length, bytes.length - length)).bytesRead;
    if (length > longestTemplate) throw new LlmxError('malformed', `${path}: more than ${longestTemplate} bytes are no chat template`);
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, length));
  } catch (error) {
    if (error instanceof TypeError) throw new LlmxError('malformed', `${path}: not UTF-8 text`, '', { cause: error });
    throw readError(path, error, 'Check the path given with --chat-template');
  } finally {
    await file.close();
  }
}

function unknownTemplate(name: string): LlmxError {
  const names = ['auto', 'none', ...Object.keys(plainForms), ...Object.keys(builtinTemplates)];
  const hint = didYouMean(name, names) || `Give a file, or one of ${names.join(', ')}`;
  return new LlmxError('not-found', `${name}: no such chat template, neither a file nor a name`, hint);
}

/** `choice` as users write it: `auto` (the model's), `none`, a name or a file. Warns where a model has none. */
export async function* chooseTemplate(checkpoint: Checkpoint, choice: string): Job<ChosenTemplate> {
  if (choice === 'none') return plainChoice(plainForms.plain);
  if (choice !== 'auto') {
    const form = rowOf<PlainForm>(plainForms, choice);
    if (form !== undefined) return plainChoice(form);
    const source = rowOf(builtinTemplates, choice);
    return jinja(choice, source ?? (await readTemplate(choice)));
  }
  if (checkpoint.chatTemplate !== undefined) return jinja('model', checkpoint.chatTemplate, checkpoint.path);
  yield {
    type: 'warning',
    code: 'plain-chat',
    message: 'this model has no chat template: it goes on with what is written, as one text',
    hint: '--chat-template transcript has a base model answer between User: and Assistant:; a file or chatml writes what a trained one expects',
  };
  return plainChoice(plainForms.plain);
}

const tokenNames = ['bos_token', 'eos_token', 'unk_token', 'pad_token', 'sep_token', 'cls_token', 'mask_token'];

/** What templates know by `bos_token` and the like: as tokenizer_config.json spells them, else the pieces of the tokenizer's ids. */
export function specialTokensOf({ tokenizer: source, generation }: Checkpoint, tokenizer: Tokenizer): Readonly<Record<string, string>> {
  const tokens: Record<string, string> = {};
  const put = (name: string, id: number | undefined): void => void (id !== undefined && id < tokenizer.size && (tokens[name] = tokenizer.piece(id)));
  const { bos, eos, unknown } = tokenizer.special;
  put('bos_token', bos ?? generation.bos);
  put('eos_token', eos ?? generation.eos[0]);
  put('unk_token', unknown);
  const config: JsonObject = source?.kind === 'tokenizer-json' ? source.config : {};
  for (const name of tokenNames) {
    const value = config[name];
    const content = typeof value === 'object' && value !== null && 'content' in value ? value['content'] : value;
    if (typeof content === 'string') tokens[name] = content;
  }
  return tokens;
}

export interface TurnEnd {
  readonly eos: readonly number[];
  readonly stop: readonly string[];
}

const probe = 'llmx';
const question: ChatMessage = { role: 'user', content: 'a' };
/** The reply at the end, as it is when it has just been given; then one that is followed, for templates that leave the end open there. */
const probes: readonly (readonly ChatMessage[])[] = [
  [question, { role: 'assistant', content: probe }],
  [question, { role: 'assistant', content: probe }, question],
];

/** The mark behind the probe; undefined where there is none, or where the template refuses such messages. */
function markBehind(template: ChatTemplate, messages: readonly ChatMessage[], specialTokens: Readonly<Record<string, string>>): string | undefined {
  try {
    const rendered = template.render({ messages, addGenerationPrompt: false, specialTokens });
    const at = rendered.lastIndexOf(probe);
    return at < 0 ? undefined : /^\s*(<[^<>\s]+>|\[\/?[A-Z_]+\])/u.exec(rendered.slice(at + probe.length))?.[1];
  } catch {
    return undefined;
  }
}

/** How a template ends the assistant's turn: the piece, or the text, that it writes behind a reply. */
export function turnEndOf({ template, isPlain }: ChosenTemplate, specialTokens: Readonly<Record<string, string>>, tokenizer: Tokenizer): TurnEnd {
  let mark: string | undefined;
  for (const messages of isPlain ? [] : probes) mark ??= markBehind(template, messages, specialTokens);
  if (mark === undefined) return { eos: [], stop: [] };
  const ids = tokenizer.encode(mark, { special: false });
  return ids.length === 1 && tokenizer.piece(ids[0]!) === mark ? { eos: ids, stop: [] } : { eos: [], stop: [mark] };
}
