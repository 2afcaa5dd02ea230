// Bluesky: Jetstream events (the forms of 2024, of since then, and of 2026), App View posts, feeds
// and threads, and bare records.
//
//   2024    {"did","time_us","type":"com","commit":{"type":"c","collection","rkey","record"}}
//   since   {"did","time_us","kind":"commit",
//            "commit":{"operation":"create","collection","rkey","record"}}
//   2026    {"seq","did","time","operation","collection","rkey","record"}
//   post    {"uri","author":{"did","handle"},"record":{..},"indexedAt"}
//   pages   {"feed":[{"post":..,"reply":..}]}; {"posts":[..]};
//           {"thread":{"post":..,"parent":{..},"replies":[..]}}
//
// A third-party lexicon may come by whose records use our keys in other ways, and a record may
// stand before the collection that says what it is. So a fault in a record that is not one of
// syntax is kept until the event's end and counts only for posts.
//
// Source: bluesky-social/jetstream (README, testdata, lexicons/.../subscribeEvents.json);
// bluesky-social/atproto lexicons/app/bsky/feed/{post,defs}.json and richtext/facet.json.
#include <array>
#include <cstring>
#include <optional>

#include "base/utf8.h"
#include "post/dialect.h"
#include "post/x_entities.h"

namespace hashcart::post {
namespace {

constexpr char kPostCollection[] = "app.bsky.feed.post";
constexpr std::string_view kUriScheme = "at://";

// `text == word`, but compared where it stands: what the library is asked to compare has no size
// that the compiler knows.
template <std::size_t N>
bool is(std::string_view text, const char (&word)[N]) noexcept {
  return text.size() == N - 1 && std::memcmp(text.data(), word, N - 1) == 0;
}

enum class Key : std::uint8_t {
  // Events.
  kDid,
  kTimeUs,
  kKind,
  kType,
  kCommit,
  kAccount,
  kIdentity,
  kSync,
  kSeq,
  kTime,
  kOperation,
  kCollection,
  kRkey,
  kName,
  // App View.
  kUri,
  kAuthor,
  kIndexedAt,
  kFeed,
  kPosts,
  kThread,
  kPost,
  kReply,
  kParent,
  kReplies,
  kReason,
  // Both.
  kRecord,
  // A bare record.
  kTypeUri,
  kCount
};
constexpr KeyTable<Key> kKeys({"did",      "time_us", "kind", "type",   "commit",    "account",
                               "identity", "sync",    "seq",  "time",   "operation", "collection",
                               "rkey",     "name",    "uri",  "author", "indexedAt", "feed",
                               "posts",    "thread",  "post", "reply",  "parent",    "replies",
                               "reason",   "record",  "$type"});

enum class CommitKey : std::uint8_t { kType, kOperation, kCollection, kRkey, kRecord, kCount };
constexpr KeyTable<CommitKey> kCommitKeys({"type", "operation", "collection", "rkey", "record"});

enum class AccountKey : std::uint8_t { kActive, kStatus, kCount };
constexpr KeyTable<AccountKey> kAccountKeys({"active", "status"});

enum class AuthorKey : std::uint8_t { kDid, kHandle, kCount };
constexpr KeyTable<AuthorKey> kAuthorKeys({"did", "handle"});

enum class RecordKey : std::uint8_t {
  kText,
  kCreatedAt,
  kLangs,
  kFacets,
  kTags,
  kEmbed,
  kReply,
  kCount
};
constexpr KeyTable<RecordKey> kRecordKeys({"text", "createdAt", "langs", "facets", "tags", "embed",
                                           "reply"});

enum class FacetKey : std::uint8_t { kIndex, kFeatures, kCount };
constexpr KeyTable<FacetKey> kFacetKeys({"index", "features"});

enum class IndexKey : std::uint8_t { kByteStart, kByteEnd, kCount };
constexpr KeyTable<IndexKey> kIndexKeys({"byteStart", "byteEnd"});

enum class FeatureKey : std::uint8_t { kTypeUri, kTag, kUri, kCount };
constexpr KeyTable<FeatureKey> kFeatureKeys({"$type", "tag", "uri"});

enum class EmbedKey : std::uint8_t { kExternal, kRecord, kMedia, kCount };
constexpr KeyTable<EmbedKey> kEmbedKeys({"external", "record", "media"});

enum class UriKey : std::uint8_t { kUri, kRecord, kCount };
constexpr KeyTable<UriKey> kUriKeys({"uri", "record"});

enum class ReplyKey : std::uint8_t { kParent, kRoot, kCount };
constexpr KeyTable<ReplyKey> kReplyKeys({"parent", "root"});

// A thread view nests its replies; the App View itself stops at 1,000.
constexpr int kThreadDepthMax = 1000;

// The author in at://<did>/<collection>/<rkey>, and whether the collection is that of posts.
struct AtUri {
  std::string_view did;
  bool is_post = false;
};

AtUri split_uri(std::string_view uri) noexcept {
  if (!uri.starts_with(kUriScheme)) return {};
  uri.remove_prefix(kUriScheme.size());
  const std::size_t slash = uri.find('/');
  AtUri parts{uri.substr(0, slash), false};
  if (slash != std::string_view::npos) {
    uri.remove_prefix(slash + 1);
    parts.is_post = uri.starts_with("app.bsky.feed.post/");
  }
  return parts;
}

// A facet's feature, until the text is known.
struct Feature {
  bool is_tag = false;
  std::string_view value;
  std::uint64_t start = kNowhere;
  std::uint64_t end = kNowhere;

