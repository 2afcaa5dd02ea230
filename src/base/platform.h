// Platform: whose post it is. Several wire formats (post::Dialect) may carry posts of one platform.
// The platform picks the hashtag grammar and the clock (one watermark per platform), and stands
// first in every record id.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace hashcart::base {

// The values are part of the signal encoding: append only.
enum class Platform : std::uint8_t {
  kX = 0,
  kBluesky = 1,
  kMastodon = 2,
  kWeibo = 3,
  kInstagram = 4,
  kFacebook = 5,
  kPinterest = 6,
  kReddit = 7,
  kTiktok = 8,
  kThreads = 9,
  kMisskey = 10,
  kOther = 11,  // the `simple` dialect without a platform; X grammar
};

inline constexpr std::size_t kPlatformCount = 12;

inline constexpr std::array<std::string_view, kPlatformCount> kPlatformNames = {
    "x",         "bluesky", "mastodon", "weibo",   "instagram", "facebook",
    "pinterest", "reddit",  "tiktok",   "threads", "misskey",   "other"};

[[nodiscard]] constexpr std::string_view name(Platform platform) noexcept {
  return kPlatformNames[static_cast<std::size_t>(platform)];
}

[[nodiscard]] constexpr std::optional<Platform> platform_by_name(std::string_view wanted) noexcept {
  for (std::size_t i = 0; i < kPlatformCount; ++i) {
    if (kPlatformNames[i] == wanted) return static_cast<Platform>(i);
  }
  return std::nullopt;
}

}  // namespace hashcart::base
