#include "post/dialect.h"

namespace hashcart::post {

bool is_facebook(const Outline&) noexcept { return false; }
std::unique_ptr<DialectReader> make_facebook_reader() { return nullptr; }

}  // namespace hashcart::post
