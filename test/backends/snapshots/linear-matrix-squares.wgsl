// uses ["shared/arena","shared/lanes-subgroups","shared/grid","shared/four-rows","shared/weight-bytes","numbers/f16","linear-matrix-side-16"]
// uses ["shared/arena-wide","shared/lanes-subgroups","shared/grid","shared/four-rows","shared/weight-bytes","numbers/f16","linear-matrix-side-16"]
// uses ["shared/arena","shared/lanes-subgroups","shared/grid","shared/four-rows","shared/weight-bytes","numbers/bf16","linear-matrix-side-16"]
// uses ["shared/arena-wide","shared/lanes-subgroups","shared/grid","shared/four-rows","shared/weight-bytes","numbers/bf16","linear-matrix-side-16"]
// uses ["shared/arena","shared/lanes-subgroups","shared/grid","shared/four-rows","shared/weight-bytes","numbers/q4-0","linear-matrix-side-16"]
// uses ["shared/arena-wide","shared/lanes-subgroups","shared/grid","shared/four-rows","shared/weight-bytes","numbers/q4-0","linear-matrix-side-16"]
// uses ["shared/arena","shared/lanes-subgroups","shared/grid","shared/four-rows","shared/weight-bytes","numbers/q8-0","linear-matrix-side-16"]
// uses ["shared/arena-wide","shared/lanes-subgroups","shared/grid","shared/four-rows","shared/weight-bytes","numbers/q8-0","linear-matrix-side-16"]
// uses ["shared/arena","shared/lanes-subgroups","shared/grid","shared/four-rows","shared/weight-bytes","numbers/q4-k","linear-matrix-side-16"]
// uses ["shared/arena-wide","shared/lanes-subgroups","shared/grid","shared/four-rows","shared/weight-bytes","numbers/q4-k","linear-matrix-side-16"]
// uses ["shared/arena","shared/lanes-subgroups","shared/grid","shared/four-rows","shared/weight-bytes","numbers/q6-k","linear-matrix-side-16"]
// uses ["shared/arena-wide","shared/lanes-subgroups","shared/grid","shared/four-rows","shared/weight-bytes","numbers/q6-k","linear-matrix-side-16"]
// uses ["shared/arena","shared/lanes-subgroups","shared/grid","shared/four-rows","shared/weight-bytes","numbers/f16","linear-matrix-side-8"]
// uses ["shared/arena-wide","shared/lanes-subgroups","shared/grid","shared/four-rows","shared/weight-bytes","numbers/f16","linear-matrix-side-8"]
// uses ["shared/arena","shared/lanes-subgroups","shared/grid","shared/four-rows","shared/weight-bytes","numbers/bf16","linear-matrix-side-8"]
// uses ["shared/arena-wide","shared/lanes-subgroups","shared/grid","shared/four-rows","shared/weight-bytes","numbers/bf16","linear-matrix-side-8"]
// uses ["shared/arena","shared/lanes-subgroups","shared/grid","shared/four-rows","shared/weight-bytes","numbers/q4-0","linear-matrix-side-8"]
// uses ["shared/arena-wide","shared/lanes-subgroups","shared/grid","shared/four-rows","shared/weight-bytes","numbers/q4-0","linear-matrix-side-8"]
// uses ["shared/arena","shared/lanes-subgroups","shared/grid","shared/four-rows","shared/weight-bytes","numbers/q8-0","linear-matrix-side-8"]
// uses ["shared/arena-wide","shared/lanes-subgroups","shared/grid","shared/four-rows","shared/weight-bytes","numbers/q8-0","linear-matrix-side-8"]
// uses ["shared/arena","shared/lanes-subgroups","shared/grid","shared/four-rows","shared/weight-bytes","numbers/q4-k","linear-matrix-side-8"]
// uses ["shared/arena-wide","shared/lanes-subgroups","shared/grid","shared/four-rows","shared/weight-bytes","numbers/q4-k","linear-matrix-side-8"]
// uses ["shared/arena","shared/lanes-subgroups","shared/grid","shared/four-rows","shared/weight-bytes","numbers/q6-k","linear-matrix-side-8"]
// uses ["shared/arena-wide","shared/lanes-subgroups","shared/grid","shared/four-rows","shared/weight-bytes","numbers/q6-k","linear-matrix-side-8"]
requires immediate_address_space;
enable subgroups;
requires subgroup_id;
enable f16;

enable chromium_experimental_subgroup_matrix;

diagnostic(off, chromium.subgroup_matrix_uniformity);

