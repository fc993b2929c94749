// What this machine can do at most: the ceilings that benchmarks are reported against.
#pragma once

namespace llmx {

enum Measure { measure_read, measure_multiply_add, measure_int8 };

/** Bytes or operations a second of `threads` threads over some `nanoseconds`; -1 when memory or threads cannot be had. */
double measure(Measure what, int threads, double nanoseconds);

}  // namespace llmx
