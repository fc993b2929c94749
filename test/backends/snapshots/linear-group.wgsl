// uses ["shared/arena-wide","shared/lanes-subgroups","shared/grid","shared/four-rows",{"file":"shared/weight-bytes","as":"query"},{"file":"numbers/f32","as":"query"},{"file":"shared/weight-dots","as":"query"},{"file":"shared/weight-bytes","as":"key"},{"file":"numbers/f32","as":"key"},{"file":"shared/weight-dots","as":"key"},{"file":"shared/weight-bytes","as":"value"},{"file":"numbers/f32","as":"value"},{"file":"shared/weight-dots","as":"value"}]
// uses ["shared/arena-wide","shared/lanes-subgroups","shared/grid","shared/four-rows",{"file":"shared/weight-bytes","as":"query"},{"file":"numbers/f16","as":"query"},{"file":"shared/weight-dots","as":"query"},{"file":"shared/weight-bytes","as":"key"},{"file":"numbers/f16","as":"key"},{"file":"shared/weight-dots","as":"key"},{"file":"shared/weight-bytes","as":"value"},{"file":"numbers/f16","as":"value"},{"file":"shared/weight-dots","as":"value"}]
// uses ["shared/arena-wide","shared/lanes-subgroups","shared/grid","shared/four-rows",{"file":"shared/weight-bytes","as":"query"},{"file":"numbers/bf16","as":"query"},{"file":"shared/weight-dots","as":"query"},{"file":"shared/weight-bytes","as":"key"},{"file":"numbers/bf16","as":"key"},{"file":"shared/weight-dots","as":"key"},{"file":"shared/weight-bytes","as":"value"},{"file":"numbers/bf16","as":"value"},{"file":"shared/weight-dots","as":"value"}]
// uses ["shared/arena-wide","shared/lanes-subgroups","shared/grid","shared/four-rows",{"file":"shared/weight-bytes","as":"query"},{"file":"numbers/q4-0","as":"query"},{"file":"shared/weight-dots","as":"query"},{"file":"shared/weight-bytes","as":"key"},{"file":"numbers/q4-0","as":"key"},{"file":"shared/weight-dots","as":"key"},{"file":"shared/weight-bytes","as":"value"},{"file":"numbers/q4-0","as":"value"},{"file":"shared/weight-dots","as":"value"}]
// uses ["shared/arena-wide","shared/lanes-subgroups","shared/grid","shared/four-rows",{"file":"shared/weight-bytes","as":"query"},{"file":"numbers/q8-0","as":"query"},{"file":"shared/weight-dots","as":"query"},{"file":"shared/weight-bytes","as":"key"},{"file":"numbers/q8-0","as":"key"},{"file":"shared/weight-dots","as":"key"},{"file":"shared/weight-bytes","as":"value"},{"file":"numbers/q8-0","as":"value"},{"file":"shared/weight-dots","as":"value"}]
// uses ["shared/arena-wide","shared/lanes-subgroups","shared/grid","shared/four-rows",{"file":"shared/weight-bytes","as":"query"},{"file":"numbers/q4-k","as":"query"},{"file":"shared/weight-dots","as":"query"},{"file":"shared/weight-bytes","as":"key"},{"file":"numbers/q4-k","as":"key"},{"file":"shared/weight-dots","as":"key"},{"file":"shared/weight-bytes","as":"value"},{"file":"numbers/q4-k","as":"value"},{"file":"shared/weight-dots","as":"value"}]
// uses ["shared/arena-wide","shared/lanes-subgroups","shared/grid","shared/four-rows",{"file":"shared/weight-bytes","as":"query"},{"file":"numbers/q6-k","as":"query"},{"file":"shared/weight-dots","as":"query"},{"file":"shared/weight-bytes","as":"key"},{"file":"numbers/q6-k","as":"key"},{"file":"shared/weight-dots","as":"key"},{"file":"shared/weight-bytes","as":"value"},{"file":"numbers/q6-k","as":"value"},{"file":"shared/weight-dots","as":"value"}]
// uses ["shared/arena","shared/lanes-subgroups","shared/grid","shared/four-rows",{"file":"shared/weight-bytes","as":"query"},{"file":"numbers/f32","as":"query"},{"file":"shared/weight-dots","as":"query"},{"file":"shared/weight-bytes","as":"key"},{"file":"numbers/f32","as":"key"},{"file":"shared/weight-dots","as":"key"},{"file":"shared/weight-bytes","as":"value"},{"file":"numbers/f32","as":"value"},{"file":"shared/weight-dots","as":"value"}]
// uses ["shared/arena-wide","shared/lanes-subgroups","shared/grid","shared/four-rows",{"file":"shared/weight-bytes","as":"query"},{"file":"numbers/q4-k","as":"query"},{"file":"shared/weight-dots","as":"query"},{"file":"shared/weight-bytes","as":"key"},{"file":"numbers/q4-k","as":"key"},{"file":"shared/weight-dots","as":"key"},{"file":"shared/weight-bytes","as":"value"},{"file":"numbers/q6-k","as":"value"},{"file":"shared/weight-dots","as":"value"}]
// uses ["shared/arena-wide","shared/lanes-subgroups","shared/grid","shared/four-rows",{"file":"shared/weight-bytes","as":"query"},{"file":"numbers/q4-0","as":"query"},{"file":"shared/weight-dots","as":"query"},{"file":"shared/weight-bytes","as":"key"},{"file":"numbers/f16","as":"key"},{"file":"shared/weight-dots","as":"key"},{"file":"shared/weight-bytes","as":"value"},{"file":"numbers/q8-0","as":"value"},{"file":"shared/weight-dots","as":"value"}]
// uses ["shared/arena-wide","shared/lanes","shared/grid","shared/four-rows",{"file":"shared/weight-bytes","as":"query"},{"file":"numbers/f32","as":"query"},{"file":"shared/weight-dots","as":"query"},{"file":"shared/weight-bytes","as":"key"},{"file":"numbers/f32","as":"key"},{"file":"shared/weight-dots","as":"key"},{"file":"shared/weight-bytes","as":"value"},{"file":"numbers/f32","as":"value"},{"file":"shared/weight-dots","as":"value"}]
// uses ["shared/arena-wide","shared/lanes","shared/grid","shared/four-rows",{"file":"shared/weight-bytes","as":"query"},{"file":"numbers/f16","as":"query"},{"file":"shared/weight-dots","as":"query"},{"file":"shared/weight-bytes","as":"key"},{"file":"numbers/f16","as":"key"},{"file":"shared/weight-dots","as":"key"},{"file":"shared/weight-bytes","as":"value"},{"file":"numbers/f16","as":"value"},{"file":"shared/weight-dots","as":"value"}]
// uses ["shared/arena-wide","shared/lanes","shared/grid","shared/four-rows",{"file":"shared/weight-bytes","as":"query"},{"file":"numbers/bf16","as":"query"},{"file":"shared/weight-dots","as":"query"},{"file":"shared/weight-bytes","as":"key"},{"file":"numbers/bf16","as":"key"},{"file":"shared/weight-dots","as":"key"},{"file":"shared/weight-bytes","as":"value"},{"file":"numbers/bf16","as":"value"},{"file":"shared/weight-dots","as":"value"}]
// uses ["shared/arena-wide","shared/lanes","shared/grid","shared/four-rows",{"file":"shared/weight-bytes","as":"query"},{"file":"numbers/q4-0","as":"query"},{"file":"shared/weight-dots","as":"query"},{"file":"shared/weight-bytes","as":"key"},{"file":"numbers/q4-0","as":"key"},{"file":"shared/weight-dots","as":"key"},{"file":"shared/weight-bytes","as":"value"},{"file":"numbers/q4-0","as":"value"},{"file":"shared/weight-dots","as":"value"}]
// uses ["shared/arena-wide","shared/lanes","shared/grid","shared/four-rows",{"file":"shared/weight-bytes","as":"query"},{"file":"numbers/q8-0","as":"query"},{"file":"shared/weight-dots","as":"query"},{"file":"shared/weight-bytes","as":"key"},{"file":"numbers/q8-0","as":"key"},{"file":"shared/weight-dots","as":"key"},{"file":"shared/weight-bytes","as":"value"},{"file":"numbers/q8-0","as":"value"},{"file":"shared/weight-dots","as":"value"}]
// uses ["shared/arena-wide","shared/lanes","shared/grid","shared/four-rows",{"file":"shared/weight-bytes","as":"query"},{"file":"numbers/q4-k","as":"query"},{"file":"shared/weight-dots","as":"query"},{"file":"shared/weight-bytes","as":"key"},{"file":"numbers/q4-k","as":"key"},{"file":"shared/weight-dots","as":"key"},{"file":"shared/weight-bytes","as":"value"},{"file":"numbers/q4-k","as":"value"},{"file":"shared/weight-dots","as":"value"}]
// uses ["shared/arena-wide","shared/lanes","shared/grid","shared/four-rows",{"file":"shared/weight-bytes","as":"query"},{"file":"numbers/q6-k","as":"query"},{"file":"shared/weight-dots","as":"query"},{"file":"shared/weight-bytes","as":"key"},{"file":"numbers/q6-k","as":"key"},{"file":"shared/weight-dots","as":"key"},{"file":"shared/weight-bytes","as":"value"},{"file":"numbers/q6-k","as":"value"},{"file":"shared/weight-dots","as":"value"}]
// uses ["shared/arena","shared/lanes","shared/grid","shared/four-rows",{"file":"shared/weight-bytes","as":"query"},{"file":"numbers/f32","as":"query"},{"file":"shared/weight-dots","as":"query"},{"file":"shared/weight-bytes","as":"key"},{"file":"numbers/f32","as":"key"},{"file":"shared/weight-dots","as":"key"},{"file":"shared/weight-bytes","as":"value"},{"file":"numbers/f32","as":"value"},{"file":"shared/weight-dots","as":"value"}]
// uses ["shared/arena-wide","shared/lanes","shared/grid","shared/four-rows",{"file":"shared/weight-bytes","as":"query"},{"file":"numbers/q4-k","as":"query"},{"file":"shared/weight-dots","as":"query"},{"file":"shared/weight-bytes","as":"key"},{"file":"numbers/q4-k","as":"key"},{"file":"shared/weight-dots","as":"key"},{"file":"shared/weight-bytes","as":"value"},{"file":"numbers/q6-k","as":"value"},{"file":"shared/weight-dots","as":"value"}]
// uses ["shared/arena-wide","shared/lanes","shared/grid","shared/four-rows",{"file":"shared/weight-bytes","as":"query"},{"file":"numbers/q4-0","as":"query"},{"file":"shared/weight-dots","as":"query"},{"file":"shared/weight-bytes","as":"key"},{"file":"numbers/f16","as":"key"},{"file":"shared/weight-dots","as":"key"},{"file":"shared/weight-bytes","as":"value"},{"file":"numbers/q8-0","as":"value"},{"file":"shared/weight-dots","as":"value"}]
requires immediate_address_space;
enable subgroups;
requires subgroup_id;
@group(0) @binding(0) var<storage, read_write> arena: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read> query: array<u32>;
@group(0) @binding(2) var<storage, read> key: array<u32>;
@group(0) @binding(3) var<storage, read> value: array<u32>;
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

