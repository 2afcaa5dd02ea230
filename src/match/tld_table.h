// The names of the top-level domains. Private to match.
#pragma once

#include <cstddef>
#include <string_view>

namespace hashcart::match {

// No name is longer; asserted by the table.
inline constexpr std::size_t kTldBytesMax = 63;

// name: lower case, in Unicode form (not xn--).
[[nodiscard]] bool is_tld(std::string_view name) noexcept;

}  // namespace hashcart::match
