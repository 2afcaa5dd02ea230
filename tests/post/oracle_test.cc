// The real posts of each dialect, against a slow reading of them by nlohmann-json that shares no
// code with ours.
#include <gtest/gtest.h>

#include <time.h>

#include <algorithm>
#include <cstdint>
#include <ctime>
#include <optional>
#include <regex>

#include "base/utf8.h"
#include "post/post_testing.h"

namespace hashcart::post {
namespace {

using Json = nlohmann::json;
namespace fs = std::filesystem;

// --- What the payload says, read slowly ---

std::string text_of(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return {};
  return found->is_string() ? found->get<std::string>() : found->dump();
}

std::string first_of(const Json& object, std::initializer_list<const char*> keys) {
  for (const char* key : keys) {
    if (std::string text = text_of(object, key); !text.empty()) return text;
  }
  return {};
}

const Json& member(const Json& object, const char* key) {
  static const Json kNone;
  const auto found = object.find(key);
  return found == object.end() ? kNone : *found;
}

std::string replace_all(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos;
       at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

// &amp; last, so that nothing is decoded twice.
std::string unescape_x(const std::string& text) {
  return replace_all(replace_all(replace_all(text, "&lt;", "<"), "&gt;", ">"), "&amp;", "&");
}

// Code points [first, last) of the text; nothing where it has fewer.
std::string slice(const std::string& text, std::size_t first, std::size_t last) {
  std::vector<std::size_t> starts;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xC0U) != 0x80U) starts.push_back(i);
  }
  starts.push_back(text.size());
  if (first >= last || last >= starts.size()) return {};
  return text.substr(starts[first], starts[last] - starts[first]);
}

struct Mark {
  std::string value;
  std::string shown;  // empty: does not stand where the payload says
};

struct Expected {
  std::string id, local_id, author, text, reply_to;
  std::optional<std::int64_t> seconds;  // since 1970, where the dialect's reading says
  bool check_text = true;
  std::vector<Mark> tags, links;
};

void add_entities(const Json& entities, const std::string& raw, bool v2, Expected* out) {
  if (!entities.is_object()) return;
  const auto slice_of = [&](const Json& entity) {
    if (v2)
      return slice(raw, entity.value("start", std::size_t{0}), entity.value("end", std::size_t{0}));
    const Json& indices = member(entity, "indices");
    return indices.is_array() && indices.size() == 2 ? slice(raw, indices[0], indices[1])
                                                     : std::string();
  };
  for (const Json& entity : member(entities, "hashtags")) {
    Mark mark{text_of(entity, v2 ? "tag" : "text"), slice_of(entity)};
    if (mark.shown != "#" + mark.value && mark.shown != "\xEF\xBC\x83" + mark.value)
      mark.shown.clear();
    if (!mark.value.empty()) out->tags.push_back(mark);
  }
  for (const Json& entity : member(entities, "urls")) {
    Mark mark{{}, slice_of(entity)};
    mark.value = v2 ? text_of(entity, "unwound_url") : std::string();
    const Json& unwound = member(entity, "unwound");
    if (!v2 && unwound.is_object()) mark.value = text_of(unwound, "url");
    if (mark.value.empty()) mark.value = first_of(entity, {"expanded_url", "url"});
    if (mark.shown != text_of(entity, "url")) mark.shown.clear();
    if (!mark.value.empty()) out->links.push_back(mark);
  }
}

std::optional<Expected> expect_x_v1(const Json& status) {
  if (!status.is_object() || !member(status, "user").is_object()) return std::nullopt;
  if (!status.contains("id_str") && !member(status, "id").is_number()) return std::nullopt;
  Expected out;
  out.id = first_of(status, {"id_str", "id"});
  out.author = first_of(status["user"], {"id_str", "id"});
  out.reply_to = first_of(status, {"in_reply_to_status_id_str", "in_reply_to_status_id"});
  const Json& extended = member(status, "extended_tweet");
  const std::string raw = extended.is_object() ? text_of(extended, "full_text")
                                               : first_of(status, {"full_text", "text"});
  out.text = unescape_x(raw);
  add_entities(member(extended.is_object() ? extended : status, "entities"), raw, false, &out);
  const std::string itself = "/i/web/status/" + out.id;
  if (status.value("truncated", false) && !extended.is_object()) {
    std::erase_if(out.links, [&](const Mark& link) { return link.value.ends_with(itself); });
  }
  return out;
}

