// JSON text, appended to a string the caller reuses: every line this program writes is made here.
//
// Output is always one valid JSON value in valid UTF-8, whatever the bytes are that go in. A byte
// that is no part of a well-formed sequence becomes U+FFFD. Control characters, `"` and `\` are
// escaped (RFC 8259, section 7), nothing else is: U+2028 and U+2029 are plain text in JSON.
//
// Cost: one pass over the text, no allocation once *out has grown.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace hashcart::emit {

// Appends text as a JSON string, quotes included.
void append_json_string(std::string_view text, std::string* out);

// Appends what stands between the quotes; for a string put together from parts, each of which is
// whole code points.
void append_json_escaped(std::string_view text, std::string* out);

void append_json_integer(std::uint64_t value, std::string* out);

class JsonArray;

// Writes the members of one object in the order of the calls and sees to the commas. An object
// opened inside must be closed before the next member of the outer one is written.
//
//   JsonObject post(out);
//   post.text("id", id);
//   post.text_if("lang", lang);  // left out when empty: absent keys are never null
//   post.close();
//
// Names are ours: plain ASCII that needs no escaping.
class JsonObject {
 public:
  explicit JsonObject(std::string* out) : out_(out) { out_->push_back('{'); }

  void text(std::string_view name, std::string_view value);
  void text_if(std::string_view name, std::string_view value);
  void integer(std::string_view name, std::uint64_t value);
  void boolean(std::string_view name, bool value);
  // value: JSON already.
  void raw(std::string_view name, std::string_view value);
  [[nodiscard]] JsonObject object(std::string_view name);
  [[nodiscard]] JsonArray array(std::string_view name);
  void close() { out_->push_back('}'); }

  // Writes `"name":` and leaves the value to the caller.
  void key(std::string_view name);

 private:
  std::string* out_;
  bool is_empty_ = true;
};

// The same for the elements of an array.
class JsonArray {
 public:
  explicit JsonArray(std::string* out) : out_(out) { out_->push_back('['); }

  void text(std::string_view value);
  [[nodiscard]] JsonObject object();
  void close() { out_->push_back(']'); }

 private:
  void separate();

  std::string* out_;
  bool is_empty_ = true;
};

}  // namespace hashcart::emit
