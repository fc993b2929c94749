/// One of eight groups: 32 codes of four low and two high bits, two signed byte scales of one half-precision one that the block of 256 shares.
fn weight_run(index: u32) -> array<vec4<f32>, 8> {
  let block = index / 256u * 210u;
  let group = index / 32u % 8u;
  let low = block + group / 4u * 64u + group % 2u * 32u;
  let low_shift = (group & 2u) * 2u;
  let high = block + 128u + group / 4u * 32u;
  let high_shift = group % 4u * 2u;
  let scale = weight_half(block + 208u);
  let scales = scale * vec2<f32>(unpack4xI8(weight_byte(block + 192u + 2u * group) | (weight_byte(block + 193u + 2u * group) << 8u)).xy);
  var run: array<vec4<f32>, 8>;
  for (var i = 0u; i < 8u; i++) {
    let nibbles = (weight_word(low + 4u * i) >> low_shift) & 0x0f0f0f0fu;
    let pairs = (weight_word(high + 4u * i) >> high_shift) & 0x03030303u;
    run[i] = select(scales.x, scales.y, i >= 4u) * (vec4<f32>(unpack4xU8(nibbles | (pairs << 4u))) - 32.0);
  }
  return run;
}
