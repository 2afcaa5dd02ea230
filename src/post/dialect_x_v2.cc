// X, API v2: filtered-stream lines {"data":{..},"includes":..}, pages {"data":[..],..}, the
// flattened tweets of twarc, and compliance events.
//
// A tweet names the tweets it answers, quotes or repeats by id (referenced_tweets); their bodies
// stand in includes.tweets, once for the whole page, in any order of keys. So a record is read into
// tables first and put together at its end: each tweet, followed by the included tweets it names,
// with handles from includes.users.
//
// Source: docs.x.com "Consuming streaming data" and the data dictionary; twarc's and tweepy's test
// data.
#include <algorithm>
#include <array>
#include <optional>

#include "post/dialect.h"
#include "post/x_entities.h"

namespace hashcart::post {
namespace {

enum class Key : std::uint8_t {
  // Around tweets.
  kData,
  kIncludes,
  kErrors,
  kMeta,
  kAction,
  kDelete,
  kTweetDelete,
  kUserDelete,
  // A tweet. `type` is set where it stands in another's referenced_tweets.
  kId,
  kText,
  kAuthorId,
  kAuthor,
  kCreatedAt,
  kEntities,
  kNoteTweet,
  kReferencedTweets,
  kInReplyToUserId,
  kEditHistoryTweetIds,
  kLang,
  kType,
  kCount
};
constexpr KeyTable<Key> kKeys({"data",
                               "includes",
                               "errors",
                               "meta",
                               "action",
                               "delete",
                               "tweet_delete",
                               "user_delete",
                               "id",
                               "text",
                               "author_id",
                               "author",
                               "created_at",
                               "entities",
                               "note_tweet",
                               "referenced_tweets",
                               "in_reply_to_user_id",
                               "edit_history_tweet_ids",
                               "lang",
                               "type"});

enum class NoteKey : std::uint8_t { kText, kEntities, kCount };
constexpr KeyTable<NoteKey> kNoteKeys({"text", "entities"});

enum class IncludesKey : std::uint8_t { kTweets, kUsers, kCount };
constexpr KeyTable<IncludesKey> kIncludesKeys({"tweets", "users"});

enum class UserKey : std::uint8_t { kId, kUsername, kProtected, kCount };
constexpr KeyTable<UserKey> kUserKeys({"id", "username", "protected"});

enum class ComplianceKey : std::uint8_t { kTweet, kUser, kCount };
constexpr KeyTable<ComplianceKey> kComplianceKeys({"tweet", "user"});

enum class DeletedKey : std::uint8_t { kId, kAuthorId, kCount };
constexpr KeyTable<DeletedKey> kDeletedKeys({"id", "author_id"});

// twarc nests tweets in referenced_tweets one or two deep.
constexpr int kDepthMax = 4;

// A page's included tweet is copied to each tweet that names it. Real pages stay far below this
// many tags and links copied per record; past it, tweets go without bodies that the payload holds
// only once for many, so that a hostile page cannot make reading it quadratic.
constexpr std::size_t kCopiedEntitiesMax = 1U << 16U;

enum class ReferenceType : std::uint8_t { kRepliedTo, kQuoted, kRetweeted };
constexpr std::size_t kReferenceTypeCount = 3;
constexpr std::array<std::string_view, kReferenceTypeCount> kReferenceNames = {
    "replied_to", "quoted", "retweeted"};
constexpr std::array<Role, kReferenceTypeCount> kReferenceRoles = {Role::kReplyTo, Role::kQuoteOf,
                                                                   Role::kRepostOf};

struct User {
  std::string_view id;
  std::string_view username;
  bool is_protected = false;
};

// A tweet as it is read; of each type of reference the first counts (there is never a second).
struct Tweet {
  MaybeText id, text, author_id, created_at, note_text, in_reply_to_user_id;
  std::string_view lang, type, first_of_chain;
  User author;
  XEntityRange entities, note_entities;
  std::array<std::string_view, kReferenceTypeCount> references;
};

// Posts that keep the room of their vectors from record to record.
struct PostPool {
  std::vector<Post> posts;
  std::size_t count = 0;

