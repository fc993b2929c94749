fn weight_at(index: u32) -> f32 { return weight_half(2u * index); }

/// 32 values from a multiple of 32 on.
fn weight_run(index: u32) -> array<vec4<f32>, 8> {
  var run: array<vec4<f32>, 8>;
  for (var i = 0u; i < 8u; i++) {
    let at = index / 2u + 2u * i;
    run[i] = vec4<f32>(unpack2x16float(weight[at]), unpack2x16float(weight[at + 1u]));
  }
  return run;
}
