// FewLinks: of the product links of a post those that can matter to who answers it.
//
// A post may hold hundreds of thousands of links, and any number of replies may mean it. Two
// products are `ambiguous` however many more there are, and the outcome names the first kMost; so
// of each retailer's market the first kMost products are enough: what a campaign takes of them, and
// the first kMost of that, are the same as of all.
//
// Threads: one.   Cost: linear in the links, once a signal; nothing for up to kMost.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "match/signal.h"

namespace hashcart::intent {

class FewLinks {
 public:
  static constexpr std::size_t kMost = 16;

  // For the next signal. What of() gave before is gone.
  void clear() noexcept { kept_.clear(); }

  // `links` itself, or a shorter list that lives until clear(). links: of a signal, which stays.
  [[nodiscard]] std::span<const match::ProductLink> of(std::span<const match::ProductLink> links) {
    if (links.size() <= kMost) return links;
    const auto known = std::find_if(kept_.begin(), kept_.end(),
                                    [&](const Kept& kept) { return kept.of == links.data(); });
    if (known != kept_.end()) return known->links;
    return kept_.emplace_back(Kept{links.data(), shortened(links)}).links;
  }

 private:
  struct Kept {
    const match::ProductLink* of;
    std::vector<match::ProductLink> links;
  };

  static std::vector<match::ProductLink> shortened(std::span<const match::ProductLink> links) {
    std::map<std::pair<std::uint16_t, std::uint16_t>, std::vector<std::string_view>> ids_of;
    std::vector<match::ProductLink> out;
    for (const match::ProductLink& link : links) {
      std::vector<std::string_view>& ids = ids_of[{link.retailer, link.market}];
      if (ids.size() == kMost || std::find(ids.begin(), ids.end(), link.id) != ids.end()) continue;
      ids.push_back(link.id);
      out.push_back(link);
    }
    return out;
  }

  std::vector<Kept> kept_;
};

}  // namespace hashcart::intent
