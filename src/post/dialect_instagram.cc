// Instagram: media and comments.
//
// Shapes at the top
//   Graph     a media; a comment; {"data":[..],"paging":{..}} of either; {"<id>":{..},..}, the
//             answer for many ids; {"mentioned_media":{..}}, {"mentioned_comment":{..}},
//             {"business_discovery":{"media":{"data":[..]}}}; {"data":[..]} of the product tags of
//             a media it does not name, which is a control record
//   webhooks  {"object":"instagram","entry":[{"id","time","changes":[{"field","value"}]}]}; a
//             comment has no time of its own there and gets the entry's
//   old       a media of the first interface (until 2020), whose `created_time` is in seconds and
//             whose id has the app's form; {"data":[..]} of them
//   private   a media or a comment of the app (`pk`) or of the web (`edge_media_to_caption`), also
//             in {"items":[..]}, {"comments":[..]}, {"graphql":{"shortcode_media":{..}}},
//             {"node":{..}}, and as a collector wraps them: {"source_platform":..,"data":{..}}
//
// A media's comments and their replies are posts of their own after it. The children of a carousel
// are no posts, but what is tagged on them is tagged on the carousel.
//
// Ids: a Graph media has two, `id`, which its comments name, and `ig_id`, which is the app's `pk`;
// the second is its local id. The app gives only the `pk`, which its comments name as `media_id`;
// its local id is the form `<pk>_<owner>`, where the payload has it. A comment's `pk` is its Graph
// id.
//
// The caption that heads a private page of comments is no post: its `pk` is not the media's, which
// such a page does not name. Captions and comments have no links, and only the first interface
// listed tags.
//
// Sources: developers.facebook.com, "IG Media", "IG Comment" and "Instagram webhooks" (the
// properties `from`, `media`, `parent_id` since 2021-10-20); the app's and the web's shapes from
// recorded answers.
#include <optional>

#include "base/utf8.h"
#include "post/dialect.h"
#include "post/graph.h"

namespace hashcart::post {
namespace {

enum class Key : std::uint8_t {
  kId,
  kPk,
  kIgId,
  kText,
  kCaption,
  kEdgeCaption,
  kTimestamp,
  kTakenAt,
  kTakenAtTimestamp,
  kCreatedAt,
  kCreatedAtUtc,
  kCreatedTime,
  kUsername,
  kUser,
  kOwner,
  kFrom,
  kUserId,
  kMedia,
  kMediaId,
  kParentId,
  kParentCommentId,
  kPermalink,
  kShortcode,
  kCode,
  kMediaType,
  kMediaProductType,
  kTags,
  kCaptionIsEdited,
  kProductTags,
  kChildren,
  kCarouselMedia,
  // Comments and replies.
  kComments,
  kReplies,
  kPreviewComments,
  kPreviewChildComments,
  kEdgeToComment,
  kEdgeToParentComment,
  kEdgeThreadedComments,
  // Pages and wrappers.
  kData,
  kItems,
  kNode,
  kMediaOrAd,
  kGraphql,
  kShortcodeMedia,
  kXdtShortcodeMedia,
  kMentionedMedia,
  kMentionedComment,
  kBusinessDiscovery,
  kEntry,
  // A product tag that stands alone.
  kProductId,
  kCount
};
constexpr KeyTable<Key> kKeys({"id",
                               "pk",
                               "ig_id",
                               "text",
                               "caption",
                               "edge_media_to_caption",
                               "timestamp",
                               "taken_at",
                               "taken_at_timestamp",
                               "created_at",
                               "created_at_utc",
                               "created_time",
                               "username",
                               "user",
                               "owner",
                               "from",
                               "user_id",
                               "media",
                               "media_id",
                               "parent_id",
                               "parent_comment_id",
                               "permalink",
                               "shortcode",
                               "code",
                               "media_type",
                               "media_product_type",
                               "tags",
                               "caption_is_edited",
                               "product_tags",
                               "children",
                               "carousel_media",
                               "comments",
                               "replies",
                               "preview_comments",
                               "preview_child_comments",
                               "edge_media_to_comment",
                               "edge_media_to_parent_comment",
                               "edge_threaded_comments",
                               "data",
                               "items",
                               "node",
                               "media_or_ad",
                               "graphql",
                               "shortcode_media",
                               "xdt_shortcode_media",
                               "mentioned_media",
                               "mentioned_comment",
                               "business_discovery",
                               "entry",
                               "product_id"});

enum class UserKey : std::uint8_t { kPk, kId, kUsername, kIsPrivate, kCount };
constexpr KeyTable<UserKey> kUserKeys({"pk", "id", "username", "is_private"});

enum class CaptionKey : std::uint8_t { kText, kCount };
constexpr KeyTable<CaptionKey> kCaptionKeys({"text"});

enum class EdgesKey : std::uint8_t { kEdges, kCount };
constexpr KeyTable<EdgesKey> kEdgesKeys({"edges"});

enum class NodeKey : std::uint8_t { kNode, kCount };
constexpr KeyTable<NodeKey> kNodeKeys({"node"});

enum class ChildKey : std::uint8_t { kProductTags, kCount };
constexpr KeyTable<ChildKey> kChildKeys({"product_tags"});

enum class TaggedKey : std::uint8_t { kIn, kData, kCount };
constexpr KeyTable<TaggedKey> kTaggedKeys({"in", "data"});

enum class ProductKey : std::uint8_t {
  kProductId,
  kName,
  kPriceString,
  kPrice,
  kCurrentPrice,
  kProduct,
  kCount
};
constexpr KeyTable<ProductKey> kProductKeys({"product_id", "name", "price_string", "price",
                                             "current_price", "product"});

enum class EntryKey : std::uint8_t { kId, kTime, kChanges, kField, kValue, kCount };
constexpr KeyTable<EntryKey> kEntryKeys({"id", "time", "changes", "field", "value"});

enum class ChangeKey : std::uint8_t { kField, kValue, kCount };
constexpr KeyTable<ChangeKey> kChangeKeys({"field", "value"});

// A page of media, their comments, and replies to those, in two wrappers. Below that, objects are
// passed over.
constexpr int kDepthMax = 6;

// Stands for the id of a webhook's entry until the entry's end; known by its address.
constexpr std::string_view kOwnerOfEntry = "owner of the entry";

struct Author {
  MaybeText id, pk;
  std::string_view username;
  bool is_private = false;

