// X, API v1.1: statuses of the streaming, search and REST APIs, their enterprise twin in "original
// format", and the control messages of streams.
//
// Shapes at the top: a status; a page {"statuses":[..]} or {"results":[..]}; a wrapper
// {"tweet":{..}} (archive export) or {"for_user":..,"message":{..}} (site streams); a control
// message. One pass over one table of keys serves them all: what the object was is decided at its
// end.
//
// Source: developer.twitter.com, "Streaming message types" and "Tweet updates".
#include <optional>

#include "post/dialect.h"
#include "post/x_entities.h"

namespace hashcart::post {
namespace {

enum class Key : std::uint8_t {
  // A status.
  kId,
  kIdStr,
  kCreatedAt,
  kTimestampMs,
  kText,
  kFullText,
  kTruncated,
  kExtendedTweet,
  kEntities,
  kUser,
  kLang,
  kReplyToId,
  kReplyToIdStr,
  kReplyToUserId,
  kReplyToUserIdStr,
  kRetweetedStatus,
  kQuotedStatus,
  kQuotedStatusId,
  kQuotedStatusIdStr,
  kIsQuoteStatus,
  kEditHistory,
  // What looks like one: Weibo's ids, and a direct message.
  kMid,
  kIdstr,
  kMblogid,
  kSender,
  kRecipient,
  // Pages and wrappers.
  kStatuses,
  kResults,
  kTweet,
  kMessage,
  // Control messages.
  kDelete,
  kScrubGeo,
  kLimit,
  kStatusWithheld,
  kUserWithheld,
  kDisconnect,
  kWarning,
  kFriends,
  kFriendsStr,
  kEvent,
  kForUser,
  kControl,
  kInfo,
  kDirectMessage,
  kCount
};
constexpr KeyTable<Key> kKeys({"id",
                               "id_str",
                               "created_at",
                               "timestamp_ms",
                               "text",
                               "full_text",
                               "truncated",
                               "extended_tweet",
                               "entities",
                               "user",
                               "lang",
                               "in_reply_to_status_id",
                               "in_reply_to_status_id_str",
                               "in_reply_to_user_id",
                               "in_reply_to_user_id_str",
                               "retweeted_status",
                               "quoted_status",
                               "quoted_status_id",
                               "quoted_status_id_str",
                               "is_quote_status",
                               "edit_history",
                               "mid",
                               "idstr",
                               "mblogid",
                               "sender",
                               "recipient",
                               "statuses",
                               "results",
                               "tweet",
                               "message",
                               "delete",
                               "scrub_geo",
                               "limit",
                               "status_withheld",
                               "user_withheld",
                               "disconnect",
                               "warning",
                               "friends",
                               "friends_str",
                               "event",
                               "for_user",
                               "control",
                               "info",
                               "direct_message"});

enum class UserKey : std::uint8_t { kId, kIdStr, kScreenName, kProtected, kCount };
constexpr KeyTable<UserKey> kUserKeys({"id", "id_str", "screen_name", "protected"});

enum class ExtendedKey : std::uint8_t { kFullText, kEntities, kCount };
constexpr KeyTable<ExtendedKey> kExtendedKeys({"full_text", "entities"});

enum class DeleteKey : std::uint8_t { kStatus, kCount };
constexpr KeyTable<DeleteKey> kDeleteKeys({"status"});

enum class DeletedKey : std::uint8_t { kId, kIdStr, kUserId, kUserIdStr, kCount };
constexpr KeyTable<DeletedKey> kDeletedKeys({"id", "id_str", "user_id", "user_id_str"});

enum class EditKey : std::uint8_t { kInitialTweetId, kCount };
constexpr KeyTable<EditKey> kEditKeys({"initial_tweet_id"});

// A retweet of a quote is three deep; a wrapper and a page may stand around it. Below that, posts
// are passed over.
constexpr int kDepthMax = 5;

// An id with its string twin, which is the one to trust: a number may have gone through a double on
// its way.
struct TwinId {
  MaybeText number;
  MaybeText text;

