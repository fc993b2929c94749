// Causal depthwise convolution with carried state: an invocation takes a channel through all tokens.
struct Params { x: u32, weight: u32, bias: u32, sequences: u32, slots: u32, y: u32, tokens: u32, channels: u32, kernel: u32 }

override has_bias: bool = false;

@compute @workgroup_size(lanes)
fn main(@builtin(workgroup_id) group: vec3<u32>, at: Lane) {
  let channel = unfolded(group) * lanes + at.lane;
  if (channel >= p.channels) { return; }
  let kept = p.kernel - 1u;
  for (var token = 0u; token < p.tokens; token++) {
    let slot = u32(integer(p.slots + u32(integer(p.sequences + token))));
    let begin = slot * kept * p.channels + channel;
    let now = number(p.x + token * p.channels + channel);
    var sum = now * number(p.weight + channel * p.kernel + kept);
    if (has_bias) { sum += number(p.bias + channel); }
    for (var j = 0u; j < kept; j++) {
      let old = bitcast<f32>(state[begin + j * p.channels]);
      sum = fma(old, number(p.weight + channel * p.kernel + j), sum);
      if (j > 0u) { state[begin + (j - 1u) * p.channels] = bitcast<u32>(old); }
    }
    if (kept > 0u) { state[begin + (kept - 1u) * p.channels] = bitcast<u32>(now); }
    put(p.y + token * p.channels + channel, sum);
  }
}
