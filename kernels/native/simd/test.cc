// Standalone check of functions.h and the half conversions against double precision, not part of the addon. Built and run once for each
// instruction set by scripts/native-harness.mjs; alone:
//   g++ -std=c++17 -O2 -ffp-contract=off -DLLMX_TIER_AVX2 -mavx2 -mfma -mf16c test.cc && ./a.out
#include <math.h>
#include <stdio.h>
#include "functions.h"

using namespace llmx;

namespace {

int failures = 0;

double ulp_error(float value, double exact) {
  if (isnan(exact)) return isnan(value) ? 0 : 1e9;
  if (fabs(exact) > 3.4028235677973366e38) return isinf(value) && (value > 0) == (exact > 0) ? 0 : fabs(exact) < 3.403e38 ? 1 : 1e9;
  const float rounded = (float)exact;
  int exponent;
  frexp((double)rounded, &exponent);
  const double ulp = ldexp(1.0, (exponent < -125 ? -125 : exponent) - 24);
  return fabs((double)value - exact) / ulp;
}

template <class Vector, class Exact> void check(const char* name, Vector&& vector, Exact&& exact, float low, float high, double limit) {
  double worst = 0;
  float at = 0;
  constexpr int steps = 1 << 19;
  for (int i = 0; i < steps; i += 16) {
    float x[16], y[16];
    for (int lane = 0; lane < 16; ++lane) x[lane] = low + (high - low) * (float)(i + lane) / steps;
    store(y, vector(load(x)));
    for (int lane = 0; lane < 16; ++lane) {
      const double error = ulp_error(y[lane], exact((double)x[lane]));
      if (!(error <= worst)) {
        worst = error;
        at = x[lane];
      }
    }
  }
  if (!(worst <= limit)) ++failures;
  printf("%-10s [%g, %g]  %.2f ulp at %.9g%s\n", name, low, high, worst, at, worst <= limit ? "" : "  FAIL");
}

template <class Vector, class Exact> void check_special(const char* name, Vector&& vector, Exact&& exact) {
  const float x[16] = {0.0f,    -0.0f, 1e-40f, -1e-40f,  1e-30f,    1.0f, -1.0f, 100.0f,
                       -100.0f, 1e30f, -1e30f, INFINITY, -INFINITY, NAN,  0.5f,  -0.5f};
  float y[16];
  store(y, vector(load(x)));
  for (int lane = 0; lane < 16; ++lane) {
    const double error = ulp_error(y[lane], exact((double)x[lane]));
    if (!(error <= 4)) {
      ++failures;
      printf("%-10s %g gives %g, not %g  FAIL\n", name, x[lane], y[lane], exact((double)x[lane]));
    }
  }
}

void check_halves() {
  for (uint32_t i = 0; i < 65536; i += 16) {
    uint16_t in[16], out[16];
    float wide[16];
    for (int lane = 0; lane < 16; ++lane) in[lane] = (uint16_t)(i + (uint32_t)lane);
    store(wide, load_f16(in));
    store_f16(out, load(wide));
    for (int lane = 0; lane < 16; ++lane) {
      const float exact = f16_to_f32(in[lane]);
      const bool same = isnan(exact) ? isnan(wide[lane]) : wide[lane] == exact && out[lane] == in[lane] && f32_to_f16(exact) == in[lane];
      if (!same) ++failures, printf("f16 %04x FAIL\n", in[lane]);
    }
  }
  uint32_t bits = 1;
  for (int i = 0; i < 1 << 20; i += 16) {
    float x[16];
    uint16_t half[16], brain[16];
    for (int lane = 0; lane < 16; ++lane) x[lane] = bits_float(bits = bits * 1664525u + 1013904223u);
    store_f16(half, load(x));
    store_bf16(brain, load(x));
    for (int lane = 0; lane < 16; ++lane) {
      if (isnan(x[lane])) continue;
      if (half[lane] != f32_to_f16(x[lane]) || brain[lane] != f32_to_bf16(x[lane])) ++failures, printf("halves of %g FAIL\n", x[lane]);
    }
  }
}

double sigmoid_exact(double x) { return 1 / (1 + ::exp(-x)); }
double softplus_exact(double x) { return isnan(x) ? x : fmax(x, 0) + ::log1p(::exp(-fabs(x))); }

}  // namespace

#define CHECK(name, exact, low, high, limit) \
  check(#name, [](Floats x) { return llmx::name(x); }, [](double x) { return exact(x); }, low, high, limit)
#define SPECIAL(name, exact) check_special(#name, [](Floats x) { return llmx::name(x); }, [](double x) { return exact(x); })

int main() {
  CHECK(exp, ::exp, -90, 89, 2);
  CHECK(exp, ::exp, -104, -85, 2);
  CHECK(exp, ::exp, -1, 1, 2);
  CHECK(log, ::log, 1e-6f, 3, 2);
  CHECK(log, ::log, 1, 1e30f, 2);
  CHECK(log1p, ::log1p, -0.9f, 1, 3);
  CHECK(log1p, ::log1p, -1e-3f, 1e-3f, 3);
  CHECK(sigmoid, sigmoid_exact, -87, 30, 4);
  CHECK(softplus, softplus_exact, -80, 30, 4);
  CHECK(tanh, ::tanh, -10, 10, 3);
  CHECK(tanh, ::tanh, -0.7f, 0.7f, 3);
  CHECK(erf, ::erf, -5, 5, 4);
  CHECK(erf, ::erf, -1, 1, 4);
  SPECIAL(exp, ::exp);
  SPECIAL(log, ::log);
  SPECIAL(sigmoid, sigmoid_exact);
  SPECIAL(softplus, softplus_exact);
  SPECIAL(tanh, ::tanh);
  SPECIAL(erf, ::erf);
  check_halves();
  printf("%d failures\n", failures);
  return failures ? 1 : 0;
}
