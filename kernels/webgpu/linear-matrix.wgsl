// y = x W^T + b for many tokens: a workgroup gives a tile of tokens by rows, an invocation four tokens by fours of rows of it. Columns come
// in runs of 32 through workgroup memory, where a weight is decoded once for all of the tile's tokens.
struct Params { x: u32, bias: u32, y: u32, tokens: u32, rows: u32, columns: u32, stride: u32 }

override has_bias: bool = false;
override tile_rows: u32 = 64u;
override tile_tokens: u32 = 32u;

/// The lanes stand as 8 along the rows by `token_lanes` along the tokens.
override token_lanes: u32 = lanes / 8u;
/// Fours of rows of an invocation.
override fours: u32 = tile_rows / 32u;
const most_fours: u32 = 2u;

/// Each row's or token's 32 numbers as eight fours.
var<workgroup> weights: array<vec4<f32>, tile_rows * 8u>;
var<workgroup> inputs: array<vec4<f32>, tile_tokens * 8u>;

/// Turned by the row, so that the lanes, which are four rows apart, read the same columns from different banks.
fn place(line: u32, four: u32) -> u32 { return line * 8u + (four ^ (line / 4u % 8u)); }

/// Numbers of four columns by four lines, a column a vector.
fn weight_columns(line: u32, four: u32) -> mat4x4<f32> {
  return transpose(mat4x4<f32>(
    weights[place(line, four)], weights[place(line + 1u, four)], weights[place(line + 2u, four)], weights[place(line + 3u, four)]));
}

@compute @workgroup_size(lanes)
fn main(@builtin(workgroup_id) group: vec3<u32>, at: Lane) {
  let first_row = group.x * tile_rows;
  let first_token = group.y * tile_tokens;
  let own_row = at.lane % 8u * 4u;  // of the first 32 rows of the tile, and so on in each 32
  let own_token = at.lane / 8u;  // and each `token_lanes` further
  // Of a token and four rows each.
  var sums: array<vec4<f32>, 4u * most_fours>;
  for (var column = 0u; column < p.columns; column += 32u) {
    for (var item = at.lane; item < tile_rows * 4u; item += lanes) {
      let line = item / 4u;
      let part = item % 4u;
      let eight = weight_part(min(first_row + line, p.rows - 1u) * p.columns + column, part);
      weights[place(line, part)] = eight[0];
      weights[place(line, part + 4u)] = eight[1];
    }
    for (var item = at.lane; item < tile_tokens * 8u; item += lanes) {
      let line = item / 8u;
      let four = item % 8u;
      inputs[place(line, four)] = number4(p.x + min(first_token + line, p.tokens - 1u) * p.columns + column + 4u * four);
    }
    workgroupBarrier();
    for (var four = 0u; four < 8u; four++) {
      for (var i = 0u; i < fours; i++) {
        let w = weight_columns(own_row + 32u * i, four);
        for (var j = 0u; j < 4u; j++) {
          let x = inputs[place(own_token + token_lanes * j, four)];
          let sum = fma(vec4<f32>(x.y), w[1], fma(vec4<f32>(x.x), w[0], sums[4u * i + j]));
          sums[4u * i + j] = fma(vec4<f32>(x.w), w[3], fma(vec4<f32>(x.z), w[2], sum));
        }
      }
    }
    workgroupBarrier();
  }
  for (var i = 0u; i < fours; i++) {
    let row = first_row + own_row + 32u * i;
    if (row >= p.rows) { break; }
    var bias = vec4<f32>();
    if (has_bias) { bias = four_at(p.bias, row, p.rows); }
    for (var j = 0u; j < 4u; j++) {
      let token = first_token + own_token + token_lanes * j;
      if (token < p.tokens) { put_four(p.y + token * p.stride, row, p.rows, sums[4u * i + j] + bias); }
    }
  }
}
