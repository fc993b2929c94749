// What a chat template is: messages in, the text that the model was trained to see out.
import type { JsonObject } from '../base/event.js';

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
