/// One block: a half-precision scale and 32 signed bytes.
fn weight_run(index: u32) -> array<vec4<f32>, 8> {
  let block = index / 32u * 34u;
  let scale = weight_half(block);
  var run: array<vec4<f32>, 8>;
  for (var i = 0u; i < 8u; i++) { run[i] = scale * vec4<f32>(unpack4xI8(weight_word(block + 2u + 4u * i))); }
  return run;
}

/// Of those, the fourth of number `part` in each half.
fn weight_part(index: u32, part: u32) -> mat2x4<f32> {
  let block = index / 32u * 34u;
  let at = block + 2u + 4u * part;
  let scale = weight_half(block);
  return mat2x4<f32>(scale * vec4<f32>(unpack4xI8(weight_word(at))), scale * vec4<f32>(unpack4xI8(weight_word(at + 16u))));
}
