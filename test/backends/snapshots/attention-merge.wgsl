// uses ["shared/arena","shared/lanes","shared/grid"]
requires immediate_address_space;
@group(0) @binding(0) var<storage, read_write> arena: array<u32>;
@group(0) @binding(1) var<storage, read> keys: array<u32>;
@group(0) @binding(2) var<storage, read> values: array<u32>;
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

// Puts together what attention.wgsl made of the parts of a token's head: each part's maximum, sum of weights and weighted values.
struct Params { o: u32, lse: u32, scratch: u32, tokens: u32, heads: u32, value_width: u32 }

override has_lse: bool = false;
override splits: u32 = 2u;

/// What a part's numbers are worth beside the largest maximum; nothing where it had no keys.
var<workgroup> shares: array<f32, splits>;

@compute @workgroup_size(lanes)
fn main(@builtin(workgroup_id) group: vec3<u32>, at: Lane) {
  let row = group.y * p.heads + group.x;
  let begin = p.scratch + 2u * row * splits;
  var most = number(begin);
  for (var part = 1u; part < splits; part++) { most = max(most, number(begin + 2u * part)); }
  for (var part = at.lane; part < splits; part += lanes) {
    shares[part] = select(0.0, exp(number(begin + 2u * part) - most), number(begin + 2u * part + 1u) > 0.0);
  }
  workgroupBarrier();
  var total = 0.0;
  for (var part = 0u; part < splits; part++) { total = fma(shares[part], number(begin + 2u * part + 1u), total); }
  let features = p.scratch + 2u * p.tokens * p.heads * splits + row * splits * p.value_width;
  for (var feature = at.lane; feature < p.value_width; feature += lanes) {
    var sum = 0.0;
    for (var part = 0u; part < splits; part++) {
      if (shares[part] > 0.0) { sum = fma(shares[part], number(features + part * p.value_width + feature), sum); }
    }
    put(p.o + row * p.value_width + feature, sum / total);
  }
  if (has_lse && at.lane == 0u) { put(p.lse + row, most + log(total)); }
}
