// Mastodon and its kin (Pleroma, Akkoma, GoToSocial, Friendica, Pixelfed): statuses, pages of them,
// and both streaming forms.
//
//   status     {"id":"1","uri":"https://..","created_at":"..","content":"<p>..</p>",
//               "account":{..},"tags":[..]}
//   pages      [..]; {"statuses":[..]} (search); {"ancestors":[..],"descendants":[..]} (context)
//   SSE        event: update | status.update, data: a status;  event: delete, data: a bare id
//   WebSocket  {"stream":["public"],"event":"update","payload":"<the data, as a JSON string>"}
//
// Two kinds of id: `uri` names the post everywhere; `id` is its server's own, and the one that
// replies, quotes and deletes use. Author ids are the server's own too. Events of other kinds
// (notifications, conversations, filters) say nothing new by an author: a mention comes as an
// update as well.
//
// Source: docs.joinmastodon.org, "Streaming timelines", "Status", "Quote"; Akkoma's "Differences in
// Mastodon API responses" for `quote` that holds the status itself.
#include <cstring>
#include <optional>
#include <string>

#include "base/utf8.h"
#include "ingest/chunk.h"
#include "post/dialect.h"
#include "post/html_text.h"

namespace hashcart::post {
namespace {

enum class Key : std::uint8_t {
  // A status.
  kId,
  kUri,
  kCreatedAt,
  kEditedAt,
  kContent,
  kVisibility,
  kLanguage,
  kAccount,
  kReplyToId,
  kReplyToAccountId,
  kReblog,
  kQuote,
  kQuoteId,
  kTags,
  kCard,
  // Mastodon's own quote, which holds the status one level down.
  kQuotedStatus,
  kQuotedStatusId,
  // Pages.
  kStatuses,
  kAncestors,
  kDescendants,
  // A WebSocket frame.
  kEvent,
  kPayload,
  kCount
};
constexpr KeyTable<Key> kKeys({"id",
                               "uri",
                               "created_at",
                               "edited_at",
                               "content",
                               "visibility",
                               "language",
                               "account",
                               "in_reply_to_id",
                               "in_reply_to_account_id",
                               "reblog",
                               "quote",
                               "quote_id",
                               "tags",
                               "card",
                               "quoted_status",
                               "quoted_status_id",
                               "statuses",
                               "ancestors",
                               "descendants",
                               "event",
                               "payload"});

enum class AccountKey : std::uint8_t { kId, kAcct, kUsername, kCount };
constexpr KeyTable<AccountKey> kAccountKeys({"id", "acct", "username"});

enum class TagKey : std::uint8_t { kName, kUrl, kCount };
constexpr KeyTable<TagKey> kTagKeys({"name", "url"});

enum class CardKey : std::uint8_t { kUrl, kCount };
constexpr KeyTable<CardKey> kCardKeys({"url"});

// A boost of a quote is three deep, four with Mastodon's wrapper, and a page may stand around it.
// Below that, posts are passed over.
constexpr int kDepthMax = 6;

struct ListedTag {
  std::string_view name;
  std::string_view url;
};

// What one object held, until its end tells what it is.
struct Status {
  MaybeText id, uri, created_at, content, account_id, reply_to, reply_to_account, quote_id;
  MaybeText event, payload;
  std::string_view acct, username, visibility, language, edited_at, card_url;
  bool has_account = false;
  bool has_tags = false;
  bool is_repost = false;
  bool is_quote = false;
  bool is_page = false;
  std::size_t tags_begin = 0;
  std::size_t tags_end = 0;
  // Index of its Post once a post inside it had to come after it.
  std::optional<std::size_t> slot;
  // Ids of the posts inside.
  std::string_view reblogged_id, quoted_id;
};

std::string_view last_segment(std::string_view url) noexcept {
  return url.substr(url.rfind('/') + 1);
}

bool equal_ignoring_ascii_case(std::string_view a, std::string_view b) noexcept {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (base::ascii_lower(a[i]) != base::ascii_lower(b[i])) return false;
  }
  return true;
}

// What an anchor of a tag shows, without its sign.
std::string_view shown_tag(std::string_view shown) noexcept {
  for (const std::string_view sign : {std::string_view("#"), std::string_view("\xEF\xBC\x83")}) {
    if (shown.starts_with(sign)) return shown.substr(sign.size());
  }
  return shown;
}

class MastodonReader final : public DialectReader {
 public:
  RejectReason read(od::object object, ReadContext* context) noexcept override {
    return read_top(object, context, false);
  }

