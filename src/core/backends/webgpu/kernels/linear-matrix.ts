// Matrix products of many tokens: tiles of tokens by rows, in the first of these ways that the call and the device allow.
import type { Capabilities } from '../capabilities.js';
import type { Grid, KernelOperand, Use, Variant } from '../kernel.js';
import { decoding, heldOf, lastOf, rowsOf, summing } from './shapes.js';

interface Operands {
  readonly x: KernelOperand | undefined;
  readonly weight: KernelOperand | undefined;
  readonly bias: KernelOperand | undefined;
  readonly y: KernelOperand | undefined;
}

interface Tiling {
  readonly source: string;
  readonly uses: readonly Use[];
  when(weight: KernelOperand, device: Capabilities): boolean;
  /** `tile_tokens` and `tile_rows` among them. */
  constants(device: Capabilities): Variant['constants'];
}

/** Sums that a subgroup holds at most. */
const mostSquares = 16;
const squaresLanes = 128;
const squaresTile = 64;

/**
 * A subgroup multiplies squares of half precision. What its 11 bits cost is more than the tolerance of float32 weights. Where subgroups may
 * be smaller than the largest, lanes would idle.
 */
const squares = (side: number): Tiling => {
  const along = squaresTile / side;
  const workingOf = ({ subgroups }: Capabilities): number => squaresLanes / subgroups!.most;
  return {
    source: 'linear-matrix-squares',
    uses: [`linear-matrix-side-${side}`],
    when: ({ format }, device) =>
      format !== 'f32' &&
      device.f16 &&
      device.matrixSides.includes(side) &&
      device.subgroups !== undefined &&
      device.subgroups.least === device.subgroups.most &&
      squaresLanes % device.subgroups.most === 0 &&
      Math.ceil(along / workingOf(device)) * along <= mostSquares,
    constants: (device) => ({ lanes: squaresLanes, working: workingOf(device), tile_rows: squaresTile, tile_tokens: squaresTile }),
  };
};

/** Sums in registers, eight fours an invocation, half of that on software devices, whose tests are of small shapes. */
const registers = (tileRows: number, tileTokens: number, isSoftware: boolean): Tiling => ({
  source: 'linear-matrix',
  uses: [],
  when: (_weight, device) => device.isSoftware === isSoftware,
  constants: () => ({ lanes: 2 * tileTokens, tile_rows: tileRows, tile_tokens: tileTokens }),
});

const tilings: readonly Tiling[] = [squares(16), squares(8), registers(64, 32, false), registers(32, 16, true)];

export function matrix(device: Capabilities, { x, weight, bias, y }: Operands): Variant {
  const tiling = tilings.find(({ when }) => when(weight!, device))!;
  const constants = { has_bias: bias === undefined ? 0 : 1, ...tiling.constants(device) };
  const variant = summing(tiling.source, device, ['shared/four-rows', ...decoding(weight!, lastOf(x)).uses, ...tiling.uses], constants);
  // Rows of whole fours are read and written as fours.
  return lastOf(y) % 4 === 0 ? { ...variant, uses: variant.uses.map((use) => (use === 'shared/arena' ? 'shared/arena-wide' : use)) } : variant;
}

/** Undefined for variants that have no tiles. */
export function matrixGrid({ constants }: Variant, weight: KernelOperand | undefined, y: KernelOperand | undefined): Grid | undefined {
  const { tile_rows: rows, tile_tokens: tokens } = constants;
  return rows === undefined || tokens === undefined ? undefined : [Math.ceil(heldOf(weight).rows / rows), Math.ceil(rowsOf(y) / tokens), 1];
}