std::optional<Expected> expect_x_v2(const Json& tweet) {
  if (!member(tweet, "id").is_string() || !member(tweet, "text").is_string()) return std::nullopt;
  // A test's made-up id tells no time.
  if (!tweet.contains("created_at") && text_of(tweet, "id").size() < 15) return std::nullopt;
  Expected out;
  out.id = text_of(tweet, "id");
  out.author = text_of(tweet, "author_id");
  if (out.author.empty() && member(tweet, "author").is_object())
    out.author = text_of(tweet["author"], "id");
  for (const Json& reference : member(tweet, "referenced_tweets")) {
    if (text_of(reference, "type") == "replied_to") out.reply_to = text_of(reference, "id");
  }
  const Json& note = member(tweet, "note_tweet");
  const std::string raw = text_of(note.is_object() ? note : tweet, "text");
  out.text = unescape_x(raw);
  add_entities(member(note.is_object() ? note : tweet, "entities"), raw, true, &out);
  return out;
}

std::optional<Expected> expect_mastodon(const Json& status) {
  if (!status.is_object() || !status.contains("uri") || !status.contains("content"))
    return std::nullopt;
  Expected out;
  out.id = text_of(status, "uri");
  out.local_id = text_of(status, "id");
  out.author = text_of(status["account"], "id");
  out.reply_to = text_of(status, "in_reply_to_id");
  out.check_text = false;
  for (const Json& tag : member(status, "tags")) out.tags.push_back({text_of(tag, "name"), {}});
  return out;
}

std::optional<Expected> expect_bluesky(const Json& event) {
  const Json& commit = member(event, "commit");
  if (!commit.is_object() || text_of(commit, "collection") != "app.bsky.feed.post")
    return std::nullopt;
  if (!member(commit, "record").is_object()) return std::nullopt;
  Expected out;
  out.id = "at://" + text_of(event, "did") + "/app.bsky.feed.post/" + text_of(commit, "rkey");
  out.author = text_of(event, "did");
  out.text = text_of(commit["record"], "text");
  const Json& reply = member(commit["record"], "reply");
  if (reply.is_object()) out.reply_to = text_of(reply["parent"], "uri");
  return out;
}

std::int64_t seconds_of(const std::string& text, const char* format, std::int64_t offset) {
  std::tm parts{};
  if (::strptime(text.c_str(), format, &parts) == nullptr) return -1;
  return ::timegm(&parts) - offset;
}

bool is_http(const std::string& url) {
  return url.starts_with("http://") || url.starts_with("https://");
}

std::string after_last(const std::string& text, char sign) {
  return text.substr(text.rfind(sign) + 1);
}

std::optional<Expected> expect_gnip(const Json& activity) {
  if (!activity.is_object() || text_of(activity, "objectType") != "activity") return std::nullopt;
  Expected out;
  out.id = after_last(text_of(activity, "id"), ':');
  out.author = after_last(text_of(activity["actor"], "id"), ':');
  out.seconds = seconds_of(text_of(activity, "postedTime"), "%Y-%m-%dT%H:%M:%S", 0);
  const Json& reply = member(activity, "inReplyTo");
  if (reply.is_object()) out.reply_to = after_last(text_of(reply, "link"), '/');
  const Json& longer = member(activity, "long_object");
  const Json& source = longer.is_object() ? longer : activity;
  const std::string raw = text_of(source, "body");
  out.text = unescape_x(raw);
  add_entities(member(source, "twitter_entities"), raw, false, &out);
  const Json& gnip = member(activity, "gnip");
  if (!gnip.is_object()) return out;
  for (const Json& url : member(gnip, "urls")) {
    const std::string from = text_of(url, "url");
    const std::string to = text_of(url, "expanded_url");
    if (to.empty()) continue;
    bool known = text_of(activity, "verb") == "share";
    for (Mark& link : out.links) {
      if (link.shown != from) continue;
      link.value = to;
      known = true;
    }
    const Json& quoted = member(activity, "twitter_quoted_status");
    // In its body, or its long one.
    if (quoted.is_object() && quoted.dump().find("\"" + from + "\"") != std::string::npos)
      known = true;
    if (known) continue;
    out.links.push_back({to, out.text.find(from) == std::string::npos ? "" : from});
  }
  std::erase_if(out.links, [&](const Mark& link) {
    return link.value == "https://twitter.com/i/web/status/" + out.id;
  });
  return out;
}