  static constexpr std::uint64_t kNowhere = ~0ULL;
};

struct Record {
  bool present = false;
  RejectReason fault = RejectReason::kNone;
  MaybeText text, created_at;
  std::string_view lang, reply_parent, quoted;
};

// Faults of syntax stop everything; others are about what the keys mean and may not concern us.
bool is_syntax_fault(RejectReason reason) noexcept {
  return reason != RejectReason::kNone && reason != RejectReason::kWrongType &&
         reason != RejectReason::kDuplicateKey;
}

class BlueskyReader final : public DialectReader {
 public:
  RejectReason read(od::object object, ReadContext* context) noexcept override {
    context_ = context;
    FieldCursor fields(object);
    return read_object(fields, Role::kMain, 0);
  }

 private:
  struct Object {
    MaybeText did, time, uri, indexed_at, rkey;
    std::string_view kind, operation, collection, type_uri;
    bool has_time_us = false;
    std::uint64_t time_us = 0;
    bool time_us_is_number = false;
    bool is_event = false;
    bool is_page = false;
    bool has_author = false;
    bool account_deleted = false;
    MaybeText author_did;
    std::string_view author_handle;
    Record record;
    std::size_t features_begin = 0;
    // Index of its Post once a post inside it had to come after it.
    std::optional<std::size_t> slot;
  };

  [[nodiscard]] RejectReason read_object(FieldCursor& fields, Role role, int depth) noexcept {
    if (depth > kThreadDepthMax) return RejectReason::kTooDeep;
    Object it;
    it.features_begin = features_.size();
    const std::size_t first = context_->post_count();
    HASHCART_TRY(each_known_field(fields, kKeys, &order_, [&](Key key, FieldCursor& value) {
      return read_field(key, value, depth, &it);
    }));
    const RejectReason reason = finish(it, role, depth);
    features_.resize(it.features_begin);
    if (role == Role::kMain) settle(first);
    return reason;
  }

  // A feed item's `reply` may stand before its `post`, or its `post` may be none: the posts that
  // go with it come behind it, or go.
  void settle(std::size_t first) noexcept {
    std::size_t main = first;
    while (main < context_->post_count() && context_->post(main).role != Role::kMain) ++main;
    if (main == first) return;
    if (main == context_->post_count()) {
      while (context_->post_count() > first) context_->remove_post(context_->post_count() - 1);
      return;
    }
    for (; main > first; --main) std::swap(context_->post(main), context_->post(main - 1));
  }

