// The `simple` dialect: for tests, and for people whose posts come from no platform we know.
//
//   {"id":"1","user":"ada","at":"2014-05-06T10:00:00Z","text":"..."}
//
// and optionally
//   platform                       whose post it is, by the names of base/platform.h; else "other"
//   handle                         the author's name as people write it; else `user`
//   reply_to, reply_to_user        id and author of the parent
//   repost_of, quote_of            ids of the originals
//   edit_of                        id of the first post of the chain that this one edits
//   urls, tags                     strings: links, and tags with or without their sign, that the
//                                  text need not show
//   product_tags                   strings: ids of products that the payload names without a link
//   lang                           a language tag
//   protected, truncated, deleted  true or false; with "deleted": true only the id is needed
//
// Ids (id, user, reply_to, ...) are strings or whole numbers. null is the same as no key. Other
// keys are passed over. A feeder's tick of the clock is in this dialect too:
//   {"hashcart":"clock","platform":"x","at":"..."}
#include <optional>

#include "post/dialect.h"

namespace hashcart::post {
namespace {

enum class Key : std::uint8_t {
  kId,
  kUser,
  kHandle,
  kAt,
  kText,
  kPlatform,
  kReplyTo,
  kReplyToUser,
  kRepostOf,
  kQuoteOf,
  kEditOf,
  kUrls,
  kTags,
  kProductTags,
  kLang,
  kProtected,
  kTruncated,
  kDeleted,
  kHashcart,
  kCount
};
constexpr KeyTable<Key> kKeys({"id", "user", "handle", "at", "text", "platform", "reply_to",
                               "reply_to_user", "repost_of", "quote_of", "edit_of", "urls", "tags",
                               "product_tags", "lang", "protected", "truncated", "deleted",
                               "hashcart"});

class SimpleReader final : public DialectReader {
 public:
  RejectReason read(od::object object, ReadContext* context) noexcept override {
    const std::size_t index =
        context->add_post(Dialect::kSimple, base::Platform::kOther, Role::kMain);
    Post& post = context->post(index);
    MaybeText id, user, at, text, platform, reply_to, reply_to_user, repost_of, quote_of, edit_of,
        hashcart;
    bool deleted = false;
    HASHCART_TRY(each_known_field(object, kKeys, [&](Key key, od::value value) {
      switch (key) {
        case Key::kId:
          return read_id(value, &id);
        case Key::kUser:
          return read_id(value, &user);
        case Key::kHandle:
          return read_optional_text(value, &post.author_handle);
        case Key::kAt:
          return read_text(value, &at);
        case Key::kText:
          return read_text(value, &text);
        case Key::kPlatform:
          return read_text(value, &platform);
        case Key::kReplyTo:
          return read_id(value, &reply_to);
        case Key::kReplyToUser:
          return read_id(value, &reply_to_user);
        case Key::kRepostOf:
          return read_id(value, &repost_of);
        case Key::kQuoteOf:
          return read_id(value, &quote_of);
        case Key::kEditOf:
          return read_id(value, &edit_of);
        case Key::kUrls:
          return each_element(value, [&](od::value element) { return read_url(element, &post); });
        case Key::kTags:
          return each_element(value, [&](od::value element) { return read_tag(element, &post); });
        case Key::kProductTags:
          return each_element(value,
                              [&](od::value element) { return read_product_tag(element, &post); });
        case Key::kLang:
          return read_optional_text(value, &post.lang);
        case Key::kProtected:
          return read_optional_bool(value, &post.author_protected);
        case Key::kTruncated:
          return read_optional_bool(value, &post.truncated);
        case Key::kDeleted:
          return read_optional_bool(value, &deleted);
        case Key::kHashcart:
          return read_text(value, &hashcart);
        case Key::kCount:
          break;
      }
      return RejectReason::kNone;
    }));
    if (platform.present) {
      const std::optional<base::Platform> known = base::platform_by_name(platform.text);
      if (!known) return RejectReason::kWrongType;
      post.platform = *known;
    }
    if (hashcart.present) return finish_tick(hashcart.text, at, index, context);

    if (!id.present) return RejectReason::kNoId;
    HASHCART_TRY(check_id(id.text));
    HASHCART_TRY(check_optional_id(user));
    if (deleted) {
      context->add_delete({post.platform, false, id.text, user.text});
      context->remove_post(index);
      return RejectReason::kNone;
    }
    for (const MaybeText* optional : {&reply_to, &reply_to_user, &repost_of, &quote_of, &edit_of}) {
      HASHCART_TRY(check_optional_id(*optional));
    }
    HASHCART_TRY(read_time(at, &post.time));
    post.has_time = true;
    post.time_is_platforms = true;
    post.id = id.text;
    post.chain_id = edit_of.filled() ? edit_of.text : id.text;
    post.is_edit = edit_of.filled();
    post.author_id = user.text;
    if (post.author_handle.empty()) post.author_handle = user.text;
    post.text = text.text;
    post.reply_to = reply_to.text;
    post.reply_to_author = reply_to_user.text;
    post.repost_of = repost_of.text;
    post.quote_of = quote_of.text;
    post.is_repost = repost_of.filled();
    post.is_quote = quote_of.filled();
    return RejectReason::kNone;
  }

