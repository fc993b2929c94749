// How two checkpoints differ by what their headers say: config, tensors, tokenizer, template. Their weights are not read.
import { createHash } from 'node:crypto';
import type { Json } from '../base/event.js';
import type { Checkpoint } from '../checkpoints/checkpoint.js';
import { tensorFacts } from './inspect-facts.js';

/** `left` is the inspected model; null where a side lacks the thing. */
export interface Difference {
  readonly kind: 'config' | 'tensor' | 'tokenizer' | 'chat-template';
  readonly name: string;
  readonly left: Json;
  readonly right: Json;
}

/** Nested objects as dotted names. */
function flatten(value: Json | undefined, name: string, into: Map<string, Json>): Map<string, Json> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    for (const [key, inner] of Object.entries(value)) flatten(inner, name === '' ? key : `${name}.${key}`, into);
  } else if (value !== undefined) into.set(name, value);
  return into;
}

function compare(kind: Difference['kind'], left: ReadonlyMap<string, Json>, right: ReadonlyMap<string, Json>): readonly Difference[] {
  const names = [...new Set([...left.keys(), ...right.keys()])];
  return names.flatMap((name) => {
    const sides = { left: left.get(name) ?? null, right: right.get(name) ?? null };
    return JSON.stringify(sides.left) === JSON.stringify(sides.right) ? [] : [{ kind, name, ...sides }];
  });
}

const tensorsOf = ({ tensors, skipped }: Checkpoint): ReadonlyMap<string, Json> =>
  new Map([
    ...[...tensors.values()].map((tensor): [string, Json] => {
      const { shape, dtype } = tensorFacts(tensor);
      return [tensor.name, { shape, dtype }];
    }),
    ...[...skipped].map(([name, dtype]): [string, Json] => [name, { dtype }]),
  ]);

/** Long things are compared whole and named by their digest. */
const digest = (value: unknown): Json => (value === undefined ? null : createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16));

const whole = (kind: Difference['kind'], left: unknown, right: unknown): readonly Difference[] =>
  digest(left) === digest(right) ? [] : [{ kind, name: kind, left: digest(left), right: digest(right) }];

/** Without where it lies. */
const tokenizerOf = ({ tokenizer }: Checkpoint): unknown => tokenizer && { ...tokenizer, file: undefined };

export const differences = (left: Checkpoint, right: Checkpoint): readonly Difference[] => [
  ...compare('config', flatten(left.config, '', new Map()), flatten(right.config, '', new Map())),
  ...compare('tensor', tensorsOf(left), tensorsOf(right)),
  ...whole('tokenizer', tokenizerOf(left), tokenizerOf(right)),
  ...whole('chat-template', left.chatTemplate, right.chatTemplate),
];
