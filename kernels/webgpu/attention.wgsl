// Attention of one token's head over its sequence's pages: a workgroup goes through the keys `lanes` at a time and keeps the running
// maximum, sum and weighted values (Milakov and Gimelshein 2018; Dao 2022). A lane scores a key, then gathers features of the values.
struct Params {
  q: u32, positions: u32, sequences: u32, tables: u32, o: u32, lse: u32,
  heads: u32, groups: u32, width: u32, value_width: u32, page: u32, table: u32, window: u32, scale: f32,
}

override has_lse: bool = false;

/// Features of the values that one lane can gather: widths up to 8 times the workgroup's size.
const most_features: u32 = 8u;
var<workgroup> weights: array<f32, lanes>;
var<workgroup> own_position: i32;
var<workgroup> value_rows: array<u32, lanes>;

@compute @workgroup_size(lanes)
fn main(@builtin(workgroup_id) group: vec3<u32>, at: Lane) {
  let token = group.y;
  let head = group.x;
  if (at.lane == 0u) { own_position = integer(p.positions + token); }
  let position = u32(workgroupUniformLoad(&own_position));
  let sequence = u32(integer(p.sequences + token));
  let shared_head = head * p.groups / p.heads;
  let q = p.q + (token * p.heads + head) * p.width;
  let begin = select(0u, position + 1u - min(p.window, position + 1u), p.window > 0u);

  var highest = -3.4e38;
  var total = 0.0;
  var gathered: array<f32, most_features>;
  for (var first = begin; first <= position; first += lanes) {
    let key = first + at.lane;
    var score = -3.4e38;
    var row = 0u;
    if (key <= position) {
      row = paged_row(p.tables, sequence, p.table, key, p.page) * p.groups + shared_head;
      var sum = 0.0;
      for (var i = 0u; i < p.width; i++) {
        let place = row * p.width + i;
        sum = fma(number(q + i), state_value(keys[state_word(place)], place), sum);
      }
      score = sum * p.scale;
    }
    let most = max(highest, maximum_lanes(score, at));
    let weight = select(0.0, exp(score - most), key <= position);
    weights[at.lane] = weight;
    value_rows[at.lane] = row;
    let shrink = exp(highest - most);
    total = total * shrink + sum_lanes(weight, at);  // its barriers publish weights and value_rows
    workgroupBarrier();
    highest = most;
    let count = min(lanes, position + 1u - first);
    for (var part = 0u; part < most_features; part++) {
      let feature = part * lanes + at.lane;
      if (feature >= p.value_width) { break; }
      var sum = gathered[part] * shrink;
      for (var i = 0u; i < count; i++) {
        let place = value_rows[i] * p.value_width + feature;
        sum = fma(weights[i], state_value(values[state_word(place)], place), sum);
      }
      gathered[part] = sum;
    }
    workgroupBarrier();
  }
  for (var part = 0u; part < most_features; part++) {
    let feature = part * lanes + at.lane;
    if (feature < p.value_width) { put(p.o + (token * p.heads + head) * p.value_width + feature, gathered[part] / total); }
  }
  if (has_lse && at.lane == 0u) { put(p.lse + token * p.heads + head, highest + log(total)); }
}
