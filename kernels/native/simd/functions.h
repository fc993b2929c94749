// exp, log, log1p, tanh, erf and what is made of them, over 16 lanes; within about 2 units in the last place of float32.
// Polynomials: Cephes single precision (S. Moshier, netlib.org/cephes: expf, logf, tanhf, ndtrf). NaN goes through;
// infinities have their limits.
#pragma once
#include "vector.h"

namespace llmx {
namespace {

template <int count> LLMX_INLINE Floats polynomial(Floats x, const float (&coefficients)[count]) {  // highest power first
  Floats value = splat(coefficients[0]);
  LLMX_UNROLL for (int i = 1; i < count; ++i) value = fma(value, x, splat(coefficients[i]));
  return value;
}

LLMX_INLINE Floats copy_sign(Floats magnitude, Floats sign) {
  return as_floats(as_integers(magnitude) | (as_integers(sign) & splat_integer(INT32_MIN)));
}

// value * 2^n for integral n in [-252, 254], in two steps so that subnormal results come out right
LLMX_INLINE Floats scale_by_power(Floats value, Floats n) {
  const Integers whole = to_integers(n);
  const Integers half = shift_right_signed<1>(whole);
  const Floats first = as_floats(shift_left<23>(half + splat_integer(127)));
  const Floats second = as_floats(shift_left<23>(whole - half + splat_integer(127)));
  return value * first * second;
}

LLMX_INLINE Floats exp(Floats x) {
  const Floats clamped = minimum(maximum(x, splat(-104.0f)), splat(89.0f));  // beyond: 0 and infinity in float32
  const Floats n = round_even(clamped * splat(1.44269504088896341f));
  const Floats r = fma(n, splat(2.12194440e-4f), fma(n, splat(-0.693359375f), clamped));  // ln 2 in two parts
  const float coefficients[] = {1.9875691500e-4f, 1.3981999507e-3f, 8.3334519073e-3f, 4.1665795894e-2f, 1.6666665459e-1f, 5.0000001201e-1f};
  const Floats value = fma(polynomial(r, coefficients), r * r, r) + splat(1.0f);
  return select(x == x, scale_by_power(value, n), x);
}

// For x > 0 (zero and subnormals give about -87.3 to -103, negative numbers nonsense); callers keep to their domain.
LLMX_INLINE Floats log_positive(Floats x) {
  const Integers bits = as_integers(x);
  const Floats fraction = as_floats((bits & splat_integer(0x007fffff)) | splat_integer(0x3f000000));  // in [0.5, 1)
  const Mask small = fraction < splat(0.707106781186547524f);
  const Floats exponent = to_floats(shift_right<23>(bits) - splat_integer(126)) - select(small, splat(1.0f), splat(0.0f));
  const Floats m = select(small, fraction + fraction, fraction) - splat(1.0f);
  const float coefficients[] = {7.0376836292e-2f,  -1.1514610310e-1f, 1.1676998740e-1f,  -1.2420140846e-1f, 1.4249322787e-1f,
                                -1.6668057665e-1f, 2.0000714765e-1f,  -2.4999993993e-1f, 3.3333331174e-1f};
  const Floats square = m * m;
  Floats tail = polynomial(m, coefficients) * m * square;
  tail = fma(exponent, splat(-2.12194440e-4f), tail);
  tail = fma(square, splat(-0.5f), tail);
  return fma(exponent, splat(0.693359375f), m + tail);
}

// Natural logarithm of any float32.
LLMX_INLINE Floats log(Floats x) {
  const Mask tiny = x < splat(1.17549435e-38f);  // subnormal: scale up by 2^24
  const Floats value = log_positive(select(tiny, x * splat(16777216.0f), x)) - select(tiny, splat(16.6355323334f), splat(0.0f));
  const Floats infinity = splat(INFINITY);
  const Floats bounded = select(x < infinity, value, x);  // infinity and NaN as they are
  return select(x < splat(0.0f), splat(NAN), select(x == splat(0.0f), -infinity, bounded));
}

// log(1 + x) for x >= -1 + 2^-24, accurate near 0: the error of rounding 1 + x is divided out.
LLMX_INLINE Floats log1p(Floats x) {
  const Floats one = splat(1.0f), whole = one + x;
  const Floats kept = whole - one;
  const Floats corrected = log(whole) * (x / select(kept == splat(0.0f), one, kept));
  const Floats value = select(kept == splat(0.0f), x, corrected);
  return select(x < splat(INFINITY), value, x);
}

LLMX_INLINE Floats sigmoid(Floats x) {
  const Floats e = exp(-absolute(x)), one = splat(1.0f);  // no overflow on either side
  return select(x < splat(0.0f), e, one) / (one + e);
}

LLMX_INLINE Floats softplus(Floats x) { return maximum(x, splat(0.0f)) + log1p(exp(-absolute(x))); }

LLMX_INLINE Floats tanh(Floats x) {
  const Floats size = absolute(x), square = x * x;
  const float coefficients[] = {-5.70498872745e-3f, 2.06390887954e-2f, -5.37397155531e-2f, 1.33314422036e-1f, -3.33332819422e-1f};
  const Floats near = fma(polynomial(square, coefficients) * square, x, x);
  const Floats e = exp(minimum(size + size, splat(40.0f)));
  const Floats far = copy_sign(splat(1.0f) - splat(2.0f) / (e + splat(1.0f)), x);
  const Floats value = select(size < splat(0.625f), near, far);
  return select(x == x, value, x);
}

LLMX_INLINE Floats erf(Floats x) {
  const Floats size = minimum(absolute(x), splat(10.0f)), square = x * x;
  const float inner[] = {7.853861353153693e-5f, -8.010193625184903e-4f, 5.188327685732524e-3f, -2.685381193529856e-2f,
                         1.128358514861418e-1f, -3.761262582423300e-1f, 1.128379165726710e+0f};
  const Floats near = x * polynomial(square, inner);
  // erfc(s) = exp(-s^2) / s * p(1 / s^2), one polynomial for s in [1, 2), one beyond
  const float middle[] = {2.326819970068386e-2f,  -1.387039388740657e-1f, 3.687424674597105e-1f,
                          -5.824733027278666e-1f, 6.210004621745983e-1f,  -4.944515323274145e-1f,
                          3.404879937665872e-1f,  -2.741127028184656e-1f, 5.638259427386472e-1f};
  const float outer[] = {-1.047766399936249e+1f, 1.297719955372516e+1f,  -7.495518717768503e+0f, 2.921019019210786e+0f,
                         -1.015265279202700e+0f, 4.218463358204948e-1f, -2.820767439740514e-1f, 5.641895067754075e-1f};
  const Floats inverse = splat(1.0f) / maximum(size, splat(1.0f)), y = inverse * inverse;
  const Floats p = select(size < splat(2.0f), polynomial(y, middle), polynomial(y, outer));
  const Floats far = copy_sign(splat(1.0f) - exp(-(size * size)) * inverse * p, x);
  const Floats value = select(absolute(x) < splat(1.0f), near, far);
  return select(x == x, value, x);
}

}  // namespace
}  // namespace llmx
