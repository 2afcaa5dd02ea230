// RawScan: raw bytes of NDJSON -> the lines that deserve a parser. Sound, never exact.
//
// Most posts have nothing to do with shopping. The scan reads undecoded bytes at several GB/s and
// holds back each line of which exact matching would say nothing: no trigger, no product, no
// prompt, no delete. What it passes is R(line) itself, a pure function of catalogue and bytes
// (README, "Counting"), so counts do not depend on whether anyone scans, how lines are cut into
// blocks, or which instructions are at hand.
//
// R(line) holds if the line has one of
//   tag       a sign ('#', U+FF03, raw or as \uff03, with HTML tags behind it or not) and behind it
//             what may be a tag of the catalogue (tag_keys.h); or such a tag in a list of tags
//             (post/telling_keys.h)
//   host      a host of a retailer, in any case, where a host may begin and end
//   id        an author whose replies prompt or under whose posts a campaign counts: of a few,
//             anywhere; of many, in the fields that hold authors (post/telling_keys.h)
//   word      a word, mention or emoji that a campaign without tags counts on
//   control   a word of control messages (post/telling_keys.h)
//   guard     \u0041 and its like: an escaped ASCII letter, digit, '#', '-', '.' or '_', behind
//             which any key might hide; a numeric character reference of HTML other than for
//             quotes and blanks
// Why that is sound is argued at each part; tests hold it to the matcher under random re-encodings.
//
// How: AVX2 looks at 64 bytes a time for newlines, '#' and windows of all other keys
// (scan_windows.h), and notes the blocks where there is any; scalar code judges them while they are
// in the first-level cache. One pass; lines are counted by the way.
//
// Threads: immutable, shared.   Cost: independent of the number of tags and authors; hosts share
// windows, and what stands around a window tells them apart (probe_tree.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "match/tag_keys.h"

namespace hashcart::match {

// What the scan looks for; gathered by PatternDb.
struct ScanKeys {
  const TagKeys* tags = nullptr;   // outlives the scan
  std::vector<std::string> hosts;  // lower-case; subdomains of each are found too
  std::vector<std::string> ids;    // of authors, as payloads write them; handles of mentions
  // More authors than can be looked for anywhere, each by the longest run of [0-9A-Za-z_] in its
  // id; and the fields to look at. Outlive the scan.
  const TagKeys* authors = nullptr;
  std::vector<std::string_view> author_fields;
  std::vector<std::string> words;  // folded words of claims; emoji; not empty ones
  bool product_tags = false;       // a platform's product tags count
};

// Kinds of what a text may hold.
inline constexpr std::uint32_t kTagKind = 1U << 0U;
inline constexpr std::uint32_t kHostKind = 1U << 1U;

struct CandidateLine {
  std::uint32_t begin = 0;         // bytes of the block
  std::uint32_t size = 0;          // without LF
  bool holds = false;              // R; else it is the line that was asked for
  std::uint32_t lines_before = 0;  // in the block
  std::uint32_t blank_before = 0;
};

struct FoundLines {
  std::vector<CandidateLine> candidates;  // in order; none is blank
  std::uint32_t lines = 0;
  std::uint32_t blank = 0;  // nothing but blanks, tabs and CR
};

class RawScan {
 public:
  // Readable bytes that a block needs around it (ingest::LineBlock has them): an LF right before
  // it, and behind it an LF if it does not end with one.
  static constexpr std::size_t kBytesBefore = 64;
  static constexpr std::size_t kBytesBehind = 512;

  static constexpr std::size_t kNoPlace = static_cast<std::size_t>(-1);

  explicit RawScan(const ScanKeys& keys);
  ~RawScan();
  RawScan(RawScan&&) noexcept;
  RawScan& operator=(RawScan&&) noexcept;

  // block: whole lines; below 4 GiB. *out is overwritten, its storage reused.
  // wanted: a place in the block whose line is a candidate in any case (a clock line); kNoPlace:
  // there is none.
  void scan(std::string_view block, FoundLines* out, std::size_t wanted = kNoPlace) const noexcept;

  // R(record). The record may hold several lines (an SSE event, a page); it needs nothing around
  // it. scratch: the caller's, reused.
  [[nodiscard]] bool holds(std::string_view record, std::string* scratch) const;

  // Which kinds may stand in decoded text: the same looked for in the same way, so that a line
  // whose text holds a tag or host always passes. What looks like an escape or HTML in it is a
  // reason more to look closely. text: surrounded by LFs, kBytesBefore and kBytesBehind of them.
  [[nodiscard]] std::uint32_t probe(std::string_view text) const noexcept;

  // Whether scanning can pay: not where some key cannot be looked for in raw bytes, so that every
  // line would pass; nor where words are looked for (a line's every character is then, which takes
  // longer than parsing it); nor where the buckets are so full that most places are hits.
  [[nodiscard]] bool is_useful() const noexcept;

  [[nodiscard]] std::size_t bytes() const noexcept;  // of memory, tags apart

 private:
  class Impl;
  std::unique_ptr<const Impl> impl_;
};

}  // namespace hashcart::match
