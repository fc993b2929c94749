// y = x / sqrt(mean(x^2) + epsilon) * w: a workgroup normalises one row.
struct Params { x: u32, weight: u32, y: u32, rows: u32, width: u32, epsilon: f32 }

@compute @workgroup_size(lanes)
fn main(@builtin(workgroup_id) group: vec3<u32>, at: Lane) {
  let row = unfolded(group);
  if (row >= p.rows) { return; }
  var square = 0.0;
  for (var i = at.lane; i < p.width; i += lanes) {
    let x = number(p.x + row * p.width + i);
    square = fma(x, x, square);
  }
  let scale = 1.0 / sqrt(sum_lanes(square, at) / f32(p.width) + p.epsilon);
  for (var i = at.lane; i < p.width; i += lanes) {
    put(p.y + row * p.width + i, number(p.x + row * p.width + i) * scale * number(p.weight + i));
  }
}
