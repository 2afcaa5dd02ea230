// Worker: chunk -> batch. Scans, parses, matches and counts; what it says of a chunk is a function
// of the chunk.
//
// The raw scan (match/raw_scan.h) holds back the lines of which matching would say nothing. Counts
// do not show it: a line counts as rejected or control only if R(line) holds, else as untriggered.
// What is longer than record_bytes_max, or cut short, was never a whole line to test: it always
// counts. Where most lines pass, the scan steps aside for some blocks and then tries again; that
// changes nothing but time.
//
// Threads: one.   Memory: the reader's and matcher's buffers, reused.
#pragma once

#include <cstdint>
#include <vector>

#include "emit/encoder.h"
#include "ingest/chunk.h"
#include "match/matcher.h"
#include "pipeline/batch.h"
#include "post/post_reader.h"

namespace hashcart::pipeline {

enum class ScanMode : std::uint8_t {
  kAuto,  // while it pays
  kOn,    // always
  kOff,   // every line is parsed
};

struct WorkerOptions {
  post::ReaderOptions reader;
  match::MatchOptions match;
  ScanMode scan = ScanMode::kAuto;
  bool validate = false;      // every line counts, and is parsed and validated whole
  bool want_rejects = false;  // fill Batch::rejects
  // By input of the source: its number in signals and rejects. Empty: the same.
  std::vector<std::uint32_t> input_numbers = {};
};

class Worker {
 public:
  // db and encoder outlive the worker.
  Worker(const match::PatternDb& db, const WorkerOptions& options,
         const emit::RecordEncoder& encoder);

  // Uses the chunk up. *batch is overwritten.
  void process(ingest::Chunk* chunk, Batch* batch);

 private:
  // What is known of R(line) before it is asked for.
  enum class Known : std::uint8_t { kNothing, kHolds };

  void process_lines(const ingest::LineBlock& lines, Batch* batch);
  void scan_lines(const ingest::LineBlock& lines, Batch* batch);
  void process_record(const ingest::RecordView& record, Known known, Batch* batch);
  void parse_record(const ingest::RecordView& record, Known known, Batch* batch);
  void reject(const ingest::RecordView& record, post::RejectReason reason, Known known,
              Batch* batch);
  [[nodiscard]] std::uint32_t number_of(std::uint32_t input) const noexcept {
    return options_.input_numbers.empty() ? input : options_.input_numbers[input];
  }
  [[nodiscard]] bool counts(const ingest::RecordView& record, Known known);
  // Whether to scan the next block.
  [[nodiscard]] bool wants_scan(const ingest::LineBlock& lines) noexcept;

  const WorkerOptions options_;
  const emit::RecordEncoder& encoder_;
  post::PostReader reader_;
  match::Matcher matcher_;
  post::ParsedRecord parsed_;
  const match::RawScan& scan_;
  match::FoundLines found_;
  // How many blocks more are parsed whole, and how many it will be next time.
  std::uint32_t aside_ = 0;
  std::uint32_t aside_next_ = 1;
};

}  // namespace hashcart::pipeline
