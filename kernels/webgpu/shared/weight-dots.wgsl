// Products of rows of `weight` with a row of x. Lanes that stand side by side read words that lie side by side.

/// This lane's share of the products of four rows from row `first` on; rows beyond the last of `rows` repeat it. `x` is a word of the arena.
fn weight_dots(first: u32, rows: u32, x: u32, columns: u32, lane: u32) -> vec4<f32> {
  let begins = min(vec4<u32>(first, first + 1u, first + 2u, first + 3u), vec4<u32>(rows - 1u)) * columns;
  var sums = vec4<f32>();
  for (var piece = lane; piece < columns / 8u; piece += lanes) {
    let run = piece / 4u * 32u;
    let part = piece % 4u;
    let low = number4(x + run + 4u * part);
    let high = number4(x + run + 4u * part + 16u);
    let a = weight_part(begins.x + run, part);
    let b = weight_part(begins.y + run, part);
    let c = weight_part(begins.z + run, part);
    let d = weight_part(begins.w + run, part);
    sums += vec4<f32>(dot(a[0], low), dot(b[0], low), dot(c[0], low), dot(d[0], low));
    sums += vec4<f32>(dot(a[1], high), dot(b[1], high), dot(c[1], high), dot(d[1], high));
  }
  return sums;
}
