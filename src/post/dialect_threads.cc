// Threads: posts and replies.
//
// Shapes at the top
//   Graph     a post or reply; {"data":[..],"paging":{..}} of them; {"<id>":{..},..}
//   webhooks  {"app_id","topic","target_id","time","subscription_id","values":{"field","value"}},
//             where `values` may be a list; and the common form
//             {"object":"threads","entry":[{"time","changes":[{"field","value"}]}]}. A value that
//             has `deleted_at` is a delete.
//   web       a post of the web ({"pk","caption":{"text"},"text_post_app_info":{..},..}), alone, in
//             {"post":{..}}, in {"thread_items":[{"post":{..}}]}, or as a collector wraps it:
//             {"source_platform":..,"data":{..}}
//
// Ids: the Graph's and the web's are different numbers for the same post, and neither payload has
// both. The web's `<pk>_<owner>` is a post's local id.
//
// A repost (REPOST_FACADE, or `reposted_post`) has no words of its own. A post has at most one tag,
// its topic, which may hold blanks and need not stand in the text. Links are in the text, and one
// more is attached.
//
// The Graph names the owner's id only where the caller may see it; the user name is the handle and
// never stands for the id, since a user name may be all digits.
//
// Sources: developers.facebook.com, "Threads API": media retrieval, reposts, webhooks.
#include <optional>

#include "post/dialect.h"
#include "post/graph.h"

namespace hashcart::post {
namespace {

enum class Key : std::uint8_t {
  kId,
  kPk,
  kText,
  kCaption,
  kTimestamp,
  kTakenAt,
  kUsername,
  kOwner,
  kUser,
  kMediaType,
  kMediaProductType,
  kPermalink,
  kRepliedTo,
  kRootPost,
  kIsQuotePost,
  kQuotedPost,
  kRepostedPost,
  kTopicTag,
  kLinkAttachmentUrl,
  kPollAttachment,
  kTextPostAppInfo,
  kDeletedAt,
  // Only of an account.
  kBiography,
  kProfilePicture,
  // Pages and wrappers.
  kData,
  kPost,
  kThreadItems,
  kEntry,
  kValues,
  kTime,
  kCount
};
constexpr KeyTable<Key> kKeys({"id",
                               "pk",
                               "text",
                               "caption",
                               "timestamp",
                               "taken_at",
                               "username",
                               "owner",
                               "user",
                               "media_type",
                               "media_product_type",
                               "permalink",
                               "replied_to",
                               "root_post",
                               "is_quote_post",
                               "quoted_post",
                               "reposted_post",
                               "topic_tag",
                               "link_attachment_url",
                               "poll_attachment",
                               "text_post_app_info",
                               "deleted_at",
                               "threads_biography",
                               "threads_profile_picture_url",
                               "data",
                               "post",
                               "thread_items",
                               "entry",
                               "values",
                               "time"});

// Of a post that is only named: its ids and its owner's, in all the ways they are written.
enum class RefKey : std::uint8_t { kId, kPk, kOwnerId, kOwner, kUser, kUsername, kCount };
constexpr KeyTable<RefKey> kRefKeys({"id", "pk", "owner_id", "owner", "user", "username"});

enum class CaptionKey : std::uint8_t { kText, kCount };
constexpr KeyTable<CaptionKey> kCaptionKeys({"text"});

enum class InfoKey : std::uint8_t { kShareInfo, kReplyToAuthor, kLinkPreview, kTagHeader, kCount };
constexpr KeyTable<InfoKey> kInfoKeys({"share_info", "reply_to_author", "link_preview_attachment",
                                       "tag_header"});

enum class ShareKey : std::uint8_t { kQuotedPost, kRepostedPost, kCount };
constexpr KeyTable<ShareKey> kShareKeys({"quoted_post", "reposted_post"});

enum class PreviewKey : std::uint8_t { kUrl, kCount };
constexpr KeyTable<PreviewKey> kPreviewKeys({"url"});

enum class TagHeaderKey : std::uint8_t { kDisplayName, kCount };
constexpr KeyTable<TagHeaderKey> kTagHeaderKeys({"display_name"});

enum class EntryKey : std::uint8_t { kTime, kChanges, kValues, kCount };
constexpr KeyTable<EntryKey> kEntryKeys({"time", "changes", "values"});

enum class ChangeKey : std::uint8_t { kValue, kCount };
constexpr KeyTable<ChangeKey> kChangeKeys({"value"});

constexpr int kDepthMax = 4;

struct Reference {
  bool present = false;
  MaybeText id, pk, owner_id;
  std::string_view username;

