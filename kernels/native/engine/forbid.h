// Under AddressSanitizer, memory that nobody may touch: mapped memory is not watched of itself, so a read past a value would go unseen.
#pragma once
#include <stddef.h>

#if defined(__SANITIZE_ADDRESS__)
#define LLMX_ADDRESS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define LLMX_ADDRESS_SANITIZER 1
#endif
#endif

#ifdef LLMX_ADDRESS_SANITIZER
extern "C" void __asan_poison_memory_region(const volatile void*, size_t);
extern "C" void __asan_unpoison_memory_region(const volatile void*, size_t);
#endif

namespace llmx {

inline void forbid(const void* begin, size_t bytes) {
#ifdef LLMX_ADDRESS_SANITIZER
  __asan_poison_memory_region(begin, bytes);
#else
  (void)begin, (void)bytes;
#endif
}

inline void permit(const void* begin, size_t bytes) {
#ifdef LLMX_ADDRESS_SANITIZER
  __asan_unpoison_memory_region(begin, bytes);
#else
  (void)begin, (void)bytes;
#endif
}

}  // namespace llmx
