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
