// Functions of element-wise expressions.

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