  [[nodiscard]] const MaybeText& best() const noexcept { return pk.filled() ? pk : id; }
};

// What one object held, until its end tells what it is.
struct Item {
  MaybeText id, pk, ig_id, text, caption;
  MaybeText timestamp, taken_at, taken_at_timestamp, created_at, created_at_utc, created_time;
  std::string_view username;
  Author user, owner, from;
  MaybeText user_id, media_id, parent_id, parent_comment_id;
  std::string_view media_owner;
  bool is_media = false;
  bool is_edited = false;
  bool is_page = false;
  bool is_control = false;
  // Index of its Post once something inside it had to come after it.
  std::optional<std::size_t> slot;
  bool has_comments = false;

  [[nodiscard]] const MaybeText& time() const noexcept {
    for (const MaybeText* time :
         {&timestamp, &taken_at, &taken_at_timestamp, &created_at_utc, &created_time}) {
      if (time->present) return *time;
    }
    return created_at;
  }
  [[nodiscard]] std::string_view author_id() const noexcept {
    for (const Author* author : {&from, &user, &owner}) {
      if (author->best().filled()) return author->best().text;
    }
    return user_id.text;
  }
  [[nodiscard]] std::string_view handle() const noexcept {
    for (const Author* author : {&from, &user, &owner}) {
      if (!author->username.empty()) return author->username;
    }
    return username;
  }
};

// Who an object inside another is.
struct Reference {
  std::string_view id;
  std::string_view author;
};

// Calls visit(od::value) for each node of {"edges":[{"node":..}]}.
template <class Visit>
[[nodiscard]] RejectReason each_node(od::value value, Visit&& visit) noexcept {
  return with_optional_object(value, [&](od::object edge_list) {
    return each_known_field(edge_list, kEdgesKeys, [&](EdgesKey, od::value edges) {
      return each_optional_element(edges, [&](od::value edge) {
        return with_optional_object(edge, [&](od::object holder) {
          return each_known_field(holder, kNodeKeys,
                                  [&](NodeKey, od::value node) { return visit(node); });
        });
      });
    });
  });
}

class InstagramReader final : public DialectReader {
 public:
  RejectReason read(od::object object, ReadContext* context) noexcept override {
    context_ = context;
    in_webhook_ = false;
    Reference unused;
    return read_object(object, Role::kMain, 0, &unused);
  }

