// JSON of unknown origin: bounded depth, no duplicate keys, an object at the top.
import type { Json, JsonObject } from '../base/event.js';
import { decodeText, malformed } from './files.js';

interface JsonLimits {
  /** Deepest nesting of objects and arrays. */
  readonly depth: number;
  /** Most members of the outermost object. */
  readonly members?: number;
}

const quote = 0x22;
const backslash = 0x5c;
const colon = 0x3a;

/** Nesting and members (colons) at each depth, the outermost object being 1, before anything is allocated for them. */
function outline(bytes: Uint8Array, most: number): { readonly deepest: number; readonly members: readonly number[] } {
  const members = new Array<number>(most + 2).fill(0);
  let depth = 0;
  let deepest = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]!;
    if (byte === quote) {
      for (at++; at < bytes.length && bytes[at] !== quote; at++) if (bytes[at] === backslash) at++;
    } else if (byte === 0x7b || byte === 0x5b) {
      if (++depth > deepest) deepest = depth;
      if (depth > most) break;
    } else if (byte === 0x7d || byte === 0x5d) {
      if (--depth < 0) break;
    } else if (byte === colon) {
      members[depth]!++;
    }
  }
  return { deepest, members };
}

export const isObject = (value: Json | undefined): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value);

/** The object that `bytes` spell. `path` names the file in errors. Duplicate keys of the two outermost levels are errors. */
export function parseJsonObject(path: string, bytes: Uint8Array, limits: JsonLimits, field = 'JSON'): JsonObject {
  const { deepest, members } = outline(bytes, limits.depth);
  if (deepest > limits.depth) throw malformed(path, `${field} is nested deeper than ${limits.depth} levels`);
  if (limits.members !== undefined && members[1]! > limits.members)
    throw malformed(path, `${field} has ${members[1]} members, more than ${limits.members}`);
  let value: Json;
  try {
    value = JSON.parse(decodeText(path, bytes, field)) as Json;
  } catch (thrown) {
    if (!(thrown instanceof SyntaxError)) throw thrown;
    const position = /position (\d+)/.exec(thrown.message)?.[1]; // the rest of the message quotes the file
    throw malformed(path, `${field} is not valid JSON${position === undefined ? '' : ` from character ${position}`}`);
  }
  if (!isObject(value)) throw malformed(path, `${field} is not an object`);
  const inner = Object.values(value).reduce<number>((sum, member) => sum + (isObject(member) ? Object.keys(member).length : 0), 0);
  if (Object.keys(value).length !== members[1] || inner !== members[2]) throw malformed(path, `${field} has the same key twice`);
  return value;
}
