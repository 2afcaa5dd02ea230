#include "match/raw_scan.h"

#include <algorithm>
#include <array>
#include <bit>
#include <bitset>
#include <cstring>
#include <optional>
#include <set>
#include <span>

#ifdef __AVX2__
#include <immintrin.h>
#endif

#include "base/utf8.h"
#include "match/fold_table.h"
#include "match/probe_tree.h"
#include "match/raw_json.h"
#include "match/scan_sample.h"
#include "match/scan_windows.h"
#include "match/tag_chars.h"
#include "match/tag_keys.h"
#include "post/telling_keys.h"

namespace hashcart::match {
namespace {

// Blocks are judged in steps that stay in the first-level cache.
constexpr std::size_t kStepBytes = 16U << 10U;
constexpr std::size_t kVectorBytes = 64;            // looked at together
constexpr std::uint32_t kWideSignBytes = 0x83BCEF;  // U+FF03 in UTF-8, its first byte lowest
constexpr unsigned char kWideLead = kWideSignBytes & 0xFFU;
static_assert(kStepBytes % kVectorBytes == 0);
// find() reads to the end of its last vectors and a window further; strings and fields are read to
// the LF, and kRawPadding behind it.
static_assert(RawScan::kBytesBehind >= kVectorBytes + kWindowBytes + kRawPadding);
// Above this the judging would cost more than the parsing it saves.
constexpr double kHitsPerKibMax = 24;
// How far back an escape may begin that ends right before a key: `%25252F` and its like.
constexpr int kEscapeLookBack = 16;

bool is_word(char c) noexcept { return is_ascii_alnum(static_cast<unsigned char>(c)); }

bool equals_folded(const char* text, std::string_view lower) noexcept {
  for (std::size_t i = 0; i < lower.size(); ++i) {
    if (base::ascii_lower(text[i]) != lower[i]) return false;
  }
  return true;
}

// Whether what stands before `at` may end where a key begins: not in the middle of a word, but
// behind an escape (`\n`, `\u2026`, `%2F`) that ends in a letter or digit.
bool may_start(const char* at) noexcept {
  if (!is_word(at[-1])) return true;
  for (int back = 2; back <= kEscapeLookBack; ++back) {
    const char c = at[-back];
    if (c == '\\' || c == '%') return true;
    if (!is_word(c)) return false;
  }
  return false;
}

// A character reference that stands for what no key or tag holds: quotes and blanks, `&`, `<`, `>`.
bool is_harmless(std::uint32_t value) noexcept {
  switch (value) {
    case 9:
    case 10:
    case 13:
    case 32:
    case 34:
    case 38:
    case 39:
    case 60:
    case 62:
    case 160:
      return true;
    default:
      return false;
  }
}

// Behind `&#`: whether a numeric reference may stand for a letter, a digit or a sign.
bool is_telling_reference(const char* text) noexcept {
  std::uint32_t value = 0;
  const bool is_hex = (*text | 0x20) == 'x';
  if (is_hex) ++text;
  for (int digits = 0; digits < 10; ++digits, ++text) {
    if (*text == ';') return digits == 0 || !is_harmless(value);
    const std::optional<unsigned> digit = [&]() -> std::optional<unsigned> {
      if (base::is_ascii_digit(*text)) return static_cast<unsigned>(*text - '0');
      const char small = base::ascii_lower(*text);
      if (is_hex && small >= 'a' && small <= 'f') return static_cast<unsigned>(small - 'a' + 10);
      return std::nullopt;
    }();
    if (!digit) return *text == '\\';  // an escape may hide the rest
    value = value * (is_hex ? 16 : 10) + *digit;
  }
  return true;
}

enum class KeyKind : std::uint8_t {
  kHost,
  kId,
  kControl,   // anywhere
  kField,     // a field's name in quotes; its value holds tags
  kAuthor,    // the same; its value names an author
  kGuard,     // u00XX behind a backslash
  kWideSign,  // uff03 behind a backslash
};

struct Key {
  KeyKind kind = KeyKind::kControl;
  std::string text;  // lower-case; what is compared
  WindowKey window;
};

// What a key is compared with, in any case: eight bytes at a time. Setting the bit that tells case
// apart makes some signs equal as well (`[` and `{`), which only passes more.
class KeyText {
 public:
  explicit KeyText(std::string_view lower) : text_(lower) {
    for (std::size_t at = 0; at < lower.size(); at += kWordBytes) {
      const std::string_view part = lower.substr(at, kWordBytes);
      Word word;
      std::memcpy(&word.bytes, part.data(), part.size());
      word.mask = ~0ULL >> (8 * (kWordBytes - part.size()));
      word.bytes = (word.bytes | kCaseBits) & word.mask;
      words_.push_back(word);
    }
  }

  [[nodiscard]] bool stands_at(const char* text) const noexcept {
    return std::all_of(words_.begin(), words_.end(), [&](const Word& word) {
      std::uint64_t bytes = 0;
      std::memcpy(&bytes, text, kWordBytes);
      text += kWordBytes;
      return ((bytes | kCaseBits) & word.mask) == word.bytes;
    });
  }

