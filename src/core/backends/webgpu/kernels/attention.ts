// Workgroups take queries that share keys. Few tokens over long contexts are split along the keys, into a number of parts that the largest
// context gives, so that a recording stays right as a sequence grows; a second dispatch merges the parts.
import { LlmxError } from '../../../base/error.js';
import type { AttentionAttributes } from '../../../ops/attention.js';
import type { Capabilities } from '../capabilities.js';
import type { Call, Kernel, Variant } from '../kernel.js';
import { halfState, lastOf, plain } from './shapes.js';

type AttentionCall = Call<AttentionAttributes>;

/** Tokens up to which there are too few workgroups without splits. */
const fewTokens = 8;
/** Keys for which a part is worth its merging. */
const keysEach = 256;
const mostSplits = 32;
/** Fours of queries of a workgroup, times the places of which a lane gathers features: what registers hold. */
const mostGathered = 4;
/** Numbers that all fours of queries have room for in 8 KiB of workgroup memory; one four may have more. */
const askedNumbers = 512;
const mostWidth = 768;

const tokensOf = ({ inputs: [q] }: AttentionCall): number => q!.shape[0]!;

/** The largest context in pages, or the window where that is shorter. */
function splitsOf({ inputs: [, keys, , , , tables], attributes: { window } }: AttentionCall): number {
  const context = lastOf(tables) * keys!.shape[1]!;
  const span = window > 0 ? Math.min(window, context) : context;
  return Math.min(mostSplits, Math.ceil(span / keysEach));
}

const isSplit = (call: AttentionCall): boolean => tokensOf(call) <= fewTokens && splitsOf(call) > 1;

/** How queries and features lie on workgroups and lanes: overrides of attention.wgsl. */
function plan(call: AttentionCall, lanes: number): Variant['constants'] {
  const [q, keys, values, , , tables] = call.inputs;
  const [width, valueWidth] = [lastOf(q), lastOf(values)];
  const pair = valueWidth > lanes && valueWidth % 2 === 0 ? 2 : 1;
  const parts = Math.ceil(valueWidth / pair / lanes);
  if (parts > mostGathered || width > mostWidth)
    throw new LlmxError(
      'unsupported',
      `webgpu: heads ${width} wide with values ${valueWidth} wide, at most ${mostWidth} and ${mostGathered * lanes * pair} are computed`,
      'Use --device cpu',
    );
  const most = 4 * Math.max(1, Math.min(Math.floor(mostGathered / parts), Math.floor(askedNumbers / width)));
  const sharing = Math.ceil(q!.shape[1]! / keys!.shape[2]!);
  const chunks = Math.ceil(sharing / most);
  const headsEach = Math.ceil(sharing / chunks);
  // Tokens of other sequences share no keys.
  const tokensOfEach = Math.ceil(tokensOf(call) / tables!.shape[0]!);
  return {
    width,
    pair,
    parts,
    chunks,
    heads_each: headsEach,
    tokens_each: tokensOf(call) <= fewTokens ? 1 : Math.max(1, Math.min(Math.floor(most / headsEach), tokensOfEach)),
    splits: isSplit(call) ? splitsOf(call) : 1,
  };
}

const hasLse = ({ outputs: [, lse] }: AttentionCall): Variant['constants'] => ({ has_lse: lse === undefined ? 0 : 1 });

function variantOf(call: AttentionCall, device: Capabilities): Variant {
  const [, keys, values] = call.inputs;
  const inFours = (width: number): boolean => width % (keys!.format === 'f16' ? 8 : 4) === 0;
  const isWhole = inFours(lastOf(keys)) && inFours(lastOf(values));
  const words = isWhole ? 'shared/keys-values-wide' : 'shared/keys-values';
  const { constants, ...variant } = plain('attention', device, ['shared/state', words], {
    ...halfState(keys),
    ...hasLse(call),
    whole: isWhole ? 1 : 0,
  });
  return { ...variant, constants: { ...constants, ...plan(call, constants['lanes']!) } };
}

export const attention: Kernel<AttentionAttributes> = {
  buffers: [{ operand: 'keys' }, { operand: 'values' }],
  variant: variantOf,
  then: (call, device) => (isSplit(call) ? plain('attention-merge', device, [], { ...hasLse(call), splits: splitsOf(call) }) : undefined),
  // A maximum, a sum and the features of each part.
  scratch({ inputs: [q, keys, values, ...places], ...rest }) {
    const [tokens, ...sides] = q!.shape as [number, ...number[]];
    const few = { inputs: [{ ...q!, shape: [Math.min(tokens, fewTokens), ...sides] }, keys, values, ...places], ...rest };
    return isSplit(few) ? tokensOf(few) * sides[0]! * splitsOf(few) * (2 + lastOf(values)) : 0;
  },
  params: ({ inputs: [q, keys, values, , , tables], attributes: { scale, window } }) => ({
    tokens: q!.shape[0]!,
    heads: q!.shape[1]!,
    groups: keys!.shape[2]!,
    value_width: lastOf(values),
    page: keys!.shape[1]!,
    table: lastOf(tables),
    window,
    scale,
  }),
  grid(call, { constants: { chunks, tokens_each: tokensEach, splits } }) {
    const [q, keys] = call.inputs;
    // The merge takes a token's head each.
    if (chunks === undefined) return [q!.shape[1]!, q!.shape[0]!, 1];
    return [keys!.shape[2]! * chunks, Math.ceil(tokensOf(call) / tokensEach!), splits!];
  },
};
