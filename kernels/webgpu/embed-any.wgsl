// Rows of a table by token ids, for rows of any width; an invocation copies a value.
struct Params { ids: u32, rows: u32, width: u32, values: u32 }

@compute @workgroup_size(lanes)
fn main(@builtin(workgroup_id) group: vec3<u32>, at: Lane) {
  let value = unfolded(group) * lanes + at.lane;
  if (value >= p.values) { return; }
  put(p.rows + value, weight_at(u32(integer(p.ids + value / p.width)) * p.width + value % p.width));
}