  [[nodiscard]] std::string_view view() const noexcept { return text_; }
  [[nodiscard]] std::size_t size() const noexcept { return text_.size(); }

 private:
  static constexpr std::size_t kWordBytes = 8;
  static constexpr std::uint64_t kCaseBits = 0x2020202020202020ULL;
  struct Word {
    std::uint64_t bytes = 0;
    std::uint64_t mask = 0;
  };

  std::string text_;
  std::vector<Word> words_;
};

// Digits whose escapes the guard always looks for. It leaves out 3, 4, 5 and ':' where it can: it
// would see each \u003c, \u003d and \u003e as well, which some feeds are full of.
bool is_guarded_digit(char c) noexcept {
  return base::is_ascii_digit(c) && c != '3' && c != '4' && c != '5';
}

// Whether a window may hold it behind its first byte, because no escape of it is overlooked.
// (\u0033 ends in the digit it stands for, so a window may begin with any.)
bool is_guarded(char c) noexcept {
  return is_ascii_letter(static_cast<unsigned char>(c)) || is_guarded_digit(c) || c == '_' ||
         c == '-' || c == '.' || c == '#';
}

std::string both_cases(char c) {
  const char small = base::ascii_lower(c);
  if (!is_ascii_letter(static_cast<unsigned char>(c))) return {c};
  return {small, static_cast<char>(small - 'a' + 'A')};
}

bool is_ascii_text(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

// Which code points beyond ASCII may be part of a word: those that fold to ASCII, or vanish and
// leave their neighbours to each other, or stand in one of the words.
class WordPoints {
 public:
  void build(const std::vector<std::string>& words) {
    for (const std::string& word : words) {
      for (std::size_t at = 0; at < word.size();) {
        const base::CodePoint point = base::decode_at(word, at);
        at += point.size;
        if (point.value >= 0x80) points_.push_back(point.value);
      }
    }
    const FoldTable& table = fold_table();
    tells_.assign(FoldTable::kSize, false);
    for (char32_t c = 0x80; c < FoldTable::kSize; ++c) {
      tells_[c] = fold_latin(c) != c || is_listed(c);
      if (table.is_plain(c)) continue;
      const auto folded = table.folded(c);
      tells_[c] = tells_[c] || folded.empty() ||
                  std::any_of(folded.begin(), folded.end(), [&](std::uint32_t each) {
                    const std::uint32_t value = each & 0xFFFFFFU;
                    return (each >> 24U) != 0 || value < 0x80 || fold_latin(value) != value ||
                           is_listed(value);
                  });
    }
  }

  // c >= 0x80.
  [[nodiscard]] bool may_tell(char32_t c) const noexcept {
    if (c < FoldTable::kSize) return tells_[c];
    // Ideographs are themselves, but for those kept for compatibility; behind them are ignorables.
    const bool is_plain = c < 0x2F800 || (c > 0x2FA1F && c < 0xE0000);
    return !is_plain || is_listed(c);
  }

 private:
  [[nodiscard]] bool is_listed(char32_t c) const noexcept {
    return std::find(points_.begin(), points_.end(), c) != points_.end();
  }

  std::vector<char32_t> points_;
  std::vector<bool> tells_;
};

// All keys but tags and words, with the windows they may be looked for by.
class KeyList {
 public:
  explicit KeyList(const ScanKeys& wanted) {
    add_hosts(wanted.hosts);
    for (const std::string& id : wanted.ids) add_id(id);
    for (const std::string_view text : post::kControlStrings) add(KeyKind::kControl, text);
    for (const std::string_view text : post::kControlLines) add(KeyKind::kControl, text);
    if (wanted.product_tags) {
      for (const std::string_view field : post::kProductTagFields) {
        add(KeyKind::kControl, '"' + std::string(field) + '"');
      }
    }
    if (!wanted.tags->empty()) {
      for (const std::string_view field : post::kTagFields) {
        add(KeyKind::kField, '"' + std::string(field) + '"');
      }
      add(KeyKind::kWideSign, "uff03");
    }
    for (const std::string_view field : wanted.author_fields) {
      add(KeyKind::kAuthor, '"' + std::string(field) + '"');
    }
    add_guards();
  }

  std::vector<Key> keys;
  std::bitset<128> guarded;
  bool passes_all = false;  // a key cannot be looked for

 private:
  void add(KeyKind kind, std::string_view text) {
    Key key{kind, {}, {}};
    for (const char c : text) {
      key.text.push_back(base::ascii_lower(c));
      key.window.places.push_back(both_cases(c));
    }
    // A short one with what stands behind it in JSON, all of it ASCII.
    std::string any;
    for (int c = 0; c < 0x80; ++c) any.push_back(static_cast<char>(c));
    while (key.window.places.size() < kWindowBytes) key.window.places.push_back(any);
    for (std::uint32_t cut = 0; cut + kWindowBytes <= key.window.places.size(); ++cut) {
      key.window.cuts.push_back(cut);
    }
    keys.push_back(std::move(key));
  }

  // What stands in strings and may be escaped: windows are cut where the guard sees every escape,
  // or else it is told to see more.
  void add_text(KeyKind kind, std::string_view text) {
    add(kind, text);
    std::vector<std::uint32_t>& cuts = keys.back().window.cuts;
    std::vector<std::uint32_t> good;
    for (const std::uint32_t cut : cuts) {
      const std::string_view behind = text.substr(cut + 1, kWindowBytes - 1);
      if (std::all_of(behind.begin(), behind.end(), is_guarded)) good.push_back(cut);
    }
    if (good.empty()) {
      guard_more(text);
    } else {
      cuts = std::move(good);
    }
  }

  void guard_more(std::string_view text) {
    for (const char c : text) {
      if (is_guarded(c)) continue;
      if (base::is_ascii_digit(c) || c == ':') {
        more_guards_.insert(c);
      } else {
        passes_all = true;
      }
    }
  }

  // A host below another one is found by that one.
  void add_hosts(const std::vector<std::string>& hosts) {
    const std::set<std::string_view> all(hosts.begin(), hosts.end());
    for (const std::string_view host : all) {
      bool is_below = false;
      for (std::size_t dot = host.find('.'); dot != std::string_view::npos;
           dot = host.find('.', dot + 1)) {
        is_below = is_below || all.contains(host.substr(dot + 1));
      }
      if (is_below) continue;
      if (host.size() < kWindowBytes || !is_ascii_text(host)) {
        passes_all = true;  // there are no such hosts
      } else {
        add_text(KeyKind::kHost, host);
      }
    }
  }

  void add_id(std::string_view id) {
    if (id.starts_with('@')) id.remove_prefix(1);  // known by handle only
    if (id.empty()) return;
    if (!is_ascii_text(id)) {
      passes_all = true;
    } else if (id.size() >= kWindowBytes) {
      add_text(KeyKind::kId, id);
    } else {
      add(KeyKind::kId, id);
      guard_more(id);
    }
  }

  void add_guard(const std::string& third, const std::string& fourth) {
    keys.push_back({KeyKind::kGuard, {}, {{"u", "0", "0", third, fourth}, {0, 1}}});
  }

  void add_guards() {
    add_guard("4567", "0123456789abcdefABCDEF");
    add_guard("2", "3dDeE");
    add_guard("3", "0126789");
    for (unsigned c = 0; c < guarded.size(); ++c) guarded[c] = is_guarded(static_cast<char>(c));
    std::string more;
    for (const char c : more_guards_) {
      more += c == ':' ? std::string("aA") : std::string(1, c);
      guarded.set(static_cast<unsigned char>(c));
    }
    if (!more.empty()) add_guard("3", more);
  }

  std::set<char> more_guards_;
};

}  // namespace

class RawScan::Impl {
 public:
  explicit Impl(const ScanKeys& keys) : tags_(*keys.tags), authors_(keys.authors) {
    KeyList list(keys);
    passes_all_ = list.passes_all;
    guarded_ = list.guarded;
    std::vector<WindowKey> windows;
    windows.reserve(list.keys.size());
    for (const Key& key : list.keys) windows.push_back(key.window);
    windows_ = choose_windows(windows, kScanSample);
    lists_.resize(2);  // kNoList, kWideSigns
    for (std::size_t i = 0; i < list.keys.size(); ++i) add_entries(list.keys[i], windows_.cut[i]);
    for (List& each : lists_) build_tree(&each);
    has_words_ = !keys.words.empty();
    if (has_words_) points_.build(keys.words);
    for (const std::string& word : keys.words) {
      if (is_ascii_text(word)) words_[static_cast<unsigned char>(word[0])].push_back(word);
    }
  }

