// An element-wise expression; an invocation gives one number. Inputs whose bit is set in `repeats` are one row that repeats.
struct Params { a: u32, b: u32, c: u32, d: u32, y: u32, count: u32, width: u32, repeats: u32 }

fn operand(first: u32, which: u32, index: u32) -> f32 {
  return number(first + select(index, index % p.width, (p.repeats >> which) % 2u == 1u));
}

@compute @workgroup_size(lanes)
fn main(@builtin(workgroup_id) group: vec3<u32>, at: Lane) {
  let index = unfolded(group) * lanes + at.lane;
  if (index >= p.count) { return; }
  let a = operand(p.a, 0u, index);
  let b = operand(p.b, 1u, index);
  let c = operand(p.c, 2u, index);
  let d = operand(p.d, 3u, index);
  put(p.y + index, /*expression*/ a + b + c + d);
}
