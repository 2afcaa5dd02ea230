// What a record holds, as raw JSON, when it says something that no text of it shows: names of
// fields with tags or products, and words of control messages. For whoever looks at records before
// they are parsed; every dialect's reader keeps to it (a test asks them).
//
// Names and words are ASCII. They may be written with escapes (`"t\u0061gs"`): who looks for them
// must take any escaped letter for a sign that one is there.
#pragma once

#include <array>
#include <span>
#include <string_view>

#include "base/platform.h"

namespace hashcart::post {

// Fields whose value holds tags without a sign: a string, or strings at any depth of it.
//   hashtags                 X (text, tag), TikTok, Pinterest
//   tags                     Bluesky, Mastodon (name), Instagram, simple
//   tag                      Bluesky, of a facet
//   textExtra .. hashtag_names   TikTok
//   topic_title              Weibo
//   topic_tag, tag_header    Threads
inline constexpr std::array<std::string_view, 11> kTagFields = {
    "hashtags", "tags",          "tag",         "textExtra", "text_extra", "challenges",
    "cha_list", "hashtag_names", "topic_title", "topic_tag", "tag_header"};

// Fields with products of the platform's own shops: Instagram, simple; Pinterest.
inline constexpr std::array<std::string_view, 3> kProductTagFields = {
    "product_tags", "buyable_product", "rich_summary"};

// Strings, quotes included, without one of which a record is no control message that we read:
//   delete        X streams and compliance, GNIP, Jetstream, Mastodon, Weibo, Facebook
//   d             Jetstream's first form
//   remove        Facebook
//   deleted       Jetstream's accounts, Weibo, simple
//   deleted_at    Threads
//   tweet_delete .. warning    X compliance and streams
//   payload       Mastodon's WebSocket: a status as JSON in a string, its escapes escaped
//   hashcart      our own ticks
inline constexpr std::array<std::string_view, 16> kControlStrings = {
    "\"delete\"",        "\"d\"",           "\"remove\"",  "\"deleted\"",   "\"deleted_at\"",
    "\"tweet_delete\"",  "\"user_delete\"", "\"limit\"",   "\"scrub_geo\"", "\"status_withheld\"",
    "\"user_withheld\"", "\"disconnect\"",  "\"warning\"", "\"payload\"",   "\"hashcart\"",
    "\"tweet_withheld\""};

// Fields that hold whose post it is, or whose post it answers: the id, or a URI with the id as one
// of its parts. In our own dialect, for posts of any platform:
inline constexpr std::array<std::string_view, 2> kSimpleAuthorFields = {"user", "reply_to_user"};
inline constexpr std::array<std::string_view, 5> kXAuthorFields = {
    "id", "id_str", "author_id", "in_reply_to_user_id", "in_reply_to_user_id_str"};
inline constexpr std::array<std::string_view, 2> kBlueskyAuthorFields = {"did", "uri"};
inline constexpr std::array<std::string_view, 2> kMastodonAuthorFields = {"id",
                                                                          "in_reply_to_account_id"};
inline constexpr std::array<std::string_view, 2> kWeiboAuthorFields = {"id", "idstr"};
inline constexpr std::array<std::string_view, 2> kRedditAuthorFields = {"author",
                                                                        "author_fullname"};

// By platform, our own dialect apart. Empty where ids are put together from too much else to say.
[[nodiscard]] constexpr std::span<const std::string_view> author_fields(
    base::Platform platform) noexcept {
  switch (platform) {
    case base::Platform::kX:
      return kXAuthorFields;
    case base::Platform::kBluesky:
      return kBlueskyAuthorFields;
    case base::Platform::kMastodon:
      return kMastodonAuthorFields;
    case base::Platform::kWeibo:
      return kWeiboAuthorFields;
    case base::Platform::kReddit:
      return kRedditAuthorFields;
    case base::Platform::kOther:
      return kSimpleAuthorFields;
    default:
      return {};
  }
}

// Lines of server-sent events.
inline constexpr std::array<std::string_view, 2> kControlLines = {"event: delete", "event:delete"};

}  // namespace hashcart::post
