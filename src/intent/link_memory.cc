#include "intent/link_memory.h"

namespace hashcart::intent {

void make_key(base::Platform platform, std::string_view id, std::string* out) {
  out->clear();
  out->push_back(static_cast<char>('A' + static_cast<int>(platform)));
  out->append(id);
}

void StoredLinks::assign(std::span<const match::ProductLink> links) {
  links_.clear();
  links_.reserve(links.size());
  for (const match::ProductLink& link : links) {
    links_.push_back({link.retailer, link.market, std::string(link.id), std::string(link.affiliate),
                      link.evidence.field, link.evidence.index, link.evidence.start,
                      link.evidence.end, std::string(link.evidence.text)});
  }
}

std::uint64_t StoredLinks::bytes_held(std::span<const match::ProductLink> links) noexcept {
  std::uint64_t bytes = 0;
  for (const match::ProductLink& link : links) {
    bytes +=
        sizeof(StoredLink) + link.id.size() + link.affiliate.size() + link.evidence.text.size();
  }
  return bytes;
}

void StoredLinks::append_views(std::vector<match::ProductLink>* out) const {
  for (const StoredLink& link : links_) {
    out->push_back({link.retailer,
                    link.market,
                    link.id,
                    link.affiliate,
                    {link.field, link.index, link.start, link.end, link.text}});
  }
}

std::uint64_t LinkMemory::bytes_held(const ParentView& parent) noexcept {
  return parent.post_id.size() + parent.author_id.size() +
         StoredLinks::bytes_held(parent.products) +
         parent.short_links.size() * sizeof(std::uint16_t);
}

void LinkMemory::remember(std::string_view key, const ParentView& parent, bool replace) {
  const std::uint64_t bytes = bytes_held(parent);
  const auto [post, is_new] = posts_.insert(key, bytes);
  if (!is_new && !replace) return;
  if (!is_new) posts_.set_bytes(key, bytes);
  post->post_id.assign(parent.post_id);
  post->author_id.assign(parent.author_id);
  post->has_time = parent.has_time;
  post->truncated = parent.truncated;
  post->time = parent.time;
  post->products.assign(parent.products);
  post->short_links.assign(parent.short_links.begin(), parent.short_links.end());
}

bool LinkMemory::find(std::string_view key, ParentView* out) {
  const StoredPost* post = posts_.find(key);
  if (post == nullptr) return false;
  found_.clear();
  post->products.append_views(&found_);
  *out = ParentView{.post_id = post->post_id,
                    .author_id = post->author_id,
                    .has_time = post->has_time,
                    .time = post->time,
                    .truncated = post->truncated,
                    .embedded = false,
                    .products = found_,
                    .short_links = post->short_links};
  return true;
}

}  // namespace hashcart::intent