  [[nodiscard, gnu::always_inline]] RejectReason read_field(Key key, FieldCursor& value, int depth,
                                                            Object* it) noexcept {
    switch (key) {
      case Key::kDid:
        return read_text(value, &it->did);
      case Key::kTimeUs:
        return read_time_us(value, it);
      case Key::kKind:
      case Key::kType:
        return it->kind.empty() ? read_optional_text(value, &it->kind) : RejectReason::kNone;
      case Key::kCommit:
        return with_optional_object(value, [&](FieldCursor& commit) {
          it->is_event = true;
          return each_known_field(commit, kCommitKeys, &commit_order_,
                                  [&](CommitKey inner, FieldCursor& field) {
                                    switch (inner) {
                                      case CommitKey::kType:
                                      case CommitKey::kOperation:
                                        return read_optional_text(field, &it->operation);
                                      case CommitKey::kCollection:
                                        return read_optional_text(field, &it->collection);
                                      case CommitKey::kRkey:
                                        return read_text(field, &it->rkey);
                                      case CommitKey::kRecord:
                                        return read_record(field, it);
                                      case CommitKey::kCount:
                                        break;
                                    }
                                    return RejectReason::kNone;
                                  });
        });
      case Key::kAccount:
        it->is_event = true;
        return with_optional_object(
            value, [&](FieldCursor& account) { return read_account(account, it); });
      case Key::kIdentity:
      case Key::kSync:
      case Key::kSeq:
      case Key::kName:
        it->is_event = true;
        return RejectReason::kNone;
      case Key::kTime:
        return read_text(value, &it->time);
      case Key::kOperation:
        it->is_event = true;
        return read_optional_text(value, &it->operation);
      case Key::kCollection:
        return read_optional_text(value, &it->collection);
      case Key::kRkey:
        return read_text(value, &it->rkey);
      case Key::kUri:
        return read_text(value, &it->uri);
      case Key::kAuthor:
        return with_object(value, [&](FieldCursor& author) {
          it->has_author = true;
          return each_known_field(
              author, kAuthorKeys, &author_order_, [&](AuthorKey inner, FieldCursor& field) {
                return inner == AuthorKey::kDid ? read_text(field, &it->author_did)
                                                : read_optional_text(field, &it->author_handle);
              });
        });
      case Key::kIndexedAt:
        return read_text(value, &it->indexed_at);
      case Key::kFeed:
      case Key::kPosts:
      case Key::kReplies:
        it->is_page = true;
        return each_optional_element(value,
                                     [&](od::value element) { return read_view(element, depth); });
      case Key::kThread:
      case Key::kPost:
      case Key::kParent:
        it->is_page = true;
        return read_view(value.value(), depth);
      case Key::kReply:
        // Of a feed item: the views of parent and root; the parent goes with the item's post. (A
        // bare record has a `reply` of its own kind, and no id to be read by.)
        return with_optional_object(
            value, [&](FieldCursor& reply) { return read_feed_reply(reply, depth); });
      case Key::kRecord:
        return read_record(value, it);
      case Key::kTypeUri:
        return read_optional_text(value, &it->type_uri);
      case Key::kReason:
      case Key::kCount:
        break;
    }
    return RejectReason::kNone;
  }

  static RejectReason read_time_us(FieldCursor& field, Object* it) noexcept {
    if (parse_digits(field.value_token(), &it->time_us)) {
      it->has_time_us = it->time_us_is_number = true;
      field.pass(1);
      return RejectReason::kNone;
    }
    od::value value = field.value();
    JsonKind kind = JsonKind::kAbsent;
    HASHCART_TRY(read_kind(value, &kind));
    it->has_time_us = kind != JsonKind::kNull;
    constexpr std::uint64_t kUnread = ~0ULL;
    it->time_us = kUnread;
    HASHCART_TRY(read_optional_index(value, &it->time_us));
    it->time_us_is_number = it->time_us != kUnread;
    return RejectReason::kNone;
  }

  [[nodiscard]] RejectReason read_account(FieldCursor& account, Object* it) noexcept {
    bool active = true;
    std::string_view status;
    HASHCART_TRY(each_known_field(
        account, kAccountKeys, &account_order_, [&](AccountKey key, FieldCursor& field) {
          return key == AccountKey::kActive ? read_optional_bool(field, &active)
                                            : read_optional_text(field, &status);
        }));
    // "takendown", "suspended" and "deactivated" may be taken back; the posts are then there again.
    it->account_deleted = !active && status == "deleted";
    return RejectReason::kNone;
  }

