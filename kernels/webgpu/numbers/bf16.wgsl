fn weight_at(index: u32) -> f32 {
  return bitcast<f32>((weight[index / 2u] >> (16u * (index % 2u))) << 16u);
}

fn weight_four(at: u32) -> vec4<f32> {
  let words = vec2<u32>(weight[at], weight[at + 1u]);
  return bitcast<vec4<f32>>(vec4<u32>(words.x << 16u, words.x & 0xffff0000u, words.y << 16u, words.y & 0xffff0000u));
}

/// 32 values from a multiple of 32 on.
fn weight_run(index: u32) -> array<vec4<f32>, 8> {
  var run: array<vec4<f32>, 8>;
  for (var i = 0u; i < 8u; i++) { run[i] = weight_four(index / 2u + 2u * i); }
  return run;
}

/// Of those, the fourth of number `part` in each half.
fn weight_part(index: u32, part: u32) -> mat2x4<f32> {
  let at = index / 2u + 2u * part;
  return mat2x4<f32>(weight_four(at), weight_four(at + 8u));
}
