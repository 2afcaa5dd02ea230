#include "post/dialect.h"

namespace hashcart::post {

bool is_instagram(const Outline&) noexcept { return false; }
std::unique_ptr<DialectReader> make_instagram_reader() { return nullptr; }

}  // namespace hashcart::post