  [[nodiscard]] bool is_useful() const noexcept {
    return !passes_all_ && !has_words_ && windows_.hits_per_kib <= kHitsPerKibMax;
  }
  [[nodiscard]] std::size_t bytes() const noexcept {
    std::size_t bytes = sizeof *this;
    for (const List& list : lists_) {
      bytes += sizeof list + (list.others.capacity() + list.texts.capacity()) * sizeof(Entry) +
               list.tree.bytes();
    }
    return bytes;
  }

  void scan(std::string_view block, FoundLines* out, std::size_t wanted) const noexcept {
    out->candidates.clear();
    out->lines = 0;
    out->blank = 0;
    Lines lines{block.data(), out, 0, wanted, false, block.data()};
    Places places;
    for (std::size_t start = 0; start < block.size(); start += kStepBytes) {
      const char* const text = block.data() + start;
      find_places(text, std::min(kStepBytes, block.size() - start), &places);
      judge_signs(text, &places);
      judge_windows(text, &places, &lines);
      end_lines(start, places, &lines);
    }
    if (lines.begin < block.size()) end_line(block.size(), &lines);
  }

  [[nodiscard]] std::uint32_t probe(std::string_view text) const noexcept {
    // A host that cannot be looked for may be anywhere.
    std::uint32_t kinds = passes_all_ ? kHostKind : 0;
    Places places;
    for (std::size_t start = 0; start < text.size(); start += kStepBytes) {
      const char* const step = text.data() + start;
      find_places(step, std::min(kStepBytes, text.size() - start), &places);
      judge_signs(step, &places);
      if (places.signs[0] != kNoOffset) kinds |= kTagKind;
      for (const Window* window = places.windows.data(); window->at != kNoOffset; ++window) {
        if (window->list == kWideSigns) {
          if (wide_sign_tells(step + window->at)) kinds |= kTagKind;
        } else if (is_host_window(step + window->at, lists_[window->list])) {
          kinds |= kHostKind;
        }
      }
    }
    return kinds;
  }

