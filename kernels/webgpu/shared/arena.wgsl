// The arena: step inputs, constants and activations, in words of 32 bits. Kernels get each operand's first word with their parameters.

fn number(at: u32) -> f32 { return bitcast<f32>(arena[at]); }
fn integer(at: u32) -> i32 { return bitcast<i32>(arena[at]); }
fn put(at: u32, value: f32) { arena[at] = bitcast<u32>(value); }
fn put_integer(at: u32, value: i32) { arena[at] = bitcast<u32>(value); }

/// Four numbers from any word on.
fn number4(at: u32) -> vec4<f32> { return vec4<f32>(number(at), number(at + 1u), number(at + 2u), number(at + 3u)); }
fn put4(at: u32, value: vec4<f32>) {
  for (var i = 0u; i < 4u; i++) { put(at + i, value[i]); }
}