// Bytes of `query`, as number formats lay them out.

fn query_byte(at: u32) -> u32 { return (query[at / 4u] >> ((at % 4u) * 8u)) & 0xffu; }

/// A half-precision number at an even byte.
fn query_half(at: u32) -> f32 { return unpack2x16float(query[at / 4u] >> ((at % 4u) * 8u)).x; }

/// Four bytes from an even byte on.
fn query_word(at: u32) -> u32 {
  let low = query[at / 4u];
  if (at % 4u == 0u) { return low; }
  return (low >> 16u) | (query[at / 4u + 1u] << 16u);
}

fn query_at(index: u32) -> f32 { return bitcast<f32>(query[index]); }

fn query_four(at: u32) -> vec4<f32> { return bitcast<vec4<f32>>(vec4<u32>(query[at], query[at + 1u], query[at + 2u], query[at + 3u])); }

/// 32 values from a multiple of 32 on.
fn query_run(index: u32) -> array<vec4<f32>, 8> {
  var run: array<vec4<f32>, 8>;
  for (var i = 0u; i < 8u; i++) { run[i] = query_four(index + 4u * i); }
  return run;
}

/// Of those, the fourth of number `part` in each half.
fn query_part(index: u32, part: u32) -> mat2x4<f32> {
  let at = index + 4u * part;
  return mat2x4<f32>(query_four(at), query_four(at + 16u));
}

