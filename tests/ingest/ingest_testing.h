// What the tests of ingest share: inputs that live in memory, all records of a source, and a plain
// splitter to compare them with. The splitter sees an input as a whole and shares no code with the
// framer.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ostream>
#include <string>
#include <string_view>
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

inline void add_records(const Chunk& chunk, std::vector<Record>* records) {
  for (std::size_t i = 0; i < chunk.size(); ++i) {
    const RecordView view = chunk.record(i);
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
    records->push_back(
        {std::string(view.bytes), view.offset, view.length, view.fault, view.input, view.framing});
  }
}

// Reads a source to its end, through one chunk.
inline Everything read_all(Source* source, std::size_t chunk_capacity) {
  Everything out;
  Chunk chunk(chunk_capacity);
  std::uint64_t input_bytes = 0;
  FillResult result = FillResult::kFilled;
  while (result == FillResult::kFilled) {
    result = source->fill(&chunk);
    require(result == FillResult::kEnd || chunk.input_bytes() > 0, "a chunk that holds something");
    input_bytes += chunk.input_bytes();
    add_records(chunk, &out.records);
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
  Source source(std::move(options));
  Everything out = read_all(&source, chunk_capacity);
  // Descriptors differ from run to run.
  for (InputFault& fault : out.faults) {
    const std::size_t at = fault.message.find(file.path());
    if (at != std::string::npos) fault.message.replace(at, file.path().size(), "input");
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
