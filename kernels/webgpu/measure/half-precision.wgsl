// Whether a device's half-precision arithmetic is right: each invocation multiplies, adds, converts and compares numbers whose answers
// are exact in 11 bits, in registers, in workgroup memory and in vectors. A whole module: it is compiled alone.
enable f16;

@group(0) @binding(0) var<storage, read_write> right: array<u32, 64>;

var<workgroup> shared_values: array<vec4<f16>, 64>;

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) lane: u32) {
  let x = f16(lane);
  shared_values[lane] = vec4<f16>(x, -x, x * 2.0h, x * 0.5h);
  workgroupBarrier();
  let other = 63u - lane;
  let values = shared_values[other];
  let y = f32(other);
  var sum = 0.0h;
  for (var i = 0u; i < 4u; i++) { sum = fma(values[i], 0.25h, sum); }
  let packed = unpack2x16float(pack2x16float(vec2<f32>(f32(values.z), f32(values.w))));
  let agrees = f32(sum) == y * 0.625 &&
    f32(dot(values, vec4<f16>(1.0h))) == y * 2.5 &&
    all(packed == vec2<f32>(y * 2.0, y * 0.5)) &&
    f32(max(values.x, values.y)) == y &&
    f32(f16(y * 16.0)) == y * 16.0;
  right[lane] = select(0u, 1u, agrees);
}
