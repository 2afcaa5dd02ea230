// The entities of an X post (v1.1 and v2): what the payload says are tags and links, and where.
//
// A post's text may come after its entities, and other posts may stand between the two. So entities
// are first read onto a stack, each list as one range of it, and attached to the post when its text
// is known.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "post/dialect.h"
#include "post/html_text.h"

namespace hashcart::post {

struct XEntityRange {
  std::size_t begin = 0;
  std::size_t end = 0;
};

class XEntities {
 public:
  void clear() noexcept { entities_.clear(); }
  [[nodiscard]] std::size_t size() const noexcept { return entities_.size(); }
  // Forgets all entities read since the stack had that size.
  void shrink(std::size_t size) noexcept { entities_.resize(size); }

  // Reads an `entities` object; null is an empty one.
  [[nodiscard]] RejectReason read(FieldCursor& value, XEntityRange* out) noexcept;
  [[nodiscard]] RejectReason read(od::value value, XEntityRange* out) noexcept;

  // Decodes the text, and appends the entities to the post's tags and links. A tag or link has a
  // byte range only where the decoded text holds it there: indices of a cut retweet point at its
  // last character (115 real ones).
  void attach(std::string_view escaped_text, XEntityRange range, ReadContext* context, Post* post);

 private:
  struct Entity {
    bool is_tag = false;
    std::string_view value;          // the tag without its sign; the best expansion of the link
    std::string_view shown;          // of a link: what stands in the text
    std::uint64_t first = kNowhere;  // code points of the escaped text
    std::uint64_t last = kNowhere;
  };
  static constexpr std::uint64_t kNowhere = ~0ULL;

  template <class Value>
  [[nodiscard]] RejectReason read_lists(Value& value, XEntityRange* out) noexcept;
  [[nodiscard]] RejectReason read_entity(FieldCursor& fields, bool is_tag) noexcept;

  std::vector<Entity> entities_;
  std::vector<TextMark> marks_;
  KeyOrder list_order_, entity_order_, unwound_order_;
};

// Of a text with tag `tag` (without sign) at [start, end): true if a sign and the tag stand there.
[[nodiscard]] bool is_tag_at(std::string_view text, std::uint32_t start, std::uint32_t end,
                             std::string_view tag) noexcept;

}  // namespace hashcart::post
