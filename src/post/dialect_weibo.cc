// Weibo: statuses of API v2 (api.weibo.com), of the web's ajax (weibo.com/ajax) and of m.weibo.cn,
// comments on them, pages of both, and the commercial push.
//
//   status   {"idstr":"1","mid":"1","created_at":"Mon Apr 25 00:43:47 +0800 2016","text":"..",
//             "user":{..},"retweeted_status":{..}}; ajax adds mblogid, text_raw, url_struct,
//            topic_struct; m.weibo.cn has bid, and HTML for text
//   comment  the same with "status" (what it is on) or "reply_comment" (what it answers)
//   pages    {"statuses":[..]}, {"data":{"list":[..]},"ok":1}, {"data":{"cards":[{"mblog":{..}}]}},
//            {"data":[..],"ok":1}, {"data":{a status},"ok":1}
//   push     {"id":1,"text":{"type":"status","event":"add"|"delete","status":{..}}}
//
// Ids: idstr, mid and id are one number; the number itself is trusted last. mblogid (bid) names
// the post in addresses: it is the local id. A comment's parent is the comment it answers, else the
// status it is on.
//
// created_at is Weibo's own clock, with its +0800. m.weibo.cn writes recent times as people say
// them; then the second comes from the id: (id >> 22) + 515483463 (true of all 177 real posts, to
// a second).
//
// Text: longText where the payload has it; else text_raw; else text, which is HTML where the status
// has a bid (or mblogid), and plain as API v2 writes it. isLongText without the long text is a cut
// one. A link's place is where its t.cn form stands in the text.
//
// Reposts: Weibo has one act for both. Text that only says so (or none) is a repost; own words
// before the chain `//@name:..` make it a quote of retweeted_status. The chain is others' words: it
// is cut off, and so are topics and links that stand only in it. A deleted original has no user and
// a notice for text, which is nobody's: it is left empty. `visible.type` other than 0 is for some
// readers only, and treated like a protected author's.
//
// Look-alikes: a status with `id_str` is X's.
//
// Source: open.weibo.com/wiki/2/statuses/home_timeline, Responses, and C/2/commercial/push;
// YaoZeyuan/stablog, src/type (ajax and m.weibo.cn); gwu-libraries/sfm-weibo-harvester.
#include <optional>

#include "post/dialect.h"
#include "post/html_text.h"

namespace hashcart::post {
namespace {

enum class Key : std::uint8_t {
  // A status.
  kId,
  kIdstr,
  kMid,
  kMblogid,
  kBid,
  kCreatedAt,
  kText,
  kTextRaw,
  kLongText,
  kIsLongText,
  kUser,
  kUrlStruct,
  kTopicStruct,
  kPageInfo,
  kRetweetedStatus,
  kDeleted,
  kVisible,
  kReplyToId,
  // A comment.
  kStatus,
  kReplyComment,
  // What looks like a status: X's.
  kIdStr,
  // Pages.
  kStatuses,
  kComments,
  kData,
  kList,
  kCards,
  kCardGroup,
  kMblog,
  kCount
};
constexpr KeyTable<Key> kKeys({"id",           "idstr",         "mid",
                               "mblogid",      "bid",           "created_at",
                               "text",         "text_raw",      "longText",
                               "isLongText",   "user",          "url_struct",
                               "topic_struct", "page_info",     "retweeted_status",
                               "deleted",      "visible",       "in_reply_to_status_id",
                               "status",       "reply_comment", "id_str",
                               "statuses",     "comments",      "data",
                               "list",         "cards",         "card_group",
                               "mblog"});

enum class UserKey : std::uint8_t { kId, kIdstr, kScreenName, kCount };
constexpr KeyTable<UserKey> kUserKeys({"id", "idstr", "screen_name"});

enum class LongKey : std::uint8_t { kLongTextContent, kContent, kCount };
constexpr KeyTable<LongKey> kLongKeys({"longTextContent", "content"});

enum class UrlKey : std::uint8_t { kShortUrl, kLongUrl, kOriUrl, kCount };
constexpr KeyTable<UrlKey> kUrlKeys({"short_url", "long_url", "ori_url"});

enum class TopicKey : std::uint8_t { kTopicTitle, kCount };
constexpr KeyTable<TopicKey> kTopicKeys({"topic_title"});

enum class PageKey : std::uint8_t { kPageUrl, kCount };
constexpr KeyTable<PageKey> kPageKeys({"page_url"});

enum class VisibleKey : std::uint8_t { kType, kCount };
constexpr KeyTable<VisibleKey> kVisibleKeys({"type"});

// A page, its data, a card group, a card, a status and the one inside it.
constexpr int kDepthMax = 8;

struct ListedUrl {
  std::string_view short_url, best;
};

// What one object held, until its end tells what it is.
struct Status {
  MaybeText id, idstr, mid, mblogid, created_at, text, text_raw, user_id, user_idstr, reply_to;
  std::string_view screen_name, long_text, page_url;
  MaybeText deleted;
  std::uint64_t visible = 0;
  bool is_long = false;
  bool has_user = false;
  bool looks_like_another = false;
  bool is_page = false;
  bool has_comments = false;
  bool is_repost = false;
  // Lists, as ranges of the reader's stacks.
  std::size_t urls_begin = 0, topics_begin = 0;
  // Index of its Post once a post inside it had to come after it.
  std::optional<std::size_t> slot, original, status;
  // Ids of what is inside.
  std::string_view original_id, status_id, comment_id;