 private:
  [[nodiscard]] static RejectReason read_time(const MaybeText& at,
                                              base::EventTimeMs* out) noexcept {
    if (!at.present) return RejectReason::kNoTime;
    const std::optional<base::EventTimeMs> time = base::parse_rfc3339(at.text);
    if (!time) return RejectReason::kBadTime;
    *out = *time;
    return RejectReason::kNone;
  }

  [[nodiscard]] static RejectReason finish_tick(std::string_view what, const MaybeText& at,
                                                std::size_t index, ReadContext* context) {
    const base::Platform platform = context->post(index).platform;
    context->remove_post(index);
    if (what != "clock") return RejectReason::kUnknownDialect;
    Tick tick{platform, 0};
    HASHCART_TRY(read_time(at, &tick.time));
    context->add_tick(tick);
    return RejectReason::kNone;
  }

  [[nodiscard]] static RejectReason read_url(od::value& value, Post* post) {
    MaybeText url;
    HASHCART_TRY(read_text(value, &url));
    if (url.filled()) post->links.push_back({url.text, 0, 0});
    return RejectReason::kNone;
  }

  [[nodiscard]] static RejectReason read_product_tag(od::value& value, Post* post) {
    MaybeText id;
    HASHCART_TRY(read_id(value, &id));
    if (id.filled()) post->product_tags.push_back({id.text, {}, {}});
    return RejectReason::kNone;
  }

  [[nodiscard]] static RejectReason read_tag(od::value& value, Post* post) {
    MaybeText tag;
    HASHCART_TRY(read_text(value, &tag));
    for (const std::string_view sign : {std::string_view("#"), std::string_view("\xEF\xBC\x83")}) {
      if (tag.text.starts_with(sign)) {
        tag.text.remove_prefix(sign.size());
        break;
      }
    }
    if (tag.filled()) post->tags.push_back({tag.text, 0, 0});
    return RejectReason::kNone;
  }
};

}  // namespace

bool is_simple(const Outline& outline) noexcept {
  const ObjectOutline& top = outline.top;
  if (top.is_string(OutlineKey::kHashcart)) return true;
  // Look-alikes: X (id_str), Weibo (idstr, mid).
  if (top.has(OutlineKey::kIdStr) || top.has(OutlineKey::kIdstr) || top.has(OutlineKey::kMid))
    return false;
  const bool has_id = top.has(OutlineKey::kId);
  const bool has_text = top.has(OutlineKey::kText);
  if (top.has(OutlineKey::kAt)) return has_id || has_text;
  if (has_id && top.is(OutlineKey::kDeleted, JsonKind::kBool)) return true;
  return has_id && has_text &&
         (top.is_string(OutlineKey::kUser) || top.is(OutlineKey::kUser, JsonKind::kNumber));
}

std::unique_ptr<DialectReader> make_simple_reader() { return std::make_unique<SimpleReader>(); }

}  // namespace hashcart::post
