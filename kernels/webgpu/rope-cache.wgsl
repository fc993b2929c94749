// Before attention: a workgroup takes one head of one token. Queries are normed, turned and put into the arena; keys are normed, turned and
// put into their cache, values into theirs. `table` holds the cosine and sine of each token's angles, made in float64.
struct Params {
  q: u32, k: u32, v: u32, positions: u32, sequences: u32, tables: u32, query_norm: u32, key_norm: u32, turned: u32, table: u32,
  heads: u32, width: u32, turns: u32, page: u32, pages: u32, epsilon: f32,
}

/// 1 where features k and k + turns are a pair, 2 where 2k and 2k + 1 are.
override pair_step: u32 = 1u;
override has_norm: bool = false;

/// A feature of a head's row after the norm: times its weight and the row's scale.
fn normed(row: u32, norm: u32, scale: f32, feature: u32) -> f32 {
  let value = number(row + feature);
  if (has_norm) { return value * scale * number(norm + feature); }
  return value;
}

/// The same, turned by the token's angle.
fn turned_feature(row: u32, norm: u32, scale: f32, token: u32, feature: u32) -> f32 {
  let own = normed(row, norm, scale, feature);
  if (feature >= 2u * p.turns) { return own; }
  let apart = pair_step == 1u;
  let k = select(feature / 2u, feature % p.turns, apart);
  let is_second = select(feature % 2u == 1u, feature >= p.turns, apart);
  let step = select(1u, p.turns, apart);
  let angle = p.table + 2u * (token * p.turns + k);
  if (is_second) { return own * number(angle) + normed(row, norm, scale, feature - step) * number(angle + 1u); }
  return own * number(angle) - normed(row, norm, scale, feature + step) * number(angle + 1u);
}

@compute @workgroup_size(lanes)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) all: vec3<u32>, at: Lane) {
  let token = group.y;
  let groups = (all.x - p.heads) / 2u;
  let is_query = group.x < p.heads;
  let is_value = group.x >= p.heads + groups;
  let norm = select(p.key_norm, p.query_norm, is_query);
  var row = p.q + (token * p.heads + group.x) * p.width;
  var head = group.x - p.heads;
  if (is_value) {
    head -= groups;
    row = p.v + (token * groups + head) * p.width;
  } else if (!is_query) {
    row = p.k + (token * groups + head) * p.width;
  }
  var scale = 1.0;
  if (has_norm && !is_value) {
    var square = 0.0;
    for (var i = at.lane; i < p.width; i += lanes) { square = fma(number(row + i), number(row + i), square); }
    scale = 1.0 / sqrt(sum_lanes(square, at) / f32(p.width) + p.epsilon);
  }
  if (is_query) {
    let target_row = p.turned + (token * p.heads + group.x) * p.width;
    for (var i = at.lane; i < p.width; i += lanes) { put(target_row + i, turned_feature(row, norm, scale, token, i)); }
    return;
  }
  let place = paged_row(p.tables, u32(integer(p.sequences + token)), p.pages, u32(integer(p.positions + token)), p.page) * groups + head;
  // Two features at a time: of half precision they are one word.
  for (var i = 2u * at.lane; i < p.width; i += 2u * lanes) {
    var both = vec2<f32>();
    if (is_value) {
      both = vec2<f32>(number(row + i), number(row + i + 1u));
    } else {
      both = vec2<f32>(turned_feature(row, norm, scale, token, i), turned_feature(row, norm, scale, token, i + 1u));
    }
    let word = state_word(place * p.width + i);
    if (is_value) {
      if (half_state) { values[word] = pack2x16float(both); }
      else { values[word] = bitcast<u32>(both.x); values[word + 1u] = bitcast<u32>(both.y); }
    } else {
      if (half_state) { keys[word] = pack2x16float(both); }
      else { keys[word] = bitcast<u32>(both.x); keys[word + 1u] = bitcast<u32>(both.y); }
    }
  }
}
