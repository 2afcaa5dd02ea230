// Emoji in a text: the same picture in any of its forms, and not inside another picture.
//
// An emoji is compared without variation selectors and skin tones (Unicode TS #51, 1.4 and 2.4): a
// shop that asks for a thumb takes any thumb. Where it is a part of a longer sequence, joined by
// U+200D, in a flag, a keycap or a tag sequence, it is another emoji. Repeats are found one by one;
// callers take the first.
//
// Cost: linear in the text; nothing is allocated.
#pragma once

#include <string>
#include <string_view>

#include "match/hashtag_grammar.h"

namespace hashcart::match {

// The emoji without variation selectors and skin tones (but a skin tone alone stays).
[[nodiscard]] std::string bare_emoji(std::string_view emoji);

// The first place where the emoji, given bare, stands for itself.
[[nodiscard]] bool find_emoji(std::string_view text, std::string_view bare, TextSpan* out) noexcept;

}  // namespace hashcart::match
