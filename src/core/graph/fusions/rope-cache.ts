// Queries and keys normed (or not) and turned, keys and values written into their cache, before attention -> rope-cache.
import type { Value } from '../graph.js';
import { sameType, sameValue, type GraphView } from '../view.js';
import type { Fusion, Match } from './fusion.js';

interface Turned {
  readonly x: Value;
  readonly norm: Value | undefined;
  readonly epsilon: number;
  readonly positions: Value;
  readonly frequencies: Value;
  readonly attributes: { readonly style: string; readonly scale: number };
  readonly inner: readonly number[];
}

/** What `rope` turns; a norm before it belongs to it where nothing else reads the norm's result. */
function turnedOf(view: GraphView, value: Value | undefined): Turned | undefined {
  const rope = view.made(value, 'rope');
  if (rope === undefined) return undefined;
  const [x, positions, frequencies] = rope.inputs as readonly [Value, Value, Value];
  const common = { positions, frequencies, attributes: rope.attributes as Turned['attributes'] };
  const norm = view.readOnce(x) ? view.made(x, 'rms-norm') : undefined;
  if (norm === undefined) return { x, norm: undefined, epsilon: 0, ...common, inner: [] };
  const [source, weight] = norm.inputs as readonly [Value, Value];
  return { x: source, norm: weight, epsilon: norm.attributes['epsilon'] as number, ...common, inner: [x.node] };
}

interface Written {
  readonly state: Value;
  readonly x: Value;
  readonly places: readonly Value[];
}

/** What is written into a state that nothing else reads as it was before. */
function writtenOf(view: GraphView, value: Value | undefined): Written | undefined {
  const write = view.made(value, 'cache-write');
  if (write === undefined) return undefined;
  const [state, x, ...places] = write.inputs as readonly Value[];
  return view.made(state, 'state') !== undefined && view.readOnce(state!) ? { state: state!, x: x!, places } : undefined;
}

export const ropeCache: Fusion = {
  find(view, id): Match | undefined {
    const attention = view.made({ node: id, output: 0 }, 'attention');
    const [q, keys, values] = attention?.inputs ?? [];
    const [written, writtenValues] = [writtenOf(view, keys), writtenOf(view, values)];
    if (written === undefined || writtenValues === undefined || !view.readOnce(written.x)) return undefined;
    const [query, key] = [turnedOf(view, q), turnedOf(view, written.x)];
    if (query === undefined || key === undefined) return undefined;
    const { positions, frequencies, attributes, epsilon } = query;
    const sameTurn =
      sameValue(positions, key.positions) &&
      sameValue(frequencies, key.frequencies) &&
      attributes.style === key.attributes.style &&
      attributes.scale === key.attributes.scale &&
      (query.norm === undefined) === (key.norm === undefined) &&
      epsilon === key.epsilon;
    const samePlaces =
      sameValue(positions, written.places[0]) && written.places.every((place, index) => sameValue(place, writtenValues.places[index]));
    if (!sameTurn || !samePlaces || !sameType(view.type(key.x), view.type(writtenValues.x))) return undefined;
    if (!sameType(view.type(written.state), view.type(writtenValues.state))) return undefined;
    const width = view.type(query.x).shape[2];
    if (typeof width !== 'number' || width % 2 !== 0 || width !== view.type(key.x).shape[2]) return undefined;
    return {
      inputs: [query.x, key.x, writtenValues.x, ...written.places, frequencies, written.state, writtenValues.state, query.norm, key.norm],
      attributes: { ...attributes, epsilon },
      outputs: [q!, keys!, values!],
      inner: [...query.inner, ...key.inner, written.x.node],
    };
  },
};
