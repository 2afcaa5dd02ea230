// Every real file is read without harm, and what is refused is refused because it is not ours.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <utility>

#include "post/post_testing.h"

namespace hashcart::post {
namespace {

namespace fs = std::filesystem;

struct Counts {
  std::size_t files = 0;
  std::size_t files_recognised = 0;  // every record of them is the folder's dialect, or control
  std::size_t records = 0;
  std::size_t posts = 0;
  std::size_t control = 0;
  std::map<std::string, std::size_t> rejects;
};

// wanted: the dialect every post of the folder must be; kUnknown where a folder holds several.
Counts read_files(const fs::path& folder, Dialect wanted = Dialect::kUnknown) {
  Counts total;
  PostReader reader;
  ParsedRecord parsed;
  std::vector<fs::path> files;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file() && entry.path().extension() != ".md" &&
        entry.path().extension() != ".tsv") {
      files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  for (const fs::path& file : files) {
    Counts counts;
    std::size_t of_others = 0;
    for (const testing::TestRecord& one : testing::cut_file(file)) {
      const testing::PaddedRecord record(one.bytes, one.framing);
      reader.read(record.view(), &parsed);
      ++counts.records;
      const RejectReason whole = reader.validate(record.view());
      if (parsed.kind == RecordKind::kRejected) {
        ++counts.rejects[std::string(name(parsed.reason))];
        const bool is_json = nlohmann::json::accept(one.bytes);
        EXPECT_EQ(is_json, parsed.reason != RejectReason::kBadJson)
            << file << " " << one.bytes.substr(0, 100);
      } else {
        EXPECT_EQ(whole, RejectReason::kNone) << file;
        ++(parsed.kind == RecordKind::kPosts ? counts.posts : counts.control);
        // X's control messages stand between GNIP's activities.
        const bool is_theirs = wanted == Dialect::kUnknown || parsed.dialect == wanted ||
                               parsed.kind == RecordKind::kControl;
        if (!is_theirs) ++of_others;
        EXPECT_TRUE(is_theirs) << file << " is taken for " << name(parsed.dialect) << ": "
                               << one.bytes.substr(0, 100);
      }
    }
    ++total.files;
    if (of_others == 0 && counts.rejects.empty() && counts.records > 0) ++total.files_recognised;
    total.records += counts.records;
    total.posts += counts.posts;
    total.control += counts.control;
    for (const auto& [reason, count] : counts.rejects) total.rejects[reason] += count;
  }
  return total;
}

// One line a folder.
void print(const char* folder, const Counts& counts) {
  std::printf("%s: %zu files, %zu recognised whole; %zu records: %zu posts, %zu control", folder,
              counts.files, counts.files_recognised, counts.records, counts.posts, counts.control);
  for (const auto& [reason, count] : counts.rejects) {
    std::printf(", %zu %s", count, reason.c_str());
  }
  std::printf("\n");
}

class OurFiles : public ::testing::TestWithParam<const char*> {};
class FilesOfOthers : public ::testing::TestWithParam<const char*> {};
// Folders of one dialect: each record is known as what its folder says.
class FilesOfOneDialect : public ::testing::TestWithParam<std::pair<const char*, Dialect>> {};

fs::path folder_of(const char* name) { return testing::shared_folder() / "data" / "posts" / name; }

TEST_P(OurFiles, AreReadButForWhatIsNoPost) {
  const fs::path folder = folder_of(GetParam());
  if (!fs::exists(folder)) GTEST_SKIP() << folder << " is not there";
  Counts counts = read_files(folder);
  print(GetParam(), counts);
  // Bare records say neither whose they are nor which; broken lines are in the files as they came.
  const std::size_t refused = counts.records - counts.posts - counts.control;
  EXPECT_LE(refused - counts.rejects["no_id"], 10U);
  EXPECT_GT(counts.posts, refused - counts.rejects["no_id"]);
  EXPECT_EQ(counts.rejects["wrong_type"] + counts.rejects["duplicate_key"], 0U);
}

TEST_P(FilesOfOneDialect, AreKnownAsWhatTheirFolderSays) {
  const auto& [name, dialect] = GetParam();
  const fs::path folder = folder_of(name);
  if (!fs::exists(folder)) GTEST_SKIP() << folder << " is not there";
  const Counts counts = read_files(folder, dialect);
  print(name, counts);
  EXPECT_GT(counts.files, 0U);
  // No exceptions are known in these folders.
  EXPECT_EQ(counts.files_recognised, counts.files);
  EXPECT_EQ(counts.posts, counts.records);
}

TEST_P(FilesOfOthers, AreUnknownDialects) {
  const fs::path folder = folder_of(GetParam());
  if (!fs::exists(folder)) GTEST_SKIP() << folder << " is not there";
  Counts counts = read_files(folder);
  EXPECT_GT(counts.records, 0U);
  EXPECT_EQ(counts.rejects["unknown_dialect"], counts.records);
}

INSTANTIATE_TEST_SUITE_P(Folders, OurFiles,
                         ::testing::Values("x_v1", "x_v2", "bluesky", "mastodon", "purchase"));
INSTANTIATE_TEST_SUITE_P(Folders, FilesOfOthers,
                         ::testing::Values("instagram", "facebook", "threads", "pinterest"));
INSTANTIATE_TEST_SUITE_P(Folders, FilesOfOneDialect,
                         ::testing::Values(std::pair("gnip", Dialect::kGnip),
                                           std::pair("weibo", Dialect::kWeibo),
                                           std::pair("reddit", Dialect::kReddit),
                                           std::pair("tiktok", Dialect::kTiktok)));

}  // namespace
}  // namespace hashcart::post