  RejectReason read_event(std::string_view event, std::string_view data,
                          ReadContext* context) noexcept override {
    // What is not parsed here is not looked at by the parser either.
    if (!carries_status(event) && !base::is_valid_utf8(data)) return RejectReason::kBadUtf8;
    return dispatch(event, data, context);
  }

 private:
  [[nodiscard]] static bool carries_status(std::string_view event) noexcept {
    return event == "update" || event == "status.update";
  }

  [[nodiscard]] RejectReason read_top(od::object object, ReadContext* context,
                                      bool is_update) noexcept {
    context_ = context;
    is_update_ = is_update;
    tags_.clear();
    std::string_view id;
    return read_object(object, Role::kMain, 0, &id);
  }

  // --- Events ---

  // data: kPadding readable bytes follow.
  [[nodiscard]] RejectReason dispatch(std::string_view event, std::string_view data,
                                      ReadContext* context) noexcept {
    if (event == "delete") {
      HASHCART_TRY(check_id(data));
      context->add_delete({base::Platform::kMastodon, false, data, {}});
      return RejectReason::kNone;
    }
    if (!carries_status(event)) return RejectReason::kNone;
    // On-Demand must not be given a scalar that ends its buffer (see post_reader.cc).
    const std::size_t first = data.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos) return RejectReason::kBadJson;
    if (data[first] != '{') return RejectReason::kWrongType;
    HASHCART_TRY(make_room(&parser_, data.size(), simdjson::DEFAULT_MAX_DEPTH));
    od::document document;
    if (const auto error =
            parser_.iterate(data.data(), data.size(), data.size() + simdjson::SIMDJSON_PADDING)
                .get(document);
        error != simdjson::SUCCESS) {
      return reason_of(error);
    }
    od::object object;
    if (const auto error = document.get_object().get(object); error != simdjson::SUCCESS)
      return reason_of(error);
    const std::size_t posts_before = context->post_count();
    in_payload_ = true;
    const RejectReason reason = read_top(object, context, event == "status.update");
    in_payload_ = false;
    HASHCART_TRY(reason);
    if (document.current_location().error() != simdjson::OUT_OF_BOUNDS)
      return RejectReason::kBadJson;
    // The event promised a status.
    return context->post_count() > posts_before ? RejectReason::kNone
                                                : RejectReason::kUnknownDialect;
  }

  [[nodiscard]] RejectReason finish_frame(const Status& it) noexcept {
    // A frame is a record: the payload has one parser, and its text must last as long as the
    // record's.
    if (context_->record_number() == frame_record_) return RejectReason::kUnknownDialect;
    frame_record_ = context_->record_number();
    if (!it.payload.present) {  // filters_changed carries none
      return it.event.text == "delete" ? RejectReason::kNoId : RejectReason::kNone;
    }
    payload_.assign(it.payload.text);
    payload_.append(ingest::kPadding, '\0');
    return dispatch(it.event.text, std::string_view(payload_).substr(0, it.payload.text.size()),
                    context_);
  }

  // --- Statuses ---