  Post& add() {
    if (count == posts.size()) posts.emplace_back();
    Post& post = posts[count++];
    clear_post(&post);
    return post;
  }
};

class XV2Reader final : public DialectReader {
 public:
  RejectReason read(od::object object, ReadContext* context) noexcept override {
    main_.count = 0;
    included_.count = 0;
    users_.clear();
    entities_.clear();
    bool is_known = false;
    Tweet flat;
    HASHCART_TRY(each_known_field(object, kKeys, [&](Key key, od::value value) {
      switch (key) {
        case Key::kData:
          is_known = true;
          return read_data(value, context);
        case Key::kIncludes:
          return with_optional_object(
              value, [&](od::object includes) { return read_includes(includes, context); });
        case Key::kErrors:
        case Key::kMeta:
        case Key::kAction:
          is_known = true;
          return RejectReason::kNone;
        case Key::kDelete:
        case Key::kTweetDelete:
        case Key::kUserDelete:
          is_known = true;
          return with_optional_object(
              value, [&](od::object event) { return read_compliance(event, context); });
        default:
          return read_field(key, value, 0, context, &flat);
      }
    }));
    if (flat.text.present || flat.note_text.present) {
      HASHCART_TRY(finish(flat, false, context));
    } else if (!is_known) {
      return RejectReason::kUnknownDialect;
    }
    assemble(context);
    return RejectReason::kNone;
  }

 private:
  [[nodiscard]] RejectReason read_data(od::value value, ReadContext* context) noexcept {
    JsonKind kind = JsonKind::kAbsent;
    HASHCART_TRY(read_kind(value, &kind));
    const auto read_one = [&](od::object object) { return read_member(object, context); };
    if (kind != JsonKind::kArray) return with_optional_object(value, read_one);
    return each_element(value,
                        [&](od::value element) { return with_optional_object(element, read_one); });
  }

  // A tweet, or one of the other things that v2 calls data: a user, a count, a compliance event.
  [[nodiscard]] RejectReason read_member(od::object object, ReadContext* context) noexcept {
    Tweet tweet;
    HASHCART_TRY(each_known_field(object, kKeys, [&](Key key, od::value value) {
      switch (key) {
        case Key::kDelete:
        case Key::kTweetDelete:
        case Key::kUserDelete:
          return with_optional_object(
              value, [&](od::object event) { return read_compliance(event, context); });
        case Key::kData:
        case Key::kIncludes:
          return RejectReason::kNone;
        default:
          return read_field(key, value, 0, context, &tweet);
      }
    }));
    return tweet.text.present || tweet.note_text.present ? finish(tweet, false, context)
                                                         : RejectReason::kNone;
  }

  [[nodiscard]] RejectReason read_includes(od::object includes, ReadContext* context) noexcept {
    return each_known_field(includes, kIncludesKeys, [&](IncludesKey key, od::value list) {
      return each_optional_element(list, [&](od::value element) {
        return with_optional_object(element, [&](od::object object) {
          if (key == IncludesKey::kTweets) {
            Tweet tweet;
            return read_tweet(object, 0, context, &tweet);
          }
          User user;
          HASHCART_TRY(read_user(object, &user));
          if (!user.id.empty()) users_.push_back(user);
          return RejectReason::kNone;
        });
      });
    });
  }

  // An included or nested tweet, which goes to included_ if it has a body.
  [[nodiscard]] RejectReason read_tweet(od::object object, int depth, ReadContext* context,
                                        Tweet* tweet) noexcept {
    const std::size_t entities_before = entities_.size();
    HASHCART_TRY(each_known_field(object, kKeys, [&](Key key, od::value value) {
      return read_field(key, value, depth, context, tweet);
    }));
    const bool has_body = tweet->id.present && (tweet->text.present || tweet->note_text.present);
    const RejectReason reason = has_body ? finish(*tweet, true, context) : RejectReason::kNone;
    entities_.shrink(entities_before);
    return reason;
  }