  [[nodiscard]] const MaybeText& best_id() const noexcept {
    return idstr.filled() ? idstr : mid.filled() ? mid : id;
  }
};

bool is_http(std::string_view url) noexcept {
  return url.starts_with("http://") || url.starts_with("https://");
}

// Without blanks and the zero-width spaces that the web puts at the end.
std::string_view trimmed(std::string_view text) noexcept {
  constexpr std::string_view kZeroWidthSpace = "\xE2\x80\x8B";
  for (;;) {
    if (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') {
      text.remove_suffix(1);
    } else if (text.ends_with(kZeroWidthSpace)) {
      text.remove_suffix(kZeroWidthSpace.size());
    } else if (!text.empty() && static_cast<unsigned char>(text.front()) <= ' ') {
      text.remove_prefix(1);
    } else {
      return text;
    }
  }
}

// What Weibo itself writes for a repost without words: web and apps, in their three languages.
bool says_only_repost(std::string_view text) noexcept {
  for (const std::string_view words :
       {std::string_view(), std::string_view("转发微博"), std::string_view("轉發微博"),
        std::string_view("转发"), std::string_view("轉發"), std::string_view("Repost"),
        std::string_view("快转微博")}) {
    if (text == words) return true;
  }
  return false;
}

std::optional<base::EventTimeMs> time_in_id(std::string_view id) noexcept {
  std::uint64_t number = 0;
  constexpr std::size_t kDigits = 16;  // since 2011
  if (id.size() != kDigits || !parse_digits(id, &number)) return std::nullopt;
  return (static_cast<base::EventTimeMs>(number >> 22U) + 515'483'463) * 1000;
}

class WeiboReader final : public DialectReader {
 public:
  RejectReason read(od::object object, ReadContext* context) noexcept override {
    context_ = context;
    urls_.clear();
    topics_.clear();
    Status it;
    return read_object(object, Role::kMain, 0, &it);
  }

 private:
  [[nodiscard]] RejectReason read_object(od::object object, Role role, int depth,
                                         Status* it) noexcept {
    it->urls_begin = urls_.size();
    it->topics_begin = topics_.size();
    HASHCART_TRY(each_known_field(object, kKeys, [&](Key key, od::value value) {
      return read_field(key, value, role, depth, it);
    }));
    const RejectReason reason = finish(it, role, depth);
    urls_.resize(it->urls_begin);
    topics_.resize(it->topics_begin);
    return reason;
  }

