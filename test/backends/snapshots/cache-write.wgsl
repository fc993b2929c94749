// uses ["shared/arena","shared/lanes","shared/grid","shared/state"]
requires immediate_address_space;
@group(0) @binding(0) var<storage, read_write> arena: array<u32>;
@group(0) @binding(1) var<storage, read_write> state: array<u32>;
var<immediate> p: Params;
// The arena: step inputs, constants and activations, in words of 32 bits. Kernels get each operand's first word with their parameters.

fn number(at: u32) -> f32 { return bitcast<f32>(arena[at]); }
fn integer(at: u32) -> i32 { return bitcast<i32>(arena[at]); }
fn put(at: u32, value: f32) { arena[at] = bitcast<u32>(value); }
fn put_integer(at: u32, value: i32) { arena[at] = bitcast<u32>(value); }

/// Four numbers from any word on.
fn number4(at: u32) -> vec4<f32> { return vec4<f32>(number(at), number(at + 1u), number(at + 2u), number(at + 3u)); }
fn put4(at: u32, value: vec4<f32>) {
  for (var i = 0u; i < 4u; i++) { put(at + i, value[i]); }
}

// An invocation within its workgroup, and sums over its workgroup through workgroup memory.

struct Lane {
  @builtin(local_invocation_index) lane: u32,
}

override lanes: u32 = 64u;
var<workgroup> partial: array<f32, lanes>;

/// The sum over the workgroup, for all of its lanes. Every lane must come here.
fn sum_lanes(value: f32, at: Lane) -> f32 {
  partial[at.lane] = value;
  for (var half = lanes / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (at.lane < half) { partial[at.lane] += partial[at.lane + half]; }
  }
  workgroupBarrier();
  let total = partial[0];
  workgroupBarrier();
  return total;
}

var<workgroup> partial4: array<vec4<f32>, lanes>;

/// Four sums at once.
fn sum4_lanes(value: vec4<f32>, at: Lane) -> vec4<f32> {
  partial4[at.lane] = value;
  for (var half = lanes / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (at.lane < half) { partial4[at.lane] += partial4[at.lane + half]; }
  }
  workgroupBarrier();
  let total = partial4[0];
  workgroupBarrier();
  return total;
}

/// The largest value of the workgroup.
fn maximum_lanes(value: f32, at: Lane) -> f32 {
  partial[at.lane] = value;
  for (var half = lanes / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (at.lane < half) { partial[at.lane] = max(partial[at.lane], partial[at.lane + half]); }
  }
  workgroupBarrier();
  let most = partial[0];
  workgroupBarrier();
  return most;
}

// Long grids are folded into two dimensions: a grid has at most 65535 workgroups along each.

const fold: u32 = 32768u;

/// The workgroup's number in the unfolded grid. The last fold may reach beyond the end.
fn unfolded(group: vec3<u32>) -> u32 { return group.y * fold + group.x; }

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
