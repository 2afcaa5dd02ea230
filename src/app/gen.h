// A seeded firehose: made-up posts in the wire formats of platforms, for tests, benchmarks and
// people without a stream.
//
// What it makes looks like a stream: posts of real size by many authors in many languages, most of
// which have nothing to do with shopping, and threads in between that do: sellers' posts with
// product links, replies with purchase tags (to parents that come before, late, or never), two-step
// purchases with the bot's prompts, confirmations in and out of time, one-step tags, tags in pairs,
// offers, and all that must not fire: near misses, sellers' own advertisements, reposts, quotes,
// replies to oneself, look-alike links. Then what transport does to a stream: late posts, posts
// delivered twice, deletes before and after, broken and blank lines. Tags are those of the default
// catalogue.
//
// One seed makes the same bytes on every machine: no floating point but for comparing a share, no
// library distributions. Threads: none. Memory: a window of recent posts and what is scheduled, a
// few tens of MB.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "base/event_time.h"

namespace hashcart::app {

// Whose replies prompt: on X and in `simple` lines of platform x, on Bluesky, and in `simple` lines
// without a platform.
inline constexpr std::string_view kGenPromptAuthorX = "491077193";
inline constexpr std::string_view kGenPromptAuthorBluesky = "did:plc:amexsyncpromptsbot234567";
inline constexpr std::string_view kGenPromptAuthorOther = "amexsync";

// Shares are of 1.
struct GenOptions {
  std::uint64_t seed = 1;
  // Lines that are posts; control, broken and blank lines come on top.
  std::uint64_t posts = 100'000;

  // How often each dialect writes a post, relative to the others.
  double x_v1 = 0.5;
  double x_v2 = 0.1;
  double bluesky = 0.35;
  double simple = 0.05;

  double intents = 0.01;   // of posts: those that begin a thread about buying
  double replies = 0.3;    // of other posts
  double reposts = 0.2;    // of other posts
  double quotes = 0.06;    // of other posts
  double confirms = 0.7;   // of two-step purchases: those that are confirmed, in time or not
  double deletes = 0.02;   // of posts: deleted later, or (seldom) before they are delivered
  double disorder = 0.05;  // of posts: delivered later than their event time says,
  std::int64_t disorder_max_ms = 8'000;  // by up to this much, an eighth by up to ten times that
  double duplicates = 0.002;             // of posts: delivered again
  double escapes = 0.6;    // of X and simple lines: written in ASCII, `\uXXXX` and `\/`
  double others = 0.5;     // of Bluesky posts: followed by an event that is no post (a like)
  double broken = 0.0002;  // of lines: broken JSON, which names a purchase tag
  double blank = 0.0005;   // of lines: keep-alives before them

  // 2024-12-02T09:00:00Z. Not before 2011: X's ids hold times since November 2010.
  base::EventTimeMs start = 1'733'130'000'000;
  double rate = 50;  // posts per second of event time
};

// Hands over one line after the other, newline included; a view lives until emit returns. Stops
// early when emit returns false.
void run_gen(const GenOptions& options, const std::function<bool(std::string_view)>& emit);

}  // namespace hashcart::app