// Products of rows of `query` with a row of x. Lanes that stand side by side read words that lie side by side.

/// This lane's share of the products of four rows from row `first` on; rows beyond the last of `rows` repeat it. `x` is a word of the arena.
fn query_dots(first: u32, rows: u32, x: u32, columns: u32, lane: u32) -> vec4<f32> {
  let begins = min(vec4<u32>(first, first + 1u, first + 2u, first + 3u), vec4<u32>(rows - 1u)) * columns;
  var sums = vec4<f32>();
  for (var piece = lane; piece < columns / 8u; piece += lanes) {
    let run = piece / 4u * 32u;
    let part = piece % 4u;
    let low = number4(x + run + 4u * part);
    let high = number4(x + run + 4u * part + 16u);
    let a = query_part(begins.x + run, part);
    let b = query_part(begins.y + run, part);
    let c = query_part(begins.z + run, part);
    let d = query_part(begins.w + run, part);
    sums += vec4<f32>(dot(a[0], low), dot(b[0], low), dot(c[0], low), dot(d[0], low));
    sums += vec4<f32>(dot(a[1], high), dot(b[1], high), dot(c[1], high), dot(d[1], high));
  }
  return sums;
}

// Bytes of `key`, as number formats lay them out.

fn key_byte(at: u32) -> u32 { return (key[at / 4u] >> ((at % 4u) * 8u)) & 0xffu; }

