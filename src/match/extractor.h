// Extractor: the tags and links of a post, each with the bytes it was cut from.
//
// Tags: the platform's grammar on the decoded text, and the payload's list for what the text cannot
// show (or the list alone, where the dialect says it is complete). Links: the payload's in order,
// then those in the text that no payload link covers; each classified against the catalogue.
//
// Threads: one per worker.   Memory: buffers are reused; results live until the next call.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "match/hashtag_grammar.h"
#include "match/link_grammar.h"
#include "match/pattern_db.h"
#include "post/post.h"

namespace hashcart::match {

struct FoundTag {
  std::string_view text;    // without its sign
  std::uint32_t start = 0;  // bytes in Post::text, sign included;
  std::uint32_t end = 0;    // start == end: it stands only in the payload's list
};

struct FoundLink {
  std::string_view url;
  std::uint32_t index = 0;  // into the post's links, as hashcart.post/1 lists them
  bool in_text = false;     // url is Post::text[start, end)
  std::uint32_t start = 0;
  std::uint32_t end = 0;
  LinkWhy why = LinkWhy::kNotAUrl;  // kNone: the product below
  std::uint16_t retailer = 0;       // also with kShortLink
  std::uint16_t market = 0;
  std::string id;
  std::string affiliate;  // may be empty (ProductRef)
  const catalogue::PathTemplate* by = nullptr;
};

// Where short links lead, from --links: URL as written -> its expansion.
class LinkExpansions {
 public:
  virtual ~LinkExpansions() = default;
  // Empty where it is not known.
  [[nodiscard]] virtual std::string_view expand(std::string_view url) const noexcept = 0;
};

class Extractor {
 public:
  // db and expansions (may be null) outlive this.
  Extractor(const PatternDb& db, const LinkExpansions* expansions)
      : db_(db), expansions_(expansions) {}

  // All tags of a post: in text order, then those of the list. A tag that the list repeats from the
  // text is there once.
  [[nodiscard]] const std::vector<FoundTag>& tags(const post::Post& post);
  // All links of a post. The vector is valid up to link_count().
  [[nodiscard]] const std::vector<FoundLink>& links(const post::Post& post);
  [[nodiscard]] std::size_t link_count() const noexcept { return link_count_; }

 private:
  void classify(FoundLink* link, bool text_link);
  FoundLink* add_link();

  const PatternDb& db_;
  const LinkExpansions* expansions_;
  std::vector<TextSpan> urls_;
  std::vector<TagSpan> spans_;
  std::vector<FoundTag> tags_;
  std::vector<FoundLink> links_;
  std::size_t link_count_ = 0;
  LinkScratch scratch_;
  std::string folded_;
  std::string folded_other_;
};

}  // namespace hashcart::match