@group(0) @binding(0) var<storage, read_write> arena: array<u32>;
@group(0) @binding(1) var<storage, read> weight: array<u32>;
var<immediate> p: Params;
// The arena: step inputs, constants and activations, in words of 32 bits. Kernels get each operand's first word with their parameters.

fn number(at: u32) -> f32 { return bitcast<f32>(arena[at]); }
fn integer(at: u32) -> i32 { return bitcast<i32>(arena[at]); }
fn put(at: u32, value: f32) { arena[at] = bitcast<u32>(value); }
fn put_integer(at: u32, value: i32) { arena[at] = bitcast<u32>(value); }

/// Four numbers from any word on.
fn number4(at: u32) -> vec4<f32> { return vec4<f32>(number(at), number(at + 1u), number(at + 2u), number(at + 3u)); }
fn put4(at: u32, value: vec4<f32>) {
  for (var i = 0u; i < 4u; i++) { put(at + i, value[i]); }
}

// An invocation within its workgroup, and sums over its workgroup: within each subgroup first, then over the subgroups.

struct Lane {
  @builtin(local_invocation_index) lane: u32,
  @builtin(subgroup_id) subgroup: u32,
  @builtin(num_subgroups) subgroups: u32,
}

override lanes: u32 = 64u;
var<workgroup> partial: array<f32, lanes>;

/// The sum over the workgroup, for all of its lanes. Every lane must come here.
fn sum_lanes(value: f32, at: Lane) -> f32 {
  let own = subgroupAdd(value);
  partial[at.subgroup] = own;
  workgroupBarrier();
  var total = 0.0;
  for (var i = 0u; i < at.subgroups; i++) { total += partial[i]; }
  workgroupBarrier();
  return total;
}

var<workgroup> partial4: array<vec4<f32>, lanes>;

/// Four sums at once.
fn sum4_lanes(value: vec4<f32>, at: Lane) -> vec4<f32> {
  let own = subgroupAdd(value);
  partial4[at.subgroup] = own;
  workgroupBarrier();
  var total = vec4<f32>();
  for (var i = 0u; i < at.subgroups; i++) { total += partial4[i]; }
  workgroupBarrier();
  return total;
}

/// The largest value of the workgroup.
fn maximum_lanes(value: f32, at: Lane) -> f32 {
  let own = subgroupMax(value);
  partial[at.subgroup] = own;
  workgroupBarrier();
  var most = partial[0];
  for (var i = 1u; i < at.subgroups; i++) { most = max(most, partial[i]); }
  workgroupBarrier();
  return most;
}

// Long grids are folded into two dimensions: a grid has at most 65535 workgroups along each.

const fold: u32 = 32768u;

/// The workgroup's number in the unfolded grid. The last fold may reach beyond the end.
fn unfolded(group: vec3<u32>) -> u32 { return group.y * fold + group.x; }

// Four numbers side by side in a row of the arena, of which the last may lie beyond the row's end.

fn four_at(row: u32, first: u32, length: u32) -> vec4<f32> {
  if (first + 4u <= length) { return number4(row + first); }
  var values = vec4<f32>();
  for (var i = 0u; first + i < length; i++) { values[i] = number(row + first + i); }
  return values;
}

fn put_four(row: u32, first: u32, length: u32, values: vec4<f32>) {
  if (first + 4u <= length) {
    put4(row + first, values);
    return;
  }
  for (var i = 0u; first + i < length; i++) { put(row + first + i, values[i]); }
}

// Bytes of `weight`, as number formats lay them out.

fn weight_byte(at: u32) -> u32 { return (weight[at / 4u] >> ((at % 4u) * 8u)) & 0xffu; }

/// A half-precision number at an even byte.
fn weight_half(at: u32) -> f32 { return unpack2x16float(weight[at / 4u] >> ((at % 4u) * 8u)).x; }

/// Four bytes from an even byte on.
fn weight_word(at: u32) -> u32 {
  let low = weight[at / 4u];
  if (at % 4u == 0u) { return low; }
  return (low >> 16u) | (weight[at / 4u + 1u] << 16u);
}

fn weight_at(index: u32) -> f32 { return weight_half(2u * index); }

fn weight_four(at: u32) -> vec4<f32> { return vec4<f32>(unpack2x16float(weight[at]), unpack2x16float(weight[at + 1u])); }

/// 32 values from a multiple of 32 on.
fn weight_run(index: u32) -> array<vec4<f32>, 8> {
  var run: array<vec4<f32>, 8>;
  for (var i = 0u; i < 8u; i++) { run[i] = weight_four(index / 2u + 2u * i); }
  return run;
}

/// Of those, the fourth of number `part` in each half.
fn weight_part(index: u32, part: u32) -> mat2x4<f32> {
  let at = index / 2u + 2u * part;
  return mat2x4<f32>(weight_four(at), weight_four(at + 8u));
}

