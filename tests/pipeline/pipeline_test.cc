// The pipeline over generated streams: the output bytes depend on the input alone.
#include "pipeline/pipeline.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "app/gen.h"
#include "catalogue/catalogue_loader.h"
#include "emit/user_mask.h"
#include "match/pattern_db.h"

namespace hashcart::pipeline {
namespace {

class MemorySink final : public emit::Sink {
 public:
  emit::SinkStatus write(std::string_view bytes) override {
    if (text.size() >= stop_at) return emit::SinkStatus::kReaderGone;
    text += bytes;
    return emit::SinkStatus::kOk;
  }
  emit::SinkStatus finish() override { return emit::SinkStatus::kOk; }

  std::string text;
  std::size_t stop_at = std::string::npos;
};

struct Said {
  PipelineResult result;
  std::string records;
  std::string outcomes;
  std::string rejects;
};

class PipelineTest : public testing::Test {
 protected:
  void SetUp() override {
    catalogue::LoadResult loaded = catalogue::load_texts(catalogue::default_texts());
    ASSERT_TRUE(loaded.ok()) << catalogue::render(loaded.diagnostics, catalogue::default_texts());
    catalogue_ = std::make_unique<catalogue::Catalogue>(std::move(loaded.catalogue));
    db_ = std::make_unique<match::PatternDb>(*catalogue_);
    char name[] = "/tmp/hashcart_pipeline_test_XXXXXX";
    const int file = mkstemp(name);
    ASSERT_GE(file, 0);
    close(file);
    path_ = name;
    app::GenOptions gen;
    gen.seed = 11;
    gen.posts = 3000;
    gen.intents = 0.3;
    gen.broken = 0.01;
    gen.blank = 0.01;
    app::run_gen(gen, [&](std::string_view line) {
      stream_ += line;
      return true;
    });
    std::ofstream(path_, std::ios::binary) << stream_;
  }
  void TearDown() override { std::remove(path_.c_str()); }

  Said run_with(unsigned workers, std::size_t chunk_bytes, std::size_t read_bytes,
                MemorySink* records_sink = nullptr, RulesFeed* feed = nullptr) {
    ingest::SourceOptions source_options;
    source_options.inputs = {path_};
    source_options.read_bytes = read_bytes;
    ingest::Source source(source_options);
    const emit::RecordEncoder encoder(*catalogue_, {"stream"}, emit::UserMask::raw(), "test");
    PipelineOptions options;
    options.workers = workers;
    options.chunk_bytes = chunk_bytes;
    options.expire_at_end = true;
    options.worker.want_rejects = true;
    options.rules_feed = feed;
    MemorySink records;
    MemorySink outcomes;
    MemorySink rejects;
    if (records_sink == nullptr) records_sink = &records;
    Said out;
    out.result =
        run(&source, *db_, encoder,
            {.records = records_sink, .outcomes = &outcomes, .rejects = &rejects}, options);
    out.records = records_sink->text;
    out.outcomes = outcomes.text;
    out.rejects = rejects.text;
    return out;
  }

