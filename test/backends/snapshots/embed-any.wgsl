// uses ["shared/arena","shared/lanes","shared/grid","shared/weight-bytes","numbers/f32"]
// uses ["shared/arena","shared/lanes","shared/grid","shared/weight-bytes","numbers/f16"]
// uses ["shared/arena","shared/lanes","shared/grid","shared/weight-bytes","numbers/bf16"]
requires immediate_address_space;
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

// An invocation within its workgroup, and sums over its workgroup through workgroup memory.

struct Lane {
  @builtin(local_invocation_index) lane: u32,
}

override lanes: u32 = 64u;
var<workgroup> partial: array<f32, lanes>;

/// The sum over the workgroup, for all of its lanes. Every lane must come here.
fn sum_lanes(value: f32, at: Lane) -> f32 {
  partial[at.lane] = value;
  for (var half = lanes / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (at.lane < half) { partial[at.lane] += partial[at.lane + half]; }
  }
  workgroupBarrier();
  let total = partial[0];
  workgroupBarrier();
  return total;
}

var<workgroup> partial4: array<vec4<f32>, lanes>;

/// Four sums at once.
fn sum4_lanes(value: vec4<f32>, at: Lane) -> vec4<f32> {
  partial4[at.lane] = value;
  for (var half = lanes / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (at.lane < half) { partial4[at.lane] += partial4[at.lane + half]; }
  }
  workgroupBarrier();
  let total = partial4[0];
  workgroupBarrier();
  return total;
}

/// The largest value of the workgroup.
fn maximum_lanes(value: f32, at: Lane) -> f32 {
  partial[at.lane] = value;
  for (var half = lanes / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (at.lane < half) { partial[at.lane] = max(partial[at.lane], partial[at.lane + half]); }
  }
  workgroupBarrier();
  let most = partial[0];
  workgroupBarrier();
  return most;
}

// Long grids are folded into two dimensions: a grid has at most 65535 workgroups along each.

const fold: u32 = 32768u;

/// The workgroup's number in the unfolded grid. The last fold may reach beyond the end.
fn unfolded(group: vec3<u32>) -> u32 { return group.y * fold + group.x; }

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

// Rows of a table by token ids, for rows of any width; an invocation copies a value.
struct Params { ids: u32, rows: u32, width: u32, values: u32, first: u32, held: u32 }

/// The table's rows are those from `first` on, `held` of them; other dispatches have the others.
override is_part: bool = false;

@compute @workgroup_size(lanes)
fn main(@builtin(workgroup_id) group: vec3<u32>, at: Lane) {
  let value = unfolded(group) * lanes + at.lane;
  if (value >= p.values) { return; }
  let own = u32(integer(p.ids + value / p.width)) - p.first;
  if (is_part && own >= p.held) { return; }
  put(p.rows + value, weight_at(own * p.width + value % p.width));
}
