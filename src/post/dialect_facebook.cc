// Facebook: posts and comments of pages, groups and profiles.
//
// Shapes at the top
//   Graph     a post; a comment; {"data":[..],"paging":{..}} of either; {"<id>":{..},..}, the
//             answer for many ids; {"feed":{"data":[..]}}, {"posts":{"data":[..]}} or
//             {"comments":{"data":[..]}} of an object that was asked for nothing else
//   webhooks  {"object":"page","entry":[{"id","time","changes":[{"field","value"}]}]}; a change
//             that has no time of its own gets the entry's
//   a thread of private messages, which is a control record
//
// A post's comments and their replies are posts of their own after it.
//
// Ids: a post is `<page>_<post>`, a comment `<post>_<comment>`. Old answers put the page before a
// comment's too; its local id is then the usual form. A comment that was asked for without its id
// gets it from its permalink. That also tells the parent, which a comment of the Graph otherwise
// does not: `object` and `parent` have to be asked for.
//
// Authors: `from`; in old webhooks `sender_id`. The Graph leaves it out of answers to those who may
// not see it, and then there is no author: the page of a post's id may be a group, or be visited by
// who wrote it. It is only used as the author of a comment's parent that names none. A name is what
// a person calls themselves and no handle.
//
// Webhooks: verbs add, edit, edited and update give the post (edit and edited: as an edit), remove
// and delete a delete, all others (hide, unhide, block, mute) nothing. Likes, reactions, ratings
// and what holds only ids is control. A delete names no author: `from` may be who removed it.
//
// A shared post (`parent_id`) with words of its own quotes, without it reposts.
//
// Links: an attachment's unshimmed_url, else its target's, else its own, with the shim of
// l.facebook.com taken off; `link`, except that of a photo or video, which is the file.
// message_tags are mentions; those that begin with '#' are tags.
//
// Sources: developers.facebook.com, "Post", "Comment" and "Webhooks: Page"; the webhooks' values
// from recorded ones, versions 2.1 to 4.0.
#include <algorithm>
#include <optional>

#include "post/dialect.h"
#include "post/graph.h"

