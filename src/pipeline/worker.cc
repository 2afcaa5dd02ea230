#include "pipeline/worker.h"

#include <algorithm>
#include <string_view>

#include "base/check.h"

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
    : options_(options),
      encoder_(encoder),
      reader_(options.reader),
      matcher_(db, options.match),
      scan_(db.raw_scan()) {}

void Worker::process(ingest::Chunk* chunk, Batch* batch) {
  batch->clear();
  ingest::LineBlock lines;
  ingest::RecordView record;
  for (ingest::Piece piece = chunk->next(&lines, &record); piece != ingest::Piece::kEnd;
       piece = chunk->next(&lines, &record)) {
    if (piece == ingest::Piece::kLines) {
      process_lines(lines, batch);
    } else {
      process_record(record, Known::kNothing, batch);
    }
  }
  batch->input_bytes = chunk->input_bytes();
  batch->input = chunk->input();
  batch->framing = chunk->framing();
  batch->unended_bytes = chunk->unended_bytes();
  batch->has_gap = chunk->has_gap();
  batch->ends_input = chunk->ends_input();
  batch->ran_dry = chunk->ran_dry();
  batch->place = chunk->place();
}

bool Worker::wants_scan(const ingest::LineBlock& lines) noexcept {
  if (options_.validate || options_.scan == ScanMode::kOff) return false;
  // A block is longer than that only where a line is; the scan knows of one clock line.
  if (lines.bytes.size() > ingest::kClockLineEvery) return false;
  if (options_.scan == ScanMode::kOn) return true;
  if (!scan_.is_useful()) return false;
  if (aside_ == 0) return true;
  --aside_;
  return false;
}

void Worker::process_lines(const ingest::LineBlock& lines, Batch* batch) {
  if (wants_scan(lines)) return scan_lines(lines, batch);
  ingest::LineCursor cursor(lines);
  ingest::RecordView record;
  while (cursor.next(&record)) process_record(record, Known::kNothing, batch);
}

void Worker::scan_lines(const ingest::LineBlock& lines, Batch* batch) {
  constexpr std::uint64_t kEvery = ingest::kClockLineEvery;
  const std::uint64_t clock = (lines.offset + kEvery - 1) / kEvery * kEvery - lines.offset;
  scan_.scan(lines.bytes, &found_, clock < lines.bytes.size() ? clock : match::RawScan::kNoPlace);
  const LineCounts before = batch->counts;
  // All lines up to a candidate, as if they had been looked at one by one.
  std::uint64_t lines_done = 0;
  std::uint64_t blank_done = 0;
  const auto count_until = [&](std::uint64_t line_count, std::uint64_t blank_count) {
    const std::uint64_t blank = blank_count - blank_done;
    LineCounts& counts = batch->counts;
    counts.total += line_count - lines_done;
    counts.blank += blank;
    counts.untriggered += line_count - lines_done - blank;
    lines_done = line_count;
    blank_done = blank_count;
  };
  std::uint64_t candidate_bytes = 0;
  for (const match::CandidateLine& line : found_.candidates) {
    count_until(line.lines_before, line.blank_before);
    candidate_bytes += line.size;
    const std::size_t end = line.begin + std::size_t{line.size};
    parse_record(line_at(lines, line.begin, std::min(end + 1, lines.bytes.size())),
                 line.holds ? Known::kHolds : Known::kNothing, batch);
    lines_done = line.lines_before + 1;
  }
  count_until(found_.lines, found_.blank);
  HASHCART_DCHECK(batch->counts.total - before.total == found_.lines);

  // Where most bytes are parsed anyway the scan is a tax. Trying again costs it for one block in
  // kAsideMax.
  constexpr std::uint32_t kAsideMax = 32;
  if (candidate_bytes * 4 > lines.bytes.size() * 3) {
    aside_ = aside_next_;
    aside_next_ = std::min(aside_next_ * 2, kAsideMax);
  } else {
    aside_next_ = 1;
  }
}

bool Worker::counts(const ingest::RecordView& record, Known known) {
  return options_.validate || known == Known::kHolds || matcher_.line_counts(record.bytes);
}

void Worker::reject(const ingest::RecordView& record, post::RejectReason reason, Known known,
                    Batch* batch) {
  const bool is_whole = record.fault == ingest::RecordFault::kNone;
  if (is_whole && !counts(record, known)) {
    ++batch->counts.untriggered;
    return;
  }
  ++batch->counts.rejected;
  ++batch->counts.rejected_by[static_cast<std::size_t>(reason)];
  if (!options_.want_rejects) return;
  encoder_.append_reject({.reason = post::name(reason),
                          .input = number_of(record.input),
                          .offset = record.offset,
                          .length = record.length,
                          .bytes = record.bytes,
                          .is_cut = !is_whole},
                         &batch->rejects);
}

void Worker::process_record(const ingest::RecordView& record, Known known, Batch* batch) {
  if (record.fault == ingest::RecordFault::kNone && is_blank(record.bytes)) {
    ++batch->counts.total;
    ++batch->counts.blank;
    return;
  }
  parse_record(record, known, batch);
}

void Worker::parse_record(const ingest::RecordView& record, Known known, Batch* batch) {
  LineCounts& counted = batch->counts;
  ++counted.total;
  if (record.fault == ingest::RecordFault::kTooLong) {
    return reject(record, post::RejectReason::kTooLong, known, batch);
  }
  if (record.fault == ingest::RecordFault::kCutShort) {
    return reject(record, post::RejectReason::kCutShort, known, batch);
  }
  reader_.read(record, &parsed_);
  if (parsed_.kind == post::RecordKind::kRejected) {
    return reject(record, parsed_.reason, known, batch);
  }
  const std::size_t signals_before = batch->signals.size();
  const match::MatchResult result = matcher_.match(parsed_,
                                                   {.input = number_of(record.input),
                                                    .offset = record.offset,
                                                    .bytes = record.length,
                                                    .is_clock_line = record.is_clock_line},
                                                   &batch->signals);
  if (result.signals > 0 || result.no_author || options_.validate) {
    const post::RejectReason reason = reader_.validate(record);
    if (reason != post::RejectReason::kNone) {
      batch->signals.resize(signals_before);
      return reject(record, reason, known, batch);
    }
  }
  if (result.no_author) return reject(record, post::RejectReason::kNoAuthor, known, batch);
  if (parsed_.kind == post::RecordKind::kControl) {
    ++(counts(record, known) ? counted.control : counted.untriggered);
  } else {
    ++(result.triggers > 0 ? counted.triggered : counted.untriggered);
  }
  if (result.signals > 0) {
    batch->marks.push_back({batch->signals.size(), batch->rejects.size(), counted});
  }
}

}  // namespace hashcart::pipeline
