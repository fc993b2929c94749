// softmax of each row: a workgroup takes one row.
struct Params { x: u32, y: u32, rows: u32, width: u32 }

@compute @workgroup_size(lanes)
fn main(@builtin(workgroup_id) group: vec3<u32>, at: Lane) {
  let row = unfolded(group);
  if (row >= p.rows) { return; }
  var most = number(p.x + row * p.width);
  for (var i = at.lane; i < p.width; i += lanes) { most = max(most, number(p.x + row * p.width + i)); }
  most = maximum_lanes(most, at);
  var sum = 0.0;
  for (var i = at.lane; i < p.width; i += lanes) { sum += exp(number(p.x + row * p.width + i) - most); }
  let total = sum_lanes(sum, at);
  for (var i = at.lane; i < p.width; i += lanes) { put(p.y + row * p.width + i, exp(number(p.x + row * p.width + i) - most) / total); }
}
