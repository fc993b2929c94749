// Each choice of a token through its expert: a workgroup gives one output, its lanes share the columns in runs of 32.
struct Params { x: u32, chosen: u32, y: u32, rows: u32, columns: u32, each: u32 }

/// Choices of a token that share its row of x; 1 where every choice has its own.
@compute @workgroup_size(lanes)
fn main(@builtin(workgroup_id) group: vec3<u32>, at: Lane) {
  let row = unfolded(group);
  let choice = group.z;
  if (row >= p.rows) { return; }
  let expert = u32(integer(p.chosen + choice));
  let begin = p.x + choice / p.each * p.columns;
  var sum = vec4<f32>();
  for (var column = at.lane * 32u; column < p.columns; column += lanes * 32u) {
    let values = weight_run((expert * p.rows + row) * p.columns + column);
    for (var i = 0u; i < 8u; i++) { sum = fma(values[i], number4(begin + column + 4u * i), sum); }
  }
  let total = sum_lanes(dot(sum, vec4<f32>(1.0)), at);
  if (at.lane == 0u) { put(p.y + choice * p.rows + row, total); }
}
