#include "post/dialect.h"

namespace hashcart::post {

bool is_pinterest(const Outline&) noexcept { return false; }
std::unique_ptr<DialectReader> make_pinterest_reader() { return nullptr; }

}  // namespace hashcart::post
