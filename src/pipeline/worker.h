// Worker: chunk -> batch. Parses, matches and counts; stateless from chunk to chunk.
//
// A line counts as rejected or control only if R(line) holds (Matcher::line_counts), else as
// untriggered, so that a later reader may skip lines without looking and no count changes. What is
// longer than record_bytes_max, or cut short, was never a whole line to test: it always counts.
//
// Threads: one.   Memory: the reader's and matcher's buffers, reused.
#pragma once

#include <cstdint>

#include "emit/encoder.h"
#include "ingest/chunk.h"
#include "match/matcher.h"
#include "pipeline/batch.h"
#include "post/post_reader.h"

namespace hashcart::pipeline {

struct WorkerOptions {
  post::ReaderOptions reader;
  match::MatchOptions match;
  bool validate = false;      // every line counts, and is validated whole
  bool want_rejects = false;  // fill Batch::rejects
};

class Worker {
 public:
  // db and encoder outlive the worker.
  Worker(const match::PatternDb& db, const WorkerOptions& options,
         const emit::RecordEncoder& encoder);

  // Uses the chunk up. *batch is overwritten.
  void process(ingest::Chunk* chunk, Batch* batch);

 private:
  void process_lines(const ingest::LineBlock& lines, Batch* batch);
  void process_record(const ingest::RecordView& record, Batch* batch);
  void reject(const ingest::RecordView& record, post::RejectReason reason, Batch* batch);

  const WorkerOptions options_;
  const emit::RecordEncoder& encoder_;
  post::PostReader reader_;
  match::Matcher matcher_;
  post::ParsedRecord parsed_;
};

}  // namespace hashcart::pipeline
