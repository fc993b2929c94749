// y = (x - mean) / sqrt(variance + epsilon) * w + b: a workgroup normalises one row, the variance in a pass of its own.
struct Params { x: u32, weight: u32, bias: u32, y: u32, rows: u32, width: u32, epsilon: f32 }

@compute @workgroup_size(lanes)
fn main(@builtin(workgroup_id) group: vec3<u32>, at: Lane) {
  let row = unfolded(group);
  if (row >= p.rows) { return; }
  var sum = 0.0;
  for (var i = at.lane; i < p.width; i += lanes) { sum += number(p.x + row * p.width + i); }
  let mean = sum_lanes(sum, at) / f32(p.width);
  var square = 0.0;
  for (var i = at.lane; i < p.width; i += lanes) {
    let difference = number(p.x + row * p.width + i) - mean;
    square = fma(difference, difference, square);
  }
  let scale = 1.0 / sqrt(sum_lanes(square, at) / f32(p.width) + p.epsilon);
  for (var i = at.lane; i < p.width; i += lanes) {
    put(p.y + row * p.width + i, (number(p.x + row * p.width + i) - mean) * scale * number(p.weight + i) + number(p.bias + i));
  }
}
