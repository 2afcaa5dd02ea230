#include "catalogue/id_pattern.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/utf8.h"

namespace hashcart::catalogue {
namespace {

constexpr std::size_t kIdBytesMax = 255;   // ids over this never match; stated in the header
constexpr std::uint16_t kRepeatMax = 255;  // more could not match an id of kIdBytesMax
constexpr std::uint16_t kUnbounded = 0xFFFF;
constexpr std::size_t kPatternBytesMax =
    512;  // bounds the atoms, and with them the cost of matches()

using Members = std::bitset<128>;

std::size_t index_of(char c) { return static_cast<std::size_t>(static_cast<unsigned char>(c)); }

void add_range(char from, char to, Members* members) {
  for (std::size_t i = index_of(from); i <= index_of(to); ++i) members->set(i);
}

void add_digits(Members* members) { add_range('0', '9', members); }

void add_word(Members* members) {
  add_digits(members);
  add_range('a', 'z', members);
  add_range('A', 'Z', members);
  members->set(index_of('_'));
}

bool is_printable(char c) { return c > ' ' && c < '\x7F'; }

bool is_alnum(char c) {
  const char lower = base::ascii_lower(c);
  return base::is_ascii_digit(c) || (lower >= 'a' && lower <= 'z');
}

// Reads a pattern from left to right; at() is the place of the first fault.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  [[nodiscard]] bool done() const { return at_ == text_.size(); }
  [[nodiscard]] char peek() const { return text_[at_]; }
  [[nodiscard]] std::size_t at() const { return at_; }
  void skip() { ++at_; }

  // Each returns an empty string, or what is wrong at at().
  std::string read_members(Members* members) {
    const char c = peek();
    if (!is_printable(c)) return "a pattern holds printable ASCII only, and no blanks";
    switch (c) {
      case '[':
        return read_class(members);
      case '\\':
        return read_escape(members);
      case '.':
        add_range('!', '~', members);
        skip();
        return {};
      case '(':
      case ')':
        return "groups are not supported; write the alternatives out with `|`";
      case '^':
      case '$':
        return "anchors are not needed: the whole id must match";
      case '*':
      case '+':
      case '?':
      case '{':
        return "there is nothing before this to repeat";
      case ']':
      case '}':
        return "this closes nothing; write `\\" + std::string(1, c) + "` for the character itself";
      default:
        members->set(index_of(c));
        skip();
        return {};
    }
  }

  std::string read_repeat(std::uint16_t* min, std::uint16_t* max) {
    *min = 1;
    *max = 1;
    if (done()) return {};
    switch (peek()) {
      case '?':
        *min = 0;
        break;
      case '*':
        *min = 0;
        *max = kUnbounded;
        break;
      case '+':
        *max = kUnbounded;
        break;
      case '{':
        return read_counts(min, max);
      default:
        return {};
    }
    skip();
    return {};
  }

 private:
  std::string read_escape(Members* members) {
    if (at_ + 1 == text_.size()) return "the pattern ends in a single `\\`";
    const char c = text_[at_ + 1];
    if (c == 'd') {
      add_digits(members);
    } else if (c == 'w') {
      add_word(members);
    } else if (is_printable(c) && !is_alnum(c)) {
      members->set(index_of(c));
    } else {
      return "the only escapes are `\\d`, `\\w` and `\\` before a sign";
    }
    at_ += 2;
    return {};
  }

  std::string read_class(Members* members) {
    const std::size_t open = at_;
    skip();
    if (!done() && peek() == '^')
      return "a class says which characters are allowed, not which are not";
    while (!done() && peek() != ']') {
      if (!is_printable(peek())) return "a pattern holds printable ASCII only, and no blanks";
      if (peek() == '[') return "`[` inside a class is written `\\[`";
      if (peek() == '\\') {
        if (std::string wrong = read_escape(members); !wrong.empty()) return wrong;
        continue;
      }
      const char from = peek();
      const bool range = at_ + 2 < text_.size() && text_[at_ + 1] == '-' && text_[at_ + 2] != ']';
      if (!range) {
        members->set(index_of(from));
        skip();
        continue;
      }
      const char to = text_[at_ + 2];
      if (!is_alnum(from) || !is_alnum(to)) return "a range runs between letters or digits";
      if (from > to) return "this range runs backwards";
      add_range(from, to, members);
      at_ += 3;
    }
    if (done()) {
      at_ = open;
      return "this `[` is never closed";
    }
    if (members->none()) return "a class needs at least one character";
    skip();
    return {};
  }

