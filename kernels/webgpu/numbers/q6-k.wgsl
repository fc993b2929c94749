/// One of eight groups of a block of 256: 32 codes of four low and two high bits.
fn weight_four(index: u32, i: u32) -> vec4<f32> {
  let block = index / 256u * 210u;
  let group = index / 32u % 8u;
  let low = weight_word(block + group / 4u * 64u + group % 2u * 32u + 4u * i) >> ((group & 2u) * 2u);
  let high = weight_word(block + 128u + group / 4u * 32u + 4u * i) >> (group % 4u * 2u);
  return vec4<f32>(unpack4xU8((low & 0x0f0f0f0fu) | ((high & 0x03030303u) << 4u))) - 32.0;
}

/// The scales of the group's halves: signed bytes, of one half-precision scale that the block shares.
fn weight_scales(index: u32) -> vec2<f32> {
  let block = index / 256u * 210u;
  let own = block + 192u + index / 32u % 8u * 2u;
  return weight_half(block + 208u) * vec2<f32>(unpack4xI8(weight_byte(own) | (weight_byte(own + 1u) << 8u)).xy);
}

/// 32 values from a multiple of 32 on.
fn weight_run(index: u32) -> array<vec4<f32>, 8> {
  let scales = weight_scales(index);
  var run: array<vec4<f32>, 8>;
  for (var i = 0u; i < 8u; i++) { run[i] = select(scales.x, scales.y, i >= 4u) * weight_four(index, i); }
  return run;
}

/// Of those, the fourth of number `part` in each half.
fn weight_part(index: u32, part: u32) -> mat2x4<f32> {
  let scales = weight_scales(index);
  return mat2x4<f32>(scales.x * weight_four(index, part), scales.y * weight_four(index, part + 4u));
}
