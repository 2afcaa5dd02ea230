// SignalLog: the resolver's signals on disk, in the order it worked them off.
//
//   signals.00000001.log   head, then entries
//   head                   "hcsignal" version:4 signal format:4 segment:8 bytes of the one before:8
//                          hash:8
//   entry                  hash:8 length:4 count:4 kind:1 payload
//
// Numbers are little-endian. An entry's hash (XXH3-64) covers all behind it and is seeded with its
// place, so that an entry that stands elsewhere is none. Segments are numbered without a gap; an
// entry lies in one segment, and a segment that has reached its size is left for the next. Those
// that a snapshot stands for are removed, so the first need not be number 1.
//
// What counts is decided elsewhere (checkpoint.h): a position behind the last entry that is
// committed. Up to there every byte must be right, and a fault is fatal; what lies behind it, whole
// or torn, is cut off before anything is appended.
//
// Threads: one at a time.   Memory: a segment while it is read, an entry while one is written.
// Errors: reading throws base::SetupError (kState); of writing they are told by false and
// message(), and nothing more may be written then.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "state/files.h"
#include "state/full_medium.h"

namespace hashcart::state {

enum class EntryKind : std::uint8_t {
  kSignals = 1,      // the payload: `count` encoded signals (match/signal.h)
  kExpireAtEnd = 2,  // the end of input under --at-end expire; no payload
};

// The place behind an entry. {n, 0}: before segment n, which need not exist.
struct LogPosition {
  std::uint64_t segment = 1;
  std::uint64_t offset = 0;

  friend bool operator==(const LogPosition&, const LogPosition&) = default;
};

class SignalLog {
 public:
  static constexpr std::uint64_t kSegmentBytes = 16U << 20U;

  // dir: an open directory, which outlives this. path: its name, for messages. signal_format: of
  // the payloads; a log of another one is refused.
  // medium: outlives this; may be null.
  SignalLog(int dir, std::string path, std::uint32_t signal_format,
            std::uint64_t segment_bytes = kSegmentBytes, FullMedium* medium = nullptr);

  using Visit = std::function<void(EntryKind kind, std::uint32_t count, std::string_view payload)>;
  // Visits every entry from the beginning of a segment up to `end`. Throws where one of them is not
  // as it was written.
  void read(std::uint64_t first_segment, const LogPosition& end, const Visit& visit) const;

  // Drops what lies behind `end`, and goes on there.
  void start(const LogPosition& end);

  // Appends an entry. Nothing is promised of it before sync().
  [[nodiscard]] bool append(EntryKind kind, std::uint32_t count, std::string_view payload);
  // What is appended next begins a segment; returns the number of it.
  std::uint64_t begin_segment() noexcept;
  // Removes the segments before this one. What cannot be removed stays until the next time.
  void remove_before(std::uint64_t segment) const;
  // Whether there is any segment.
  [[nodiscard]] bool exists() const;

  // All that was appended is on the medium.
  [[nodiscard]] bool sync();
  [[nodiscard]] const LogPosition& position() const noexcept { return position_; }
  [[nodiscard]] const std::string& message() const noexcept { return message_; }

 private:
  [[nodiscard]] std::string name_of(std::uint64_t segment) const;
  [[nodiscard]] std::string head_of(std::uint64_t segment, std::uint64_t bytes_before) const;
  [[nodiscard]] static std::uint64_t seed_of(std::uint64_t segment, std::uint64_t offset) noexcept;
  // bytes_before: nothing where it is not known.
  void read_segment(std::uint64_t segment, std::uint64_t size,
                    std::optional<std::uint64_t> bytes_before, const Visit& visit,
                    std::string_view all) const;
  [[nodiscard]] bool fail(std::uint64_t segment, std::string_view what);
  [[nodiscard]] bool make_segment();
  template <typename Attempt>
  [[nodiscard]] bool patiently(Attempt attempt);

  const int dir_;
  const std::string path_;
  const std::uint32_t signal_format_;
  const std::uint64_t segment_bytes_;
  FullMedium* const medium_;
  Descriptor file_;
  LogPosition position_;
  std::uint64_t bytes_before_ = 0;  // of the segment before the next one
  bool has_new_name_ = false;       // a segment was made since the last sync()
  bool is_dirty_ = false;
  std::string entry_;
  std::string message_;
};

}  // namespace hashcart::state
