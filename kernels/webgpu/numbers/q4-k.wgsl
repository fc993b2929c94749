/// One of eight sub-blocks: 32 nibbles, a six-bit scale and minimum of two half-precision ones that the block of 256 shares.
fn weight_run(index: u32) -> array<vec4<f32>, 8> {
  let block = index / 256u * 144u;
  let sub = index / 32u % 8u;
  let halves = unpack2x16float(weight[block / 4u]);
  var lines: vec2<u32>;
  if (sub < 4u) {
    lines = vec2<u32>(weight_byte(block + 4u + sub), weight_byte(block + 8u + sub)) & vec2<u32>(63u);
  } else {
    let low = weight_byte(block + 8u + sub);
    lines = vec2<u32>((low & 15u) | (weight_byte(block + sub) / 64u * 16u), (low / 16u) | (weight_byte(block + 4u + sub) / 64u * 16u));
  }
  let line = halves * vec2<f32>(lines);
  let codes = block / 4u + 4u + sub / 2u * 8u;
  let shift = sub % 2u * 4u;
  var run: array<vec4<f32>, 8>;
  for (var i = 0u; i < 8u; i++) { run[i] = line.x * vec4<f32>(unpack4xU8((weight[codes + i] >> shift) & 0x0f0f0f0fu)) - line.y; }
  return run;
}
