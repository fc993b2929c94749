// Each choice of a token through its expert: a workgroup gives four outputs, its lanes share the columns.
struct Params { x: u32, chosen: u32, y: u32, rows: u32, columns: u32, each: u32, first: u32, held: u32 }

/// The weight's rows are those from `first` on, `held` of them; other dispatches have the others.
override is_part: bool = false;

/// Choices of a token that share its row of x are `each`; 1 where every choice has its own.
@compute @workgroup_size(lanes)
fn main(@builtin(workgroup_id) group: vec3<u32>, at: Lane) {
  let first = unfolded(group) * 4u;
  if (first >= p.rows) { return; }
  let choice = group.z;
  let begin = u32(integer(p.chosen + choice)) * p.rows - p.first;
  let is_elsewhere = is_part && begin + first >= p.held;
  // Sums over the workgroup want all of its lanes, also where there is nothing to add.
  let columns = select(p.columns, 0u, is_elsewhere);
  let end = select(begin + p.rows, min(begin + p.rows, p.held), is_part);
  let sums = sum4_lanes(weight_dots(begin + first, end, p.x + choice / p.each * p.columns, columns, at.lane), at);
  if (at.lane == 0u && !is_elsewhere) { put_four(p.y + choice * p.rows, first, p.rows, sums); }
}
