// Reddit: things of the API, and the lines of Pushshift and Arctic Shift dumps.
//
//   thing    {"kind":"t1"|"t3","data":{..}}           a comment, a submission
//   Listing  {"kind":"Listing","data":{"children":[things]}}; a post's page is an array of two
//   RC       {"id","author","body","link_id","parent_id","subreddit","created_utc",..}
//   RS       {"id","author","title","selftext","url","is_self","subreddit","created_utc",..}
//   page     {"data":[RC or RS lines]}
//
// A listing is a page, and so is the tree of `replies` below a comment: each is a post of its own,
// its parent before it. Things of other kinds ("more", subreddits, accounts) are passed over.
//
// The id is the fullname, t1_ or t3_ before the base36 number, which is what parents are named by;
// a line without `name` gets it from its kind. Authors: `author_fullname`, and where it is missing
// (before 2018, and in parts of the API) the name, which Reddit never changes and never gives out
// twice. `[deleted]` is no author; `[deleted]` and `[removed]` are no text: such a post is one
// without content. It is no delete, since the line does not say when, and dumps hold the later
// state of posts that were seen whole.
//
// Text is Markdown, HTML-escaped (&amp; &lt; &gt;) unless it was asked for with raw_json=1. Rule:
// `body_html` or `selftext_html` tells, being escaped itself ("&lt;div") or not ("<div"); without
// either (dumps, link posts) the text is escaped. `created_utc` is Reddit's own clock, in seconds,
// as an int, a float or a string by the month of the dump.
//
// A crosspost is a repost: the original stands whole in `crosspost_parent_list`, but the title is
// the crossposter's own. It is one all the same: what is linked is another's.
//
// Source: github.com/reddit-archive/reddit, wiki "JSON"; ArthurHeitmann/arctic_shift, schemas;
// reddit.com/dev/api, "response body encoding".
#include <cstring>
#include <optional>

#include "post/dialect.h"
#include "post/html_text.h"

