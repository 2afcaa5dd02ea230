// TikTok: videos, in the four shapes they are met in, and pages of them.
//
//   Research API  {"id":7,"video_description":"..","create_time":1,"username":"..",
//                  "hashtag_names":[".."]}
//   web           {"id":"7","desc":"..","createTime":1,"author":{"id","uniqueId"},
//                  "textExtra":[{"hashtagName"}],"challenges":[{"title"}]}; in the JSON of a page
//                  `author` is the name and `authorId` the id
//   app           {"aweme_id":"7","desc":"..","create_time":1,"author":{"uid","unique_id"},
//                  "text_extra":[{"hashtag_name"}],"cha_list":[{"cha_name"}]}
//   scraper       {"id":"7","text":"..","createTime":1,"authorMeta":{"id","name"},
//                  "hashtags":[{"name"}],"webVideoUrl":".."}
//   pages         {"data":{"videos":[..]}}, {"itemList":[..]}, {"item_list":[..]},
//                 {"aweme_list":[..]}, {"collector":[..]}; {"itemInfo":{"itemStruct":{..}}},
//                 {"aweme_detail":{..}}; and Zeeschuimer's {"nav_index","item_id",
//                 "source_platform":"tiktok.com","data":{..}} around one video
//
// The caption is plain text. Tags are the text's and the lists'; the lists' offsets are not used.
// A caption holds no links. Commerce is by `anchors` and `products_info`, of which no source says
// what they look like: they are not read. Comments are not read.
//
// The time is TikTok's own clock, in whole seconds, a number or a string of one; where it is
// missing the id has it in its upper 32 bits (true of 210 real ids but for 81 seconds at most). The
// Research API names authors by username alone.
//
// Source: developers.tiktok.com, "Query Videos"; 4cat, datasources/tiktok/search_tiktok.py;
// drawrowfly/tiktok-scraper, README.
#include <algorithm>
#include <optional>

#include "post/dialect.h"