std::optional<Expected> expect_weibo(const Json& status) {
  if (!status.is_object() || !status.contains("idstr")) return std::nullopt;
  Expected out;
  out.id = text_of(status, "idstr");
  out.local_id = text_of(status, "mblogid");
  out.author = text_of(status["user"], "idstr");
  out.seconds = seconds_of(text_of(status, "created_at"), "%a %b %d %H:%M:%S +0800 %Y", 8 * 3600);
  out.reply_to = text_of(status, "in_reply_to_status_id");
  out.text = first_of(status, {"text_raw", "text"});
  const bool is_repost = member(status, "retweeted_status").is_object();
  if (is_repost) out.text = out.text.substr(0, out.text.find("//@"));
  for (const Json& topic : member(status, "topic_struct")) {
    out.tags.push_back({text_of(topic, "topic_title"), {}});
  }
  for (const Json& url : member(status, "url_struct")) {
    const std::string from = text_of(url, "short_url");
    const bool stands = out.text.find(from) != std::string::npos;
    if (stands || !is_repost) out.links.push_back({text_of(url, "long_url"), stands ? from : ""});
  }
  const Json& page = member(status, "page_info");
  if (page.is_object() && is_http(text_of(page, "page_url")))
    out.links.push_back({text_of(page, "page_url"), {}});
  return out;
}

std::optional<Expected> expect_reddit(const Json& thing) {
  if (!thing.is_object() || !(thing.contains("body") || thing.contains("title")))
    return std::nullopt;
  Expected out;
  const bool is_comment = thing.contains("body");
  out.id = (is_comment ? "t1_" : "t3_") + text_of(thing, "id");
  out.author = first_of(thing, {"author_fullname", "author"});
  out.seconds = std::stoll(text_of(thing, "created_utc"));
  if (is_comment) out.reply_to = text_of(thing, "parent_id");
  out.text = text_of(thing, is_comment ? "body" : "title");
  const std::string more = text_of(thing, "selftext");
  if (!is_comment && !more.empty() && more != "[removed]") out.text += "\n" + more;
  const bool is_raw = first_of(thing, {"body_html", "selftext_html"}).starts_with("<");
  if (!is_raw) out.text = unescape_x(out.text);
  static const std::regex kLink(
      R"(\[(?:[^\[\]\\]|\\.)*\]+\((https?://(?:[^\s()\\]|\\.|\([^\s()]*\))+)(?:\s[^)]{0,500})?\))");
  for (std::sregex_iterator it(out.text.begin(), out.text.end(), kLink), end; it != end; ++it) {
    static const std::regex kEscape(R"(\\(.))");
    out.links.push_back({std::regex_replace((*it)[1].str(), kEscape, "$1"), it->str()});
  }
  if (!is_comment && !thing.value("is_self", false) && is_http(text_of(thing, "url")))
    out.links.push_back({unescape_x(text_of(thing, "url")), {}});
  return out;
}

std::optional<Expected> expect_tiktok(const Json& video) {
  if (!video.is_object() || !video.contains("createTime")) return std::nullopt;
  Expected out;
  out.id = text_of(video, "id");
  out.author = text_of(video.contains("author") ? video["author"] : video["authorMeta"], "id");
  out.seconds = std::stoll(text_of(video, "createTime"));
  out.text = first_of(video, {"desc", "text"});
  const auto add = [&](const std::string& name) {
    const auto same = [&](const Mark& tag) { return tag.value == name; };
    if (!name.empty() && std::none_of(out.tags.begin(), out.tags.end(), same))
      out.tags.push_back({name, {}});
  };
  // In the order the lists stand in: nlohmann sorts keys, and the files have challenges first.
  for (const Json& tag : member(video, "challenges")) add(text_of(tag, "title"));
  for (const Json& tag : member(video, "textExtra")) add(text_of(tag, "hashtagName"));
  for (const Json& tag : member(video, "hashtags")) add(text_of(tag, "name"));
  return out;
}

// --- The two side by side ---

template <class Expect>
std::vector<Expected> expect_record(const Json& root, Expect expect) {
  std::vector<Expected> all;
  const auto add = [&](const Json& one) {
    if (std::optional<Expected> it = expect(one)) all.push_back(*it);
  };
  if (root.is_array()) {
    for (const Json& one : root) add(one);
    return all;
  }
  add(root);
  for (const char* key : {"data", "statuses", "results", "activities"}) {
    const Json& inner = member(root, key);
    if (inner.is_object()) add(inner);
    if (inner.is_array()) {
      for (const Json& one : inner) add(one);
    }
  }
  return all;
}