  [[nodiscard]] RejectReason read_view(od::value value, int depth) noexcept {
    return with_optional_object(value, [&](od::object view) {
      FieldCursor fields(view);
      return read_object(fields, Role::kMain, depth + 1);
    });
  }

  [[nodiscard]] RejectReason read_feed_reply(FieldCursor& reply, int depth) noexcept {
    return each_known_field(
        reply, kReplyKeys, &reply_order_, [&](ReplyKey key, FieldCursor& value) {
          return with_optional_object(value, [&](FieldCursor& view) {
            return read_object(view, key == ReplyKey::kParent ? Role::kReplyTo : Role::kIncluded,
                               depth + 1);
          });
        });
  }

  // --- The record of a post ---

  [[nodiscard]] RejectReason read_record(FieldCursor& value, Object* it) noexcept {
    // Records of other collections, where that is known already, are passed over unread.
    if (!it->collection.empty() && !is(it->collection, kPostCollection)) return RejectReason::kNone;
    if (value.first_char() != '{') {
      od::value other = value.value();
      JsonKind kind = JsonKind::kAbsent;
      HASHCART_TRY(read_kind(other, &kind));
      if (kind != JsonKind::kNull) it->record.fault = RejectReason::kWrongType;
      return RejectReason::kNone;
    }
    it->record.present = true;
    const RejectReason reason = with_object(value, [&](FieldCursor& record) {
      return each_known_field(record, kRecordKeys, &record_order_,
                              [&](RecordKey key, FieldCursor& field) {
                                return read_record_field(key, field, &it->record);
                              });
    });
    if (is_syntax_fault(reason)) return reason;
    it->record.fault = reason;
    return RejectReason::kNone;
  }

  [[nodiscard, gnu::always_inline]] RejectReason read_record_field(RecordKey key,
                                                                   FieldCursor& value,
                                                                   Record* record) noexcept {
    switch (key) {
      case RecordKey::kText:
        return read_text(value, &record->text);
      case RecordKey::kCreatedAt:
        return read_text(value, &record->created_at);
      case RecordKey::kLangs:
        return each_optional_element(value, [&](od::value lang) {
          return record->lang.empty() ? read_optional_text(lang, &record->lang)
                                      : RejectReason::kNone;
        });
      case RecordKey::kFacets:
        return each_element(value, [&](od::value facet) {
          return with_object(facet, [&](od::object object) {
            FieldCursor fields(object);
            return read_facet(fields);
          });
        });
      case RecordKey::kTags:
        return each_element(value, [&](od::value element) {
          MaybeText tag;
          HASHCART_TRY(read_text(element, &tag));
          if (tag.filled())
            features_.push_back({true, tag.text, Feature::kNowhere, Feature::kNowhere});
          return RejectReason::kNone;
        });
      case RecordKey::kEmbed:
        return with_object(value,
                           [&](FieldCursor& embed) { return read_embed(embed, record, true); });
      case RecordKey::kReply:
        return with_object(value, [&](FieldCursor& reply) {
          return each_known_field(
              reply, kReplyKeys, &reply_order_, [&](ReplyKey inner, FieldCursor& reference) {
                if (inner == ReplyKey::kRoot) return RejectReason::kNone;
                return with_object(reference, [&](FieldCursor& parent) {
                  return each_known_field(
                      parent, kUriKeys, &uri_order_, [&](UriKey uri_key, FieldCursor& uri) {
                        return uri_key == UriKey::kUri
                                   ? read_optional_text(uri, &record->reply_parent)
                                   : RejectReason::kNone;
                      });
                });
              });
        });
      case RecordKey::kCount:
        break;
    }
    return RejectReason::kNone;
  }

