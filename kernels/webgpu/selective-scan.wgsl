// Mamba's recurrence: an invocation takes a channel through all tokens.
struct Params {
  x: u32, delta: u32, a: u32, b: u32, c: u32, d: u32, sequences: u32, slots: u32, y: u32,
  tokens: u32, channels: u32, states: u32,
}

@compute @workgroup_size(lanes)
fn main(@builtin(workgroup_id) group: vec3<u32>, at: Lane) {
  let channel = unfolded(group) * lanes + at.lane;
  if (channel >= p.channels) { return; }
  for (var token = 0u; token < p.tokens; token++) {
    let slot = u32(integer(p.slots + u32(integer(p.sequences + token))));
    let begin = (slot * p.channels + channel) * p.states;
    let input = number(p.x + token * p.channels + channel);
    let step = number(p.delta + token * p.channels + channel);
    var sum = number(p.d + channel) * input;
    for (var n = 0u; n < p.states; n++) {
      let old = bitcast<f32>(state[begin + n]);
      let next = exp(step * number(p.a + channel * p.states + n)) * old + step * input * number(p.b + token * p.states + n);
      state[begin + n] = bitcast<u32>(next);
      sum = fma(next, number(p.c + token * p.states + n), sum);
    }
    put(p.y + token * p.channels + channel, sum);
  }
}
