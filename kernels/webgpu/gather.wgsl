// Chosen rows; an invocation copies a number.
struct Params { x: u32, rows: u32, y: u32, count: u32, width: u32 }

@compute @workgroup_size(lanes)
fn main(@builtin(workgroup_id) group: vec3<u32>, at: Lane) {
  let index = unfolded(group) * lanes + at.lane;
  if (index >= p.count) { return; }
  put(p.y + index, number(p.x + u32(integer(p.rows + index / p.width)) * p.width + index % p.width));
}
