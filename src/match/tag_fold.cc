// fold_tag and fold_text; the header proves why one is found in the other.
//
// utf8proc_decompose() would do most of this, but it sorts combining marks by insertion, quadratic
// on hostile text, and has no way to keep some default-ignorables. So its per-code-point function
// is used, and marks are sorted here. As it is slow, its answers for the first two planes are kept
// in a table (fold_table.h); what folds to itself, most of most texts, is copied in runs.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <utf8proc.h>

#include "base/utf8.h"
#include "match/fold_table.h"
#include "match/hashtag_grammar.h"
#include "match/tag_chars.h"

namespace hashcart::match {
namespace {

using base::CodePoint;

enum class Scope { kTag, kText };

// U+FDFA, the longest, decomposes to 18 code points; case folding makes at most 3 of each.
constexpr std::size_t kFoldedPointsMax = 64;

constexpr auto kFoldOptions = static_cast<utf8proc_option_t>(UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT |
                                                             UTF8PROC_CASEFOLD | UTF8PROC_IGNORE);

// A plain loop over two pointers, so that the compiler makes vectors of it.
void append_lower(std::string_view text, std::string* out) {
  const std::size_t start = out->size();
  out->append(text);
  char* const bytes = out->data() + start;
  const std::size_t size = text.size();
  for (std::size_t i = 0; i < size; ++i) bytes[i] = base::ascii_lower(bytes[i]);
}

class Folder {
 public:
  Folder(TagGrammar grammar, Scope scope, std::string* out)
      : grammar_(grammar),
        scope_(scope),
        out_(out),
        marks_(buffers().marks),
        rare_(buffers().rare) {
    marks_.clear();
  }

  void run(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = plain_end(text, at);
      if (end > at) {
        flush();
        append_lower(text.substr(at, end - at), out_);
        drop_marks_ = drops_marks_after(static_cast<unsigned char>(text[end - 1]));
        at = end;
        continue;
      }
      const CodePoint point = base::decode_at(text, at);
      at += point.size;
      fold(point.value);
    }
    flush();
  }

 private:
  // They keep their storage between calls, so that no call allocates in the long run.
  struct Buffers {
    std::vector<std::uint64_t> marks;
    FoldedPoints rare;
  };

  [[nodiscard]] static Buffers& buffers() {
    thread_local Buffers buffers;
    return buffers;
  }

  [[nodiscard]] bool filters() const {
    return scope_ == Scope::kTag && grammar_ == TagGrammar::kMastodon;
  }

  [[nodiscard]] bool drops_marks_after(char32_t starter) const {
    return grammar_ == TagGrammar::kMastodon && is_ascii_letter(starter);
  }

  // The end of the run at `at` that needs no more than ASCII letters in lower case.
  [[nodiscard]] std::size_t plain_end(std::string_view text, std::size_t at) const {
    if (filters()) return at;
    const char32_t first_plain = grammar_ == TagGrammar::kMastodon ? kLatinFoldedMax + 1 : 0x80;
    while (at < text.size()) {
      if (static_cast<unsigned char>(text[at]) < 0x80) {
        ++at;
        continue;
      }
      const CodePoint point = base::decode_at(text, at);
      if (point.size == 1 || point.value < first_plain || point.value >= FoldTable::kSize ||
          !table_.is_plain(point.value)) {
        break;
      }
      at += point.size;
    }
    return at;
  }

  void fold(char32_t c) {
    const bool filter = filters() && !may_be_in_tag(c, grammar_);
    if (c < FoldTable::kSize && table_.is_plain(c)) {
      put(c, 0, filter);
      return;
    }
    const bool ignorable = c < FoldTable::kSize ? table_.ignores(c) : is_ignorable(c);
    if (ignorable && scope_ == Scope::kText && !may_be_in_tag(c, grammar_)) {
      put(c, 0, false);
      return;
    }
    std::span<const std::uint32_t> folded;
    if (c < FoldTable::kSize) {
      folded = table_.folded(c);
    } else {
      rare_.clear();
      append_folded(c, &rare_);
      folded = rare_;
    }
    for (const std::uint32_t point : folded) put(point & 0xFFFFFFU, point >> 24U, filter);
  }

