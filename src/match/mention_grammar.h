// Mentions: whether a text names an account, `@shop`, under the platform's form of handles.
//
// X: letters, digits and _ of ASCII (twitter-text, validMentionOrList). Others also have points and
// hyphens inside (Instagram, Threads, TikTok, Bluesky domains), a host behind a second @ (Mastodon,
// Misskey), or letters of any script (Weibo). A sign behind a letter, digit or _ begins no mention.
#pragma once

#include <string_view>

#include "base/platform.h"
#include "match/hashtag_grammar.h"

namespace hashcart::match {

// The first mention of the handle, which is in lower-case and without its sign. Where it has a host
// (`shop@example.social`), a mention without one is of it too: Mastodon's HTML shows no host.
// Cost: linear in the text; nothing is allocated.
[[nodiscard]] bool find_mention(std::string_view text, base::Platform platform,
                                std::string_view handle, TextSpan* out) noexcept;

}  // namespace hashcart::match