  [[nodiscard]] RejectReason read_field(Key key, od::value value, Role role, int depth,
                                        Status* it) noexcept {
    switch (key) {
      case Key::kId:
        return read_id(value, &it->id);
      case Key::kIdstr:
        return read_id(value, &it->idstr);
      case Key::kMid:
        return read_id(value, &it->mid);
      case Key::kMblogid:
      case Key::kBid:
        return it->mblogid.filled() ? RejectReason::kNone : read_text(value, &it->mblogid);
      case Key::kCreatedAt:
        return read_text(value, &it->created_at);
      case Key::kText: {
        JsonKind kind = JsonKind::kAbsent;
        HASHCART_TRY(read_kind(value, &kind));
        if (kind != JsonKind::kObject || depth > 0) return read_text(value, &it->text);
        it->is_page = true;
        return with_object(value, [&](od::object push) { return read_push(push); });
      }
      case Key::kTextRaw:
        return read_text(value, &it->text_raw);
      case Key::kLongText:
        return with_optional_object(value, [&](od::object object) {
          return each_known_field(object, kLongKeys, [&](LongKey, od::value text) {
            return it->long_text.empty() ? read_optional_text(text, &it->long_text)
                                         : RejectReason::kNone;
          });
        });
      case Key::kIsLongText:
        return read_optional_bool(value, &it->is_long);
      case Key::kUser:
        return with_object(value, [&](od::object user) { return read_user(user, it); });
      case Key::kUrlStruct:
        return each_optional_element(value, [&](od::value element) { return read_url(element); });
      case Key::kTopicStruct:
        return each_optional_element(value, [&](od::value element) {
          return with_optional_object(element, [&](od::object topic) {
            std::string_view title;
            HASHCART_TRY(each_known_field(topic, kTopicKeys, [&](TopicKey, od::value text) {
              return read_optional_text(text, &title);
            }));
            if (!title.empty() && topics_.size() - it->topics_begin < kListedMax)
              topics_.push_back(title);
            return RejectReason::kNone;
          });
        });
      case Key::kPageInfo:
        return with_optional_object(value, [&](od::object page) {
          return each_known_field(page, kPageKeys, [&](PageKey, od::value url) {
            return read_optional_text(url, &it->page_url);
          });
        });
      case Key::kRetweetedStatus:
        it->is_repost = true;
        return read_inside(value, role == Role::kMain ? Role::kRepostOf : Role::kIncluded, depth,
                           it, &it->original_id, &it->original);
      case Key::kStatus:
        return read_inside(value, role == Role::kMain ? Role::kReplyTo : Role::kIncluded, depth, it,
                           &it->status_id, &it->status);
      case Key::kReplyComment: {
        std::optional<std::size_t> place;
        return read_inside(value, role == Role::kMain ? Role::kReplyTo : Role::kIncluded, depth, it,
                           &it->comment_id, &place);
      }
      case Key::kDeleted:
        return read_word(value, &it->deleted);
      case Key::kVisible:
        return with_optional_object(value, [&](od::object visible) {
          return each_known_field(visible, kVisibleKeys, [&](VisibleKey, od::value type) {
            return read_optional_index(type, &it->visible);
          });
        });
      case Key::kReplyToId:
        return read_id(value, &it->reply_to);
      case Key::kIdStr:
        it->looks_like_another = true;
        return RejectReason::kNone;
      case Key::kComments:
        if (it->is_page || role != Role::kMain) return RejectReason::kNone;
        {
          JsonKind kind = JsonKind::kAbsent;
          HASHCART_TRY(read_kind(value, &kind));
          if (kind != JsonKind::kArray) return RejectReason::kNone;
        }
        // Below a comment of ajax stand some of its answers; a page is known by having no id.
        it->has_comments = true;
        if (!it->slot)
          it->slot = context_->add_post(Dialect::kWeibo, base::Platform::kWeibo, Role::kMain);
        return read_members(value, depth);
      case Key::kStatuses:
      case Key::kData:
      case Key::kList:
      case Key::kCards:
      case Key::kCardGroup:
      case Key::kMblog:
        it->is_page = true;
        return read_members(value, depth);
      case Key::kCount:
        break;
    }
    return RejectReason::kNone;
  }

  // "1" or 1 or true.
  [[nodiscard]] static RejectReason read_word(od::value& value, MaybeText* out) noexcept {
    JsonKind kind = JsonKind::kAbsent;
    HASHCART_TRY(read_kind(value, &kind));
    if (kind == JsonKind::kBool) {
      bool is_true = false;
      HASHCART_TRY(read_optional_bool(value, &is_true));
      if (is_true) out->text = "1";
      return RejectReason::kNone;
    }
    return kind == JsonKind::kString || kind == JsonKind::kNumber ? read_id(value, out)
                                                                  : RejectReason::kNone;
  }