namespace hashcart::post {
namespace {

enum class Key : std::uint8_t {
  kId,
  kMessage,
  kStory,
  kCreatedTime,
  kFrom,
  kMessageTags,
  kAttachments,
  kAttachment,
  kChildAttachments,
  kCallToAction,
  kLink,
  kType,
  kPermalinkUrl,
  kParentId,
  kParent,
  kObject,
  kPrivacy,
  kIsPublished,
  kIsPrivate,
  kComments,
  // Only of a thread of messages.
  kUnread,
  kUnseen,
  kParticipants,
  // Pages and wrappers.
  kData,
  kFeed,
  kPosts,
  kEntry,
  kCount
};
constexpr KeyTable<Key> kKeys({"id",
                               "message",
                               "story",
                               "created_time",
                               "from",
                               "message_tags",
                               "attachments",
                               "attachment",
                               "child_attachments",
                               "call_to_action",
                               "link",
                               "type",
                               "permalink_url",
                               "parent_id",
                               "parent",
                               "object",
                               "privacy",
                               "is_published",
                               "is_private",
                               "comments",
                               "unread",
                               "unseen",
                               "participants",
                               "data",
                               "feed",
                               "posts",
                               "entry"});

enum class FromKey : std::uint8_t { kId, kUsername, kCount };
constexpr KeyTable<FromKey> kFromKeys({"id", "username"});

enum class ParentKey : std::uint8_t { kId, kFrom, kCount };
constexpr KeyTable<ParentKey> kParentKeys({"id", "from"});

enum class PrivacyKey : std::uint8_t { kValue, kCount };
constexpr KeyTable<PrivacyKey> kPrivacyKeys({"value"});

enum class TagKey : std::uint8_t { kName, kCount };
constexpr KeyTable<TagKey> kTagKeys({"name"});

enum class AttachmentKey : std::uint8_t {
  kUnshimmedUrl,
  kTarget,
  kUrl,
  kLink,
  kCallToAction,
  kSubattachments,
  kCount
};
constexpr KeyTable<AttachmentKey> kAttachmentKeys({"unshimmed_url", "target", "url", "link",
                                                   "call_to_action", "subattachments"});

enum class TargetKey : std::uint8_t { kUrl, kCount };
constexpr KeyTable<TargetKey> kTargetKeys({"url"});

enum class CallKey : std::uint8_t { kValue, kCount };
constexpr KeyTable<CallKey> kCallKeys({"value"});

enum class CallValueKey : std::uint8_t { kLink, kCount };
constexpr KeyTable<CallValueKey> kCallValueKeys({"link"});

enum class EntryKey : std::uint8_t { kId, kTime, kChanges, kCount };
constexpr KeyTable<EntryKey> kEntryKeys({"id", "time", "changes"});

enum class ChangeKey : std::uint8_t { kField, kValue, kCount };
constexpr KeyTable<ChangeKey> kChangeKeys({"field", "value"});

enum class ValueKey : std::uint8_t {
  kItem,
  kVerb,
  kPostId,
  kCommentId,
  kParentId,
  kFrom,
  kSenderId,
  kCreatedTime,
  kMessage,
  kStory,
  kLink,
  kPublished,
  kPhoto,
  kPhotos,
  kPhotoId,
  kVideo,
  kVideoId,
  kShareId,
  kCount
};
constexpr KeyTable<ValueKey> kValueKeys({"item", "verb", "post_id", "comment_id", "parent_id",
                                         "from", "sender_id", "created_time", "message", "story",
                                         "link", "published", "photo", "photos", "photo_id",
                                         "video", "video_id", "share_id"});

// Posts of a page, their comments, and replies to those, in a wrapper. Below that, objects are
// passed over.
constexpr int kDepthMax = 5;
// An album's or a carousel's parts, and theirs.
constexpr int kAttachmentDepthMax = 3;

struct Author {
  MaybeText id;
  std::string_view username;
};

// What one object held, until its end tells what it is.
struct Item {
  MaybeText id, message, story, created_time, parent_id;
  Author from;
  MaybeText object_id;  // what a comment stands under
  MaybeText parent_comment;
  Author parent_author;
  std::string_view link, type, permalink, privacy;
  bool has_attachments = false;
  bool is_published = true;
  bool is_private = false;
  bool has_comments = false;
  bool is_thread = false;
  bool is_page = false;
  bool is_control = false;
  // Index of its Post once something inside it had to come after it, or had to be put there.
  std::optional<std::size_t> slot;
};

// What a permalink says: digits, or empty.
struct Permalink {
  std::string_view page, post, comment, reply;
};

// A change's value, until its end; the change's field may come after it.
struct Change {
  std::string_view item, verb;
  MaybeText post_id, comment_id, parent_id, sender_id, created_time, message, story;
  Author from;
  std::string_view link;
  bool is_published = true;
  bool has_media = false;
};

std::string_view leading_digits(std::string_view text) noexcept {
  std::size_t size = 0;
  while (size < text.size() && text[size] >= '0' && text[size] <= '9') ++size;
  return text.substr(0, size);
}

std::string_view before_bar(std::string_view id) noexcept { return id.substr(0, id.find('_')); }

// Whether it is the id of a page's post (or of a comment: they look alike), not of a photo.
bool has_owner(std::string_view id) noexcept {
  return is_graph_id(id) && id.find('_') != std::string_view::npos;
}

// https://www.facebook.com/<page>/posts/<post>/?comment_id=<comment>&reply_comment_id=<reply> and
// /permalink.php?story_fbid=<post>&id=<page>&comment_id=..; a page or post that goes by a name is
// left empty.
Permalink parse_permalink(std::string_view url) noexcept {
  Permalink out;
  const std::size_t host = url.find("facebook.com/");
  if (host == std::string_view::npos) return out;
  url.remove_prefix(host + std::string_view("facebook.com/").size());
  const std::size_t query = url.find('?');
  const std::string_view path = url.substr(0, query);
  if (const std::size_t posts = path.find("/posts/"); posts != std::string_view::npos) {
    const std::string_view page = path.substr(0, posts);
    const std::string_view post = path.substr(posts + std::string_view("/posts/").size());
    if (leading_digits(page) == page) out.page = page;
    const std::string_view digits = leading_digits(post);
    if (digits.size() == post.size() || post[digits.size()] == '/') out.post = digits;
  }
  if (query == std::string_view::npos) return out;
  for (url.remove_prefix(query + 1); !url.empty();) {
    const std::size_t end = url.find_first_of("&#");
    const std::string_view parameter = url.substr(0, end);
    const std::size_t equals = parameter.find('=');
    if (equals != std::string_view::npos) {
      const std::string_view name = parameter.substr(0, equals);
      const std::string_view value = parameter.substr(equals + 1);
      std::string_view* const to = name == "comment_id"         ? &out.comment
                                   : name == "reply_comment_id" ? &out.reply
                                   : name == "story_fbid"       ? &out.post
                                   : name == "id"               ? &out.page
                                                                : nullptr;
      if (to != nullptr && leading_digits(value) == value) *to = value;
    }
    if (end == std::string_view::npos || url[end] == '#') break;
    url.remove_prefix(end + 1);
  }
  return out;
}

class FacebookReader final : public DialectReader {
 public:
  RejectReason read(od::object object, ReadContext* context) noexcept override {
    context_ = context;
    return read_object(object, 0, false);
  }

