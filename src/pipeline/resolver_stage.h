// ResolverStage: batches in input order -> the resolver -> encoded records, outcomes and rejects.
//
// The one place where all cross-post state lives. What it appends to its three buffers is a
// function of the batches alone; when the buffers are handed on is the caller's business.
//
// Threads: one.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "emit/encoder.h"
#include "intent/resolver.h"
#include "match/signal.h"
#include "pipeline/batch.h"

namespace hashcart::pipeline {

// Everything the books and the statistics need, over the lines worked off so far.
struct StageTotals {
  LineCounts lines;
  std::uint64_t input_bytes = 0;
  std::uint64_t signals = 0;
  std::array<std::uint64_t, intent::kRecordTypeCount> records{};  // written, by type
};

// As plain numbers, for checkpoints, and back; false: they are not as many.
[[nodiscard]] std::vector<std::uint64_t> to_numbers(const StageTotals& totals);
[[nodiscard]] bool from_numbers(std::span<const std::uint64_t> numbers, StageTotals* totals);

class ResolverStage final : public intent::ResolverOutput {
 public:
  static constexpr std::size_t kFullBytes = 256U << 10U;

  struct Options {
    bool want_outcomes = false;
    std::optional<std::uint64_t> limit;  // stop after this many records were said
    std::uint64_t skip = 0;              // so many records come before that are not said
    // Called after each line that said something, for --flush line; may be null.
    void (*after_line)(void*) = nullptr;
    // Called where one of the buffers has kFullBytes or more, which a single signal can fill over
    // and over (a delete of an account), to empty it; may be null.
    void (*when_full)(void*) = nullptr;
    void* context = nullptr;  // of both
  };

  // catalogue and encoder outlive this.
  ResolverStage(const catalogue::Catalogue& catalogue, const emit::RecordEncoder& encoder,
                Options options)
      : encoder_(&encoder),
        options_(options),
        resolver_(std::make_unique<intent::Resolver>(catalogue)) {}

  // Works off one batch. False when the limit is reached: what comes after that line is not
  // counted, and no further batch may be given.
  [[nodiscard]] bool apply(const Batch& batch);

  // The end of input.
  void finish(bool expire_pendings);

  // Goes on by another catalogue and encoder. What the new catalogue has no place for ends, and is
  // said by the old encoder. *snapshot becomes the resolver's state.
  void pass_to(const catalogue::Catalogue& catalogue, const emit::RecordEncoder& encoder,
               std::string* snapshot);

  // The resolver's state, and back; the latter before anything else. False: they are no such bytes.
  void save(std::string* snapshot) const { resolver_->save(snapshot); }
  [[nodiscard]] bool load(std::string_view snapshot) { return resolver_->load(snapshot); }

  // Takes in signals whose records and outcomes were written before, and says nothing. False: they
  // are no signals.
  [[nodiscard]] bool replay(std::string_view signals, std::uint32_t count);
  void replay_finish(bool expire_pendings);
  // What was counted up to there. False: what was loaded and replayed did not say as many records.
  [[nodiscard]] bool restore(const StageTotals& totals);

  [[nodiscard]] bool limit_reached() const noexcept {
    return options_.limit && sequence_ >= options_.skip &&
           sequence_ - options_.skip >= *options_.limit;
  }
  [[nodiscard]] const StageTotals& totals() const noexcept { return totals_; }
  [[nodiscard]] intent::ResolverStats resolver_stats() const { return resolver_->stats(); }

  // What has been said since the caller last emptied them.
  std::string records;
  std::string outcomes;
  std::string rejects;

  void record(const intent::CartIntent& record) override;
  void outcome(const intent::Outcome& outcome) override;

 private:
  void see_to(const std::string& buffer) const {
    if (buffer.size() >= kFullBytes && options_.when_full != nullptr) {
      options_.when_full(options_.context);
    }
  }

  const emit::RecordEncoder* encoder_;
  const Options options_;
  std::unique_ptr<intent::Resolver> resolver_;
  match::Signal signal_;
  StageTotals totals_;
  std::uint64_t sequence_ = 0;  // of the last record
};

}  // namespace hashcart::pipeline