 private:
  [[nodiscard]] RejectReason read_object(od::object object, Role role, int depth,
                                         Reference* reference) noexcept {
    Item it;
    const auto field = [&](Key key, od::value value) { return read_field(key, value, depth, &it); };
    if (depth == 0) {
      HASHCART_TRY(each_known_field_or_member(object, kKeys, field, [&](od::value member) {
        return read_wrapped(member, depth, &it);
      }));
    } else {
      HASHCART_TRY(each_known_field(object, kKeys, field));
    }
    return finish(it, role, depth, reference);
  }

  [[nodiscard]] RejectReason read_field(Key key, od::value value, int depth, Item* it) noexcept {
    switch (key) {
      case Key::kId:
        return read_id(value, &it->id);
      case Key::kPk:
        return read_id(value, &it->pk);
      case Key::kIgId:
        return read_id(value, &it->ig_id);
      case Key::kText:
        return read_text(value, &it->text);
      case Key::kCaption:
        return read_caption(value, it);
      case Key::kEdgeCaption:
        it->is_media = true;
        return each_node(value, [&](od::value node) {
          return it->caption.filled() ? RejectReason::kNone : read_caption(node, it);
        });
      case Key::kTimestamp:
        return read_id(value, &it->timestamp);
      case Key::kTakenAt:
        return read_id(value, &it->taken_at);
      case Key::kTakenAtTimestamp:
        return read_id(value, &it->taken_at_timestamp);
      case Key::kCreatedAt:
        return read_id(value, &it->created_at);
      case Key::kCreatedAtUtc:
        return read_id(value, &it->created_at_utc);
      case Key::kCreatedTime:
        return read_id(value, &it->created_time);
      case Key::kUsername:
        return read_optional_text(value, &it->username);
      case Key::kUser:
        return read_author(value, &it->user);
      case Key::kOwner:
        return read_author(value, &it->owner);
      case Key::kFrom:
        return read_author(value, &it->from);
      case Key::kUserId:
        return read_id(value, &it->user_id);
      case Key::kMedia:
        return read_media(value, depth, it);
      case Key::kMediaId:
        return it->media_id.filled() ? RejectReason::kNone : read_id(value, &it->media_id);
      case Key::kParentId:
        return read_id(value, &it->parent_id);
      case Key::kParentCommentId:
        return read_id(value, &it->parent_comment_id);
      case Key::kPermalink:
      case Key::kShortcode:
      case Key::kCode:
      case Key::kMediaType:
      case Key::kMediaProductType:
        it->is_media = true;
        return RejectReason::kNone;
      case Key::kTags:
        reserve_slot(it);
        return each_optional_element(value, [&](od::value element) {
          std::string_view tag;
          HASHCART_TRY(read_optional_text(element, &tag));
          add_listed_tag(tag, &context_->post(*it->slot));
          return RejectReason::kNone;
        });
      case Key::kCaptionIsEdited:
        return read_optional_bool(value, &it->is_edited);
      case Key::kProductTags:
        return read_product_tags(value, it);
      case Key::kChildren:
      case Key::kCarouselMedia:
        return each_edge_member(value, [&](od::object child) {
          return each_known_field(child, kChildKeys, [&](ChildKey, od::value tags) {
            return read_product_tags(tags, it);
          });
        });
      case Key::kComments:
      case Key::kReplies:
      case Key::kPreviewComments:
      case Key::kPreviewChildComments:
        return read_comments(value, depth, it);
      case Key::kEdgeToComment:
      case Key::kEdgeToParentComment:
      case Key::kEdgeThreadedComments:
        if (depth >= kDepthMax) return RejectReason::kNone;
        reserve_slot(it);
        return each_node(value, [&](od::value node) {
          it->has_comments = true;
          return with_object(node,
                             [&](od::object comment) { return read_comment(comment, depth); });
        });
      case Key::kData: {
        it->is_page = true;
        JsonKind kind = JsonKind::kAbsent;
        HASHCART_TRY(read_kind(value, &kind));
        return kind == JsonKind::kArray ? read_page(value, depth, it)
                                        : read_wrapped(value, depth, it);
      }
      case Key::kItems:
        return read_page(value, depth, it);
      case Key::kNode:
      case Key::kMediaOrAd:
      case Key::kGraphql:
      case Key::kShortcodeMedia:
      case Key::kXdtShortcodeMedia:
      case Key::kMentionedMedia:
      case Key::kMentionedComment:
      case Key::kBusinessDiscovery:
        return read_wrapped(value, depth, it);
      case Key::kEntry:
        it->is_control = true;
        if (depth > 0) return RejectReason::kNone;
        return each_element(value, [&](od::value entry) {
          return with_object(entry, [&](od::object object) { return read_entry(object); });
        });
      case Key::kProductId:
        it->is_control = true;
        return RejectReason::kNone;
      case Key::kCount:
        break;
    }
    return RejectReason::kNone;
  }