  // *id: the post's id, or that of the one post it wraps.
  [[nodiscard]] RejectReason read_object(od::object object, Role role, int depth,
                                         std::string_view* id) noexcept {
    Status it;
    const std::size_t tags_before = tags_.size();
    HASHCART_TRY(each_known_field(object, kKeys, [&](Key key, od::value value) {
      return read_field(key, value, role, depth, &it);
    }));
    const RejectReason reason = finish(it, role, depth, id);
    tags_.resize(tags_before);
    return reason;
  }

  [[nodiscard]] RejectReason read_field(Key key, od::value value, Role role, int depth,
                                        Status* it) noexcept {
    switch (key) {
      case Key::kId:
        return read_id(value, &it->id);
      case Key::kUri:
        return read_text(value, &it->uri);
      case Key::kCreatedAt:
        return read_text(value, &it->created_at);
      case Key::kEditedAt:
        return read_optional_text(value, &it->edited_at);
      case Key::kContent:
        return read_text(value, &it->content);
      case Key::kVisibility:
        return read_optional_text(value, &it->visibility);
      case Key::kLanguage:
        return read_optional_text(value, &it->language);
      case Key::kAccount:
        return with_object(value, [&](od::object account) { return read_account(account, it); });
      case Key::kReplyToId:
        return read_id(value, &it->reply_to);
      case Key::kReplyToAccountId:
        return read_id(value, &it->reply_to_account);
      case Key::kReblog:
        return with_object(value, [&](od::object reblog) {
          it->is_repost = true;
          return read_embedded(reblog, role == Role::kMain ? Role::kRepostOf : Role::kIncluded,
                               depth, it, &it->reblogged_id);
        });
      case Key::kQuote:
        return with_optional_object(value, [&](od::object quote) {
          it->is_quote = true;
          return read_embedded(quote, role == Role::kMain ? Role::kQuoteOf : Role::kIncluded, depth,
                               it, &it->quoted_id);
        });
      case Key::kQuotedStatus:
        if (role == Role::kMain || depth >= kDepthMax) return RejectReason::kNone;
        return with_optional_object(value, [&](od::object quoted) {
          return read_object(quoted, role, depth + 1, &it->quoted_id);
        });
      case Key::kQuoteId:
      case Key::kQuotedStatusId:
        return it->quote_id.present ? RejectReason::kNone : read_id(value, &it->quote_id);
      case Key::kTags:
        it->has_tags = true;
        it->tags_begin = tags_.size();
        HASHCART_TRY(each_element(value, [&](od::value element) {
          return with_object(element, [&](od::object tag) { return read_tag(tag); });
        }));
        it->tags_end = tags_.size();
        return RejectReason::kNone;
      case Key::kCard:
        return with_optional_object(value, [&](od::object card) {
          return each_known_field(card, kCardKeys, [&](CardKey, od::value url) {
            return read_optional_text(url, &it->card_url);
          });
        });
      case Key::kStatuses:
      case Key::kAncestors:
      case Key::kDescendants:
        it->is_page = true;
        if (depth > 0) return RejectReason::kNone;  // pages do not nest
        return each_element(value, [&](od::value element) {
          return with_object(element, [&](od::object status) {
            std::string_view id;
            return read_object(status, Role::kMain, depth + 1, &id);
          });
        });
      case Key::kEvent:
        return depth == 0 && !in_payload_ ? read_text(value, &it->event) : RejectReason::kNone;
      case Key::kPayload:
        return depth == 0 && !in_payload_ ? read_id(value, &it->payload) : RejectReason::kNone;
      case Key::kCount:
        break;
    }
    return RejectReason::kNone;
  }

  [[nodiscard]] static RejectReason read_account(od::object account, Status* it) noexcept {
    it->has_account = true;
    return each_known_field(account, kAccountKeys, [&](AccountKey key, od::value value) {
      switch (key) {
        case AccountKey::kId:
          return read_id(value, &it->account_id);
        case AccountKey::kAcct:
          return read_optional_text(value, &it->acct);
        case AccountKey::kUsername:
          return read_optional_text(value, &it->username);
        case AccountKey::kCount:
          break;
      }
      return RejectReason::kNone;
    });
  }