/// Of the squares in which subgroups multiply.
const side: u32 = 16u;

// y = x W^T + b for many tokens where subgroups multiply matrices: a workgroup gives a tile of tokens by rows, a subgroup stripes of it,
// `side` rows wide. Columns come in runs of 32 through workgroup memory in half precision; sums are float32.
struct Params { x: u32, bias: u32, y: u32, tokens: u32, rows: u32, columns: u32, stride: u32 }

override has_bias: bool = false;
override tile_rows: u32 = 64u;
override tile_tokens: u32 = 64u;
/// Subgroups of the workgroup, of which all but these are idle where the device makes them smaller than its largest.
override working: u32 = 4u;

alias Left = subgroup_matrix_left<f16, side, side>;
alias Right = subgroup_matrix_right<f16, side, side>;
alias Result = subgroup_matrix_result<f32, side, side>;

override row_squares: u32 = tile_rows / side;
override token_squares: u32 = tile_tokens / side;
/// Of a subgroup.
override stripes: u32 = (row_squares + working - 1u) / working;
/// Sums that a subgroup holds: `stripes` times `token_squares` of them are used.
const most_sums: u32 = 16u;
const square_fours: u32 = side * side / 4u;

/// Fours of a line of 32 numbers, padded against bank conflicts.
const stride: u32 = 10u;
var<workgroup> weights: array<vec4<f16>, tile_rows * stride>;
var<workgroup> inputs: array<vec4<f16>, tile_tokens * stride>;
/// A square of each subgroup.
var<workgroup> results: array<f32, working * side * side>;

/// Half precision ends at 65504; what lies beyond would be infinite.
fn halves(values: vec4<f32>) -> vec4<f16> { return vec4<f16>(clamp(values, vec4<f32>(-65504.0), vec4<f32>(65504.0))); }

@compute @workgroup_size(lanes)
fn main(@builtin(workgroup_id) group: vec3<u32>, at: Lane) {
  let first_row = group.x * tile_rows;
  let first_token = group.y * tile_tokens;
  let first_stripe = at.subgroup * stripes;
  var sums: array<Result, most_sums>;
  for (var column = 0u; column < p.columns; column += 32u) {
    for (var item = at.lane; item < tile_rows * 4u; item += lanes) {
      let line = item / 4u;
      let part = item % 4u;
      let eight = weight_part(min(first_row + line, p.rows - 1u) * p.columns + column, part);
      weights[line * stride + part] = halves(eight[0]);
      weights[line * stride + part + 4u] = halves(eight[1]);
    }
    for (var item = at.lane; item < tile_tokens * 8u; item += lanes) {
      let line = item / 8u;
      let four = item % 8u;
      inputs[line * stride + four] = halves(number4(p.x + min(first_token + line, p.tokens - 1u) * p.columns + column + 4u * four));
    }
    workgroupBarrier();
    for (var k = 0u; k < 32u; k += side) {
      for (var stripe = 0u; stripe < stripes; stripe++) {
        if (first_stripe + stripe < row_squares) {
          let w = subgroupMatrixLoad<Right, col_major>(&weights, (first_stripe + stripe) * side * stride + k / 4u, stride);
          for (var i = 0u; i < token_squares; i++) {
            let x = subgroupMatrixLoad<Left, row_major>(&inputs, i * side * stride + k / 4u, stride);
            sums[stripe * token_squares + i] = subgroupMatrixMultiplyAccumulate(x, w, sums[stripe * token_squares + i]);
          }
        }
      }
    }
    workgroupBarrier();
  }
  for (var stripe = 0u; stripe < stripes; stripe++) {
    for (var i = 0u; i < token_squares; i++) {
      if (at.subgroup < working) { subgroupMatrixStore<row_major>(&results, at.subgroup * side * side, sums[stripe * token_squares + i], side); }
      workgroupBarrier();
      for (var item = at.lane; item < working * square_fours; item += lanes) {
        let owner = item / square_fours;
        let within = item % square_fours * 4u;
        let token = first_token + i * side + within / side;
        let line = (owner * stripes + stripe) * side + within % side;
        let row = first_row + line;
        if (token >= p.tokens || line >= tile_rows || row >= p.rows) { continue; }
        let result = owner * side * side + within;
        var values = vec4<f32>(results[result], results[result + 1u], results[result + 2u], results[result + 3u]);
        if (has_bias) { values += four_at(p.bias, row, p.rows); }
        put_four(p.y + token * p.stride, row, p.rows, values);
      }
      workgroupBarrier();
    }
  }
}
