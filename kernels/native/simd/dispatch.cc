// Asks the processor and the operating system what may be executed. Compiled for the base instruction set only.
#include "dispatch.h"
#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__) || defined(_M_X64)
#define LLMX_X64 1
#include <cpuid.h>
#elif defined(__aarch64__) || defined(_M_ARM64)
#define LLMX_ARM64 1
#if defined(__APPLE__)
#include <sys/sysctl.h>
#elif defined(_WIN32)
#include <windows.h>
#elif defined(__linux__)
#include <sys/auxv.h>
#endif
#endif

namespace llmx {
namespace {

struct Feature {
  const char* name;
  bool present;
};

constexpr int feature_capacity = 12;
Feature features[feature_capacity];
int feature_count = 0;
bool supported[TIER_COUNT];
int active = -1;

void add(const char* name, bool present) { features[feature_count++] = {name, present}; }

#if defined(LLMX_X64)
// The register state that the operating system saves (xgetbv 0): bit 1 xmm, 2 ymm, 5-7 the parts of zmm.
uint64_t saved_state() {
  uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (uint64_t)high << 32 | low;
}

void detect() {
  uint32_t a, b, c, d;
  uint32_t leaf1_c = 0, leaf7_b = 0, leaf7_c = 0, leaf71_a = 0;
  if (__get_cpuid(1, &a, &b, &c, &d)) leaf1_c = c;
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d)) {
    leaf7_b = b;
    leaf7_c = c;
    if (a >= 1 && __get_cpuid_count(7, 1, &a, &b, &c, &d)) leaf71_a = a;
  }
  const uint64_t state = leaf1_c >> 27 & 1 ? saved_state() : 0;
  const bool ymm = (state & 0x06) == 0x06, zmm = (state & 0xe6) == 0xe6;
  const bool fma = ymm && (leaf1_c >> 12 & 1), f16c = ymm && (leaf1_c >> 29 & 1), avx2 = ymm && (leaf7_b >> 5 & 1);
  // f, dq, bw, vl together: kernels use all four
  const bool avx512 = zmm && (leaf7_b >> 16 & 1) && (leaf7_b >> 17 & 1) && (leaf7_b >> 30 & 1) && (leaf7_b >> 31 & 1);
  const bool vnni = zmm && (leaf7_c >> 11 & 1), bf16 = zmm && (leaf71_a >> 5 & 1);
  add("avx2", avx2);
  add("fma", fma);
  add("f16c", f16c);
  add("avx512", avx512);
  add("avx512-vnni", vnni);
  add("avx512-bf16", bf16);
  supported[TIER_AVX2] = avx2 && fma && f16c;
  supported[TIER_AVX512] = supported[TIER_AVX2] && avx512 && vnni;
}
#elif defined(LLMX_ARM64)
#if defined(__APPLE__)
bool has(const char* name) {
  int value = 0;
  size_t size = sizeof value;
  return sysctlbyname(name, &value, &size, NULL, 0) == 0 && value != 0;
}
#endif

void detect() {
  bool dot = false, i8mm = false;
#if defined(__APPLE__)
  dot = has("hw.optional.arm.FEAT_DotProd");
  i8mm = has("hw.optional.arm.FEAT_I8MM");
#elif defined(_WIN32)
  dot = IsProcessorFeaturePresent(43) != 0;  // PF_ARM_V82_DP_INSTRUCTIONS_AVAILABLE
#elif defined(__linux__)
  dot = getauxval(AT_HWCAP) >> 20 & 1;    // HWCAP_ASIMDDP
  i8mm = getauxval(AT_HWCAP2) >> 13 & 1;  // HWCAP2_I8MM
#endif
  add("neon", true);
  add("dotprod", dot);
  add("i8mm", i8mm);
  supported[TIER_NEON] = true;
  supported[TIER_NEON_DOT] = dot;
}
#else
void detect() {}
#endif

const char* const names[TIER_COUNT] = {"scalar", "avx2", "avx512", "neon", "neon-dot"};

void choose() {
  feature_count = 0;
  supported[TIER_SCALAR] = true;
  detect();
  int best = TIER_SCALAR;
  for (int tier = 0; tier < TIER_COUNT; ++tier)
    if (supported[tier]) best = tier;
  const char* wanted = getenv("LLMX_NATIVE_TIER");
  for (int tier = 0; wanted && tier < TIER_COUNT; ++tier)
    if (supported[tier] && strcmp(wanted, names[tier]) == 0) best = tier;
  active = best;
}

// Chosen before any thread can ask: the addon's static initialisation runs on the loading thread.
const bool chosen = (choose(), true);

void ensure_chosen() {
  if (!chosen && active < 0) choose();  // another unit's static initialiser asked first
}

}  // namespace

Tier active_tier() {
  ensure_chosen();
  return (Tier)active;
}

const char* tier_name(Tier tier) { return names[tier]; }

bool tier_supported(Tier tier) {
  ensure_chosen();
  return supported[tier];
}

bool force_tier(Tier tier) {
  if (!tier_supported(tier)) return false;
  active = tier;
  return true;
}

int machine_features(const char** out, int capacity) {
  ensure_chosen();
  int count = 0;
  for (int i = 0; i < feature_count; ++i)
    if (features[i].present && count < capacity) out[count++] = features[i].name;
  return count;
}

}  // namespace llmx
