#include "match/claim_grammar.h"

#include <algorithm>
#include <utility>

#include "base/utf8.h"
#include "match/tag_chars.h"
#include "match/text_map.h"

namespace hashcart::match {
namespace {

using base::CodePoint;
using base::decode_at;

constexpr std::size_t kNegationReach = 3;
constexpr std::uint64_t kTooMany = 1'000'000'000;

// Marks go on with a word but begin none: many an emoji ends in a variation selector.
bool begins_word(char32_t c) noexcept {
  if (c < 0x80) return is_ascii_alnum(c);
  const utf8proc_category_t of = category(c);
  return is_letter_category(of) || of == UTF8PROC_CATEGORY_ND;
}

bool is_word_char(char32_t c) noexcept {
  return begins_word(c) || (c >= 0x80 && is_mark_category(category(c)));
}

bool is_apostrophe(char32_t c) noexcept { return c == U'\'' || c == 0x2019; }

bool is_times(char32_t c) noexcept { return c == 0xD7; }

bool is_minus(char32_t c) noexcept { return c == U'-' || c == 0x2212 || c == 0x2013; }

bool is_question_mark(char32_t c) noexcept {
  return c == U'?' || c == 0xFF1F || c == 0x61F || c == 0xBF || c == 0x2753 || c == 0x2754;
}

// The decimal digit that a character of category Nd is: digits stand in runs of ten that begin with
// a zero (Unicode Standard, 4.6).
int digit_of(char32_t c) noexcept {
  if (c < 0x80) return is_ascii_number(c) ? static_cast<int>(c - U'0') : -1;
  if (category(c) != UTF8PROC_CATEGORY_ND) return -1;
  int before = 0;
  while (before < 10 && category(c - static_cast<char32_t>(before) - 1) == UTF8PROC_CATEGORY_ND) {
    ++before;
  }
  return before % 10;
}

// Reads `12`, `x12` and `12x`; the text is folded.
bool read_number(std::string_view folded, std::uint64_t* out) noexcept {
  if (folded.size() > 1 && folded.front() == 'x') {
    folded.remove_prefix(1);
  } else if (folded.size() > 1 && folded.back() == 'x') {
    folded.remove_suffix(1);
  }
  if (folded.empty()) return false;
  std::uint64_t value = 0;
  for (std::size_t at = 0; at < folded.size();) {
    const CodePoint point = decode_at(folded, at);
    const int digit = digit_of(point.value);
    if (digit < 0) return false;
    value = std::min(value * 10 + static_cast<std::uint64_t>(digit), kTooMany);
    at += point.size;
  }
  *out = value;
  return true;
}

// Folds one word onto the end of *out: `’` is `'`, and the sign of multiplication is an x.
void fold_word(std::string_view word, std::string* out) {
  thread_local std::string plain;
  thread_local std::string folded;
  plain.clear();
  for (std::size_t at = 0; at < word.size();) {
    const CodePoint point = decode_at(word, at);
    if (is_apostrophe(point.value)) {
      plain += '\'';
    } else if (is_times(point.value)) {
      plain += 'x';
    } else {
      plain.append(word, at, point.size);
    }
    at += point.size;
  }
  fold_tag(plain, base::Platform::kOther, &folded);
  out->append(folded);
}

class WordFinder {
 public:
  WordFinder(std::string_view text, const std::vector<TextSpan>& urls, Words* out)
      : text_(text), urls_(urls), out_(*out) {}

  void run() {
    out_.words.clear();
    out_.folded.clear();
    out_.has_question_mark = out_.has_link = false;
    bool after_word = false;
    while (at_ < text_.size()) {
      if (skip_url()) {
        after_word = true;
        continue;
      }
      const CodePoint point = decode_at(text_, at_);
      if ((point.value == U'@' || point.value == 0xFF20) && !after_word) {
        skip_mention(point.size);
        after_word = true;
      } else if (begins_word(point.value) || (is_times(point.value) && digit_follows(point.size))) {
        take_word(at_, false, false);
        after_word = true;
      } else if (point.value == U'+' && digit_follows(point.size)) {
        const std::size_t start = at_;
        at_ += point.size;
        take_word(start, true, false);
        after_word = true;
      } else if (is_minus(point.value) && !after_word && digit_follows(point.size)) {
        const std::size_t start = at_;
        at_ += point.size;
        take_word(start, true, true);
        after_word = true;
      } else {
        out_.has_question_mark = out_.has_question_mark || is_question_mark(point.value);
        after_word = false;
        at_ += point.size;
      }
    }
  }