  std::string path_;
  std::string stream_;
  std::unique_ptr<catalogue::Catalogue> catalogue_;
  std::unique_ptr<match::PatternDb> db_;
};

TEST_F(PipelineTest, SaysTheSameForEveryNumberOfWorkersChunkAndReadSize) {
  const Said base = run_with(1, 256U << 10U, 256U << 10U);
  EXPECT_TRUE(base.result.balanced);
  EXPECT_GT(base.result.totals.lines.triggered, 50U);
  EXPECT_GT(base.records.size(), 0U);
  EXPECT_GT(base.rejects.size(), 0U);
  for (const unsigned workers : {1U, 2U, 3U, 8U}) {
    for (const std::size_t chunk_bytes : {std::size_t{4096}, std::size_t{20'000}}) {
      const Said said = run_with(workers, chunk_bytes, workers == 2 ? 777 : 64U << 10U);
      EXPECT_TRUE(said.result.balanced);
      EXPECT_EQ(said.records, base.records) << workers << " workers, chunks of " << chunk_bytes;
      EXPECT_EQ(said.outcomes, base.outcomes);
      EXPECT_EQ(said.rejects, base.rejects);
      EXPECT_EQ(said.result.totals.lines.untriggered, base.result.totals.lines.untriggered);
      EXPECT_EQ(said.result.totals.signals, base.result.totals.signals);
    }
  }
}

// The same rules under another name, as a reload makes them.
std::shared_ptr<const Rules> rules_named(const std::string& sha256) {
  auto out = std::make_shared<Rules>();
  auto catalogue = std::make_unique<catalogue::Catalogue>(
      catalogue::load_texts(catalogue::default_texts()).catalogue);
  catalogue->sha256 = sha256;
  out->db = std::make_unique<match::PatternDb>(*catalogue);
  out->encoder = std::make_unique<emit::RecordEncoder>(
      *catalogue, std::vector<std::string>{"stream"}, emit::UserMask::raw(), "test");
  out->catalogue = std::move(catalogue);
  return out;
}

TEST_F(PipelineTest, GoesOnByOtherRulesAndSaysTheSame) {
  const Said base = run_with(1, 256U << 10U, 256U << 10U);
  const std::string first_sha(64, 'a');
  const std::string second_sha(64, 'b');
  // The base has no hash, so its key is left out.
  const auto without = [&](std::string text) {
    for (const std::string& sha256 : {first_sha, second_sha}) {
      const std::string named = ",\"sha256\":\"" + sha256 + "\"";
      for (std::size_t at = text.find(named); at != std::string::npos; at = text.find(named, at)) {
        text.erase(at, named.size());
      }
    }
    return text;
  };
  for (const unsigned workers : {1U, 3U}) {
    RulesFeed feed;
    feed.offer(rules_named(first_sha));
    std::thread reload([&] { feed.offer(rules_named(second_sha)); });
    const Said said = run_with(workers, 4096, 64U << 10U, nullptr, &feed);
    reload.join();
    EXPECT_TRUE(said.result.balanced);
    EXPECT_EQ(without(said.records), base.records);
    EXPECT_NE(said.records, base.records) << "nothing was taken";
    EXPECT_EQ(without(said.outcomes), base.outcomes);
    EXPECT_EQ(without(said.rejects), base.rejects);
  }
}

TEST_F(PipelineTest, TextInMemorySaysWhatTheThreadsSay) {
  const Said base = run_with(2, 64U << 10U, 64U << 10U);
  const emit::RecordEncoder encoder(*catalogue_, {"stream"}, emit::UserMask::raw(), "test");
  PipelineOptions options;
  options.expire_at_end = true;
  const TextResult said = run_text(stream_, *db_, encoder, options);
  EXPECT_TRUE(said.result.balanced);
  EXPECT_EQ(said.records, base.records);
  EXPECT_EQ(said.outcomes, base.outcomes);
  EXPECT_EQ(said.rejects, base.rejects);
}

// What a kept log of signals is for: decoded, encoded again and replayed, it says the same bytes.
TEST_F(PipelineTest, ReplayedSignalsSayTheSame) {
  const emit::RecordEncoder encoder(*catalogue_, {"stream"}, emit::UserMask::raw(), "test");
  ingest::Chunk chunk(64U << 10U);
  chunk.load_lines(stream_, 0, 0);
  Worker worker(*db_, {}, encoder);
  Batch batch;
  worker.process(&chunk, &batch);
  ResolverStage::Options options;
  options.want_outcomes = true;
  ResolverStage first(*catalogue_, encoder, options);
  ASSERT_TRUE(first.apply(batch));
  first.finish(true);

  Batch replayed;
  std::string_view left = batch.signals;
  match::Signal signal;
  while (match::decode(&left, &signal)) match::encode(signal, &replayed.signals);
  EXPECT_EQ(replayed.signals, batch.signals);
  replayed.marks.push_back({replayed.signals.size(), 0, {}});
  ResolverStage second(*catalogue_, encoder, options);
  ASSERT_TRUE(second.apply(replayed));
  second.finish(true);
  EXPECT_GT(first.records.size(), 10'000U);
  EXPECT_EQ(second.records, first.records);
  EXPECT_EQ(second.outcomes, first.outcomes);
}

std::string without_offsets(std::string_view lines) {
  constexpr std::string_view kKey = "\"offset\":\"";
  std::string out;
  for (std::size_t at = 0; at < lines.size();) {
    const std::size_t key = lines.find(kKey, at);
    out += lines.substr(at, key - at);
    if (key == std::string_view::npos) break;
    at = lines.find('"', key + kKey.size());
  }
  return out;
}

TEST_F(PipelineTest, BadLineChangesOnlyItsOwnCounter) {
  const emit::RecordEncoder encoder(*catalogue_, {"stream"}, emit::UserMask::raw(), "test");
  // Under 1 MiB the only clock line is the first, whatever is put in behind it.
  const std::string text = stream_.substr(0, stream_.rfind('\n', 700'000) + 1);
  const TextResult base = run_text(text, *db_, encoder, {});
  const LineCounts& before = base.result.totals.lines;
  ASSERT_GT(before.triggered, 20U);
  for (const char* bad : {"{\"broken\": #AmazonCart\n", "{\"text\":\"\xFF #AmazonCart\"}\n",
                          "[[[[\"#AmazonCart\"\n", "\"#AmazonCart\n"}) {
    for (const std::size_t share : {3U, 5U, 9U}) {
      std::string with_it = text;
      with_it.insert(with_it.find('\n', with_it.size() * share / 10) + 1, bad);
      const TextResult said = run_text(with_it, *db_, encoder, {});
      const LineCounts& after = said.result.totals.lines;
      EXPECT_TRUE(said.result.balanced);
      EXPECT_EQ(after.rejected, before.rejected + 1) << bad;
      EXPECT_EQ(after.total, before.total + 1);
      EXPECT_EQ(after.triggered, before.triggered);
      EXPECT_EQ(after.untriggered, before.untriggered);
      EXPECT_EQ(without_offsets(said.records), without_offsets(base.records));
      EXPECT_EQ(without_offsets(said.outcomes), without_offsets(base.outcomes));
    }
  }
}

TEST_F(PipelineTest, ReaderThatGoesAwayEndsItWithoutABalanceFault) {
  MemorySink records;
  records.stop_at = 1;
  const Said said = run_with(2, 4096, 4096, &records);
  EXPECT_EQ(said.result.cause, StopCause::kReaderGone);
  EXPECT_TRUE(said.result.balanced);
}

}  // namespace
}  // namespace hashcart::pipeline