  void reserve_slot(Item* it) {
    if (!it->slot)
      it->slot = context_->add_post(Dialect::kInstagram, base::Platform::kInstagram, Role::kMain);
  }

  // A text, or {"text":..}, or null.
  [[nodiscard]] static RejectReason read_caption(od::value value, Item* it) noexcept {
    JsonKind kind = JsonKind::kAbsent;
    HASHCART_TRY(read_kind(value, &kind));
    if (kind != JsonKind::kObject) return read_text(value, &it->caption);
    return with_object(value, [&](od::object caption) {
      return each_known_field(caption, kCaptionKeys, [&](CaptionKey, od::value text) {
        return read_text(text, &it->caption);
      });
    });
  }

  [[nodiscard]] static RejectReason read_author(od::value value, Author* out) noexcept {
    return with_optional_object(value, [&](od::object user) {
      return each_known_field(user, kUserKeys, [&](UserKey key, od::value field) {
        switch (key) {
          case UserKey::kPk:
            return read_id(field, &out->pk);
          case UserKey::kId:
            return read_id(field, &out->id);
          case UserKey::kUsername:
            return read_optional_text(field, &out->username);
          case UserKey::kIsPrivate:
            return read_optional_bool(field, &out->is_private);
          case UserKey::kCount:
            break;
        }
        return RejectReason::kNone;
      });
    });
  }

  // The media a comment stands under, whole or its id alone; or the media of a user, or the one
  // that an item wraps.
  [[nodiscard]] RejectReason read_media(od::value value, int depth, Item* it) noexcept {
    JsonKind kind = JsonKind::kAbsent;
    HASHCART_TRY(read_kind(value, &kind));
    if (kind == JsonKind::kArray) return read_page(value, depth, it);
    if (kind != JsonKind::kObject || depth >= kDepthMax) return RejectReason::kNone;
    reserve_slot(it);
    return with_object(value, [&](od::object media) {
      Reference reference;
      HASHCART_TRY(read_object(media, Role::kReplyTo, depth + 1, &reference));
      it->media_id = {!reference.id.empty(), false, reference.id};
      it->media_owner = reference.author;
      return RejectReason::kNone;
    });
  }

  // {"data":[..]}, or the app's bare array, which alone makes a page of comments.
  [[nodiscard]] RejectReason read_comments(od::value value, int depth, Item* it) noexcept {
    JsonKind kind = JsonKind::kAbsent;
    HASHCART_TRY(read_kind(value, &kind));
    it->is_page = it->is_page || kind == JsonKind::kArray;
    if (depth >= kDepthMax) return RejectReason::kNone;
    reserve_slot(it);
    return each_edge_member(value, [&](od::object comment) {
      it->has_comments = true;
      return read_comment(comment, depth);
    });
  }

  [[nodiscard]] RejectReason read_comment(od::object comment, int depth) noexcept {
    Reference unused;
    return read_object(comment, Role::kMain, depth + 1, &unused);
  }

  [[nodiscard]] RejectReason read_page(od::value value, int depth, Item* it) noexcept {
    it->is_page = true;
    return each_element(value, [&](od::value member) { return read_wrapped(member, depth, it); });
  }

