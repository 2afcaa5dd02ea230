// LinkMemory: the product links of posts seen before, by post id: what a later reply's tag refers
// to.
//
// Only posts with a product link or a retailer's short link are here. A post's own delivery
// replaces what is known of it (an edit brings new links); an embedded copy only fills a gap, since
// it may be older or cut.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/platform.h"
#include "intent/bounded_table.h"
#include "match/signal.h"

namespace hashcart::intent {

// What is known of a parent, from memory or from the payload. Views.
struct ParentView {
  std::string_view post_id;
  std::string_view author_id;
  bool has_time = false;
  base::EventTimeMs time = 0;
  bool truncated = false;
  bool embedded = false;  // from the payload: what it does not show, it does not have
  std::span<const match::ProductLink> products;
  std::span<const std::uint16_t> short_links;
};

// "<platform byte><id>": the key of everything that is remembered by post or author.
void make_key(base::Platform platform, std::string_view id, std::string* out);

// Product links with text of their own, for what outlives its signal.
class StoredLinks {
 public:
  void assign(std::span<const match::ProductLink> links);
  // Bytes it takes for such links, besides itself.
  [[nodiscard]] static std::uint64_t bytes_held(std::span<const match::ProductLink> links) noexcept;
  // Appends views that live until the next assign().
  void append_views(std::vector<match::ProductLink>* out) const;
  [[nodiscard]] bool empty() const noexcept { return links_.empty(); }
  [[nodiscard]] std::uint64_t bytes_held() const noexcept {
    std::uint64_t bytes = 0;
    for (const StoredLink& link : links_) {
      bytes += sizeof link + link.id.size() + link.affiliate.size() + link.text.size();
    }
    return bytes;
  }

  // For snapshots: the list of its fields, both ways. Links of retailers that are gone are left
  // out.
  template <typename Archive, typename Self>
  static void fields(Archive& archive, Self& self) {
    archive.list(self.links_, [](Archive& to, auto& link) {
      to.seller(link.retailer, link.market);
      to.text(link.id);
      to.text(link.affiliate);
      to.choice(link.field, match::EvidenceField::kProductTag);
      to.number(link.index);
      to.number(link.start);
      to.number(link.end);
      to.text(link.text);
    });
    if constexpr (Archive::kReads) {
      std::erase_if(self.links_,
                    [](const StoredLink& link) { return link.retailer == Archive::kGone; });
    }
  }

 private:
  struct StoredLink {
    std::uint16_t retailer = 0;
    std::uint16_t market = 0;
    std::string id;
    std::string affiliate;
    match::EvidenceField field = match::EvidenceField::kLink;
    std::uint32_t index = 0;
    std::uint32_t start = 0;
    std::uint32_t end = 0;
    std::string text;
  };

  std::vector<StoredLink> links_;
};

class LinkMemory {
 public:
  // What a post holds on average, at most.
  static constexpr std::uint64_t kBytesPerPost = 1024;

  explicit LinkMemory(std::uint64_t capacity) : posts_(capacity, kBytesPerPost) {}

  [[nodiscard]] static std::uint64_t bytes_held(const ParentView& parent) noexcept;

  // Remembers a parent under a key. replace: overwrite what is known.
  void remember(std::string_view key, const ParentView& parent, bool replace);
  void forget(std::string_view key) { posts_.erase(key); }

  // False when the post is not known. The views in *out live until the next call.
  [[nodiscard]] bool find(std::string_view key, ParentView* out);

  [[nodiscard]] const auto& table() const noexcept { return posts_; }
  [[nodiscard]] auto& table() noexcept { return posts_; }

  // As StoredLinks::fields(), of an entry of the table.
  template <typename Archive, typename Post>
  static void fields(Archive& archive, Post& post) {
    archive.text(post.post_id);
    archive.text(post.author_id);
    archive.flag(post.has_time);
    archive.flag(post.truncated);
    archive.time(post.time);
    StoredLinks::fields(archive, post.products);
    archive.list(post.short_links, [](Archive& to, auto& retailer) { to.retailer(retailer); });
    if constexpr (Archive::kReads) std::erase(post.short_links, Archive::kGone);
  }

 private:
  struct StoredPost {
    std::string post_id;
    std::string author_id;
    bool has_time = false;
    bool truncated = false;
    base::EventTimeMs time = 0;
    StoredLinks products;
    std::vector<std::uint16_t> short_links;

    [[nodiscard]] std::uint64_t bytes_held() const noexcept {
      return post_id.size() + author_id.size() + products.bytes_held() +
             short_links.size() * sizeof(std::uint16_t);
    }
    // A post without links is not remembered.
    [[nodiscard]] bool empty() const noexcept { return products.empty() && short_links.empty(); }
  };

  BoundedTable<StoredPost> posts_;
  std::vector<match::ProductLink> found_;  // reused by find()
};

}  // namespace hashcart::intent
