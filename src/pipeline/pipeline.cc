#include "pipeline/pipeline.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/setup_error.h"
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
// What goes the same way, to the state: signals, the end of input, a checkpoint.
enum class OutKind : std::uint8_t { kLines, kSignals, kExpireAtEnd, kCheckpoint };

struct OutBuffer {
  std::string bytes;
  OutKind kind = OutKind::kLines;
  SinkIndex sink = kRecords;       // of kLines
  std::uint32_t signal_count = 0;  // of kSignals
};

// Writes to the sinks and remembers the first that failed.
class Writer {
 public:
  Writer(const PipelineSinks& sinks, state::StateDir* state)
      : state_(state), sinks_{sinks.records, sinks.outcomes, sinks.rejects} {}

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

  // Nothing is committed behind what could not be written.
  void append(state::EntryKind kind, std::uint32_t count, std::string_view signals) {
    if (!stopped() && !state_->append(kind, count, signals)) fail(state_->message());
  }
  void commit(const state::Progress& progress) {
    if (!stopped() && !state_->commit(progress)) fail(state_->message());
  }

  // Any thread.
  [[nodiscard]] bool stopped() const noexcept { return stopped_.load(std::memory_order_acquire); }
  // After the writing thread is joined.
  [[nodiscard]] StopCause cause() const noexcept { return cause_; }
  [[nodiscard]] const std::string& failure() const noexcept { return failure_; }
  [[nodiscard]] std::uint64_t records_bytes() const noexcept { return records_bytes_; }

 private:
  void fail(std::string message) {
    cause_ = StopCause::kOutputFailed;
    failure_ = std::move(message);
    stopped_.store(true, std::memory_order_release);  // pairs with the acquire in stopped()
  }

  state::StateDir* state_;
  std::array<emit::Sink*, kSinkCount> sinks_;
  std::atomic<bool> stopped_{false};
  StopCause cause_ = StopCause::kEndOfInput;
  std::string failure_;
  std::uint64_t records_bytes_ = 0;
};

// bytes_before: read by earlier runs.
void conclude(const ingest::Source& source, const ResolverStage& stage, const Writer& writer,
              bool limit_reached, std::uint64_t bytes_before, PipelineResult* result) {
  result->totals = stage.totals();
  result->resolver = stage.resolver_stats();
  result->output_bytes = writer.records_bytes();
  result->failure = writer.failure();
  result->cause = writer.stopped() ? writer.cause()
                  : limit_reached  ? StopCause::kLimit
                                   : StopCause::kEndOfInput;
  const bool all_read = result->cause == StopCause::kEndOfInput;
  const std::uint64_t bytes = result->totals.input_bytes - bytes_before;
  result->balanced = result->totals.lines.balanced() && result->resolver.balanced() &&
                     (!all_read || bytes == source.bytes_read());
}

// The threads and what passes between them. Built, run and joined by run().
class Machine {
 public:
  Machine(ingest::Source* source, const match::PatternDb& db, const emit::RecordEncoder& encoder,
          const PipelineSinks& sinks, const PipelineOptions& options)
      : source_(*source),
        options_(options),
        writer_(sinks, options.state),
        stage_(options.rules_before == nullptr ? db.catalogue() : *options.rules_before->catalogue,
               options.rules_before == nullptr ? encoder : *options.rules_before->encoder,
               {.want_outcomes = sinks.outcomes != nullptr,
                .limit = options.limit,
                .skip = options.skip,
                .after_line = options.flush_after.count() == 0 ? &Machine::after_line : nullptr,
                .when_full = &Machine::when_full,
                .context = this}) {
    const std::size_t count = std::max(1U, options.workers);
    for (std::size_t i = 0; i < count; ++i) {
      lanes_.push_back(std::make_unique<Lane>(db, options, encoder));
    }
    for (Handle i = 0; i < kOutBuffers; ++i) {
      out_[i].bytes.reserve(kOutBytes * 2);
      free_out_.push(i);
    }
    if (options_.state != nullptr) resume(db.catalogue(), encoder);
  }

