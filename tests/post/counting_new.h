// Counts what the test binary allocates through operator new; not under a sanitizer, which has its
// own.
#pragma once

#include <cstddef>

namespace hashcart::post::testing {

[[nodiscard]] std::size_t allocation_count() noexcept;

}  // namespace hashcart::post::testing