  [[nodiscard]] RejectReason read_field(Key key, od::value value, int depth, ReadContext* context,
                                        Tweet* tweet) noexcept {
    switch (key) {
      case Key::kId:
        return read_id(value, &tweet->id);
      case Key::kText:
        return read_text(value, &tweet->text);
      case Key::kAuthorId:
        return read_id(value, &tweet->author_id);
      case Key::kAuthor:
        return with_object(value,
                           [&](od::object author) { return read_user(author, &tweet->author); });
      case Key::kCreatedAt:
        return read_text(value, &tweet->created_at);
      case Key::kEntities:
        return entities_.read(value, &tweet->entities);
      case Key::kNoteTweet:
        return with_object(value, [&](od::object note) {
          return each_known_field(note, kNoteKeys, [&](NoteKey inner, od::value field) {
            return inner == NoteKey::kText ? read_text(field, &tweet->note_text)
                                           : entities_.read(field, &tweet->note_entities);
          });
        });
      case Key::kReferencedTweets:
        return each_element(value, [&](od::value element) {
          if (depth >= kDepthMax) return RejectReason::kNone;
          return with_object(element, [&](od::object object) {
            Tweet referenced;
            HASHCART_TRY(read_tweet(object, depth + 1, context, &referenced));
            HASHCART_TRY(check_optional_id(referenced.id));
            for (std::size_t type = 0; type < kReferenceTypeCount; ++type) {
              if (referenced.type == kReferenceNames[type] && tweet->references[type].empty()) {
                tweet->references[type] = referenced.id.text;
              }
            }
            return RejectReason::kNone;
          });
        });
      case Key::kInReplyToUserId:
        return read_id(value, &tweet->in_reply_to_user_id);
      case Key::kEditHistoryTweetIds:
        return each_optional_element(value, [&](od::value id) {
          return tweet->first_of_chain.empty() ? read_optional_text(id, &tweet->first_of_chain)
                                               : RejectReason::kNone;
        });
      case Key::kLang:
        return read_optional_text(value, &tweet->lang);
      case Key::kType:
        return read_optional_text(value, &tweet->type);
      default:
        return RejectReason::kNone;
    }
  }

  [[nodiscard]] static RejectReason read_user(od::object object, User* user) noexcept {
    MaybeText id;
    HASHCART_TRY(each_known_field(object, kUserKeys, [&](UserKey key, od::value value) {
      switch (key) {
        case UserKey::kId:
          return read_id(value, &id);
        case UserKey::kUsername:
          return read_optional_text(value, &user->username);
        case UserKey::kProtected:
          return read_optional_bool(value, &user->is_protected);
        case UserKey::kCount:
          break;
      }
      return RejectReason::kNone;
    }));
    user->id = id.text;
    return RejectReason::kNone;
  }

  // {"tweet":{"id","author_id"},"event_at"} or {"user":{"id"},"event_at"}.
  [[nodiscard]] static RejectReason read_compliance(od::object event,
                                                    ReadContext* context) noexcept {
    return each_known_field(event, kComplianceKeys, [&](ComplianceKey key, od::value value) {
      return with_object(value, [&](od::object object) {
        MaybeText id, author_id;
        HASHCART_TRY(each_known_field(object, kDeletedKeys, [&](DeletedKey inner, od::value field) {
          return read_id(field, inner == DeletedKey::kId ? &id : &author_id);
        }));
        if (!id.present) return RejectReason::kNoId;
        HASHCART_TRY(check_id(id.text));
        HASHCART_TRY(check_optional_id(author_id));
        if (key == ComplianceKey::kTweet) {
          context->add_delete({base::Platform::kX, false, id.text, author_id.text});
        } else {
          context->add_delete({base::Platform::kX, true, {}, id.text});
        }
        return RejectReason::kNone;
      });
    });
  }