std::string cut(const Post& post, std::uint32_t start, std::uint32_t end) {
  return std::string(post.text.substr(start, end - start));
}

void compare(const Post& post, const Expected& want, bool with_entities) {
  EXPECT_EQ(post.id, want.id);
  EXPECT_EQ(post.local_id, want.local_id);
  EXPECT_EQ(post.author_id, want.author);
  EXPECT_EQ(post.reply_to, want.reply_to);
  if (want.seconds) {
    EXPECT_TRUE(post.has_time && post.time_is_platforms);
    EXPECT_EQ(post.time / 1000, *want.seconds);
  }
  if (want.check_text) {
    EXPECT_EQ(post.text, want.text);
  }
  EXPECT_TRUE(base::is_valid_utf8(post.text));
  if (!with_entities) return;
  ASSERT_EQ(post.tags.size(), want.tags.size());
  for (std::size_t i = 0; i < post.tags.size(); ++i) {
    EXPECT_EQ(post.tags[i].text, want.tags[i].value);
    if (want.check_text) {
      EXPECT_EQ(cut(post, post.tags[i].start, post.tags[i].end), want.tags[i].shown);
    }
  }
  if (!want.check_text) return;
  ASSERT_EQ(post.links.size(), want.links.size());
  for (std::size_t i = 0; i < post.links.size(); ++i) {
    EXPECT_EQ(post.links[i].url, want.links[i].value);
    EXPECT_EQ(cut(post, post.links[i].start, post.links[i].end), want.links[i].shown);
  }
}

template <class Expect>
void run_oracle(const char* folder, Expect expect, bool with_entities, std::size_t posts_min) {
  const fs::path data = testing::shared_folder() / "data" / "posts" / folder;
  if (!fs::exists(data)) GTEST_SKIP() << data << " is not there";
  PostReader reader;
  ParsedRecord parsed;
  std::size_t posts = 0;
  std::size_t tags = 0;
  std::size_t links = 0;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(data)) {
    if (!entry.is_regular_file() || entry.path().extension() == ".sse") continue;
    SCOPED_TRACE(entry.path().filename().string());
    for (const testing::TestRecord& one : testing::cut_file(entry.path())) {
      const Json root = Json::parse(one.bytes, nullptr, false);
      if (root.is_discarded()) continue;
      const std::vector<Expected> want = expect_record(root, expect);
      if (want.empty()) continue;
      const testing::PaddedRecord record(one.bytes, one.framing);
      reader.read(record.view(), &parsed);
      if (parsed.kind == RecordKind::kRejected) {
        ADD_FAILURE() << name(parsed.reason) << " " << one.bytes.substr(0, 200);
        continue;
      }
      std::vector<const Post*> mains;
      for (std::size_t i = 0; i < parsed.post_count; ++i) {
        if (parsed.posts[i].role == Role::kMain) mains.push_back(&parsed.posts[i]);
      }
      ASSERT_EQ(mains.size(), want.size()) << one.bytes.substr(0, 200);
      for (std::size_t i = 0; i < want.size(); ++i) {
        compare(*mains[i], want[i], with_entities);
        ++posts;
        tags += want[i].tags.size();
        links += want[i].links.size();
      }
      if (::testing::Test::HasFailure()) return;
    }
  }
  EXPECT_GE(posts, posts_min);
  std::printf("conformance: posts of %s %zu/%zu as read slowly, %zu tags, %zu links\n", folder,
              posts, posts, tags, links);
}

TEST(PostOracle, XV1AgreesWithNlohmann) { run_oracle("x_v1", expect_x_v1, true, 2000); }
TEST(PostOracle, XV2AgreesWithNlohmann) { run_oracle("x_v2", expect_x_v2, true, 500); }
TEST(PostOracle, MastodonAgreesWithNlohmann) { run_oracle("mastodon", expect_mastodon, true, 50); }
TEST(PostOracle, BlueskyAgreesWithNlohmann) { run_oracle("bluesky", expect_bluesky, false, 15); }
TEST(PostOracle, GnipAgreesWithNlohmann) { run_oracle("gnip", expect_gnip, true, 50); }
TEST(PostOracle, WeiboAgreesWithNlohmann) { run_oracle("weibo", expect_weibo, true, 177); }
TEST(PostOracle, RedditAgreesWithNlohmann) { run_oracle("reddit", expect_reddit, true, 181); }
TEST(PostOracle, TiktokAgreesWithNlohmann) { run_oracle("tiktok", expect_tiktok, true, 210); }

}  // namespace
}  // namespace hashcart::post