  [[nodiscard]] std::string_view best() const noexcept { return pk.filled() ? pk.text : id.text; }
  [[nodiscard]] RejectReason check() const noexcept {
    HASHCART_TRY(check_optional_id(id));
    HASHCART_TRY(check_optional_id(pk));
    return check_optional_id(owner_id);
  }
};

// What one object held, until its end tells what it is.
struct Item {
  MaybeText id, pk, text, caption, timestamp, taken_at, time;
  std::string_view username, media_type, link, preview, topic, tag_header;
  Reference owner, user, replied_to, root, quoted, reposted, reply_author;
  bool is_quote = false;
  bool is_media = false;
  bool is_deleted = false;
  bool is_page = false;
  bool is_control = false;
};

class ThreadsReader final : public DialectReader {
 public:
  RejectReason read(od::object object, ReadContext* context) noexcept override {
    context_ = context;
    in_webhook_ = false;
    return read_object(object, 0);
  }

 private:
  [[nodiscard]] RejectReason read_object(od::object object, int depth) noexcept {
    Item it;
    const std::size_t posts_before = context_->post_count();
    const auto field = [&](Key key, od::value value) { return read_field(key, value, depth, &it); };
    if (depth == 0) {
      HASHCART_TRY(each_known_field_or_member(
          object, kKeys, field, [&](od::value member) { return read_member(member, depth, &it); }));
    } else {
      HASHCART_TRY(each_known_field(object, kKeys, field));
    }
    return finish(it, depth, posts_before);
  }

  [[nodiscard]] RejectReason read_field(Key key, od::value value, int depth, Item* it) noexcept {
    switch (key) {
      case Key::kId:
        return read_id(value, &it->id);
      case Key::kPk:
        return read_id(value, &it->pk);
      case Key::kText:
        return read_text(value, &it->text);
      case Key::kCaption:
        return with_optional_object(value, [&](od::object caption) {
          return each_known_field(caption, kCaptionKeys, [&](CaptionKey, od::value text) {
            return read_text(text, &it->caption);
          });
        });
      case Key::kTimestamp:
        return read_id(value, &it->timestamp);
      case Key::kTakenAt:
        return read_id(value, &it->taken_at);
      case Key::kUsername:
        return read_optional_text(value, &it->username);
      case Key::kOwner:
        return read_reference(value, &it->owner);
      case Key::kUser:
        return read_reference(value, &it->user);
      case Key::kMediaType:
        it->is_media = true;
        return read_optional_text(value, &it->media_type);
      case Key::kMediaProductType:
      case Key::kPermalink:
      case Key::kPollAttachment:
        it->is_media = true;
        return RejectReason::kNone;
      case Key::kRepliedTo:
        return read_reference(value, &it->replied_to);
      case Key::kRootPost:
        return read_reference(value, &it->root);
      case Key::kIsQuotePost:
        return read_optional_bool(value, &it->is_quote);
      case Key::kQuotedPost:
        return read_reference(value, &it->quoted);
      case Key::kRepostedPost:
        return read_reference(value, &it->reposted);
      case Key::kTopicTag:
        return read_optional_text(value, &it->topic);
      case Key::kLinkAttachmentUrl:
        return read_optional_text(value, &it->link);
      case Key::kTextPostAppInfo:
        it->is_media = true;
        return with_optional_object(value, [&](od::object info) { return read_info(info, it); });
      case Key::kDeletedAt:
        it->is_deleted = true;
        return RejectReason::kNone;
      case Key::kBiography:
      case Key::kProfilePicture:
        it->is_control = true;
        return RejectReason::kNone;
      case Key::kData: {
        JsonKind kind = JsonKind::kAbsent;
        HASHCART_TRY(read_kind(value, &kind));
        if (kind != JsonKind::kArray) return read_member(value, depth, it);
        return read_page(value, depth, it);
      }
      case Key::kPost:
        return read_member(value, depth, it);
      case Key::kThreadItems:
        return read_page(value, depth, it);
      case Key::kEntry:
        it->is_control = true;
        if (depth > 0) return RejectReason::kNone;
        return each_element(value, [&](od::value entry) {
          return with_object(entry, [&](od::object object) { return read_entry(object); });
        });
      case Key::kValues:
        it->is_control = true;
        if (depth > 0) return RejectReason::kNone;
        return read_changes(value);
      case Key::kTime:
        return read_id(value, &it->time);
      case Key::kCount:
        break;
    }
    return RejectReason::kNone;
  }

  [[nodiscard]] RejectReason read_page(od::value value, int depth, Item* it) noexcept {
    it->is_page = true;
    return each_element(value, [&](od::value member) { return read_member(member, depth, it); });
  }

