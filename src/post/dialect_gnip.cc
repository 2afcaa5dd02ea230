// X through GNIP (PowerTrack, Historical, full-archive search): Activity Streams, classic and
// extended.
//
//   post    {"objectType":"activity","verb":"post","id":"tag:search.twitter.com,2005:1",
//            "actor":{..},"body":"..","object":{"objectType":"note",..},"twitter_entities":{..}}
//   share   the same with "verb":"share"; "object" is the original, an activity of its own
//   delete  {"objectType":"activity","verb":"delete","object":{"id":"tag:..:1"},"actor":{..}}
//   pages   {"activities":[..]}; {"results":[..],"next":".."}
//
// Ids are X's: the number after the last colon, so that a GNIP stream and an X stream join. Other
// verbs (scrub_geo, user events of compliance streams) say nothing by an author. {"info":{..}} and
// the like between activities are X's control messages and known as such (dialect_x_v1.cc).
//
// The text is X's: escaped, entities at code points of the escaped form. `gnip.urls` has the links
// unwound to their end; it names each by the t.co link that stands in a text, and stands only at
// the top: the links of a shared or quoted activity are unwound by it too.
//
// `postedTime` is X's own clock, in whole seconds; where the id agrees, its millisecond is taken,
// as for X's own formats. There is no `truncated`: a text that ends in a link to its own post, and
// no long_object beside it, has been cut.
//
// Source: support.gnip.com "Activity Streams format"; developer.twitter.com, "Tweet updates" for
// long_object; gist gnippy/8c99488a97c98307e686 for the delete.
#include <algorithm>
#include <optional>

#include "base/utf8.h"
#include "post/dialect.h"
#include "post/x_entities.h"

namespace hashcart::post {
namespace {

enum class Key : std::uint8_t {
  kId,
  kObjectType,
  kVerb,
  kActor,
  kPostedTime,
  kBody,
  kSummary,  // of a note
  kObject,
  kLongObject,
  kEntities,
  kGnip,
  kInReplyTo,
  kQuotedStatus,
  kLang,
  // Pages.
  kActivities,
  kResults,
  kCount
};
constexpr KeyTable<Key> kKeys({"id", "objectType", "verb", "actor", "postedTime", "body", "summary",
                               "object", "long_object", "twitter_entities", "gnip", "inReplyTo",
                               "twitter_quoted_status", "twitter_lang", "activities", "results"});

enum class ActorKey : std::uint8_t { kId, kPreferredUsername, kCount };
constexpr KeyTable<ActorKey> kActorKeys({"id", "preferredUsername"});

enum class LongKey : std::uint8_t { kBody, kEntities, kCount };
constexpr KeyTable<LongKey> kLongKeys({"body", "twitter_entities"});

enum class GnipKey : std::uint8_t { kUrls, kLanguage, kCount };
constexpr KeyTable<GnipKey> kGnipKeys({"urls", "language"});

enum class UrlKey : std::uint8_t { kUrl, kExpandedUrl, kCount };
constexpr KeyTable<UrlKey> kUrlKeys({"url", "expanded_url"});

enum class LanguageKey : std::uint8_t { kValue, kCount };
constexpr KeyTable<LanguageKey> kLanguageKeys({"value"});

enum class ReplyKey : std::uint8_t { kLink, kCount };
constexpr KeyTable<ReplyKey> kReplyKeys({"link"});

// A share of a quote is three deep and each activity has its note below it; a page may stand
// around. Below that, objects are passed over.
constexpr int kDepthMax = 6;

// No post holds more links.
constexpr std::size_t kUnwoundMax = 64;

struct UnwoundUrl {
  std::string_view url;  // as it stands in a text
  std::string_view expanded;
};

// What one object held, until its end tells what it is.
struct Activity {
  MaybeText id, actor_id, posted_time, body, long_body;
  std::string_view object_type, verb, summary, handle, lang, guessed_lang, reply_link;
  bool is_page = false;
  XEntityRange entities, long_entities;
  // Index of its Post once a post inside it had to come after it.
  std::optional<std::size_t> slot;
  bool has_quote = false;
  // Ids of what is inside; note_summary: the text of a post's note.
  std::string_view object_id, quoted_id, note_summary;
};

// tag:search.twitter.com,2005:123, id:twitter.com:123 or object:search.twitter.com,2005:123.
std::string_view after_last_colon(std::string_view id) noexcept {
  return id.substr(id.rfind(':') + 1);
}

// http://twitter.com/name/statuses/123
std::string_view id_in_link(std::string_view link) noexcept {
  link = link.substr(0, link.find_first_of("?#"));
  while (link.ends_with('/')) link.remove_suffix(1);
  const std::string_view id = link.substr(link.rfind('/') + 1);
  return std::all_of(id.begin(), id.end(), base::is_ascii_digit) ? id : std::string_view();
}

bool leads_to(std::string_view url, std::string_view id) noexcept {
  for (const std::string_view start : {std::string_view("https://twitter.com/i/web/status/"),
                                       std::string_view("https://x.com/i/web/status/")}) {
    if (url.starts_with(start) && url.substr(start.size()) == id) return true;
  }
  return false;
}

class GnipReader final : public DialectReader {
 public:
  RejectReason read(od::object object, ReadContext* context) noexcept override {
    context_ = context;
    entities_.clear();
    unwound_.clear();
    const std::size_t first = context->post_count();
    Activity it;
    HASHCART_TRY(read_object(object, Role::kMain, 0, &it));
    unwind(first);
    return RejectReason::kNone;
  }

