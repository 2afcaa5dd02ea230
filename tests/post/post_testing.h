// Records without a source, and what a test says about what came out of them.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/event_time.h"
#include "ingest/chunk.h"
#include "post/post_reader.h"

namespace hashcart::post::testing {

// A record that owns its bytes and the padding after them. The padding is quotes: a reader that
// takes it for text shows.
class PaddedRecord {
 public:
  explicit PaddedRecord(std::string_view bytes, ingest::Framing framing = ingest::Framing::kNdjson)
      : bytes_(bytes), size_(bytes.size()), framing_(framing) {
    bytes_.append(ingest::kPadding, '"');
  }

  [[nodiscard]] ingest::RecordView view() const {
    ingest::RecordView view;
    view.bytes = std::string_view(bytes_).substr(0, size_);
    view.length = size_;
    view.framing = framing_;
    return view;
  }

 private:
  std::string bytes_;
  std::size_t size_;
  ingest::Framing framing_;
};

// What a record says, in keys that differ from their defaults. Ranges stand as the text they cut
// out.
inline nlohmann::ordered_json describe(const ParsedRecord& record) {
  using Json = nlohmann::ordered_json;
  static constexpr std::string_view kRoles[] = {"main", "repost_of", "quote_of", "reply_to",
                                                "included"};
  Json out;
  if (record.kind == RecordKind::kRejected) {
    out["reject"] = name(record.reason);
    return out;
  }
  if (record.dialect != Dialect::kUnknown) out["dialect"] = name(record.dialect);
  if (record.kind == RecordKind::kControl) out["control"] = true;
  for (std::size_t i = 0; i < record.post_count; ++i) {
    const Post& post = record.posts[i];
    Json it;
    const auto put = [&](const char* key, std::string_view value) {
      if (!value.empty()) it[key] = value;
    };
    const auto flag = [&](const char* key, bool value) {
      if (value) it[key] = true;
    };
    if (post.role != Role::kMain) it["role"] = kRoles[static_cast<std::size_t>(post.role)];
    it["platform"] = base::name(post.platform);
    put("id", post.id);
    put("local_id", post.local_id);
    if (post.chain_id != post.id) put("chain_id", post.chain_id);
    flag("is_edit", post.is_edit);
    if (post.has_time) it["time"] = base::format_rfc3339(post.time);
    flag("time_is_claimed", post.has_time && !post.time_is_platforms);
    put("author_id", post.author_id);
    put("author_handle", post.author_handle);
    flag("protected", post.author_protected);
    put("reply_to", post.reply_to);
    put("reply_to_author", post.reply_to_author);
    put("repost_of", post.repost_of);
    put("quote_of", post.quote_of);
    flag("is_repost", post.is_repost);
    flag("is_quote", post.is_quote);
    flag("truncated", post.truncated);
    put("lang", post.lang);
    it["text"] = post.text;
    flag("tags_are_complete", post.tag_truth == TagTruth::kListOnly);
    for (const Tag& tag : post.tags) {
      it["tags"].push_back({tag.text, post.text.substr(tag.start, tag.end - tag.start)});
    }
    for (const Link& link : post.links) {
      it["links"].push_back({link.url, post.text.substr(link.start, link.end - link.start)});
    }
    for (const ProductTag& tag : post.product_tags) {
      it["product_tags"].push_back({tag.id, tag.name, tag.price});
    }
    out["posts"].push_back(it);
  }
  for (const Delete& one : record.deletes) {
    Json it;
    it["platform"] = base::name(one.platform);
    if (one.whole_account) it["whole_account"] = true;
    if (!one.post_id.empty()) it["post_id"] = one.post_id;
    if (!one.author_id.empty()) it["author_id"] = one.author_id;
    out["deletes"].push_back(it);
  }
  for (const Tick& tick : record.ticks) {
    out["ticks"].push_back({base::name(tick.platform), base::format_rfc3339(tick.time)});
  }
  return out;
}

// The folder of real data that is not part of the repository; may not exist.
inline std::filesystem::path shared_folder() {
  const char* set = std::getenv("HASHCART_SHARED");
  return set != nullptr && *set != '\0'
             ? std::filesystem::path(set)
             : std::filesystem::path(HASHCART_SOURCE_DIR) / ".." / "shared";
}

inline std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

struct TestRecord {
  std::string bytes;
  ingest::Framing framing = ingest::Framing::kNdjson;
};

// Lines of a file, or its events (.sse), or all of it where it is one JSON value over many lines
// (.json).
inline std::vector<TestRecord> cut_file(const std::filesystem::path& path) {
  std::string all = read_file(path);
  if (path.extension() == ".json") return {{all, ingest::Framing::kJson}};
  const bool sse = path.extension() == ".sse";
  std::vector<TestRecord> records;
  std::string event;
  for (std::size_t at = 0; at < all.size();) {
    std::size_t end = all.find('\n', at);
    if (end == std::string::npos) end = all.size();
    std::string line = all.substr(at, end - at);
    at = end + 1;
    while (!line.empty() && line.back() == '\r') line.pop_back();
    if (!sse) {
      if (!line.empty()) records.push_back({line, ingest::Framing::kNdjson});
    } else if (!line.empty()) {
      event += line + "\n";
    } else if (!event.empty()) {
      records.push_back({event, ingest::Framing::kSse});
      event.clear();
    }
  }
  if (!event.empty()) records.push_back({event, ingest::Framing::kSse});
  return records;
}

}  // namespace hashcart::post::testing