  [[nodiscard]] RejectReason read_wrapped(od::value value, int depth, Item* it) noexcept {
    it->is_page = true;
    if (depth >= kDepthMax) return RejectReason::kNone;
    return with_optional_object(value, [&](od::object object) {
      Reference unused;
      return read_object(object, Role::kMain, depth + 1, &unused);
    });
  }

  // --- Product tags ---

  // [..], {"data":[..]}, or the app's {"in":[{"product":{..}}]}.
  [[nodiscard]] RejectReason read_product_tags(od::value value, Item* it) noexcept {
    reserve_slot(it);
    const auto read_all = [&](od::value tags) {
      return each_optional_element(tags, [&](od::value tag) {
        return with_optional_object(tag, [&](od::object product) {
          ProductTag read;
          HASHCART_TRY(read_product(product, 0, &read));
          if (!read.id.empty()) context_->post(*it->slot).product_tags.push_back(read);
          return RejectReason::kNone;
        });
      });
    };
    JsonKind kind = JsonKind::kAbsent;
    HASHCART_TRY(read_kind(value, &kind));
    if (kind == JsonKind::kArray) return read_all(value);
    return with_optional_object(value, [&](od::object tagged) {
      return each_known_field(tagged, kTaggedKeys,
                              [&](TaggedKey, od::value tags) { return read_all(tags); });
    });
  }

  // The price as the payload writes it for readers, over the bare amount.
  [[nodiscard]] static RejectReason read_product(od::object product, int depth,
                                                 ProductTag* out) noexcept {
    MaybeText id;
    std::string_view price, current_price, price_string;
    HASHCART_TRY(each_known_field(product, kProductKeys, [&](ProductKey key, od::value value) {
      switch (key) {
        case ProductKey::kProductId:
          return read_id(value, &id);
        case ProductKey::kName:
          return read_optional_text(value, &out->name);
        case ProductKey::kPriceString:
          return read_optional_text(value, &price_string);
        case ProductKey::kPrice:
          return read_optional_text(value, &price);
        case ProductKey::kCurrentPrice:
          return read_optional_text(value, &current_price);
        case ProductKey::kProduct:
          if (depth > 0) return RejectReason::kNone;
          return with_optional_object(
              value, [&](od::object inner) { return read_product(inner, depth + 1, out); });
        case ProductKey::kCount:
          break;
      }
      return RejectReason::kNone;
    }));
    HASHCART_TRY(check_optional_id(id));
    if (id.filled()) out->id = id.text;
    for (const std::string_view written : {price, current_price, price_string}) {
      if (!written.empty()) out->price = written;
    }
    return RejectReason::kNone;
  }

  // --- Webhooks ---

  [[nodiscard]] RejectReason read_entry(od::object entry) noexcept {
    const std::size_t posts_before = context_->post_count();
    MaybeText id, time;
    in_webhook_ = true;
    const RejectReason reason =
        each_known_field(entry, kEntryKeys, [&](EntryKey key, od::value value) {
          switch (key) {
            case EntryKey::kId:
              return read_id(value, &id);
            case EntryKey::kTime:
              return read_id(value, &time);
            case EntryKey::kChanges:
              return each_element(value, [&](od::value change) {
                return with_object(change, [&](od::object object) {
                  return each_known_field(object, kChangeKeys, [&](ChangeKey inner, od::value it) {
                    return inner == ChangeKey::kValue ? read_change(it) : RejectReason::kNone;
                  });
                });
              });
            case EntryKey::kValue:
              return read_change(value);
            case EntryKey::kField:
            case EntryKey::kCount:
              break;
          }
          return RejectReason::kNone;
        });
    in_webhook_ = false;
    HASHCART_TRY(reason);
    HASHCART_TRY(check_optional_id(id));
    for (std::size_t i = posts_before; i < context_->post_count(); ++i) {
      Post& post = context_->post(i);
      if (post.role == Role::kMain && !post.has_time) HASHCART_TRY(set_graph_time(time, &post));
      // A comment is told to the account whose media it stands under.
      if (post.reply_to_author.data() == kOwnerOfEntry.data()) post.reply_to_author = id.text;
    }
    return RejectReason::kNone;
  }

  // What holds no text holds only ids and counts: mentions, insights.
  [[nodiscard]] RejectReason read_change(od::value value) noexcept {
    return with_optional_object(value, [&](od::object object) {
      Reference unused;
      return read_object(object, Role::kMain, 1, &unused);
    });
  }

