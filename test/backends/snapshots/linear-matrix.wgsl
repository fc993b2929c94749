// uses ["shared/arena","shared/lanes-subgroups","shared/grid","shared/four-rows","shared/weight-bytes","numbers/f32"]
// uses ["shared/arena-wide","shared/lanes-subgroups","shared/grid","shared/four-rows","shared/weight-bytes","numbers/f32"]
// uses ["shared/arena","shared/lanes-subgroups","shared/grid","shared/four-rows","shared/weight-bytes","numbers/f16"]
// uses ["shared/arena-wide","shared/lanes-subgroups","shared/grid","shared/four-rows","shared/weight-bytes","numbers/f16"]
// uses ["shared/arena","shared/lanes-subgroups","shared/grid","shared/four-rows","shared/weight-bytes","numbers/bf16"]
// uses ["shared/arena-wide","shared/lanes-subgroups","shared/grid","shared/four-rows","shared/weight-bytes","numbers/bf16"]
// uses ["shared/arena","shared/lanes-subgroups","shared/grid","shared/four-rows","shared/weight-bytes","numbers/q4-0"]
// uses ["shared/arena-wide","shared/lanes-subgroups","shared/grid","shared/four-rows","shared/weight-bytes","numbers/q4-0"]
// uses ["shared/arena","shared/lanes-subgroups","shared/grid","shared/four-rows","shared/weight-bytes","numbers/q8-0"]
// uses ["shared/arena-wide","shared/lanes-subgroups","shared/grid","shared/four-rows","shared/weight-bytes","numbers/q8-0"]
// uses ["shared/arena","shared/lanes-subgroups","shared/grid","shared/four-rows","shared/weight-bytes","numbers/q4-k"]
// uses ["shared/arena-wide","shared/lanes-subgroups","shared/grid","shared/four-rows","shared/weight-bytes","numbers/q4-k"]
// uses ["shared/arena","shared/lanes-subgroups","shared/grid","shared/four-rows","shared/weight-bytes","numbers/q6-k"]
// uses ["shared/arena-wide","shared/lanes-subgroups","shared/grid","shared/four-rows","shared/weight-bytes","numbers/q6-k"]
// uses ["shared/arena","shared/lanes","shared/grid","shared/four-rows","shared/weight-bytes","numbers/f32"]
// uses ["shared/arena-wide","shared/lanes","shared/grid","shared/four-rows","shared/weight-bytes","numbers/f32"]
// uses ["shared/arena","shared/lanes","shared/grid","shared/four-rows","shared/weight-bytes","numbers/f16"]
// uses ["shared/arena-wide","shared/lanes","shared/grid","shared/four-rows","shared/weight-bytes","numbers/f16"]
// uses ["shared/arena","shared/lanes","shared/grid","shared/four-rows","shared/weight-bytes","numbers/bf16"]
// uses ["shared/arena-wide","shared/lanes","shared/grid","shared/four-rows","shared/weight-bytes","numbers/bf16"]
// uses ["shared/arena","shared/lanes","shared/grid","shared/four-rows","shared/weight-bytes","numbers/q4-0"]
// uses ["shared/arena-wide","shared/lanes","shared/grid","shared/four-rows","shared/weight-bytes","numbers/q4-0"]
// uses ["shared/arena","shared/lanes","shared/grid","shared/four-rows","shared/weight-bytes","numbers/q8-0"]
// uses ["shared/arena-wide","shared/lanes","shared/grid","shared/four-rows","shared/weight-bytes","numbers/q8-0"]
// uses ["shared/arena","shared/lanes","shared/grid","shared/four-rows","shared/weight-bytes","numbers/q4-k"]
// uses ["shared/arena-wide","shared/lanes","shared/grid","shared/four-rows","shared/weight-bytes","numbers/q4-k"]
// uses ["shared/arena","shared/lanes","shared/grid","shared/four-rows","shared/weight-bytes","numbers/q6-k"]
// uses ["shared/arena-wide","shared/lanes","shared/grid","shared/four-rows","shared/weight-bytes","numbers/q6-k"]
requires immediate_address_space;
enable subgroups;
requires subgroup_id;
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

fn weight_at(index: u32) -> f32 { return bitcast<f32>(weight[index]); }

fn weight_four(at: u32) -> vec4<f32> { return bitcast<vec4<f32>>(vec4<u32>(weight[at], weight[at + 1u], weight[at + 2u], weight[at + 3u])); }