  [[nodiscard]] RejectReason read_tag(od::object object) noexcept {
    ListedTag tag;
    HASHCART_TRY(each_known_field(object, kTagKeys, [&](TagKey key, od::value value) {
      return read_optional_text(value, key == TagKey::kName ? &tag.name : &tag.url);
    }));
    tag.name = shown_tag(tag.name);
    if (!tag.name.empty()) tags_.push_back(tag);
    return RejectReason::kNone;
  }

  [[nodiscard]] RejectReason read_embedded(od::object object, Role role, int depth, Status* it,
                                           std::string_view* id) noexcept {
    if (depth >= kDepthMax) return RejectReason::kNone;
    if (!it->slot)
      it->slot = context_->add_post(Dialect::kMastodon, base::Platform::kMastodon, Role::kMain);
    return read_object(object, role, depth + 1, id);
  }

  // Decides what the object was. A main post that is none refuses the record; an embedded one is
  // dropped.
  [[nodiscard]] RejectReason finish(const Status& it, Role role, int depth,
                                    std::string_view* id) noexcept {
    const bool embedded = role != Role::kMain;
    const bool is_status = it.content.present && it.has_account;
    if (!is_status || (embedded && !it.uri.present)) {
      if (it.slot) context_->remove_post(*it.slot);
      if (embedded) {
        *id = !it.quoted_id.empty() ? it.quoted_id : it.quote_id.text;
        return check_optional_id(*id);
      }
      if (it.event.present && !it.content.present) return finish_frame(it);
      return it.is_page ? RejectReason::kNone : RejectReason::kUnknownDialect;
    }
    if (!it.uri.present) return RejectReason::kNoId;
    HASHCART_TRY(check_id(it.uri.text));
    for (const MaybeText* optional :
         {&it.id, &it.account_id, &it.reply_to, &it.reply_to_account, &it.quote_id}) {
      HASHCART_TRY(check_optional_id(*optional));
    }
    const std::size_t index =
        it.slot ? *it.slot
                : context_->add_post(Dialect::kMastodon, base::Platform::kMastodon, role);
    Post& post = context_->post(index);
    post.role = role;
    post.id = post.chain_id = it.uri.text;
    post.local_id = it.id.text;
    post.is_edit = !it.edited_at.empty() || (is_update_ && depth == 0);
    const std::optional<base::EventTimeMs> time =
        it.created_at.present ? base::parse_rfc3339(it.created_at.text) : std::nullopt;
    if (!time && !embedded)
      return it.created_at.present ? RejectReason::kBadTime : RejectReason::kNoTime;
    post.has_time = time.has_value();
    post.time_is_platforms = post.has_time;
    post.time = time.value_or(0);
    post.author_id = it.account_id.text;
    post.author_handle = it.acct.empty() ? it.username : it.acct;
    // "private" is for followers, "direct" for those it names; a locked account may still post to
    // all.
    post.author_protected = it.visibility == "private" || it.visibility == "direct";
    post.reply_to = it.reply_to.text;
    post.reply_to_author = it.reply_to_account.text;
    post.is_repost = it.is_repost;
    post.repost_of = it.reblogged_id;
    post.quote_of = !it.quoted_id.empty() ? it.quoted_id : it.quote_id.text;
    post.is_quote = it.is_quote || !post.quote_of.empty();
    post.lang = it.language;
    post.text = decode_html(it.content.text, &anchors_, &post.seams, &context_->arena());
    attach_tags(it, &post);
    attach_links(it, &post);
    *id = post.id;
    return RejectReason::kNone;
  }

