// Source: one input after another -> chunks, each a part of one input.
//
// Opens stdin, files, pipes and globs in the order given; looks at magic bytes (gzip, zstd) and
// decompresses all members and frames, skippable ones included, windows up to 2 GiB; decides the
// framing on the first 64 KiB, sooner where it can; cuts records. A record longer than
// record_bytes_max is kept to its first 64 KiB, marked kTooLong, and the stream goes on.
//
// Who reads. A regular file of plain NDJSON (stdin too, from where it stands) is not read here: a
// chunk is a range of it, which owns the lines that begin in it, and whoever pulls the chunk reads
// it. It is read to the size it had when it was opened. Everything else is read by fill(): lines
// straight into the chunk, events and JSON values by way of a buffer. Compressed regular files are
// decompressed by threads of their own, ahead of fill(): many zstd frames or BGZF members at a
// time, and the first megabytes of the files that come next. Compressed pipes by fill() itself.
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
// Threads: used by one (the source thread), except what says otherwise; chunks are pulled by any.
// Memory: read_bytes, and four times the longest record up to record_bytes_max; for compressed
// files 8 MiB and a decompressor for each thread that decompresses (unpack_pool.h).
// Errors: an input that cannot be opened or breaks off is noted in faults(); the next one is read.
// Of a file that cannot be read in places, each range gives what comes before them; a file that is
// shorter by the time it is read ends there, and one that is changed meanwhile is said to have been
// if its lines no longer add up.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/input_names.h"
#include "ingest/chunk.h"

namespace hashcart::ingest {

// Where an input is to be begun by whoever has read a part of it before.
struct InputStart {
  bool is_done = false;  // nothing is left to read; it is not opened
  // In the input, after decompression: where a record begins. Plain lines are read from there on;
  // of everything else what stands before is decompressed, or read, and dropped.
  std::uint64_t position = 0;
  Framing framing = Framing::kAuto;  // as it was decided then
  // The file it must still be when it is opened; inode 0: any.
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
};

// Files are read on as they grow, until stop(): follow.h says how.
struct FollowOptions {
  std::shared_ptr<base::InputNames> names;  // an input's number is its name's
  std::vector<FilePlace> known;             // what was read of files before
  // What of that is gone for good, at the start; may be null.
  std::function<void(const std::vector<FilePlace>& gone)> forget;
  // What the run writes itself is never read.
  std::function<bool(std::uint64_t device, std::uint64_t inode)> is_output;
  // What happens to files, for people. On the source's thread; may be null.
  std::function<void(bool is_warning, const std::string& text)> notice;
};

// The largest zstd window there is, 2 GiB.
inline constexpr int kWindowLogMax = 31;

struct SourceOptions {
  std::vector<std::string> inputs;  // paths, globs (when no such file exists), or "-"; empty: stdin
  Framing framing = Framing::kAuto;
  std::uint64_t record_bytes_max = 8ULL << 20U;  // 1 GiB at most
  std::size_t read_bytes = 256U << 10U;
  // Of a file, what one chunk stands for. 0: eight times the chunk's capacity, in whole pages.
  std::uint64_t range_bytes = 0;
  // Threads that decompress files. 0: as many as the machine runs at once, 16 at most.
  unsigned unpack_threads = 0;
  // A zstd frame that asks for a larger window than 2^this is taken for damaged: 10 to 31.
  int window_log_max = kWindowLogMax;
  // By input, as expand_inputs() gives them. Empty: all of every input is read.
  std::vector<InputStart> starts = {};
  // Then nothing of the above but inputs, framing, record_bytes_max and read_bytes counts.
  std::optional<FollowOptions> follow = std::nullopt;
};

// Of a file, so much of its beginning tells it from another one with its inode.
inline constexpr std::size_t kFingerprintBytes = 4096;
[[nodiscard]] std::uint64_t fingerprint_of(std::string_view beginning) noexcept;
// Whether a file that begins with `head` may be the one of a place.
[[nodiscard]] bool begins_like(const FilePlace& place, std::string_view head) noexcept;
// Whether a file that begins so is read through a decompressor.
[[nodiscard]] bool is_packed_start(std::string_view start) noexcept;
// Where to go on in a file of lines that ended without LF and has grown since. next: the two bytes
// that came, or one. What was taken for a record then was one if its ending came, and that is
// passed over; else it is read again, as a whole.
[[nodiscard]] std::uint64_t behind_unended(const FilePlace& place, std::string_view next) noexcept;
// Whether an input is a pattern, and no file that is called so.
[[nodiscard]] bool is_pattern(const std::string& input);
// The inputs that are meant: "-" for none, the files of a glob, the rest as it is.
[[nodiscard]] std::vector<std::string> expand_inputs(const std::vector<std::string>& inputs);

enum class InputFaultKind : std::uint8_t {
  kCannotOpen,  // exit 66
  kBrokeOff,    // exit 74: truncated or damaged compressed data, read error, a file that changed
};

struct InputFault {
  InputFaultKind kind = InputFaultKind::kCannotOpen;
  std::string message;  // "posts.gz: ends inside a gzip member at decompressed byte 1234"
};

enum class FillResult : std::uint8_t {
  kFilled,  // there is more; the chunk holds records or skipped bytes, or is a range of a file
  kEnd,     // all inputs are done or stop() was called; the chunk may hold the last records
};

// What a source takes at most, without its chunks; of followed files, with those named.
[[nodiscard]] std::uint64_t memory_max(const SourceOptions& options) noexcept;

class Source {
 public:
  // Expands globs; a pattern without a match is an input that cannot be opened.
  explicit Source(SourceOptions options);
  ~Source();
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;

  // Fills a chunk with records of one input. Blocks until there is at least one record, the end, or
  // stop(); hands on what it has as soon as the input would block. A range of a file is handed on
  // at once, and may turn out to own no line.
  [[nodiscard]] FillResult fill(Chunk* chunk);

  // Makes a blocked or later fill() return kEnd after the records already read. Chunks that were
  // filled still give all they stand for, so that nothing is missing in between; but a line that
  // goes on past all that was handed out is given up. Any thread; async-signal-safe.
  void stop() noexcept;
  // Whether it was stopped: then what was handed out may not be all. Any thread.
  [[nodiscard]] bool is_stopped() const noexcept;
  // Stops, and ends chunks of files at their next read: what they would give is not wanted. Any
  // thread.
  void abandon() noexcept;

  // Inputs in order, as named by the user (a glob's files by their paths). Stable after
  // construction.
  [[nodiscard]] const std::vector<std::string>& input_names() const noexcept;
  // Total size, as stored, if all inputs are regular files; else 0. For a progress bar.
  [[nodiscard]] std::uint64_t total_bytes() const noexcept;
  // Raw bytes read so far, before decompression, by whomever. Any thread.
  [[nodiscard]] std::uint64_t raw_bytes_read() const noexcept;
  // Decompressed bytes read, counted where they are read, not where lines are cut. Equals the sum
  // of input_bytes() of all chunks once fill() returned kEnd and all chunks are used up (a promise:
  // the books).
  [[nodiscard]] std::uint64_t bytes_read() const noexcept;
  // In the order of the inputs. Complete when bytes_read() is.
  [[nodiscard]] const std::vector<InputFault>& faults() const noexcept;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace hashcart::ingest