  [[nodiscard]] std::string_view best() const noexcept {
    return text.filled() ? text.text : number.text;
  }
  [[nodiscard]] bool present() const noexcept { return text.present || number.present; }
  [[nodiscard]] RejectReason check_optional() const noexcept {
    return check_optional_id(text.filled() ? text : number);
  }
};

// What one object held, until its end tells what it is.
struct Status {
  TwinId id, reply_to, reply_to_user, quoted;
  MaybeText created_at, timestamp_ms, text, full_text, extended_text;
  TwinId user;
  std::string_view screen_name, lang, chain_id;
  bool author_protected = false;
  bool truncated = false;
  bool is_quote = false;
  bool is_repost = false;
  bool looks_like_another = false;
  bool is_page = false;
  bool is_control = false;
  XEntityRange entities, extended_entities;
  // Index of its Post once a post inside it had to come after it.
  std::optional<std::size_t> slot;
  // Ids of the posts inside.
  std::string_view retweeted_id, quoted_id;
};

class XV1Reader final : public DialectReader {
 public:
  RejectReason read(od::object object, ReadContext* context) noexcept override {
    entities_.clear();
    bool is_status = false;
    std::string_view id;
    FieldCursor fields(object);
    return read_object(fields, Role::kMain, 0, context, &is_status, &id);
  }

 private:
  // *is_status: whether a post stands in the context for this object; *id: its id.
  [[nodiscard]] RejectReason read_object(FieldCursor& fields, Role role, int depth,
                                         ReadContext* context, bool* is_status,
                                         std::string_view* id) noexcept {
    const std::size_t entities_before = entities_.size();
    Status status;
    HASHCART_TRY(each_known_field(fields, kKeys, &order_, [&](Key key, FieldCursor& value) {
      return read_field(key, value, role, depth, context, &status);
    }));
    const RejectReason reason = finish(status, role, depth, context, is_status, id);
    entities_.shrink(entities_before);
    return reason;
  }

  [[nodiscard, gnu::always_inline]] RejectReason read_field(Key key, FieldCursor& value, Role role,
                                                            int depth, ReadContext* context,
                                                            Status* status) noexcept {
    switch (key) {
      case Key::kId:
        return read_id(value, &status->id.number);
      case Key::kIdStr:
        return read_id(value, &status->id.text);
      case Key::kCreatedAt:
        return read_text(value, &status->created_at);
      case Key::kTimestampMs:
        return read_id(value, &status->timestamp_ms);
      case Key::kText:
        return read_text(value, &status->text);
      case Key::kFullText:
        return read_text(value, &status->full_text);
      case Key::kTruncated:
        return read_optional_bool(value, &status->truncated);
      case Key::kExtendedTweet:
        return with_object(value, [&](FieldCursor& extended) {
          return each_known_field(extended, kExtendedKeys, &extended_order_,
                                  [&](ExtendedKey inner, FieldCursor& field) {
                                    return inner == ExtendedKey::kFullText
                                               ? read_text(field, &status->extended_text)
                                               : entities_.read(field, &status->extended_entities);
                                  });
        });
      case Key::kEntities:
        return entities_.read(value, &status->entities);
      case Key::kUser:
        return with_object(value, [&](FieldCursor& user) { return read_user(user, status); });
      case Key::kLang:
        return read_optional_text(value, &status->lang);
      case Key::kReplyToId:
        return read_id(value, &status->reply_to.number);
      case Key::kReplyToIdStr:
        return read_id(value, &status->reply_to.text);
      case Key::kReplyToUserId:
        return read_id(value, &status->reply_to_user.number);
      case Key::kReplyToUserIdStr:
        return read_id(value, &status->reply_to_user.text);
      case Key::kRetweetedStatus:
        return read_embedded(value, role == Role::kMain ? Role::kRepostOf : Role::kIncluded, depth,
                             context, status, &status->is_repost, &status->retweeted_id);
      case Key::kQuotedStatus:
        return read_embedded(value, role == Role::kMain ? Role::kQuoteOf : Role::kIncluded, depth,
                             context, status, &status->is_quote, &status->quoted_id);
      case Key::kQuotedStatusId:
        return read_id(value, &status->quoted.number);
      case Key::kQuotedStatusIdStr:
        return read_id(value, &status->quoted.text);
      case Key::kIsQuoteStatus: {
        bool is_quote = false;
        HASHCART_TRY(read_optional_bool(value, &is_quote));
        status->is_quote = status->is_quote || is_quote;
        return RejectReason::kNone;
      }
      case Key::kEditHistory:
        return with_optional_object(value, [&](FieldCursor& history) {
          return each_known_field(history, kEditKeys, &edit_order_,
                                  [&](EditKey, FieldCursor& first) {
                                    return read_optional_text(first, &status->chain_id);
                                  });
        });
      case Key::kMid:
      case Key::kIdstr:
      case Key::kMblogid:
      case Key::kSender:
      case Key::kRecipient:
        status->looks_like_another = true;
        return RejectReason::kNone;
      case Key::kStatuses:
      case Key::kResults:
        status->is_page = true;
        return each_element(
            value, [&](od::value element) { return read_wrapped(element, depth, context); });
      case Key::kTweet:
      case Key::kMessage:
        status->is_page = true;
        return read_wrapped(value.value(), depth, context);
      case Key::kDelete:
        status->is_control = true;
        return with_object(value,
                           [&](FieldCursor& object) { return read_delete(object, context); });
      case Key::kScrubGeo:
      case Key::kLimit:
      case Key::kStatusWithheld:
      case Key::kUserWithheld:
      case Key::kDisconnect:
      case Key::kWarning:
      case Key::kFriends:
      case Key::kFriendsStr:
      case Key::kEvent:
      case Key::kForUser:
      case Key::kControl:
      case Key::kInfo:
      case Key::kDirectMessage:
        status->is_control = true;
        return RejectReason::kNone;
      case Key::kCount:
        break;
    }
    return RejectReason::kNone;
  }

