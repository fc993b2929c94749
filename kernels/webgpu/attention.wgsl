// Attention of tokens' heads over their sequences' pages. A workgroup takes `tokens_each` tokens by `heads_each` heads that share keys and
// goes through the keys `lanes` at a time, with running maxima, sums and weighted values (Milakov and Gimelshein 2018; Dao 2022): a lane
// scores one key against all of the workgroup's queries, then gathers features of the values for all of them, so that a workgroup reads each
// word once. With `splits` > 1 it goes through a part of the keys, and attention-merge.wgsl puts the parts together.
struct Params {
  q: u32, positions: u32, sequences: u32, tables: u32, o: u32, lse: u32, scratch: u32,
  tokens: u32, heads: u32, groups: u32, value_width: u32, page: u32, table: u32, window: u32, scale: f32,
}

override has_lse: bool = false;
override tokens_each: u32 = 1u;
override heads_each: u32 = 1u;
/// Workgroups for the heads that share keys.
override chunks: u32 = 1u;
override splits: u32 = 1u;
/// Of queries and keys; `whole` where rows of keys consist of fours of words.
override width: u32 = 64u;
override whole: bool = false;
/// Neighbouring features that a lane gathers: 2 where values come in pairs. It gathers those of `parts` places, `lanes` apart.
override pair: u32 = 1u;
override parts: u32 = 1u;

override queries: u32 = tokens_each * heads_each;
/// Queries are computed in fours: number `4 v + c` is component c of vector v.
override vectors: u32 = (queries + 3u) / 4u;
const most_vectors: u32 = 4u;
/// Limit of parts times vectors.
const most_gathered: u32 = 4u;
const lowest: f32 = -3.4e38;

/// Scaled queries by feature.
var<workgroup> asked: array<vec4<f32>, vectors * width>;
/// Of each query, the keys that it sees: from one, up to another.
var<workgroup> begins: array<vec4<u32>, vectors>;
var<workgroup> ends: array<vec4<u32>, vectors>;
/// Scores, then weights, of the keys at hand.
var<workgroup> weights: array<vec4<f32>, vectors * lanes>;
var<workgroup> rows: array<u32, lanes>;

/// Tokens from one on that are of one sequence, and the keys that any of them sees.
struct Run { tokens_end: u32, sequence: u32, begin: u32, end: u32 }
var<workgroup> shared_run: Run;

fn end_key(token: u32) -> u32 { return u32(integer(p.positions + token)) + 1u; }
fn begin_key(end: u32) -> u32 { return select(0u, end - min(p.window, end), p.window > 0u); }

fn run_from(first: u32, tokens_end: u32) -> Run {
  let sequence = integer(p.sequences + first);
  var run = Run(first, u32(sequence), 0xffffffffu, 0u);
  for (var token = first; token < tokens_end; token++) {
    if (integer(p.sequences + token) != sequence) { break; }
    let end = end_key(token);
    run = Run(token + 1u, run.sequence, min(run.begin, begin_key(end)), max(run.end, end));
  }
  return run;
}

/// The first head whose keys are those of `shared_head`.
fn first_head_of(shared_head: u32) -> u32 { return (shared_head * p.heads + p.groups - 1u) / p.groups; }

fn value_pair(at: u32) -> vec2<f32> {
  if (pair == 1u) { return vec2<f32>(state_value(value_word(state_word(at)), at), 0.0); }
  if (half_state) { return unpack2x16float(value_word(at / 2u)); }
  return bitcast<vec2<f32>>(vec2<u32>(value_word(at), value_word(at + 1u)));
}

/// The sums with four features of a key, whose queries begin at `q`.
fn with_four(sums: vec4<f32>, key: vec4<f32>, q: u32) -> vec4<f32> {
  let half = fma(vec4<f32>(key.y), asked[q + 1u], fma(vec4<f32>(key.x), asked[q], sums));
  return fma(vec4<f32>(key.w), asked[q + 3u], fma(vec4<f32>(key.z), asked[q + 2u], half));
}

/// A key's row against all queries. A word of half precision holds two features: none is read twice.
fn scores_of(row: u32) -> array<vec4<f32>, most_vectors> {
  var scores: array<vec4<f32>, most_vectors>;
  if (whole && half_state) {
    for (var i = 0u; i < width; i += 8u) {
      let words = key_words((row * width + i) / 8u);
      let low = vec4<f32>(unpack2x16float(words.x), unpack2x16float(words.y));
      let high = vec4<f32>(unpack2x16float(words.z), unpack2x16float(words.w));
      for (var v = 0u; v < vectors; v++) { scores[v] = with_four(with_four(scores[v], low, v * width + i), high, v * width + i + 4u); }
    }
  } else if (whole) {
    for (var i = 0u; i < width; i += 4u) {
      let key = bitcast<vec4<f32>>(key_words((row * width + i) / 4u));
      for (var v = 0u; v < vectors; v++) { scores[v] = with_four(scores[v], key, v * width + i); }
    }
  } else {
    for (var i = 0u; i < width; i++) {
      let place = row * width + i;
      let key = state_value(key_word(state_word(place)), place);
      for (var v = 0u; v < vectors; v++) { scores[v] = fma(vec4<f32>(key), asked[v * width + i], scores[v]); }
    }
  }
  return scores;
}