  void put(char32_t c, std::uint64_t combining_class, bool filter) {
    if (grammar_ == TagGrammar::kMastodon) c = fold_latin(c);
    if (filter && !may_be_in_tag(c, grammar_)) return;
    if (combining_class == 0) {
      flush();
      base::append_utf8(c, out_);
      drop_marks_ = drops_marks_after(c);
    } else if (!drop_marks_) {
      // Class, then place, then the mark: sorting the numbers is a stable sort by class.
      marks_.push_back((combining_class << 56U) | (std::uint64_t{marks_.size()} << 24U) | c);
    }
  }

  void flush() {
    if (marks_.empty()) return;
    if (marks_.size() > 1) std::sort(marks_.begin(), marks_.end());
    for (const std::uint64_t mark : marks_) {
      base::append_utf8(static_cast<char32_t>(mark & 0xFFFFFFU), out_);
    }
    marks_.clear();
  }

  const TagGrammar grammar_;
  const Scope scope_;
  std::string* const out_;
  const FoldTable& table_ = fold_table();
  std::vector<std::uint64_t>& marks_;  // the run of combining marks behind the last starter
  FoldedPoints& rare_;                 // what a code point beyond the table folds to
  bool drop_marks_ = false;            // that starter is a Latin letter on Mastodon
};

void fold(std::string_view text, base::Platform platform, Scope scope, std::string* out) {
  out->clear();
  const TagGrammar grammar = grammar_of(platform);
  const bool filters = grammar == TagGrammar::kMastodon && scope == Scope::kTag;
  if (filters || !base::is_ascii(text)) {
    Folder(grammar, scope, out).run(text);
  } else {
    append_lower(text, out);
  }
}

}  // namespace

void append_folded(char32_t c, FoldedPoints* out) {
  std::array<utf8proc_int32_t, kFoldedPointsMax> folded{};
  int boundary = 0;
  const utf8proc_ssize_t count = utf8proc_decompose_char(
      static_cast<utf8proc_int32_t>(c), folded.data(), static_cast<utf8proc_ssize_t>(folded.size()),
      kFoldOptions, &boundary);
  for (std::size_t i = 0; i < folded.size() && static_cast<utf8proc_ssize_t>(i) < count; ++i) {
    const auto combining_class =
        static_cast<std::uint32_t>(utf8proc_get_property(folded[i])->combining_class);
    out->push_back((combining_class << 24U) | static_cast<std::uint32_t>(folded[i]));
  }
}

bool is_ignorable(char32_t c) {
  return utf8proc_get_property(static_cast<utf8proc_int32_t>(c))->ignorable;
}

FoldTable::~FoldTable() {
  for (const auto& page : pages_) delete page.load(std::memory_order_relaxed);
}

const FoldTable::Page& FoldTable::make_page(std::size_t index) const {
  auto made = std::make_unique<Page>();
  for (char32_t i = 0; i < kPageSize; ++i) {
    const char32_t c = static_cast<char32_t>(index) * kPageSize + i;
    const std::size_t start = made->points.size();
    append_folded(c, &made->points);
    const std::size_t size = made->points.size() - start;
    if (size == 1 && made->points[start] == c) {
      made->points.pop_back();  // a starter that folds to itself; kPlain
    } else {
      const std::size_t ignorable = is_ignorable(c) ? 0x80U : 0U;
      made->places[i] = static_cast<std::uint32_t>((start << 8U) | ignorable | size) + 1;
    }
  }
  const Page* none = nullptr;
  // pairs with the acquire in page()
  if (pages_[index].compare_exchange_strong(none, made.get(), std::memory_order_acq_rel)) {
    return *made.release();
  }
  return *none;
}

const FoldTable& fold_table() {
  static const FoldTable kTable;
  return kTable;
}

void fold_tag(std::string_view tag, base::Platform platform, std::string* out) {
  fold(tag, platform, Scope::kTag, out);
}

void fold_text(std::string_view text, base::Platform platform, std::string* out) {
  fold(text, platform, Scope::kText, out);
}

}  // namespace hashcart::match
