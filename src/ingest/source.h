// Source: bytes of one input after another -> chunks of whole records.
//
// Opens stdin, files, pipes and globs in the order given; looks at magic bytes (gzip, zstd) and
// decompresses all members and frames, skippable ones included, windows up to 2 GiB; decides the
// framing on the first 64 KiB, sooner where it can; cuts records. A record longer than
// record_bytes_max is kept to its first 64 KiB, marked kTooLong, and the stream goes on.
//
// What a chunk holds depends on read sizes and on timing (a slow pipe is handed on line by line);
// the sequence of records, their offsets, lengths and faults does not. That is what makes output
// the same for every chunk and read size.
//
// Framings. NDJSON: a record ends at LF; trailing CR and blanks are not part of it; a record may be
// empty (keep-alive); one UTF-8 BOM at the start of an input is skipped; the last record needs no
// LF. SSE: an event ends at an empty line or with the input, its bytes are its lines; further empty
// lines are empty records. JSON: values are cut at their closing bracket at depth 0, over any
// number of lines; the blanks before a value count towards its length.
//
// Threads: used by one (the source thread), except what says otherwise.
// Memory: read_bytes, and four times the longest record up to record_bytes_max.
// Errors: an input that cannot be opened or breaks off is noted in faults(); the next one is read.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "ingest/chunk.h"

namespace hashcart::ingest {

struct SourceOptions {
  std::vector<std::string> inputs;  // paths, globs (when no such file exists), or "-"; empty: stdin
  Framing framing = Framing::kAuto;
  std::uint64_t record_bytes_max = 8ULL << 20U;  // 1 GiB at most
  std::size_t read_bytes = 256U << 10U;
};

enum class InputFaultKind : std::uint8_t {
  kCannotOpen,  // exit 66
  kBrokeOff,    // exit 74: truncated or damaged compressed data, read error
};

struct InputFault {
  InputFaultKind kind = InputFaultKind::kCannotOpen;
  std::string message;  // "posts.gz: ends inside a gzip member at decompressed byte 1234"
};

enum class FillResult : std::uint8_t {
  kFilled,  // the chunk holds records (or skipped bytes); there is more
  kEnd,     // all inputs are done or stop() was called; the chunk may hold the last records
};

class Source {
 public:
  // Expands globs; a pattern without a match is an input that cannot be opened.
  explicit Source(SourceOptions options);
  ~Source();
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;

  // Fills a chunk with records of one input. Blocks until there is at least one record, the end, or
  // stop(); hands on what it has as soon as the input would block.
  [[nodiscard]] FillResult fill(Chunk* chunk);

  // Makes a blocked or later fill() return kEnd after the records already read. Any thread;
  // async-signal-safe.
  void stop() noexcept;

  // Inputs in order, as named by the user (a glob's files by their paths). Stable after
  // construction.
  [[nodiscard]] const std::vector<std::string>& input_names() const noexcept;
  // Total size, as stored, if all inputs are regular files; else 0. For a progress bar.
  [[nodiscard]] std::uint64_t total_bytes() const noexcept;
  // Raw bytes read so far, before decompression. Any thread.
  [[nodiscard]] std::uint64_t raw_bytes_read() const noexcept;
  // Decompressed bytes read. Equals the sum of input_bytes() of all chunks once fill() returned
  // kEnd (a promise: the books).
  [[nodiscard]] std::uint64_t bytes_read() const noexcept;
  [[nodiscard]] const std::vector<InputFault>& faults() const noexcept;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace hashcart::ingest