 private:
  // A block of kVectorBytes with something in it; bit i: its byte i.
  struct Noted {
    std::uint32_t at;
    std::uint64_t bits;
  };

  // What stands in a step, by kind, in order; offsets into it, with kNoOffset behind the last.
  struct Window {
    std::uint16_t at;
    std::uint16_t list;  // of lists_, or kWideSigns
  };
  struct Places {
    std::array<std::uint16_t, kStepBytes + 1> ends;   // of lines
    std::array<std::uint16_t, kStepBytes + 1> signs;  // '#'
    std::array<Window, kStepBytes + 1> windows;
  };
  static constexpr std::uint16_t kNoOffset = 0xFFFF;
  static constexpr std::uint16_t kNoList = 0;
  static constexpr std::uint16_t kWideSigns = 1;
  static_assert(kStepBytes < kNoOffset);

  // The line under way.
  struct Lines {
    const char* block;
    FoundLines* out;
    std::size_t begin;
    std::size_t wanted;
    bool hit;
    const char* read_to;  // the end of the last field whose value was read: all in it was tried
  };

  // A key by its window.
  struct Entry {
    KeyKind kind;
    std::uint32_t cut;
    KeyText text;
  };
  // Those whose windows share a slot.
  struct List {
    std::vector<Entry> others;  // than hosts and ids; few
    std::vector<Entry> texts;   // hosts and ids
    ProbeTree tree;             // of texts
  };

  // ---- Built once

  static std::uint32_t slot_of(std::uint32_t window) noexcept {
    return ((window | 0x20202020U) * 0x9E3779B1U) >> 20U;
  }

  void add_entries(const Key& key, std::uint32_t cut) {
    std::vector<std::uint32_t> values{0};
    for (std::size_t i = 0; i < kWindowBytes; ++i) {
      std::set<std::uint32_t> next;
      for (const std::uint32_t value : values) {
        for (const char c : key.window.places[cut + i]) {
          next.insert(value | (static_cast<std::uint32_t>(static_cast<unsigned char>(c) | 0x20U)
                               << (8 * i)));
        }
      }
      values.assign(next.begin(), next.end());
    }
    std::set<std::uint32_t> slots;
    for (const std::uint32_t value : values) slots.insert(slot_of(value));
    for (const std::uint32_t slot : slots) {
      std::uint16_t& list = list_of_[slot];
      if (list == 0) {
        list = static_cast<std::uint16_t>(lists_.size());
        lists_.emplace_back();
      }
      const bool is_text = key.kind == KeyKind::kHost || key.kind == KeyKind::kId;
      std::vector<Entry>& entries = is_text ? lists_[list].texts : lists_[list].others;
      entries.push_back({key.kind, cut, KeyText(key.text)});
    }
  }

  // What stands around a window is certain as far as the guard sees every escape of it, seen from
  // the window: \u0033 may be the first byte of a window, and what stands before it is then not
  // where it would be.
  void build_tree(List* list) const {
    const auto is_certain = [&](char c) { return guarded_[static_cast<unsigned char>(c)]; };
    std::vector<ProbeTree::Item> items;
    for (std::uint32_t i = 0; i < list->texts.size(); ++i) {
      const Entry& entry = list->texts[i];
      ProbeTree::Item item{std::string(entry.text.view()), entry.cut, entry.cut, entry.cut, i};
      const std::string& text = item.text;
      if (text.size() >= kWindowBytes) {
        ++item.end;  // the window's first byte stands as it is
        while (item.end < text.size() && is_certain(text[item.end])) ++item.end;
        if (is_certain(text[item.begin])) {
          while (item.begin > 0 && is_certain(text[item.begin - 1])) --item.begin;
        }
      }
      items.push_back(std::move(item));
    }
    list->tree = ProbeTree(items);
  }

  // ---- Finding

  // Notes the blocks of text[0, size) that hold an LF, a '#', a byte that full-width signs begin
  // with, or a window. Reads up to kVectorBytes and a window past size; what it notes there is
  // dropped later.
  std::size_t find(const char* text, std::size_t size, Noted* noted) const noexcept;