 private:
  [[nodiscard]] RejectReason read_object(od::object object, Role role, int depth,
                                         Activity* it) noexcept {
    const std::size_t entities_before = entities_.size();
    HASHCART_TRY(each_known_field(object, kKeys, [&](Key key, od::value value) {
      return read_field(key, value, role, depth, it);
    }));
    const RejectReason reason = finish(*it, role, depth);
    entities_.shrink(entities_before);
    return reason;
  }

  [[nodiscard]] RejectReason read_field(Key key, od::value value, Role role, int depth,
                                        Activity* it) noexcept {
    switch (key) {
      case Key::kId:
        return read_id(value, &it->id);
      case Key::kObjectType:
        return read_optional_text(value, &it->object_type);
      case Key::kVerb:
        return read_optional_text(value, &it->verb);
      case Key::kActor:
        return with_object(value, [&](od::object actor) {
          return each_known_field(actor, kActorKeys, [&](ActorKey inner, od::value field) {
            return inner == ActorKey::kId ? read_id(field, &it->actor_id)
                                          : read_optional_text(field, &it->handle);
          });
        });
      case Key::kPostedTime:
        return read_text(value, &it->posted_time);
      case Key::kBody:
        return read_text(value, &it->body);
      case Key::kSummary:
        return read_optional_text(value, &it->summary);
      case Key::kObject:
        return read_inside(value, role == Role::kMain ? Role::kRepostOf : Role::kIncluded, depth,
                           it, &it->object_id);
      case Key::kLongObject:
        return with_object(value, [&](od::object object) {
          return each_known_field(object, kLongKeys, [&](LongKey inner, od::value field) {
            return inner == LongKey::kBody ? read_text(field, &it->long_body)
                                           : entities_.read(field, &it->long_entities);
          });
        });
      case Key::kEntities:
        return entities_.read(value, &it->entities);
      case Key::kGnip:
        return with_optional_object(value, [&](od::object gnip) { return read_gnip(gnip, it); });
      case Key::kInReplyTo:
        return with_optional_object(value, [&](od::object reply) {
          return each_known_field(reply, kReplyKeys, [&](ReplyKey, od::value link) {
            return read_optional_text(link, &it->reply_link);
          });
        });
      case Key::kQuotedStatus:
        it->has_quote = true;
        return read_inside(value, role == Role::kMain ? Role::kQuoteOf : Role::kIncluded, depth, it,
                           &it->quoted_id);
      case Key::kLang:
        return read_optional_text(value, &it->lang);
      case Key::kActivities:
      case Key::kResults:
        it->is_page = true;
        if (depth > 0) return RejectReason::kNone;  // pages do not nest
        return each_element(value, [&](od::value element) {
          return with_object(element, [&](od::object activity) {
            Activity one;
            const std::size_t first = context_->post_count();
            HASHCART_TRY(read_object(activity, Role::kMain, depth + 1, &one));
            unwind(first);
            unwound_.clear();
            return RejectReason::kNone;
          });
        });
      case Key::kCount:
        break;
    }
    return RejectReason::kNone;
  }

