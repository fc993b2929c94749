fn weight_at(index: u32) -> f32 { return bitcast<f32>(weight[index]); }

/// 32 values from a multiple of 32 on.
fn weight_run(index: u32) -> array<vec4<f32>, 8> {
  var run: array<vec4<f32>, 8>;
  for (var i = 0u; i < 8u; i++) {
    let at = index + 4u * i;
    run[i] = bitcast<vec4<f32>>(vec4<u32>(weight[at], weight[at + 1u], weight[at + 2u], weight[at + 3u]));
  }
  return run;
}