  // Sorts what find() notes. Without branches but for the loops: what a hit is cannot be foreseen.
  void find_places(const char* text, std::size_t size, Places* places) const noexcept {
    std::array<Noted, kStepBytes / kVectorBytes> noted;
    const std::size_t count = find(text, size, noted.data());
    // What lies behind the step is no part of it.
    if (count > 0 && noted[count - 1].at + kVectorBytes > size) {
      noted[count - 1].bits &= ~0ULL >> (kVectorBytes - size % kVectorBytes);
    }
    std::uint16_t* end = places->ends.data();
    std::uint16_t* sign = places->signs.data();
    Window* window = places->windows.data();
    for (const Noted& one : std::span(noted.data(), count)) {
      for (std::uint64_t bits = one.bits; bits != 0; bits &= bits - 1) {
        const auto at =
            static_cast<std::uint16_t>(one.at + static_cast<std::size_t>(std::countr_zero(bits)));
        std::uint32_t bytes = 0;
        std::memcpy(&bytes, text + at, sizeof bytes);
        const bool is_wide = (bytes & 0xFFFFFFU) == kWideSignBytes;
        const std::uint16_t list = is_wide ? kWideSigns : list_of_[slot_of(bytes)];
        *end = at;
        end += (bytes & 0xFFU) == '\n' ? 1 : 0;
        *sign = at;
        sign += (bytes & 0xFFU) == '#' ? 1 : 0;
        *window = {at, list};
        window += list != kNoList ? 1 : 0;
      }
    }
    *end = kNoOffset;
    *sign = kNoOffset;
    window->at = kNoOffset;
  }

  // ---- Judging: leaves the places that tell

  void judge_signs(const char* text, Places* places) const noexcept {
    std::uint16_t* kept = places->signs.data();
    for (const std::uint16_t* sign = kept; *sign != kNoOffset; ++sign) {
      const char* const place = text + *sign;
      *kept = *sign;
      kept += (is_behind_ampersand(place) || tags_.is_worth_reading(place + 1)) ? 1 : 0;
    }
    *kept = kNoOffset;
    kept = places->signs.data();
    for (const std::uint16_t* sign = kept; *sign != kNoOffset; ++sign) {
      if (sign_tells(text + *sign)) *kept++ = *sign;
    }
    *kept = kNoOffset;
  }

  void judge_windows(const char* text, Places* places, Lines* lines) const noexcept {
    Window* kept = places->windows.data();
    for (const Window* window = kept; window->at != kNoOffset; ++window) {
      if (window_tells(text + window->at, window->list, lines)) *kept++ = *window;
    }
    kept->at = kNoOffset;
  }

  // start: of the step. A line that goes on behind it is left as it is.
  void end_lines(std::size_t start, const Places& places, Lines* lines) const noexcept {
    const std::uint16_t* sign = places.signs.data();
    const Window* window = places.windows.data();
    for (const std::uint16_t* end = places.ends.data(); *end != kNoOffset; ++end) {
      if (*sign < *end || window->at < *end) [[unlikely]] {
        lines->hit = true;
        while (*sign < *end) ++sign;
        while (window->at < *end) ++window;
      }
      end_line(start + *end, lines);
    }
    lines->hit = lines->hit || *sign != kNoOffset || window->at != kNoOffset;
  }

  void end_line(std::size_t end, Lines* lines) const noexcept {
    const char* const begin = lines->block + lines->begin;
    const char* last = lines->block + end;
    // The byte before a block is an LF, and so no blank.
    const auto is_blank = [](char c) { return c == ' ' || c == '\t' || c == '\r'; };
    if (last == begin || is_blank(last[-1])) [[unlikely]] {
      while (last != begin && is_blank(last[-1])) --last;
    }
    const bool blank = last == begin;
    const auto size = static_cast<std::uint32_t>(end - lines->begin);
    if (passes_all_ || (has_words_ && !lines->hit)) [[unlikely]] {
      lines->hit = passes_all_ || words_tell({begin, size});
    }
    // Unsigned: false where the place is before the line, and for kNoPlace.
    const bool wanted = lines->wanted - lines->begin <= size;
    if ((lines->hit || wanted) && !blank) [[unlikely]] {
      lines->out->candidates.push_back({static_cast<std::uint32_t>(lines->begin), size, lines->hit,
                                        lines->out->lines, lines->out->blank});
    }
    lines->hit = false;
    lines->out->blank += blank ? 1 : 0;
    ++lines->out->lines;
    lines->begin = end + 1;
  }

  // ---- Signs

  // place: a '#'. Whether an ampersand may stand before it, as it is or as \u0026.
  [[nodiscard]] static bool is_behind_ampersand(const char* place) noexcept {
    return (place[-1] == '&') | (place[-1] == '6');
  }

  [[nodiscard]] bool sign_tells(const char* place) const noexcept {
    if (is_behind_ampersand(place) &&
        (place[-1] == '&' || std::memcmp(place - 6, "\\u0026", 6) == 0)) {
      if (is_telling_reference(place + 1)) return true;
    }
    return behind_sign_tells(place + 1);
  }

  // place: U+FF03.
  [[nodiscard]] bool wide_sign_tells(const char* place) const noexcept {
    return behind_sign_tells(place + 3);
  }

  [[nodiscard]] bool behind_sign_tells(const char* text) const noexcept {
    return tags_.may_begin(text);
  }

  // ---- Windows