  // {"urls":[{"url","expanded_url",..}],"language":{"value":"en"}}
  [[nodiscard]] RejectReason read_gnip(od::object gnip, Activity* it) noexcept {
    return each_known_field(gnip, kGnipKeys, [&](GnipKey key, od::value value) {
      if (key == GnipKey::kLanguage) {
        return with_optional_object(value, [&](od::object language) {
          return each_known_field(language, kLanguageKeys, [&](LanguageKey, od::value name) {
            return read_optional_text(name, &it->guessed_lang);
          });
        });
      }
      return each_optional_element(value, [&](od::value element) {
        return with_optional_object(element, [&](od::object object) {
          UnwoundUrl one;
          HASHCART_TRY(each_known_field(object, kUrlKeys, [&](UrlKey inner, od::value field) {
            return read_optional_text(field, inner == UrlKey::kUrl ? &one.url : &one.expanded);
          }));
          if (!one.url.empty() && !one.expanded.empty() && unwound_.size() < kUnwoundMax)
            unwound_.push_back(one);
          return RejectReason::kNone;
        });
      });
    });
  }

  // A note, a shared activity, a quoted one, or what a delete names. *id: its number.
  [[nodiscard]] RejectReason read_inside(od::value value, Role role, int depth, Activity* it,
                                         std::string_view* id) noexcept {
    if (depth >= kDepthMax) return RejectReason::kNone;
    return with_object(value, [&](od::object object) {
      // Most objects are notes: their posts are taken away again.
      if (!it->slot) it->slot = context_->add_post(Dialect::kGnip, base::Platform::kX, Role::kMain);
      Activity inside;
      HASHCART_TRY(read_object(object, role, depth + 1, &inside));
      *id = after_last_colon(inside.id.text);
      if (role != Role::kQuoteOf) it->note_summary = inside.summary;
      return check_optional_id(inside.id);
    });
  }

  [[nodiscard]] RejectReason finish(const Activity& it, Role role, int depth) noexcept {
    const bool embedded = role != Role::kMain;
    const bool is_post =
        (it.verb == "post" || it.verb == "share") && it.object_type == "activity" && !it.is_page;
    if (!is_post) {
      if (it.slot) context_->remove_post(*it.slot);
      if (embedded || it.is_page) return RejectReason::kNone;
      if (it.object_type != "activity" || it.verb.empty())
        return depth > 0 ? RejectReason::kNone : RejectReason::kUnknownDialect;
      return it.verb == "delete" ? add_delete(it) : RejectReason::kNone;
    }
    if (!it.id.present) {
      if (it.slot) context_->remove_post(*it.slot);
      return embedded ? RejectReason::kNone : RejectReason::kNoId;
    }
    HASHCART_TRY(check_optional_id(it.id));
    HASHCART_TRY(check_id(after_last_colon(it.id.text)));
    HASHCART_TRY(check_optional_id(it.actor_id));
    const std::size_t index =
        it.slot ? *it.slot : context_->add_post(Dialect::kGnip, base::Platform::kX, role);
    Post& post = context_->post(index);
    post.role = role;
    post.id = post.chain_id = after_last_colon(it.id.text);
    HASHCART_TRY(set_time(it, embedded, &post));
    post.author_id = after_last_colon(it.actor_id.text);
    post.author_handle = it.handle;
    post.reply_to = id_in_link(it.reply_link);
    HASHCART_TRY(check_optional_id(post.reply_to));
    post.is_repost = it.verb == "share";
    if (post.is_repost) post.repost_of = it.object_id;
    post.is_quote = it.has_quote;
    post.quote_of = it.quoted_id;
    post.lang = it.lang.empty() ? it.guessed_lang : it.lang;
    const std::string_view text = it.long_body.present ? it.long_body.text
                                  : it.body.present    ? it.body.text
                                                       : it.note_summary;
    entities_.attach(text, it.long_body.present ? it.long_entities : it.entities, context_, &post);
    const std::size_t links = post.links.size();
    std::erase_if(post.links, [&](const Link& link) { return leads_to(link.url, post.id); });
    post.truncated = !it.long_body.present && post.links.size() < links;
    return RejectReason::kNone;
  }

