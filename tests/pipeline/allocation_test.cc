// A post that says nothing costs no allocation, from its bytes in a file to its count.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <string>

#include "app/gen.h"
#include "catalogue/catalogue_loader.h"
#include "emit/user_mask.h"
#include "match/pattern_db.h"
#include "pipeline/pipeline.h"
#include "post/counting_new.h"

#ifndef HASHCART_SANITIZED

namespace hashcart::pipeline {
namespace {

std::string corpus(bool on_x, std::uint64_t posts) {
  app::GenOptions gen;
  gen.seed = 5;
  gen.posts = posts;
  gen.x_v1 = on_x ? 1 : 0;
  gen.bluesky = on_x ? 0 : 1;
  gen.x_v2 = gen.simple = 0;
  app::CorpusOptions options;
  options.matches = 0;
  options.near_misses = 0;
  gen.corpus = options;
  std::string lines;
  app::run_gen(gen, [&](std::string_view line) {
    lines += line;
    return true;
  });
  return lines;
}

class Allocations : public testing::Test {
 protected:
  void SetUp() override {
    loaded_ = catalogue::load_texts(catalogue::default_texts());
    ASSERT_TRUE(loaded_.ok());
    char name[] = "/tmp/hashcart_allocation_test_XXXXXX";
    const int file = mkstemp(name);
    ASSERT_GE(file, 0);
    close(file);
    path_ = name;
  }
  void TearDown() override { std::remove(path_.c_str()); }

  // What a run over the lines allocates, with all that it needs to begin.
  std::size_t count_run(const match::PatternDb& db, const std::string& lines, unsigned workers,
                        ScanMode scan) {
    std::ofstream(path_, std::ios::binary) << lines;
    ingest::SourceOptions source_options;
    source_options.inputs = {path_};
    const emit::RecordEncoder encoder(loaded_.catalogue, {"stream"}, emit::UserMask::raw(), "test");
    PipelineOptions options;
    options.workers = workers;
    options.worker.scan = scan;
    const std::size_t before = post::testing::allocation_count();
    ingest::Source source(source_options);
    const PipelineResult result = run(&source, db, encoder, {}, options);
    const std::size_t made = post::testing::allocation_count() - before;
    EXPECT_TRUE(result.balanced);
    EXPECT_EQ(result.totals.lines.untriggered, result.totals.lines.total);
    return made;
  }

  catalogue::LoadResult loaded_;
  std::string path_;
};

TEST_F(Allocations, DoNotGrowWithTheInput) {
  constexpr std::size_t kFew = 4'000;
  constexpr std::size_t kMany = 16'000;
  const match::PatternDb db(loaded_.catalogue);
  for (const bool on_x : {true, false}) {
    const std::string few = corpus(on_x, kFew);
    const std::string many = corpus(on_x, kMany);
    for (const ScanMode scan : {ScanMode::kAuto, ScanMode::kOff}) {
      for (const unsigned workers : {1U, 2U}) {
        const std::size_t of_few = count_run(db, few, workers, scan);
        const std::size_t of_many = count_run(db, many, workers, scan);
        // Lists still grow when the longest post so far comes by, ever more seldom.
        EXPECT_LT(of_many, of_few + (kMany - kFew) / 100)
            << (on_x ? "x-v1" : "bluesky") << ", " << workers << " workers, scan "
            << (scan == ScanMode::kOff ? "off" : "auto");
      }
    }
  }
}

}  // namespace
}  // namespace hashcart::pipeline

#endif