  [[nodiscard]] bool window_tells(const char* place, std::uint16_t list,
                                  Lines* lines) const noexcept {
    if (list == kWideSigns) return wide_sign_tells(place);
    for (const Entry& entry : lists_[list].others) {
      if (entry_tells(entry, place, lines)) return true;
    }
    return lists_[list].tree.any(place, [&](std::uint32_t i) {
      return text_tells(lists_[list].texts[i], place - lists_[list].texts[i].cut);
    });
  }

  [[nodiscard]] static bool is_host_window(const char* place, const List& list) noexcept {
    return list.tree.any(place, [&](std::uint32_t i) {
      const Entry& entry = list.texts[i];
      return entry.kind == KeyKind::kHost && text_tells(entry, place - entry.cut);
    });
  }

  [[nodiscard]] static bool text_tells(const Entry& entry, const char* start) noexcept {
    switch (text_stands(entry, start)) {
      case Stands::kNo:
        return false;
      case Stands::kMaybe:
        return true;
      case Stands::kYes:
        return may_start(start) && ends(entry, start);
    }
    return false;
  }

  // Of List::others. lines: where the kind is kField.
  [[nodiscard]] bool entry_tells(const Entry& entry, const char* place,
                                 Lines* lines) const noexcept {
    const char* const start = place - entry.cut;
    switch (entry.kind) {
      case KeyKind::kHost:
      case KeyKind::kId:
        return false;  // of List::texts
      case KeyKind::kControl:
        return entry.text.stands_at(start);
      case KeyKind::kField:
        return start >= lines->read_to && entry.text.stands_at(start) &&
               value_tells(start + entry.text.size(), lines);
      case KeyKind::kAuthor:
        return entry.text.stands_at(start) && author_tells(start + entry.text.size());
      case KeyKind::kGuard: {
        if (start[-1] != '\\' || start[0] != 'u') return false;
        const int value = hex4(start + 1);
        return value >= 0 && value < 128 && guarded_[static_cast<std::size_t>(value)];
      }
      case KeyKind::kWideSign:
        return start[-1] == '\\' && entry.text.stands_at(start) &&
               behind_sign_tells(start + entry.text.size());
    }
    return false;
  }

  // Whether a text stands there: perhaps, where an escape outside of its window may hide a part.
  enum class Stands : std::uint8_t { kNo, kMaybe, kYes };
  [[nodiscard]] static Stands text_stands(const Entry& entry, const char* start) noexcept {
    const std::string_view text = entry.text.view();
    // Leftwards from the window, which stands as it is; \u0033 ends in its digit.
    for (std::size_t i = std::min<std::size_t>(entry.cut, text.size() - 1) + 1; i-- > 0;) {
      const char* const at = start + i;
      if (base::ascii_lower(*at) != text[i]) return Stands::kNo;
      if (at[-5] == '\\' && at[-4] == 'u' && hex4(at - 3) >= 0) return Stands::kMaybe;
    }
    for (std::size_t i = entry.cut; i < text.size(); ++i) {
      if (start[i] == '\\' && start[i + 1] == 'u') return Stands::kMaybe;
      if (base::ascii_lower(start[i]) != text[i]) return Stands::kNo;
    }
    return Stands::kYes;
  }

  // A host is compared whole by the matcher; here its neighbours must only allow it.
  [[nodiscard]] static bool ends(const Entry& entry, const char* start) noexcept {
    const char behind = start[entry.text.size()];
    if (is_word(behind)) return false;
    if (entry.kind == KeyKind::kId) return true;
    const auto joins = [](char c) { return c == '-' || c == '_'; };
    return !joins(behind) && !joins(start[-1]);
  }

  // ---- Fields

  // Behind a field's name: where its value begins, or null.
  [[nodiscard]] static const char* value_behind(const char* text) noexcept {
    const auto skip_blanks = [&] {
      while (*text == ' ' || *text == '\t' || *text == '\r') ++text;
    };
    skip_blanks();
    if (*text != ':') return nullptr;
    ++text;
    skip_blanks();
    return text;
  }

  // Every run of a number or string is tried as the run of an id: ids stand in URIs, and behind
  // `id:twitter.com:`.
  [[nodiscard]] bool author_tells(const char* text) const noexcept {
    text = value_behind(text);
    if (text == nullptr) return false;
    const bool is_quoted = *text == '"';
    if (is_quoted) ++text;
    while (true) {
      std::size_t size = run_length(text);
      if (authors_->has_run(text, size)) return true;
      while (is_word(text[size]) || text[size] == '_') ++size;
      text += size;
      if (!is_quoted || *text == '"' || *text == '\n') return false;
      if (*text == '\\') {
        if (text[1] != '/') return true;  // an escape may hide a part of an id
        ++text;
      }
      ++text;
    }
  }

