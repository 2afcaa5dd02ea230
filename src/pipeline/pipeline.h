// Pipeline: source, workers, resolver and writer, each a thread, joined by links of handles.
//
//   source ==chunk==> worker k mod N ==batch==> resolver ==out==> writer
//
// Chunks are dealt to the workers in turn and their batches collected in the same turn, so the
// resolver sees input order and the output bytes are the same for every number of workers. Empty
// chunks, batches and buffers come back the same way: every pool is filled at start, and an empty
// one is back-pressure. Shutdown flows downstream: the source ends, links close, stages drain.
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "emit/encoder.h"
#include "emit/sink.h"
#include "ingest/source.h"
#include "match/pattern_db.h"
#include "pipeline/resolver_stage.h"
#include "pipeline/rules.h"
#include "pipeline/worker.h"
#include "state/state_dir.h"

namespace hashcart::pipeline {

struct PipelineOptions {
  unsigned workers = 1;
  std::size_t chunk_bytes = 256U << 10U;
  WorkerOptions worker;
  // How long output may lie about before it is written; 0: hand over after every line that said
  // something. Bytes are the same for every value, only their moment is not.
  std::chrono::milliseconds flush_after{50};
  // Written at once where the input has no more for now.
  bool flush_when_dry = true;
  std::optional<std::uint64_t> limit;
  // So many records come first that are not said, though they count.
  std::uint64_t skip = 0;
  bool expire_at_end = false;
  // Null: the run begins with nothing and leaves nothing behind. Otherwise it goes on where the
  // state ends, its inputs and outputs are the state's, and waiting replies wait on at the end.
  // There is no limit then, and nothing is skipped. Used by the writer thread only while run()
  // runs.
  state::StateDir* state = nullptr;
  // How often what was done is committed to it: after so long, or after so much input (0: after any
  // batch), whichever comes first.
  std::chrono::milliseconds commit_after{1000};
  std::uint64_t commit_bytes = kNever;
  // A commit comes with a snapshot of the resolver once so much was logged since the last one, and
  // twice as much as that one took: so snapshots cost no more than the log does, and a start reads
  // no more than three times what there is to know.
  std::uint64_t snapshot_after_bytes = 64ULL << 20U;
  // The rules the state was made under, where its catalogue is another one. The run begins by
  // passing from them to its own.
  const Rules* rules_before = nullptr;
  // Rules to go on with; null: there will be none. Outlives run().
  RulesFeed* rules_feed = nullptr;

  static constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();
};

// What a run takes at most, besides its source, and what is there before it: the threads with their
// buffers, and the resolver.
struct MemoryNeed {
  std::uint64_t threads = 0;
  std::uint64_t resolver = 0;
  std::uint64_t snapshots = 0;  // of the resolver; with a state
};
[[nodiscard]] MemoryNeed memory_max(const PipelineOptions& options,
                                    const catalogue::Limits& limits);

// Null: not wanted. Used by the writer thread only while run() runs.
struct PipelineSinks {
  emit::Sink* records = nullptr;
  emit::Sink* outcomes = nullptr;
  emit::Sink* rejects = nullptr;
};

enum class StopCause : std::uint8_t {
  kEndOfInput,    // or the source was stopped by a signal
  kLimit,         // -n
  kReaderGone,    // the reader of an output closed it
  kOutputFailed,  // or the state
};

struct PipelineResult {
  StopCause cause = StopCause::kEndOfInput;
  std::string failure;  // kOutputFailed: what and why
  StageTotals totals;
  intent::ResolverStats resolver;
  std::uint64_t output_bytes = 0;  // to the records sink
  // The four equations hold (README, "The books"). After kLimit and kReaderGone the input was not
  // read to its end, so the fourth is not asked.
  bool balanced = false;
  // With a state: something could not be read, so what comes behind it is not committed.
  bool has_gap = false;
};

// Runs until the end of input. Throws base::SetupError only before anything is read: where the
// state cannot be replayed, or its outputs cannot be continued. Blocking.
[[nodiscard]] PipelineResult run(ingest::Source* source, const match::PatternDb& db,
                                 const emit::RecordEncoder& encoder, const PipelineSinks& sinks,
                                 const PipelineOptions& options);

// What a run over a text in memory said.
struct TextResult {
  PipelineResult result;
  std::string records;
  std::string outcomes;
  std::string rejects;
};

// The same on the calling thread alone, over NDJSON in memory (input 0): for catalogue tests and
// the demonstration.
[[nodiscard]] TextResult run_text(std::string_view ndjson, const match::PatternDb& db,
                                  const emit::RecordEncoder& encoder,
                                  const PipelineOptions& options);

}  // namespace hashcart::pipeline
