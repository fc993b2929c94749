// y = x W^T + b for shapes that the other kernels do not take: an invocation gives one output. Also reads W as (columns, rows).
struct Params { x: u32, bias: u32, y: u32, outputs: u32, rows: u32, columns: u32, width: u32, stride: u32 }

override has_bias: bool = false;
override transposed: bool = false;
/// Begins with the sums that are there: W holds further columns.
override goes_on: bool = false;

@compute @workgroup_size(lanes)
fn main(@builtin(workgroup_id) group: vec3<u32>, at: Lane) {
  let output = unfolded(group) * lanes + at.lane;
  if (output >= p.outputs) { return; }
  let row = output % p.rows;
  let begin = p.x + output / p.rows * p.width;
  let y = p.y + output / p.rows * p.stride + row;
  var sum = 0.0;
  if (goes_on) { sum = number(y); }
  for (var i = 0u; i < p.columns; i++) {
    sum = fma(number(begin + i), weight_at(select(row * p.columns + i, i * p.rows + row, transposed)), sum);
  }
  if (has_bias) { sum += number(p.bias + row); }
  put(y, sum);
}