  // Every string in the value is tried as a tag.
  [[nodiscard]] bool value_tells(const char* text, Lines* lines) const noexcept {
    text = value_behind(text);
    if (text == nullptr) return false;
    int depth = 0;
    do {
      switch (*text) {
        case '"':
          if (listed_tells(text + 1)) return true;
          for (++text; *text != '"' && *text != '\n'; ++text) {
            if (*text == '\\' && text[1] != '\n') ++text;
          }
          if (*text == '\n') {
            lines->read_to = text;
            return false;
          }
          break;
        case '[':
        case '{':
          ++depth;
          break;
        case ']':
        case '}':
          --depth;
          break;
        case '\n':
          lines->read_to = text;  // no whole value: such a line is no JSON
          return false;
        default:
          break;
      }
      ++text;
    } while (depth > 0);
    lines->read_to = text;
    return false;
  }

  // text: a string of the value, behind its quote.
  [[nodiscard]] bool listed_tells(const char* text) const noexcept {
    if (*text == '#') return false;  // judged by itself
    const std::size_t run = run_length(text);
    if (run < TagKeys::kRunBytes && text[run] == '"') {
      return text[run + 1] != ':' && tags_.has_run(text, run);  // names of fields are no tags
    }
    return tags_.may_be(text);
  }

  // ---- Words: a slow look at a whole line

  [[nodiscard]] bool words_tell(std::string_view line) const noexcept {
    const char* const end = line.data() + line.size();
    for (const char* at = line.data(); at < end;) {
      const RawPoint point = read_raw_point(at);
      if (point.value == kNoPoint) {
        ++at;
        continue;
      }
      if (point.value >= 0x80) {
        if (points_.may_tell(point.value)) return true;
      } else {
        const char small = base::ascii_lower(static_cast<char>(point.value));
        for (const std::string& word : words_[static_cast<unsigned char>(small)]) {
          if (word_stands(word, at)) return true;
        }
        if (small == '&' && (*point.end == '#' || is_telling_name(point.end))) return true;
      }
      at = point.end;
    }
    return false;
  }

  // Behind an '&': a named reference other than those of X.
  [[nodiscard]] static bool is_telling_name(const char* text) noexcept {
    if (!is_ascii_letter(static_cast<unsigned char>(*text))) return false;
    for (const std::string_view name : {"amp;", "lt;", "gt;", "quot;", "apos;"}) {
      if (equals_folded(text, name)) return false;
    }
    for (; is_word(*text); ++text) {
    }
    return *text == ';' || *text == '\\';
  }

  [[nodiscard]] static bool word_stands(std::string_view word, const char* at) noexcept {
    for (const char c : word) {
      const RawPoint point = read_raw_point(at);
      if (point.value >= 0x80 || base::ascii_lower(static_cast<char>(point.value)) != c) {
        return false;
      }
      at = point.end;
    }
    return true;
  }