  // --- What it was ---

  [[nodiscard]] RejectReason finish(const Item& it, Role role, int depth,
                                    Reference* reference) noexcept {
    const bool embedded = role != Role::kMain;
    const MaybeText& own = it.pk.filled() ? it.pk : it.id;
    for (const MaybeText* id : {&it.id, &it.pk, &it.ig_id, &it.user.id, &it.user.pk, &it.owner.id,
                                &it.owner.pk, &it.from.id, &it.from.pk, &it.user_id, &it.media_id,
                                &it.parent_id, &it.parent_comment_id}) {
      HASHCART_TRY(check_optional_id(*id));
    }
    reference->id = own.text;
    reference->author = it.author_id();
    const bool has_time = it.time().present;
    const bool has_words = it.text.present || it.caption.present;
    const bool is_post = embedded    ? own.filled() && (has_words || has_time)
                         : has_words ? !it.is_page || own.present || has_time
                                     : has_time || (it.is_media && !it.has_comments);
    // A page of comments: the caption above them is not one of them.
    const bool is_headed_page = it.has_comments && !own.present && !has_time;
    if (!is_post || is_headed_page) return finish_no_post(it, embedded, depth);

    if (!own.present) return RejectReason::kNoId;
    HASHCART_TRY(check_id(own.text));
    const std::size_t index =
        it.slot ? *it.slot
                : context_->add_post(Dialect::kInstagram, base::Platform::kInstagram, role);
    Post& post = context_->post(index);
    post.role = role;
    set_ids(it, own, &post);
    if (embedded) {
      if (has_time) static_cast<void>(set_graph_time(it.time(), &post));
    } else if (has_time || !in_webhook_) {
      HASHCART_TRY(set_graph_time(it.time(), &post));
    }
    post.author_id = it.author_id();
    post.author_handle = it.handle();
    const bool is_comment = it.text.present && !it.caption.present && !it.is_media;
    post.text = it.caption.present ? it.caption.text : it.text.text;
    post.is_edit = it.is_edited;
    if (is_comment) {
      set_parent(it, &post);
    } else {
      // A private account's comments may stand under anybody's media.
      post.author_protected = it.user.is_private || it.owner.is_private;
    }
    reference->id = post.id;
    if (it.has_comments) adopt(index, post.id, post.author_id);
    return RejectReason::kNone;
  }

  // The app's `<pk>_<owner>` is a form of the pk.
  static void set_ids(const Item& it, const MaybeText& own, Post* post) noexcept {
    post->id = own.text;
    if (it.pk.filled()) {
      if (it.id.text != it.pk.text) post->local_id = it.id.text;
    } else if (it.ig_id.filled()) {
      post->local_id = it.ig_id.text;
    } else if (const std::size_t bar = own.text.find('_');
               bar != std::string_view::npos && bar > 0 &&
               (it.taken_at.present || it.created_time.present) && is_graph_id(own.text)) {
      post->id = own.text.substr(0, bar);
      post->local_id = own.text;
    }
    post->chain_id = post->id;
  }

  void set_parent(const Item& it, Post* post) const noexcept {
    const MaybeText& comment = it.parent_id.filled() ? it.parent_id : it.parent_comment_id;
    if (comment.filled()) {
      post->reply_to = comment.text;
    } else {
      post->reply_to = it.media_id.text;
      post->reply_to_author = it.media_owner;
      if (in_webhook_ && post->reply_to_author.empty() && !post->reply_to.empty())
        post->reply_to_author = kOwnerOfEntry;
    }
  }

  [[nodiscard]] RejectReason finish_no_post(const Item& it, bool embedded, int depth) noexcept {
    if (it.slot) {
      const std::size_t slot = *it.slot;
      // Comments of a media of which no more than the id was asked for.
      if (it.has_comments) adopt(slot, it.id.text, it.author_id());
      HASHCART_TRY(free_embedded(slot));
      context_->remove_post(slot);
    }
    const bool good = embedded || it.is_page || it.is_control || depth > 0 || it.has_comments;
    return good ? RejectReason::kNone : RejectReason::kUnknownDialect;
  }

