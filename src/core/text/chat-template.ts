// What a chat template is: messages in, the text that the model was trained to see out. Rendered as Transformers renders it.
import { LlmxError, type ErrorCode } from '../base/error.js';
import type { Json, JsonObject } from '../base/event.js';
import { recover, TemplateFailure, type FailureKind } from './jinja/failure.js';
import { fromJson } from './jinja/from-json.js';
import { compileTemplate, type Template } from './jinja/index.js';
import type { Value } from './jinja/value.js';

/** A message as OpenAI's interfaces and Hugging Face templates spell it: `role`, `content`, and whatever else the template reads. */
export type ChatMessage = JsonObject & { readonly role: string };

export interface TemplateInput {
  readonly messages: readonly ChatMessage[];
  readonly tools?: readonly JsonObject[];
  readonly documents?: readonly JsonObject[];
  /** Ends the text where the assistant's next reply begins. */
  readonly addGenerationPrompt: boolean;
  /** Further variables: `enable_thinking` and the like. */
  readonly variables?: JsonObject;
  /** Special tokens as the vocabulary spells them; `bos_token`, `eos_token` and so on in the template. */
  readonly specialTokens: Readonly<Record<string, string>>;
  /** The clock of `strftime_now`; by default the real one. */
  readonly now?: Date;
}

export interface ChatTemplate {
  /** As errors name it: a file, a model, or a name of the built-in table. */
  readonly name: string;
  /**
   * Throws LlmxError: `malformed` where the template raises (its own words) or fails (the line), `unsupported` where it needs what is
   * not there, `context-exceeded` where it exceeds the bounds on time and size.
   */
  render(input: TemplateInput): string;
}

/** Throws LlmxError `malformed` with the line where the source is no template, `unsupported` where it needs what is not there. */
export function parseChatTemplate(source: string, name: string): ChatTemplate {
  const template = named(name, 'malformed', () => compileTemplate(source));
  return { name, render: (input) => named(name, 'context-exceeded', () => renderInput(template, input)) };
}

function renderInput(template: Template, input: TemplateInput): string {
  const variables = new Map<string, Value>();
  let characters = 0;
  const set = (key: string, json: Json): void => {
    const converted = fromJson(json);
    characters += converted.characters;
    variables.set(key, converted.value);
  };
  for (const [key, value] of Object.entries({ ...input.specialTokens, ...input.variables })) if (value !== undefined) set(key, value);
  set('messages', input.messages.map(asTransformersPasses));
  set('tools', input.tools ?? null);
  set('documents', input.documents ?? null);
  set('add_generation_prompt', input.addGenerationPrompt);
  const render = (): string => template.render(variables, characters, input.now ?? new Date());
  return recover(['TypeError'], render, () => {
    // Transformers passes None. Templates that are always given tools loop over it, which fails; without the names they go on.
    if (input.tools === undefined) variables.delete('tools');
    if (input.documents === undefined) variables.delete('documents');
    return render();
  });
}

/** Names that a message's reasoning goes by; the first is the one that templates read. */
const reasoningFields = ['reasoning_content', 'thinking', 'reasoning'];

/** Without the fields that are null, and with its reasoning under the names that templates know (Transformers 5). */
function asTransformersPasses(message: ChatMessage): JsonObject {
  const present: JsonObject = Object.fromEntries(Object.entries(message).filter(([, value]) => value !== null && value !== undefined));
  const field = reasoningFields.find((each) => Object.hasOwn(present, each));
  if (field === undefined) return present;
  return { thinking: present[field], ...present, reasoning_content: present[field] };
}

function codeOf(kind: FailureKind, ofLimit: ErrorCode): ErrorCode {
  return kind === 'limit' ? ofLimit : kind === 'unsupported' ? 'unsupported' : 'malformed';
}

function named<Result>(name: string, ofLimit: ErrorCode, work: () => Result): Result {
  try {
    return work();
  } catch (thrown) {
    if (!(thrown instanceof TemplateFailure)) throw thrown;
    throw asError(name, ofLimit, thrown);
  }
}

function asError(name: string, ofLimit: ErrorCode, { kind, message, line }: TemplateFailure): LlmxError {
  const place = `chat template ${name}, line ${line ?? 1}`;
  if (kind === 'TemplateError') return new LlmxError('malformed', `${place}: the template refuses these messages: ${message}`);
  if (kind === 'unsupported') return new LlmxError('unsupported', `${place}: not supported: ${message}`);
  if (kind === 'limit') return new LlmxError(codeOf(kind, ofLimit), `${place}: ${message}`);
  return new LlmxError(codeOf(kind, ofLimit), `${place}: ${kind}: ${message}`);
}
