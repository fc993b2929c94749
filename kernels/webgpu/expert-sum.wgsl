// Weighted sum of the experts' answers; an invocation gives one number.
struct Params { x: u32, weights: u32, y: u32, count: u32, width: u32, choices: u32 }

@compute @workgroup_size(lanes)
fn main(@builtin(workgroup_id) group: vec3<u32>, at: Lane) {
  let index = unfolded(group) * lanes + at.lane;
  if (index >= p.count) { return; }
  let token = index / p.width;
  var sum = 0.0;
  for (var choice = token * p.choices; choice < (token + 1u) * p.choices; choice++) {
    sum = fma(number(p.weights + choice), number(p.x + choice * p.width + index % p.width), sum);
  }
  put(p.y + index, sum);
}
