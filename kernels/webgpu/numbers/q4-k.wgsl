/// Scale and minimum of the sub-block that begins at `index`: six bits each, of two half-precision ones that the block of 256 shares.
fn weight_line(index: u32) -> vec2<f32> {
  let block = index / 256u * 144u;
  let sub = index / 32u % 8u;
  var line: vec2<u32>;
  if (sub < 4u) {
    line = vec2<u32>(weight_byte(block + 4u + sub), weight_byte(block + 8u + sub)) & vec2<u32>(63u);
  } else {
    let low = weight_byte(block + 8u + sub);
    line = vec2<u32>((low & 15u) | (weight_byte(block + sub) / 64u * 16u), (low / 16u) | (weight_byte(block + 4u + sub) / 64u * 16u));
  }
  return unpack2x16float(weight[block / 4u]) * vec2<f32>(line);
}

/// The word of the sub-block's first four nibbles; its low or its high ones are the sub-block's own.
fn weight_codes(index: u32) -> u32 { return index / 256u * 36u + 4u + index / 64u % 4u * 8u; }
fn weight_four(word: u32, index: u32) -> vec4<f32> { return vec4<f32>(unpack4xU8((weight[word] >> (index / 32u % 2u * 4u)) & 0x0f0f0f0fu)); }

/// One of eight sub-blocks of 32 nibbles.
fn weight_run(index: u32) -> array<vec4<f32>, 8> {
  let line = weight_line(index);
  let codes = weight_codes(index);
  var run: array<vec4<f32>, 8>;
  for (var i = 0u; i < 8u; i++) { run[i] = line.x * weight_four(codes + i, index) - line.y; }
  return run;
}

/// Of those, the fourth of number `part` in each half.
fn weight_part(index: u32, part: u32) -> mat2x4<f32> {
  let line = weight_line(index);
  let codes = weight_codes(index) + part;
  return mat2x4<f32>(line.x * weight_four(codes, index) - line.y, line.x * weight_four(codes + 4u, index) - line.y);
}
