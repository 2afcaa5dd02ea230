#include "post/dialect.h"

namespace hashcart::post {

bool is_tiktok(const Outline&) noexcept { return false; }
std::unique_ptr<DialectReader> make_tiktok_reader() { return nullptr; }

}  // namespace hashcart::post
