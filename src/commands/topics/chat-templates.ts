// Chat templates by name, for models that carry none.
import type { Topic } from './topic.js';

export const chatTemplates: Topic = {
  summary: 'Built-in chat templates, for models that carry none',
  text: async () => {
    const { builtinTemplates } = await import('../../core/text/builtin-templates.js');
    return `--chat-template takes:

  auto        the model's own; a model without one goes on with what is said, as one text (plain)
  none        plain, for a model that has a template too
  transcript  lines that begin with User: and Assistant:
  FILE        a Jinja template
  NAME        one of ${Object.keys(builtinTemplates).join(', ')}

Templates are rendered as Transformers renders them. A built-in one writes no tools.
`;
  },
};
