// The `simple` dialect: for tests, and for people whose posts come from no platform we know.
//
//   {"id":"1","user":"ada","at":"2014-05-06T10:00:00Z","text":"..."}
// and optionally platform, reply_to, repost_of, quote_of (ids), urls, tags (strings), lang, protected, deleted. With
// "deleted": true only the id is needed. A feeder's tick of the clock is in it too:
//   {"hashcart":"clock","platform":"x","at":"..."}
#include <optional>

#include "post/dialect.h"

namespace hashcart::post {
namespace {

enum class Key : std::uint8_t {
  kId, kUser, kAt, kText, kPlatform, kReplyTo, kRepostOf, kQuoteOf, kUrls, kTags, kLang, kProtected, kDeleted,
  kHashcart, kCount
};
constexpr KeyTable<Key> kKeys({"id", "user", "at", "text", "platform", "reply_to", "repost_of", "quote_of", "urls",
                               "tags", "lang", "protected", "deleted", "hashcart"});

class SimpleReader final : public DialectReader {
 public:
  RejectReason read(od::object object, ReadContext* context) noexcept override {
    const std::size_t index = context->add_post(Dialect::kSimple, base::Platform::kOther, Role::kMain);
    Post& post = context->post(index);
    MaybeText id, user, at, text, platform, reply_to, repost_of, quote_of, hashcart;
    bool deleted = false;
    HASHCART_TRY(each_known_field(object, kKeys, [&](Key key, od::value value) {
      switch (key) {
        case Key::kId:
          return read_id(value, &id);
        case Key::kUser:
          return read_id(value, &user);
        case Key::kAt:
          return read_text(value, &at);
        case Key::kText:
          return read_text(value, &text);
        case Key::kPlatform:
          return read_text(value, &platform);
        case Key::kReplyTo:
          return read_id(value, &reply_to);
        case Key::kRepostOf:
          return read_id(value, &repost_of);
        case Key::kQuoteOf:
          return read_id(value, &quote_of);
        case Key::kUrls:
          return each_element(value, [&](od::value element) { return read_url(element, &post); });
        case Key::kTags:
          return each_element(value, [&](od::value element) { return read_tag(element, &post); });
        case Key::kLang:
          return read_optional_text(value, &post.lang);
        case Key::kProtected:
          return read_optional_bool(value, &post.author_protected);
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
    HASHCART_TRY(check_optional_id(user.text));
    if (deleted) {
      context->add_delete({post.platform, false, id.text, user.text});
      context->remove_post(index);
      return RejectReason::kNone;
    }
    HASHCART_TRY(check_optional_id(reply_to.text));
    HASHCART_TRY(check_optional_id(repost_of.text));
    HASHCART_TRY(check_optional_id(quote_of.text));
    HASHCART_TRY(read_time(at, &post.time));
    post.has_time = true;
    post.time_is_platforms = true;
    post.id = post.chain_id = id.text;
    post.author_id = post.author_handle = user.text;
    post.text = text.text;
    post.reply_to = reply_to.text;
    post.repost_of = repost_of.text;
    post.quote_of = quote_of.text;
    post.is_repost = repost_of.filled();
    post.is_quote = quote_of.filled();
    return RejectReason::kNone;
  }

 private:
  [[nodiscard]] static RejectReason read_time(const MaybeText& at, base::EventTimeMs* out) noexcept {
    if (!at.present) return RejectReason::kNoTime;
    const std::optional<base::EventTimeMs> time = base::parse_rfc3339(at.text);
    if (!time) return RejectReason::kBadTime;
    *out = *time;
    return RejectReason::kNone;
  }

  [[nodiscard]] static RejectReason finish_tick(std::string_view what, const MaybeText& at, std::size_t index,
                                                ReadContext* context) {
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
  if (top.has(OutlineKey::kIdStr) || top.has(OutlineKey::kIdstr) || top.has(OutlineKey::kMid)) return false;
  const bool has_id = top.has(OutlineKey::kId);
  const bool has_text = top.has(OutlineKey::kText);
  if (top.has(OutlineKey::kAt)) return has_id || has_text;
  if (has_id && top.is(OutlineKey::kDeleted, JsonKind::kBool)) return true;
  return has_id && has_text &&
         (top.is_string(OutlineKey::kUser) || top.is(OutlineKey::kUser, JsonKind::kNumber));
}

std::unique_ptr<DialectReader> make_simple_reader() { return std::make_unique<SimpleReader>(); }

}  // namespace hashcart::post
