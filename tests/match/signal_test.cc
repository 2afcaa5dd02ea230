#include "match/signal.h"

#include <gtest/gtest.h>

#include <deque>
#include <random>
#include <string>

namespace hashcart::match {
namespace {

// Random signals whose text lives as long as the maker.
class Maker {
 public:
  explicit Maker(std::uint64_t seed) : random_(seed) {}

  std::uint64_t number(std::uint64_t below) { return random_() % below; }

  std::string_view text() {
    std::string& out = texts_.emplace_back();
    const std::uint64_t size = number(4) == 0 ? number(300) : number(12);
    for (std::uint64_t i = 0; i < size; ++i) out.push_back(static_cast<char>(number(256)));
    return out;
  }

  Evidence evidence() {
    return {static_cast<EvidenceField>(number(3)), static_cast<std::uint32_t>(number(70'000)),
            static_cast<std::uint32_t>(random_()), static_cast<std::uint32_t>(random_()), text()};
  }

  std::vector<ProductLink> products() {
    std::vector<ProductLink> out(number(4));
    for (ProductLink& link : out) {
      link = {static_cast<std::uint16_t>(random_()), static_cast<std::uint16_t>(random_()), text(),
              text(), evidence()};
    }
    return out;
  }

  Signal signal() {
    Signal out;
    out.kind = static_cast<SignalKind>(1 + number(5));
    out.platform = static_cast<base::Platform>(number(base::kPlatformCount));
    out.moves_clock = number(2) == 0;
    out.is_repost = number(2) == 0;
    out.is_quote = number(2) == 0;
    out.is_edit = number(2) == 0;
    out.author_protected = number(2) == 0;
    out.truncated = number(2) == 0;
    out.linked = number(2) == 0;
    out.time = static_cast<std::int64_t>(random_()) >> number(40);
    for (std::string_view* field :
         {&out.post_id, &out.local_id, &out.chain_id, &out.author_id, &out.author_handle,
          &out.account, &out.reply_to, &out.reply_to_author, &out.quote_of, &out.lang, &out.text}) {
      *field = text();
    }
    out.input = static_cast<std::uint32_t>(random_());
    out.offset = random_();
    out.bytes = random_() >> number(60);
    out.products = products();
    out.short_links.resize(number(3), static_cast<std::uint16_t>(number(65'536)));
    out.triggers.resize(number(3));
    for (Trigger& trigger : out.triggers) {
      trigger.campaign = static_cast<std::uint32_t>(random_());
      trigger.role = static_cast<TriggerRole>(number(3));
      trigger.author_ignored = number(2) == 0;
      for (std::uint64_t i = number(3); i > 0; --i) trigger.tags.push_back(evidence());
    }
    out.prompts.resize(number(3), static_cast<std::uint32_t>(number(9)));
    out.embedded.resize(number(3));
    for (EmbeddedPost& post : out.embedded) {
      post.role = static_cast<EmbeddedRole>(number(3));
      post.has_time = number(2) == 0;
      post.truncated = number(2) == 0;
      post.time = post.has_time ? static_cast<std::int64_t>(random_()) : 0;
      post.id = text();
      post.local_id = text();
      post.author_id = text();
      post.products = products();
    }
    return out;
  }

 private:
  std::mt19937_64 random_;
  std::deque<std::string> texts_;
};

TEST(Signal, DecodingAndEncodingAgainGivesTheSameBytes) {
  Maker maker(20261125);
  std::string bytes;
  constexpr int kCount = 500;
  for (int i = 0; i < kCount; ++i) encode(maker.signal(), &bytes);
  std::string again;
  std::string_view left = bytes;
  Signal signal;
  int count = 0;
  while (decode(&left, &signal)) {
    encode(signal, &again);
    ++count;
  }
  EXPECT_EQ(count, kCount);
  EXPECT_TRUE(left.empty());
  EXPECT_EQ(again, bytes);
}

TEST(Signal, KeepsEveryFieldOfAPost) {
  Maker maker(1);
  Signal in = maker.signal();
  in.kind = SignalKind::kPost;
  in.platform = base::Platform::kBluesky;
  in.is_quote = true;
  in.is_repost = false;
  in.time = -1;
  in.post_id = "at://did:plc:x/app.bsky.feed.post/1";
  in.account = "customer-7";
  std::string bytes;
  encode(in, &bytes);
  std::string_view left = bytes;
  Signal out;
  ASSERT_TRUE(decode(&left, &out));
  EXPECT_EQ(out.platform, base::Platform::kBluesky);
  EXPECT_TRUE(out.is_quote);
  EXPECT_FALSE(out.is_repost);
  EXPECT_EQ(out.time, -1);
  EXPECT_EQ(out.post_id, in.post_id);
  EXPECT_EQ(out.account, "customer-7");
  EXPECT_EQ(out.triggers.size(), in.triggers.size());
  EXPECT_EQ(out.offset, in.offset);
}

TEST(Signal, DamagedBytesAreRefusedNotRead) {
  Maker maker(5);
  std::string bytes;
  encode(maker.signal(), &bytes);
  Signal signal;
  for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
    std::string_view left(bytes.data(), cut);
    EXPECT_FALSE(decode(&left, &signal)) << cut;
  }
  for (std::uint64_t i = 0; i < 2000; ++i) {
    std::string damaged = bytes;
    damaged[maker.number(damaged.size())] = static_cast<char>(maker.number(256));
    std::string_view left = damaged;
    static_cast<void>(decode(&left, &signal));  // must not read past the end; sanitizers watch
  }
}

}  // namespace
}  // namespace hashcart::match
