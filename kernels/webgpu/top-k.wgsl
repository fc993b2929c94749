// The k largest of each row, ties to the lowest index: an invocation takes a row and passes over it k times. Meant for routers' short rows.
struct Params { x: u32, values: u32, indices: u32, rows: u32, width: u32, k: u32 }

@compute @workgroup_size(lanes)
fn main(@builtin(workgroup_id) group: vec3<u32>, at: Lane) {
  let row = unfolded(group) * lanes + at.lane;
  if (row >= p.rows) { return; }
  var last = 0.0;
  var last_index = -1i;
  for (var rank = 0u; rank < p.k; rank++) {
    var best = 0.0;
    var best_index = -1i;
    for (var i = 0i; i < i32(p.width); i++) {
      let x = number(p.x + row * p.width + u32(i));
      // Comes after what was taken last, in falling order and then by index.
      let remains = rank == 0u || x < last || (x == last && i > last_index);
      if (remains && (best_index < 0i || x > best)) {
        best = x;
        best_index = i;
      }
    }
    put(p.values + row * p.k + rank, best);
    put_integer(p.indices + row * p.k + rank, max(best_index, 0i));
    last = best;
    last_index = best_index;
  }
}
