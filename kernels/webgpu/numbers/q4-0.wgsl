/// One block: a half-precision scale and 16 bytes; low nibbles are the first 16 values, high ones the others.
fn weight_run(index: u32) -> array<vec4<f32>, 8> {
  let block = index / 32u * 18u;
  let scale = weight_half(block);
  var run: array<vec4<f32>, 8>;
  for (var i = 0u; i < 4u; i++) {
    let word = weight_word(block + 2u + 4u * i);
    run[i] = scale * (vec4<f32>(unpack4xU8(word & 0x0f0f0f0fu)) - 8.0);
    run[i + 4u] = scale * (vec4<f32>(unpack4xU8((word >> 4u) & 0x0f0f0f0fu)) - 8.0);
  }
  return run;
}

/// Of those, the fourth of number `part` in each half: one word of nibbles.
fn weight_part(index: u32, part: u32) -> mat2x4<f32> {
  let block = index / 32u * 18u;
  let word = weight_word(block + 2u + 4u * part);
  let codes = mat2x4<f32>(vec4<f32>(unpack4xU8(word & 0x0f0f0f0fu)) - 8.0, vec4<f32>(unpack4xU8((word >> 4u) & 0x0f0f0f0fu)) - 8.0);
  return weight_half(block) * codes;
}
