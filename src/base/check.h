// CHECK and DCHECK: a broken invariant of ours, never of the input. They print what was expected,
// where, and abort.
//
// CHECK is always on. DCHECK stands where a check per byte or per post would cost; it is on without
// NDEBUG and in sanitizer builds. Input, however broken, must not reach either one: fuzzing is the
// proof.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace hashcart::base {

[[noreturn]] inline void check_failed(const char* what, const char* file, int line) noexcept {
  std::fprintf(stderr, "hashcart: bug: %s:%d: %s does not hold; please report this\n", file, line,
               what);
  std::abort();
}

}  // namespace hashcart::base

#define HASHCART_CHECK(condition)                                     \
  do {                                                                \
    if (!(condition)) [[unlikely]] {                                  \
      ::hashcart::base::check_failed(#condition, __FILE__, __LINE__); \
    }                                                                 \
  } while (false)

#if defined(NDEBUG) && !defined(HASHCART_SANITIZED)
#define HASHCART_DCHECK(condition) static_cast<void>(sizeof(!(condition)))
#else
#define HASHCART_DCHECK(condition) HASHCART_CHECK(condition)
#endif

#if defined(__clang__)
#define HASHCART_LIFETIME_BOUND [[clang::lifetimebound]]
#else
#define HASHCART_LIFETIME_BOUND
#endif
