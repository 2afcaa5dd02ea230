// The inside of simdjson 3.0.1's On-Demand API, as far as reading fast needs it. Internal to
// src/post, and the one place that knows it.
//
// On-Demand keeps its place in the document in memory, and takes each token from there: a load that
// waits for the store before it, four times a field. FieldCursor walks the same tokens with its
// place in a register and writes it back only where a value is handed out. What it accepts, what it
// refuses, and where it stands after each step are On-Demand's own (json_iterator::skip_child,
// value_iterator::has_next_field, object_iterator), token for token.
//
// Tokens are places of the document where a structural character, a string or a scalar starts. The
// last is followed by two more that stand at the end of the bytes, and kPadding readable bytes
// follow those, so no step needs to ask for the end: what stands there is no token that a document
// may go on with.
#pragma once

#include <immintrin.h>
#include <simdjson.h>

#include <bit>
#include <cstdint>
#include <string_view>

namespace hashcart::post {

namespace od = simdjson::ondemand;

static_assert(simdjson::SIMDJSON_VERSION_MAJOR == 3 && simdjson::SIMDJSON_VERSION_MINOR == 0,
              "another simdjson may keep its place in another way: compare it with this file");

// Members that On-Demand keeps to itself, by pointers to members: no object is taken for what it is
// not.
class JsonInsides {
 public:
  [[nodiscard]] static od::value_iterator& iterator(od::object& object) noexcept {
    return object.*(&Object::iter);
  }
  [[nodiscard]] static od::value_iterator& iterator(od::array& array) noexcept {
    return array.*(&Array::iter);
  }
  [[nodiscard]] static od::value_iterator& iterator(od::value& value) noexcept {
    return value.*(&Value::iter);
  }
  [[nodiscard]] static od::depth_t depth(const od::value_iterator& it) noexcept {
    return it.*(&ValueIterator::_depth);
  }
  [[nodiscard]] static od::token_position start(const od::value_iterator& it) noexcept {
    return it.*(&ValueIterator::_start_position);
  }
  [[nodiscard]] static od::value value(od::json_iterator* json, od::depth_t depth,
                                       od::token_position start) noexcept {
    return Value(ValueIterator(json, depth, start));
  }
  [[nodiscard]] static simdjson::error_code error(const od::json_iterator& json) noexcept {
    return json.*(&JsonIterator::error);
  }
  [[nodiscard]] static od::token_position end(const od::json_iterator& json) noexcept {
    return (json.*(&JsonIterator::end_position))();
  }
  static void set(od::json_iterator* json, od::token_position at, od::depth_t depth) noexcept {
    (json->*(&JsonIterator::token)).set_position(at);
    json->*(&JsonIterator::_depth) = depth;
  }

 private:
  struct Object : od::object {
    using od::object::iter;
  };
  struct Array : od::array {
    using od::array::iter;
  };
  struct Value : od::value {
    explicit Value(const od::value_iterator& it) noexcept : od::value(it) {}
    using od::value::iter;
  };
  struct ValueIterator : od::value_iterator {
    ValueIterator(od::json_iterator* json, od::depth_t depth, od::token_position start) noexcept
        : od::value_iterator(json, depth, start) {}
    using od::value_iterator::_depth;
    using od::value_iterator::_start_position;
  };
  struct JsonIterator : od::json_iterator {
    using od::json_iterator::_depth;
    using od::json_iterator::end_position;
    using od::json_iterator::error;
    using od::json_iterator::token;
  };
};

// The first character of a value.
[[nodiscard]] inline char first_char(od::value& value) noexcept {
  od::value_iterator& it = JsonInsides::iterator(value);
  return static_cast<char>(*it.json_iter().peek(JsonInsides::start(it)));
}

// Reads the fields of an object in order:
//
//   FieldCursor fields(object);
//   while (fields.next()) {
//     ... fields.key(), and then fields.value() or fields.skip()
//   }
//   return reason_of(fields.error());
//
// What was read of a value, if anything, is stepped over by next().
class FieldCursor {
 public:
  // object: none of its fields has been read.
  explicit FieldCursor(od::object& object) noexcept
      : json_(&JsonInsides::iterator(object).json_iter()),
        depth_(JsonInsides::depth(JsonInsides::iterator(object))),
        at_(json_->position()),
        bytes_(json_->peek(at_) - *at_),
        state_(State::kFirst) {}

