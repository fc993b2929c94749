// Bytes of `weight`, as number formats lay them out.

fn weight_byte(at: u32) -> u32 { return (weight[at / 4u] >> ((at % 4u) * 8u)) & 0xffu; }

/// A half-precision number at an even byte.
fn weight_half(at: u32) -> f32 { return unpack2x16float(weight[at / 4u] >> ((at % 4u) * 8u)).x; }

/// Four bytes from an even byte on.
fn weight_word(at: u32) -> u32 {
  let low = weight[at / 4u];
  if (at % 4u == 0u) { return low; }
  return (low >> 16u) | (weight[at / 4u + 1u] << 16u);
}
