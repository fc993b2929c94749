// The prompt of `llmx run`, and of `--messages`, as a chat template writes it. A model without one goes on from the text as it stands.
import type { Job, JsonObject } from '../../base/event.js';
import type { Checkpoint } from '../../checkpoints/checkpoint.js';
import type { Tokenizer } from '../../text/tokenizer.js';
import { chooseTemplate, specialTokensOf, turnEndOf } from './choose-template.js';
import type { ParsedMessages } from './parse-messages.js';
import { encodeRendered } from './prompt-encoder.js';
import { createReasoningSplitter, type ReasoningSplitter } from './reasoning.js';
import { createRenderer } from './rendering.js';

export interface TemplateOptions {
  /** `auto`, `none`, a name or a file. */
  readonly chatTemplate: string;
  readonly system?: string;
  /** Passed to the template as they are. */
  readonly variables: JsonObject;
  /** Asked for in place of the prompt. */
  readonly messages?: () => Promise<ParsedMessages>;
}

export interface WrittenPrompt {
  readonly ids: readonly number[];
  readonly eos: readonly number[];
  readonly stop: readonly string[];
  readonly splitter: ReasoningSplitter;
}

/** Writes what is asked for once the model is open. */
export interface PromptWriter {
  readonly name: string;
  write(prompt: () => Promise<string>): Promise<WrittenPrompt>;
}

export async function* preparePrompt(checkpoint: Checkpoint, tokenizer: Tokenizer, options: TemplateOptions): Job<PromptWriter> {
  const chosen = yield* chooseTemplate(checkpoint, options.chatTemplate);
  const specialTokens = specialTokensOf(checkpoint, tokenizer);
  const { eos, stop } = turnEndOf(chosen, specialTokens, tokenizer);
  return {
    name: chosen.name,
    async write(prompt) {
      const { messages, tools }: ParsedMessages =
        options.messages === undefined ? { messages: [{ role: 'user', content: await prompt() }] } : await options.messages();
      const render = createRenderer(chosen.template, specialTokens, tools);
      const told =
        options.system === undefined ? messages : [{ role: 'system', content: options.system }, ...messages.filter(({ role }) => role !== 'system')];
      const text = render({ messages: told, hidden: 0 }, { variables: options.variables });
      return { ids: encodeRendered(tokenizer, text), eos, stop: [...chosen.stop, ...stop], splitter: createReasoningSplitter(text) };
    },
  };
}
