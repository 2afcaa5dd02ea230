#include "app/gen.h"

#include <gtest/gtest.h>

#include <cctype>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/utf8.h"

namespace hashcart::app {
namespace {

using nlohmann::json;

std::vector<std::string> lines_of(const GenOptions& options) {
  std::vector<std::string> lines;
  run_gen(options, [&](std::string_view line) {
    lines.emplace_back(line);
    return true;
  });
  return lines;
}

GenOptions unbroken(std::uint64_t seed, std::uint64_t posts) {
  GenOptions options;
  options.seed = seed;
  options.posts = posts;
  options.broken = 0;
  options.blank = 0;
  return options;
}

std::uint64_t fnv(const std::vector<std::string>& lines) {
  std::uint64_t hash = 0xCBF2'9CE4'8422'2325U;
  for (const std::string& line : lines) {
    for (const char c : line) {
      hash = (hash ^ static_cast<unsigned char>(c)) * 0x100'0000'01B3U;
    }
  }
  return hash;
}

bool is_delete(const json& line) {
  return line.contains("delete") || line.contains("deleted") ||
         (line.contains("data") &&
          (line["data"].contains("delete") || line["data"].contains("user_delete"))) ||
         (line.contains("kind") &&
          (line["kind"] == "account" ||
           (line["kind"] == "commit" && line["commit"]["operation"] == "delete")));
}

TEST(Gen, SameSeedSameBytes) {
  const GenOptions options = unbroken(7, 3000);
  EXPECT_EQ(lines_of(options), lines_of(options));
  EXPECT_NE(fnv(lines_of(options)), fnv(lines_of(unbroken(8, 3000))));
}

// Compilers and machines do not matter. The figure changes with every change to the generator.
TEST(Gen, SameBytesOnEveryMachine) {
  GenOptions options;
  options.posts = 2000;
  options.intents = 0.1;
  EXPECT_EQ(fnv(lines_of(options)), 16459335542816138318U);
}

TEST(Gen, EveryLineEndsOnceAndIsJson) {
  GenOptions options = unbroken(3, 4000);
  options.intents = 0.2;
  options.deletes = 0.1;
  options.duplicates = 0.05;
  for (const std::string& line : lines_of(options)) {
    ASSERT_TRUE(line.ends_with('\n'));
    ASSERT_EQ(line.find('\n'), line.size() - 1);
    ASSERT_TRUE(base::is_valid_utf8(line)) << line;
    ASSERT_FALSE(json::parse(line, nullptr, false).is_discarded()) << line;
  }
}

// Where they say they stand: code points of the escaped text on X, bytes on Bluesky.
TEST(Gen, EntitiesAndFacetsStandWhereTheySay) {
  GenOptions options = unbroken(4, 4000);
  options.intents = 0.2;
  int seen = 0;
  const auto points = [](const std::string& text) {
    std::vector<std::size_t> starts;
    for (std::size_t at = 0; at < text.size(); at += base::decode_at(text, at).size) {
      starts.push_back(at);
    }
    starts.push_back(text.size());
    return starts;
  };
  const auto check_v1 = [&](const json& status, const auto& check) -> void {
    for (const char* inner : {"retweeted_status", "quoted_status"}) {
      if (status.contains(inner)) check(status[inner], check);
    }
    const bool extended = status.contains("extended_tweet");
    const json& from = extended ? status["extended_tweet"] : status;
    const std::string text = extended ? from["full_text"] : from["text"];
    const std::vector<std::size_t> starts = points(text);
    const auto slice = [&](const json& entity) {
      const std::size_t first = entity["indices"][0];
      const std::size_t last = entity["indices"][1];
      EXPECT_LT(last, starts.size()) << status.dump();
      return last < starts.size() ? text.substr(starts[first], starts[last] - starts[first])
                                  : std::string();
    };
    for (const json& tag : from["entities"]["hashtags"]) {
      const std::string name = tag["text"];
      const std::string there = slice(tag);
      EXPECT_TRUE(there == "#" + name || there == "＃" + name) << there << "\n" << status.dump();
      ++seen;
    }
    for (const json& url : from["entities"]["urls"]) EXPECT_EQ(slice(url), url["url"]);
  };
  for (const std::string& written : lines_of(options)) {
    const json line = json::parse(written);
    if (line.contains("id_str")) check_v1(line, check_v1);
    if (!line.contains("commit") || !line["commit"].contains("record")) continue;
    const json& record = line["commit"]["record"];
    for (const json& facet : record.value("facets", json::array())) {
      const json& feature = facet["features"][0];
      if (!feature.contains("tag")) continue;
      const std::size_t start = facet["index"]["byteStart"];
      const std::size_t end = facet["index"]["byteEnd"];
      const std::string text = record["text"];
      const std::string name = feature["tag"];
      const std::string there = text.substr(start, end - start);
      EXPECT_TRUE(there == "#" + name || there == "＃" + name) << there;
      ++seen;
    }
  }
  EXPECT_GT(seen, 300);
}

TEST(Gen, WritesAsManyPostsAsAskedFor) {
  GenOptions options = unbroken(5, 2000);
  options.bluesky = 0;  // its likes would have to be told apart
  std::uint64_t posts = 0;
  for (const std::string& line : lines_of(options)) {
    if (!is_delete(json::parse(line))) ++posts;
  }
  EXPECT_EQ(posts, 2000U);
}

TEST(Gen, StopsWhenToldTo) {
  int lines = 0;
  run_gen(GenOptions{}, [&](std::string_view) { return ++lines < 10; });
  EXPECT_EQ(lines, 10);
}

TEST(Gen, WritesTheDialectsItIsToldTo) {
  const auto kinds_of = [](const GenOptions& options) {
    std::map<std::string, int> kinds;
    for (const std::string& written : lines_of(options)) {
      const json line = json::parse(written);
      if (is_delete(line)) continue;
      ++kinds[line.contains("id_str") ? "x-v1"
              : line.contains("data") ? "x-v2"
              : line.contains("did")  ? "bluesky"
                                      : "simple"];
    }
    return kinds;
  };
  GenOptions options = unbroken(6, 1000);
  EXPECT_EQ(kinds_of(options).size(), 4U);
  options.x_v2 = options.bluesky = options.simple = 0;
  EXPECT_EQ(kinds_of(options), (std::map<std::string, int>{{"x-v1", 1000}}));
  options.x_v1 = 0;
  options.bluesky = 1;
  options.others = 0;
  options.intents = 1;
  EXPECT_EQ(kinds_of(options), (std::map<std::string, int>{{"bluesky", 1000}}));
}

// What a stream of X weighs: the figures that benchmarks quote are made with it.
TEST(Gen, PostsHaveTheSizeOfRealOnes) {
  GenOptions options = unbroken(9, 4000);
  options.x_v2 = options.bluesky = options.simple = 0;
  std::size_t bytes = 0;
  for (const std::string& line : lines_of(options)) bytes += line.size();
  EXPECT_GT(bytes / 4000, 2800U);
  EXPECT_LT(bytes / 4000, 5500U);
  options.x_v1 = 0;
  options.bluesky = 1;
  options.others = 0;
  bytes = 0;
  for (const std::string& line : lines_of(options)) bytes += line.size();
  EXPECT_GT(bytes / 4000, 400U);
  EXPECT_LT(bytes / 4000, 1200U);
}

TEST(Gen, EscapedLinesAreAscii) {
  GenOptions options = unbroken(10, 2000);
  options.bluesky = 0;
  options.escapes = 1;
  for (const std::string& line : lines_of(options)) ASSERT_TRUE(base::is_ascii(line)) << line;
  options.escapes = 0;
  bool any = false;
  for (const std::string& line : lines_of(options)) any = any || !base::is_ascii(line);
  EXPECT_TRUE(any);
}

TEST(Gen, DeliversTwiceAndDeletesAndBreaksOnDemand) {
  GenOptions options;
  options.seed = 11;
  options.posts = 5000;
  options.rate = 5;
  options.duplicates = 0.1;
  options.deletes = 0.2;
  options.broken = 0.02;
  options.blank = 0.02;
  options.others = 0;
  std::set<std::string> before;
  int twice = 0;
  int deletes = 0;
  int broken = 0;
  int blank = 0;
  for (const std::string& written : lines_of(options)) {
    if (written == "\n" || written == "\r\n") {
      ++blank;
      continue;
    }
    const json line = json::parse(written, nullptr, false);
    if (line.is_discarded()) {
      ++broken;
      EXPECT_NE(written.find("AmazonCart"), std::string::npos) << written;
    } else if (is_delete(line)) {
      ++deletes;
    } else if (!before.insert(written).second) {
      ++twice;
    }
  }
  EXPECT_GT(twice, 300);
  EXPECT_GT(deletes, 400);
  EXPECT_GT(broken, 30);
  EXPECT_GT(blank, 50);
}

struct Corpus {
  std::vector<std::string> lines;
  std::set<std::string> ids;  // of answers, as the generator names them
};

Corpus corpus_of(const GenOptions& options) {
  Corpus corpus;
  run_gen(
      options,
      [&](std::string_view line) {
        corpus.lines.emplace_back(line);
        return true;
      },
      [&](std::string_view id) { EXPECT_TRUE(corpus.ids.emplace(id).second) << id; });
  return corpus;
}

GenOptions corpus_options(bool bluesky, double matches, double near_misses) {
  GenOptions options;
  options.x_v1 = bluesky ? 0 : 1;
  options.x_v2 = 0;
  options.bluesky = bluesky ? 1 : 0;
  options.simple = 0;
  options.escapes = 0.5;
  options.reposts = 0.6;
  options.posts = 3000;
  options.corpus = {.matches = matches, .near_misses = near_misses};
  return options;
}

bool is_word(unsigned char c) { return c >= 0x80 || std::isalnum(c) != 0 || c == '_'; }

// The question, asked of decoded text and URLs in the plainest way.
bool answers(const std::string& text, const std::vector<std::string>& urls) {
  const auto lower = [](std::string said) {
    for (char& c : said) c = base::ascii_lower(c);
    return said;
  };
  const std::string folded = lower(text);
  for (const std::string_view tag : kQuestionTags) {
    const std::string key = "#" + lower(std::string(tag));
    for (std::size_t at = folded.find(key); at != std::string::npos;
         at = folded.find(key, at + 1)) {
      const std::size_t end = at + key.size();
      if (end == folded.size() || !is_word(static_cast<unsigned char>(folded[end]))) return true;
    }
  }
  for (const std::string& url : urls) {
    std::string host = lower(url).substr(url.find("://") + 3);
    host = host.substr(0, host.find_first_of("/?#"));
    for (const std::string_view wanted : kQuestionHosts) {
      if (host == wanted || host.ends_with("." + std::string(wanted))) return true;
    }
  }
  return false;
}

TEST(Gen, CorpusSaysWhichPostsAnswer) {
  for (const bool bluesky : {false, true}) {
    const Corpus corpus = corpus_of(corpus_options(bluesky, 0.2, 0.1));
    ASSERT_EQ(corpus.lines.size(), 3000U);
    EXPECT_GT(corpus.ids.size(), 500U);
    EXPECT_LT(corpus.ids.size(), 700U);
    std::set<std::string> found;
    std::size_t near = 0;  // a tag or a host somewhere, and no answer
    for (const std::string& line : corpus.lines) {
      const json post = json::parse(line);
      std::string id;
      std::string text;
      std::vector<std::string> urls;
      const auto add = [&](const json& entities) {
        for (const json& url : entities.at("urls")) urls.push_back(url.at("expanded_url"));
      };
      if (bluesky) {
        const json& record = post.at("commit").at("record");
        id = post.at("commit").at("rkey");
        text = record.at("text");
        for (const json& facet : record.value("facets", json::array())) {
          for (const json& feature : facet.at("features")) {
            if (feature.contains("uri")) urls.push_back(feature.at("uri"));
          }
        }
        if (record.contains("embed") && record["embed"].contains("external")) {
          urls.push_back(record["embed"]["external"].at("uri"));
        }
      } else {
        const json& whole = post.contains("extended_tweet") ? post["extended_tweet"] : post;
        id = post.at("id_str");
        text = whole.at(post.contains("extended_tweet") ? "full_text" : "text");
        add(whole.at("entities"));
      }
      if (answers(text, urls)) {
        found.insert(id);
      } else if (line.find("mazon") != std::string::npos || line.find("mex") != std::string::npos) {
        ++near;
      }
    }
    EXPECT_EQ(found, corpus.ids);
    EXPECT_GT(near, 150U);
  }
}

TEST(Gen, CorpusHasItsSizeAndItsShare) {
  GenOptions options = corpus_options(false, 0, 0);
  options.corpus->bytes = 1'000'000;
  const Corpus none = corpus_of(options);
  EXPECT_TRUE(none.ids.empty());
  std::size_t bytes = 0;
  for (const std::string& line : none.lines) bytes += line.size();
  EXPECT_GE(bytes, 1'000'000U);
  EXPECT_LT(bytes - none.lines.back().size(), 1'000'000U);
  EXPECT_GT(bytes / none.lines.size(), 5'000U);  // whole payloads
  EXPECT_LT(bytes / none.lines.size(), 6'500U);
  EXPECT_EQ(none.lines, corpus_of(options).lines);
  const Corpus all = corpus_of(corpus_options(true, 1, 0));
  EXPECT_EQ(all.ids.size(), all.lines.size());
}

}  // namespace
}  // namespace hashcart::app
