fn weight_at(index: u32) -> f32 {
  return bitcast<f32>((weight[index / 2u] >> (16u * (index % 2u))) << 16u);
}

fn both(word: u32) -> vec2<f32> { return bitcast<vec2<f32>>(vec2<u32>(word << 16u, word & 0xffff0000u)); }

/// 32 values from a multiple of 32 on.
fn weight_run(index: u32) -> array<vec4<f32>, 8> {
  var run: array<vec4<f32>, 8>;
  for (var i = 0u; i < 8u; i++) {
    let at = index / 2u + 2u * i;
    run[i] = vec4<f32>(both(weight[at]), both(weight[at + 1u]));
  }
  return run;
}
