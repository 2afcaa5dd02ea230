// Batch: all that a worker says of one chunk. It crosses to the resolver by handle and comes back
// empty; its buffers keep their memory.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "ingest/chunk.h"
#include "post/post.h"

namespace hashcart::pipeline {

// The first equation of the books: total is the sum of the other five.
struct LineCounts {
  std::uint64_t total = 0;
  std::uint64_t blank = 0;
  std::uint64_t control = 0;
  std::uint64_t untriggered = 0;
  std::uint64_t rejected = 0;
  std::uint64_t triggered = 0;
  std::array<std::uint64_t, post::kRejectReasonNames.size()> rejected_by{};

  void add(const LineCounts& more) noexcept;
  [[nodiscard]] bool balanced() const noexcept;
};

// The state of a batch right after a line that yielded signals: where -n may stop.
struct LineMark {
  std::size_t signals_end = 0;
  std::size_t rejects_end = 0;
  LineCounts counts;
};

struct Batch {
  std::string signals;  // encoded, match::encode()
  std::string rejects;  // hashcart.reject/1 lines; empty unless they are wanted
  std::vector<LineMark> marks;
  LineCounts counts;
  std::uint64_t input_bytes = 0;
  // Of the chunk, for checkpoints: see there.
  std::uint32_t input = 0;
  ingest::Framing framing = ingest::Framing::kNdjson;
  std::uint64_t unended_bytes = 0;
  bool has_gap = false;
  bool ends_input = false;
  bool ran_dry = false;
  ingest::FilePlace place;

  void clear() noexcept;
};

}  // namespace hashcart::pipeline
