// Fuzz target: any bytes as a record, against nlohmann-json, with which simdjson shares no code.
//
// The first byte picks the framing. What validate() accepts, nlohmann must accept (but for numbers
// over a double's range); a post of the `simple` dialect must have the id and text that nlohmann
// reads; every view is UTF-8 and every range lies on boundaries of its text.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/utf8.h"
#include "post/post_reader.h"

namespace {

namespace post = hashcart::post;
namespace base = hashcart::base;

void require(bool holds) {
  if (!holds) std::abort();
}

bool is_boundary(std::string_view text, std::size_t at) {
  return at <= text.size() &&
         (at == text.size() || (static_cast<unsigned char>(text[at]) & 0xC0U) != 0x80U);
}

void require_id(std::string_view id) {
  require(id.size() <= 512 && base::is_valid_utf8(id));
  for (const char c : id) require(static_cast<unsigned char>(c) >= 0x20 && c != 0x7F);
}

void require_sound(const post::Post& it) {
  require(!it.id.empty() && !it.chain_id.empty());
  for (const std::string_view id : {it.id, it.local_id, it.chain_id, it.author_id, it.reply_to,
                                    it.reply_to_author, it.repost_of, it.quote_of}) {
    require_id(id);
  }
  require(it.role != post::Role::kMain || it.has_time);
  require(base::is_valid_utf8(it.text) && base::is_valid_utf8(it.author_handle) &&
          base::is_valid_utf8(it.lang));
  for (const post::Tag& tag : it.tags) {
    require(!tag.text.empty() && base::is_valid_utf8(tag.text));
    require(tag.start <= tag.end && is_boundary(it.text, tag.start) &&
            is_boundary(it.text, tag.end));
  }
  for (const post::Link& link : it.links) {
    require(!link.url.empty() && base::is_valid_utf8(link.url));
    require(link.start <= link.end && is_boundary(it.text, link.start) &&
            is_boundary(it.text, link.end));
  }
  for (const post::ProductTag& tag : it.product_tags) {
    require(!tag.id.empty() && base::is_valid_utf8(tag.name) && base::is_valid_utf8(tag.price));
    require_id(tag.id);
  }
}

// These may read a post before the one it is embedded in.
bool is_graph(post::Dialect dialect) {
  return dialect == post::Dialect::kInstagram || dialect == post::Dialect::kFacebook ||
         dialect == post::Dialect::kThreads || dialect == post::Dialect::kPinterest;
}

// 1e999, or as many digits: JSON, but over a double's range, so that nlohmann refuses it.
bool may_hold_huge_number(std::string_view record) {
  constexpr std::size_t kDigits = 308;
  std::size_t digits = 0;
  for (const char c : record) {
    digits = c >= '0' && c <= '9' ? digits + 1 : 0;
    if (c == 'e' || c == 'E' || digits > kDigits) return true;
  }
  return false;
}

// The one post of a simple record that is an object.
void require_same(const nlohmann::json& object, const post::Post& it) {
  const nlohmann::json& id = object.at("id");
  if (id.is_string()) require(it.id == id.get<std::string>());
  if (id.is_number_integer()) require(it.id == id.dump());  // longer numbers are reals to nlohmann
  const auto text = object.find("text");
  require(it.text ==
          (text == object.end() || text->is_null() ? std::string() : text->get<std::string>()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  static post::PostReader reader;
  static post::ParsedRecord parsed;
  std::string bytes(data + 1, data + size);
  const std::size_t record_size = bytes.size();
  bytes.append(hashcart::ingest::kPadding, '"');
  hashcart::ingest::RecordView record;
  record.bytes = std::string_view(bytes).substr(0, record_size);
  record.length = record_size;
  record.framing =
      data[0] % 2 == 0 ? hashcart::ingest::Framing::kNdjson : hashcart::ingest::Framing::kSse;

  reader.read(record, &parsed);
  require((parsed.kind == post::RecordKind::kRejected) ==
          (parsed.reason != post::RejectReason::kNone));
  if (parsed.post_count > 0 && is_graph(parsed.dialect))
    require(parsed.posts[0].role == post::Role::kMain);
  for (std::size_t i = 0; i < parsed.post_count; ++i) require_sound(parsed.posts[i]);
  for (const post::Delete& one : parsed.deletes) {
    require_id(one.post_id);
    require_id(one.author_id);
    require(one.whole_account ? !one.author_id.empty() : !one.post_id.empty());
  }
  if (record.framing != hashcart::ingest::Framing::kNdjson) {
    static_cast<void>(reader.validate(record));
    return 0;
  }

  // nlohmann recurses when it destroys; deeper values are not compared.
  std::size_t depth = 0;
  for (const char c : record.bytes) depth += c == '[' || c == '{' ? 1U : 0U;
  if (depth > 900) return 0;
  const nlohmann::json value = nlohmann::json::parse(record.bytes, nullptr, false);
  const bool nlohmann_accepts = !value.is_discarded();
  const bool is_simple = parsed.kind == post::RecordKind::kPosts &&
                         parsed.dialect == post::Dialect::kSimple && parsed.post_count == 1;
  if (is_simple && nlohmann_accepts && value.is_object()) require_same(value, parsed.posts[0]);
  const post::RejectReason reason = reader.validate(record);
  if (reason != post::RejectReason::kNone || nlohmann_accepts) return 0;
  require(may_hold_huge_number(record.bytes));  // a frame's payload is beyond what nlohmann sees
  return 0;
}
