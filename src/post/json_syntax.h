// Whether bytes are one JSON value: all of RFC 8259 and nothing else.
//
// simdjson's own whole-document parser would refuse integers over 64 bits and reals over a double's
// range, which are JSON like any other number; posts hold some. This only checks, so it needs no
// memory, and it knows why it refuses.
//
// Cost: one pass for UTF-8 and one for the syntax.   Memory: none; nesting is counted in bits on
// the stack.
#pragma once

#include <cstddef>
#include <string_view>

#include "post/post.h"

namespace hashcart::post {

inline constexpr std::size_t kJsonDepthMax =
    1000;  // objects and arrays one inside another, the outermost included

// kNone, or why not: kBadUtf8 before anything else, then the first of kBadJson, kBadString (an
// escape that decodes to no text) and kTooDeep in the order of the bytes. Blanks may stand around
// the value.
[[nodiscard]] RejectReason check_json(std::string_view bytes) noexcept;

}  // namespace hashcart::post
