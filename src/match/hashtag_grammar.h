// Hashtag grammars: which tags a text holds under its platform's own rules, and when two tags are
// the same.
//
// Sources: X and everything without rules of its own (other, Instagram, Facebook, Threads, TikTok,
// Pinterest, Reddit): twitter-text, js/src/regexp and extractHashtagsWithIndices. Bluesky: atproto
// packages/api rich-text/util.ts. Mastodon: the rules of its Tag model and Extractor. Misskey:
// mfm.js internal/parser.ts. Weibo: closed topics, no published grammar; rules read off real
// payloads.
//
// Threads: free functions over plain arguments; nothing mutable is shared (folding keeps two
// buffers per thread and a table of about 1 MB, made page by page as scripts occur). Text: any
// bytes, at most 4 GiB; ill-formed UTF-8 never matches as a tag character. Offsets are bytes into
// the text. Cost: linear in the text, but for n log n in a run of n combining marks; nothing is
// allocated once the out-parameters and those buffers have grown.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/platform.h"

namespace hashcart::match {

struct TextSpan {
  std::uint32_t start = 0;
  std::uint32_t end = 0;
};

struct TagSpan {
  std::uint32_t start = 0;       // of the sign
  std::uint32_t end = 0;         // one past the tag; for Weibo past the closing sign
  std::uint32_t text_start = 0;  // the tag without its sign(s)
  std::uint32_t text_end = 0;
};

// Links as X would draw them: with a scheme, or without one where the top-level domain is known
// (twitter-text's extractUrls; the same on every platform, but that Bluesky knows no link in
// `website.com.jpg`). *out is overwritten; spans ascend and do not overlap.
void find_urls(std::string_view text, base::Platform platform, std::vector<TextSpan>* out);

// Tags under the platform's grammar, in text order; *out is overwritten. urls: the result of
// find_urls (X drops tags inside links, Misskey those inside links with a scheme; the other
// grammars do not look at it).
void find_tags(std::string_view text, base::Platform platform, const std::vector<TextSpan>& urls,
               std::vector<TagSpan>* out);

// The comparable form of a tag's text (without sign). Two tags are the same on a platform if these
// are equal. *out is overwritten. Pure ASCII is the cheap path.
//
// It is NFKC_Casefold (UAX #44) left decomposed: every code point is compatibility-decomposed and
// case-folded by itself, default-ignorables vanish, and runs of combining marks are put in
// canonical order. Since NFC and NFD decide the same equality, tags are equal if and only if their
// NFKC_Casefold forms are. On Mastodon, whose servers fold Latin to ASCII and drop what a tag
// cannot hold, marks after a Latin letter and those characters vanish too.
void fold_tag(std::string_view tag, base::Platform platform, std::string* out);

// The comparable form of a whole text for scanning: whatever tag stands in `text`, fold_tag(tag) is
// a substring of this. (False positives are possible; the grammar on the original text decides.)
//
// Why that holds. Decomposing, folding and dropping look at one code point at a time, so they
// commute with cutting the text; only the order of combining marks, and Mastodon's dropping of
// marks, look at neighbours, and only within "a starter and the marks after it". Before a tag
// stands its sign, which folds to '#', a starter. After a tag stands the end of the text or a
// character its grammar excludes; such a character is no mark, and folds to something that begins
// with a starter. The exceptions would be excluded characters that are default-ignorable (U+00AD
// after a tag on X, say): dropping one could let the mark behind it slip into the tag, so here,
// unlike in fold_tag, they are kept. Composing afterwards would break the promise (a mark or a jamo
// past the edge composes into the tag), and that is why the form is decomposed.
void fold_text(std::string_view text, base::Platform platform, std::string* out);

}  // namespace hashcart::match
