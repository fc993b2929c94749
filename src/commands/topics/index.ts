// The table of help topics.
import { chatTemplates } from './chat-templates.js';
import { env } from './env.js';
import { exitStatuses } from './exit-codes.js';
import { json } from './json.js';
import { refs } from './refs.js';
import { slashCommandsTopic } from './slash-commands.js';
import type { Topic } from './topic.js';

export const topics = {
  refs,
  'exit-codes': exitStatuses,
  json,
  env,
  'slash-commands': slashCommandsTopic,
  'chat-templates': chatTemplates,
} as const satisfies Record<string, Topic>;