  // Of the object that stands for the value of `outer`, which is one. Nothing is written to the
  // document: outer goes on behind it with leave().
  struct Inside {};
  FieldCursor(const FieldCursor& outer, Inside /*tag*/) noexcept
      : json_(outer.json_),
        depth_(outer.depth_ + 1),
        at_(outer.at_ + 1),
        bytes_(outer.bytes_),
        state_(State::kFirstInside) {}

  // Steps to the next field. False at the end of the object and at a fault, which error() tells.
  [[nodiscard]] bool next() noexcept { return next_token() && take_key(); }

  // The two halves of next(), for who can tell by a key's bytes that it is one.
  //
  // Steps to where the next field's key should stand.
  [[nodiscard, gnu::always_inline]] bool next_token() noexcept {
    switch (state_) {
      case State::kSkipped:
        return take_comma();
      case State::kUnread:
        return skip_to_next_token();
      case State::kFirst:
        if (json_->depth() < depth_) return false;  // an empty object is behind us already
        return !has_error();
      case State::kFirstInside:
        if (bytes_[*at_] != '}') return true;
        ++at_;
        return close();
      case State::kHandedOut:
        return step_over();
      case State::kClosed:
        break;
    }
    return false;
  }
  // What stands there: 64 readable bytes at least.
  [[nodiscard]] const char* token() const noexcept {
    return reinterpret_cast<const char*>(bytes_ + *at_);
  }
  // Takes it for a key and goes to the value. False if it is none.
  [[nodiscard, gnu::always_inline]] bool take_key() noexcept {
    if (bytes_[*at_] != '"' || !is_before_colon()) [[unlikely]] {
      return fail();
    }
    take_known_key();
    return true;
  }
  [[nodiscard]] bool is_before_colon() const noexcept { return bytes_[at_[1]] == ':'; }
  // The same where the caller has seen the quote, and the colon behind the key.
  void take_known_key() noexcept {
    key_ = bytes_ + *at_ + 1;
    at_ += 2;
    state_ = State::kUnread;
  }

  // What stands after the key's quote: 64 readable bytes at least.
  [[nodiscard]] const char* key() const noexcept { return reinterpret_cast<const char*>(key_); }

  // Where the value starts.
  [[nodiscard]] const char* first_char_at() const noexcept {
    return reinterpret_cast<const char*>(bytes_ + *at_);
  }
  [[nodiscard]] char first_char() const noexcept { return *first_char_at(); }

  // The document, to unescape the key in.
  [[nodiscard]] od::json_iterator& json() noexcept { return *json_; }

  // The value, to be read.
  [[nodiscard]] od::value value() noexcept {
    hand_out();
    return JsonInsides::value(json_, depth_ + 1, at_);
  }

  // Leaves the document where it stands at the field's value; for who stops here.
  void hand_out() noexcept {
    JsonInsides::set(json_, at_, depth_ + 1);
    state_ = State::kHandedOut;
  }

  // Steps over the value unread. False at a fault.
  [[nodiscard, gnu::always_inline]] bool skip() noexcept {
    state_ = State::kSkipped;
    const std::uint8_t c = take();
    if (c == '"') {
      if (bytes_[*at_] != ':') [[likely]] {
        return true;
      }
      ++at_;  // `"key" : "value" : ..`: On-Demand goes on to the end of what this stands in
    } else if ((c & 0xDFU) != 0x5B && c != ':' && c != ',') {  // '[' and '{' are 0x5B and 0x7B
      return true;
    }
    at_ = skip_container(bytes_, at_, JsonInsides::end(*json_));
    return at_ != nullptr || fail();
  }
  // skip(), and next_token().
  [[nodiscard, gnu::always_inline]] bool skip_to_next_token() noexcept {
    return skip() && take_comma();
  }

