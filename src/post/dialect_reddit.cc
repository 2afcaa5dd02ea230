#include "post/dialect.h"

namespace hashcart::post {

bool is_reddit(const Outline&) noexcept { return false; }
std::unique_ptr<DialectReader> make_reddit_reader() { return nullptr; }

}  // namespace hashcart::post