 private:
  bool skip_url() {
    // Whatever its host: what stands in a link asks and claims nothing.
    const std::string_view rest = text_.substr(at_);
    for (const std::string_view scheme :
         {std::string_view("http://"), std::string_view("https://")}) {
      const bool is_link = rest.size() > scheme.size() &&
                           std::equal(scheme.begin(), scheme.end(), rest.begin(),
                                      [](char a, char b) { return a == base::ascii_lower(b); });
      if (!is_link) continue;
      at_ += std::min(rest.size(), rest.find_first_of(" \t\r\n"));
      out_.has_link = true;
      return true;
    }
    while (next_url_ < urls_.size() && urls_[next_url_].end <= at_) ++next_url_;
    if (next_url_ == urls_.size() || urls_[next_url_].start > at_) return false;
    at_ = urls_[next_url_].end;
    out_.has_link = true;
    return true;
  }

  [[nodiscard]] bool at_url(std::size_t at) const {
    return next_url_ < urls_.size() && urls_[next_url_].start <= at && at < urls_[next_url_].end;
  }

  [[nodiscard]] bool digit_follows(std::size_t size) const {
    if (at_ + size >= text_.size()) return false;
    return digit_of(decode_at(text_, at_ + size).value) >= 0;
  }

  void skip_mention(std::size_t sign) {
    at_ += sign;
    while (at_ < text_.size() && !at_url(at_)) {
      const CodePoint point = decode_at(text_, at_);
      if (!is_word_char(point.value) && point.value != U'_' && point.value != U'.' &&
          point.value != U'-' && point.value != U'@') {
        break;
      }
      at_ += point.size;
    }
  }

  // From at_ to the end of the word; `start` may stand before it, at the number's sign.
  void take_word(std::size_t start, bool is_signed, bool is_negative) {
    const std::size_t first = at_;
    while (at_ < text_.size() && !at_url(at_)) {
      const CodePoint point = decode_at(text_, at_);
      const bool joins = is_apostrophe(point.value) || point.value == U'-' || point.value == U'_';
      if (joins ? !word_follows(at_ + point.size)
                : !is_word_char(point.value) && !is_times(point.value)) {
        break;
      }
      at_ += point.size;
    }
    Word word;
    word.start = static_cast<std::uint32_t>(start);
    word.end = static_cast<std::uint32_t>(at_);
    word.folded_start = static_cast<std::uint32_t>(out_.folded.size());
    fold_word(text_.substr(first, at_ - first), &out_.folded);
    word.folded_end = static_cast<std::uint32_t>(out_.folded.size());
    word.is_signed = is_signed;
    word.is_number =
        read_number(std::string_view(out_.folded).substr(word.folded_start), &word.number);
    if (is_negative || word.number >= kTooMany) word.number = 0;
    out_.words.push_back(word);
  }

  [[nodiscard]] bool word_follows(std::size_t at) const {
    return at < text_.size() && !at_url(at) && is_word_char(decode_at(text_, at).value);
  }

  std::string_view text_;
  const std::vector<TextSpan>& urls_;
  Words& out_;
  std::size_t at_ = 0;
  std::size_t next_url_ = 0;
};

// What a word can be in a claim; bits.
enum Role : std::uint8_t {
  kClaimRole = 1U << 0U,
  kNextRole = 1U << 1U,
  kPassRole = 1U << 2U,
  kQuestionRole = 1U << 3U,
  kNegationRole = 1U << 4U,
};

struct OptionValue {
  std::uint16_t option = 0;
  std::uint16_t value = 0;
};

}  // namespace

void find_words(std::string_view text, const std::vector<TextSpan>& urls, Words* out) {
  WordFinder(text, urls, out).run();
}

std::string fold_words(std::string_view words) {
  std::string out;
  while (true) {
    const std::size_t end = words.find(' ');
    fold_word(words.substr(0, end), &out);
    if (end == std::string_view::npos) return out;
    out += ' ';
    words.remove_prefix(end + 1);
  }
}

struct ClaimGrammar::Impl {
  catalogue::Strictness strict = catalogue::Strictness::kFirst;
  bool needs_quantity = false;
  bool by_code = false;  // no word: a code is the claim
  TextMap<std::uint8_t> roles;
  TextMap<std::uint16_t> codes;
  std::vector<TextMap<OptionValue>> options;  // by item; keys may be several words
  std::size_t option_words_max = 1;