 private:
  // in_list: it is a member of another's comments.
  [[nodiscard]] RejectReason read_object(od::object object, int depth, bool in_list) noexcept {
    Item it;
    const auto field = [&](Key key, od::value value) { return read_field(key, value, depth, &it); };
    if (depth == 0) {
      HASHCART_TRY(each_known_field_or_member(
          object, kKeys, field, [&](od::value member) { return read_member(member, depth, &it); }));
    } else {
      HASHCART_TRY(each_known_field(object, kKeys, field));
    }
    return finish(it, depth, in_list);
  }

  [[nodiscard]] RejectReason read_field(Key key, od::value value, int depth, Item* it) noexcept {
    switch (key) {
      case Key::kId:
        return read_id(value, &it->id);
      case Key::kMessage:
        return read_text(value, &it->message);
      case Key::kStory:
        return read_text(value, &it->story);
      case Key::kCreatedTime:
        return read_id(value, &it->created_time);
      case Key::kFrom:
        return read_author(value, &it->from);
      case Key::kMessageTags:
        return read_message_tags(value, it);
      case Key::kAttachments:
      case Key::kChildAttachments:
        it->has_attachments = true;
        reserve_slot(it);
        return each_edge_member(value, [&](od::object attachment) {
          return read_attachment(attachment, 0, *it->slot);
        });
      case Key::kAttachment:
        reserve_slot(it);
        return with_optional_object(value, [&](od::object attachment) {
          return read_attachment(attachment, 0, *it->slot);
        });
      case Key::kCallToAction:
        reserve_slot(it);
        return read_call_to_action(value, *it->slot);
      case Key::kLink:
        return read_optional_text(value, &it->link);
      case Key::kType:
        return read_optional_text(value, &it->type);
      case Key::kPermalinkUrl:
        return read_optional_text(value, &it->permalink);
      case Key::kParentId:
        return read_id(value, &it->parent_id);
      case Key::kParent:
        return read_parent(value, &it->parent_comment, &it->parent_author);
      case Key::kObject: {
        Author unused;  // the word of a webhook is no object
        return read_parent(value, &it->object_id, &unused);
      }
      case Key::kPrivacy:
        return with_optional_object(value, [&](od::object privacy) {
          return each_known_field(privacy, kPrivacyKeys, [&](PrivacyKey, od::value word) {
            return read_optional_text(word, &it->privacy);
          });
        });
      case Key::kIsPublished:
        return read_unless_null(value, &it->is_published);
      case Key::kIsPrivate:
        return read_optional_bool(value, &it->is_private);
      case Key::kComments:
        if (depth >= kDepthMax) return RejectReason::kNone;
        reserve_slot(it);
        return each_edge_member(value, [&](od::object comment) {
          it->has_comments = true;
          return read_object(comment, depth + 1, true);
        });
      case Key::kUnread:
      case Key::kUnseen:
      case Key::kParticipants:
        it->is_thread = true;
        return RejectReason::kNone;
      case Key::kData: {
        JsonKind kind = JsonKind::kAbsent;
        HASHCART_TRY(read_kind(value, &kind));
        if (kind != JsonKind::kArray) return read_member(value, depth, it);
        it->is_page = true;
        return each_element(value,
                            [&](od::value member) { return read_member(member, depth, it); });
      }
      case Key::kFeed:
      case Key::kPosts:
        it->is_page = true;
        if (depth >= kDepthMax) return RejectReason::kNone;
        return each_edge_member(
            value, [&](od::object post) { return read_object(post, depth + 1, false); });
      case Key::kEntry:
        it->is_control = true;
        if (depth > 0) return RejectReason::kNone;
        return each_element(value, [&](od::value entry) {
          return with_object(entry, [&](od::object object) { return read_entry(object); });
        });
      case Key::kCount:
        break;
    }
    return RejectReason::kNone;
  }

