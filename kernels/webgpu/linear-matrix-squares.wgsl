// y = x W^T + b for many tokens where subgroups multiply matrices: a workgroup gives a tile of tokens by rows, a subgroup stripes of it,
// `side` rows wide. Columns come in runs of 32 through workgroup memory in half precision; sums are float32.
enable f16;
enable chromium_experimental_subgroup_matrix;
diagnostic(off, chromium.subgroup_matrix_uniformity);
struct Params { x: u32, bias: u32, y: u32, tokens: u32, rows: u32, columns: u32, stride: u32 }

override has_bias: bool = false;
override tile_rows: u32 = 64u;
override tile_tokens: u32 = 64u;
/// Subgroups of the workgroup, of which all but these are idle where the device makes them smaller than its largest.
override working: u32 = 4u;

alias Left = subgroup_matrix_left<f16, side, side>;
alias Right = subgroup_matrix_right<f16, side, side>;
alias Result = subgroup_matrix_result<f32, side, side>;

override row_squares: u32 = tile_rows / side;
override token_squares: u32 = tile_tokens / side;
/// Of a subgroup.
override stripes: u32 = (row_squares + working - 1u) / working;
/// Sums that a subgroup holds: `stripes` times `token_squares` of them are used.
const most_sums: u32 = 16u;
const square_fours: u32 = side * side / 4u;

/// Fours of a line of 32 numbers, padded against bank conflicts.
const stride: u32 = 10u;
var<workgroup> weights: array<vec4<f16>, tile_rows * stride>;
var<workgroup> inputs: array<vec4<f16>, tile_tokens * stride>;
/// A square of each subgroup.
var<workgroup> results: array<f32, working * side * side>;

/// Half precision ends at 65504; what lies beyond would be infinite.
fn halves(values: vec4<f32>) -> vec4<f16> { return vec4<f16>(clamp(values, vec4<f32>(-65504.0), vec4<f32>(65504.0))); }

@compute @workgroup_size(lanes)
fn main(@builtin(workgroup_id) group: vec3<u32>, at: Lane) {
  let first_row = group.x * tile_rows;
  let first_token = group.y * tile_tokens;
  let first_stripe = at.subgroup * stripes;
  var sums: array<Result, most_sums>;
  for (var column = 0u; column < p.columns; column += 32u) {
    for (var item = at.lane; item < tile_rows * 4u; item += lanes) {
      let line = item / 4u;
      let part = item % 4u;
      let eight = weight_part(min(first_row + line, p.rows - 1u) * p.columns + column, part);
      weights[line * stride + part] = halves(eight[0]);
      weights[line * stride + part + 4u] = halves(eight[1]);
    }
    for (var item = at.lane; item < tile_tokens * 8u; item += lanes) {
      let line = item / 8u;
      let four = item % 8u;
      inputs[line * stride + four] = halves(number4(p.x + min(first_token + line, p.tokens - 1u) * p.columns + column + 4u * four));
    }
    workgroupBarrier();
    for (var k = 0u; k < 32u; k += side) {
      for (var stripe = 0u; stripe < stripes; stripe++) {
        if (first_stripe + stripe < row_squares) {
          let w = subgroupMatrixLoad<Right, col_major>(&weights, (first_stripe + stripe) * side * stride + k / 4u, stride);
          for (var i = 0u; i < token_squares; i++) {
            let x = subgroupMatrixLoad<Left, row_major>(&inputs, i * side * stride + k / 4u, stride);
            sums[stripe * token_squares + i] = subgroupMatrixMultiplyAccumulate(x, w, sums[stripe * token_squares + i]);
          }
        }
      }
    }
    workgroupBarrier();
  }
  for (var stripe = 0u; stripe < stripes; stripe++) {
    for (var i = 0u; i < token_squares; i++) {
      if (at.subgroup < working) { subgroupMatrixStore<row_major>(&results, at.subgroup * side * side, sums[stripe * token_squares + i], side); }
      workgroupBarrier();
      for (var item = at.lane; item < working * square_fours; item += lanes) {
        let owner = item / square_fours;
        let within = item % square_fours * 4u;
        let token = first_token + i * side + within / side;
        let line = (owner * stripes + stripe) * side + within % side;
        let row = first_row + line;
        if (token >= p.tokens || line >= tile_rows || row >= p.rows) { continue; }
        let result = owner * side * side + within;
        var values = vec4<f32>(results[result], results[result + 1u], results[result + 2u], results[result + 3u]);
        if (has_bias) { values += four_at(p.bias, row, p.rows); }
        put_four(p.y + token * p.stride, row, p.rows, values);
      }
      workgroupBarrier();
    }
  }
}