  [[nodiscard]] RejectReason add_delete(const Activity& it) noexcept {
    if (it.object_id.empty()) return RejectReason::kNoId;
    HASHCART_TRY(check_id(it.object_id));
    HASHCART_TRY(check_optional_id(it.actor_id));
    context_->add_delete(
        {base::Platform::kX, false, it.object_id, after_last_colon(it.actor_id.text)});
    return RejectReason::kNone;
  }

  // A main post needs a time; one that is embedded may go without.
  [[nodiscard]] static RejectReason set_time(const Activity& it, bool embedded,
                                             Post* post) noexcept {
    std::optional<base::EventTimeMs> time;
    const std::optional<base::EventTimeMs> snowflake = base::x_snowflake_time(post->id);
    if (it.posted_time.present) {
      time = base::parse_rfc3339(it.posted_time.text);
      constexpr std::int64_t kAgreeMs = 1000;
      if (time && snowflake && *snowflake - *time <= kAgreeMs && *time - *snowflake <= kAgreeMs)
        time = snowflake;
      if (!time && !embedded) return RejectReason::kBadTime;
    } else {
      time = snowflake;
      if (!time && !embedded) return RejectReason::kNoTime;
    }
    post->has_time = post->time_is_platforms = time.has_value();
    post->time = time.value_or(0);
    return RejectReason::kNone;
  }

  // Gives the links of the posts from `first` on, a main one and those embedded in it, their
  // unwound targets. A link that the entities do not have is the main post's.
  void unwind(std::size_t first) noexcept {
    if (first >= context_->post_count()) return;
    for (const UnwoundUrl& unwound : unwound_) {
      bool known = false;
      for (std::size_t i = first; i < context_->post_count(); ++i) {
        Post& post = context_->post(i);
        for (Link& link : post.links) {
          if (post.text.substr(link.start, link.end - link.start) != unwound.url) continue;
          link.url = unwound.expanded;
          known = true;
        }
      }
      Post& main = context_->post(first);
      if (known || main.is_repost || leads_to(unwound.expanded, main.id)) continue;
      const std::size_t at = main.text.find(unwound.url);
      if (at == std::string_view::npos) {
        main.links.push_back({unwound.expanded, 0, 0});
      } else {
        main.links.push_back({unwound.expanded, static_cast<std::uint32_t>(at),
                              static_cast<std::uint32_t>(at + unwound.url.size())});
      }
    }
  }

  ReadContext* context_ = nullptr;
  XEntities entities_;
  std::vector<UnwoundUrl> unwound_;
};

// A delete has no id of its own. GNIP sold other platforms' activities too, with other ids.
bool is_activity(const ObjectOutline& outline) noexcept {
  if (outline.object_type != "activity" || outline.verb.empty()) return false;
  return outline.id.starts_with("tag:search.twitter.com") ||
         (!outline.has(OutlineKey::kId) && outline.verb != "post" && outline.verb != "share");
}

}  // namespace

bool is_gnip(const Outline& outline) noexcept {
  if (is_activity(outline.top)) return true;
  return (outline.inner_is_of(OutlineKey::kActivities) ||
          outline.inner_is_of(OutlineKey::kResults)) &&
         is_activity(outline.inner);
}

std::unique_ptr<DialectReader> make_gnip_reader() { return std::make_unique<GnipReader>(); }

}  // namespace hashcart::post