  // The index may stand after the features it is about.
  [[nodiscard]] RejectReason read_facet(FieldCursor& facet) noexcept {
    const std::size_t begin = features_.size();
    std::uint64_t start = Feature::kNowhere;
    std::uint64_t end = Feature::kNowhere;
    HASHCART_TRY(
        each_known_field(facet, kFacetKeys, &facet_order_, [&](FacetKey key, FieldCursor& value) {
          if (key == FacetKey::kIndex) {
            return with_object(value, [&](FieldCursor& index) {
              return each_known_field(index, kIndexKeys, &index_order_,
                                      [&](IndexKey inner, FieldCursor& offset) {
                                        return read_optional_index(
                                            offset, inner == IndexKey::kByteStart ? &start : &end);
                                      });
            });
          }
          return each_element(value, [&](od::value element) {
            return with_object(element, [&](od::object feature) {
              FieldCursor fields(feature);
              return read_feature(fields);
            });
          });
        }));
    for (std::size_t i = begin; i < features_.size(); ++i) {
      features_[i].start = start;
      features_[i].end = end;
    }
    return RejectReason::kNone;
  }

  [[nodiscard]] RejectReason read_feature(FieldCursor& fields) noexcept {
    std::string_view type, tag, uri;
    HASHCART_TRY(each_known_field(fields, kFeatureKeys, &feature_order_,
                                  [&](FeatureKey key, FieldCursor& value) {
                                    switch (key) {
                                      case FeatureKey::kTypeUri:
                                        return read_optional_text(value, &type);
                                      case FeatureKey::kTag:
                                        return read_optional_text(value, &tag);
                                      case FeatureKey::kUri:
                                        return read_optional_text(value, &uri);
                                      case FeatureKey::kCount:
                                        break;
                                    }
                                    return RejectReason::kNone;
                                  }));
    if (is(type, "app.bsky.richtext.facet#tag") && !tag.empty()) {
      features_.push_back({true, tag, Feature::kNowhere, Feature::kNowhere});
    } else if (is(type, "app.bsky.richtext.facet#link") && !uri.empty()) {
      features_.push_back({false, uri, Feature::kNowhere, Feature::kNowhere});
    }
    return RejectReason::kNone;
  }

  // external.uri; record.uri, or record.record.uri beside media, whose own external.uri counts too.
  [[nodiscard]] RejectReason read_embed(FieldCursor& embed, Record* record,
                                        bool with_media) noexcept {
    return each_known_field(
        embed, kEmbedKeys, &embed_order_, [&](EmbedKey key, FieldCursor& value) {
          switch (key) {
            case EmbedKey::kExternal:
              return with_optional_object(value, [&](FieldCursor& external) {
                std::string_view uri;
                HASHCART_TRY(read_uri(external, &uri, false));
                if (!uri.empty())
                  features_.push_back({false, uri, Feature::kNowhere, Feature::kNowhere});
                return RejectReason::kNone;
              });
            case EmbedKey::kRecord:
              return with_optional_object(value, [&](FieldCursor& quoted) {
                return read_uri(quoted, &record->quoted, true);
              });
            case EmbedKey::kMedia:
              if (!with_media) return RejectReason::kNone;
              return with_optional_object(
                  value, [&](FieldCursor& media) { return read_embed(media, record, false); });
            case EmbedKey::kCount:
              break;
          }
          return RejectReason::kNone;
        });
  }

  [[nodiscard]] RejectReason read_uri(FieldCursor& fields, std::string_view* out,
                                      bool with_record) noexcept {
    return each_known_field(fields, kUriKeys, &uri_order_, [&](UriKey key, FieldCursor& value) {
      if (key == UriKey::kUri) return read_optional_text(value, out);
      if (!with_record) return RejectReason::kNone;
      return with_optional_object(value,
                                  [&](FieldCursor& inner) { return read_uri(inner, out, false); });
    });
  }

  // --- What it was ---

  [[nodiscard]] RejectReason finish(const Object& it, Role role, int depth) noexcept {
    if (it.is_event || it.did.present) return finish_event(it);
    if (it.is_page) return RejectReason::kNone;
    if (it.uri.present) return finish_view(it, role);
    if (is(it.type_uri, kPostCollection))
      return RejectReason::kNoId;  // a bare record says neither whose nor which
    // What a page holds besides posts (blocked and deleted ones, feed items that are none) is
    // passed over.
    return depth > 0 ? RejectReason::kNone : RejectReason::kUnknownDialect;
  }

