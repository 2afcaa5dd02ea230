// What the tests of ingest share: inputs that live in memory, all records of a source, and a plain
// splitter to compare them with. The splitter sees an input as a whole and shares no code with the
// framer.
#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <ostream>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "ingest/chunk.h"
#include "ingest/framer.h"
#include "ingest/source.h"

namespace hashcart::ingest::testing {

inline void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

// What a failed round was made of.
template <typename... Parts>
std::string to_text(const Parts&... parts) {
  std::ostringstream out;
  ((out << parts << ' '), ...);
  return out.str();
}

struct Record {
  std::string bytes;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  RecordFault fault = RecordFault::kNone;
  std::uint32_t input = 0;
  Framing framing = Framing::kNdjson;

  friend bool operator==(const Record&, const Record&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Record& it) {
    return out << '[' << it.offset << '+' << it.length << " fault " << static_cast<int>(it.fault)
               << " input " << it.input << " framing " << static_cast<int>(it.framing) << ' '
               << it.bytes.substr(0, 80) << ']';
  }
};

// A regular file without a name on disk.
class MemoryFile {
 public:
  explicit MemoryFile(std::string_view bytes) : fd_(memfd_create("input", MFD_CLOEXEC)) {
    require(fd_ >= 0, "memfd_create");
    while (!bytes.empty()) {
      const ssize_t count = write(fd_, bytes.data(), bytes.size());
      require(count > 0, "write to a memory file");
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
  }
  ~MemoryFile() { close(fd_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  [[nodiscard]] std::string path() const { return "/proc/self/fd/" + std::to_string(fd_); }

 private:
  int fd_;
};

struct Everything {
  std::vector<Record> records;
  std::vector<InputFault> faults;
  std::uint64_t bytes = 0;

  friend bool operator==(const Everything& a, const Everything& b) {
    return a.records == b.records && a.bytes == b.bytes &&
           std::equal(a.faults.begin(), a.faults.end(), b.faults.begin(), b.faults.end(),
                      [](const InputFault& x, const InputFault& y) {
                        return x.kind == y.kind && x.message == y.message;
                      });
  }
};

inline Record to_record(const RecordView& view) {
  // Reading the padding is what a sanitizer would object to.
  volatile char padding = 0;
  for (std::size_t k = 0; k < kPadding; ++k) padding = view.bytes.data()[view.bytes.size() + k];
  static_cast<void>(padding);
  bool covers = false;
  for (std::uint64_t tick = view.offset / kClockLineEvery * kClockLineEvery;
       tick < view.offset + view.length; tick += kClockLineEvery) {
    covers = covers || tick >= view.offset;
  }
  require(covers == view.is_clock_line, "a clock line is one that covers a multiple of 1 MiB");
  return {std::string(view.bytes), view.offset, view.length, view.fault, view.input, view.framing};
}

// What a block promises, and that a scan may read around it.
inline void require_sound(const LineBlock& block, std::uint64_t record_bytes_max) {
  const std::string_view bytes = block.bytes;
  require(!bytes.empty(), "a block is not empty");
  const char* const data = bytes.data();
  require(data[-1] == '\n', "an LF stands before a block");
  require(bytes.back() == '\n' || data[bytes.size()] == '\n', "an LF ends a block or follows it");
  volatile char around = 0;
  for (std::size_t k = 1; k <= kBlockBefore; ++k) around = *(data - k);
  const std::size_t behind = bytes.size() + (bytes.back() == '\n' ? 0 : 1);
  for (std::size_t k = 0; k < kBlockBehind; ++k) around = data[behind + k];
  static_cast<void>(around);
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t end = std::min(bytes.find('\n', at), bytes.size() - 1) + 1;
    require(end - at <= record_bytes_max, "a block holds no line over the limit");
    at = end;
  }
}

// Uses a chunk up; its blocks are checked and cut.
inline void add_records(Chunk* chunk, std::vector<Record>* records,
                        std::uint64_t record_bytes_max = 1ULL << 30U) {
  LineBlock block;
  RecordView view;
  std::uint64_t bytes = 0;
  for (Piece piece = chunk->next(&block, &view); piece != Piece::kEnd;
       piece = chunk->next(&block, &view)) {
    if (piece == Piece::kRecord) {
      bytes += view.length;
      records->push_back(to_record(view));
      continue;
    }
    require_sound(block, record_bytes_max);
    bytes += block.bytes.size();
    LineCursor lines(block);
    while (lines.next(&view)) records->push_back(to_record(view));
  }
  require(chunk->next(&block, &view) == Piece::kEnd, "a chunk that is used up stays so");
  require(bytes <= chunk->input_bytes(), "a chunk's bytes are those of its pieces, and of blanks");
}

// Reads a source to its end, through one chunk.
inline Everything read_all(Source* source, std::size_t chunk_capacity,
                           std::uint64_t record_bytes_max = 1ULL << 30U) {
  Everything out;
  Chunk chunk(chunk_capacity);
  std::uint64_t input_bytes = 0;
  FillResult result = FillResult::kFilled;
  while (result == FillResult::kFilled) {
    result = source->fill(&chunk);
    add_records(&chunk, &out.records, record_bytes_max);
    input_bytes += chunk.input_bytes();
  }
  out.faults = source->faults();
  out.bytes = source->bytes_read();
  require(input_bytes == out.bytes, "the lengths of records and skipped bytes are all bytes read");
  return out;
}

// The same through many chunks, pulled by threads, as the pipeline does it.
inline Everything read_all_threaded(Source* source, std::size_t chunk_capacity,
                                    std::size_t thread_count,
                                    std::uint64_t record_bytes_max = 1ULL << 30U) {
  std::vector<std::unique_ptr<Chunk>> chunks;
  for (FillResult result = FillResult::kFilled; result == FillResult::kFilled;) {
    chunks.push_back(std::make_unique<Chunk>(chunk_capacity));
    result = source->fill(chunks.back().get());
  }
  std::vector<std::vector<Record>> records(chunks.size());
  std::atomic<std::size_t> next{0};
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < thread_count; ++i) {
    threads.emplace_back([&] {
      // From the last to the first, so that the order of pulling is no help.
      for (std::size_t at = next++; at < chunks.size(); at = next++) {
        const std::size_t index = chunks.size() - 1 - at;
        add_records(chunks[index].get(), &records[index], record_bytes_max);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  Everything out;
  std::uint64_t input_bytes = 0;
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    out.records.insert(out.records.end(), records[i].begin(), records[i].end());
    input_bytes += chunks[i]->input_bytes();
  }
  out.faults = source->faults();
  out.bytes = source->bytes_read();
  require(input_bytes == out.bytes, "the lengths of records and skipped bytes are all bytes read");
  return out;
}

inline Everything read_all(std::string_view bytes, SourceOptions options = {},
                           std::size_t chunk_capacity = 256U << 10U) {
  const MemoryFile file(bytes);
  options.inputs = {file.path()};
  const std::uint64_t record_bytes_max = options.record_bytes_max;
  Source source(std::move(options));
  Everything out = read_all(&source, chunk_capacity, record_bytes_max);
  // Descriptors differ from run to run.
  for (InputFault& fault : out.faults) {
    const std::size_t at = fault.message.find(file.path());
    if (at != std::string::npos) fault.message.replace(at, file.path().size(), "input");
  }
  return out;
}

// The same through a pipe.
inline Everything read_pipe(std::string_view bytes, SourceOptions options = {},
                            std::size_t chunk_capacity = 256U << 10U) {
  int ends[2];
  require(pipe2(ends, O_CLOEXEC) == 0, "pipe2");
  std::thread writer([bytes, to = ends[1]] {
    for (std::size_t at = 0; at < bytes.size();) {
      const ssize_t count = write(to, bytes.data() + at, bytes.size() - at);
      require(count > 0, "write to a pipe");
      at += static_cast<std::size_t>(count);
    }
    close(to);
  });
  const std::string path = "/proc/self/fd/" + std::to_string(ends[0]);
  options.inputs = {path};
  const std::uint64_t record_bytes_max = options.record_bytes_max;
  Everything out;
  {
    Source source(std::move(options));
    out = read_all(&source, chunk_capacity, record_bytes_max);
  }
  // What is left unread after a fault would keep the writer waiting.
  char rest[4096];
  while (read(ends[0], rest, sizeof rest) > 0) {
  }
  writer.join();
  close(ends[0]);
  for (InputFault& fault : out.faults) {
    const std::size_t at = fault.message.find(path);
    if (at != std::string::npos) fault.message.replace(at, path.size(), "input");
  }
  return out;
}

inline std::vector<std::string> texts(const Everything& everything) {
  std::vector<std::string> out;
  for (const Record& record : everything.records) out.push_back(record.bytes);
  return out;
}

// Where the JSON value that begins at `start`, or a line that is none, ends. 0: not at all.
inline std::size_t naive_json_end(std::string_view data, std::size_t start) {
  std::size_t at = std::min(data.find_first_not_of(" \t\r\n", start), data.size());
  std::int64_t open = 0;
  while (at < data.size()) {
    const char c = data[at++];
    if (c == '"') {
      while (at < data.size() && data[at] != '"') at += data[at] == '\\' ? 2U : 1U;
      if (at >= data.size()) return 0;
      ++at;
    } else if (c == '{' || c == '[') {
      ++open;
    } else if (c == '}' || c == ']') {
      if (--open <= 0) return at;
    } else if (c == '\n' && open == 0) {
      return at;
    }
  }
  return 0;
}

// Whether what is left of a page, which naive_json_end() found no end of, is complete all the same.
inline bool naive_json_is_whole(std::string_view rest) {
  std::int64_t open = 0;
  for (std::size_t at = 0; at < rest.size(); ++at) {
    if (rest[at] == '{' || rest[at] == '[') ++open;
    if (rest[at] == '}' || rest[at] == ']') --open;
    if (rest[at] != '"') continue;
    for (++at; at < rest.size() && rest[at] != '"'; ++at) at += rest[at] == '\\' ? 1U : 0U;
    if (at >= rest.size()) return false;
  }
  return open == 0;
}

// All records of one decompressed input.
inline std::vector<Record> naive_split(std::string_view data, Framing framing,
                                       std::uint64_t record_bytes_max, bool is_broken = false) {
  constexpr std::size_t kHead = 64U << 10U;
  constexpr const char* kBlank = " \t\r\n";
  if (framing == Framing::kAuto) framing = *detect_framing(data, true);
  std::vector<Record> out;
  std::size_t start = data.substr(0, 3) == "\xEF\xBB\xBF" ? 3 : 0;
  while (start < data.size()) {
    std::size_t end = 0;  // 0: there is none
    if (framing == Framing::kJson) {
      end = naive_json_end(data, start);
    } else {
      std::size_t line = start;
      while (line < data.size()) {
        const std::size_t newline = data.find('\n', line);
        if (newline == std::string_view::npos) break;
        std::string text(data.substr(line, newline - line));
        text.erase(std::remove(text.begin(), text.end(), '\r'), text.end());
        line = newline + 1;
        if (framing != Framing::kNdjson && !text.empty()) continue;
        end = line;
        break;
      }
    }
    const bool has_end = end != 0;
    const std::string_view whole = data.substr(start, has_end ? end - start : data.size() - start);
    std::string bytes(whole);
    bytes.erase(bytes.find_last_not_of(kBlank) + 1);
    if (framing == Framing::kJson) bytes.erase(0, bytes.find_first_not_of(kBlank));
    Record record{bytes, start, whole.size(), RecordFault::kNone, 0, framing};
    if (!has_end && !bytes.empty() &&
        (is_broken || (framing == Framing::kJson && !naive_json_is_whole(whole)))) {
      record.fault = RecordFault::kCutShort;
    }
    if (whole.size() > record_bytes_max) {
      record.fault = RecordFault::kTooLong;
      if (whole.size() > kHead) record.bytes = whole.substr(0, kHead);
    }
    start += whole.size();
    const bool is_rest_of_blanks = !has_end && bytes.empty() && framing != Framing::kNdjson &&
                                   record.fault == RecordFault::kNone;
    if (!is_rest_of_blanks) out.push_back(std::move(record));
  }
  return out;
}

}  // namespace hashcart::ingest::testing