@compute @workgroup_size(lanes)
fn main(@builtin(workgroup_id) group: vec3<u32>, at: Lane) {
  let first_token = group.y * tokens_each;
  let tokens_end = min(first_token + tokens_each, p.tokens);
  let shared_head = group.x / chunks;
  let first_head = first_head_of(shared_head) + group.x % chunks * heads_each;
  let heads_end = min(first_head + heads_each, first_head_of(shared_head + 1u));

  for (var item = at.lane; item < vectors * width; item += lanes) {
    var four = vec4<f32>();
    for (var c = 0u; c < 4u; c++) {
      let query = item / width * 4u + c;
      let token = first_token + query / heads_each;
      let head = first_head + query % heads_each;
      if (token < tokens_end && head < heads_end) { four[c] = p.scale * number(p.q + (token * p.heads + head) * width + item % width); }
    }
    asked[item] = four;
  }

  var highest: array<vec4<f32>, most_vectors>;
  var totals: array<vec4<f32>, most_vectors>;  // of the lane's own keys
  var shrinks: array<vec4<f32>, most_vectors>;
  var gathered: array<vec4<f32>, 2u * most_gathered>;
  for (var v = 0u; v < vectors; v++) { highest[v] = vec4<f32>(lowest); }

  for (var token = first_token; token < tokens_end;) {
    if (at.lane == 0u) { shared_run = run_from(token, tokens_end); }
    let run = workgroupUniformLoad(&shared_run);
    if (at.lane < vectors) {
      var from_keys = vec4<u32>();
      var to_keys = vec4<u32>();
      for (var c = 0u; c < 4u; c++) {
        let own = first_token + (at.lane * 4u + c) / heads_each;
        if (own < token || own >= run.tokens_end) { continue; }
        to_keys[c] = end_key(own);
        from_keys[c] = begin_key(to_keys[c]);
      }
      begins[at.lane] = from_keys;
      ends[at.lane] = to_keys;
    }
    // Parts of whole tiles; the last ones of a short sequence are empty.
    let part_length = ((run.end - run.begin + splits - 1u) / splits + lanes - 1u) / lanes * lanes;
    let begin = run.begin + group.z * part_length;
    let end = min(run.end, begin + part_length);
    workgroupBarrier();

    for (var first = begin; first < end; first += lanes) {
      let count = min(lanes, end - first);
      let key = first + at.lane;
      var own = array<vec4<f32>, most_vectors>();
      if (at.lane < count) {
        let row = paged_row(p.tables, run.sequence, p.table, key, p.page) * p.groups + shared_head;
        rows[at.lane] = row;
        own = scores_of(row);
        for (var v = 0u; v < vectors; v++) {
          own[v] = select(vec4<f32>(lowest), own[v], (vec4<u32>(key) >= begins[v]) & (vec4<u32>(key) < ends[v]));
          weights[v * lanes + at.lane] = own[v];
        }
      }
      workgroupBarrier();
      for (var v = 0u; v < vectors; v++) {
        var most = highest[v];
        for (var i = 0u; i < count; i++) { most = max(most, weights[v * lanes + i]); }
        shrinks[v] = exp(highest[v] - most);
        highest[v] = most;
      }
      workgroupBarrier();
      if (at.lane < count) {
        for (var v = 0u; v < vectors; v++) { own[v] = select(vec4<f32>(), exp(own[v] - highest[v]), own[v] > vec4<f32>(lowest)); }
      }
      for (var v = 0u; v < vectors; v++) {
        weights[v * lanes + at.lane] = own[v];
        totals[v] = fma(totals[v], shrinks[v], own[v]);
      }
      workgroupBarrier();
      for (var part = 0u; part < parts; part++) {
        let feature = (part * lanes + at.lane) * pair;
        if (feature >= p.value_width) { break; }
        let g = part * vectors * 2u;
        for (var v = 0u; v < vectors; v++) {
          gathered[g + 2u * v] *= shrinks[v];
          gathered[g + 2u * v + 1u] *= shrinks[v];
        }
        for (var i = 0u; i < count; i++) {
          let value = value_pair(rows[i] * p.value_width + feature);
          for (var v = 0u; v < vectors; v++) {
            let weight = weights[v * lanes + i];
            gathered[g + 2u * v] = fma(weight, vec4<f32>(value.x), gathered[g + 2u * v]);
            if (pair == 2u) { gathered[g + 2u * v + 1u] = fma(weight, vec4<f32>(value.y), gathered[g + 2u * v + 1u]); }
          }
        }
      }
      workgroupBarrier();
    }
    token = run.tokens_end;
    workgroupBarrier();
  }

  for (var v = 0u; v < vectors; v++) { weights[v * lanes + at.lane] = totals[v]; }
  workgroupBarrier();
  for (var v = 0u; v < vectors; v++) {
    var total = vec4<f32>();
    for (var i = 0u; i < lanes; i++) { total += weights[v * lanes + i]; }
    for (var c = 0u; c < 4u; c++) {
      let query = 4u * v + c;
      let token = first_token + query / heads_each;
      let head = first_head + query % heads_each;
      if (query >= queries || token >= tokens_end || head >= heads_end) { continue; }
      let row = token * p.heads + head;
      var to = p.o + row * p.value_width;
      if (splits > 1u) {
        // A part's maximum and sum, then, after those of all, its features.
        let piece = row * splits + group.z;
        to = p.scratch + 2u * p.tokens * p.heads * splits + piece * p.value_width;
        if (at.lane == 0u) {
          put(p.scratch + 2u * piece, highest[v][c]);
          put(p.scratch + 2u * piece + 1u, total[c]);
        }
      } else if (has_lse && at.lane == 0u) {
        put(p.lse + row, highest[v][c] + log(total[c]));
      }
      if (total[c] == 0.0) { continue; }
      let divisor = select(1.0, total[c], splits == 1u);
      for (var part = 0u; part < parts; part++) {
        let feature = (part * lanes + at.lane) * pair;
        if (feature >= p.value_width) { break; }
        let g = (part * vectors + v) * 2u;
        put(to + feature, gathered[g][c] / divisor);
        if (pair == 2u) { put(to + feature + 1u, gathered[g + 1u][c] / divisor); }
      }
    }
  }
}