  [[nodiscard]] RejectReason finish_event(const Object& it) noexcept {
    if (it.account_deleted) {
      if (!it.did.present) return RejectReason::kNoId;
      HASHCART_TRY(check_id(it.did.text));
      context_->add_delete({base::Platform::kBluesky, true, {}, it.did.text});
      return RejectReason::kNone;
    }
    if (!is(it.collection, kPostCollection)) return RejectReason::kNone;
    const bool is_delete = is(it.operation, "delete") || is(it.operation, "d");
    const bool is_update = is(it.operation, "update") || is(it.operation, "u");
    if (!is_delete && !is_update && !is(it.operation, "create") && !is(it.operation, "c"))
      return RejectReason::kNone;
    if (!it.did.present || !it.rkey.present) return RejectReason::kNoId;
    HASHCART_TRY(check_id(it.did.text));
    HASHCART_TRY(check_id(it.rkey.text));
    // Whole characters, none of them a control character: only its length is still to be checked.
    const std::string_view id = make_uri(it.did.text, it.rkey.text);
    if (id.size() > kIdBytesMax) return RejectReason::kBadId;
    if (is_delete) {
      context_->add_delete({base::Platform::kBluesky, false, id, it.did.text});
      return RejectReason::kNone;
    }
    HASHCART_TRY(it.record.fault);
    if (!it.record.present) return RejectReason::kWrongType;  // a post created without a record
    base::EventTimeMs time = 0;
    if (it.has_time_us) {
      if (!it.time_us_is_number) return RejectReason::kBadTime;
      time = static_cast<base::EventTimeMs>(it.time_us / 1000);
      if (!is_event_time(time)) return RejectReason::kBadTime;
    } else if (it.time.present) {
      const std::optional<base::EventTimeMs> parsed = base::parse_rfc3339(it.time.text);
      if (!parsed) return RejectReason::kBadTime;
      time = *parsed;
    } else {
      return RejectReason::kNoTime;
    }
    const std::size_t index =
        context_->add_post(Dialect::kBluesky, base::Platform::kBluesky, Role::kMain);
    Post& post = context_->post(index);
    post.id = id;
    post.is_edit = is_update;
    post.has_time = true;
    post.time_is_platforms = true;
    post.time = time;
    post.author_id = it.did.text;
    return fill(it, &post);
  }

  [[nodiscard]] RejectReason finish_view(const Object& it, Role role) noexcept {
    const AtUri uri = split_uri(it.uri.text);
    // Blocked and missing posts have no record; lists, feeds and starter packs are no posts.
    if (!it.record.present || !uri.is_post) return RejectReason::kNone;
    HASHCART_TRY(it.record.fault);
    HASHCART_TRY(check_id(it.uri.text));
    HASHCART_TRY(check_optional_id(it.author_did));
    // indexedAt is the App View's; createdAt is what the author's client claimed.
    const bool is_platforms = it.indexed_at.present;
    const MaybeText& written = is_platforms ? it.indexed_at : it.record.created_at;
    const std::optional<base::EventTimeMs> time =
        written.present ? base::parse_rfc3339(written.text) : std::nullopt;
    if (!time && role == Role::kMain)
      return written.present ? RejectReason::kBadTime : RejectReason::kNoTime;
    const std::size_t index = context_->add_post(Dialect::kBluesky, base::Platform::kBluesky, role);
    Post& post = context_->post(index);
    post.id = it.uri.text;
    post.has_time = time.has_value();
    post.time_is_platforms = time && is_platforms;
    post.time = time.value_or(0);
    post.author_id = it.author_did.filled() ? it.author_did.text : uri.did;
    post.author_handle = it.author_handle;
    return fill(it, &post);
  }

