// The real posts of Instagram, Facebook, Threads and Pinterest, against a slow reading of them by
// nlohmann-json that shares no code with ours.
#include <gtest/gtest.h>
#include <time.h>

#include <algorithm>
#include <tuple>

#include "post/post_testing.h"

namespace hashcart::post {
namespace {

using Json = nlohmann::ordered_json;
namespace fs = std::filesystem;

struct Want {
  std::string id, author, handle, text, reply_to, reply_to_author, repost_of;
  std::int64_t time = 0;  // seconds
  std::vector<std::string> links;
  std::vector<std::tuple<std::string, std::string, std::string>> products;
};
using Wants = std::vector<Want>;

// --- What the payload says, read slowly ---

// The member, or null; a path of keys with '/' between them.
Json at(const Json& from, const std::string& path) {
  const std::size_t slash = path.find('/');
  const auto found = from.is_object() ? from.find(path.substr(0, slash)) : from.end();
  if (!from.is_object() || found == from.end()) return nullptr;
  return slash == std::string::npos ? *found : at(*found, path.substr(slash + 1));
}

std::string str(const Json& from, std::initializer_list<const char*> paths) {
  for (const char* path : paths) {
    const Json value = at(from, path);
    if (value.is_string() && !value.get<std::string>().empty()) return value;
    if (value.is_number_integer()) return value.dump();
  }
  return {};
}

std::int64_t seconds(const std::string& text, const char* format) {
  std::tm civil{};
  const char* end = ::strptime(text.c_str(), format, &civil);
  EXPECT_NE(end, nullptr) << text;
  return end == nullptr ? 0 : static_cast<std::int64_t>(::timegm(&civil));
}

std::int64_t time_of(const Json& from, std::initializer_list<const char*> paths) {
  for (const char* path : paths) {
    const Json value = at(from, path);
    if (value.is_number_integer()) return value;
    if (value.is_string()) return seconds(value, "%Y-%m-%dT%H:%M:%S+0000");
  }
  return 0;
}

bool all_digits(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789_") == std::string::npos;
}

void want_instagram(const Json& it, const std::string& parent, const std::string& parent_author,
                    Wants* out) {
  if (it.is_array()) {
    for (const Json& one : it) want_instagram(one, parent, parent_author, out);
    return;
  }
  if (!it.is_object()) return;
  for (const Json& entry : at(it, "entry")) {
    for (const Json& change : at(entry, "changes")) {
      const Json value = at(change, "value");
      if (!value.contains("text")) continue;
      Want want;
      want.id = str(value, {"id"});
      want.author = str(value, {"from/id"});
      want.handle = str(value, {"from/username"});
      want.text = str(value, {"text"});
      want.reply_to = str(value, {"parent_id", "media/id"});
      if (!value.contains("parent_id") && value.contains("media"))
        want.reply_to_author = str(entry, {"id"});
      want.time = time_of(entry, {"time"});
      out->push_back(want);
    }
  }
  for (const char* page : {"data", "mentioned_comment", "mentioned_media"})
    want_instagram(at(it, page), {}, {}, out);
  want_instagram(at(it, "business_discovery/media/data"), {}, {}, out);
  for (const auto& [key, member] : it.items()) {
    if (all_digits(key)) want_instagram(member, {}, {}, out);
  }
  std::string own;
  std::string author;
  if (it.contains("timestamp") || it.contains("created_at_utc")) {
    Want want;
    want.id = own = str(it, {"pk", "id"});
    want.author = author = str(it, {"from/id", "user/pk", "user/id", "owner/id", "user_id"});
    want.handle = str(it, {"user/username", "username"});
    want.text = str(it, {"text", "caption"});
    want.reply_to = str(it, {"parent_id", "parent_comment_id", "media/id", "media_id"});
    if (want.reply_to.empty()) want.reply_to = parent;
    if (want.reply_to == parent) want.reply_to_author = parent_author;
    want.time = time_of(it, {"timestamp", "created_at_utc"});
    out->push_back(want);
  }
  for (const char* list :
       {"replies/data", "preview_child_comments", "comments", "preview_comments"})
    want_instagram(at(it, list), own, author, out);
}

void add_attachment(const Json& it, Want* out) {
  const auto add = [&](std::string url) {
    // No sample has a shim in what is read: unshimmed_url comes first.
    if (!url.empty() && std::find(out->links.begin(), out->links.end(), url) == out->links.end())
      out->links.push_back(std::move(url));
  };
  add(str(it, {"unshimmed_url", "target/url", "url", "link"}));
  for (const Json& part : at(it, "subattachments/data")) add_attachment(part, out);
}

void want_facebook_change(const Json& entry, const Json& change, Wants* out) {
  const Json value = at(change, "value");
  const std::string field = str(change, {"field"});
  const std::string item = str(value, {"item"});
  const std::string verb = str(value, {"verb"});
  if (field != "feed" && field != "mention" && field != "ratings") return;
  if (verb != "add" && verb != "edit" && verb != "edited") return;
  if (item == "like" || item == "reaction" || item == "rating" || item == "album") return;
  if (str(value, {"message", "story", "link", "photo_id"}).empty()) return;
  const bool is_comment = item == "comment";
  Want want;
  want.id = str(value, {is_comment ? "comment_id" : "post_id"});
  want.author = str(value, {"from/id", "sender_id"});
  want.text = str(value, {"message", "story"});
  if (is_comment) {
    want.reply_to = str(value, {"parent_id", "post_id"});
    if (want.reply_to == str(value, {"post_id"}))
      want.reply_to_author = want.reply_to.substr(0, want.reply_to.find('_'));
  }
  want.time = time_of(value, {"created_time"});
  if (want.time == 0) want.time = time_of(entry, {"time"});
  if (item == "share") want.links.push_back(str(value, {"link"}));
  out->push_back(want);
}

void want_facebook(const Json& it, const std::string& parent, const std::string& parent_author,
                   Wants* out) {
  if (it.is_array()) {
    for (const Json& one : it) want_facebook(one, parent, parent_author, out);
    return;
  }
  if (!it.is_object() || it.contains("unread")) return;
  for (const Json& entry : at(it, "entry")) {
    for (const Json& change : at(entry, "changes")) want_facebook_change(entry, change, out);
  }
  want_facebook(at(it, "data"), {}, {}, out);
  for (const auto& [key, member] : it.items()) {
    if (all_digits(key)) want_facebook(member, {}, {}, out);
  }
  if (!it.contains("created_time")) return;
  Want want;
  want.id = str(it, {"id"});
  want.author = str(it, {"from/id"});
  want.text = str(it, {"message", "story"});
  want.time = time_of(it, {"created_time"});
  want.reply_to = parent;
  want.reply_to_author = parent_author;
  // facebook.com/PAGE/posts/POST/?comment_id=COMMENT&reply_comment_id=REPLY
  const std::string permalink = str(it, {"permalink_url"});
  const std::size_t comment_at = permalink.find("?comment_id=");
  if (comment_at != std::string::npos) {
    const std::size_t page_at = permalink.find(".com/") + 5;
    const std::size_t post_at = permalink.find("/posts/") + 7;
    const std::string page = permalink.substr(page_at, post_at - 7 - page_at);
    const std::string post =
        permalink.substr(post_at, permalink.find_first_of("/?", post_at) - post_at);
    std::string comment = permalink.substr(comment_at + 12);
    const std::size_t reply_at = comment.find("&reply_comment_id=");
    std::string last = comment;
    if (reply_at == std::string::npos) {
      want.reply_to = page + "_" + post;
      want.reply_to_author = page;
    } else {
      last = comment.substr(reply_at + 18);
      want.reply_to = post + "_" + comment.substr(0, reply_at);
    }
    if (want.id.empty()) want.id = post + "_" + last;
  }
  if (const std::string link = str(it, {"link"}); !link.empty()) want.links.push_back(link);
  for (const Json& one : at(it, "attachments/data")) add_attachment(one, &want);
  if (at(it, "attachment").is_object()) add_attachment(at(it, "attachment"), &want);
  out->push_back(want);
  const std::string author =
      want.author.empty() ? want.id.substr(0, want.id.find('_')) : want.author;
  want_facebook(at(it, "comments/data"), want.id, author, out);
}

void want_threads(const Json& it, const std::string&, const std::string&, Wants* out) {
  for (const Json& one : at(it, "data")) want_threads(one, {}, {}, out);
  if (!it.contains("timestamp")) return;
  Want want;
  want.id = str(it, {"id"});
  want.author = str(it, {"owner/id"});
  want.handle = str(it, {"username"});
  want.text = str(it, {"text"});
  want.reply_to = str(it, {"replied_to/id"});
  want.time = time_of(it, {"timestamp"});
  out->push_back(want);
}

void want_pinterest(const Json& it, const std::string&, const std::string&, Wants* out) {
  if (!it.contains("created_at")) return;
  Want want;
  want.id = str(it, {"id"});
  want.author = str(it, {"pinner/id"});
  want.handle = str(it, {"pinner/username", "board_owner/username"});
  std::string title = str(it, {"title"});
  std::string description = str(it, {"description"});
  if (description == " ") description.clear();
  want.text =
      title.empty() || description.empty() ? title + description : title + "\n" + description;
  want.repost_of = str(it, {"parent_pin_id"});
  const std::string time = str(it, {"created_at"});
  want.time = seconds(time, time.find(',') == std::string::npos ? "%Y-%m-%dT%H:%M:%S"
                                                                : "%a, %d %b %Y %H:%M:%S +0000");
  if (const std::string link = str(it, {"link"}); !link.empty()) want.links.push_back(link);
  for (const Json& product : at(it, "rich_summary/products")) {
    want.products.emplace_back(str(product, {"id", "item_id"}), str(product, {"name"}),
                               str(product, {"offer_summary/price"}));
  }
  out->push_back(want);
}

// --- The two side by side ---

void compare(const Post& post, const Want& want) {
  EXPECT_EQ(post.id, want.id);
  EXPECT_EQ(post.chain_id, want.id);
  EXPECT_EQ(post.author_id,
            want.author.empty() && !want.handle.empty() ? "@" + want.handle : want.author);
  EXPECT_EQ(post.author_handle, want.handle);
  EXPECT_EQ(post.text, want.text);
  EXPECT_EQ(post.reply_to, want.reply_to);
  EXPECT_EQ(post.reply_to_author, want.reply_to_author);
  EXPECT_EQ(post.repost_of, want.repost_of);
  EXPECT_EQ(post.is_repost, !want.repost_of.empty());
  EXPECT_EQ(post.time, want.time * 1000);
  ASSERT_EQ(post.links.size(), want.links.size());
  for (std::size_t i = 0; i < want.links.size(); ++i) {
    EXPECT_EQ(post.links[i].url, want.links[i]);
  }
  ASSERT_EQ(post.product_tags.size(), want.products.size());
  for (std::size_t i = 0; i < want.products.size(); ++i) {
    EXPECT_EQ(
        std::tuple(post.product_tags[i].id, post.product_tags[i].name, post.product_tags[i].price),
        want.products[i]);
  }
}

using WantPosts = void (*)(const Json&, const std::string&, const std::string&, Wants*);

void run_oracle(const char* folder, WantPosts want_posts, std::size_t posts_min) {
  const fs::path data = testing::shared_folder() / "data" / "posts" / folder;
  if (!fs::exists(data)) GTEST_SKIP() << data << " is not there";
  PostReader reader;
  ParsedRecord parsed;
  std::size_t posts = 0;
  std::size_t replies = 0;
  std::size_t links = 0;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(data)) {
    SCOPED_TRACE(entry.path().filename().string());
    for (const testing::TestRecord& one : testing::cut_file(entry.path())) {
      const testing::PaddedRecord record(one.bytes, one.framing);
      reader.read(record.view(), &parsed);
      // What is refused, and why, is the shared files' test's to judge.
      if (parsed.kind == RecordKind::kRejected) continue;
      Wants want;
      want_posts(Json::parse(one.bytes), {}, {}, &want);
      ASSERT_EQ(parsed.post_count, want.size());
      for (std::size_t i = 0; i < want.size(); ++i) {
        compare(parsed.posts[i], want[i]);
        ++posts;
        replies += want[i].reply_to.empty() ? 0U : 1U;
        links += want[i].links.size();
      }
      if (::testing::Test::HasFailure()) return;
    }
  }
  EXPECT_GE(posts, posts_min);
  std::printf("conformance: posts of %s %zu/%zu as read slowly, %zu replies, %zu links\n", folder,
              posts, posts, replies, links);
}

TEST(PostOracle, InstagramAgreesWithNlohmann) { run_oracle("instagram", want_instagram, 40); }
TEST(PostOracle, FacebookAgreesWithNlohmann) { run_oracle("facebook", want_facebook, 90); }
TEST(PostOracle, ThreadsAgreesWithNlohmann) { run_oracle("threads", want_threads, 5); }
TEST(PostOracle, PinterestAgreesWithNlohmann) { run_oracle("pinterest", want_pinterest, 27); }

}  // namespace
}  // namespace hashcart::post