/// A half-precision number at an even byte.
fn key_half(at: u32) -> f32 { return unpack2x16float(key[at / 4u] >> ((at % 4u) * 8u)).x; }

/// Four bytes from an even byte on.
fn key_word(at: u32) -> u32 {
  let low = key[at / 4u];
  if (at % 4u == 0u) { return low; }
  return (low >> 16u) | (key[at / 4u + 1u] << 16u);
}

fn key_at(index: u32) -> f32 { return bitcast<f32>(key[index]); }

fn key_four(at: u32) -> vec4<f32> { return bitcast<vec4<f32>>(vec4<u32>(key[at], key[at + 1u], key[at + 2u], key[at + 3u])); }

/// 32 values from a multiple of 32 on.
fn key_run(index: u32) -> array<vec4<f32>, 8> {
  var run: array<vec4<f32>, 8>;
  for (var i = 0u; i < 8u; i++) { run[i] = key_four(index + 4u * i); }
  return run;
}

/// Of those, the fourth of number `part` in each half.
fn key_part(index: u32, part: u32) -> mat2x4<f32> {
  let at = index + 4u * part;
  return mat2x4<f32>(key_four(at), key_four(at + 16u));
}

// Products of rows of `key` with a row of x. Lanes that stand side by side read words that lie side by side.

/// This lane's share of the products of four rows from row `first` on; rows beyond the last of `rows` repeat it. `x` is a word of the arena.
fn key_dots(first: u32, rows: u32, x: u32, columns: u32, lane: u32) -> vec4<f32> {
  let begins = min(vec4<u32>(first, first + 1u, first + 2u, first + 3u), vec4<u32>(rows - 1u)) * columns;
  var sums = vec4<f32>();
  for (var piece = lane; piece < columns / 8u; piece += lanes) {
    let run = piece / 4u * 32u;
    let part = piece % 4u;
    let low = number4(x + run + 4u * part);
    let high = number4(x + run + 4u * part + 16u);
    let a = key_part(begins.x + run, part);
    let b = key_part(begins.y + run, part);
    let c = key_part(begins.z + run, part);
    let d = key_part(begins.w + run, part);
    sums += vec4<f32>(dot(a[0], low), dot(b[0], low), dot(c[0], low), dot(d[0], low));
    sums += vec4<f32>(dot(a[1], high), dot(b[1], high), dot(c[1], high), dot(d[1], high));
  }
  return sums;
}

// Bytes of `value`, as number formats lay them out.

fn value_byte(at: u32) -> u32 { return (value[at / 4u] >> ((at % 4u) * 8u)) & 0xffu; }

/// A half-precision number at an even byte.
fn value_half(at: u32) -> f32 { return unpack2x16float(value[at / 4u] >> ((at % 4u) * 8u)).x; }

