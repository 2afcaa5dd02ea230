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

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "base/event_time.h"

namespace hashcart::app {

// Whose replies prompt: on X and in `simple` lines of platform x, on Bluesky, and in `simple` lines
// without a platform.
inline constexpr std::string_view kGenPromptAuthorX = "491077193";
inline constexpr std::string_view kGenPromptAuthorBluesky = "did:plc:amexsyncpromptsbot234567";
inline constexpr std::string_view kGenPromptAuthorOther = "amexsync";

// What benchmarks ask of every program, and of corpora (bench/compare): which posts carry one of
// these tags in their text, in any case and as a whole tag, or link to one of these hosts or to a
// host under it? What an embedded post says does not count. No host is the end of another one.
inline constexpr std::array<std::string_view, 5> kQuestionTags = {
    "AmazonCart", "AmazonBasket", "AmazonWishList", "BuyAmexGiftCard25", "AmexWholeFoods"};
inline constexpr std::array<std::string_view, 13> kQuestionHosts = {
    "amazon.com", "amazon.co.uk",   "amazon.co.jp", "amazon.de",  "amzn.to",
    "ebay.com",   "etsy.com",       "walmart.com",  "taobao.com", "tmall.com",
    "jd.com",     "aliexpress.com", "shopify.com"};

// A corpus: posts only, in order, by authors of every language, in payloads of the size that
// platforms send (media, embedded posts, profiles). Texts are made of words, not of sentences, so
// that no cache and no branch predictor learns them by heart. No threads about buying: what
// matches the question does so by itself. Half of it is tags, half links; about one link in forty
// spells its host in capitals.
struct CorpusOptions {
  double matches = 0.002;       // of posts: the answer to the question
  double near_misses = 0.0005;  // of posts: `#AmazonCarts`, `notamazon.com`, a tag in a profile, in
                                // a quoted post or in what describes an image
  std::uint64_t bytes = 0;      // not 0: lines end when they come to so many; `posts` is not asked
};

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

  // A corpus for benchmarks instead of a stream: see CorpusOptions.
  std::optional<CorpusOptions> corpus;

  // 2024-12-02T09:00:00Z. Not before 2011: X's ids hold times since November 2010.
  base::EventTimeMs start = 1'733'130'000'000;
  double rate = 50;  // posts per second of event time
};

// Hands over one line after the other, newline included; a view lives until emit returns. Stops
// early when emit returns false.
void run_gen(const GenOptions& options, const std::function<bool(std::string_view)>& emit);

// The same for a corpus; matched is called with the id of each post that is an answer, before its
// line: what X calls id_str, on Bluesky the record key.
void run_gen(const GenOptions& options, const std::function<bool(std::string_view)>& emit,
             const std::function<void(std::string_view)>& matched);

}  // namespace hashcart::app