  // What the record says.
  [[nodiscard]] RejectReason fill(const Object& it, Post* post) noexcept {
    const Record& record = it.record;
    HASHCART_TRY(check_optional_id(record.reply_parent));
    HASHCART_TRY(check_optional_id(record.quoted));
    post->chain_id = post->id;
    post->text = record.text.text;
    post->lang = record.lang;
    post->reply_to = record.reply_parent;
    post->reply_to_author = split_uri(record.reply_parent).did;
    if (split_uri(record.quoted).is_post) {
      post->quote_of = record.quoted;
      post->is_quote = true;
    }
    for (std::size_t i = it.features_begin; i < features_.size(); ++i) {
      const Feature& feature = features_[i];
      auto start = static_cast<std::uint32_t>(feature.start);
      auto end = static_cast<std::uint32_t>(feature.end);
      const bool placed = is_range(post->text, feature.start, feature.end) &&
                          (!feature.is_tag || is_tag_at(post->text, start, end, feature.value));
      if (!placed) start = end = 0;
      if (feature.is_tag) {
        post->tags.push_back({feature.value, start, end});
      } else {
        post->links.push_back({feature.value, start, end});
      }
    }
    // On Bluesky a tag is what a facet or `tags` says; only where a client wrote neither is the
    // text all there is to go by.
    if (!post->tags.empty()) post->tag_truth = TagTruth::kListOnly;
    return RejectReason::kNone;
  }

  // Facets are written by clients: nothing about their offsets is certain.
  [[nodiscard]] static bool is_range(std::string_view text, std::uint64_t start,
                                     std::uint64_t end) noexcept {
    if (start >= end || end > text.size()) return false;
    const auto is_boundary = [&](std::uint64_t at) {
      return at == text.size() || (static_cast<unsigned char>(text[at]) & 0xC0U) != 0x80U;
    };
    return is_boundary(start) && is_boundary(end);
  }

  [[nodiscard]] std::string_view make_uri(std::string_view did, std::string_view rkey) {
    const std::array<std::string_view, 4> parts = {kUriScheme, did, "/app.bsky.feed.post/", rkey};
    std::size_t size = 0;
    for (const std::string_view part : parts) size += part.size();
    char* const begin = context_->arena().take(size);
    char* to = begin;
    for (const std::string_view part : parts) {
      std::memcpy(to, part.data(), part.size());
      to += part.size();
    }
    return {begin, size};
  }

  ReadContext* context_ = nullptr;
  std::vector<Feature> features_;  // a stack: posts stand inside others' views
  KeyOrder order_, commit_order_, account_order_, author_order_, record_order_, reply_order_;
  KeyOrder facet_order_, index_order_, feature_order_, embed_order_, uri_order_;
};

}  // namespace

bool is_bluesky(const Outline& outline) noexcept {
  const ObjectOutline& top = outline.top;
  const ObjectOutline& inner = outline.inner;
  if (top.is_string(OutlineKey::kDid)) {
    if (top.has(OutlineKey::kTimeUs)) {
      return top.kind == "commit" || top.kind == "identity" || top.kind == "account" ||
             top.type == "com" || top.type == "acc" || top.type == "id";
    }
    if (top.is(OutlineKey::kSeq, JsonKind::kNumber)) return true;
    // Without a time an event is still one, to be refused for that.
    return top.kind == "commit" && top.is_object(OutlineKey::kCommit);
  }
  if (top.is_string(OutlineKey::kTypeUri) && is(top.type_uri, kPostCollection)) return true;
  const auto is_view = [](const ObjectOutline& view) {
    return view.uri.starts_with(kUriScheme) && view.has(OutlineKey::kRecord) &&
           view.is_object(OutlineKey::kAuthor);
  };
  if (is_view(top)) return true;
  if (outline.inner_is_of(OutlineKey::kPost) || outline.inner_is_of(OutlineKey::kPosts))
    return is_view(inner);
  if (outline.inner_is_of(OutlineKey::kFeed) || outline.inner_is_of(OutlineKey::kThread)) {
    return inner.is_object(OutlineKey::kPost) || inner.type_uri.starts_with("app.bsky.feed.defs#");
  }
  // A note to the client of the 2026 stream.
  return top.key_count == 2 && top.is_string(OutlineKey::kName) &&
         top.is_string(OutlineKey::kMessage);
}

std::unique_ptr<DialectReader> make_bluesky_reader() { return std::make_unique<BlueskyReader>(); }

}  // namespace hashcart::post
