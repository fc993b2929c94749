// uses ["shared/arena","shared/lanes","shared/grid"]
requires immediate_address_space;
@group(0) @binding(0) var<storage, read_write> arena: array<u32>;
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

// Turns pairs of features by their position's angle; an invocation turns one pair, or passes one feature. `table` holds the cosine and sine
// of each token's angles, made in float64: drivers' own are wrong by up to 2e-3 at large angles.
struct Params { x: u32, y: u32, count: u32, heads: u32, width: u32, turns: u32, table: u32 }

/// 1 where features k and k + turns are a pair, 2 where 2k and 2k + 1 are.
override pair_step: u32 = 1u;

@compute @workgroup_size(lanes)
fn main(@builtin(workgroup_id) group: vec3<u32>, at: Lane) {
  let index = unfolded(group) * lanes + at.lane;
  if (index >= p.count) { return; }
  // Of a head's width - turns invocations, the first `turns` take a pair each.
  let each = p.width - p.turns;
  let head = index / each;
  let k = index % each;
  let begin = head * p.width;
  if (k >= p.turns) {
    put(p.y + begin + p.turns + k, number(p.x + begin + p.turns + k));
    return;
  }
  let first = begin + k * pair_step;
  let second = first + select(1u, p.turns, pair_step == 1u);
  let angle = p.table + 2u * (head / p.heads * p.turns + k);
  let cosine = number(angle);
  let sine = number(angle + 1u);
  let a = number(p.x + first);
  let b = number(p.x + second);
  put(p.y + first, a * cosine - b * sine);
  put(p.y + second, a * sine + b * cosine);
}