  [[nodiscard]] bool is(const Words& words, std::size_t i, Role role) const {
    const auto found = roles.find(words.at(i));
    return found != roles.end() && (found->second & role) != 0;
  }
  [[nodiscard]] std::uint16_t code(const Words& words, std::size_t i) const {
    // `+1` is a quantity, whatever the codes are.
    if (words.words[i].is_signed) return kNoItem;
    const auto found = codes.find(words.at(i));
    return found == codes.end() ? kNoItem : found->second;
  }
};

ClaimGrammar::ClaimGrammar(const catalogue::Campaign& campaign) {
  auto impl = std::make_unique<Impl>();
  const catalogue::ClaimRule& rule = *campaign.claim;
  impl->strict = rule.strict;
  impl->needs_quantity = rule.needs_quantity;
  impl->by_code = rule.words.empty();
  const auto give = [&](const std::vector<std::string>& words, Role role) {
    for (const std::string& word : words) {
      std::uint8_t& bits = impl->roles[fold_words(word)];
      bits = static_cast<std::uint8_t>(bits | role);
    }
  };
  give(rule.words, kClaimRole);
  give(rule.next_words, kNextRole);
  give(rule.pass_words, kPassRole);
  give(rule.question_words, kQuestionRole);
  give(rule.negations, kNegationRole);
  give(rule.pass_words, kNegationRole);  // "I pass on A1"
  impl->options.resize(campaign.items.size());
  for (std::size_t i = 0; i < campaign.items.size(); ++i) {
    const catalogue::OfferItem& item = campaign.items[i];
    impl->codes.try_emplace(fold_words(item.code), static_cast<std::uint16_t>(i));
    for (std::size_t option = 0; option < item.options.size(); ++option) {
      for (std::size_t value = 0; value < item.options[option].size(); ++value) {
        const std::string& written = item.options[option][value];
        const auto words =
            1 + static_cast<std::size_t>(std::count(written.begin(), written.end(), ' '));
        impl->option_words_max = std::max(impl->option_words_max, words);
        impl->options[i].try_emplace(
            fold_words(written),
            OptionValue{static_cast<std::uint16_t>(option), static_cast<std::uint16_t>(value)});
      }
    }
  }
  impl_ = std::move(impl);
}

ClaimGrammar::~ClaimGrammar() = default;
ClaimGrammar::ClaimGrammar(ClaimGrammar&&) noexcept = default;
ClaimGrammar& ClaimGrammar::operator=(ClaimGrammar&&) noexcept = default;

std::vector<std::string> ClaimGrammar::telling_words() const {
  std::vector<std::string> out;
  for (const auto& [word, roles] : impl_->roles) {
    if ((roles & (kClaimRole | kPassRole)) != 0) out.push_back(word);
  }
  if (impl_->by_code) {
    for (const auto& [code, item] : impl_->codes) out.push_back(code);
  }
  std::sort(out.begin(), out.end());
  return out;
}

namespace {

// One reading of one comment.
template <class Impl>
class Reading {
 public:
  Reading(const Impl& rule, const Words& words, Claim* claim, std::vector<TextSpan>* parts)
      : rule_(rule), words_(words), claim_(*claim), parts_(*parts) {}

  bool run() {
    claim_ = {};
    claim_.kind = ClaimKind::kWant;
    parts_.clear();
    const std::size_t count = words_.words.size();
    if (count == 0) return false;
    if (reads_as_pass()) return true;
    std::size_t at = find_claim();
    if (at == count) return false;
    claim_at_ = at;
    if (at + 1 < count && rule_.is(words_, at + 1, kNextRole)) {
      claim_.kind = ClaimKind::kNext;
      next_at_ = at + 1;
      take(next_at_);
    }
    if (!rule_.by_code) {
      take(at);
      ++at;
    }
    find_items(at);
    if (!read_rest(at)) return false;
    if (rule_.needs_quantity && !has_quantity_) return false;
    doubt();
    std::sort(parts_.begin(), parts_.end(),
              [](const TextSpan& a, const TextSpan& b) { return a.start < b.start; });
    return true;
  }

 private:
  void take(std::size_t i) { parts_.push_back({words_.words[i].start, words_.words[i].end}); }

  bool reads_as_pass() {
    if (words_.has_question_mark || words_.has_link) return false;
    const std::size_t count = words_.words.size();
    std::size_t passes = 0;
    for (std::size_t i = 0; i < count && passes < 2; ++i) {
      if (rule_.is(words_, i, kPassRole)) {
        ++passes;
      } else if (rule_.code(words_, i) == kNoItem) {
        return false;
      }
    }
    if (passes != 1) return false;
    claim_.kind = ClaimKind::kPass;
    for (std::size_t i = 0; i < count; ++i) {
      if (!rule_.is(words_, i, kPassRole)) add_item(rule_.code(words_, i));
      take(i);
    }
    return true;
  }

