// Puts each token's row at its place in a paged state; an invocation writes one word: a number, or two in half precision.
struct Params { x: u32, positions: u32, sequences: u32, tables: u32, words: u32, row: u32, page: u32, table: u32 }

@compute @workgroup_size(lanes)
fn main(@builtin(workgroup_id) group: vec3<u32>, at: Lane) {
  let index = unfolded(group) * lanes + at.lane;
  if (index >= p.words) { return; }
  let each = state_word(p.row);
  let token = index / each;
  let word = index % each;
  let row = paged_row(p.tables, u32(integer(p.sequences + token)), p.table, u32(integer(p.positions + token)), p.page);
  if (half_state) {
    let begin = p.x + token * p.row + 2u * word;
    state[row * each + word] = pack2x16float(vec2<f32>(number(begin), number(begin + 1u)));
  } else {
    state[row * each + word] = arena[p.x + token * p.row + word];
  }
}
