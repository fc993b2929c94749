// y = expression of a = x Wgate^T + b and b = x Wup^T + b for few tokens: a workgroup gives four outputs of one token.
struct Params { x: u32, gate_bias: u32, up_bias: u32, y: u32, rows: u32, columns: u32 }

override has_gate_bias: bool = false;
override has_up_bias: bool = false;

@compute @workgroup_size(lanes)
fn main(@builtin(workgroup_id) group: vec3<u32>, at: Lane) {
  let first = unfolded(group) * 4u;
  if (first >= p.rows) { return; }
  let token = group.z;
  let x = p.x + token * p.columns;
  var gates = sum4_lanes(gate_dots(first, p.rows, x, p.columns, at.lane), at);
  var ups = sum4_lanes(up_dots(first, p.rows, x, p.columns, at.lane), at);
  if (at.lane > 0u) { return; }
  if (has_gate_bias) { gates += four_at(p.gate_bias, first, p.rows); }
  if (has_up_bias) { ups += four_at(p.up_bias, first, p.rows); }
  var values: vec4<f32>;
  for (var i = 0u; i < 4u; i++) {
    let a = gates[i];
    let b = ups[i];
    values[i] = f32(/*expression*/ a + b);
  }
  put_four(p.y + token * p.rows, first, p.rows, values);
}