/// Four bytes from an even byte on.
fn value_word(at: u32) -> u32 {
  let low = value[at / 4u];
  if (at % 4u == 0u) { return low; }
  return (low >> 16u) | (value[at / 4u + 1u] << 16u);
}

fn value_at(index: u32) -> f32 { return bitcast<f32>(value[index]); }

fn value_four(at: u32) -> vec4<f32> { return bitcast<vec4<f32>>(vec4<u32>(value[at], value[at + 1u], value[at + 2u], value[at + 3u])); }

/// 32 values from a multiple of 32 on.
fn value_run(index: u32) -> array<vec4<f32>, 8> {
  var run: array<vec4<f32>, 8>;
  for (var i = 0u; i < 8u; i++) { run[i] = value_four(index + 4u * i); }
  return run;
}

/// Of those, the fourth of number `part` in each half.
fn value_part(index: u32, part: u32) -> mat2x4<f32> {
  let at = index + 4u * part;
  return mat2x4<f32>(value_four(at), value_four(at + 16u));
}

// Products of rows of `value` with a row of x. Lanes that stand side by side read words that lie side by side.

/// This lane's share of the products of four rows from row `first` on; rows beyond the last of `rows` repeat it. `x` is a word of the arena.
fn value_dots(first: u32, rows: u32, x: u32, columns: u32, lane: u32) -> vec4<f32> {
  let begins = min(vec4<u32>(first, first + 1u, first + 2u, first + 3u), vec4<u32>(rows - 1u)) * columns;
  var sums = vec4<f32>();
  for (var piece = lane; piece < columns / 8u; piece += lanes) {
    let run = piece / 4u * 32u;
    let part = piece % 4u;
    let low = number4(x + run + 4u * part);
    let high = number4(x + run + 4u * part + 16u);
    let a = value_part(begins.x + run, part);
    let b = value_part(begins.y + run, part);
    let c = value_part(begins.z + run, part);
    let d = value_part(begins.w + run, part);
    sums += vec4<f32>(dot(a[0], low), dot(b[0], low), dot(c[0], low), dot(d[0], low));
    sums += vec4<f32>(dot(a[1], high), dot(b[1], high), dot(c[1], high), dot(d[1], high));
  }
  return sums;
}

// Three linear layers of one x for few tokens: a workgroup gives four outputs of one token and one of the layers, which follow one another.
struct Params {
  x: u32, query_bias: u32, key_bias: u32, value_bias: u32, q: u32, k: u32, v: u32,
  query_rows: u32, key_rows: u32, value_rows: u32, columns: u32,
}

override has_query_bias: bool = false;
override has_key_bias: bool = false;
override has_value_bias: bool = false;

@compute @workgroup_size(lanes)
fn main(@builtin(workgroup_id) group: vec3<u32>, at: Lane) {
  let four = unfolded(group);
  let token = group.z;
  let x = p.x + token * p.columns;
  let keys = (p.query_rows + 3u) / 4u;
  let values = keys + (p.key_rows + 3u) / 4u;
  if (four >= values + (p.value_rows + 3u) / 4u) { return; }
  var own: vec4<f32>;
  var first: u32;
  var rows: u32;
  var y: u32;
  var bias: u32;
  var has_bias: bool;
  if (four < keys) {
    first = four * 4u;
    rows = p.query_rows;
    y = p.q;
    bias = p.query_bias;
    has_bias = has_query_bias;
    own = query_dots(first, rows, x, p.columns, at.lane);
  } else if (four < values) {
    first = (four - keys) * 4u;
    rows = p.key_rows;
    y = p.k;
    bias = p.key_bias;
    has_bias = has_key_bias;
    own = key_dots(first, rows, x, p.columns, at.lane);
  } else {
    first = (four - values) * 4u;
    rows = p.value_rows;
    y = p.v;
    bias = p.value_bias;
    has_bias = has_value_bias;
    own = value_dots(first, rows, x, p.columns, at.lane);
  }
  var sums = sum4_lanes(own, at);
  if (at.lane > 0u) { return; }
  if (has_bias) { sums += four_at(bias, first, rows); }
  put_four(y + token * rows, first, rows, sums);
}
