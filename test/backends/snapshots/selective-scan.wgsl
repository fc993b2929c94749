// uses ["shared/arena","shared/lanes","shared/grid"]
requires immediate_address_space;
@group(0) @binding(0) var<storage, read_write> arena: array<u32>;
@group(0) @binding(1) var<storage, read_write> state: array<u32>;
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

// Mamba's recurrence: an invocation takes a channel through all tokens.
struct Params {
  x: u32, delta: u32, a: u32, b: u32, c: u32, d: u32, sequences: u32, slots: u32, y: u32,
  tokens: u32, channels: u32, states: u32,
}

@compute @workgroup_size(lanes)
fn main(@builtin(workgroup_id) group: vec3<u32>, at: Lane) {
  let channel = unfolded(group) * lanes + at.lane;
  if (channel >= p.channels) { return; }
  for (var token = 0u; token < p.tokens; token++) {
    let slot = u32(integer(p.slots + u32(integer(p.sequences + token))));
    let begin = (slot * p.channels + channel) * p.states;
    let input = number(p.x + token * p.channels + channel);
    let step = number(p.delta + token * p.channels + channel);
    var sum = number(p.d + channel) * input;
    for (var n = 0u; n < p.states; n++) {
      let old = bitcast<f32>(state[begin + n]);
      let next = exp(step * number(p.a + channel * p.states + n)) * old + step * input * number(p.b + token * p.states + n);
      state[begin + n] = bitcast<u32>(next);
      sum = fma(next, number(p.c + token * p.states + n), sum);
    }
    put(p.y + token * p.channels + channel, sum);
  }
}
