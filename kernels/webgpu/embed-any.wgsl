// Rows of a table by token ids, for rows of any width; an invocation copies a value.
struct Params { ids: u32, rows: u32, width: u32, values: u32, first: u32, held: u32 }

/// The table's rows are those from `first` on, `held` of them; other dispatches have the others.
override is_part: bool = false;

@compute @workgroup_size(lanes)
fn main(@builtin(workgroup_id) group: vec3<u32>, at: Lane) {
  let value = unfolded(group) * lanes + at.lane;
  if (value >= p.values) { return; }
  let own = u32(integer(p.ids + value / p.width)) - p.first;
  if (is_part && own >= p.held) { return; }
  put(p.rows + value, weight_at(own * p.width + value % p.width));
}