namespace hashcart::post {
namespace {

enum class Key : std::uint8_t {
  // A thing.
  kKind,
  kData,
  kChildren,
  // A comment or a submission.
  kId,
  kName,
  kAuthor,
  kAuthorFullname,
  kCreatedUtc,
  kBody,
  kBodyHtml,
  kLinkId,
  kParentId,
  kReplies,
  kSubreddit,
  kTitle,
  kSelftext,
  kSelftextHtml,
  kUrl,
  kIsSelf,
  kCrosspostParent,
  kCrosspostParentList,
  kCount
};
constexpr KeyTable<Key> kKeys({"kind",
                               "data",
                               "children",
                               "id",
                               "name",
                               "author",
                               "author_fullname",
                               "created_utc",
                               "body",
                               "body_html",
                               "link_id",
                               "parent_id",
                               "replies",
                               "subreddit",
                               "title",
                               "selftext",
                               "selftext_html",
                               "url",
                               "is_self",
                               "crosspost_parent",
                               "crosspost_parent_list"});

// Reddit shows ten levels of replies, each of which is a listing, its data, a thing and its data.
// Below that, posts are passed over.
constexpr int kDepthMax = 60;

// What one object held, until its end tells what it is.
struct Thing {
  MaybeText id, name, parent_id, link_id, crosspost_parent;
  MaybeTime created_utc;
  MaybeText body, title, selftext;
  std::string_view kind, author, author_fullname, body_html, selftext_html, url, subreddit;
  bool parent_is_number = false;
  bool is_self = false;
  bool is_page = false;
  bool is_crosspost = false;
  std::string_view original_id;
  // Index of its Post once a post inside it had to come after it.
  std::optional<std::size_t> slot;
};

bool is_gone(std::string_view text) noexcept { return text == "[deleted]" || text == "[removed]"; }

std::string_view with_prefix(std::string_view prefix, std::string_view id, Arena* arena) {
  if (id.empty() || id.starts_with(prefix)) return id;
  char* at = arena->take(prefix.size() + id.size());
  std::memcpy(at, prefix.data(), prefix.size());
  std::memcpy(at + prefix.size(), id.data(), id.size());
  return {at, prefix.size() + id.size()};
}

// A number as Reddit writes it in ids.
std::string_view base36(std::uint64_t number, Arena* arena) {
  constexpr std::size_t kDigitsMax = 13;
  char* at = arena->take(kDigitsMax);
  std::size_t first = kDigitsMax;
  do {
    at[--first] = "0123456789abcdefghijklmnopqrstuvwxyz"[number % 36];
    number /= 36;
  } while (number != 0);
  return {at + first, kDigitsMax - first};
}

bool is_http(std::string_view url) noexcept {
  return url.starts_with("https://") || url.starts_with("http://");
}

// Adds the links of [shown](url) and [shown](<url> "title"). The place of a link is all of it, so
// that a URL that is shown is not read as another link.
void add_markdown_links(ReadContext* context, Post* post) {
  constexpr std::size_t kUrlBytesMax = 2048;
  constexpr std::size_t kTitleBytesMax = 512;  // with the bracket that closes
  const std::string_view text = post->text;
  std::size_t open = std::string_view::npos;  // the last [ before this
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '[') {
      open = i;
    } else if (text[i] == ']' && open != std::string_view::npos) {
      std::size_t at = i + 1;
      if (at >= text.size() || text[at] != '(') continue;  // [[shown]](url)
      const std::size_t shown = open;
      open = std::string_view::npos;
      ++at;
      if (at < text.size() && text[at] == '<') ++at;
      if (!is_http(text.substr(at, 8))) continue;
      // To a blank, an angle bracket, or the bracket that is not opened in the URL itself.
      std::size_t end = at;
      std::size_t depth = 0;
      bool escaped = false;
      for (; end < text.size() && end - at < kUrlBytesMax; ++end) {
        const char c = text[end];
        if (static_cast<unsigned char>(c) <= ' ' || c == '>') break;
        if (c == '\\') {
          escaped = true;
          ++end;
        } else if (c == '(') {
          ++depth;
        } else if (c == ')' && depth-- == 0) {
          break;
        }
      }
      if (end >= text.size() || end - at >= kUrlBytesMax) continue;
      const std::size_t title = text.substr(end, kTitleBytesMax).find(')');
      if (title == std::string_view::npos) continue;
      const std::size_t close = end + title;
      std::string_view url = text.substr(at, end - at);
      if (escaped) {  // \_ and the like: a backslash before punctuation is not of the URL
        char* out = context->arena().take(url.size());
        std::size_t size = 0;
        for (std::size_t k = 0; k < url.size(); ++k) {
          if (url[k] == '\\' && k + 1 < url.size()) ++k;
          out[size++] = url[k];
        }
        url = {out, size};
      }
      post->links.push_back(
          {url, static_cast<std::uint32_t>(shown), static_cast<std::uint32_t>(close + 1)});
      i = close;
    }
  }
}

class RedditReader final : public DialectReader {
 public:
  RejectReason read(od::object object, ReadContext* context) noexcept override {
    context_ = context;
    std::string_view id;
    return read_object(object, Role::kMain, {}, 0, &id);
  }

 private:
  // kind: that of the thing around, where it is known already. *id: the post's id.
  [[nodiscard]] RejectReason read_object(od::object object, Role role, std::string_view kind,
                                         int depth, std::string_view* id) noexcept {
    Thing it;
    it.kind = kind;
    HASHCART_TRY(each_known_field(object, kKeys, [&](Key key, od::value value) {
      return read_field(key, value, role, depth, &it);
    }));
    return finish(it, role, depth, id);
  }