  [[nodiscard]] RejectReason read_member(od::value value, int depth, Item* it) noexcept {
    it->is_page = true;
    if (depth >= kDepthMax) return RejectReason::kNone;
    return with_optional_object(value,
                                [&](od::object object) { return read_object(object, depth + 1); });
  }

  // An object, or the bare id.
  [[nodiscard]] static RejectReason read_reference(od::value value, Reference* out) noexcept {
    JsonKind kind = JsonKind::kAbsent;
    HASHCART_TRY(read_kind(value, &kind));
    if (kind != JsonKind::kObject) {
      HASHCART_TRY(read_id(value, &out->id));
      out->present = out->id.filled();
      return RejectReason::kNone;
    }
    out->present = true;
    return with_object(value, [&](od::object object) {
      return each_known_field(object, kRefKeys, [&](RefKey key, od::value field) {
        switch (key) {
          case RefKey::kId:
            return read_id(field, &out->id);
          case RefKey::kPk:
            return read_id(field, &out->pk);
          case RefKey::kOwnerId:
            return read_id(field, &out->owner_id);
          case RefKey::kOwner:
          case RefKey::kUser:
            return read_owner(field, out);
          case RefKey::kUsername:
            return read_optional_text(field, &out->username);
          case RefKey::kCount:
            break;
        }
        return RejectReason::kNone;
      });
    });
  }

  [[nodiscard]] static RejectReason read_owner(od::value value, Reference* out) noexcept {
    MaybeText id, pk;
    HASHCART_TRY(with_optional_object(value, [&](od::object object) {
      return each_known_field(object, kRefKeys, [&](RefKey key, od::value field) {
        return key == RefKey::kId   ? read_id(field, &id)
               : key == RefKey::kPk ? read_id(field, &pk)
                                    : RejectReason::kNone;
      });
    }));
    if (id.filled() || pk.filled()) out->owner_id = pk.filled() ? pk : id;
    return RejectReason::kNone;
  }

  [[nodiscard]] static RejectReason read_info(od::object info, Item* it) noexcept {
    return each_known_field(info, kInfoKeys, [&](InfoKey key, od::value value) {
      switch (key) {
        case InfoKey::kShareInfo:
          return with_optional_object(value, [&](od::object share) {
            return each_known_field(share, kShareKeys, [&](ShareKey inner, od::value post) {
              return read_reference(post,
                                    inner == ShareKey::kQuotedPost ? &it->quoted : &it->reposted);
            });
          });
        case InfoKey::kReplyToAuthor:
          return read_reference(value, &it->reply_author);
        case InfoKey::kLinkPreview:
          return with_optional_object(value, [&](od::object preview) {
            return each_known_field(preview, kPreviewKeys, [&](PreviewKey, od::value url) {
              return read_optional_text(url, &it->preview);
            });
          });
        case InfoKey::kTagHeader:
          return with_optional_object(value, [&](od::object header) {
            return each_known_field(header, kTagHeaderKeys, [&](TagHeaderKey, od::value tag) {
              return read_optional_text(tag, &it->tag_header);
            });
          });
        case InfoKey::kCount:
          break;
      }
      return RejectReason::kNone;
    });
  }

  // --- Webhooks ---

  [[nodiscard]] RejectReason read_entry(od::object entry) noexcept {
    const std::size_t posts_before = context_->post_count();
    MaybeText time;
    HASHCART_TRY(each_known_field(entry, kEntryKeys, [&](EntryKey key, od::value value) {
      return key == EntryKey::kTime ? read_id(value, &time) : read_changes(value);
    }));
    return set_missing_times(time, posts_before);
  }

  // {"field":..,"value":{..}}, or a list of them.
  [[nodiscard]] RejectReason read_changes(od::value value) noexcept {
    const auto read_change = [&](od::value change) {
      return with_optional_object(change, [&](od::object object) {
        return each_known_field(object, kChangeKeys, [&](ChangeKey, od::value held) {
          return with_optional_object(held, [&](od::object post) {
            in_webhook_ = true;
            const RejectReason reason = read_object(post, 1);
            in_webhook_ = false;
            return reason;
          });
        });
      });
    };
    JsonKind kind = JsonKind::kAbsent;
    HASHCART_TRY(read_kind(value, &kind));
    return kind == JsonKind::kArray ? each_element(value, read_change) : read_change(value);
  }

  [[nodiscard]] RejectReason set_missing_times(const MaybeText& time,
                                               std::size_t posts_before) noexcept {
    for (std::size_t i = posts_before; i < context_->post_count(); ++i) {
      Post& post = context_->post(i);
      if (!post.has_time) HASHCART_TRY(set_graph_time(time, &post));
    }
    return RejectReason::kNone;
  }

