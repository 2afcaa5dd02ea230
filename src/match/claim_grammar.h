// Claim grammar: what a comment says it wants: "SOLD AA 10 blue small", "sold next", "pass".
//
// A comment is cut into words; mentions and links are passed over. A word has letters, digits and
// marks of any script and begins with no mark; ' - _ join it. A claim is its word (or, where the
// campaign has none, an item's code), and behind it in any order an item's code, one value of each
// of the item's options (the longest that stands there), and a quantity. Sources: CommentSold (the
// word first, then identifier, quantity, variants), SHOPLINE (levels of strictness, `A1+1`), My
// Fashion Emporium (`sold next`, `pass`, a "question" is no claim), Claimbase (other text around
// it), OrdrStartr (`ABC +1`), by their help pages: help.commentsold.com 7287554041748,
// support.shoplineapp.com 10189241458201, myfashionemporium.com/faq, claimbase.app/help,
// ordrstartr.com/keywords-set-up.
//
//   quantity    digits of any script, `+2`, `x2`, `2x`; 1 to kQuantityMax. The first number that is
//               no code and no option value; a signed one is neither. Another (`+0`, `-1`, a
//               billion) makes it no claim.
//   next        right behind the word or the code that is the claim
//   question    a question mark anywhere, or one of the campaign's question words
//   negation    one of its negations or pass words right behind the word, or among the three words
//               before it
//   pass        a pass word and at most codes, in any order, and nothing else: no question, no link
//   only        (strict) other words, or a link, and nothing is said; but a question word, and a
//               negation right behind the word, make it no claim
//
// Words are the same if their fold_tag() is. Cost: linear in the text; buffers are reused.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/platform.h"
#include "catalogue/catalogue.h"
#include "match/hashtag_grammar.h"
#include "match/signal.h"

namespace hashcart::match {

inline constexpr std::uint64_t kQuantityMax = 9'999;

struct Word {
  std::uint32_t start = 0;  // bytes of the text
  std::uint32_t end = 0;
  std::uint32_t folded_start = 0;  // into Words::folded
  std::uint32_t folded_end = 0;
  bool is_number = false;
  bool is_signed = false;    // + or - before it
  std::uint64_t number = 0;  // 0 where it is negative or has over nine digits
};

// The words of a text.
struct Words {
  std::vector<Word> words;
  std::string folded;
  bool has_question_mark = false;
  bool has_link = false;

  [[nodiscard]] std::string_view at(std::size_t i) const noexcept {
    return std::string_view(folded).substr(words[i].folded_start,
                                           words[i].folded_end - words[i].folded_start);
  }
};

// urls: of find_urls(). *out is overwritten.
void find_words(std::string_view text, const std::vector<TextSpan>& urls, Words* out);

// The comparable form of a word of a catalogue; blanks between several stay.
[[nodiscard]] std::string fold_words(std::string_view words);

// One campaign's rule, compiled. Immutable, shared.
class ClaimGrammar {
 public:
  // campaign: has a claim.
  explicit ClaimGrammar(const catalogue::Campaign& campaign);
  ~ClaimGrammar();
  ClaimGrammar(ClaimGrammar&&) noexcept;
  ClaimGrammar& operator=(ClaimGrammar&&) noexcept;

  // Whether the words say anything by this rule; then *claim and the places it was read from.
  [[nodiscard]] bool parse(const Words& words, Claim* claim, std::vector<TextSpan>* parts) const;

  // Words without one of which no text says anything by this rule, folded.
  [[nodiscard]] std::vector<std::string> telling_words() const;

 private:
  struct Impl;
  std::unique_ptr<const Impl> impl_;
};

}  // namespace hashcart::match