  // A media that was read as a comment's parent, but there is no comment: it is the item itself.
  [[nodiscard]] RejectReason free_embedded(std::size_t slot) noexcept {
    const std::size_t first = slot + 1;
    if (first >= context_->post_count() || context_->post(first).role != Role::kReplyTo)
      return RejectReason::kNone;
    Post& post = context_->post(first);
    post.role = Role::kMain;
    return post.has_time ? RejectReason::kNone : RejectReason::kNoTime;
  }

  // Comments that came after the post at `index` and name no parent stand under it.
  void adopt(std::size_t index, std::string_view id, std::string_view author) noexcept {
    if (id.empty()) return;
    for (std::size_t i = index + 1; i < context_->post_count(); ++i) {
      Post& comment = context_->post(i);
      if (comment.role != Role::kMain || comment.id == id) continue;
      if (comment.reply_to.empty()) comment.reply_to = id;
      if (comment.reply_to == id && comment.reply_to_author.empty())
        comment.reply_to_author = author;
    }
  }

  ReadContext* context_ = nullptr;
  bool in_webhook_ = false;
};

bool is_media_or_comment(const ObjectOutline& it) noexcept {
  if (it.is_string(OutlineKey::kMediaType) &&
      (it.has(OutlineKey::kLikeCount) || it.has(OutlineKey::kCommentsCount) ||
       it.has(OutlineKey::kMediaUrl) || it.has(OutlineKey::kMediaProductType))) {
    return true;
  }
  if (it.permalink.find("instagram.com/") != std::string_view::npos) return true;
  if (it.has(OutlineKey::kEdgeMediaToCaption)) return true;
  // The first interface. Facebook's ids and times look the same, but it has no `user`.
  if (it.has(OutlineKey::kCreatedTime) && it.is_object(OutlineKey::kUser) && is_graph_id(it.id))
    return true;
  // The app's media and comments.
  if (it.has(OutlineKey::kPk)) {
    const bool is_media = it.has(OutlineKey::kTakenAt) && it.has(OutlineKey::kCode);
    const bool is_comment = it.is_string(OutlineKey::kText) &&
                            (it.is_object(OutlineKey::kUser) || it.has(OutlineKey::kUserId));
    if (is_media || is_comment) return true;
  }
  // Graph writes its times like nobody else.
  return it.has(OutlineKey::kId) && it.is_string(OutlineKey::kText) &&
         it.timestamp.ends_with("+0000");
}

bool is_product_tag(const ObjectOutline& it) noexcept {
  return it.has(OutlineKey::kProductId) &&
         (it.has(OutlineKey::kMerchantId) || it.is_string(OutlineKey::kPriceString));
}

}  // namespace

bool is_instagram(const Outline& outline) noexcept {
  const ObjectOutline& top = outline.top;
  const ObjectOutline& inner = outline.inner;
  if (top.object == "instagram" && top.is_array(OutlineKey::kEntry)) return true;
  if (top.is_string(OutlineKey::kSourcePlatform))
    return top.is_object(OutlineKey::kData) &&
           top.source_platform.find("instagram") != std::string_view::npos;
  if (is_media_or_comment(top)) return true;
  if (top.is_object(OutlineKey::kBusinessDiscovery) || top.is_object(OutlineKey::kMentionedMedia) ||
      top.is_object(OutlineKey::kMentionedComment)) {
    return true;
  }
  if (outline.inner_is_of(OutlineKey::kGraphql) || outline.inner_is_of(OutlineKey::kData)) {
    if (inner.is_object(OutlineKey::kShortcodeMedia) ||
        inner.is_object(OutlineKey::kXdtShortcodeMedia)) {
      return true;
    }
  }
  if (outline.inner_is_of(OutlineKey::kData) && is_product_tag(inner)) return true;
  const bool is_page =
      outline.inner_is_keyed_by_id || outline.inner_is_of(OutlineKey::kData) ||
      outline.inner_is_of(OutlineKey::kItems) || outline.inner_is_of(OutlineKey::kComments) ||
      outline.inner_is_of(OutlineKey::kMedia) || outline.inner_is_of(OutlineKey::kNode);
  return is_page && is_media_or_comment(inner);
}

std::unique_ptr<DialectReader> make_instagram_reader() {
  return std::make_unique<InstagramReader>();
}

}  // namespace hashcart::post