  // A value that is read where it stands, without the document:
  //
  // The bytes from its first to where the next token starts; blanks may end them.
  [[nodiscard]] std::string_view value_token() const noexcept {
    return {first_char_at(), at_[1] - at_[0]};
  }
  // Whether the value, an array, is empty.
  [[nodiscard]] bool is_empty_array() const noexcept { return bytes_[at_[1]] == ']'; }
  // Goes behind a value of `tokens` tokens.
  void pass(std::ptrdiff_t tokens) noexcept {
    at_ += tokens;
    state_ = State::kSkipped;
  }
  // Goes behind the object that stands for the value, which `inside` has read. An object that it
  // has not read to its end is stepped over by next(): with a fault from where the document was
  // handed out last, as On-Demand would, else whole.
  void leave(const FieldCursor& inside, bool has_fault) noexcept {
    if (inside.state_ == State::kClosed) {
      at_ = inside.at_;
      state_ = State::kSkipped;
    } else {
      state_ = has_fault ? State::kHandedOut : State::kUnread;
    }
  }

  [[nodiscard]] simdjson::error_code error() const noexcept { return error_; }

 private:
  enum class State : std::uint8_t {
    kFirst,        // before the first field, where the document stands too
    kFirstInside,  // before the first field, and the document does not know
    kUnread,       // at_ is at a value
    kHandedOut,    // the document knows: at a value of this object, or where its reader left
    kSkipped,      // at_ is behind a value
    kClosed,       // at_ is behind the object
  };

  std::uint8_t take() noexcept { return bytes_[*at_++]; }

  // The object's end: the document goes on behind it.
  bool close() noexcept {
    JsonInsides::set(json_, at_, depth_ - 1);
    state_ = State::kClosed;
    return false;
  }

  // From behind a value to the next token.
  bool take_comma() noexcept {
    if (const std::uint8_t c = take(); c != ',') [[unlikely]] {
      return c == '}' ? close() : fail();
    }
    return true;
  }

  bool fail() noexcept {
    error_ = simdjson::TAPE_ERROR;
    return false;
  }

  // An error that who read a value left in the document.
  bool has_error() noexcept {
    error_ = JsonInsides::error(*json_);
    return error_ != simdjson::SUCCESS;
  }
  // From a value that was handed out to the next field.
  bool step_over() noexcept {
    const od::depth_t depth = json_->depth();
    if (depth != depth_) [[unlikely]] {
      if (depth < depth_) return false;
      if (depth == depth_ + 1 && json_->position() == at_) {  // nobody read it
        if (!skip()) return false;
      } else {
        error_ = skip_rest(json_, depth_);
        if (error_ != simdjson::SUCCESS) return false;
        at_ = json_->position();
      }
    } else {
      at_ = json_->position();
    }
    if (const std::uint8_t c = take(); c != ',') return c == '}' ? close() : fail();
    return !has_error();
  }
  // What is not inlined takes values and not the cursor, whose place would else live in memory.

  // The place behind the container whose first token stands before `at`; nullptr if it has no end.
  [[gnu::noinline]] static od::token_position skip_container(const std::uint8_t* bytes,
                                                             od::token_position at,
                                                             od::token_position end) noexcept {
    for (std::int32_t depth = 1; at < end;) {
      const std::uint8_t c = bytes[*at++];
      // ']' and '}' are 0x5D and 0x7D.
      if ((c & 0xDFU) == 0x5B) {
        ++depth;
      } else if ((c & 0xDFU) == 0x5D && --depth == 0) {
        return at;
      }
    }
    return nullptr;
  }
  [[gnu::noinline]] static simdjson::error_code skip_rest(od::json_iterator* json,
                                                          od::depth_t depth) noexcept {
    return json->skip_child(depth);
  }