  [[nodiscard]] static RejectReason read_user(od::object user, Status* it) noexcept {
    it->has_user = true;
    return each_known_field(user, kUserKeys, [&](UserKey key, od::value value) {
      switch (key) {
        case UserKey::kId:
          return read_id(value, &it->user_id);
        case UserKey::kIdstr:
          return read_id(value, &it->user_idstr);
        case UserKey::kScreenName:
          return read_optional_text(value, &it->screen_name);
        case UserKey::kCount:
          break;
      }
      return RejectReason::kNone;
    });
  }

  // {"short_url":"http://t.cn/x","long_url":"..","ori_url":".."}; ori_url may be the app's own.
  [[nodiscard]] RejectReason read_url(od::value element) noexcept {
    return with_optional_object(element, [&](od::object object) {
      std::string_view short_url, long_url, ori_url;
      HASHCART_TRY(each_known_field(object, kUrlKeys, [&](UrlKey key, od::value url) {
        return read_optional_text(url, key == UrlKey::kShortUrl  ? &short_url
                                       : key == UrlKey::kLongUrl ? &long_url
                                                                 : &ori_url);
      }));
      const std::string_view best = is_http(long_url)  ? long_url
                                    : is_http(ori_url) ? ori_url
                                                       : short_url;
      if (!best.empty()) urls_.push_back({short_url, best});
      return RejectReason::kNone;
    });
  }

  // {"type":"status","event":"add","status":{..}}; type comment holds a comment, and a status that
  // is not the event's own.
  [[nodiscard]] RejectReason read_push(od::object push) noexcept {
    enum class PushKey : std::uint8_t { kEvent, kStatus, kComment, kCount };
    static constexpr KeyTable<PushKey> kPushKeys({"event", "status", "comment"});
    MaybeText event;
    bool has_one = false;
    const std::size_t before = context_->post_count();
    Status it;
    HASHCART_TRY(each_known_field(push, kPushKeys, [&](PushKey key, od::value value) {
      if (key == PushKey::kEvent) return read_text(value, &event);
      if (has_one) return RejectReason::kNone;
      return with_object(value, [&](od::object object) {
        has_one = true;
        // What is deleted may be only an id: as a quoted one it is no fault.
        return read_object(object, Role::kIncluded, 1, &it);
      });
    }));
    if (!has_one) {  // a kind of event that is not known
      return event.present ? RejectReason::kNone : RejectReason::kUnknownDialect;
    }
    if (event.text == "delete") {
      while (context_->post_count() > before) context_->remove_post(context_->post_count() - 1);
      return add_delete(it);
    }
    if (context_->post_count() == before) return RejectReason::kUnknownDialect;
    Post& main = context_->post(before);
    main.role = Role::kMain;
    if (before + 1 < context_->post_count() && it.original)
      context_->post(before + 1).role = main.is_repost ? Role::kRepostOf : Role::kQuoteOf;
    return main.has_time ? RejectReason::kNone : RejectReason::kNoTime;
  }

  [[nodiscard]] RejectReason read_members(od::value value, int depth) noexcept {
    if (depth >= kDepthMax) return RejectReason::kNone;
    JsonKind kind = JsonKind::kAbsent;
    HASHCART_TRY(read_kind(value, &kind));
    const auto read_one = [&](od::object object) {
      Status one;
      return read_object(object, Role::kMain, depth + 1, &one);
    };
    if (kind != JsonKind::kArray) return with_optional_object(value, read_one);
    return each_element(value, [&](od::value one) { return with_optional_object(one, read_one); });
  }

  // *place: where the post inside stands, if it is one.
  [[nodiscard]] RejectReason read_inside(od::value value, Role role, int depth, Status* it,
                                         std::string_view* id,
                                         std::optional<std::size_t>* place) noexcept {
    if (depth >= kDepthMax) return RejectReason::kNone;
    return with_optional_object(value, [&](od::object object) {
      if (!it->slot)
        it->slot = context_->add_post(Dialect::kWeibo, base::Platform::kWeibo, Role::kMain);
      const std::size_t at = context_->post_count();
      Status inside;
      HASHCART_TRY(read_object(object, role, depth + 1, &inside));
      if (context_->post_count() > at) *place = at;
      *id = inside.best_id().text;
      return check_optional_id(inside.best_id());
    });
  }

