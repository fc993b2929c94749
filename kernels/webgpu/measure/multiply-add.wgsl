// Nothing but multiply-adds in registers, eight independent chains of four an invocation: what the adapter's arithmetic reaches at most.
struct Params { rounds: u32 }

@compute @workgroup_size(lanes)
fn main(at: Lane) {
  let factor = vec4<f32>(0.999);
  var sums: array<vec4<f32>, 8>;
  for (var i = 0u; i < 8u; i++) { sums[i] = vec4<f32>(f32(at.lane + i)); }
  for (var round = 0u; round < p.rounds; round++) {
    for (var i = 0u; i < 8u; i++) { sums[i] = fma(sums[i], factor, vec4<f32>(0.5)); }
  }
  var total = vec4<f32>();
  for (var i = 0u; i < 8u; i++) { total += sums[i]; }
  // Never true; keeps the sums alive.
  if (dot(total, vec4<f32>(1.0)) < -1.0) { put(0u, total.x); }
}
