#include "post/dialect.h"

namespace hashcart::post {

bool is_weibo(const Outline&) noexcept { return false; }
std::unique_ptr<DialectReader> make_weibo_reader() { return nullptr; }

}  // namespace hashcart::post
