// Chat templates until core/text has its own: the one place that would change. Knows no model.
import { Template } from '@huggingface/jinja';
import { LlmxError } from '../../base/error.js';
import type { ChatTemplate } from '../../text/chat-template.js';

const reason = (error: unknown): string => (error instanceof Error ? error.message : String(error));

export function parseChatTemplate(source: string, name: string): ChatTemplate {
  let template: Template;
  try {
    template = new Template(source);
  } catch (error) {
    throw new LlmxError('malformed', `${name}: the chat template cannot be read: ${reason(error)}`, 'Pass another with --chat-template', {
      cause: error,
    });
  }
  return {
    name,
    render: ({ messages, tools, documents, addGenerationPrompt, variables = {}, specialTokens }) => {
      try {
        return template.render({
          ...specialTokens,
          ...variables,
          messages,
          ...(tools === undefined ? {} : { tools }),
          ...(documents === undefined ? {} : { documents }),
          add_generation_prompt: addGenerationPrompt,
        });
      } catch (error) {
        throw new LlmxError('malformed', `${name}: the chat template fails: ${reason(error)}`, 'Pass another with --chat-template', { cause: error });
      }
    },
  };
}

const chatml = `{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}`;

/** Sources of templates that have a name of their own. */
export const builtinTemplates: Readonly<Record<string, string>> = { chatml };
