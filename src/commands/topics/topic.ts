// What a help topic is: a text of its own, made from the tables where they have it.
import type { Context } from '../shell/context.js';

export interface Topic {
  readonly summary: string;
  readonly text: (context: Context) => Promise<string> | string;
}
