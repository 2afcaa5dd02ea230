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
  std::size_t records = 0;
  std::size_t posts = 0;
  std::size_t control = 0;
  std::map<std::string, std::size_t> rejects;
};

Counts read_files(const fs::path& folder) {
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
      }
    }
    total.records += counts.records;
    total.posts += counts.posts;
    total.control += counts.control;
    for (const auto& [reason, count] : counts.rejects) total.rejects[reason] += count;
  }
  return total;
}

class OurFiles : public ::testing::TestWithParam<const char*> {};

fs::path folder_of(const char* name) { return testing::shared_folder() / "data" / "posts" / name; }

TEST_P(OurFiles, AreReadButForWhatIsNoPost) {
  const fs::path folder = folder_of(GetParam());
  if (!fs::exists(folder)) GTEST_SKIP() << folder << " is not there";
  Counts counts = read_files(folder);
  // Bare records say neither whose they are nor which; broken lines are in the files as they came.
  const std::size_t refused = counts.records - counts.posts - counts.control;
  EXPECT_LE(refused - counts.rejects["no_id"], 10U);
  EXPECT_GT(counts.posts, refused - counts.rejects["no_id"]);
  EXPECT_EQ(counts.rejects["wrong_type"] + counts.rejects["duplicate_key"], 0U);
}

// Files of a folder that are not recognised as its dialect, and why.
struct Unrecognised {
  const char* file;
  const char* why;
};

struct Folder {
  const char* name;
  Dialect dialect;
  std::vector<Unrecognised> unrecognised;
};

void PrintTo(const Folder& folder, std::ostream* out) { *out << folder.name; }

class FilesByFolder : public ::testing::TestWithParam<Folder> {};

TEST_P(FilesByFolder, AreTheDialectOfTheirFolder) {
  const Folder& wanted = GetParam();
  const fs::path folder = folder_of(wanted.name);
  if (!fs::exists(folder)) GTEST_SKIP() << folder << " is not there";
  std::map<std::string, const char*> unrecognised;
  for (const Unrecognised& one : wanted.unrecognised) unrecognised[one.file] = one.why;
  PostReader reader;
  ParsedRecord parsed;
  std::size_t files = 0;
  std::size_t recognised = 0;
  std::size_t posts = 0;
  std::size_t deletes = 0;
  Counts counts;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file() || entry.path().extension() == ".md") continue;
    ++files;
    const std::string file = fs::relative(entry.path(), folder).string();
    bool all_known = true;
    for (const testing::TestRecord& one : testing::cut_file(entry.path())) {
      const testing::PaddedRecord record(one.bytes, one.framing);
      reader.read(record.view(), &parsed);
      ++counts.records;
      // Files came with broken lines in them, which are of no dialect.
      const bool is_broken =
          parsed.kind == RecordKind::kRejected && parsed.reason == RejectReason::kBadJson;
      all_known = all_known && (is_broken || parsed.dialect == wanted.dialect);
      posts += parsed.post_count;
      deletes += parsed.deletes.size();
      if (parsed.kind == RecordKind::kRejected) {
        ++counts.rejects[std::string(name(parsed.reason))];
      } else {
        ++(parsed.kind == RecordKind::kPosts ? counts.posts : counts.control);
        EXPECT_EQ(reader.validate(record.view()), RejectReason::kNone) << file;
      }
    }
    recognised += all_known ? 1U : 0U;
    const bool is_exception = unrecognised.erase(file) > 0;
    EXPECT_EQ(all_known, !is_exception) << file;
  }
  for (const auto& [file, why] : unrecognised) ADD_FAILURE() << file << " is not there: " << why;
  EXPECT_GT(files, 0U);
  EXPECT_EQ(counts.rejects["wrong_type"] + counts.rejects["duplicate_key"], 0U);
  std::printf(
      "conformance: files of %s %zu/%zu: %zu records, %zu with posts (%zu posts), %zu control (%zu "
      "deletes)",
      wanted.name, recognised, files, counts.records, counts.posts, posts, counts.control, deletes);
  for (const auto& [reason, count] : counts.rejects) {
    if (count > 0) std::printf(", %zu %s", count, reason.c_str());
  }
  std::printf("\n");
}

