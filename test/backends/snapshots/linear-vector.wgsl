// uses ["shared/arena-wide","shared/lanes-subgroups","shared/grid","shared/four-rows",{"file":"shared/weight-bytes","as":"weight"},{"file":"numbers/f32","as":"weight"},{"file":"shared/weight-dots","as":"weight"}]
// uses ["shared/arena","shared/lanes-subgroups","shared/grid","shared/four-rows",{"file":"shared/weight-bytes","as":"weight"},{"file":"numbers/f32","as":"weight"},{"file":"shared/weight-dots","as":"weight"}]
// uses ["shared/arena-wide","shared/lanes-subgroups","shared/grid","shared/four-rows",{"file":"shared/weight-bytes","as":"weight"},{"file":"numbers/f16","as":"weight"},{"file":"shared/weight-dots","as":"weight"}]
// uses ["shared/arena","shared/lanes-subgroups","shared/grid","shared/four-rows",{"file":"shared/weight-bytes","as":"weight"},{"file":"numbers/f16","as":"weight"},{"file":"shared/weight-dots","as":"weight"}]
// uses ["shared/arena-wide","shared/lanes-subgroups","shared/grid","shared/four-rows",{"file":"shared/weight-bytes","as":"weight"},{"file":"numbers/bf16","as":"weight"},{"file":"shared/weight-dots","as":"weight"}]
// uses ["shared/arena","shared/lanes-subgroups","shared/grid","shared/four-rows",{"file":"shared/weight-bytes","as":"weight"},{"file":"numbers/bf16","as":"weight"},{"file":"shared/weight-dots","as":"weight"}]
// uses ["shared/arena-wide","shared/lanes-subgroups","shared/grid","shared/four-rows",{"file":"shared/weight-bytes","as":"weight"},{"file":"numbers/q4-0","as":"weight"},{"file":"shared/weight-dots","as":"weight"}]
// uses ["shared/arena","shared/lanes-subgroups","shared/grid","shared/four-rows",{"file":"shared/weight-bytes","as":"weight"},{"file":"numbers/q4-0","as":"weight"},{"file":"shared/weight-dots","as":"weight"}]
// uses ["shared/arena-wide","shared/lanes-subgroups","shared/grid","shared/four-rows",{"file":"shared/weight-bytes","as":"weight"},{"file":"numbers/q8-0","as":"weight"},{"file":"shared/weight-dots","as":"weight"}]
// uses ["shared/arena","shared/lanes-subgroups","shared/grid","shared/four-rows",{"file":"shared/weight-bytes","as":"weight"},{"file":"numbers/q8-0","as":"weight"},{"file":"shared/weight-dots","as":"weight"}]
// uses ["shared/arena-wide","shared/lanes-subgroups","shared/grid","shared/four-rows",{"file":"shared/weight-bytes","as":"weight"},{"file":"numbers/q4-k","as":"weight"},{"file":"shared/weight-dots","as":"weight"}]
// uses ["shared/arena","shared/lanes-subgroups","shared/grid","shared/four-rows",{"file":"shared/weight-bytes","as":"weight"},{"file":"numbers/q4-k","as":"weight"},{"file":"shared/weight-dots","as":"weight"}]
// uses ["shared/arena-wide","shared/lanes-subgroups","shared/grid","shared/four-rows",{"file":"shared/weight-bytes","as":"weight"},{"file":"numbers/q6-k","as":"weight"},{"file":"shared/weight-dots","as":"weight"}]
// uses ["shared/arena","shared/lanes-subgroups","shared/grid","shared/four-rows",{"file":"shared/weight-bytes","as":"weight"},{"file":"numbers/q6-k","as":"weight"},{"file":"shared/weight-dots","as":"weight"}]
// uses ["shared/arena-wide","shared/lanes","shared/grid","shared/four-rows",{"file":"shared/weight-bytes","as":"weight"},{"file":"numbers/f32","as":"weight"},{"file":"shared/weight-dots","as":"weight"}]
// uses ["shared/arena","shared/lanes","shared/grid","shared/four-rows",{"file":"shared/weight-bytes","as":"weight"},{"file":"numbers/f32","as":"weight"},{"file":"shared/weight-dots","as":"weight"}]
// uses ["shared/arena-wide","shared/lanes","shared/grid","shared/four-rows",{"file":"shared/weight-bytes","as":"weight"},{"file":"numbers/f16","as":"weight"},{"file":"shared/weight-dots","as":"weight"}]
// uses ["shared/arena","shared/lanes","shared/grid","shared/four-rows",{"file":"shared/weight-bytes","as":"weight"},{"file":"numbers/f16","as":"weight"},{"file":"shared/weight-dots","as":"weight"}]
// uses ["shared/arena-wide","shared/lanes","shared/grid","shared/four-rows",{"file":"shared/weight-bytes","as":"weight"},{"file":"numbers/bf16","as":"weight"},{"file":"shared/weight-dots","as":"weight"}]
// uses ["shared/arena","shared/lanes","shared/grid","shared/four-rows",{"file":"shared/weight-bytes","as":"weight"},{"file":"numbers/bf16","as":"weight"},{"file":"shared/weight-dots","as":"weight"}]
// uses ["shared/arena-wide","shared/lanes","shared/grid","shared/four-rows",{"file":"shared/weight-bytes","as":"weight"},{"file":"numbers/q4-0","as":"weight"},{"file":"shared/weight-dots","as":"weight"}]
// uses ["shared/arena","shared/lanes","shared/grid","shared/four-rows",{"file":"shared/weight-bytes","as":"weight"},{"file":"numbers/q4-0","as":"weight"},{"file":"shared/weight-dots","as":"weight"}]
// uses ["shared/arena-wide","shared/lanes","shared/grid","shared/four-rows",{"file":"shared/weight-bytes","as":"weight"},{"file":"numbers/q8-0","as":"weight"},{"file":"shared/weight-dots","as":"weight"}]
// uses ["shared/arena","shared/lanes","shared/grid","shared/four-rows",{"file":"shared/weight-bytes","as":"weight"},{"file":"numbers/q8-0","as":"weight"},{"file":"shared/weight-dots","as":"weight"}]
// uses ["shared/arena-wide","shared/lanes","shared/grid","shared/four-rows",{"file":"shared/weight-bytes","as":"weight"},{"file":"numbers/q4-k","as":"weight"},{"file":"shared/weight-dots","as":"weight"}]
// uses ["shared/arena","shared/lanes","shared/grid","shared/four-rows",{"file":"shared/weight-bytes","as":"weight"},{"file":"numbers/q4-k","as":"weight"},{"file":"shared/weight-dots","as":"weight"}]
// uses ["shared/arena-wide","shared/lanes","shared/grid","shared/four-rows",{"file":"shared/weight-bytes","as":"weight"},{"file":"numbers/q6-k","as":"weight"},{"file":"shared/weight-dots","as":"weight"}]
// uses ["shared/arena","shared/lanes","shared/grid","shared/four-rows",{"file":"shared/weight-bytes","as":"weight"},{"file":"numbers/q6-k","as":"weight"},{"file":"shared/weight-dots","as":"weight"}]
requires immediate_address_space;
enable subgroups;
requires subgroup_id;
@group(0) @binding(0) var<storage, read_write> arena: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read> weight: array<u32>;
var<immediate> p: Params;
// The arena four words at a time, for kernels whose operands all begin and end at whole fours.