  [[nodiscard]] RejectReason read_member(od::value value, int depth, Item* it) noexcept {
    it->is_page = true;
    if (depth >= kDepthMax) return RejectReason::kNone;
    return with_optional_object(
        value, [&](od::object object) { return read_object(object, depth + 1, false); });
  }

  [[nodiscard]] std::size_t add_post() {
    return context_->add_post(Dialect::kFacebook, base::Platform::kFacebook, Role::kMain);
  }

  void reserve_slot(Item* it) {
    if (!it->slot) it->slot = add_post();
  }

  [[nodiscard]] static RejectReason read_author(od::value value, Author* out) noexcept {
    return with_optional_object(value, [&](od::object from) {
      return each_known_field(from, kFromKeys, [&](FromKey key, od::value field) {
        return key == FromKey::kId ? read_id(field, &out->id)
                                   : read_optional_text(field, &out->username);
      });
    });
  }

  [[nodiscard]] static RejectReason read_parent(od::value value, MaybeText* id,
                                                Author* author) noexcept {
    return with_optional_object(value, [&](od::object parent) {
      return each_known_field(parent, kParentKeys, [&](ParentKey key, od::value field) {
        return key == ParentKey::kId ? read_id(field, id) : read_author(field, author);
      });
    });
  }

  // true, false, 1 or 0; anything else leaves *out as it is.
  [[nodiscard]] static RejectReason read_unless_null(od::value value, bool* out) noexcept {
    JsonKind kind = JsonKind::kAbsent;
    HASHCART_TRY(read_kind(value, &kind));
    if (kind == JsonKind::kBool) return read_optional_bool(value, out);
    if (kind != JsonKind::kNumber) return RejectReason::kNone;
    std::uint64_t number = *out ? 1 : 0;
    HASHCART_TRY(read_optional_index(value, &number));
    *out = number != 0;
    return RejectReason::kNone;
  }

  // [{"name":"#x"}]; version 2.0 and before kept them in an object by their offset, which had no
  // hashtags.
  [[nodiscard]] RejectReason read_message_tags(od::value value, Item* it) noexcept {
    return each_optional_element(value, [&](od::value element) {
      return with_optional_object(element, [&](od::object tag) {
        return each_known_field(tag, kTagKeys, [&](TagKey, od::value name) {
          std::string_view text;
          HASHCART_TRY(read_optional_text(name, &text));
          if (!text.starts_with('#')) return RejectReason::kNone;
          reserve_slot(it);
          add_listed_tag(text, &context_->post(*it->slot));
          return RejectReason::kNone;
        });
      });
    });
  }

  // --- Links ---

  void add_link_to(std::size_t index, std::string_view url) noexcept {
    add_link(url, &context_->arena(), &context_->post(index));
  }

  [[nodiscard]] RejectReason read_attachment(od::object attachment, int depth,
                                             std::size_t index) noexcept {
    std::string_view unshimmed_url, target, url, link;
    // The parts' links come after that of the whole, whichever key is first.
    const std::size_t links_before = context_->post(index).links.size();
    HASHCART_TRY(
        each_known_field(attachment, kAttachmentKeys, [&](AttachmentKey key, od::value value) {
          switch (key) {
            case AttachmentKey::kUnshimmedUrl:
              return read_optional_text(value, &unshimmed_url);
            case AttachmentKey::kTarget:
              return with_optional_object(value, [&](od::object object) {
                return each_known_field(object, kTargetKeys, [&](TargetKey, od::value field) {
                  return read_optional_text(field, &target);
                });
              });
            case AttachmentKey::kUrl:
              return read_optional_text(value, &url);
            case AttachmentKey::kLink:
              return read_optional_text(value, &link);
            case AttachmentKey::kCallToAction:
              return read_call_to_action(value, index);
            case AttachmentKey::kSubattachments:
              if (depth >= kAttachmentDepthMax) return RejectReason::kNone;
              return each_edge_member(
                  value, [&](od::object part) { return read_attachment(part, depth + 1, index); });
            case AttachmentKey::kCount:
              break;
          }
          return RejectReason::kNone;
        }));
    const std::string_view best = !unshimmed_url.empty() ? unshimmed_url
                                  : !target.empty()      ? target
                                  : !url.empty()         ? url
                                                         : link;
    const std::size_t links_after = context_->post(index).links.size();
    add_link_to(index, best);
    std::vector<Link>& links = context_->post(index).links;
    if (links.size() > links_after) {
      std::rotate(links.begin() + static_cast<std::ptrdiff_t>(links_before), links.end() - 1,
                  links.end());
    }
    return RejectReason::kNone;
  }