  void run(PipelineResult* result) {
    std::vector<std::thread> threads;
    threads.emplace_back([this] { read(); });
    for (const auto& lane : lanes_) {
      threads.emplace_back([this, &lane] { work(lane.get()); });
    }
    threads.emplace_back([this] { write(); });
    is_running_ = true;
    resolve();
    for (std::thread& thread : threads) thread.join();
    conclude(source_, stage_, writer_, stage_.limit_reached(), bytes_before_, result);
    if (options_.state == nullptr) return;
    result->output_bytes = options_.state->records_bytes();
    result->has_gap = has_gap_;
  }

 private:
  // Null: those the run began with.
  using RulesPtr = std::shared_ptr<const Rules>;

  // A worker with its chunks and batches, and the links on both sides of it.
  struct Lane {
    Lane(const match::PatternDb& db, const PipelineOptions& options,
         const emit::RecordEncoder& encoder)
        : worker(std::in_place, db, options.worker, encoder),
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

    std::optional<Worker> worker;
    RulesPtr rules;  // the worker's
    std::vector<std::unique_ptr<ingest::Chunk>> chunks;
    std::vector<Batch> batches;
    // By handle: what they are, or were, judged by.
    std::array<RulesPtr, kChunksPerWorker> chunk_rules;
    std::array<RulesPtr, kBatchesPerWorker> batch_rules;
    Link free_chunks;
    Link full_chunks;
    Link free_batches;
    Link full_batches;
  };

  // Brings the resolver to where the state ends.
  void resume(const catalogue::Catalogue& catalogue, const emit::RecordEncoder& encoder) {
    state::StateDir& state = *options_.state;
    HASHCART_CHECK(!options_.limit && options_.skip == 0);
    StageTotals totals;
    bool fits = state.counts().empty() || from_numbers(state.counts(), &totals);
    snapshot_bytes_ = state.snapshot_bytes();
    if (snapshot_bytes_ > 0) fits = fits && stage_.load(state.take_snapshot());
    state.replay([&](state::EntryKind kind, std::uint32_t count, std::string_view payload) {
      logged_bytes_ += payload.size();
      switch (kind) {
        case state::EntryKind::kSignals:
          fits = fits && stage_.replay(payload, count);
          return;
        case state::EntryKind::kExpireAtEnd:
          stage_.replay_finish(true);
          return;
      }
      fits = false;
    });
    if (!fits || !stage_.restore(totals)) {
      throw base::SetupError(
          base::SetupFault::kState,
          "the state does not come to the records that were written: it was made by another "
          "version of hashcart. End it with that one (--at-end expire), then begin anew with an "
          "empty directory and new outputs");
    }
    bytes_before_ = totals.input_bytes;
    signals_handed_over_ = totals.signals;
    progress_.inputs = state.places();
    places_ = state.places();
    state.begin(to_numbers(stage_.totals()));
    last_commit_ = Clock::now();
    if (options_.rules_before == nullptr) return;
    // No other thread runs yet.
    stage_.pass_to(catalogue, encoder, &progress_.snapshot);
    writer_.write(kRecords, stage_.records);
    writer_.write(kOutcomes, stage_.outcomes);
    stage_.records.clear();
    stage_.outcomes.clear();
    progress_.counts = to_numbers(stage_.totals());
    progress_.catalogue = identity_of(catalogue);
    took_snapshot();
    writer_.commit(progress_);
    progress_.forget_committed();
  }

  // The source thread.
  void read() {
    RulesPtr rules;
    for (std::size_t turn = 0;; turn = (turn + 1) % lanes_.size()) {
      Lane& lane = *lanes_[turn];
      Handle handle = 0;
      HASHCART_CHECK(lane.free_chunks.pop(&handle));
      const ingest::FillResult filled = source_.fill(lane.chunks[handle].get());
      // Behind the filling, which may have waited long.
      if (options_.rules_feed != nullptr) {
        if (RulesPtr next = options_.rules_feed->take()) rules = std::move(next);
        lane.chunk_rules[handle] = rules;
      }
      lane.full_chunks.push(handle);
      if (filled == ingest::FillResult::kEnd) break;
    }
    for (const auto& lane : lanes_) lane->full_chunks.close();
  }

