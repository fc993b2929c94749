// Four numbers side by side in a row of the arena, of which the last may lie beyond the row's end.

fn four_at(row: u32, first: u32, length: u32) -> vec4<f32> {
  if (first + 4u <= length) { return number4(row + first); }
  var values = vec4<f32>();
  for (var i = 0u; first + i < length; i++) { values[i] = number(row + first + i); }
  return values;
}

fn put_four(row: u32, first: u32, length: u32, values: vec4<f32>) {
  if (first + 4u <= length) {
    put4(row + first, values);
    return;
  }
  for (var i = 0u; first + i < length; i++) { put(row + first + i, values[i]); }
}
