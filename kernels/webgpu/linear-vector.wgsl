// y = x W^T + b + residual for few tokens: a workgroup gives four outputs of one token, its lanes share the columns.
struct Params { x: u32, bias: u32, residual: u32, y: u32, rows: u32, columns: u32, stride: u32 }

override has_bias: bool = false;
override has_residual: bool = false;

@compute @workgroup_size(lanes)
fn main(@builtin(workgroup_id) group: vec3<u32>, at: Lane) {
  let first = unfolded(group) * 4u;
  if (first >= p.rows) { return; }
  let token = group.z;
  var sums = sum4_lanes(weight_dots(first, p.rows, p.x + token * p.columns, p.columns, at.lane), at);
  if (at.lane > 0u) { return; }
  if (has_bias) { sums += four_at(p.bias, first, p.rows); }
  if (has_residual) { sums += four_at(p.residual + token * p.stride, first, p.rows); }
  put_four(p.y + token * p.stride, first, p.rows, sums);
}
