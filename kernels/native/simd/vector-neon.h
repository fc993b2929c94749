// The vector abstraction over arm64 NEON: four q registers each.
#pragma once
#include <arm_neon.h>

namespace llmx {
namespace {

struct Floats { float32x4_t v[4]; };
struct Integers { int32x4_t v[4]; };
struct Mask { uint32x4_t v[4]; };

#define LLMX_EACH(result, expression) \
  result out;                         \
  LLMX_UNROLL for (int i = 0; i < 4; ++i) out.v[i] = expression; \
  return out

LLMX_INLINE Floats splat(float value) { LLMX_EACH(Floats, vdupq_n_f32(value)); }
LLMX_INLINE Floats load(const float* source) { LLMX_EACH(Floats, vld1q_f32(source + 4 * i)); }
LLMX_INLINE Floats load_partial(const float* source, int count) {
  float lane[16] = {0};
  memcpy(lane, source, 4 * (size_t)count);
  return load(lane);
}
LLMX_INLINE void store(float* target, Floats a) {
  LLMX_UNROLL for (int i = 0; i < 4; ++i) vst1q_f32(target + 4 * i, a.v[i]);
}
LLMX_INLINE void store_partial(float* target, Floats a, int count) {
  float lane[16];
  store(lane, a);
  memcpy(target, lane, 4 * (size_t)count);
}

LLMX_INLINE Floats operator+(Floats a, Floats b) { LLMX_EACH(Floats, vaddq_f32(a.v[i], b.v[i])); }
LLMX_INLINE Floats operator-(Floats a, Floats b) { LLMX_EACH(Floats, vsubq_f32(a.v[i], b.v[i])); }
LLMX_INLINE Floats operator*(Floats a, Floats b) { LLMX_EACH(Floats, vmulq_f32(a.v[i], b.v[i])); }
LLMX_INLINE Floats operator/(Floats a, Floats b) { LLMX_EACH(Floats, vdivq_f32(a.v[i], b.v[i])); }
LLMX_INLINE Floats operator-(Floats a) { LLMX_EACH(Floats, vnegq_f32(a.v[i])); }
LLMX_INLINE Floats fma(Floats a, Floats b, Floats c) { LLMX_EACH(Floats, vfmaq_f32(c.v[i], a.v[i], b.v[i])); }
LLMX_INLINE Floats minimum(Floats a, Floats b) { LLMX_EACH(Floats, vminq_f32(a.v[i], b.v[i])); }
LLMX_INLINE Floats maximum(Floats a, Floats b) { LLMX_EACH(Floats, vmaxq_f32(a.v[i], b.v[i])); }
LLMX_INLINE Floats absolute(Floats a) { LLMX_EACH(Floats, vabsq_f32(a.v[i])); }
LLMX_INLINE Floats square_root(Floats a) { LLMX_EACH(Floats, vsqrtq_f32(a.v[i])); }
LLMX_INLINE Floats round_even(Floats a) { LLMX_EACH(Floats, vrndnq_f32(a.v[i])); }
LLMX_INLINE Floats swap_pairs(Floats a) { LLMX_EACH(Floats, vrev64q_f32(a.v[i])); }
LLMX_INLINE float sum(Floats a) { return vaddvq_f32(vaddq_f32(vaddq_f32(a.v[0], a.v[1]), vaddq_f32(a.v[2], a.v[3]))); }
LLMX_INLINE float largest(Floats a) { return vmaxvq_f32(vmaxq_f32(vmaxq_f32(a.v[0], a.v[1]), vmaxq_f32(a.v[2], a.v[3]))); }

LLMX_INLINE Mask operator<(Floats a, Floats b) { LLMX_EACH(Mask, vcltq_f32(a.v[i], b.v[i])); }
LLMX_INLINE Mask operator<=(Floats a, Floats b) { LLMX_EACH(Mask, vcleq_f32(a.v[i], b.v[i])); }
LLMX_INLINE Mask operator>(Floats a, Floats b) { LLMX_EACH(Mask, vcgtq_f32(a.v[i], b.v[i])); }
LLMX_INLINE Mask operator>=(Floats a, Floats b) { LLMX_EACH(Mask, vcgeq_f32(a.v[i], b.v[i])); }
LLMX_INLINE Mask operator==(Floats a, Floats b) { LLMX_EACH(Mask, vceqq_f32(a.v[i], b.v[i])); }
LLMX_INLINE Mask operator&(Mask a, Mask b) { LLMX_EACH(Mask, vandq_u32(a.v[i], b.v[i])); }
LLMX_INLINE Mask operator|(Mask a, Mask b) { LLMX_EACH(Mask, vorrq_u32(a.v[i], b.v[i])); }
LLMX_INLINE Floats select(Mask m, Floats yes, Floats no) { LLMX_EACH(Floats, vbslq_f32(m.v[i], yes.v[i], no.v[i])); }

LLMX_INLINE Floats load_f16(const uint16_t* source) {
  LLMX_EACH(Floats, vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(source + 4 * i))));
}
LLMX_INLINE Floats load_bf16(const uint16_t* source) {
  LLMX_EACH(Floats, vreinterpretq_f32_u32(vshll_n_u16(vld1_u16(source + 4 * i), 16)));
}
LLMX_INLINE void store_f16(uint16_t* target, Floats a) {
  LLMX_UNROLL for (int i = 0; i < 4; ++i) vst1_u16(target + 4 * i, vreinterpret_u16_f16(vcvt_f16_f32(a.v[i])));
}

