#include "pipeline/pipeline.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "base/check.h"
#include "pipeline/link.h"

namespace hashcart::pipeline {
namespace {

using Clock = std::chrono::steady_clock;

// Per worker: one being filled, one being worked on, one waiting in between.
constexpr std::size_t kChunksPerWorker = 3;
constexpr std::size_t kBatchesPerWorker = 3;
constexpr std::size_t kOutBuffers = 8;
// A buffer this full is handed on at once: one write(2) of a size that no longer gains from
// growing.
constexpr std::size_t kOutBytes = 64U << 10U;

enum SinkIndex : std::size_t { kRecords, kOutcomes, kRejects, kSinkCount };

struct OutBuffer {
  std::string bytes;
  SinkIndex sink = kRecords;
};

// Writes to the sinks and remembers the first that failed.
class Writer {
 public:
  explicit Writer(const PipelineSinks& sinks)
      : sinks_{sinks.records, sinks.outcomes, sinks.rejects} {}

  void write(SinkIndex index, std::string_view bytes) {
    emit::Sink* sink = sinks_[index];
    if (sink == nullptr || bytes.empty() || stopped()) return;
    switch (sink->write(bytes)) {
      case emit::SinkStatus::kOk:
        if (index == kRecords) records_bytes_ += bytes.size();
        return;
      case emit::SinkStatus::kReaderGone:
        cause_ = StopCause::kReaderGone;
        break;
      case emit::SinkStatus::kFailed:
        cause_ = StopCause::kOutputFailed;
        failure_ = sink->message();
        break;
    }
    stopped_.store(true, std::memory_order_release);  // pairs with the acquire in stopped()
  }

  // Any thread.
  [[nodiscard]] bool stopped() const noexcept { return stopped_.load(std::memory_order_acquire); }
  // After the writing thread is joined.
  [[nodiscard]] StopCause cause() const noexcept { return cause_; }
  [[nodiscard]] const std::string& failure() const noexcept { return failure_; }
  [[nodiscard]] std::uint64_t records_bytes() const noexcept { return records_bytes_; }

 private:
  std::array<emit::Sink*, kSinkCount> sinks_;
  std::atomic<bool> stopped_{false};
  StopCause cause_ = StopCause::kEndOfInput;
  std::string failure_;
  std::uint64_t records_bytes_ = 0;
};

void conclude(const ingest::Source& source, const ResolverStage& stage, const Writer& writer,
              bool limit_reached, PipelineResult* result) {
  result->totals = stage.totals();
  result->resolver = stage.resolver_stats();
  result->output_bytes = writer.records_bytes();
  result->failure = writer.failure();
  result->cause = writer.stopped() ? writer.cause()
                  : limit_reached  ? StopCause::kLimit
                                   : StopCause::kEndOfInput;
  const bool all_read = result->cause == StopCause::kEndOfInput;
  result->balanced = result->totals.lines.balanced() && result->resolver.balanced() &&
                     (!all_read || result->totals.input_bytes == source.bytes_read());
}

// The threads and what passes between them. Built, run and joined by run().
class Machine {
 public:
  Machine(ingest::Source* source, const match::PatternDb& db, const emit::RecordEncoder& encoder,
          const PipelineSinks& sinks, const PipelineOptions& options)
      : source_(*source),
        options_(options),
        writer_(sinks),
        stage_(db.catalogue(), encoder,
               {.want_outcomes = sinks.outcomes != nullptr,
                .limit = options.limit,
                .after_line = options.flush_after.count() == 0 ? &Machine::after_line : nullptr,
                .after_line_context = this}) {
    const std::size_t count = std::max(1U, options.workers);
    for (std::size_t i = 0; i < count; ++i) {
      lanes_.push_back(std::make_unique<Lane>(db, options, encoder));
    }
    for (Handle i = 0; i < kOutBuffers; ++i) {
      out_[i].bytes.reserve(kOutBytes * 2);
      free_out_.push(i);
    }
  }

