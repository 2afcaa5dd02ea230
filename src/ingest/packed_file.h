// PackedFile: a compressed regular file, and where in it decompression can begin. Private to
// ingest.
//
// A zstd frame's end is found by walking from block header to block header (RFC 8878, 3.1.1); a
// member of BGZF says its size in the extra field BC (SAM specification, 4.1). Neighbouring frames
// or members make a segment. What cannot be told apart so (plain gzip, a long frame, damage,
// padding) is one segment up to the end of the file. Sizes that are found are hints: whoever
// decompresses a segment makes sure that it ends where it was said to (see UnpackPool).
//
// Threads: next() by one at a time; pread by any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>

#include "ingest/file_input.h"

namespace hashcart::ingest {

class PackedFile {
 public:
  static constexpr std::uint64_t kToTheEnd = std::numeric_limits<std::uint64_t>::max();
  // A frame with a larger window is decompressed when its turn has come, not before.
  static constexpr std::uint64_t kWindowMax = 8U << 20U;
  // The end of a frame is looked for so far: longer ones are not worth looking for, since only so
  // much is decompressed ahead.
  static constexpr std::uint64_t kFrameMax = 16U << 20U;

  struct Segment {
    std::uint64_t begin = 0;  // places in the file
    std::uint64_t end = kToTheEnd;
    bool is_first = false;
    bool is_large = false;  // its window is
  };

  // segment_bytes: neighbours are taken together up to this size.
  PackedFile(FileDescriptor file, std::uint64_t begin, bool is_zstd, std::size_t segment_bytes)
      : file_(std::move(file)),
        is_zstd_(is_zstd),
        segment_bytes_(segment_bytes),
        begin_(begin),
        at_(begin) {}

  [[nodiscard]] int descriptor() const noexcept { return file_.get(); }
  [[nodiscard]] bool is_zstd() const noexcept { return is_zstd_; }

  // The next segment; nothing behind the last.
  [[nodiscard]] std::optional<Segment> next() noexcept;

 private:
  struct Unit {
    std::uint64_t size = 0;  // 0: cannot be told
    bool is_large = false;
  };

  // How many bytes are there, of those wanted.
  [[nodiscard]] std::size_t look(std::uint64_t at, unsigned char* to, std::size_t size,
                                 bool* is_error) const noexcept;
  [[nodiscard]] Unit unit_at(std::uint64_t at, bool* is_end) const noexcept;
  [[nodiscard]] static std::uint64_t member_size(const unsigned char* head,
                                                 std::size_t size) noexcept;
  [[nodiscard]] Unit frame_at(std::uint64_t at, const unsigned char* head,
                              std::size_t size) const noexcept;

  const FileDescriptor file_;
  const bool is_zstd_;
  const std::size_t segment_bytes_;
  const std::uint64_t begin_;
  std::uint64_t at_;
};

}  // namespace hashcart::ingest
