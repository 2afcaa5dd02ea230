// HTML as it stands in payloads -> plain text.
//
// Two kinds: X escapes three characters of a plain text (&amp; &lt; &gt;) and counts its offsets
// over the escaped form; Mastodon and its kin give real HTML. Both are decoded exactly once:
// `&amp;lt;` is the text `&lt;`.
//
// All functions are linear in their input, write at most as many bytes as they read, and take
// anything for input.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <vector>

#include "post/arena.h"

namespace hashcart::post {

inline constexpr std::uint32_t kNoByte = std::numeric_limits<std::uint32_t>::max();

// A place in a text that a payload names by code points of the escaped text.
struct TextMark {
  std::uint64_t code_point = 0;
  std::uint32_t slot = 0;  // the caller's
  // Out: offset in the decoded text; kNoByte past its end or inside an entity.
  std::uint32_t byte = kNoByte;
};

// Decodes X's three entities; the result is `escaped` itself where there are none, else a text in
// the arena.
// A text that holds a bare `<` or `>` was unescaped before and is left as it is; marks still
// count code points of its escaped form.
// marks:  come back ordered by code point, with `byte` filled in.
// Source: of 11,432 real texts 579 hold &amp; &lt; or &gt;, and none any other entity (twitter-text
// calls it "legacy HTML escaping").
[[nodiscard]] std::string_view decode_x_text(std::string_view escaped, std::span<TextMark> marks,
                                             Arena* arena);

enum class AnchorKind : std::uint8_t { kLink, kHashtag, kMention };

// An <a href> and where its text stands.
struct Anchor {
  AnchorKind kind = AnchorKind::kLink;
  std::string_view href;  // decoded
  std::uint32_t start = 0;
  std::uint32_t end = 0;
};

// Decodes HTML to text in the arena. Inline tags leave nothing, <br> is a newline, a block element
// stands on lines of its own, and no newline ends the text. Text that a style would hide
// (Mastodon's class "invisible") is text.
// *anchors: replaced by the anchors that have an href, in order; ranges may be empty (an image).
// *seams:   replaced by the places in the text, ascending, where markup was taken out between two
//           characters that are no blanks: what runs over one was not written in one piece.
// Entities: all numeric ones, and the named ones that server-side writers emit; others stay as they
//           are written.
// Source:   docs.joinmastodon.org "Status#content"; HTML Living Standard 13.2.5 for how tags,
//           attributes, comments and raw text end.
[[nodiscard]] std::string_view decode_html(std::string_view html, std::vector<Anchor>* anchors,
                                           std::vector<std::uint32_t>* seams, Arena* arena);

}  // namespace hashcart::post