  [[nodiscard]] RejectReason read_user(FieldCursor& user, Status* status) noexcept {
    return each_known_field(user, kUserKeys, &user_order_, [&](UserKey key, FieldCursor& value) {
      switch (key) {
        case UserKey::kId:
          return read_id(value, &status->user.number);
        case UserKey::kIdStr:
          return read_id(value, &status->user.text);
        case UserKey::kScreenName:
          return read_optional_text(value, &status->screen_name);
        case UserKey::kProtected:
          return read_optional_bool(value, &status->author_protected);
        case UserKey::kCount:
          break;
      }
      return RejectReason::kNone;
    });
  }

  // {"status":{"id":..,"id_str":..,"user_id":..,"user_id_str":..}}; the oldest lack the strings.
  [[nodiscard]] RejectReason read_delete(FieldCursor& object, ReadContext* context) noexcept {
    return each_known_field(
        object, kDeleteKeys, &delete_order_, [&](DeleteKey, FieldCursor& status) {
          return with_object(status, [&](FieldCursor& deleted) {
            TwinId id, user;
            HASHCART_TRY(each_known_field(deleted, kDeletedKeys, &deleted_order_,
                                          [&](DeletedKey key, FieldCursor& value) {
                                            switch (key) {
                                              case DeletedKey::kId:
                                                return read_id(value, &id.number);
                                              case DeletedKey::kIdStr:
                                                return read_id(value, &id.text);
                                              case DeletedKey::kUserId:
                                                return read_id(value, &user.number);
                                              case DeletedKey::kUserIdStr:
                                                return read_id(value, &user.text);
                                              case DeletedKey::kCount:
                                                break;
                                            }
                                            return RejectReason::kNone;
                                          }));
            if (!id.present()) return RejectReason::kNoId;
            HASHCART_TRY(check_id(id.best()));
            HASHCART_TRY(user.check_optional());
            context->add_delete({base::Platform::kX, false, id.best(), user.best()});
            return RejectReason::kNone;
          });
        });
  }