  od::json_iterator* json_;
  od::depth_t depth_;  // of the object
  od::token_position at_;
  const std::uint8_t* bytes_;  // of the document
  const std::uint8_t* key_ = nullptr;
  State state_;
  simdjson::error_code error_ = simdjson::SUCCESS;
};

// Reads the elements of an array in order, as FieldCursor does fields. Each is handed out.
class ElementCursor {
 public:
  // array: none of its elements has been read.
  explicit ElementCursor(od::array& array) noexcept
      : json_(&JsonInsides::iterator(array).json_iter()),
        depth_(JsonInsides::depth(JsonInsides::iterator(array))) {}

  // Steps to the next element. False at the end of the array and at a fault, which error() tells.
  [[nodiscard]] bool next() noexcept {
    if (is_first_) {
      is_first_ = false;
      if (json_->depth() < depth_) return false;  // an empty array is behind us already
      error_ = JsonInsides::error(*json_);
      return error_ == simdjson::SUCCESS;
    }
    const od::depth_t depth = json_->depth();
    if (depth < depth_) return false;
    error_ = JsonInsides::error(*json_);
    if (error_ == simdjson::SUCCESS && depth > depth_) error_ = json_->skip_child(depth_);
    if (error_ != simdjson::SUCCESS) return false;
    const od::token_position at = json_->position();
    switch (*json_->peek(at)) {
      case ',':
        JsonInsides::set(json_, at + 1, depth_ + 1);
        return true;
      case ']':
        JsonInsides::set(json_, at + 1, depth_ - 1);
        return false;
      default:
        error_ = simdjson::TAPE_ERROR;
        return false;
    }
  }

  // The element, to be read.
  [[nodiscard]] od::value value() noexcept {
    return JsonInsides::value(json_, depth_ + 1, json_->position());
  }

  [[nodiscard]] simdjson::error_code error() const noexcept { return error_; }

 private:
  od::json_iterator* json_;
  od::depth_t depth_;  // of the array
  bool is_first_ = true;
  simdjson::error_code error_ = simdjson::SUCCESS;
};

// Where a string of the document ends, from `raw`, which stands after its quote.
struct StringEnd {
  std::size_t size = 0;     // bytes up to the closing quote, or
  bool has_escape = false;  // a backslash stands after `size` bytes
};

[[nodiscard]] inline StringEnd find_string_end(const char* raw) noexcept {
  const __m256i quote = _mm256_set1_epi8('"');
  const __m256i backslash = _mm256_set1_epi8('\\');
  for (std::size_t size = 0;; size += 32) {
    const __m256i bytes = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(raw + size));
    const __m256i found =
        _mm256_or_si256(_mm256_cmpeq_epi8(bytes, quote), _mm256_cmpeq_epi8(bytes, backslash));
    const auto mask = static_cast<std::uint32_t>(_mm256_movemask_epi8(found));
    if (mask == 0) continue;
    size += static_cast<std::size_t>(std::countr_zero(mask));
    return {size, raw[size] == '\\'};
  }
}

// The text of a value that is a string. Text without escapes stays where it stands in the record;
// other text is written to the parser's string buffer.
[[nodiscard]] inline simdjson::error_code get_text(od::value& value,
                                                   std::string_view* out) noexcept {
  od::value_iterator& it = JsonInsides::iterator(value);
  od::json_iterator& json = it.json_iter();
  const od::token_position start = JsonInsides::start(it);
  const char* const raw = reinterpret_cast<const char*>(json.peek(start)) + 1;
  const StringEnd end = find_string_end(raw);
  if (end.has_escape) return value.get_string().get(*out);
  *out = {raw, end.size};
  if (json.position() == start) JsonInsides::set(&json, start + 1, JsonInsides::depth(it) - 1);
  return simdjson::SUCCESS;
}

}  // namespace hashcart::post
