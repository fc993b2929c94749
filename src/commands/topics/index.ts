// The table of help topics.
import { env } from './env.js';
import { exitStatuses } from './exit-codes.js';
import { json } from './json.js';
import { refs } from './refs.js';
import type { Topic } from './topic.js';

export const topics = { refs, 'exit-codes': exitStatuses, json, env } as const satisfies Record<string, Topic>;
