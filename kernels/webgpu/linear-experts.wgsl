// Each choice of a token through its expert: a workgroup gives four outputs, its lanes share the columns.
struct Params { x: u32, chosen: u32, y: u32, rows: u32, columns: u32, each: u32 }

/// Choices of a token that share its row of x are `each`; 1 where every choice has its own.
@compute @workgroup_size(lanes)
fn main(@builtin(workgroup_id) group: vec3<u32>, at: Lane) {
  let first = unfolded(group) * 4u;
  if (first >= p.rows) { return; }
  let choice = group.z;
  let begin = u32(integer(p.chosen + choice)) * p.rows;
  let sums = sum4_lanes(weight_dots(begin + first, begin + p.rows, p.x + choice / p.each * p.columns, p.columns, at.lane), at);
  if (at.lane == 0u) { put_four(p.y + choice * p.rows, first, p.rows, sums); }
}
