#include "pipeline/worker.h"

#include <algorithm>
#include <string_view>

namespace hashcart::pipeline {
namespace {

bool is_blank(std::string_view bytes) noexcept {
  return bytes.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

}  // namespace

void LineCounts::add(const LineCounts& more) noexcept {
  total += more.total;
  blank += more.blank;
  control += more.control;
  untriggered += more.untriggered;
  rejected += more.rejected;
  triggered += more.triggered;
  posts += more.posts;
  for (std::size_t i = 0; i < rejected_by.size(); ++i) rejected_by[i] += more.rejected_by[i];
}

bool LineCounts::balanced() const noexcept {
  std::uint64_t reasons = 0;
  for (const std::uint64_t count : rejected_by) reasons += count;
  return total == blank + control + untriggered + rejected + triggered && reasons == rejected;
}

void Batch::clear() noexcept {
  signals.clear();
  rejects.clear();
  marks.clear();
  counts = {};
  input_bytes = 0;
}

Worker::Worker(const match::PatternDb& db, const WorkerOptions& options,
               const emit::RecordEncoder& encoder)
    : options_(options), encoder_(encoder), reader_(options.reader), matcher_(db, options.match) {}

void Worker::process(ingest::Chunk* chunk, Batch* batch) {
  batch->clear();
  ingest::LineBlock lines;
  ingest::RecordView record;
  for (ingest::Piece piece = chunk->next(&lines, &record); piece != ingest::Piece::kEnd;
       piece = chunk->next(&lines, &record)) {
    if (piece == ingest::Piece::kLines) {
      process_lines(lines, batch);
    } else {
      process_record(record, batch);
    }
  }
  batch->input_bytes = chunk->input_bytes();
}

void Worker::process_lines(const ingest::LineBlock& lines, Batch* batch) {
  ingest::LineCursor cursor(lines);
  ingest::RecordView record;
  while (cursor.next(&record)) process_record(record, batch);
}

void Worker::reject(const ingest::RecordView& record, post::RejectReason reason, Batch* batch) {
  const bool is_whole = record.fault == ingest::RecordFault::kNone;
  if (is_whole && !options_.validate && !matcher_.line_counts(record.bytes)) {
    ++batch->counts.untriggered;
    return;
  }
  ++batch->counts.rejected;
  ++batch->counts.rejected_by[static_cast<std::size_t>(reason)];
  if (!options_.want_rejects) return;
  encoder_.append_reject({.reason = post::name(reason),
                          .input = record.input,
                          .offset = record.offset,
                          .length = record.length,
                          .bytes = record.bytes,
                          .is_cut = !is_whole},
                         &batch->rejects);
}

void Worker::process_record(const ingest::RecordView& record, Batch* batch) {
  LineCounts& counts = batch->counts;
  ++counts.total;
  if (record.fault == ingest::RecordFault::kTooLong) {
    return reject(record, post::RejectReason::kTooLong, batch);
  }
  if (record.fault == ingest::RecordFault::kCutShort) {
    return reject(record, post::RejectReason::kCutShort, batch);
  }
  if (is_blank(record.bytes)) {
    ++counts.blank;
    return;
  }
  reader_.read(record, &parsed_);
  if (parsed_.kind == post::RecordKind::kRejected) return reject(record, parsed_.reason, batch);
  const std::size_t signals_before = batch->signals.size();
  const match::MatchResult result = matcher_.match(parsed_,
                                                   {.input = record.input,
                                                    .offset = record.offset,
                                                    .bytes = record.length,
                                                    .is_clock_line = record.is_clock_line},
                                                   &batch->signals);
  if (result.no_author) return reject(record, post::RejectReason::kNoAuthor, batch);
  if (result.signals > 0 || options_.validate) {
    const post::RejectReason reason = reader_.validate(record);
    if (reason != post::RejectReason::kNone) {
      batch->signals.resize(signals_before);
      return reject(record, reason, batch);
    }
  }
  if (parsed_.kind == post::RecordKind::kControl) {
    if (options_.validate || matcher_.line_counts(record.bytes)) {
      ++counts.control;
    } else {
      ++counts.untriggered;
    }
  } else {
    for (std::size_t i = 0; i < parsed_.post_count; ++i) {
      if (parsed_.posts[i].role == post::Role::kMain) ++counts.posts;
    }
    ++(result.triggers > 0 ? counts.triggered : counts.untriggered);
  }
  if (result.signals > 0) {
    batch->marks.push_back({batch->signals.size(), batch->rejects.size(), counts});
  }
}

}  // namespace hashcart::pipeline