  [[nodiscard]] RejectReason finish(Status* it, Role role, int depth) noexcept {
    const bool embedded = role != Role::kMain;
    const bool foreign = it->looks_like_another && !context_->forced();
    const bool is_deleted = it->deleted.text == "1";
    const bool has_text = it->text.present || it->text_raw.present || !it->long_text.empty();
    const bool has_own_id = it->idstr.filled() || it->mid.filled() || it->mblogid.filled();
    const bool is_post =
        has_text && !foreign && !it->is_page && (has_own_id || embedded || context_->forced());
    if (!is_post || (embedded && !it->best_id().present)) {
      if (it->slot) context_->remove_post(*it->slot);
      if (!embedded && is_deleted && has_own_id && !foreign) return add_delete(*it);
      const bool good = it->is_page || it->has_comments || embedded || depth > 0;
      return good ? RejectReason::kNone : RejectReason::kUnknownDialect;
    }
    if (!it->best_id().present) return RejectReason::kNoId;
    HASHCART_TRY(check_optional_id(it->best_id()));
    HASHCART_TRY(check_id(it->best_id().text));
    for (const MaybeText* one : {&it->user_id, &it->user_idstr, &it->reply_to, &it->mblogid}) {
      HASHCART_TRY(check_optional_id(*one));
    }
    if (!embedded && is_deleted) {
      if (it->slot) context_->remove_post(*it->slot);
      return add_delete(*it);
    }
    const std::size_t index =
        it->slot ? *it->slot : context_->add_post(Dialect::kWeibo, base::Platform::kWeibo, role);
    Post& post = context_->post(index);
    post.role = role;
    post.id = post.chain_id = it->best_id().text;
    post.local_id = it->mblogid.text;
    HASHCART_TRY(set_time(*it, embedded, &post));
    post.author_id = it->user_idstr.filled() ? it->user_idstr.text : it->user_id.text;
    post.author_handle = it->screen_name;
    post.author_protected = it->visible != 0;
    post.reply_to = !it->comment_id.empty()  ? it->comment_id
                    : !it->status_id.empty() ? it->status_id
                                             : it->reply_to.text;
    // The parent is what is answered, and nothing above it.
    if (it->status && !it->comment_id.empty()) context_->post(*it->status).role = Role::kIncluded;
    if (embedded && (is_deleted || !it->has_user)) return RejectReason::kNone;
    set_text(*it, &post);
    if (it->is_repost) set_original(*it, role, &post);
    add_links(*it, &post);
    for (std::size_t i = it->topics_begin; i < topics_.size(); ++i) {
      if (!it->is_repost || post.text.find(topics_[i]) != std::string_view::npos)
        post.tags.push_back({topics_[i], 0, 0});
    }
    return RejectReason::kNone;
  }

  void set_text(const Status& it, Post* post) {
    const bool has_long = !it.long_text.empty();
    const std::string_view text = has_long              ? it.long_text
                                  : it.text_raw.present ? it.text_raw.text
                                                        : it.text.text;
    // text_raw speaks of ajax, whose long texts are plain too.
    if (it.mblogid.present && !it.text_raw.present) {
      post->text = decode_html(text, &anchors_, &post->seams, &context_->arena());
    } else {
      anchors_.clear();
      post->text = text;
    }
    post->truncated = it.is_long && !has_long;
  }

  // Tells a repost from a quote, and cuts off the words of others.
  void set_original(const Status& it, Role role, Post* post) noexcept {
    const std::size_t chain = post->text.find("//@");
    if (chain != std::string_view::npos) post->text = post->text.substr(0, chain);
    const bool bare = says_only_repost(trimmed(post->text));
    (bare ? post->is_repost : post->is_quote) = true;
    (bare ? post->repost_of : post->quote_of) = it.original_id;
    if (!bare && role == Role::kMain && it.original)
      context_->post(*it.original).role = Role::kQuoteOf;
  }

