// What the tests of the grammars share: rows of JSON lines, and where to find them.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "match/hashtag_grammar.h"

namespace hashcart::match::testing {

// The folder of shared test data that is no part of the repository; it may be absent.
inline std::filesystem::path shared_path() {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): tests read the environment before any thread exists.
  if (const char* set = std::getenv("HASHCART_SHARED"); set != nullptr) return set;
  return std::filesystem::path(HASHCART_SOURCE_DIR) / ".." / "shared";
}

inline std::vector<nlohmann::json> read_rows(const std::filesystem::path& path) {
  std::vector<nlohmann::json> rows;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (!line.empty()) rows.push_back(nlohmann::json::parse(line));
  }
  return rows;
}

inline std::vector<nlohmann::json> read_conformance(const std::string& name) {
  return read_rows(shared_path() / "data" / "conformance" / name);
}

inline std::string cut(const std::string& text, std::uint32_t start, std::uint32_t end) {
  return text.substr(start, end - start);
}

inline std::vector<TagSpan> tag_spans(const std::string& text, base::Platform platform) {
  std::vector<TextSpan> urls;
  find_urls(text, platform, &urls);
  std::vector<TagSpan> tags;
  find_tags(text, platform, urls, &tags);
  return tags;
}

inline std::vector<std::string> tags_of(const std::string& text, base::Platform platform) {
  std::vector<std::string> found;
  for (const TagSpan& tag : tag_spans(text, platform)) {
    found.push_back(cut(text, tag.text_start, tag.text_end));
  }
  return found;
}

inline std::vector<std::string> urls_of(const std::string& text) {
  std::vector<TextSpan> spans;
  find_urls(text, base::Platform::kX, &spans);
  std::vector<std::string> found;
  for (const TextSpan& span : spans) found.push_back(cut(text, span.start, span.end));
  return found;
}

inline std::string folded_tag(const std::string& tag, base::Platform platform) {
  std::string out;
  fold_tag(tag, platform, &out);
  return out;
}

inline std::string folded_text(const std::string& text, base::Platform platform) {
  std::string out;
  fold_text(text, platform, &out);
  return out;
}

}  // namespace hashcart::match::testing