  // A worker thread.
  void work(Lane* lane) const {
    Handle chunk = 0;
    while (lane->full_chunks.pop(&chunk)) {
      Handle batch = 0;
      HASHCART_CHECK(lane->free_batches.pop(&batch));
      if (const RulesPtr& rules = lane->chunk_rules[chunk]; rules != lane->rules) {
        WorkerOptions worker_options = options_.worker;
        worker_options.match.campaigns = rules->campaigns;
        lane->worker.emplace(*rules->db, worker_options, *rules->encoder);
        lane->rules = rules;
      }
      lane->batch_rules[batch] = lane->rules;
      lane->worker->process(lane->chunks[chunk].get(), &lane->batches[batch]);
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
        if (lane.batch_rules[handle] != rules_) pass_to(lane.batch_rules[handle]);
        if (!stage_.apply(lane.batches[handle]) || writer_.stopped()) {
          // Nothing more is wanted: end the source and let what is under way drain unread.
          done = true;
          source_.abandon();
        }
        ran_dry_ = lane.batches[handle].ran_dry;
        hand_over(ran_dry_ && options_.flush_when_dry ? 0 : kOutBytes);
        if (options_.state != nullptr && !done) note_progress(lane.batches[handle]);
      }
      lane.free_batches.push(handle);
    }
    if (options_.state != nullptr) {
      if (!done) finish_state();
    } else if (!done) {
      stage_.finish(options_.expire_at_end);
    }
    hand_over(0);
    full_out_.close();
  }

  // Between two batches: the resolver goes on by other rules.
  void pass_to(const RulesPtr& rules) {
    stage_.pass_to(*rules->catalogue, *rules->encoder, &snapshot_);
    rules_ = rules;
    if (options_.state != nullptr && !has_gap_) {
      commit(false, true);
    } else {
      snapshot_ = {};
    }
  }

  // ---------------------------------------------------------------------------------- the state

  // A batch was worked off.
  void note_progress(const Batch& batch) {
    // Behind bytes that could not be read no place in the input is known: what was committed before
    // stands, and the next run reads them again.
    has_gap_ = has_gap_ || batch.has_gap;
    if (has_gap_) return;
    if (batch.place.inode != 0) {
      note_followed(batch.place);
    } else if (batch.input_bytes > 0 || batch.ends_input) {
      state::InputPlace& place = places_[batch.input];
      place.position += batch.input_bytes;
      if (batch.input_bytes > 0) place.unended_bytes = batch.unended_bytes;
      place.framing = batch.framing;
      place.is_done = batch.ends_input;
    }
    if (!batch.signals.empty()) {
      signals_ += batch.signals;
      if (signals_.size() >= kOutBytes) hand_over_signals();
    }
    uncommitted_bytes_ += batch.input_bytes;
    if (uncommitted_bytes_ >= options_.commit_bytes ||
        Clock::now() - last_commit_ >= options_.commit_after) {
      // One at a time: what the writer does not keep up with is put together.
      if (!is_committing_.load(std::memory_order_acquire)) commit(false, false);
    }
  }

  void note_followed(const ingest::FilePlace& place) {
    // The one told last stands last.
    std::erase_if(followed_, [&](const auto& known) { return known.is_beside(place); });
    followed_.push_back(place);
  }

  void finish_state() {
    const bool is_end = !source_.is_stopped() && !has_gap_;
    if (is_end && options_.expire_at_end) {
      stage_.finish(true);
      hand_over_signals();
      out_[take_out(OutKind::kExpireAtEnd)].bytes.clear();
      full_out_.push(taken_);
    }
    if (!has_gap_) commit(true, false);
  }

  void hand_over_signals() {
    if (signals_.empty()) return;
    OutBuffer& out = out_[take_out(OutKind::kSignals)];
    out.signal_count = static_cast<std::uint32_t>(stage_.totals().signals - signals_handed_over_);
    signals_handed_over_ = stage_.totals().signals;
    logged_bytes_ += signals_.size();
    out.bytes.swap(signals_);
    signals_.clear();
    full_out_.push(taken_);
  }

  void took_snapshot() noexcept {
    snapshot_bytes_ = progress_.snapshot.size();
    logged_bytes_ = 0;
  }

  // All that was said so far, and where that is in the input. has_passed: to other rules, and
  // snapshot_ is the state under them.
  void commit(bool is_last, bool has_passed) {
    hand_over_lines();
    hand_over_signals();
    if (!has_passed &&
        logged_bytes_ >= std::max(options_.snapshot_after_bytes, 2 * snapshot_bytes_)) {
      stage_.save(&snapshot_);
    }
    // The writer has let go of progress_, but for the last one, which waits for it.
    is_committing_.wait(true, std::memory_order_acquire);
    is_committing_.store(true, std::memory_order_relaxed);
    progress_.inputs = places_;
    progress_.followed.swap(followed_);
    progress_.counts = to_numbers(stage_.totals());
    progress_.is_last = is_last;
    if (!snapshot_.empty()) {
      progress_.snapshot.swap(snapshot_);
      took_snapshot();
    }
    if (has_passed) progress_.catalogue = identity_of(*rules_->catalogue);
    static_cast<void>(take_out(OutKind::kCheckpoint));
    full_out_.push(taken_);
    last_commit_ = Clock::now();
    uncommitted_bytes_ = 0;
  }

  // Waits for the next batch. What has been said is handed on when it has lain long enough; what
  // was done is committed though nothing more comes.
  bool next_batch(Lane* lane, Handle* handle) {
    while (!lane->full_batches.try_pop(handle)) {
      // While the input does not wait, batches come soon enough.
      const bool wants_commit =
          ran_dry_ && (uncommitted_bytes_ > 0 || !followed_.empty()) && !has_gap_;
      if (!has_output() && !wants_commit) return lane->full_batches.pop(handle);
      const Clock::time_point commit_due = last_commit_ + options_.commit_after;
      const Clock::time_point due = !wants_commit  ? output_due()
                                    : has_output() ? std::min(output_due(), commit_due)
                                                   : commit_due;
      switch (lane->full_batches.pop_until(handle, due)) {
        case Link::Popped::kHandle:
          return true;
        case Link::Popped::kClosed:
          return false;
        case Link::Popped::kTimeout:
          break;
      }
      hand_over(kOutBytes);
      if (wants_commit && Clock::now() >= commit_due) commit(false, false);
    }
    return true;
  }

  [[nodiscard]] Clock::time_point output_due() const noexcept {
    return oldest_output_ + options_.flush_after;
  }

  [[nodiscard]] bool has_output() const noexcept {
    return !stage_.records.empty() || !stage_.outcomes.empty() || !stage_.rejects.empty();
  }

  static void after_line(void* machine) { static_cast<Machine*>(machine)->hand_over(0); }
  static void when_full(void* machine) {
    // Before there are threads nobody takes it.
    if (static_cast<Machine*>(machine)->is_running_) {
      static_cast<Machine*>(machine)->hand_over(kOutBytes);
    }
  }

  // Passes to the writer every buffer that holds at least `least` bytes, or all of them when what
  // they hold is due.
  void hand_over(std::size_t least) {
    if (!has_output()) return;
    const Clock::time_point now = Clock::now();
    if (!had_output_) oldest_output_ = now;
    had_output_ = true;
    const bool due = now >= output_due();
    hand_over_one(kRecords, &stage_.records, due ? 0 : least);
    hand_over_one(kOutcomes, &stage_.outcomes, due ? 0 : least);
    hand_over_one(kRejects, &stage_.rejects, due ? 0 : least);
    had_output_ = has_output();
  }

  void hand_over_lines() {
    hand_over_one(kRecords, &stage_.records, 0);
    hand_over_one(kOutcomes, &stage_.outcomes, 0);
    hand_over_one(kRejects, &stage_.rejects, 0);
    had_output_ = false;
  }

  void hand_over_one(SinkIndex sink, std::string* bytes, std::size_t least) {
    if (bytes->empty() || bytes->size() < least) return;
    OutBuffer& out = out_[take_out(OutKind::kLines)];
    out.sink = sink;
    out.bytes.swap(*bytes);
    bytes->clear();
    full_out_.push(taken_);
  }

  // A free buffer, to be pushed next.
  [[nodiscard]] Handle take_out(OutKind kind) {
    HASHCART_CHECK(free_out_.pop(&taken_));
    out_[taken_].kind = kind;
    return taken_;
  }

  // The writer thread.
  void write() {
    Handle handle = 0;
    while (full_out_.pop(&handle)) {
      const OutBuffer& out = out_[handle];
      switch (out.kind) {
        case OutKind::kLines:
          writer_.write(out.sink, out.bytes);
          break;
        case OutKind::kSignals:
          writer_.append(state::EntryKind::kSignals, out.signal_count, out.bytes);
          break;
        case OutKind::kExpireAtEnd:
          writer_.append(state::EntryKind::kExpireAtEnd, 0, {});
          break;
        case OutKind::kCheckpoint:
          writer_.commit(progress_);
          progress_.forget_committed();
          // pairs with the acquires in note_progress() and commit()
          is_committing_.store(false, std::memory_order_release);
          is_committing_.notify_one();
          break;
      }
      out_[handle].bytes.clear();
      free_out_.push(handle);
      // The input may be long in coming.
      if (writer_.stopped()) source_.abandon();
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
  bool is_running_ = false;
  bool had_output_ = false;
  bool ran_dry_ = false;  // the input, as far as was worked off
  Handle taken_ = 0;
  RulesPtr rules_;  // the stage's
  // With a state. Signals that are not handed on yet; how far each input has come.
  std::string signals_;
  std::uint64_t signals_handed_over_ = 0;
  std::vector<state::InputPlace> places_;
  std::vector<ingest::FilePlace> followed_;  // since the last commit
  std::string snapshot_;                     // that is to be committed next
  std::uint64_t snapshot_bytes_ = 0;         // of the last one
  std::uint64_t logged_bytes_ = 0;           // since then
  std::uint64_t bytes_before_ = 0;
  std::uint64_t uncommitted_bytes_ = 0;
  Clock::time_point last_commit_;
  bool has_gap_ = false;
  // Resolver thread while is_committing_ is false, writer thread while it is true.
  state::Progress progress_;
  std::atomic<bool> is_committing_{false};
};

}  // namespace