/// 32 values from a multiple of 32 on.
fn weight_run(index: u32) -> array<vec4<f32>, 8> {
  var run: array<vec4<f32>, 8>;
  for (var i = 0u; i < 8u; i++) { run[i] = weight_four(index + 4u * i); }
  return run;
}

/// Of those, the fourth of number `part` in each half.
fn weight_part(index: u32, part: u32) -> mat2x4<f32> {
  let at = index + 4u * part;
  return mat2x4<f32>(weight_four(at), weight_four(at + 16u));
}

// y = x W^T + b for many tokens: a workgroup gives a tile of tokens by rows, an invocation four tokens by fours of rows of it. Columns come
// in runs of 32 through workgroup memory, where a weight is decoded once for all of the tile's tokens.
struct Params { x: u32, bias: u32, y: u32, tokens: u32, rows: u32, columns: u32, stride: u32 }

override has_bias: bool = false;
override tile_rows: u32 = 64u;
override tile_tokens: u32 = 32u;

/// The lanes stand as 8 along the rows by `token_lanes` along the tokens.
override token_lanes: u32 = lanes / 8u;
/// Fours of rows of an invocation.
override fours: u32 = tile_rows / 32u;
const most_fours: u32 = 2u;

/// Each row's or token's 32 numbers as eight fours.
var<workgroup> weights: array<vec4<f32>, tile_rows * 8u>;
var<workgroup> inputs: array<vec4<f32>, tile_tokens * 8u>;

/// Turned by the row, so that the lanes, which are four rows apart, read the same columns from different banks.
fn place(line: u32, four: u32) -> u32 { return line * 8u + (four ^ (line / 4u % 8u)); }

/// Numbers of four columns by four lines, a column a vector.
fn weight_columns(line: u32, four: u32) -> mat4x4<f32> {
  return transpose(mat4x4<f32>(
    weights[place(line, four)], weights[place(line + 1u, four)], weights[place(line + 2u, four)], weights[place(line + 3u, four)]));
}

@compute @workgroup_size(lanes)
fn main(@builtin(workgroup_id) group: vec3<u32>, at: Lane) {
  let first_row = group.x * tile_rows;
  let first_token = group.y * tile_tokens;
  let own_row = at.lane % 8u * 4u;  // of the first 32 rows of the tile, and so on in each 32
  let own_token = at.lane / 8u;  // and each `token_lanes` further
  // Of a token and four rows each.
  var sums: array<vec4<f32>, 4u * most_fours>;
  for (var column = 0u; column < p.columns; column += 32u) {
    for (var item = at.lane; item < tile_rows * 4u; item += lanes) {
      let line = item / 4u;
      let part = item % 4u;
      let eight = weight_part(min(first_row + line, p.rows - 1u) * p.columns + column, part);
      weights[place(line, part)] = eight[0];
      weights[place(line, part + 4u)] = eight[1];
    }
    for (var item = at.lane; item < tile_tokens * 8u; item += lanes) {
      let line = item / 8u;
      let four = item % 8u;
      inputs[place(line, four)] = number4(p.x + min(first_token + line, p.tokens - 1u) * p.columns + column + 4u * four);
    }
    workgroupBarrier();
    for (var four = 0u; four < 8u; four++) {
      for (var i = 0u; i < fours; i++) {
        let w = weight_columns(own_row + 32u * i, four);
        for (var j = 0u; j < 4u; j++) {
          let x = inputs[place(own_token + token_lanes * j, four)];
          let sum = fma(vec4<f32>(x.y), w[1], fma(vec4<f32>(x.x), w[0], sums[4u * i + j]));
          sums[4u * i + j] = fma(vec4<f32>(x.w), w[3], fma(vec4<f32>(x.z), w[2], sum));
        }
      }
    }
    workgroupBarrier();
  }
  for (var i = 0u; i < fours; i++) {
    let row = first_row + own_row + 32u * i;
    if (row >= p.rows) { break; }
    var bias = vec4<f32>();
    if (has_bias) { bias = four_at(p.bias, row, p.rows); }
    for (var j = 0u; j < 4u; j++) {
      let token = first_token + own_token + token_lanes * j;
      if (token < p.tokens) { put_four(p.y + token * p.stride, row, p.rows, sums[4u * i + j] + bias); }
    }
  }
}