fn number(at: u32) -> f32 { return bitcast<f32>(arena[at / 4u][at % 4u]); }
fn integer(at: u32) -> i32 { return bitcast<i32>(arena[at / 4u][at % 4u]); }
fn number4(at: u32) -> vec4<f32> { return bitcast<vec4<f32>>(arena[at / 4u]); }
fn put4(at: u32, value: vec4<f32>) { arena[at / 4u] = bitcast<vec4<u32>>(value); }

/// Neighbours may be written back with it: no other invocation may write into the same four.
fn put(at: u32, value: f32) { arena[at / 4u][at % 4u] = bitcast<u32>(value); }

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

// Products of rows of `weight` with a row of x. Lanes that stand side by side read words that lie side by side.

/// This lane's share of the products of four rows from row `first` on; rows beyond the last of `rows` repeat it. `x` is a word of the arena.
fn weight_dots(first: u32, rows: u32, x: u32, columns: u32, lane: u32) -> vec4<f32> {
  let begins = min(vec4<u32>(first, first + 1u, first + 2u, first + 3u), vec4<u32>(rows - 1u)) * columns;
  var sums = vec4<f32>();
  for (var piece = lane; piece < columns / 8u; piece += lanes) {
    let run = piece / 4u * 32u;
    let part = piece % 4u;
    let low = number4(x + run + 4u * part);
    let high = number4(x + run + 4u * part + 16u);
    let a = weight_part(begins.x + run, part);
    let b = weight_part(begins.y + run, part);
    let c = weight_part(begins.z + run, part);
    let d = weight_part(begins.w + run, part);
    sums += vec4<f32>(dot(a[0], low), dot(b[0], low), dot(c[0], low), dot(d[0], low));
    sums += vec4<f32>(dot(a[1], high), dot(b[1], high), dot(c[1], high), dot(d[1], high));
  }
  return sums;
}

// y = x W^T + b + residual for few tokens: a workgroup gives four outputs of one token, its lanes share the columns.
struct Params { x: u32, bias: u32, residual: u32, y: u32, rows: u32, columns: u32, stride: u32 }

override has_bias: bool = false;
override has_residual: bool = false;

@compute @workgroup_size(lanes)
fn main(@builtin(workgroup_id) group: vec3<u32>, at: Lane) {
  let first = unfolded(group) * 4u;
  if (first >= p.rows) { return; }
  let token = group.z;
  var sums = sum4_lanes(weight_dots(first, p.rows, p.x + token * p.columns, p.columns, at.lane), at);
  if (at.lane > 0u) { return; }
  if (has_bias) { sums += four_at(p.bias, first, p.rows); }
  if (has_residual) { sums += four_at(p.residual + token * p.stride, first, p.rows); }
  put_four(p.y + token * p.stride, first, p.rows, sums);
}
