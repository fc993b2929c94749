// Numbers of 16 and 32 bits from one format to another, for conversions of whole files. Bit for bit what the TypeScript definitions give:
// F16 is no source here, since processors quieten its NaNs when they widen it.
#include "op.h"

namespace llmx {
namespace {

template <class Load, class Store>
void recode_all(int64_t count, Load load_at, Store store_at) {
  int64_t at = 0;
  for (; at + lanes <= count; at += lanes) store_at(at, lanes, load_at(at, lanes));
  if (at < count) store_at(at, int(count - at), load_at(at, int(count - at)));
}

template <class Load>
bool recode_from(Load load_at, int to, uint8_t* target, int64_t count) {
  uint16_t* words = (uint16_t*)target;
  if (to == FORMAT_F16) {
    recode_all(count, load_at, [=](int64_t at, int n, Floats value) {
      if (n == lanes) store_f16(words + at, value);
      else store_f16_partial(words + at, value, n);
    });
    return true;
  }
  if (to == FORMAT_BF16) {
    recode_all(count, load_at, [=](int64_t at, int n, Floats value) {
      if (n == lanes) store_bf16(words + at, value);
      else store_bf16_partial(words + at, value, n);
    });
    return true;
  }
  return false;
}

/** False where there is no such way. Both must be aligned to their values. */
bool recode(int from, int to, const uint8_t* source, uint8_t* target, int64_t count) {
  const uint16_t* words = (const uint16_t*)source;
  const float* floats = (const float*)source;
  if (from == FORMAT_BF16 && to == FORMAT_F32) {
    uint32_t* wide = (uint32_t*)target;
    for (int64_t i = 0; i < count; ++i) wide[i] = (uint32_t)words[i] << 16;
    return true;
  }
  if (from == FORMAT_BF16) {
    const auto load_at = [=](int64_t at, int n) { return n == lanes ? load_bf16(words + at) : load_bf16_partial(words + at, n); };
    return recode_from(load_at, to, target, count);
  }
  if (from == FORMAT_F32) {
    const auto load_at = [=](int64_t at, int n) { return n == lanes ? load(floats + at) : load_partial(floats + at, n); };
    return recode_from(load_at, to, target, count);
  }
  return false;
}

}  // namespace
}  // namespace llmx