  [[nodiscard]] RejectReason read_wrapped(od::value value, int depth,
                                          ReadContext* context) noexcept {
    if (depth >= kDepthMax) return RejectReason::kNone;
    return with_object(value, [&](od::object object) {
      bool is_status = false;
      std::string_view id;
      FieldCursor fields(object);
      return read_object(fields, Role::kMain, depth + 1, context, &is_status, &id);
    });
  }

  [[nodiscard]] RejectReason read_embedded(FieldCursor& value, Role role, int depth,
                                           ReadContext* context, Status* status, bool* is_there,
                                           std::string_view* id) noexcept {
    if (depth >= kDepthMax) return RejectReason::kNone;
    return with_object(value, [&](FieldCursor& object) {
      *is_there = true;
      reserve_slot(context, status);
      bool is_status = false;
      return read_object(object, role, depth + 1, context, &is_status, id);
    });
  }

  static void reserve_slot(ReadContext* context, Status* status) {
    if (!status->slot)
      status->slot = context->add_post(Dialect::kXV1, base::Platform::kX, Role::kMain);
  }

  // Decides what the object was. A main post that is none of ours refuses the record; an embedded
  // one is dropped.
  [[nodiscard]] RejectReason finish(const Status& status, Role role, int depth,
                                    ReadContext* context, bool* is_status,
                                    std::string_view* id) noexcept {
    const bool embedded = role != Role::kMain;
    const bool has_text =
        status.text.present || status.full_text.present || status.extended_text.present;
    const bool foreign = status.looks_like_another && !context->forced();
    const bool is_post = has_text && !foreign && !status.is_page;
    if (!is_post || (embedded && !status.id.present())) {
      if (status.slot) context->remove_post(*status.slot);
      // A wrapper's message may be a kind of control message that is not known yet.
      if (embedded && status.id.check_optional() == RejectReason::kNone) *id = status.id.best();
      const bool good = status.is_page || (status.is_control && !has_text) || embedded || depth > 0;
      return good ? RejectReason::kNone : RejectReason::kUnknownDialect;
    }
    if (!status.id.present()) return RejectReason::kNoId;
    HASHCART_TRY(check_id(status.id.best()));
    for (const TwinId* optional :
         {&status.user, &status.reply_to, &status.reply_to_user, &status.quoted}) {
      HASHCART_TRY(optional->check_optional());
    }
    HASHCART_TRY(check_optional_id(status.chain_id));
    const std::size_t index =
        status.slot ? *status.slot : context->add_post(Dialect::kXV1, base::Platform::kX, role);
    Post& post = context->post(index);
    post.role = role;
    post.id = status.id.best();
    post.chain_id = status.chain_id.empty() ? post.id : status.chain_id;
    post.is_edit = post.chain_id != post.id;
    HASHCART_TRY(set_time(status, embedded, &post));
    post.author_id = status.user.best();
    post.author_handle = status.screen_name;
    post.author_protected = status.author_protected;
    post.reply_to = status.reply_to.best();
    post.reply_to_author = status.reply_to_user.best();
    post.is_repost = status.is_repost;
    post.repost_of = status.retweeted_id;
    post.quote_of = status.quoted.best().empty() ? status.quoted_id : status.quoted.best();
    post.is_quote = status.is_quote || !post.quote_of.empty();
    post.lang = status.lang;
    // The full text is in one of three places; only the entities beside it count. The outer
    // entities of a compatibility tweet hold a link to the tweet itself and lack what was cut.
    const bool extended = status.extended_text.present;
    post.truncated = status.truncated && !extended && !status.full_text.present;
    const std::string_view text = extended                   ? status.extended_text.text
                                  : status.full_text.present ? status.full_text.text
                                                             : status.text.text;
    entities_.attach(text, extended ? status.extended_entities : status.entities, context, &post);
    if (status.truncated && !extended) drop_link_to_itself(&post);
    *is_status = true;
    *id = post.id;
    return RejectReason::kNone;
  }

