// What a session keeps of a conversation's settings, and how they come back. Options of the command line win over both.
import { asLlmxError } from '../../core/base/error.js';
import type { Json, JsonObject } from '../../core/base/event.js';
import type { ChatSettings } from '../../core/jobs/chat/conversation.js';
import { findSetting, settings, templateName, variablePrefix } from './settings.js';

/** Says the same as others, or shall be another each time. */
const notKept: ReadonlySet<string> = new Set(['greedy', 'seed']);

/** By the names of `/set`. */
export function keptSettings(current: ChatSettings): JsonObject {
  const kept: Record<string, Json> = {};
  for (const [name, { write }] of settings) if (!notKept.has(name)) kept[name] = write(current);
  for (const [name, value] of Object.entries(current.variables)) if (value !== undefined) kept[templateName(name)] = value;
  return kept;
}

interface Restored {
  readonly settings: ChatSettings;
  /** What could not be taken, in words. */
  readonly problems: readonly string[];
}

/** `isGiven`: whether the command line has the option with this key. */
export function restoredSettings(current: ChatSettings, kept: JsonObject, isGiven: (option: string) => boolean): Restored {
  const problems: string[] = [];
  let restored = current;
  for (const [name, value] of Object.entries(kept)) {
    if (value === undefined || (!settings.has(name) && !name.startsWith(variablePrefix))) continue;
    try {
      const [, setting] = findSetting(name);
      if (!isGiven(setting.option)) restored = { ...restored, ...setting.take(value, restored) };
    } catch (thrown) {
      problems.push(asLlmxError(thrown).message);
    }
  }
  return { settings: restored, problems };
}