  // --- What it was ---

  [[nodiscard]] RejectReason finish(const Item& it, int depth, std::size_t posts_before) noexcept {
    const MaybeText& id = it.pk.filled() ? it.pk : it.id;
    if (it.is_deleted) {
      if (!id.present) return RejectReason::kNoId;
      HASHCART_TRY(check_id(id.text));
      HASHCART_TRY(it.owner.check());
      context_->add_delete({base::Platform::kThreads, false, id.text, it.owner.best()});
      return RejectReason::kNone;
    }
    const MaybeText& time = it.timestamp.present ? it.timestamp : it.taken_at;
    const bool is_post = (it.text.present || it.caption.present || it.is_media || time.present) &&
                         !it.is_control && (!it.is_page || id.present);
    if (!is_post) {
      if (depth == 0) HASHCART_TRY(set_missing_times(it.time, posts_before));
      const bool good = it.is_page || it.is_control || depth > 0;
      return good ? RejectReason::kNone : RejectReason::kUnknownDialect;
    }
    if (!id.present) return RejectReason::kNoId;
    HASHCART_TRY(check_id(id.text));
    HASHCART_TRY(check_optional_id(it.id));
    for (const Reference* reference : {&it.owner, &it.user, &it.replied_to, &it.root, &it.quoted,
                                       &it.reposted, &it.reply_author}) {
      HASHCART_TRY(reference->check());
    }
    Post& post = context_->post(
        context_->add_post(Dialect::kThreads, base::Platform::kThreads, Role::kMain));
    post.id = post.chain_id = id.text;
    if (it.pk.filled() && it.id.text != it.pk.text) post.local_id = it.id.text;
    if (time.present || !in_webhook_) HASHCART_TRY(set_graph_time(time, &post));
    const Reference& author = it.user.present ? it.user : it.owner;
    post.author_id = author.best();
    post.author_handle = !author.username.empty() ? author.username : it.username;
    post.reply_to = it.replied_to.best();
    post.reply_to_author = it.replied_to.owner_id.text;
    if (post.reply_to_author.empty() && !post.reply_to.empty() && post.reply_to == it.root.best())
      post.reply_to_author = it.root.owner_id.text;
    if (post.reply_to_author.empty()) post.reply_to_author = it.reply_author.best();
    post.quote_of = it.quoted.best();
    post.is_quote = it.is_quote || it.quoted.present;
    post.repost_of = it.reposted.best();
    post.is_repost = it.reposted.present || it.media_type == "REPOST_FACADE";
    post.text = it.text.present ? it.text.text : it.caption.text;
    add_listed_tag(!it.topic.empty() ? it.topic : it.tag_header, &post);
    add_link(it.link, &context_->arena(), &post);
    add_link(it.preview, &context_->arena(), &post);
    return RejectReason::kNone;
  }

  ReadContext* context_ = nullptr;
  bool in_webhook_ = false;
};

bool is_threads_object(const ObjectOutline& it) noexcept {
  if (it.media_product_type == "THREADS") return true;
  if (it.permalink.find("threads.net/") != std::string_view::npos ||
      it.permalink.find("threads.com/") != std::string_view::npos) {
    return true;
  }
  if (it.media_type == "TEXT_POST" || it.media_type == "REPOST_FACADE") return true;
  return it.has(OutlineKey::kIsQuotePost) || it.is_object(OutlineKey::kRepliedTo) ||
         it.is_object(OutlineKey::kPollAttachment) || it.has(OutlineKey::kThreadsBiography) ||
         it.has(OutlineKey::kThreadsPicture) || it.is_object(OutlineKey::kTextPostAppInfo);
}

}  // namespace

bool is_threads(const Outline& outline) noexcept {
  const ObjectOutline& top = outline.top;
  if (top.object == "threads" && top.is_array(OutlineKey::kEntry)) return true;
  if (top.has(OutlineKey::kValues) && top.has(OutlineKey::kSubscriptionId)) return true;
  if (top.is_string(OutlineKey::kSourcePlatform))
    return top.is_object(OutlineKey::kData) &&
           top.source_platform.find("threads") != std::string_view::npos;
  if (is_threads_object(top) || top.is_array(OutlineKey::kThreadItems)) return true;
  const bool is_page = outline.inner_is_keyed_by_id || outline.inner_is_of(OutlineKey::kData) ||
                       outline.inner_is_of(OutlineKey::kPost);
  return is_page && is_threads_object(outline.inner);
}

std::unique_ptr<DialectReader> make_threads_reader() { return std::make_unique<ThreadsReader>(); }

}  // namespace hashcart::post
