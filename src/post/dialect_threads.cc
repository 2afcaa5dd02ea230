#include "post/dialect.h"

namespace hashcart::post {

bool is_threads(const Outline&) noexcept { return false; }
std::unique_ptr<DialectReader> make_threads_reader() { return nullptr; }

}  // namespace hashcart::post
