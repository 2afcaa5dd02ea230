// One stage at a time over the same generated stream, so that a change shows where it acts: reading
// records, reading posts, matching on top of it, and the whole way in memory. Bytes/s are of input.
//
// Before anything is timed the stream is run once and its answer checked against the counts that
// the stages must come to; a wrong answer ends the program.
#include <benchmark/benchmark.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "app/gen.h"
#include "catalogue/catalogue_loader.h"
#include "emit/encoder.h"
#include "ingest/chunk.h"
#include "match/matcher.h"
#include "match/pattern_db.h"
#include "pipeline/pipeline.h"
#include "post/post_reader.h"

namespace {

using namespace hashcart;

struct World {
  World() : loaded(catalogue::load_texts(catalogue::default_texts())), db(loaded.catalogue) {
    app::GenOptions gen;
    gen.posts = 20'000;
    app::run_gen(gen, [&](std::string_view line) {
      stream += line;
      return true;
    });
    chunk.load_lines(stream, 0, 0);
    ingest::RecordCursor cursor(&chunk);
    for (ingest::RecordView record; cursor.next(&record);) records.push_back(record);
    const emit::RecordEncoder encoder(loaded.catalogue, {"bench"}, emit::UserMask::raw(), "bench");
    const pipeline::TextResult said = pipeline::run_text(stream, db, encoder, {});
    triggers = said.result.resolver.triggers;
    if (!said.result.balanced || said.result.totals.lines.total != records.size() ||
        triggers < 100) {
      std::fprintf(stderr, "wrong answer: not timed\n");
      std::exit(1);
    }
  }

  template <typename Visit>
  void each_record(Visit visit) const {
    for (const ingest::RecordView& record : records) visit(record);
  }

  catalogue::LoadResult loaded;
  match::PatternDb db;
  std::string stream;
  ingest::Chunk chunk{1};
  std::vector<ingest::RecordView> records;  // in the chunk
  std::uint64_t triggers = 0;
};

const World& world() {
  static const World it;
  return it;
}

void count_bytes(benchmark::State& state) {
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) *
                          static_cast<std::int64_t>(world().stream.size()));
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) *
                          static_cast<std::int64_t>(world().records.size()));
}

void read_posts(benchmark::State& state) {
  post::PostReader reader;
  post::ParsedRecord parsed;
  for (auto _ : state) {
    std::size_t posts = 0;
    world().each_record([&](const ingest::RecordView& record) {
      if (record.bytes.empty()) return;
      reader.read(record, &parsed);
      posts += parsed.post_count;
    });
    benchmark::DoNotOptimize(posts);
  }
  count_bytes(state);
}
BENCHMARK(read_posts)->Unit(benchmark::kMillisecond);

void read_and_match(benchmark::State& state) {
  post::PostReader reader;
  post::ParsedRecord parsed;
  match::Matcher matcher(world().db, {});
  std::string signals;
  for (auto _ : state) {
    std::uint64_t triggers = 0;
    world().each_record([&](const ingest::RecordView& record) {
      if (record.bytes.empty()) return;
      reader.read(record, &parsed);
      if (parsed.kind == post::RecordKind::kRejected) return;
      triggers += matcher.match(parsed, {}, &signals).triggers;
    });
    signals.clear();
    if (triggers < world().triggers) std::abort();
  }
  count_bytes(state);
}
BENCHMARK(read_and_match)->Unit(benchmark::kMillisecond);

void whole_way_in_memory(benchmark::State& state) {
  const emit::RecordEncoder encoder(world().loaded.catalogue, {"bench"}, emit::UserMask::raw(),
                                    "bench");
  for (auto _ : state) {
    const pipeline::TextResult said = pipeline::run_text(world().stream, world().db, encoder, {});
    if (said.result.resolver.triggers != world().triggers) std::abort();
  }
  count_bytes(state);
}
BENCHMARK(whole_way_in_memory)->Unit(benchmark::kMillisecond);

}  // namespace

int main(int argc, char** argv) {
  static_cast<void>(world());  // built and checked before the clock starts
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
