// Finds the weights in what a PyTorch file holds: the dict of tensors itself, or the one inside a training checkpoint. Names lose what wrappers add.
import { LlmxError } from '../base/error.js';
import { named } from '../text/quoted.js';
import { isPickleReference, type PickleObject, type PickleValue } from './pickle/pickle-value.js';
import { dtypeOfStorage } from './pytorch-globals.js';
import { tensorObject } from './pytorch-tensors.js';

/** Dicts inside dicts that are looked at: `checkpoint['a']['b']`. */
const deepest = 2;
const mostDicts = 4096;

export type StateDict = ReadonlyMap<string, PickleObject>;

interface Candidate {
  /** Keys from the outermost dict on. */
  readonly path: readonly string[];
  readonly tensors: StateDict;
}

/** A weight has sides and may be decoded; counters, scales of a scaler and states of generators are no weights. */
function isWeight({ arguments: [reference, , size] }: PickleObject): boolean {
  if (!Array.isArray(size) || size.length === 0 || !isPickleReference(reference) || !Array.isArray(reference.id)) return false;
  const type = reference.id[1];
  return typeof type === 'object' && type !== null && 'kind' in type && type.kind === 'global' && dtypeOfStorage(type.name)?.format !== undefined;
}

function tensorsOf(dict: ReadonlyMap<PickleValue, PickleValue>): StateDict {
  const tensors = new Map<string, PickleObject>();
  for (const [key, value] of dict) {
    const object = typeof key === 'string' ? tensorObject(value) : undefined;
    if (object !== undefined) tensors.set(key as string, object);
  }
  return tensors;
}

/** All dicts within reach that hold a weight. A value may stand in several places, or inside itself: each is looked at once. */
function candidates(root: PickleValue): readonly Candidate[] {
  const found: Candidate[] = [];
  const seen = new Set<PickleValue>();
  const visit = (value: PickleValue, path: readonly string[]): void => {
    if (!(value instanceof Map) || seen.has(value) || seen.size >= mostDicts) return;
    seen.add(value);
    const tensors = tensorsOf(value);
    if ([...tensors.values()].some(isWeight)) found.push({ path, tensors });
    if (path.length < deepest) for (const [key, member] of value) if (typeof key === 'string') visit(member, [...path, key]);
  };
  visit(root, []);
  return found;
}

const showPath = (path: readonly string[]): string => (path.length === 0 ? 'the outermost dict' : path.map(named).join('.'));

/** The only dict of weights. Throws where there is none, or more than one. */
export function findStateDict(file: string, root: PickleValue): StateDict {
  const found = candidates(root);
  const [only] = found;
  if (only === undefined)
    throw new LlmxError('unsupported', `${file}: no dict of tensors in it`, 'Save a state dict: torch.save(model.state_dict(), path)');
  if (found.length > 1)
    throw new LlmxError(
      'unsupported',
      `${file}: several dicts of tensors: ${found
        .slice(0, 8)
        .map(({ path }) => showPath(path))
        .join(', ')}${found.length > 8 ? ', ...' : ''}`,
      "Save the one that is meant alone: torch.save(checkpoint['...'], path)",
    );
  return only.tensors;
}

/** Prefixes that wrappers put before every name: DistributedDataParallel, torch.compile, Lightning's strategies. */
const wrappers = ['module.', '_orig_mod.', '_forward_module.'];
/** What a LightningModule with the attribute `model` makes of names that never begin so otherwise. */
const lightning = ['model.model.', 'model.lm_head.', 'model.transformer.h.'];

/** How many characters wrappers have put before each of the names. */
export function wrapperLength(names: readonly string[]): number {
  if (names.length === 0) return 0;
  const [first] = names as readonly [string];
  let length = 0;
  for (;;) {
    const given = first.slice(length);
    const wrapper =
      wrappers.find((prefix) => given.startsWith(prefix)) ??
      (names.some((name) => lightning.some((prefix) => name.startsWith(prefix, length))) ? 'model.' : undefined);
    if (wrapper === undefined || !names.every((name) => name.startsWith(wrapper, length))) return length;
    length += wrapper.length;
  }
}
