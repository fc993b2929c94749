// Opens a model for a conversation: its template, its end of a turn, its device, and room to keep states of branches.
import type { Job } from '../../base/event.js';
import type { JsonObject } from '../../base/event.js';
import type { Checkpoint } from '../../checkpoints/checkpoint.js';
import { architectureOf } from '../../families/index.js';
import type { ChatMessage } from '../../text/chat-template.js';
import { checkBias } from '../check-bias.js';
import type { Slot } from '../generate-on.js';
import { formatUses } from '../inspect-facts.js';
import { loadOn, type DeviceOptions } from '../load-on.js';
import { openReference, tokenizerOf, totalBytes, type ModelChoice } from '../open-model.js';
import { createSpeaker } from './answer.js';
import { createBranches, withSystem } from './branches.js';
import { chooseTemplate, specialTokensOf, turnEndOf, type ChosenTemplate } from './choose-template.js';
import { createConversation, type OpenConversation } from './converse.js';
import type { ChatModel, ChatSettings } from './conversation.js';
import { snapshots } from './held-states.js';
import { createPromptEncoder } from './prompt-encoder.js';
import { createRenderer } from './rendering.js';

export type { OpenConversation } from './converse.js';

export interface ConversationOptions extends ModelChoice, DeviceOptions {
  readonly threads: number;
  readonly contextLength: number;
  readonly chunk: number;
  readonly cacheFormat: 'f16' | 'f32';
  /** `auto`, `none`, a name or a file. */
  readonly chatTemplate: string;
  readonly ignoreEos: boolean;
  readonly settings: ChatSettings;
  /** Stands in for a system message of `messages`. */
  readonly system?: string;
  readonly messages?: readonly ChatMessage[];
  readonly tools?: readonly JsonObject[];
}

function modelOf({ reference }: ModelChoice, checkpoint: Checkpoint, { name }: ChosenTemplate, slot: Slot): ChatModel {
  return {
    reference,
    path: checkpoint.path,
    format: checkpoint.format,
    architecture: architectureOf(checkpoint),
    quantization: formatUses(checkpoint)[0]?.dtype ?? '',
    get device() {
      return slot.opened.device;
    },
    bytes: totalBytes(checkpoint),
    template: name,
  };
}

/** The caller disposes of what it returns; an abort on the way closes what was opened. */
export async function* openConversation(options: ConversationOptions, signal: AbortSignal): Job<OpenConversation> {
  const checkpoint = yield* openReference(options, { signal });
  signal.throwIfAborted();
  const chosen = yield* chooseTemplate(checkpoint, options.chatTemplate);
  const tokenizer = await tokenizerOf(checkpoint);
  signal.throwIfAborted();
  const specialTokens = specialTokensOf(checkpoint, tokenizer);
  const slot: Slot = { opened: yield* loadOn(checkpoint, options, { ...options, snapshots }) };
  try {
    signal.throwIfAborted();
    checkBias(options.settings.sampling, slot.opened.loaded.model.h.vocabulary);
  } catch (error) {
    await slot.opened.loaded.engine.close();
    throw error;
  }
  const branches = createBranches(options.messages ?? []);
  if (options.system !== undefined) branches.set(withSystem(branches.current, options.system));
  const end = turnEndOf(chosen, specialTokens, tokenizer);
  return createConversation({
    model: modelOf(options, checkpoint, chosen, slot),
    speaker: createSpeaker(slot, tokenizer, createPromptEncoder(tokenizer)),
    renderer: createRenderer(chosen.template, specialTokens, options.tools),
    branches,
    settings: options.settings,
    isPlain: chosen.isPlain,
    eos: options.ignoreEos ? [] : [...new Set([...checkpoint.generation.eos, ...end.eos])],
    stop: [...chosen.stop, ...end.stop],
  });
}
