// The k largest of each row in falling order, with their indices; ties go to the lowest index.
#include "op.h"

namespace llmx {
namespace {

void top_k(const Call& call, int thread, int threads) {
  const int64_t width = last_of(call.input[0]);
  const int64_t k = int64_t(call.attributes[0]);
  const Share rows = share_of(rows_of(call.input[0]), thread, threads);
  // One of the two outputs may be unwanted; its row then lies in scratch.
  float* spare_values = reinterpret_cast<float*>(call.scratch + size_t(thread) * call.scratch_stride);
  int32_t* spare_indices = reinterpret_cast<int32_t*>(spare_values + k);
  for (int64_t row = rows.begin; row < rows.end; row++) {
    const float* x = floats(call.input[0]) + row * width;
    float* values = call.output[0] == nullptr ? spare_values : target(call.output[0]) + row * k;
    int32_t* indices = call.output[1] == nullptr ? spare_indices : reinterpret_cast<int32_t*>(call.output[1]->data) + row * k;
    // A sorted list that each larger element enters; an equal one comes too late. The first k enter whatever they are, NaN too.
    for (int64_t at = 0; at < width; at++) {
      const float value = x[at];
      if (at >= k && !(value > values[k - 1])) continue;
      int64_t rank = at < k ? at : k - 1;
      for (; rank > 0 && value > values[rank - 1]; rank--) {
        values[rank] = values[rank - 1];
        indices[rank] = indices[rank - 1];
      }
      values[rank] = value;
      indices[rank] = int32_t(at);
    }
  }
}

}  // namespace
}  // namespace llmx