  // {"type":"SHOP_NOW","value":{"link":..}}
  [[nodiscard]] RejectReason read_call_to_action(od::value value, std::size_t index) noexcept {
    return with_optional_object(value, [&](od::object call) {
      return each_known_field(call, kCallKeys, [&](CallKey, od::value held) {
        return with_optional_object(held, [&](od::object target) {
          return each_known_field(target, kCallValueKeys, [&](CallValueKey, od::value link) {
            std::string_view url;
            HASHCART_TRY(read_optional_text(link, &url));
            add_link_to(index, url);
            return RejectReason::kNone;
          });
        });
      });
    });
  }

  // --- Webhooks ---

  [[nodiscard]] RejectReason read_entry(od::object entry) noexcept {
    const std::size_t posts_before = context_->post_count();
    MaybeText id, time;
    HASHCART_TRY(each_known_field(entry, kEntryKeys, [&](EntryKey key, od::value value) {
      switch (key) {
        case EntryKey::kId:
          return read_id(value, &id);
        case EntryKey::kTime:
          return read_id(value, &time);
        case EntryKey::kChanges:
          return each_element(value, [&](od::value change) {
            return with_object(change, [&](od::object object) { return read_change(object); });
          });
        case EntryKey::kCount:
          break;
      }
      return RejectReason::kNone;
    }));
    for (std::size_t i = posts_before; i < context_->post_count(); ++i) {
      Post& post = context_->post(i);
      if (!post.has_time) HASHCART_TRY(set_graph_time(time, &post));
    }
    return RejectReason::kNone;
  }

  [[nodiscard]] RejectReason read_change(od::object object) noexcept {
    Change it;
    std::string_view field;
    HASHCART_TRY(each_known_field(object, kChangeKeys, [&](ChangeKey key, od::value value) {
      if (key == ChangeKey::kField) return read_optional_text(value, &field);
      return with_optional_object(value, [&](od::object held) {
        return each_known_field(held, kValueKeys, [&](ValueKey inner, od::value part) {
          return read_value_field(inner, part, &it);
        });
      });
    }));
    const bool is_ours = field == "feed" || field == "mention" || field == "ratings";
    return is_ours ? finish_change(it) : RejectReason::kNone;
  }

  [[nodiscard]] static RejectReason read_value_field(ValueKey key, od::value value,
                                                     Change* it) noexcept {
    switch (key) {
      case ValueKey::kItem:
        return read_optional_text(value, &it->item);
      case ValueKey::kVerb:
        return read_optional_text(value, &it->verb);
      case ValueKey::kPostId:
        return read_id(value, &it->post_id);
      case ValueKey::kCommentId:
        return read_id(value, &it->comment_id);
      case ValueKey::kParentId:
        return read_id(value, &it->parent_id);
      case ValueKey::kFrom:
        return read_author(value, &it->from);
      case ValueKey::kSenderId:
        return read_id(value, &it->sender_id);
      case ValueKey::kCreatedTime:
        return read_id(value, &it->created_time);
      case ValueKey::kMessage:
        return read_text(value, &it->message);
      case ValueKey::kStory:
        return read_text(value, &it->story);
      case ValueKey::kLink:
        return read_optional_text(value, &it->link);
      case ValueKey::kPublished:
        return read_unless_null(value, &it->is_published);
      case ValueKey::kPhoto:
      case ValueKey::kPhotos:
      case ValueKey::kPhotoId:
      case ValueKey::kVideo:
      case ValueKey::kVideoId:
      case ValueKey::kShareId:
        it->has_media = true;
        return RejectReason::kNone;
      case ValueKey::kCount:
        break;
    }
    return RejectReason::kNone;
  }

