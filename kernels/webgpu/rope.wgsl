// Turns pairs of features by their position's angle; an invocation turns one pair, or passes one feature. `table` holds the cosine and sine
// of each token's angles, made in float64: drivers' own are wrong by up to 2e-3 at large angles.
struct Params { x: u32, y: u32, count: u32, heads: u32, width: u32, turns: u32, table: u32 }

/// 1 where features k and k + turns are a pair, 2 where 2k and 2k + 1 are.
override pair_step: u32 = 1u;

@compute @workgroup_size(lanes)
fn main(@builtin(workgroup_id) group: vec3<u32>, at: Lane) {
  let index = unfolded(group) * lanes + at.lane;
  if (index >= p.count) { return; }
  // Of a head's width - turns invocations, the first `turns` take a pair each.
  let each = p.width - p.turns;
  let head = index / each;
  let k = index % each;
  let begin = head * p.width;
  if (k >= p.turns) {
    put(p.y + begin + p.turns + k, number(p.x + begin + p.turns + k));
    return;
  }
  let first = begin + k * pair_step;
  let second = first + select(1u, p.turns, pair_step == 1u);
  let angle = p.table + 2u * (head / p.heads * p.turns + k);
  let cosine = number(angle);
  let sine = number(angle + 1u);
  let a = number(p.x + first);
  let b = number(p.x + second);
  put(p.y + first, a * cosine - b * sine);
  put(p.y + second, a * sine + b * cosine);
}
