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
