#include "emit/json_writer.h"

#include <array>
#include <charconv>

#include "base/utf8.h"

namespace hashcart::emit {
namespace {

void append_escape(unsigned char byte, std::string* out) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out->push_back('\\');
  switch (byte) {
    case '"':
    case '\\':
      out->push_back(static_cast<char>(byte));
      return;
    case '\b':
      out->push_back('b');
      return;
    case '\f':
      out->push_back('f');
      return;
    case '\n':
      out->push_back('n');
      return;
    case '\r':
      out->push_back('r');
      return;
    case '\t':
      out->push_back('t');
      return;
    default:
      out->append("u00");
      out->push_back(kHex[byte >> 4U]);
      out->push_back(kHex[byte & 0xFU]);
      return;
  }
}

}  // namespace

void append_json_escaped(std::string_view text, std::string* out) {
  std::size_t plain_from = 0;  // text[plain_from, at) goes out as it is
  std::size_t at = 0;
  const auto flush = [&] { out->append(text, plain_from, at - plain_from); };
  while (at < text.size()) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte >= 0x80) {
      const base::CodePoint point = base::decode_at(text, at);
      if (point.size == 1) {
        flush();
        base::append_utf8(base::kReplacement, out);
        plain_from = at + 1;
      }
      at += point.size;
      continue;
    }
    if (byte < 0x20 || byte == '"' || byte == '\\') {
      flush();
      append_escape(byte, out);
      plain_from = at + 1;
    }
    ++at;
  }
  flush();
}

void append_json_string(std::string_view text, std::string* out) {
  out->push_back('"');
  append_json_escaped(text, out);
  out->push_back('"');
}

void append_json_integer(std::uint64_t value, std::string* out) {
  std::array<char, 20> digits{};  // 2^64 - 1 has 20
  const auto result = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  out->append(digits.data(), result.ptr);
}

void JsonObject::key(std::string_view name) {
  if (!is_empty_) out_->push_back(',');
  is_empty_ = false;
  out_->push_back('"');
  out_->append(name);
  out_->append("\":");
}

void JsonObject::text(std::string_view name, std::string_view value) {
  key(name);
  append_json_string(value, out_);
}

void JsonObject::text_if(std::string_view name, std::string_view value) {
  if (!value.empty()) text(name, value);
}

void JsonObject::integer(std::string_view name, std::uint64_t value) {
  key(name);
  append_json_integer(value, out_);
}

void JsonObject::boolean(std::string_view name, bool value) {
  key(name);
  out_->append(value ? "true" : "false");
}

void JsonObject::raw(std::string_view name, std::string_view value) {
  key(name);
  out_->append(value);
}

JsonObject JsonObject::object(std::string_view name) {
  key(name);
  return JsonObject(out_);
}

JsonArray JsonObject::array(std::string_view name) {
  key(name);
  return JsonArray(out_);
}

void JsonArray::separate() {
  if (!is_empty_) out_->push_back(',');
  is_empty_ = false;
}

void JsonArray::text(std::string_view value) {
  separate();
  append_json_string(value, out_);
}

JsonObject JsonArray::object() {
  separate();
  return JsonObject(out_);
}

}  // namespace hashcart::emit