  void run(PipelineResult* result) {
    std::vector<std::thread> threads;
    threads.emplace_back([this] { read(); });
    for (const auto& lane : lanes_) {
      threads.emplace_back([&lane] { work(lane.get()); });
    }
    threads.emplace_back([this] { write(); });
    resolve();
    for (std::thread& thread : threads) thread.join();
    conclude(source_, stage_, writer_, stage_.limit_reached(), result);
  }

 private:
  // A worker with its chunks and batches, and the links on both sides of it.
  struct Lane {
    Lane(const match::PatternDb& db, const PipelineOptions& options,
         const emit::RecordEncoder& encoder)
        : worker(db, options.worker, encoder),
          batches(kBatchesPerWorker),
          free_chunks(kChunksPerWorker),
          full_chunks(kChunksPerWorker),
          free_batches(kBatchesPerWorker),
          full_batches(kBatchesPerWorker) {
      for (Handle i = 0; i < kChunksPerWorker; ++i) {
        chunks.push_back(std::make_unique<ingest::Chunk>(options.chunk_bytes));
        free_chunks.push(i);
      }
      for (Handle i = 0; i < kBatchesPerWorker; ++i) free_batches.push(i);
    }

    Worker worker;
    std::vector<std::unique_ptr<ingest::Chunk>> chunks;
    std::vector<Batch> batches;
    Link free_chunks;
    Link full_chunks;
    Link free_batches;
    Link full_batches;
  };

  // The source thread.
  void read() {
    for (std::size_t turn = 0;; turn = (turn + 1) % lanes_.size()) {
      Lane& lane = *lanes_[turn];
      Handle handle = 0;
      HASHCART_CHECK(lane.free_chunks.pop(&handle));
      const ingest::FillResult filled = source_.fill(lane.chunks[handle].get());
      lane.full_chunks.push(handle);
      if (filled == ingest::FillResult::kEnd) break;
    }
    for (const auto& lane : lanes_) lane->full_chunks.close();
  }

  // A worker thread.
  static void work(Lane* lane) {
    Handle chunk = 0;
    while (lane->full_chunks.pop(&chunk)) {
      Handle batch = 0;
      HASHCART_CHECK(lane->free_batches.pop(&batch));
      lane->worker.process(lane->chunks[chunk].get(), &lane->batches[batch]);
      lane->free_chunks.push(chunk);
      lane->full_batches.push(batch);
    }
    lane->full_batches.close();
  }

  // The resolver thread: the one that called run().
  void resolve() {
    bool done = false;
    for (std::size_t turn = 0;; turn = (turn + 1) % lanes_.size()) {
      Lane& lane = *lanes_[turn];
      Handle handle = 0;
      if (!next_batch(&lane, &handle)) break;
      if (!done) {
        if (!stage_.apply(lane.batches[handle]) || writer_.stopped()) {
          // Nothing more is wanted: end the source and let what is under way drain unread.
          done = true;
          source_.abandon();
        }
        hand_over(kOutBytes);
      }
      lane.free_batches.push(handle);
    }
    if (!done) stage_.finish(options_.expire_at_end);
    hand_over(0);
    full_out_.close();
  }

  // Waits for the next batch; what has been said is handed on when it has lain long enough.
  bool next_batch(Lane* lane, Handle* handle) {
    if (lane->full_batches.try_pop(handle)) return true;
    if (has_output()) {
      switch (lane->full_batches.pop_until(handle, oldest_output_ + options_.flush_after)) {
        case Link::Popped::kHandle:
          return true;
        case Link::Popped::kClosed:
          return false;
        case Link::Popped::kTimeout:
          hand_over(0);
          break;
      }
    }
    return lane->full_batches.pop(handle);
  }

  [[nodiscard]] bool has_output() const noexcept {
    return !stage_.records.empty() || !stage_.outcomes.empty() || !stage_.rejects.empty();
  }

  static void after_line(void* machine) { static_cast<Machine*>(machine)->hand_over(0); }