  [[nodiscard]] RejectReason finish_change(const Change& it) noexcept {
    const bool is_comment = it.item == "comment";
    const bool is_media = it.item == "photo" || it.item == "video";
    const bool is_post = is_media || it.item == "status" || it.item == "post" ||
                         it.item == "link" || it.item == "share" || it.item == "event" ||
                         it.item == "album";
    if (!is_comment && !is_post) return RejectReason::kNone;
    for (const MaybeText* id :
         {&it.post_id, &it.comment_id, &it.parent_id, &it.sender_id, &it.from.id}) {
      HASHCART_TRY(check_optional_id(*id));
    }
    const MaybeText& id = is_comment ? it.comment_id : it.post_id;
    if (it.verb == "remove" || it.verb == "delete") {
      if (!id.filled()) return RejectReason::kNone;  // an album, which is no post of its own
      context_->add_delete({base::Platform::kFacebook, false, id.text, {}});
      return RejectReason::kNone;
    }
    const bool is_edit = it.verb == "edit" || it.verb == "edited";
    if (!is_edit && it.verb != "add" && it.verb != "update") return RejectReason::kNone;
    const bool has_content =
        it.message.filled() || it.story.filled() || !it.link.empty() || it.has_media;
    if (!has_content) return RejectReason::kNone;
    if (!id.present) return it.item == "album" ? RejectReason::kNone : RejectReason::kNoId;
    HASHCART_TRY(check_id(id.text));
    Post& post = context_->post(add_post());
    set_ids(id.text, is_comment, &post);
    post.is_edit = is_edit;
    if (it.created_time.present) HASHCART_TRY(set_graph_time(it.created_time, &post));
    post.author_id = it.from.id.filled() ? it.from.id.text : it.sender_id.text;
    post.author_handle = it.from.username;
    post.author_protected = !it.is_published;
    post.text = it.message.filled() ? it.message.text : it.story.text;
    if (!is_media && !is_comment) add_link(it.link, &context_->arena(), &post);
    if (is_comment) {
      const MaybeText& parent = it.parent_id.filled() ? it.parent_id : it.post_id;
      post.reply_to = parent.text;
      if (parent.text == it.post_id.text && has_owner(parent.text))
        post.reply_to_author = before_bar(parent.text);
    }
    return RejectReason::kNone;
  }

  // --- What it was ---

  // The last two parts of an id with three are what webhooks and newer answers call the comment.
  static void set_ids(std::string_view id, bool is_comment, Post* post) noexcept {
    post->id = post->chain_id = id;
    const std::size_t first = id.find('_');
    if (is_comment && first != std::string_view::npos &&
        id.find('_', first + 1) != std::string_view::npos && is_graph_id(id)) {
      post->local_id = id.substr(first + 1);
    }
  }

  [[nodiscard]] std::string_view joined_id(std::string_view a, std::string_view b) {
    char* const room = context_->arena().take(a.size() + 1 + b.size());
    a.copy(room, a.size());
    room[a.size()] = '_';
    b.copy(room + a.size() + 1, b.size());
    return {room, a.size() + 1 + b.size()};
  }

  [[nodiscard]] RejectReason finish(const Item& it, int depth, bool in_list) noexcept {
    const bool has_words = it.message.present || it.story.present;
    const bool is_post = (has_words || it.created_time.present || it.has_attachments) &&
                         (!it.is_page || it.id.present) && !it.is_thread && !it.is_control;
    // Comments of a post of which no time was asked for: it is there for them.
    const bool is_holder = it.has_comments && !it.created_time.present;
    HASHCART_TRY(check_optional_id(it.id));
    if (!is_post || is_holder) return finish_no_post(it, depth);

    const Permalink link = parse_permalink(it.permalink);
    const bool is_comment =
        in_list || !link.comment.empty() || it.object_id.filled() || it.parent_comment.filled();
    std::string_view id = it.id.text;
    if (!it.id.present) {
      const std::string_view last = !link.reply.empty() ? link.reply : link.comment;
      if (link.post.empty() || last.empty()) return RejectReason::kNoId;
      id = joined_id(link.post, last);
    }
    HASHCART_TRY(check_id(id));
    for (const MaybeText* other :
         {&it.from.id, &it.parent_id, &it.object_id, &it.parent_comment, &it.parent_author.id}) {
      HASHCART_TRY(check_optional_id(*other));
    }
    const std::size_t index = it.slot ? *it.slot : add_post();
    Post& post = context_->post(index);
    set_ids(id, is_comment, &post);
    HASHCART_TRY(set_graph_time(it.created_time, &post));
    post.author_id = it.from.id.text;
    post.author_handle = it.from.username;
    post.author_protected =
        !it.is_published || it.is_private || (!it.privacy.empty() && it.privacy != "EVERYONE");
    post.text = it.message.filled() ? it.message.text : it.story.text;
    if (it.type != "photo" && it.type != "video") add_link(it.link, &context_->arena(), &post);
    if (is_comment) {
      set_parent(it, link, in_list, &post);
    } else if (it.parent_id.filled() && it.parent_id.text != id) {
      post.is_quote = it.message.filled();
      post.is_repost = !post.is_quote;
      (post.is_quote ? post.quote_of : post.repost_of) = it.parent_id.text;
    }
    if (it.has_comments) {
      const bool by_page = !it.from.id.filled() && !is_comment && has_owner(id);
      adopt(index, post.id, by_page ? before_bar(id) : it.from.id.text);
    }
    return RejectReason::kNone;
  }