  [[nodiscard]] RejectReason finish(const Tweet& tweet, bool embedded,
                                    ReadContext* context) noexcept {
    if (!tweet.id.present) return RejectReason::kNoId;
    HASHCART_TRY(check_id(tweet.id.text));
    HASHCART_TRY(check_optional_id(tweet.author_id));
    HASHCART_TRY(check_optional_id(tweet.author.id));
    HASHCART_TRY(check_optional_id(tweet.in_reply_to_user_id));
    HASHCART_TRY(check_optional_id(tweet.first_of_chain));
    Post& post = (embedded ? included_ : main_).add();
    post.dialect = Dialect::kXV2;
    post.platform = base::Platform::kX;
    post.role = embedded ? Role::kIncluded : Role::kMain;
    post.id = tweet.id.text;
    post.chain_id = tweet.first_of_chain.empty() ? post.id : tweet.first_of_chain;
    post.is_edit = post.chain_id != post.id;
    HASHCART_TRY(set_time(tweet, embedded, &post));
    post.author_id = tweet.author_id.filled() ? tweet.author_id.text : tweet.author.id;
    post.author_handle = tweet.author.username;
    post.author_protected = tweet.author.is_protected;
    post.reply_to = tweet.references[static_cast<std::size_t>(ReferenceType::kRepliedTo)];
    post.quote_of = tweet.references[static_cast<std::size_t>(ReferenceType::kQuoted)];
    post.repost_of = tweet.references[static_cast<std::size_t>(ReferenceType::kRetweeted)];
    post.is_quote = !post.quote_of.empty();
    post.is_repost = !post.repost_of.empty();
    post.reply_to_author = tweet.in_reply_to_user_id.text;
    post.lang = tweet.lang;
    const bool is_note = tweet.note_text.filled();
    entities_.attach(is_note ? tweet.note_text.text : tweet.text.text,
                     is_note ? tweet.note_entities : tweet.entities, context, &post);
    return RejectReason::kNone;
  }

  [[nodiscard]] static RejectReason set_time(const Tweet& tweet, bool embedded,
                                             Post* post) noexcept {
    const bool given = tweet.created_at.present;
    const std::optional<base::EventTimeMs> time =
        given ? base::parse_rfc3339(tweet.created_at.text) : base::x_snowflake_time(post->id);
    if (!time && !embedded) return given ? RejectReason::kBadTime : RejectReason::kNoTime;
    post->has_time = time.has_value();
    post->time_is_platforms = post->has_time;
    post->time = time.value_or(0);
    return RejectReason::kNone;
  }

  // Puts each tweet of the record into the context, followed by the included ones that it names;
  // those that no tweet names follow the last one.
  void assemble(ReadContext* context) {
    if (main_.count == 0) return;
    std::sort(users_.begin(), users_.end(),
              [](const User& a, const User& b) { return a.id < b.id; });
    by_id_.clear();
    for (std::size_t i = 0; i < included_.count; ++i) by_id_.push_back(i);
    std::sort(by_id_.begin(), by_id_.end(), [&](std::size_t a, std::size_t b) {
      return included_.posts[a].id != included_.posts[b].id
                 ? included_.posts[a].id < included_.posts[b].id
                 : a < b;
    });
    is_named_.assign(included_.count, false);
    for (std::size_t i = 0; i < included_.count; ++i) join_author(&included_.posts[i]);

    std::size_t copied = 0;
    for (std::size_t i = 0; i < main_.count; ++i) {
      join_author(&main_.posts[i]);
      const std::size_t index = context->add_post(Dialect::kXV2, base::Platform::kX, Role::kMain);
      std::swap(context->post(index), main_.posts[i]);
      const std::array<std::string_view, kReferenceTypeCount> references = {
          context->post(index).reply_to, context->post(index).quote_of,
          context->post(index).repost_of};
      for (std::size_t type = 0; type < kReferenceTypeCount; ++type) {
        const std::optional<std::size_t> found = find_included(references[type]);
        if (!found) continue;
        copied += included_.posts[*found].tags.size() + included_.posts[*found].links.size();
        if (copied > kCopiedEntitiesMax) continue;
        is_named_[*found] = true;
        copy_to(context, *found, kReferenceRoles[type]);
      }
    }
    for (std::size_t i = 0; i < included_.count; ++i) {
      if (!is_named_[i]) copy_to(context, i, Role::kIncluded);
    }
  }