  [[nodiscard]] RejectReason read_field(Key key, od::value value, Role role, int depth,
                                        Thing* it) noexcept {
    switch (key) {
      case Key::kKind:
        return read_optional_text(value, &it->kind);
      case Key::kData:
        it->is_page = true;
        return read_inside(value, it->kind, depth);
      case Key::kChildren:
        it->is_page = true;
        return read_inside(value, {}, depth);
      case Key::kReplies:
        // "" where there are none. The parent stands before its replies.
        {
          JsonKind kind = JsonKind::kAbsent;
          HASHCART_TRY(read_kind(value, &kind));
          if (kind != JsonKind::kObject) return RejectReason::kNone;
        }
        if (role != Role::kMain) return RejectReason::kNone;
        reserve_slot(it);
        return read_inside(value, {}, depth);
      case Key::kId:
        return read_id(value, &it->id);
      case Key::kName:
        return read_id(value, &it->name);
      case Key::kAuthor:
        return read_optional_text(value, &it->author);
      case Key::kAuthorFullname:
        return read_optional_text(value, &it->author_fullname);
      case Key::kCreatedUtc:
        return read_epoch_seconds(value, &it->created_utc);
      case Key::kBody:
        return read_text(value, &it->body);
      case Key::kBodyHtml:
        return read_optional_text(value, &it->body_html);
      case Key::kLinkId:
        return read_id(value, &it->link_id);
      case Key::kParentId: {
        JsonKind kind = JsonKind::kAbsent;
        HASHCART_TRY(read_kind(value, &kind));
        it->parent_is_number = kind == JsonKind::kNumber;
        return read_id(value, &it->parent_id);
      }
      case Key::kSubreddit:
        return read_optional_text(value, &it->subreddit);
      case Key::kTitle:
        return read_text(value, &it->title);
      case Key::kSelftext:
        return read_text(value, &it->selftext);
      case Key::kSelftextHtml:
        return read_optional_text(value, &it->selftext_html);
      case Key::kUrl:
        return read_optional_text(value, &it->url);
      case Key::kIsSelf:
        return read_optional_bool(value, &it->is_self);
      case Key::kCrosspostParent:
        return read_id(value, &it->crosspost_parent);
      case Key::kCrosspostParentList:
        if (depth >= kDepthMax) return RejectReason::kNone;
        return each_optional_element(value, [&](od::value element) {
          return with_optional_object(element, [&](od::object original) {
            it->is_crosspost = true;
            reserve_slot(it);
            return read_object(original, role == Role::kMain ? Role::kRepostOf : Role::kIncluded,
                               "t3", depth + 1, &it->original_id);
          });
        });
      case Key::kCount:
        break;
    }
    return RejectReason::kNone;
  }

  // The object, or the objects of an array: posts of their own.
  [[nodiscard]] RejectReason read_inside(od::value value, std::string_view kind,
                                         int depth) noexcept {
    if (depth >= kDepthMax) return RejectReason::kNone;
    JsonKind json = JsonKind::kAbsent;
    HASHCART_TRY(read_kind(value, &json));
    const auto read_one = [&](od::object object) {
      std::string_view id;
      return read_object(object, Role::kMain, kind, depth + 1, &id);
    };
    if (json != JsonKind::kArray) return with_object(value, read_one);
    return each_element(value, [&](od::value one) { return with_optional_object(one, read_one); });
  }

  void reserve_slot(Thing* it) {
    if (!it->slot)
      it->slot = context_->add_post(Dialect::kReddit, base::Platform::kReddit, Role::kMain);
  }

