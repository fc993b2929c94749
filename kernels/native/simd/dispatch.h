// Which instruction sets this machine and this build have; chosen once, at the first question.
#pragma once
#include <stdint.h>

namespace llmx {

enum Tier { TIER_SCALAR = 0, TIER_AVX2 = 1, TIER_AVX512 = 2, TIER_NEON = 3, TIER_NEON_DOT = 4, TIER_COUNT = 5 };

// The best tier of this machine, or the one that LLMX_NATIVE_TIER names (scalar, avx2, avx512, neon, neon-dot) if the machine has it.
Tier active_tier();
const char* tier_name(Tier tier);
bool tier_supported(Tier tier);
// For tests: makes `tier` the active one. False, and nothing changes, when the machine lacks it.
bool force_tier(Tier tier);
// Names of the machine's features that kernels care about, for `doctor`: at most `capacity` are written, the count is returned.
int machine_features(const char** names, int capacity);

}  // namespace llmx
