// Event time: a platform's own time of a post, as milliseconds since 1970-01-01T00:00:00Z (no leap
// seconds).
//
// Parsers for the written forms that feeds use, and the one form we write. All are pure and
// allocate nothing except format_rfc3339's result. Range: years 0001 to 9999; anything else does
// not parse.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hashcart::base {

using EventTimeMs = std::int64_t;

// RFC 3339, and the looser ISO 8601 forms seen in feeds: `2014-05-06T10:00:00Z`, any number of
// fraction digits (cut to milliseconds), `+09:00`, `+0000`. The `T` may be a blank. An offset is
// required.
[[nodiscard]] std::optional<EventTimeMs> parse_rfc3339(std::string_view text) noexcept;

// The v1.1 form of X, and Weibo's: `Wed Aug 27 13:08:45 +0000 2008`.
[[nodiscard]] std::optional<EventTimeMs> parse_ctime_offset(std::string_view text) noexcept;

// A duration: a whole number and one of ms, s, m, h, d (`15m`). No sign, no fraction.
[[nodiscard]] std::optional<std::int64_t> parse_duration_ms(std::string_view text) noexcept;

// `2013-02-20T12:03:05.000Z`, always UTC with three fraction digits.
[[nodiscard]] std::string format_rfc3339(EventTimeMs time);

// The time in an X post id, if the id is a snowflake (64-bit ids since 2010-11-04): id >> 22 is
// milliseconds since 1288834974657. Source: Twitter's snowflake repository, IdWorker.scala
// (twepoch).
[[nodiscard]] std::optional<EventTimeMs> x_snowflake_time(std::string_view id) noexcept;

}  // namespace hashcart::base