const Folder kInstagramFiles = {
    "instagram",
    Dialect::kInstagram,
    {
        {"restfb_instagram_audio-metadata.json", "a piece of music; its keys are anybody's"},
        {"restfb_instagram_audio-response.json", "a list of music; its keys are anybody's"},
        {"restfb_instagram_content_publishing_limit.json", "a quota; no key is Instagram's alone"},
        {"restfb_instagram_igmedia-cci.json",
         "an id and the state of a copyright check, which Facebook's videos have too"},
        {"restfb_instagram_media-with-boost-ads.json", "an id and ads"},
        {"restfb_instagram_user.json", "an account; other platforms' look the same"},
        {"sns_instagram__apidata__hashtags__hashtag_info.json", "an id and a name"},
        {"sns_instagram__apidata__hashtags__hashtags_info.json", "ids and names"},
        {"sns_instagram__apidata__medias__insights.json",
         "counts; Facebook's insights look the same"},
        {"sns_instagram__apidata__medias__insights_new.json",
         "counts; Facebook's insights look the same"},
        {"sns_instagram__apidata__users__hashtag_search.json", "an id and a name"},
        {"sns_instagram__apidata__users__recently_searched_hashtags.json", "ids and names"},
        {"sns_instagram__models__ig_hashtag.json", "an id and a name"},
    }};

const Folder kFacebookFiles = {
    "facebook",
    Dialect::kFacebook,
    {
        {"sns_facebook__apidata__groups__group_default_fields.json",
         "a group; its keys are anybody's"},
        {"sns_facebook__apidata__groups__group_fields.json", "a group; its keys are anybody's"},
        {"sns_facebook__apidata__groups__groups_default_fields.json",
         "groups; their keys are anybody's"},
        {"sns_facebook__apidata__groups__groups_fields.json", "groups; their keys are anybody's"},
    }};

const Folder kThreadsFiles = {"threads",
                              Dialect::kThreads,
                              {
                                  {"restfb_threads_media-with-location.json",
                                   "an id and a place; Instagram's and Facebook's look the same"},
                              }};

const Folder kPinterestFiles = {
    "pinterest",
    Dialect::kPinterest,
    {
        {"sns_pin_analytics.json", "counts; no key is Pinterest's alone"},
    }};

const Folder kXV1Files = {"x_v1", Dialect::kXV1, {}};
const Folder kXV2Files = {"x_v2", Dialect::kXV2, {}};
const Folder kBlueskyFiles = {
    "bluesky",
    Dialect::kBluesky,
    {
        {"jetstream_v1_live_2026.manifest.json", "says what the file beside it holds"},
        {"indigo_capture_atprotocom.json",
         "an account as a moderation tool keeps it, its records under `value`"},
        {"indigo_capture_hackerdarkweb.json",
         "an account as a moderation tool keeps it, its records under `value`"},
    }};
const Folder kMastodonFiles = {
    "mastodon",
    Dialect::kMastodon,
    {
        {"bigbone_status_edit_history.json", "versions of one status, without its id"},
        {"tootsdk/quote.json", "a quote's state and what it quotes, cut out of a status"},
    }};
const Folder kGnipFiles = {"gnip", Dialect::kGnip, {}};
const Folder kWeiboFiles = {"weibo", Dialect::kWeibo, {}};
const Folder kRedditFiles = {"reddit", Dialect::kReddit, {}};
const Folder kTiktokFiles = {"tiktok", Dialect::kTiktok, {}};

INSTANTIATE_TEST_SUITE_P(Folders, FilesByFolder,
                         ::testing::Values(kXV1Files, kXV2Files, kBlueskyFiles, kMastodonFiles,
                                           kGnipFiles, kWeiboFiles, kRedditFiles, kTiktokFiles,
                                           kInstagramFiles, kFacebookFiles, kThreadsFiles,
                                           kPinterestFiles),
                         [](const auto& row) { return std::string(row.param.name); });
INSTANTIATE_TEST_SUITE_P(Folders, OurFiles,
                         ::testing::Values("x_v1", "x_v2", "bluesky", "mastodon", "purchase"));

}  // namespace
}  // namespace hashcart::post
