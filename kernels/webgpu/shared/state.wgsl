// Values of a state in float32 or, two in a word, in half precision.

override half_state: bool = false;

fn in_word(word: u32, at: u32) -> f32 {
  let both = unpack2x16float(word);
  return select(both.x, both.y, at % 2u == 1u);
}
fn state_word(at: u32) -> u32 { return select(at, at / 2u, half_state); }
fn state_value(word: u32, at: u32) -> f32 {
  if (half_state) { return in_word(word, at); }
  return bitcast<f32>(word);
}

/// The row of a paged state that holds a sequence's position: pages of `page` rows, `table` pages a sequence.
fn paged_row(tables: u32, sequence: u32, table: u32, position: u32, page: u32) -> u32 {
  return u32(integer(tables + sequence * table + position / page)) * page + position % page;
}