  // Passes to the writer every buffer that holds at least `least` bytes, or all of them when what
  // they hold is due.
  void hand_over(std::size_t least) {
    if (!has_output()) return;
    const Clock::time_point now = Clock::now();
    if (!had_output_) oldest_output_ = now;
    had_output_ = true;
    const bool due = now >= oldest_output_ + options_.flush_after;
    hand_over_one(kRecords, &stage_.records, due ? 0 : least);
    hand_over_one(kOutcomes, &stage_.outcomes, due ? 0 : least);
    hand_over_one(kRejects, &stage_.rejects, due ? 0 : least);
    had_output_ = has_output();
  }

  void hand_over_one(SinkIndex sink, std::string* bytes, std::size_t least) {
    if (bytes->empty() || bytes->size() < least) return;
    Handle handle = 0;
    HASHCART_CHECK(free_out_.pop(&handle));
    out_[handle].sink = sink;
    out_[handle].bytes.swap(*bytes);
    bytes->clear();
    full_out_.push(handle);
  }

  // The writer thread.
  void write() {
    Handle handle = 0;
    while (full_out_.pop(&handle)) {
      writer_.write(out_[handle].sink, out_[handle].bytes);
      out_[handle].bytes.clear();
      free_out_.push(handle);
    }
  }

  ingest::Source& source_;
  const PipelineOptions& options_;
  Writer writer_;
  ResolverStage stage_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::array<OutBuffer, kOutBuffers> out_;
  Link free_out_{kOutBuffers};
  Link full_out_{kOutBuffers};
  // Resolver thread only.
  Clock::time_point oldest_output_;
  bool had_output_ = false;
};

}  // namespace

PipelineResult run(ingest::Source* source, const match::PatternDb& db,
                   const emit::RecordEncoder& encoder, const PipelineSinks& sinks,
                   const PipelineOptions& options) {
  PipelineResult result;
  Machine machine(source, db, encoder, sinks, options);
  machine.run(&result);
  return result;
}

TextResult run_text(std::string_view ndjson, const match::PatternDb& db,
                    const emit::RecordEncoder& encoder, const PipelineOptions& options) {
  TextResult out;
  WorkerOptions worker_options = options.worker;
  worker_options.want_rejects = true;
  Worker worker(db, worker_options, encoder);
  ResolverStage stage(db.catalogue(), encoder,
                      {.want_outcomes = true,
                       .limit = options.limit,
                       .after_line = nullptr,
                       .after_line_context = nullptr});
  ingest::Chunk chunk(options.chunk_bytes);
  Batch batch;
  bool wanted = true;
  for (std::size_t at = 0; at < ndjson.size() && wanted;) {
    // Whole lines, a chunk full of them, or one if it is longer.
    std::size_t end = ndjson.size();
    if (ndjson.size() - at > chunk.capacity()) {
      const std::size_t within = ndjson.substr(at, chunk.capacity()).rfind('\n');
      const std::size_t lf =
          within != std::string_view::npos ? at + within : ndjson.find('\n', at + chunk.capacity());
      end = lf == std::string_view::npos ? ndjson.size() : lf + 1;
    }
    chunk.load_lines(ndjson.substr(at, end - at), at, 0);
    worker.process(&chunk, &batch);
    wanted = stage.apply(batch);
    at = end;
  }
  if (wanted) stage.finish(options.expire_at_end);
  out.records = std::move(stage.records);
  out.outcomes = std::move(stage.outcomes);
  out.rejects = std::move(stage.rejects);
  out.result.cause = wanted ? StopCause::kEndOfInput : StopCause::kLimit;
  out.result.totals = stage.totals();
  out.result.resolver = stage.resolver_stats();
  out.result.output_bytes = out.records.size();
  out.result.balanced = stage.totals().lines.balanced() && out.result.resolver.balanced() &&
                        (!wanted || stage.totals().input_bytes == ndjson.size());
  return out;
}

}  // namespace hashcart::pipeline
