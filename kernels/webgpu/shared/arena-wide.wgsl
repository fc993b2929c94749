// The arena four words at a time, for kernels whose operands all begin and end at whole fours.

fn number(at: u32) -> f32 { return bitcast<f32>(arena[at / 4u][at % 4u]); }
fn integer(at: u32) -> i32 { return bitcast<i32>(arena[at / 4u][at % 4u]); }
fn number4(at: u32) -> vec4<f32> { return bitcast<vec4<f32>>(arena[at / 4u]); }
fn put4(at: u32, value: vec4<f32>) { arena[at / 4u] = bitcast<vec4<u32>>(value); }

/// Neighbours may be written back with it: no other invocation may write into the same four.
fn put(at: u32, value: f32) { arena[at / 4u][at % 4u] = bitcast<u32>(value); }