  std::size_t find_claim() const {
    const std::size_t count = words_.words.size();
    const std::size_t end = rule_.strict == catalogue::Strictness::kContains ? count : 1;
    for (std::size_t i = 0; i < end; ++i) {
      if (rule_.by_code ? rule_.code(words_, i) != kNoItem : rule_.is(words_, i, kClaimRole)) {
        return i;
      }
    }
    return count;
  }

  void add_item(std::uint16_t item) {
    if (std::find(claim_.items.begin(), claim_.items.end(), item) == claim_.items.end() &&
        claim_.items.size() < kClaimItemsMax) {
      claim_.items.push_back(item);
    }
  }

  // The codes first: they say which options there are.
  void find_items(std::size_t from) {
    for (std::size_t i = from; i < words_.words.size(); ++i) {
      if (const std::uint16_t item = rule_.code(words_, i); item != kNoItem) add_item(item);
    }
    if (claim_.items.empty() && rule_.options.size() == 1) claim_.items.push_back(0);
  }

  // False where the rule wants nothing else to be said, and something is.
  bool read_rest(std::size_t from) {
    const bool only = rule_.strict == catalogue::Strictness::kOnly;
    if (only && words_.has_link) return false;
    const TextMap<OptionValue>* options =
        claim_.items.size() == 1 ? &rule_.options[claim_.items.front()] : nullptr;
    for (std::size_t i = from; i < words_.words.size();) {
      if (i == next_at_) {
        ++i;
      } else if (rule_.code(words_, i) != kNoItem) {
        take(i);
        ++i;
      } else if (const std::size_t size = options == nullptr ? 0 : take_option(*options, i)) {
        i += size;
      } else if (words_.words[i].is_number && !has_quantity_) {
        has_quantity_ = true;
        quantity_ = words_.words[i].number;
        take(i);
        ++i;
      } else if (only && !rule_.is(words_, i, kQuestionRole) &&
                 !(i == claim_at_ + 1 && rule_.is(words_, i, kNegationRole))) {
        return false;  // what makes it no claim is doubt()'s
      } else {
        ++i;
      }
    }
    return true;
  }

  // The longest value that stands at word i; returns how many words it is.
  std::size_t take_option(const TextMap<OptionValue>& options, std::size_t i) {
    const Word& first = words_.words[i];
    if (options.empty() || first.is_signed) return 0;
    joined_.clear();
    std::size_t size = 0;
    OptionValue best;
    const std::size_t end = std::min(words_.words.size(), i + rule_.option_words_max);
    for (std::size_t j = i; j < end; ++j) {
      if (j > i) joined_ += ' ';
      joined_ += words_.at(j);
      const auto found = options.find(std::string_view(joined_));
      if (found == options.end()) continue;
      size = j - i + 1;
      best = found->second;
    }
    if (size == 0) return 0;
    std::uint16_t& chosen = claim_.options[best.option];
    if (chosen != kNoOption && chosen != best.value) claim_.options_clash = true;
    if (chosen == kNoOption) chosen = best.value;
    parts_.push_back({first.start, words_.words[i + size - 1].end});
    return size;
  }

  void doubt() {
    if (has_quantity_) claim_.quantity = static_cast<std::uint32_t>(quantity_);
    ClaimDoubt why = ClaimDoubt::kNone;
    if (has_quantity_ && (quantity_ == 0 || quantity_ > kQuantityMax)) why = ClaimDoubt::kQuantity;
    const std::size_t reach = claim_at_ - std::min(claim_at_, kNegationReach);
    for (std::size_t i = reach; i <= claim_at_ + 1 && i < words_.words.size(); ++i) {
      if (i != claim_at_ && rule_.is(words_, i, kNegationRole)) why = ClaimDoubt::kNegation;
    }
    bool asks = words_.has_question_mark;
    for (std::size_t i = 0; i < words_.words.size() && !asks; ++i) {
      asks = rule_.is(words_, i, kQuestionRole);
    }
    if (asks) why = ClaimDoubt::kQuestion;
    if (why == ClaimDoubt::kNone) return;
    claim_.kind = ClaimKind::kNotAClaim;
    claim_.doubt = why;
    claim_.quantity = 1;
  }

  const Impl& rule_;
  const Words& words_;
  Claim& claim_;
  std::vector<TextSpan>& parts_;
  std::size_t claim_at_ = 0;
  std::size_t next_at_ = static_cast<std::size_t>(-1);  // none
  bool has_quantity_ = false;
  std::uint64_t quantity_ = 1;
  std::string joined_;
};

}  // namespace

bool ClaimGrammar::parse(const Words& words, Claim* claim, std::vector<TextSpan>* parts) const {
  return Reading<Impl>(*impl_, words, claim, parts).run();
}

}  // namespace hashcart::match
