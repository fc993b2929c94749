// The chat templates that have a name of their own: those of llama.cpp's --chat-template, and mistral and alpaca.
import { marked } from './marked.js';
import { written } from './written.js';

/** Jinja sources by name. None of them writes out tools; all refuse roles that the format does not know. */
export const builtinTemplates: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries({ ...marked, ...written }).sort(([a], [b]) => (a < b ? -1 : 1)),
);

export const builtinTemplateNames: readonly string[] = Object.keys(builtinTemplates);

/** Undefined where there is none of that name. */
export function builtinTemplate(name: string): string | undefined {
  return Object.hasOwn(builtinTemplates, name) ? builtinTemplates[name] : undefined;
}
