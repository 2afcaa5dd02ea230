// Subset match of JSON: whether a record says all that a test expects of it.
#pragma once

#include <string>
#include <string_view>

namespace hashcart::app {

// Every key of `expected` must stand in `actual` with an equal value; objects are compared the same
// way, arrays as a whole. Empty where that holds, else a sentence that names the first difference.
[[nodiscard]] std::string subset_difference(std::string_view expected, std::string_view actual);

}  // namespace hashcart::app
