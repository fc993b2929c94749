// Three linear layers of one x for few tokens: a workgroup gives four outputs of one token and one of the layers, which follow one another.
struct Params {
  x: u32, query_bias: u32, key_bias: u32, value_bias: u32, q: u32, k: u32, v: u32,
  query_rows: u32, key_rows: u32, value_rows: u32, columns: u32,
}

override has_query_bias: bool = false;
override has_key_bias: bool = false;
override has_value_bias: bool = false;

@compute @workgroup_size(lanes)
fn main(@builtin(workgroup_id) group: vec3<u32>, at: Lane) {
  let four = unfolded(group);
  let token = group.z;
  let x = p.x + token * p.columns;
  let keys = (p.query_rows + 3u) / 4u;
  let values = keys + (p.key_rows + 3u) / 4u;
  if (four >= values + (p.value_rows + 3u) / 4u) { return; }
  var own: vec4<f32>;
  var first: u32;
  var rows: u32;
  var y: u32;
  var bias: u32;
  var has_bias: bool;
  if (four < keys) {
    first = four * 4u;
    rows = p.query_rows;
    y = p.q;
    bias = p.query_bias;
    has_bias = has_query_bias;
    own = query_dots(first, rows, x, p.columns, at.lane);
  } else if (four < values) {
    first = (four - keys) * 4u;
    rows = p.key_rows;
    y = p.k;
    bias = p.key_bias;
    has_bias = has_key_bias;
    own = key_dots(first, rows, x, p.columns, at.lane);
  } else {
    first = (four - values) * 4u;
    rows = p.value_rows;
    y = p.v;
    bias = p.value_bias;
    has_bias = has_value_bias;
    own = value_dots(first, rows, x, p.columns, at.lane);
  }
  var sums = sum4_lanes(own, at);
  if (at.lane > 0u) { return; }
  if (has_bias) { sums += four_at(bias, first, rows); }
  put_four(y + token * rows, first, rows, sums);
}
