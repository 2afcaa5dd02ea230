// The pipeline over generated streams: the output bytes depend on the input alone.
#include "pipeline/pipeline.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <memory>
#include <string>

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
                MemorySink* records_sink = nullptr) {
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

TEST_F(PipelineTest, ReaderThatGoesAwayEndsItWithoutABalanceFault) {
  MemorySink records;
  records.stop_at = 1;
  const Said said = run_with(2, 4096, 4096, &records);
  EXPECT_EQ(said.result.cause, StopCause::kReaderGone);
  EXPECT_TRUE(said.result.balanced);
}

}  // namespace
}  // namespace hashcart::pipeline
