// The vector abstraction in plain C: 16 numbers in an array. Any machine can run it; the compiler may vectorise the loops.
#pragma once

namespace llmx {
namespace {

struct Floats { float v[16]; };
struct Integers { int32_t v[16]; };
struct Mask { bool v[16]; };

#define LLMX_EACH(result, expression) \
  result out;                         \
  for (int i = 0; i < 16; ++i) out.v[i] = expression; \
  return out

inline Floats splat(float value) { LLMX_EACH(Floats, value); }
inline Floats load(const float* source) { LLMX_EACH(Floats, source[i]); }
inline Floats load_partial(const float* source, int count) { LLMX_EACH(Floats, i < count ? source[i] : 0.0f); }
inline void store(float* target, Floats a) { memcpy(target, a.v, 64); }
inline void store_partial(float* target, Floats a, int count) { memcpy(target, a.v, 4 * (size_t)count); }

inline Floats operator+(Floats a, Floats b) { LLMX_EACH(Floats, a.v[i] + b.v[i]); }
inline Floats operator-(Floats a, Floats b) { LLMX_EACH(Floats, a.v[i] - b.v[i]); }
inline Floats operator*(Floats a, Floats b) { LLMX_EACH(Floats, a.v[i] * b.v[i]); }
inline Floats operator/(Floats a, Floats b) { LLMX_EACH(Floats, a.v[i] / b.v[i]); }
inline Floats operator-(Floats a) { LLMX_EACH(Floats, -a.v[i]); }
// Two roundings: a true fma is a slow call here.
inline Floats fma(Floats a, Floats b, Floats c) { LLMX_EACH(Floats, a.v[i] * b.v[i] + c.v[i]); }
inline Floats minimum(Floats a, Floats b) { LLMX_EACH(Floats, a.v[i] < b.v[i] ? a.v[i] : b.v[i]); }
inline Floats maximum(Floats a, Floats b) { LLMX_EACH(Floats, a.v[i] > b.v[i] ? a.v[i] : b.v[i]); }
inline Floats absolute(Floats a) { LLMX_EACH(Floats, fabsf(a.v[i])); }
inline Floats square_root(Floats a) { LLMX_EACH(Floats, sqrtf(a.v[i])); }
inline Floats round_even(Floats a) { LLMX_EACH(Floats, rintf(a.v[i])); }
inline Floats swap_pairs(Floats a) { LLMX_EACH(Floats, a.v[i ^ 1]); }
inline float sum(Floats a) {
  for (int half = 8; half > 0; half /= 2)
    for (int i = 0; i < half; ++i) a.v[i] += a.v[i + half];
  return a.v[0];
}
inline float largest(Floats a) {
  for (int i = 1; i < 16; ++i) a.v[0] = a.v[i] > a.v[0] ? a.v[i] : a.v[0];
  return a.v[0];
}

inline Mask operator<(Floats a, Floats b) { LLMX_EACH(Mask, a.v[i] < b.v[i]); }
inline Mask operator<=(Floats a, Floats b) { LLMX_EACH(Mask, a.v[i] <= b.v[i]); }
inline Mask operator>(Floats a, Floats b) { LLMX_EACH(Mask, a.v[i] > b.v[i]); }
inline Mask operator>=(Floats a, Floats b) { LLMX_EACH(Mask, a.v[i] >= b.v[i]); }
inline Mask operator==(Floats a, Floats b) { LLMX_EACH(Mask, a.v[i] == b.v[i]); }
inline Mask operator&(Mask a, Mask b) { LLMX_EACH(Mask, a.v[i] && b.v[i]); }
inline Mask operator|(Mask a, Mask b) { LLMX_EACH(Mask, a.v[i] || b.v[i]); }
inline Floats select(Mask m, Floats yes, Floats no) { LLMX_EACH(Floats, m.v[i] ? yes.v[i] : no.v[i]); }

inline Floats load_f16(const uint16_t* source) { LLMX_EACH(Floats, f16_to_f32(source[i])); }
inline Floats load_bf16(const uint16_t* source) { LLMX_EACH(Floats, bf16_to_f32(source[i])); }
inline void store_f16(uint16_t* target, Floats a) {
  for (int i = 0; i < 16; ++i) target[i] = f32_to_f16(a.v[i]);
}
inline void store_bf16(uint16_t* target, Floats a) {
  for (int i = 0; i < 16; ++i) target[i] = f32_to_bf16(a.v[i]);
}

// Out of range or not a number gives the most negative integer, as on x86.
inline int32_t to_integer(float value) { return value > -2147483904.0f && value < 2147483648.0f ? (int32_t)rintf(value) : INT32_MIN; }

inline Integers splat_integer(int32_t value) { LLMX_EACH(Integers, value); }
inline Integers load_integers(const void* source) {
  Integers out;
  memcpy(out.v, source, 64);
  return out;
}
inline void store_integers(void* target, Integers a) { memcpy(target, a.v, 64); }
inline Integers operator+(Integers a, Integers b) { LLMX_EACH(Integers, (int32_t)((uint32_t)a.v[i] + (uint32_t)b.v[i])); }
inline Integers operator-(Integers a, Integers b) { LLMX_EACH(Integers, (int32_t)((uint32_t)a.v[i] - (uint32_t)b.v[i])); }
inline Integers operator*(Integers a, Integers b) { LLMX_EACH(Integers, (int32_t)((uint32_t)a.v[i] * (uint32_t)b.v[i])); }
inline Integers operator&(Integers a, Integers b) { LLMX_EACH(Integers, a.v[i] & b.v[i]); }
inline Integers operator|(Integers a, Integers b) { LLMX_EACH(Integers, a.v[i] | b.v[i]); }
inline Integers operator^(Integers a, Integers b) { LLMX_EACH(Integers, a.v[i] ^ b.v[i]); }
inline Integers maximum(Integers a, Integers b) { LLMX_EACH(Integers, a.v[i] > b.v[i] ? a.v[i] : b.v[i]); }
template <int n> inline Integers shift_left(Integers a) { LLMX_EACH(Integers, (int32_t)((uint32_t)a.v[i] << n)); }
template <int n> inline Integers shift_right(Integers a) { LLMX_EACH(Integers, (int32_t)((uint32_t)a.v[i] >> n)); }
template <int n> inline Integers shift_right_signed(Integers a) { LLMX_EACH(Integers, a.v[i] >> n); }
inline Integers widen_u8(const uint8_t* source) { LLMX_EACH(Integers, source[i]); }
inline Integers widen_s8(const int8_t* source) { LLMX_EACH(Integers, source[i]); }
inline Integers widen_u16(const uint16_t* source) { LLMX_EACH(Integers, source[i]); }
inline Floats to_floats(Integers a) { LLMX_EACH(Floats, (float)a.v[i]); }
inline Integers to_integers(Floats a) { LLMX_EACH(Integers, to_integer(a.v[i])); }
inline Floats low_f16(Integers a) { LLMX_EACH(Floats, f16_to_f32((uint16_t)a.v[i])); }  // the float16 in each lane's low half
inline Floats as_floats(Integers a) { LLMX_EACH(Floats, bits_float((uint32_t)a.v[i])); }
inline Integers as_integers(Floats a) { LLMX_EACH(Integers, (int32_t)float_bits(a.v[i])); }
#undef LLMX_EACH

// Each lane's low byte or half, without regard to range.
inline void store_low_bytes(int8_t* target, Integers a) {
  for (int i = 0; i < 16; ++i) target[i] = (int8_t)a.v[i];
}
inline void store_low_halves(int16_t* target, Integers a) {
  for (int i = 0; i < 16; ++i) target[i] = (int16_t)a.v[i];
}

}  // namespace
}  // namespace llmx
