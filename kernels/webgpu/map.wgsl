// An element-wise expression; an invocation gives one number. Inputs whose bit is set in `repeats` are one row that repeats.
struct Params { a: u32, b: u32, c: u32, d: u32, y: u32, count: u32, width: u32, repeats: u32 }

fn sigmoid(x: f32) -> f32 { return 1.0 / (1.0 + exp(-x)); }
fn silu(x: f32) -> f32 { return x / (1.0 + exp(-x)); }
// Beyond 15 the hyperbolic tangent is 1 in float32, and some drivers overflow.
fn bounded_tanh(x: f32) -> f32 { return tanh(clamp(x, -15.0, 15.0)); }
fn gelu_tanh(x: f32) -> f32 { return 0.5 * x * (1.0 + bounded_tanh(0.7978845608028654 * (x + 0.044715 * x * x * x))); }
// log(1 + e) loses e where it is small: there the logarithm's series.
fn softplus(x: f32) -> f32 {
  let e = exp(-abs(x));
  return max(x, 0.0) + select(log(1.0 + e), e * (1.0 - e * (0.5 - e / 3.0)), e < 0.01);
}

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