  // A main post needs a time; one that is embedded may go without.
  [[nodiscard]] static RejectReason set_time(const Status& status, bool embedded,
                                             Post* post) noexcept {
    std::optional<base::EventTimeMs> time;
    bool given = true;
    std::uint64_t stamp = 0;
    if (status.timestamp_ms.present) {
      if (parse_digits(status.timestamp_ms.text, &stamp) &&
          is_event_time(static_cast<std::int64_t>(stamp))) {
        time = static_cast<base::EventTimeMs>(stamp);
      }
    } else if (status.created_at.present) {
      time = base::parse_ctime_offset(status.created_at.text);
      if (!time)
        time = base::parse_rfc3339(status.created_at.text);  // re-serialised by a data frame
      // created_at is in whole seconds; the id knows the millisecond.
      constexpr std::int64_t kAgreeMs = 1000;
      const std::optional<base::EventTimeMs> snowflake = base::x_snowflake_time(post->id);
      if (time && snowflake && *snowflake - *time <= kAgreeMs && *time - *snowflake <= kAgreeMs)
        time = snowflake;
    } else {
      time = base::x_snowflake_time(post->id);
      given = time.has_value();
    }
    if (!time && !embedded) return given ? RejectReason::kBadTime : RejectReason::kNoTime;
    post->has_time = time.has_value();
    post->time_is_platforms = post->has_time;
    post->time = time.value_or(0);
    return RejectReason::kNone;
  }

  static void drop_link_to_itself(Post* post) noexcept {
    std::erase_if(post->links, [&](const Link& link) {
      for (const std::string_view start : {std::string_view("https://twitter.com/i/web/status/"),
                                           std::string_view("https://x.com/i/web/status/")}) {
        if (link.url.starts_with(start) && link.url.substr(start.size()) == post->id) return true;
      }
      return false;
    });
  }

  XEntities entities_;
  KeyOrder order_, user_order_, extended_order_, edit_order_, delete_order_, deleted_order_;
};

constexpr std::array kControlKeys = {
    OutlineKey::kDelete,         OutlineKey::kScrubGeo,     OutlineKey::kLimit,
    OutlineKey::kStatusWithheld, OutlineKey::kUserWithheld, OutlineKey::kDisconnect,
    OutlineKey::kWarning,        OutlineKey::kFriends,      OutlineKey::kFriendsStr,
    OutlineKey::kEvent,          OutlineKey::kControl,      OutlineKey::kInfo,
    OutlineKey::kDirectMessage};

bool is_status(const ObjectOutline& outline) noexcept {
  if (outline.has(OutlineKey::kIdStr)) return true;
  // 2009 and 2010; Weibo's statuses look like these but for their own ids.
  return outline.is(OutlineKey::kId, JsonKind::kNumber) && outline.is_object(OutlineKey::kUser) &&
         outline.is_string(OutlineKey::kText) && !outline.has(OutlineKey::kMid) &&
         !outline.has(OutlineKey::kIdstr) && !outline.has(OutlineKey::kMblogid);
}

}  // namespace

bool is_x_v1(const Outline& outline) noexcept {
  const ObjectOutline& top = outline.top;
  if (is_status(top)) return true;
  if (top.has(OutlineKey::kForUser) && top.has(OutlineKey::kMessage)) return true;
  // A search without a hit; Mastodon's has `accounts` beside it.
  if (top.is_array(OutlineKey::kStatuses) && outline.inner.key_count == 0 &&
      !top.has(OutlineKey::kAccounts)) {
    return true;
  }
  if (outline.inner_is_of(OutlineKey::kStatuses) || outline.inner_is_of(OutlineKey::kResults) ||
      outline.inner_is_of(OutlineKey::kTweet)) {
    return is_status(outline.inner);
  }
  if (top.is_string(OutlineKey::kEvent))
    return !top.has(OutlineKey::kPayload) && !top.has(OutlineKey::kStream);
  if (top.key_count != 1) return false;
  for (const OutlineKey key : kControlKeys) {
    if (top.has(key)) return true;
  }
  return false;
}

std::unique_ptr<DialectReader> make_x_v1_reader() { return std::make_unique<XV1Reader>(); }

}  // namespace hashcart::post