namespace hashcart::post {
namespace {

enum class Key : std::uint8_t {
  kId,
  kAwemeId,
  kCreateTime,
  kCreateTimeSnake,
  kDesc,
  kText,
  kVideoDescription,
  kAuthor,
  kAuthorId,
  kAuthorMeta,
  kUsername,
  kPrivateItem,
  kSecret,
  kTextExtra,
  kTextExtraSnake,
  kChallenges,
  kChaList,
  kHashtags,
  kHashtagNames,
  // Pages and wrappers.
  kData,
  kVideos,
  kItemList,
  kItemListSnake,
  kAwemeList,
  kCollector,
  kItemInfo,
  kItemStruct,
  kAwemeDetail,
  kCount
};
constexpr KeyTable<Key> kKeys({"id",        "aweme_id",   "createTime",        "create_time",
                               "desc",      "text",       "video_description", "author",
                               "authorId",  "authorMeta", "username",          "privateItem",
                               "secret",    "textExtra",  "text_extra",        "challenges",
                               "cha_list",  "hashtags",   "hashtag_names",     "data",
                               "videos",    "itemList",   "item_list",         "aweme_list",
                               "collector", "itemInfo",   "itemStruct",        "aweme_detail"});

enum class AuthorKey : std::uint8_t {
  kId,
  kUid,
  kUniqueId,
  kUniqueIdSnake,
  kName,
  kPrivateAccount,
  kCount
};
constexpr KeyTable<AuthorKey> kAuthorKeys({"id", "uid", "uniqueId", "unique_id", "name",
                                           "privateAccount"});

enum class TagKey : std::uint8_t {
  kHashtagName,
  kHashtagNameSnake,
  kTitle,
  kChaName,
  kName,
  kCount
};
constexpr KeyTable<TagKey> kTagKeys({"hashtagName", "hashtag_name", "title", "cha_name", "name"});

// A page, its data, and a wrapper around. Below that, videos are passed over.
constexpr int kDepthMax = 4;

// What one object held, until its end tells what it is.
struct Video {
  MaybeText id, aweme_id, author_id, outer_author_id, username;
  MaybeText desc, text, video_description;
  MaybeTime time;
  std::string_view handle;
  bool is_private = false;
  bool is_page = false;
  bool has_author = false;
  std::size_t tags_begin = 0;
};

// The upper half of an id is the second it was made.
std::optional<base::EventTimeMs> time_in_id(std::string_view id) noexcept {
  std::uint64_t number = 0;
  constexpr std::size_t kDigitsMin = 18;
  if (id.size() > kDigitsMin + 1 || id.size() < kDigitsMin) return std::nullopt;
  for (const char c : id) {
    if (c < '0' || c > '9') return std::nullopt;
    number = number * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return static_cast<base::EventTimeMs>((number >> 32U) * 1000);
}

class TiktokReader final : public DialectReader {
 public:
  RejectReason read(od::object object, ReadContext* context) noexcept override {
    context_ = context;
    tags_.clear();
    return read_object(object, 0);
  }

 private:
  [[nodiscard]] RejectReason read_object(od::object object, int depth) noexcept {
    Video it;
    it.tags_begin = tags_.size();
    HASHCART_TRY(each_known_field(object, kKeys, [&](Key key, od::value value) {
      return read_field(key, value, depth, &it);
    }));
    const RejectReason reason = finish(it, depth);
    tags_.resize(it.tags_begin);
    return reason;
  }

  [[nodiscard]] RejectReason read_field(Key key, od::value value, int depth, Video* it) noexcept {
    switch (key) {
      case Key::kId:
        return read_id(value, &it->id);
      case Key::kAwemeId:
        return read_id(value, &it->aweme_id);
      case Key::kCreateTime:
      case Key::kCreateTimeSnake:
        return read_epoch_seconds(value, &it->time);
      case Key::kDesc:
        return read_text(value, &it->desc);
      case Key::kText:
        return read_text(value, &it->text);
      case Key::kVideoDescription:
        return read_text(value, &it->video_description);
      case Key::kAuthor: {
        it->has_author = true;
        JsonKind kind = JsonKind::kAbsent;
        HASHCART_TRY(read_kind(value, &kind));
        if (kind == JsonKind::kString) return read_optional_text(value, &it->handle);
        return with_object(value, [&](od::object author) { return read_author(author, it); });
      }
      case Key::kAuthorMeta:
        it->has_author = true;
        return with_object(value, [&](od::object author) { return read_author(author, it); });
      case Key::kAuthorId:
        return read_id(value, &it->outer_author_id);
      case Key::kUsername:
        return read_text(value, &it->username);
      case Key::kPrivateItem:
      case Key::kSecret: {
        bool is_private = false;
        HASHCART_TRY(read_optional_bool(value, &is_private));
        it->is_private = it->is_private || is_private;
        return RejectReason::kNone;
      }
      case Key::kTextExtra:
      case Key::kTextExtraSnake:
      case Key::kChallenges:
      case Key::kChaList:
      case Key::kHashtags:
      case Key::kHashtagNames:
        return each_optional_element(value, [&](od::value one) { return read_tag(key, one, *it); });
      case Key::kData:
      case Key::kVideos:
      case Key::kItemList:
      case Key::kItemListSnake:
      case Key::kAwemeList:
      case Key::kCollector:
      case Key::kItemInfo:
      case Key::kItemStruct:
      case Key::kAwemeDetail:
        it->is_page = true;
        return read_inside(value, depth);
      case Key::kCount:
        break;
    }
    return RejectReason::kNone;
  }

  [[nodiscard]] static RejectReason read_author(od::object author, Video* it) noexcept {
    return each_known_field(author, kAuthorKeys, [&](AuthorKey key, od::value value) {
      switch (key) {
        case AuthorKey::kId:
        case AuthorKey::kUid:
          return it->author_id.filled() ? RejectReason::kNone : read_id(value, &it->author_id);
        case AuthorKey::kUniqueId:
        case AuthorKey::kUniqueIdSnake:
        case AuthorKey::kName:
          return read_optional_text(value, &it->handle);
        case AuthorKey::kPrivateAccount: {
          bool is_private = false;
          HASHCART_TRY(read_optional_bool(value, &is_private));
          it->is_private = it->is_private || is_private;
          return RejectReason::kNone;
        }
        case AuthorKey::kCount:
          break;
      }
      return RejectReason::kNone;
    });
  }

  // A name, or an object that has it under one of several keys. textExtra lists mentions too, with
  // an empty name; a scraper's `title` is the tag's description.
  [[nodiscard]] RejectReason read_tag(Key list, od::value element, const Video& it) noexcept {
    std::string_view name;
    JsonKind kind = JsonKind::kAbsent;
    HASHCART_TRY(read_kind(element, &kind));
    if (kind == JsonKind::kString) {
      HASHCART_TRY(read_optional_text(element, &name));
    } else {
      HASHCART_TRY(with_optional_object(element, [&](od::object object) {
        return each_known_field(object, kTagKeys, [&](TagKey key, od::value value) {
          if ((key == TagKey::kTitle) != (list == Key::kChallenges)) return RejectReason::kNone;
          return read_optional_text(value, &name);
        });
      }));
    }
    // The lists of one video name the same tags.
    const auto first = tags_.begin() + static_cast<std::ptrdiff_t>(it.tags_begin);
    constexpr std::ptrdiff_t kTagsMax = 200;
    if (name.empty() || tags_.end() - first >= kTagsMax) return RejectReason::kNone;
    if (std::find(first, tags_.end(), name) == tags_.end()) tags_.push_back(name);
    return RejectReason::kNone;
  }

  [[nodiscard]] RejectReason read_inside(od::value value, int depth) noexcept {
    if (depth >= kDepthMax) return RejectReason::kNone;
    JsonKind kind = JsonKind::kAbsent;
    HASHCART_TRY(read_kind(value, &kind));
    const auto read_one = [&](od::object object) { return read_object(object, depth + 1); };
    if (kind != JsonKind::kArray) return with_optional_object(value, read_one);
    return each_element(value, [&](od::value one) { return with_optional_object(one, read_one); });
  }

  // At the top the object must be a video or a page; below, what is neither is passed over.
  [[nodiscard]] RejectReason finish(const Video& it, int depth) noexcept {
    const MaybeText& id = it.aweme_id.filled() ? it.aweme_id : it.id;
    const MaybeText& text = it.desc.present                ? it.desc
                            : it.video_description.present ? it.video_description
                                                           : it.text;
    const bool has_caption =
        it.desc.present || it.video_description.present || (it.text.present && it.has_author);
    if (it.is_page || !(has_caption || it.aweme_id.present)) {
      return it.is_page || depth > 0 ? RejectReason::kNone : RejectReason::kUnknownDialect;
    }
    if (!id.present) return depth > 0 ? RejectReason::kNone : RejectReason::kNoId;
    HASHCART_TRY(check_optional_id(id));
    HASHCART_TRY(check_id(id.text));
    for (const MaybeText* one : {&it.author_id, &it.outer_author_id, &it.username}) {
      HASHCART_TRY(check_optional_id(*one));
    }
    HASHCART_TRY(check_optional_id(it.handle));
    std::optional<base::EventTimeMs> time = it.time.time;
    if (!it.time.present) time = time_in_id(id.text);
    if (!time) return RejectReason::kNoTime;
    Post& post =
        context_->post(context_->add_post(Dialect::kTiktok, base::Platform::kTiktok, Role::kMain));
    post.id = post.chain_id = id.text;
    post.has_time = post.time_is_platforms = true;
    post.time = *time;
    post.author_handle = it.username.filled() ? it.username.text : it.handle;
    post.author_id = it.author_id.filled() ? it.author_id.text : it.outer_author_id.text;
    post.author_protected = it.is_private;
    post.text = text.text;
    for (std::size_t i = it.tags_begin; i < tags_.size(); ++i) {
      post.tags.push_back({tags_[i], 0, 0});
    }
    return RejectReason::kNone;
  }

  ReadContext* context_ = nullptr;
  std::vector<std::string_view> tags_;  // of the objects being read, the inner ones last
};

bool is_video(const ObjectOutline& outline) noexcept {
  if (outline.is_string(OutlineKey::kVideoDescription)) return true;
  if (outline.has(OutlineKey::kAwemeId) && outline.has(OutlineKey::kDesc)) return true;
  if (outline.has(OutlineKey::kDesc) && outline.has(OutlineKey::kCreateTime)) return true;
  return outline.has(OutlineKey::kWebVideoUrl) && outline.has(OutlineKey::kAuthorMeta);
}

}  // namespace

bool is_tiktok(const Outline& outline) noexcept {
  const ObjectOutline& top = outline.top;
  if (is_video(top)) return true;
  if (top.has(OutlineKey::kNavIndex) && top.is_object(OutlineKey::kData))
    return top.source_platform.find("tiktok") != std::string_view::npos;
  if (outline.inner_is_of(OutlineKey::kData) && outline.inner.is_array(OutlineKey::kVideos))
    return true;
  if (outline.inner_is_of(OutlineKey::kItemInfo))
    return outline.inner.is_object(OutlineKey::kItemStruct);
  for (const OutlineKey page :
       {OutlineKey::kItemList, OutlineKey::kItemListSnake, OutlineKey::kAwemeList,
        OutlineKey::kCollector, OutlineKey::kAwemeDetail, OutlineKey::kData}) {
    if (outline.inner_is_of(page) && is_video(outline.inner)) return true;
  }
  return false;
}

std::unique_ptr<DialectReader> make_tiktok_reader() { return std::make_unique<TiktokReader>(); }

}  // namespace hashcart::post