  // A first-level comment in a list gets the list's owner later.
  void set_parent(const Item& it, const Permalink& link, bool in_list, Post* post) noexcept {
    if (it.parent_comment.filled()) {
      post->reply_to = it.parent_comment.text;
      post->reply_to_author = it.parent_author.id.text;
    } else if (!link.reply.empty() && !link.comment.empty() && !link.post.empty()) {
      post->reply_to = joined_id(link.post, link.comment);
    } else if (it.object_id.filled()) {
      post->reply_to = it.object_id.text;
      if (has_owner(post->reply_to)) post->reply_to_author = before_bar(post->reply_to);
    } else if (!in_list && !link.page.empty() && !link.post.empty()) {
      post->reply_to = joined_id(link.page, link.post);
      post->reply_to_author = link.page;
    }
  }

  [[nodiscard]] RejectReason finish_no_post(const Item& it, int depth) noexcept {
    if (it.slot) {
      if (it.is_thread) {
        while (context_->post_count() > *it.slot) {
          context_->remove_post(context_->post_count() - 1);
        }
      } else {
        if (it.has_comments && it.id.filled()) {
          const bool is_post = has_owner(it.id.text);
          adopt(*it.slot, it.id.text,
                it.from.id.filled() || !is_post ? it.from.id.text : before_bar(it.id.text));
        }
        context_->remove_post(*it.slot);
      }
    }
    const bool good = it.is_page || it.is_control || it.is_thread || it.has_comments || depth > 0;
    return good ? RejectReason::kNone : RejectReason::kUnknownDialect;
  }

  // Comments that came after the post at `index` and name no parent stand under it.
  void adopt(std::size_t index, std::string_view id, std::string_view author) noexcept {
    for (std::size_t i = index + 1; i < context_->post_count(); ++i) {
      Post& comment = context_->post(i);
      if (comment.reply_to.empty()) comment.reply_to = id;
      if (comment.reply_to == id && comment.reply_to_author.empty())
        comment.reply_to_author = author;
    }
  }

  ReadContext* context_ = nullptr;
};

bool is_post_or_comment(const ObjectOutline& it) noexcept {
  const bool has_words = it.is_string(OutlineKey::kMessage) || it.is_string(OutlineKey::kStory);
  const bool has_time = it.has(OutlineKey::kCreatedTime);
  if (it.id.find('_') != std::string_view::npos && is_graph_id(it.id))
    return has_time || has_words || it.has(OutlineKey::kChildAttachments);
  return has_time && has_words &&
         (it.permalink_url.find("facebook.com/") != std::string_view::npos ||
          (is_graph_id(it.id) && it.is_object(OutlineKey::kFrom)));
}

}  // namespace

bool is_facebook(const Outline& outline) noexcept {
  const ObjectOutline& top = outline.top;
  if (top.object == "page" && top.is_array(OutlineKey::kEntry)) return true;
  if (top.is_string(OutlineKey::kSourcePlatform))
    return top.is_object(OutlineKey::kData) &&
           top.source_platform.find("facebook") != std::string_view::npos;
  if (is_post_or_comment(top)) return true;
  const bool is_page = outline.inner_is_keyed_by_id || outline.inner_is_of(OutlineKey::kData) ||
                       outline.inner_is_of(OutlineKey::kComments) ||
                       outline.inner_is_of(OutlineKey::kFeed) ||
                       outline.inner_is_of(OutlineKey::kPosts);
  return is_page && is_post_or_comment(outline.inner);
}

std::unique_ptr<DialectReader> make_facebook_reader() { return std::make_unique<FacebookReader>(); }

}  // namespace hashcart::post
