// Framer: bytes of one input -> records.
//
// Finds where each record ends, keeping its place between calls, so that every byte is looked at
// once however the input is cut into reads. Framings: see source.h.
//
// Threads: one.   Memory: none of its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "ingest/chunk.h"

namespace hashcart::ingest {

// An input's framing is decided by its first bytes, this many at most.
inline constexpr std::size_t kDetectBytes = 64U << 10U;

// Decides the framing of an input from its beginning. Nothing while more bytes are needed; once
// there is an answer, more bytes do not change it. at_end: no more will come.
[[nodiscard]] std::optional<Framing> detect_framing(std::string_view start, bool at_end) noexcept;

class Framer {
 public:
  explicit Framer(Framing framing) noexcept : framing_(framing) {}

  [[nodiscard]] Framing framing() const noexcept { return framing_; }

  // The size of the first record in `bytes`, its ending included, or nothing when it is not
  // complete. `bytes` begins where the last record ended; until a record is found it may only grow
  // (or be dropped from the front by forget()).
  [[nodiscard]] std::optional<std::size_t> find(std::string_view bytes) noexcept;

  // The first `count` bytes given to find() are gone: an over-long record is being skipped.
  void forget(std::size_t count) noexcept { looked_at_ -= count; }

  // At the end of the input: whether what is left is a whole record.
  [[nodiscard]] bool is_whole_at_end() const noexcept {
    return framing_ != Framing::kJson || (depth_ == 0 && !in_string_);
  }

  // A record without what surrounds it: line endings and blanks behind it; before a JSON value too.
  [[nodiscard]] std::string_view trim(std::string_view record) const noexcept;

 private:
  [[nodiscard]] std::optional<std::size_t> find_line(std::string_view bytes) noexcept;
  [[nodiscard]] std::optional<std::size_t> find_event(std::string_view bytes) noexcept;
  [[nodiscard]] std::optional<std::size_t> find_value(std::string_view bytes) noexcept;
  [[nodiscard]] std::size_t done(std::size_t size) noexcept;

  Framing framing_;
  std::size_t looked_at_ = 0;
  // SSE: nothing but CR stands on the current line so far.
  bool line_is_empty_ = true;
  // JSON.
  std::uint64_t depth_ = 0;
  bool in_string_ = false;
  bool escaped_ = false;
  bool started_ = false;  // something other than blanks was seen
};

}  // namespace hashcart::ingest
