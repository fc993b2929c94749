// y = x W^T + b for many tokens: a workgroup of 64 gives 32 tokens by 32 outputs, an invocation four by four of them. Columns come in
// runs of 32 through workgroup memory, decoded once for all of the tile's tokens.
struct Params { x: u32, bias: u32, y: u32, tokens: u32, rows: u32, columns: u32 }

override has_bias: bool = false;

/// Column by column: 32 numbers of 32 tokens or rows, padded against bank conflicts.
var<workgroup> inputs: array<f32, 1056>;
var<workgroup> weights: array<f32, 1056>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, at: Lane) {
  let first_row = group.x * 32u;
  let first_token = group.y * 32u;
  let mine = vec2<u32>(at.lane % 8u * 4u, at.lane / 8u * 4u);  // rows and tokens of the invocation within the tile
  var sums: array<vec4<f32>, 4>;
  for (var column = 0u; column < p.columns; column += 32u) {
    let line = at.lane % 32u;
    if (at.lane < 32u) {
      let row = min(first_row + line, p.rows - 1u);
      let run = weight_run(row * p.columns + column);
      for (var i = 0u; i < 32u; i++) { weights[i * 33u + line] = run[i / 4u][i % 4u]; }
    } else {
      let begin = p.x + min(first_token + line, p.tokens - 1u) * p.columns + column;
      for (var i = 0u; i < 32u; i++) { inputs[i * 33u + line] = number(begin + i); }
    }
    workgroupBarrier();
    for (var i = 0u; i < 32u; i++) {
      let w = i * 33u + mine.x;
      let four = vec4<f32>(weights[w], weights[w + 1u], weights[w + 2u], weights[w + 3u]);
      for (var j = 0u; j < 4u; j++) { sums[j] = fma(vec4<f32>(inputs[i * 33u + mine.y + j]), four, sums[j]); }
    }
    workgroupBarrier();
  }
  for (var j = 0u; j < 4u; j++) {
    let token = first_token + mine.y + j;
    for (var i = 0u; i < 4u; i++) {
      let row = first_row + mine.x + i;
      if (token >= p.tokens || row >= p.rows) { continue; }
      var value = sums[j][i];
      if (has_bias) { value += number(p.bias + row); }
      put(p.y + token * p.rows + row, value);
    }
  }
}
