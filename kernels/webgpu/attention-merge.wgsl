// Puts together what attention.wgsl made of the parts of a token's head: each part's maximum, sum of weights and weighted values.
struct Params { o: u32, lse: u32, scratch: u32, tokens: u32, heads: u32, value_width: u32 }

override has_lse: bool = false;
override splits: u32 = 2u;

/// What a part's numbers are worth beside the largest maximum; nothing where it had no keys.
var<workgroup> shares: array<f32, splits>;

@compute @workgroup_size(lanes)
fn main(@builtin(workgroup_id) group: vec3<u32>, at: Lane) {
  let row = group.y * p.heads + group.x;
  let begin = p.scratch + 2u * row * splits;
  var most = number(begin);
  for (var part = 1u; part < splits; part++) { most = max(most, number(begin + 2u * part)); }
  for (var part = at.lane; part < splits; part += lanes) {
    shares[part] = select(0.0, exp(number(begin + 2u * part) - most), number(begin + 2u * part + 1u) > 0.0);
  }
  workgroupBarrier();
  var total = 0.0;
  for (var part = 0u; part < splits; part++) { total = fma(shares[part], number(begin + 2u * part + 1u), total); }
  let features = p.scratch + 2u * p.tokens * p.heads * splits + row * splits * p.value_width;
  for (var feature = at.lane; feature < p.value_width; feature += lanes) {
    var sum = 0.0;
    for (var part = 0u; part < splits; part++) {
      if (shares[part] > 0.0) { sum = fma(shares[part], number(features + part * p.value_width + feature), sum); }
    }
    put(p.o + row * p.value_width + feature, sum / total);
  }
  if (has_lse && at.lane == 0u) { put(p.lse + row, most + log(total)); }
}