  // The list has each tag once, in the server's spelling; its first anchor says where it stands. A
  // tag's name and its anchor agree in their text, or, where case is not ASCII's, in the last
  // segment of their links.
  void attach_tags(const Status& it, Post* post) noexcept {
    const auto shown = [&](const Anchor& anchor) {
      return shown_tag(post->text.substr(anchor.start, anchor.end - anchor.start));
    };
    if (!it.has_tags) {
      // An anchor that does not show its sign is no hashtag to a reader either.
      for (const Anchor& anchor : anchors_) {
        const bool is_signed = shown(anchor).size() < anchor.end - anchor.start;
        if (anchor.kind != AnchorKind::kHashtag || !is_signed || shown(anchor).empty()) continue;
        post->tags.push_back({shown(anchor), anchor.start, anchor.end});
      }
      return;
    }
    post->tag_truth = TagTruth::kListOnly;
    // Keeps the search for anchors from growing with the square of a hostile post; Mastodon's own
    // posts hold 500 characters, which is 167 tags.
    constexpr std::size_t kSearchedMax = 512;
    const std::size_t anchor_count =
        anchors_.size() < kSearchedMax ? anchors_.size() : kSearchedMax;
    for (std::size_t i = it.tags_begin; i < it.tags_end; ++i) {
      const ListedTag& tag = tags_[i];
      Tag listed{tag.name, 0, 0};
      const std::size_t searched = i - it.tags_begin < kSearchedMax ? anchor_count : 0;
      for (std::size_t a = 0; a < searched; ++a) {
        const Anchor& anchor = anchors_[a];
        if (anchor.kind != AnchorKind::kHashtag || anchor.start == anchor.end) continue;
        const std::string_view segment = last_segment(tag.url);
        if (equal_ignoring_ascii_case(shown(anchor), tag.name) ||
            (!segment.empty() && equal_ignoring_ascii_case(last_segment(anchor.href), segment))) {
          listed.start = anchor.start;
          listed.end = anchor.end;
          break;
        }
      }
      post->tags.push_back(listed);
    }
  }

  void attach_links(const Status& it, Post* post) noexcept {
    bool has_card = it.card_url.empty();
    for (const Anchor& anchor : anchors_) {
      if (anchor.kind != AnchorKind::kLink || anchor.href.empty()) continue;
      post->links.push_back({anchor.href, anchor.start, anchor.end});
      has_card = has_card || anchor.href == it.card_url;
    }
    // The server followed the link to get it: the one expansion that Mastodon has.
    if (!has_card) post->links.push_back({it.card_url, 0, 0});
  }

  ReadContext* context_ = nullptr;
  bool is_update_ = false;
  bool in_payload_ = false;
  std::vector<ListedTag> tags_;  // a stack: statuses stand inside others
  std::vector<Anchor> anchors_;
  // Of events.
  od::parser parser_;
  std::string payload_;
  std::uint64_t frame_record_ = 0;
};

}  // namespace

bool is_mastodon(const Outline& outline) noexcept {
  const auto is_status = [](const ObjectOutline& it) {
    return it.has(OutlineKey::kContent) && it.is_object(OutlineKey::kAccount) &&
           (it.is_string(OutlineKey::kUri) ||
            (it.has(OutlineKey::kVisibility) && it.has(OutlineKey::kId)));
  };
  const ObjectOutline& top = outline.top;
  if (is_status(top)) return true;
  if (top.is_string(OutlineKey::kEvent)) {
    return top.is_string(OutlineKey::kPayload) || top.is_array(OutlineKey::kStream);
  }
  if (top.is_array(OutlineKey::kAncestors) && top.is_array(OutlineKey::kDescendants)) return true;
  if (!top.is_array(OutlineKey::kStatuses)) return false;
  return top.is_array(OutlineKey::kAccounts) ||
         (outline.inner_is_of(OutlineKey::kStatuses) && is_status(outline.inner));
}

std::unique_ptr<DialectReader> make_mastodon_reader() { return std::make_unique<MastodonReader>(); }

}  // namespace hashcart::post
