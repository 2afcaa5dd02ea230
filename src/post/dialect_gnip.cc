#include "post/dialect.h"

namespace hashcart::post {

bool is_gnip(const Outline&) noexcept { return false; }
std::unique_ptr<DialectReader> make_gnip_reader() { return nullptr; }

}  // namespace hashcart::post
