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

void StoredLinks::append_views(std::vector<match::ProductLink>* out) const {
  for (const StoredLink& link : links_) {
    out->push_back({link.retailer,
                    link.market,
                    link.id,
                    link.affiliate,
                    {link.field, link.index, link.start, link.end, link.text}});
  }
}

void LinkMemory::remember(std::string_view key, const ParentView& parent, bool replace) {
  const auto [post, is_new] = posts_.insert(key);
  if (!is_new && !replace) return;
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