  void add_links(const Status& it, Post* post) noexcept {
    const std::size_t size = post->text.size();
    for (const Anchor& anchor : anchors_) {
      if (anchor.kind != AnchorKind::kLink || anchor.end > size || !is_http(anchor.href)) continue;
      const std::string_view shown = post->text.substr(anchor.start, anchor.end - anchor.start);
      if (shown.starts_with('#') || shown.starts_with('@')) continue;
      post->links.push_back({anchor.href, anchor.start, anchor.end});
    }
    // Each short link is looked for after the one before it first, so that two that are alike have
    // two places.
    std::size_t from = 0;
    for (std::size_t i = it.urls_begin; i < urls_.size(); ++i) {
      const ListedUrl& url = urls_[i];
      std::size_t at = std::string_view::npos;
      if (!url.short_url.empty() && i - it.urls_begin < kListedMax) {
        at = post->text.find(url.short_url, from);
        if (at == std::string_view::npos) at = post->text.find(url.short_url);
      }
      if (at == std::string_view::npos) {
        if (!it.is_repost) post->links.push_back({url.best, 0, 0});
        continue;
      }
      from = at + url.short_url.size();
      post->links.push_back(
          {url.best, static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(from)});
    }
    if (is_http(it.page_url)) post->links.push_back({it.page_url, 0, 0});
  }

  [[nodiscard]] RejectReason add_delete(const Status& it) noexcept {
    const MaybeText& id = it.best_id();
    const std::string_view author = it.user_idstr.filled() ? it.user_idstr.text : it.user_id.text;
    if (!id.present) return RejectReason::kNoId;
    HASHCART_TRY(check_optional_id(id));
    HASHCART_TRY(check_id(id.text));
    HASHCART_TRY(check_optional_id(author));
    context_->add_delete({base::Platform::kWeibo, false, id.text, author});
    return RejectReason::kNone;
  }

  // A main post needs a time; one that is embedded may go without.
  [[nodiscard]] static RejectReason set_time(const Status& it, bool embedded, Post* post) noexcept {
    std::optional<base::EventTimeMs> time;
    if (it.created_at.present) time = base::parse_ctime_offset(it.created_at.text);
    if (!time) time = time_in_id(post->id);
    if (!time && !embedded)
      return it.created_at.present ? RejectReason::kBadTime : RejectReason::kNoTime;
    post->has_time = post->time_is_platforms = time.has_value();
    post->time = time.value_or(0);
    return RejectReason::kNone;
  }

  // No post holds more topics, nor more links: those that go on are listed without a place.
  static constexpr std::size_t kListedMax = 64;

  ReadContext* context_ = nullptr;
  std::vector<ListedUrl> urls_;           // of the objects being read, the inner ones last
  std::vector<std::string_view> topics_;  // the same
  std::vector<Anchor> anchors_;
};

bool is_status(const ObjectOutline& outline) noexcept {
  const bool has_id = outline.has(OutlineKey::kMid) || outline.has(OutlineKey::kIdstr) ||
                      outline.has(OutlineKey::kMblogid) || outline.has(OutlineKey::kBid);
  return has_id && !outline.has(OutlineKey::kIdStr) &&
         (outline.has(OutlineKey::kText) || outline.has(OutlineKey::kTextRaw) ||
          outline.has(OutlineKey::kDeleted));
}

}  // namespace

bool is_weibo(const Outline& outline) noexcept {
  const ObjectOutline& top = outline.top;
  if (is_status(top)) return true;
  if (top.is_object(OutlineKey::kText) && top.has(OutlineKey::kId)) return true;
  if (outline.inner_is_of(OutlineKey::kStatuses) || outline.inner_is_of(OutlineKey::kComments))
    return is_status(outline.inner);
  if (!outline.inner_is_of(OutlineKey::kData) || !top.has(OutlineKey::kOk)) return false;
  return is_status(outline.inner) || outline.inner.is_array(OutlineKey::kList) ||
         outline.inner.is_array(OutlineKey::kCards) ||
         outline.inner.is_array(OutlineKey::kStatuses);
}

std::unique_ptr<DialectReader> make_weibo_reader() { return std::make_unique<WeiboReader>(); }

}  // namespace hashcart::post
