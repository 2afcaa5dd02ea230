#include "post/x_entities.h"

namespace hashcart::post {
namespace {

enum class ListKey : std::uint8_t { kHashtags, kUrls, kCount };
constexpr KeyTable<ListKey> kListKeys({"hashtags", "urls"});

// v1.1 has text, indices and unwound.url where v2 has tag, start, end and unwound_url; no key means
// two things.
enum class EntityKey : std::uint8_t {
  kText,
  kTag,
  kUrl,
  kExpandedUrl,
  kUnwoundUrl,
  kUnwound,
  kIndices,
  kStart,
  kEnd,
  kCount
};
constexpr KeyTable<EntityKey> kEntityKeys({"text", "tag", "url", "expanded_url", "unwound_url",
                                           "unwound", "indices", "start", "end"});

enum class UnwoundKey : std::uint8_t { kUrl, kCount };
constexpr KeyTable<UnwoundKey> kUnwoundKeys({"url"});

}  // namespace

bool is_tag_at(std::string_view text, std::uint32_t start, std::uint32_t end,
               std::string_view tag) noexcept {
  if (start >= end || end > text.size()) return false;
  const std::string_view slice = text.substr(start, end - start);
  for (const std::string_view sign : {std::string_view("#"), std::string_view("\xEF\xBC\x83")}) {
    if (slice.starts_with(sign) && slice.substr(sign.size()) == tag) return true;
  }
  return false;
}

RejectReason XEntities::read(FieldCursor& value, XEntityRange* out) noexcept {
  return read_lists(value, out);
}

RejectReason XEntities::read(od::value value, XEntityRange* out) noexcept {
  return read_lists(value, out);
}

template <class Value>
RejectReason XEntities::read_lists(Value& value, XEntityRange* out) noexcept {
  out->begin = entities_.size();
  HASHCART_TRY(with_object(value, [&](auto& lists) {
    return each_known_field(lists, kListKeys, &list_order_, [&](ListKey key, FieldCursor& list) {
      return each_element(list, [&](od::value element) {
        return with_object(element, [&](od::object object) {
          FieldCursor fields(object);
          return read_entity(fields, key == ListKey::kHashtags);
        });
      });
    });
  }));
  out->end = entities_.size();
  return RejectReason::kNone;
}

RejectReason XEntities::read_entity(FieldCursor& fields, bool is_tag) noexcept {
  Entity entity;
  entity.is_tag = is_tag;
  std::string_view tag, url, expanded_url, unwound_url;
  HASHCART_TRY(
      each_known_field(fields, kEntityKeys, &entity_order_, [&](EntityKey key, FieldCursor& value) {
        switch (key) {
          case EntityKey::kText:
          case EntityKey::kTag:
            return read_optional_text(value, &tag);
          case EntityKey::kUrl:
            return read_optional_text(value, &url);
          case EntityKey::kExpandedUrl:
            return read_optional_text(value, &expanded_url);
          case EntityKey::kUnwoundUrl:
            return read_optional_text(value, &unwound_url);
          case EntityKey::kUnwound:
            return with_optional_object(value, [&](FieldCursor& unwound) {
              return each_known_field(unwound, kUnwoundKeys, &unwound_order_,
                                      [&](UnwoundKey, FieldCursor& link) {
                                        return read_optional_text(link, &unwound_url);
                                      });
            });
          case EntityKey::kIndices: {
            std::size_t index = 0;
            return each_optional_element(value, [&](od::value number) {
              ++index;
              if (index > 2) return RejectReason::kNone;
              return read_optional_index(number, index == 1 ? &entity.first : &entity.last);
            });
          }
          case EntityKey::kStart:
            return read_optional_index(value, &entity.first);
          case EntityKey::kEnd:
            return read_optional_index(value, &entity.last);
          case EntityKey::kCount:
            break;
        }
        return RejectReason::kNone;
      }));
  if (is_tag) {
    entity.value = tag;
  } else {
    entity.value = !unwound_url.empty() ? unwound_url : !expanded_url.empty() ? expanded_url : url;
    entity.shown = url;
  }
  if (!entity.value.empty()) entities_.push_back(entity);
  return RejectReason::kNone;
}

void XEntities::attach(std::string_view escaped_text, XEntityRange range, ReadContext* context,
                       Post* post) {
  marks_.clear();
  for (std::size_t i = range.begin; i < range.end; ++i) {
    const auto slot = static_cast<std::uint32_t>((i - range.begin) * 2);
    marks_.push_back({entities_[i].first, slot, kNoByte});
    marks_.push_back({entities_[i].last, slot + 1, kNoByte});
  }
  post->text = decode_x_text(escaped_text, marks_, &context->arena());
  // From here `first` and `last` are bytes of the decoded text.
  for (const TextMark& mark : marks_) {
    Entity& entity = entities_[range.begin + mark.slot / 2];
    (mark.slot % 2 == 0 ? entity.first : entity.last) = mark.byte;
  }
  for (std::size_t i = range.begin; i < range.end; ++i) {
    const Entity& entity = entities_[i];
    auto start = static_cast<std::uint32_t>(entity.first);
    auto end = static_cast<std::uint32_t>(entity.last);
    const bool in_text = start != kNoByte && end != kNoByte && start < end;
    const bool stands_there =
        in_text && (entity.is_tag ? is_tag_at(post->text, start, end, entity.value)
                                  : post->text.substr(start, end - start) == entity.shown);
    if (!stands_there) start = end = 0;
    if (entity.is_tag) {
      post->tags.push_back({entity.value, start, end});
    } else {
      post->links.push_back({entity.value, start, end});
    }
  }
}

}  // namespace hashcart::post