  const TagKeys& tags_;
  const TagKeys* authors_;
  Windows windows_;
  std::bitset<128> guarded_;
  std::array<std::uint16_t, 4096> list_of_{};  // by slot_of(); 0: none
  std::vector<List> lists_;
  std::array<std::vector<std::string>, 256> words_;  // by their first byte
  WordPoints points_;
  bool has_words_ = false;
  bool passes_all_ = false;
};

#ifdef __AVX2__

std::size_t RawScan::Impl::find(const char* text, std::size_t size, Noted* noted) const noexcept {
  const auto load_table = [&](std::size_t table, std::size_t lookup) {
    return _mm256_broadcastsi128_si256(
        _mm_loadu_si128(reinterpret_cast<const __m128i*>(windows_.table[table][lookup].data())));
  };
  static_assert(kTables == 2 && kLookups == 5);
  const __m256i a0 = load_table(0, 0), a1 = load_table(0, 1), a2 = load_table(0, 2),
                a3 = load_table(0, 3), a4 = load_table(0, 4);
  const __m256i b0 = load_table(1, 0), b1 = load_table(1, 1), b2 = load_table(1, 2),
                b3 = load_table(1, 3), b4 = load_table(1, 4);
  const __m256i low_bits = _mm256_set1_epi8(0x7F);
  // A byte equals the entry of its low nibble if it is an LF, a '#' or kWideLead, and for no other.
  constexpr char kWide = static_cast<char>(kWideLead);
  const __m256i special =
      _mm256_setr_epi8(-1, 0, 0, '#', 0, 0, 0, 0, 0, 0, '\n', 0, 0, 0, 0, kWide, -1, 0, 0, '#', 0,
                       0, 0, 0, 0, 0, '\n', 0, 0, 0, 0, kWide);
  // Bit i: byte i of 32 is no hit. In assembler, because eleven tables and five values under way
  // fill the sixteen registers exactly: compilers order the same in intrinsics such that they
  // spill eight tables, which takes half as long again.
  const auto look_up = [&](const char* at) {
    __m256i bytes, high, either, hits_a, hits_b;
    std::uint32_t none = 0;
    asm("vmovdqu 3(%[at]), %[bytes]\n\t"
        "vpshufb %[bytes], %[a4], %[hits_a]\n\t"
        "vpshufb %[bytes], %[b4], %[hits_b]\n\t"
        "vmovdqu 2(%[at]), %[bytes]\n\t"
        "vpshufb %[bytes], %[a3], %[either]\n\t"
        "vpshufb %[bytes], %[b3], %[bytes]\n\t"
        "vpand %[either], %[hits_a], %[hits_a]\n\t"
        "vpand %[bytes], %[hits_b], %[hits_b]\n\t"
        "vmovdqu 1(%[at]), %[bytes]\n\t"
        "vpshufb %[bytes], %[a2], %[either]\n\t"
        "vpshufb %[bytes], %[b2], %[bytes]\n\t"
        "vpand %[either], %[hits_a], %[hits_a]\n\t"
        "vpand %[bytes], %[hits_b], %[hits_b]\n\t"
        "vmovdqu (%[at]), %[bytes]\n\t"
        "vpsrlw $1, %[bytes], %[high]\n\t"
        "vpand %[low_bits], %[high], %[high]\n\t"
        "vpshufb %[bytes], %[a1], %[either]\n\t"
        "vpand %[either], %[hits_a], %[hits_a]\n\t"
        "vpshufb %[bytes], %[b1], %[either]\n\t"
        "vpand %[either], %[hits_b], %[hits_b]\n\t"
        "vpshufb %[high], %[a0], %[either]\n\t"
        "vpand %[either], %[hits_a], %[hits_a]\n\t"
        "vpshufb %[high], %[b0], %[either]\n\t"
        "vpand %[either], %[hits_b], %[hits_b]\n\t"
        "vpor %[hits_b], %[hits_a], %[hits_a]\n\t"
        "vpand %[low_bits], %[bytes], %[either]\n\t"
        "vpshufb %[either], %[special], %[either]\n\t"
        "vpcmpeqb %[bytes], %[either], %[either]\n\t"
        "vpor %[either], %[hits_a], %[hits_a]\n\t"
        "vpxor %[either], %[either], %[either]\n\t"
        "vpcmpeqb %[either], %[hits_a], %[hits_a]\n\t"
        "vpmovmskb %[hits_a], %[none]"
        : [bytes] "=&x"(bytes), [high] "=&x"(high), [either] "=&x"(either), [hits_a] "=&x"(hits_a),
          [hits_b] "=&x"(hits_b), [none] "=r"(none)
        : [at] "r"(at), [a0] "x"(a0), [a1] "x"(a1), [a2] "x"(a2), [a3] "x"(a3), [a4] "x"(a4),
          [b0] "x"(b0), [b1] "x"(b1), [b2] "x"(b2), [b3] "x"(b3), [b4] "x"(b4),
          [special] "x"(special), [low_bits] "m"(low_bits),
          "m"(*reinterpret_cast<const std::array<char, 35>*>(at)));
    return none;
  };
  // Without a branch: whether a block holds something cannot be foreseen.
  Noted* to = noted;
  for (std::size_t at = 0; at < size; at += kVectorBytes) {
    const std::uint64_t first = look_up(text + at);
    const std::uint64_t second = look_up(text + at + 32);
    const std::uint64_t bits = ~((second << 32U) | first);
    *to = {static_cast<std::uint32_t>(at), bits};
    to += bits != 0 ? 1 : 0;
  }
  return static_cast<std::size_t>(to - noted);
}

#else

std::size_t RawScan::Impl::find(const char* text, std::size_t size, Noted* noted) const noexcept {
  std::size_t count = 0;
  for (std::size_t at = 0; at < size; at += kVectorBytes) {
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < kVectorBytes; ++i) {
      const auto byte = static_cast<unsigned char>(text[at + i]);
      bool hits = byte == '\n' || byte == '#' || byte == kWideLead;
      for (const auto& table : windows_.table) {
        unsigned buckets = 0xFF;
        for (std::size_t k = 0; k < kLookups; ++k) {
          const auto seen = static_cast<unsigned char>(text[at + i + kLookupOffset[k]]);
          buckets = seen < 0x80 ? buckets & table[k][lookup_index(k, seen)] : 0;
        }
        hits = hits || buckets != 0;
      }
      if (hits) bits |= 1ULL << i;
    }
    if (bits != 0) noted[count++] = {static_cast<std::uint32_t>(at), bits};
  }
  return count;
}

#endif

RawScan::RawScan(const ScanKeys& keys) : impl_(std::make_unique<const Impl>(keys)) {}
RawScan::~RawScan() = default;
RawScan::RawScan(RawScan&&) noexcept = default;
RawScan& RawScan::operator=(RawScan&&) noexcept = default;

void RawScan::scan(std::string_view block, FoundLines* out, std::size_t wanted) const noexcept {
  impl_->scan(block, out, wanted);
}

bool RawScan::holds(std::string_view record, std::string* scratch) const {
  scratch->assign(kBytesBefore, '\n');
  *scratch += record;
  scratch->append(kBytesBehind, '\n');
  thread_local FoundLines found;
  impl_->scan(std::string_view(*scratch).substr(kBytesBefore, record.size()), &found, kNoPlace);
  return !found.candidates.empty();
}

std::uint32_t RawScan::probe(std::string_view text) const noexcept { return impl_->probe(text); }

bool RawScan::is_useful() const noexcept { return impl_->is_useful(); }
std::size_t RawScan::bytes() const noexcept { return impl_->bytes(); }

}  // namespace hashcart::match