MemoryNeed memory_max(const PipelineOptions& options, const catalogue::Limits& limits) {
  // A chunk stands for eight times its capacity, and one line that may be longer than that.
  const std::uint64_t input = 8 * options.chunk_bytes + limits.record_bytes_max;
  // In a chunk: read into, held, and both once more where a line makes it grow.
  const std::uint64_t chunk = 4 * options.chunk_bytes + 4 * limits.record_bytes_max;
  // To parse and match a record: its own copy, the parser's lists, texts without their escapes.
  const std::uint64_t scratch = 16 * limits.record_bytes_max;
  // A signal says what its line says, some of it twice; a reject is a line, and so many bytes more
  // than the shortest there is. A text that grows is there twice.
  constexpr std::uint64_t kRejectPerByte = 80;
  const std::uint64_t rejects = options.worker.want_rejects ? 2 * kRejectPerByte * input : 0;
  const std::uint64_t batch = 6 * input + rejects;
  const std::uint64_t out = std::max<std::uint64_t>(4 * ResolverStage::kFullBytes, rejects);
  constexpr std::uint64_t kStack = 1U << 20U;  // as far as it is used
  MemoryNeed need;
  need.threads =
      options.workers * (kChunksPerWorker * chunk + scratch + kBatchesPerWorker * batch + kStack) +
      (kOutBuffers + kSinkCount + 1) * (out + 2 * limits.record_bytes_max);
  need.resolver = intent::Resolver::memory_max(limits);
  // One that is written while the next one is made and grows.
  if (options.state != nullptr) need.snapshots = 2 * need.resolver;
  return need;
}

state::CatalogueIdentity identity_of(const catalogue::Catalogue& catalogue) {
  return {.sha256 = catalogue.sha256,
          .name = catalogue.id + " " + catalogue.version,
          .text = catalogue.resolved};
}

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
                       .skip = options.skip,
                       .after_line = nullptr,
                       .when_full = nullptr,
                       .context = nullptr});
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
