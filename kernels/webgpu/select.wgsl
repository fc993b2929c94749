// The k largest of a slice of numbers with their indices, in falling order, ties to the lowest index: a workgroup takes one slice and
// looks for the next one k times. Run once over slices of a row, then once over what they gave. A number that is not below infinity
// counts as the largest, so that whoever reads it sees what went wrong.
struct Params { x: u32, y: u32, width: u32, slice: u32, k: u32 }

/// Reads what slices gave: pairs of words, a number and its index.
override of_slices: bool = false;

var<workgroup> keys: array<f32, lanes>;
var<workgroup> places: array<u32, lanes>;

const none: u32 = 0xffffffffu;

fn bits_at(i: u32) -> u32 {
  if (of_slices) { return scratch[p.x + 2u * i]; }
  return arena[p.x + i];
}
fn index_at(i: u32) -> u32 {
  if (of_slices) { return scratch[p.x + 2u * i + 1u]; }
  return i;
}
fn key_of(bits: u32) -> f32 {
  return select(bitcast<f32>(bits), 3.4e38, bits != 0xff800000u && (bits & 0x7fffffffu) >= 0x7f800000u);
}

@compute @workgroup_size(lanes)
fn main(@builtin(workgroup_id) group: vec3<u32>, at: Lane) {
  let begin = group.x * p.slice;
  let end = min(begin + p.slice, p.width);
  var last_key = 3.4e38;
  var last_index = none;  // the first round takes any
  for (var rank = 0u; rank < p.k; rank++) {
    var best_key = -3.4e38;
    var best = none;
    var best_index = none;
    for (var i = begin + at.lane; i < end; i += lanes) {
      let index = index_at(i);
      if (index == none) { continue; }
      let key = max(key_of(bits_at(i)), -3.4e38);
      let remains = last_index == none || key < last_key || (key == last_key && index > last_index);
      if (remains && (best == none || key > best_key || (key == best_key && index < best_index))) {
        best_key = key;
        best = i;
        best_index = index;
      }
    }
    keys[at.lane] = best_key;
    places[at.lane] = best;
    for (var half = lanes / 2u; half > 0u; half /= 2u) {
      workgroupBarrier();
      if (at.lane < half) {
        let other = places[at.lane + half];
        if (other != none) {
          let mine = places[at.lane];
          let wins = mine == none || keys[at.lane + half] > keys[at.lane] ||
            (keys[at.lane + half] == keys[at.lane] && index_at(other) < index_at(mine));
          if (wins) {
            keys[at.lane] = keys[at.lane + half];
            places[at.lane] = other;
          }
        }
      }
    }
    let found = workgroupUniformLoad(&places[0]);
    let found_key = workgroupUniformLoad(&keys[0]);
    let to = p.y + 2u * (group.x * p.k + rank);
    if (found == none) {
      if (at.lane == 0u) {
        scratch[to] = 0xff800000u;
        scratch[to + 1u] = none;
      }
      continue;
    }
    last_key = found_key;
    last_index = index_at(found);
    if (at.lane == 0u) {
      scratch[to] = bits_at(found);
      scratch[to + 1u] = last_index;
    }
  }
}
