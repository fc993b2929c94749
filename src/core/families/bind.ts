// Finds every tensor of a family in a checkpoint: what is missing, misshapen, unreadable or left over is told all at once.
import { count, showShape } from '../base/shape.js';
import type { Hyperparameters } from '../blocks/block.js';
import type { Checkpoint, Tensor } from '../checkpoints/checkpoint.js';
import { named } from '../text/quoted.js';
import type { Family, Layout, TensorRow } from './family.js';

/** A role's tensors in the checkpoint: one, or one for each expert. */
export interface Binding {
  readonly row: TensorRow;
  readonly segments: readonly Tensor[];
  /** How the segments lie: the dialect's layout, or its opposite where they lie transposed. */
  readonly layout: Layout | undefined;
}

interface Bindings {
  readonly bound: ReadonlyMap<string, Binding>;
  readonly refusals: readonly string[];
}

/** The shape that a dialect stores for a role's canonical shape. */
export function storedShape(shape: readonly number[], layout: Layout | undefined): readonly number[] {
  if (layout === 'transposed') return [...shape].reverse();
  return layout === 'unsqueezed' ? [shape[0]!, 1, ...shape.slice(1)] : shape;
}

/** Linear layers alone read a matrix either way: not tables of rows, nor experts. */
const readsEitherWay = ({ role, shape }: TensorRow): boolean => shape.length === 2 && !/-embedding\.weight$/.test(role);

/** What becomes of a dialect's layout where a segment lies with its sides swapped. */
function effectiveLayout(layout: Layout | undefined, segments: readonly Tensor[]): Layout | undefined {
  if (segments[0]?.transposed !== true) return layout;
  return layout === 'transposed' ? undefined : 'transposed';
}

const fits = (stored: readonly number[], wanted: readonly number[]): boolean => {
  const trim = (shape: readonly number[]): string => shape.filter((side) => side !== 1).join();
  return count(stored) === count(wanted) && trim(stored) === trim(wanted);
};

export function segmentNames(row: TensorRow, name: string): readonly string[] {
  return name.includes('{expert}') ? Array.from({ length: row.shape[0]! }, (_, expert) => name.replace('{expert}', String(expert))) : [name];
}

/** Hugging Face files may drop the outer module's prefix (`transformer.`, `model.`). */
function find<Found>(among: ReadonlyMap<string, Found>, name: string, dialect: Checkpoint['dialect']): Found | undefined {
  const exact = among.get(name);
  return exact !== undefined || dialect !== 'huggingface' ? exact : among.get(name.slice(name.indexOf('.') + 1));
}

/** How many tensors a family needs: each row is one, and one for each expert where their names differ. */
function needed(rows: readonly TensorRow[], dialect: Checkpoint['dialect']): number {
  const required = rows.filter((row) => row.optional !== true && row.names[dialect] !== undefined);
  return required.reduce((sum, row) => sum + (row.names[dialect]!.includes('{expert}') ? row.shape[0]! : 1), 0);
}

/** A config may ask for more tensors than could be named; so few missing ones are worth naming. */
const mostMissing = 4096;

/** A refusal where the file cannot hold what the hyperparameters ask for, found from the rows of a single layer. */
function tooFew(family: Family, h: Hyperparameters, { dialect, path, tensors, skipped }: Checkpoint): readonly string[] {
  const [none, one] = [needed(family.tensors({ ...h, layers: 0 }), dialect), needed(family.tensors({ ...h, layers: 1 }), dialect)];
  const [wanted, held] = [none + h.layers * (one - none), tensors.size + skipped.size];
  if (wanted <= held + mostMissing) return [];
  const experts = h.experts > 0 ? ` of ${h.experts} experts` : '';
  return [`${path}: ${h.layers} layers${experts} take at least ${wanted} tensors, the checkpoint has ${held}`];
}

/** `partial`: tensors that are missing are none of the refusals. */
export function bindTensors(family: Family, h: Hyperparameters, checkpoint: Checkpoint, partial = false): Bindings {
  const { dialect, path, tensors, skipped } = checkpoint;
  const few = partial ? [] : tooFew(family, h, checkpoint);
  if (few.length > 0) return { bound: new Map(), refusals: few };
  const bound = new Map<string, Binding>();
  const refusals: string[] = [];
  const claimed = new Set<string>();
  for (const row of family.tensors(h)) {
    const name = row.names[dialect];
    if (name === undefined) continue;
    const stacked = row.stacked?.[dialect];
    const names = stacked !== undefined && find(tensors, stacked, dialect) !== undefined ? [stacked] : segmentNames(row, name);
    const shape = names.length > 1 ? row.shape.slice(1) : row.shape;
    const segments = names.flatMap((each) => find(tensors, each, dialect) ?? []);
    const layout = effectiveLayout(row.layouts?.[dialect], segments);
    for (const segment of segments) claimed.add(segment.name);
    const missing = segments.length < names.length ? names.find((each) => find(tensors, each, dialect) === undefined) : undefined;
    const stored = missing === undefined ? undefined : find(skipped, missing, dialect);
    if (missing !== undefined) {
      if (stored !== undefined) refusals.push(`${path}: tensor ${missing} is stored as ${stored}, which llmx cannot read`);
      else if (segments.length > 0 || (row.optional !== true && !partial)) refusals.push(`${path}: tensor ${missing} is missing`);
      continue;
    }
    const wanted = storedShape(shape, layout);
    const wrong = segments.find((segment) => !fits(segment.shape, wanted));
    const swapped = readsEitherWay(row) ? undefined : segments.find(({ transposed }) => transposed === true);
    const mixed = segments.find((segment) => segment.format !== segments[0]!.format);
    if (mixed !== undefined)
      refusals.push(
        `${path}: ${mixed.name} is ${mixed.format}, its sibling ${segments[0]!.name} is ${segments[0]!.format}; experts of one layer must share a number format`,
      );
    else if (swapped !== undefined)
      refusals.push(`${path}: tensor ${swapped.name} lies transposed, as ${showShape(swapped.shape)}; llmx reads linear layers alone that way`);
    else if (wrong !== undefined)
      refusals.push(`${path}: tensor ${wrong.name} is ${showShape(wrong.shape)}, the config asks for ${showShape(wanted)}`);
    // Sides of 1 may stand elsewhere, as in MLX's convolutions: the numbers lie the same.
    else bound.set(row.role, { row, segments: segments.map((segment) => ({ ...segment, shape: wanted })), layout });
  }
  const surplus = [...tensors.keys()].filter((name) => !claimed.has(name) && family.ignoredTensors?.some((pattern) => pattern.test(name)) !== true);
  if (surplus.length > 0)
    refusals.push(
      `${path}: ${surplus.length} tensors belong to nothing that this family knows: ${surplus.slice(0, 4).map(named).join(', ')}${surplus.length > 4 ? ', ...' : ''}`,
    );
  return { bound, refusals };
}