  // Decides what the object was. At the top it must be a thing or a post; below, what is neither
  // is passed over.
  [[nodiscard]] RejectReason finish(const Thing& it, Role role, int depth,
                                    std::string_view* id) noexcept {
    const bool embedded = role != Role::kMain;
    const bool is_comment = it.body.present && (it.kind == "t1" || it.link_id.present ||
                                                it.parent_id.present || !it.subreddit.empty());
    const bool is_submission = it.title.present && (it.kind == "t3" || !it.subreddit.empty());
    if (it.is_page || !(is_comment || is_submission)) {
      if (it.slot) context_->remove_post(*it.slot);
      const bool good = it.is_page || embedded || depth > 0;
      return good ? RejectReason::kNone : RejectReason::kUnknownDialect;
    }
    if (!it.id.present && !it.name.present) {
      if (it.slot) context_->remove_post(*it.slot);
      return embedded ? RejectReason::kNone : RejectReason::kNoId;
    }
    for (const MaybeText* one :
         {&it.id, &it.name, &it.parent_id, &it.link_id, &it.crosspost_parent}) {
      HASHCART_TRY(check_optional_id(*one));
    }
    HASHCART_TRY(check_optional_id(it.author_fullname));
    HASHCART_TRY(check_optional_id(it.author));
    Arena* arena = &context_->arena();
    const std::string_view bare = it.name.filled() ? it.name.text : it.id.text;
    HASHCART_TRY(check_id(bare));
    const std::size_t index =
        it.slot ? *it.slot : context_->add_post(Dialect::kReddit, base::Platform::kReddit, role);
    Post& post = context_->post(index);
    post.role = role;
    post.id = with_prefix(is_comment ? "t1_" : "t3_", bare, arena);
    post.chain_id = post.id;
    if (!it.created_utc.present && !embedded) return RejectReason::kNoTime;
    post.has_time = post.time_is_platforms = it.created_utc.present;
    post.time = it.created_utc.time;
    if (!is_gone(it.author)) {
      post.author_handle = it.author;
      post.author_id = it.author_fullname.empty() ? it.author : it.author_fullname;
    }
    if (is_comment) post.reply_to = parent_of(it, arena);
    post.is_repost = it.is_crosspost || it.crosspost_parent.filled();
    post.repost_of = it.crosspost_parent.filled() ? it.crosspost_parent.text : it.original_id;
    const std::string_view html = is_comment ? it.body_html : it.selftext_html;
    const bool is_raw = html.starts_with('<');
    set_text(it, is_comment, is_raw, &post);
    add_markdown_links(context_, &post);
    if (!is_comment && !it.is_self) {
      const std::string_view url = is_raw ? it.url : decode_x_text(it.url, {}, arena);
      if (is_http(url)) post.links.push_back({url, 0, 0});
    }
    *id = post.id;
    return RejectReason::kNone;
  }

  // Pushshift's API of 2022 and 2023 gave the parent as a number, and only where it was a comment.
  [[nodiscard]] static std::string_view parent_of(const Thing& it, Arena* arena) {
    std::uint64_t number = 0;
    if (it.parent_is_number && parse_digits(it.parent_id.text, &number))
      return with_prefix("t1_", base36(number, arena), arena);
    return it.parent_id.filled() ? it.parent_id.text : it.link_id.text;
  }

  // A comment's body; a submission's title and, on lines of its own, its selftext.
  void set_text(const Thing& it, bool is_comment, bool is_raw, Post* post) {
    Arena* arena = &context_->arena();
    std::string_view text = is_comment ? it.body.text : it.title.text;
    if (is_gone(text)) text = {};
    if (!is_comment && it.selftext.filled() && !is_gone(it.selftext.text)) {
      char* at = arena->take(text.size() + 1 + it.selftext.text.size());
      std::memcpy(at, text.data(), text.size());
      at[text.size()] = '\n';
      std::memcpy(at + text.size() + 1, it.selftext.text.data(), it.selftext.text.size());
      text = {at, text.size() + 1 + it.selftext.text.size()};
    }
    post->text = is_raw ? text : decode_x_text(text, {}, arena);
  }

  ReadContext* context_ = nullptr;
};

// A line of a dump. A submission of a sub-set of keys still has one of the last three.
bool is_line(const ObjectOutline& outline) noexcept {
  if (!outline.is_string(OutlineKey::kSubreddit)) return false;
  if (outline.is_string(OutlineKey::kBody)) return true;
  return outline.is_string(OutlineKey::kTitle) &&
         (outline.has(OutlineKey::kSelftext) || outline.has(OutlineKey::kPermalink) ||
          outline.has(OutlineKey::kUrl));
}

}  // namespace

bool is_reddit(const Outline& outline) noexcept {
  const ObjectOutline& top = outline.top;
  if (top.is_object(OutlineKey::kData) && !top.has(OutlineKey::kDid))
    return top.kind == "t1" || top.kind == "t3" || top.kind == "Listing";
  return is_line(top) || (outline.inner_is_of(OutlineKey::kData) && is_line(outline.inner));
}

std::unique_ptr<DialectReader> make_reddit_reader() { return std::make_unique<RedditReader>(); }

}  // namespace hashcart::post