  void copy_to(ReadContext* context, std::size_t included, Role role) {
    const std::size_t index = context->add_post(Dialect::kXV2, base::Platform::kX, role);
    context->post(index) = included_.posts[included];
    context->post(index).role = role;
  }

  [[nodiscard]] std::optional<std::size_t> find_included(std::string_view id) const noexcept {
    if (id.empty()) return std::nullopt;
    const auto at = std::lower_bound(by_id_.begin(), by_id_.end(), id,
                                     [&](std::size_t index, std::string_view wanted) {
                                       return included_.posts[index].id < wanted;
                                     });
    if (at == by_id_.end() || included_.posts[*at].id != id) return std::nullopt;
    return *at;
  }

  void join_author(Post* post) const noexcept {
    if (post->author_id.empty()) return;
    const auto at = std::lower_bound(
        users_.begin(), users_.end(), post->author_id,
        [](const User& user, std::string_view wanted) { return user.id < wanted; });
    if (at == users_.end() || at->id != post->author_id) return;
    if (post->author_handle.empty()) post->author_handle = at->username;
    post->author_protected = post->author_protected || at->is_protected;
  }

  XEntities entities_;
  PostPool main_;
  PostPool included_;
  std::vector<User> users_;
  std::vector<std::size_t> by_id_;  // indices of included_, ordered by id
  std::vector<bool> is_named_;
};

bool is_tweet(const ObjectOutline& outline) noexcept {
  // Threads, Instagram and Facebook have pages of `data` too; an Instagram comment has nothing else
  // than these three keys.
  return outline.is_string(OutlineKey::kId) && outline.is_string(OutlineKey::kText) &&
         !outline.has(OutlineKey::kPermalink) && !outline.has(OutlineKey::kMediaType) &&
         !outline.has(OutlineKey::kUsername) && !outline.has(OutlineKey::kTimestamp);
}

bool is_flat_tweet(const ObjectOutline& outline) noexcept {
  return is_tweet(outline) && !outline.has(OutlineKey::kIdStr) && !outline.has(OutlineKey::kUri) &&
         !outline.has(OutlineKey::kUser) &&
         (outline.has(OutlineKey::kAuthorId) || outline.has(OutlineKey::kEditHistoryTweetIds) ||
          outline.has(OutlineKey::kConversationId));
}

}  // namespace

bool is_x_v2(const Outline& outline) noexcept {
  const ObjectOutline& top = outline.top;
  const ObjectOutline& inner = outline.inner;
  if (top.has(OutlineKey::kKind)) return false;  // reddit
  if (outline.inner_is_of(OutlineKey::kData)) {
    const bool is_user =
        inner.is_string(OutlineKey::kUsername) && inner.is_string(OutlineKey::kName);
    return is_tweet(inner) || is_user || inner.has(OutlineKey::kTweetCount) ||
           inner.has(OutlineKey::kDelete) || inner.has(OutlineKey::kTweetDelete) ||
           inner.has(OutlineKey::kUserDelete);
  }
  if (outline.inner_is_of(OutlineKey::kDelete)) return inner.has(OutlineKey::kTweet);
  if (is_flat_tweet(top)) return true;
  if (top.is_string(OutlineKey::kId) && top.is_string(OutlineKey::kAction) &&
      top.is_string(OutlineKey::kReason)) {
    return true;  // a compliance job's result, which does not say whether the id is a tweet's or a
                  // user's
  }
  if (top.has(OutlineKey::kData)) return false;
  if (outline.inner_is_of(OutlineKey::kMeta)) return inner.has(OutlineKey::kResultCount);
  return top.is_array(OutlineKey::kErrors);
}

std::unique_ptr<DialectReader> make_x_v2_reader() { return std::make_unique<XV2Reader>(); }

}  // namespace hashcart::post
