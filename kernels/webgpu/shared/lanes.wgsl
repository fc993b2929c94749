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