  std::string read_number(std::uint16_t* out) {
    if (done() || !base::is_ascii_digit(peek())) return "a count is written {n}, {n,m} or {n,}";
    const std::size_t start = at_;
    std::uint32_t value = 0;
    while (!done() && base::is_ascii_digit(peek())) {
      value =
          std::min<std::uint32_t>(value * 10 + static_cast<std::uint32_t>(peek() - '0'), 10'000);
      skip();
    }
    if (value > kRepeatMax) {
      at_ = start;
      return "a count is at most 255, as an id is at most 255 bytes long";
    }
    *out = static_cast<std::uint16_t>(value);
    return {};
  }

  std::string read_counts(std::uint16_t* min, std::uint16_t* max) {
    const std::size_t open = at_;
    skip();
    if (std::string wrong = read_number(min); !wrong.empty()) return wrong;
    *max = *min;
    if (!done() && peek() == ',') {
      skip();
      if (!done() && peek() == '}') {
        *max = kUnbounded;
      } else if (std::string wrong = read_number(max); !wrong.empty()) {
        return wrong;
      }
    }
    if (done() || peek() != '}') return "a count is written {n}, {n,m} or {n,}";
    if (*max < *min || *max == 0) {
      at_ = open;
      return *max == 0 ? "nothing cannot be asked for" : "the second count is below the first";
    }
    skip();
    return {};
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

std::string IdPattern::parse(std::string_view text, IdPattern* out, std::size_t* error_at) {
  IdPattern pattern;
  pattern.text_ = std::string(text);
  pattern.alternatives_.emplace_back();
  Reader reader(text);
  std::string wrong;
  if (text.size() > kPatternBytesMax) wrong = "a pattern is at most 512 bytes long";
  while (wrong.empty() && !reader.done()) {
    if (reader.peek() == '|') {
      if (pattern.alternatives_.back().empty()) break;
      pattern.alternatives_.emplace_back();
      reader.skip();
      continue;
    }
    Atom atom;
    wrong = reader.read_members(&atom.members);
    if (wrong.empty()) wrong = reader.read_repeat(&atom.min, &atom.max);
    if (wrong.empty()) pattern.alternatives_.back().push_back(atom);
  }
  if (wrong.empty() && pattern.alternatives_.back().empty()) wrong = "an alternative is empty";
  if (!wrong.empty()) {
    *error_at = std::min(reader.at(), text.size());
    return wrong;
  }
  *out = std::move(pattern);
  return {};
}

// Where at most one atom's length is open, the length of the id settles it, and one walk decides:
// all but odd patterns. Else follows all ways at once: after each atom, the set of places in the id
// that the sequence so far can end at. For an atom, place j is reachable if some place i of the set
// before lies in [j - max, j - min] and every character from i to j belongs to the atom. A running
// count of the set answers that in constant time.
bool IdPattern::matches(std::string_view id) const noexcept {
  if (id.empty() || id.size() > kIdBytesMax || !base::is_ascii(id)) return false;
  for (const std::vector<Atom>& atoms : alternatives_) {
    std::size_t shortest = 0;
    std::size_t open_count = 0;
    for (const Atom& atom : atoms) {
      shortest += atom.min;
      open_count += atom.min == atom.max ? 0 : 1;
    }
    if (id.size() < shortest) continue;
    const bool matched = open_count <= 1 ? matches_in_one_walk(atoms, id, id.size() - shortest)
                                         : matches_some_way(atoms, id);
    if (matched) return true;
  }
  return false;
}

bool IdPattern::matches_in_one_walk(const std::vector<Atom>& atoms, std::string_view id,
                                    std::size_t spare) noexcept {
  std::size_t at = 0;
  for (const Atom& atom : atoms) {
    std::size_t count = atom.min;
    if (atom.min != atom.max) {
      count += spare;
      spare = 0;
      if (atom.max != kUnbounded && count > atom.max) return false;
    }
    for (const std::size_t end = at + count; at < end; ++at) {
      if (!atom.members.test(index_of(id[at]))) return false;
    }
  }
  return spare == 0;
}

bool IdPattern::matches_some_way(const std::vector<Atom>& atoms, std::string_view id) noexcept {
  std::bitset<kIdBytesMax + 1> places;
  places.set(0);
  for (const Atom& atom : atoms) {
    std::array<std::uint16_t, kIdBytesMax + 2> before{};  // before[i]: places below i
    for (std::size_t i = 0; i <= id.size(); ++i) {
      before[i + 1] = static_cast<std::uint16_t>(before[i] + (places.test(i) ? 1 : 0));
    }
    std::bitset<kIdBytesMax + 1> next;
    std::size_t run = 0;  // characters just before j that belong to the atom
    for (std::size_t j = 0; j <= id.size(); ++j) {
      if (j > 0) run = atom.members.test(index_of(id[j - 1])) ? run + 1 : 0;
      if (run < atom.min) continue;
      const std::size_t longest = std::min<std::size_t>(run, atom.max);
      if (before[j - atom.min + 1] > before[j - longest]) next.set(j);
    }
    places = next;
    if (places.none()) return false;
  }
  return places.test(id.size());
}

bool passes_isbn10(std::string_view id) noexcept {
  constexpr std::size_t kDigits = 10;
  if (id.size() != kDigits) return true;
  std::size_t sum = 0;
  for (std::size_t i = 0; i < kDigits; ++i) {
    const bool is_ten = i + 1 == kDigits && (id[i] == 'X' || id[i] == 'x');
    if (!is_ten && !base::is_ascii_digit(id[i])) return true;
    const std::size_t value = is_ten ? 10 : static_cast<std::size_t>(id[i] - '0');
    sum += value * (kDigits - i);
  }
  return sum % 11 == 0;
}

}  // namespace hashcart::catalogue