LLMX_INLINE Integers splat_integer(int32_t value) { LLMX_EACH(Integers, vdupq_n_s32(value)); }
LLMX_INLINE Integers load_integers(const void* source) {
  LLMX_EACH(Integers, vreinterpretq_s32_u8(vld1q_u8((const uint8_t*)source + 16 * i)));
}
LLMX_INLINE void store_integers(void* target, Integers a) {
  LLMX_UNROLL for (int i = 0; i < 4; ++i) vst1q_u8((uint8_t*)target + 16 * i, vreinterpretq_u8_s32(a.v[i]));
}
LLMX_INLINE Integers operator+(Integers a, Integers b) { LLMX_EACH(Integers, vaddq_s32(a.v[i], b.v[i])); }
LLMX_INLINE Integers operator-(Integers a, Integers b) { LLMX_EACH(Integers, vsubq_s32(a.v[i], b.v[i])); }
LLMX_INLINE Integers operator*(Integers a, Integers b) { LLMX_EACH(Integers, vmulq_s32(a.v[i], b.v[i])); }
LLMX_INLINE Integers operator&(Integers a, Integers b) { LLMX_EACH(Integers, vandq_s32(a.v[i], b.v[i])); }
LLMX_INLINE Integers operator|(Integers a, Integers b) { LLMX_EACH(Integers, vorrq_s32(a.v[i], b.v[i])); }
LLMX_INLINE Integers operator^(Integers a, Integers b) { LLMX_EACH(Integers, veorq_s32(a.v[i], b.v[i])); }
LLMX_INLINE Integers maximum(Integers a, Integers b) { LLMX_EACH(Integers, vmaxq_s32(a.v[i], b.v[i])); }
template <int n> LLMX_INLINE Integers shift_left(Integers a) { LLMX_EACH(Integers, vshlq_n_s32(a.v[i], n)); }
template <int n> LLMX_INLINE Integers shift_right(Integers a) {
  constexpr int by = n == 0 ? 1 : n;  // the instruction shifts by 1 at least
  if constexpr (n == 0) return a;
  LLMX_EACH(Integers, vreinterpretq_s32_u32(vshrq_n_u32(vreinterpretq_u32_s32(a.v[i]), by)));
}
template <int n> LLMX_INLINE Integers shift_right_signed(Integers a) { LLMX_EACH(Integers, vshrq_n_s32(a.v[i], n)); }
LLMX_INLINE Integers widen_u8(const uint8_t* source) {
  const uint8x16_t bytes = vld1q_u8(source);
  const uint16x8_t low = vmovl_u8(vget_low_u8(bytes)), high = vmovl_u8(vget_high_u8(bytes));
  return {{vreinterpretq_s32_u32(vmovl_u16(vget_low_u16(low))), vreinterpretq_s32_u32(vmovl_u16(vget_high_u16(low))),
           vreinterpretq_s32_u32(vmovl_u16(vget_low_u16(high))), vreinterpretq_s32_u32(vmovl_u16(vget_high_u16(high)))}};
}
LLMX_INLINE Integers widen_s8(const int8_t* source) {
  const int8x16_t bytes = vld1q_s8(source);
  const int16x8_t low = vmovl_s8(vget_low_s8(bytes)), high = vmovl_s8(vget_high_s8(bytes));
  return {{vmovl_s16(vget_low_s16(low)), vmovl_s16(vget_high_s16(low)), vmovl_s16(vget_low_s16(high)), vmovl_s16(vget_high_s16(high))}};
}
LLMX_INLINE Integers widen_u16(const uint16_t* source) { LLMX_EACH(Integers, vreinterpretq_s32_u32(vmovl_u16(vld1_u16(source + 4 * i)))); }
LLMX_INLINE Floats to_floats(Integers a) { LLMX_EACH(Floats, vcvtq_f32_s32(a.v[i])); }
LLMX_INLINE Integers to_integers(Floats a) { LLMX_EACH(Integers, vcvtnq_s32_f32(a.v[i])); }
// The float16 in each lane's low half.
LLMX_INLINE Floats low_f16(Integers a) { LLMX_EACH(Floats, vcvt_f32_f16(vreinterpret_f16_s16(vmovn_s32(a.v[i])))); }
LLMX_INLINE Floats as_floats(Integers a) { LLMX_EACH(Floats, vreinterpretq_f32_s32(a.v[i])); }
LLMX_INLINE Integers as_integers(Floats a) { LLMX_EACH(Integers, vreinterpretq_s32_f32(a.v[i])); }
#undef LLMX_EACH

// Each lane's low half, without regard to range.
LLMX_INLINE void store_low_halves(int16_t* target, Integers a) {
  LLMX_UNROLL for (int i = 0; i < 4; ++i) vst1_s16(target + 4 * i, vmovn_s32(a.v[i]));
}
// Each lane's low byte, without regard to range.
LLMX_INLINE void store_low_bytes(int8_t* target, Integers a) {
  const int16x8_t low = vcombine_s16(vmovn_s32(a.v[0]), vmovn_s32(a.v[1])), high = vcombine_s16(vmovn_s32(a.v[2]), vmovn_s32(a.v[3]));
  vst1q_s8(target, vcombine_s8(vmovn_s16(low), vmovn_s16(high)));
}
LLMX_INLINE void store_bf16(uint16_t* target, Floats a) {
  const Integers bits = as_integers(a);
  const Integers rounded = bits + (shift_right<16>(bits) & splat_integer(1)) + splat_integer(0x7fff);
  const Floats result = select(a == a, as_floats(rounded), as_floats(bits | splat_integer(0x400000)));
  store_low_halves((int16_t*)target, shift_right<16>(as_integers(result)));
}

}  // namespace
}  // namespace llmx
