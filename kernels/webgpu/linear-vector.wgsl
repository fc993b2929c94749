// y = x W^T + b for few tokens: a workgroup gives `rows_each` outputs of one token, its lanes share the columns in runs of 32.
struct Params { x: u32, bias: u32, y: u32, rows: u32, columns: u32 }

override has_bias: bool = false;
override rows_each: u32 = 2u;

@compute @workgroup_size(lanes)
fn main(@builtin(workgroup_id) group: vec3<u32>, at: Lane) {
  let first = unfolded(group) * rows_each;
  let token = group.z;
  for (var row = first; row < min(first + rows_each, p.rows); row++) {
    var sum = vec4<f32>();
    for (var column = at.lane * 32u; column < p.columns; column += lanes * 32u) {
      let values = weight_run(row * p.columns + column);
      for (var i = 0u; i < 8u; i++) { sum = fma(values[i], number4(p.x + token * p.columns + column + 4u * i), sum); }
    }
    let total = sum_lanes(dot(sum, vec4<f32>(1.0)), at);
    if (at.lane == 0u) {
      var value = total;
      if (has_bias) { value += number(p.bias + row); }
      put(p.y + token * p.rows + row, value);
    }
  }
}
