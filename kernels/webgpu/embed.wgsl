// Rows of a table by token ids; an invocation copies a run of 32 values.
struct Params { ids: u32, rows: u32, width: u32, runs: u32, first: u32, held: u32 }

/// The table's rows are those from `first` on, `held` of them; other dispatches have the others.
override is_part: bool = false;

@compute @workgroup_size(lanes)
fn main(@builtin(workgroup_id) group: vec3<u32>, at: Lane) {
  let run = unfolded(group) * lanes + at.lane;
  if (run >= p.runs) { return; }
  let row = run / (p.width / 32u);
  let column = run % (p.width / 32u) * 32u;
  let own = u32(integer(p.ids + row)) - p.first;
  if (is_part && own >= p.held) { return; }
  let values = weight_run(own * p.width + column);
  for (var i = 0u; i < 32u; i++) { put(p.rows + row * p.width + column + i, values[i / 4u][i % 4u]); }
}
