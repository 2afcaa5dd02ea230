#include "intent/catalogue_names.h"

#include <functional>
#include <map>
#include <string_view>

#include "match/signal.h"

namespace hashcart::intent {
namespace {

// Name -> place. `name`: of an entry.
template <typename Index, typename Entries, typename Name>
std::map<std::string_view, Index> places_of(const Entries& entries, Name name) {
  std::map<std::string_view, Index> out;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    out.emplace(std::invoke(name, entries[i]), static_cast<Index>(i));
  }
  return out;
}

template <typename Index>
std::optional<Index> find(const std::map<std::string_view, Index>& places, std::string_view name) {
  const auto found = places.find(name);
  if (found == places.end()) return std::nullopt;
  return found->second;
}

std::string_view itself(const std::string& name) { return name; }

}  // namespace

CatalogueNames names_of(const catalogue::Catalogue& catalogue) {
  CatalogueNames out;
  for (const catalogue::Campaign& campaign : catalogue.campaigns) {
    CatalogueNames::Campaign& names = out.campaigns.emplace_back();
    names.id = campaign.id;
    for (const catalogue::OfferItem& item : campaign.items) {
      names.items.push_back({item.code, item.options});
    }
  }
  for (const catalogue::Retailer& retailer : catalogue.retailers) {
    CatalogueNames::Retailer& names = out.retailers.emplace_back();
    names.id = retailer.id;
    for (const catalogue::Market& market : retailer.markets) names.markets.push_back(market.id);
  }
  return out;
}

NameMap::NameMap(const CatalogueNames& from, const catalogue::Catalogue& to) {
  const auto campaigns = places_of<std::uint32_t>(to.campaigns, &catalogue::Campaign::id);
  for (const CatalogueNames::Campaign& campaign : from.campaigns) {
    CampaignPlace& mapped = campaigns_.emplace_back();
    mapped.place = find(campaigns, campaign.id);
    if (!mapped.place || campaign.items.empty()) continue;
    const std::vector<catalogue::OfferItem>& items_there = to.campaigns[*mapped.place].items;
    const auto items = places_of<std::uint16_t>(items_there, &catalogue::OfferItem::code);
    for (const CatalogueNames::Item& item : campaign.items) {
      ItemPlace& mapped_item = mapped.items.emplace_back();
      mapped_item.place = find(items, item.code);
      if (!mapped_item.place) continue;
      const auto& options_there = items_there[*mapped_item.place].options;
      for (std::size_t i = 0; i < item.options.size(); ++i) {
        Places<std::uint16_t>& values = mapped_item.options.emplace_back();
        if (i >= options_there.size()) continue;
        const auto places = places_of<std::uint16_t>(options_there[i], itself);
        for (const std::string& value : item.options[i]) values.push_back(find(places, value));
      }
    }
  }
  const auto retailers = places_of<std::uint16_t>(to.retailers, &catalogue::Retailer::id);
  for (const CatalogueNames::Retailer& retailer : from.retailers) {
    RetailerPlace& mapped = retailers_.emplace_back();
    mapped.place = find(retailers, retailer.id);
    mapped.market_count = retailer.markets.size();
    if (!mapped.place) continue;
    const auto markets =
        places_of<std::uint16_t>(to.retailers[*mapped.place].markets, &catalogue::Market::id);
    for (const std::string& market : retailer.markets) {
      mapped.markets.push_back(find(markets, market));
    }
  }
}

bool NameMap::knows(std::uint16_t retailer, std::uint16_t market) const noexcept {
  return retailer < retailers_.size() &&
         (market == match::kNoMarket || market < retailers_[retailer].market_count);
}

std::optional<std::uint32_t> NameMap::campaign(std::uint32_t index) const {
  return index < campaigns_.size() ? campaigns_[index].place : std::nullopt;
}

std::optional<std::uint16_t> NameMap::retailer(std::uint16_t index) const {
  return index < retailers_.size() ? retailers_[index].place : std::nullopt;
}

std::optional<std::uint16_t> NameMap::market(std::uint16_t retailer, std::uint16_t index) const {
  if (index == match::kNoMarket) return index;
  if (retailer >= retailers_.size()) return std::nullopt;
  const Places<std::uint16_t>& markets = retailers_[retailer].markets;
  return index < markets.size() ? markets[index] : std::nullopt;
}

std::optional<std::uint16_t> NameMap::item(std::uint32_t campaign, std::uint16_t index) const {
  if (campaign >= campaigns_.size()) return std::nullopt;
  const std::vector<ItemPlace>& items = campaigns_[campaign].items;
  return index < items.size() ? items[index].place : std::nullopt;
}

bool NameMap::options(std::uint32_t campaign, std::uint16_t item, Options* options) const {
  const std::vector<Places<std::uint16_t>>& places = campaigns_[campaign].items[item].options;
  for (std::size_t i = 0; i < options->size(); ++i) {
    std::uint16_t& option = (*options)[i];
    if (option == match::kNoOption) continue;
    if (i >= places.size() || option >= places[i].size() || !places[i][option]) return false;
    option = *places[i][option];
  }
  return true;
}

bool NameMap::apply(CartIntent* intent) const {
  // Values belong to an item.
  if (intent->item == match::kNoItem && intent->options != CartIntent().options) return false;
  const std::optional<std::uint32_t> place = campaign(intent->campaign);
  if (!place) return false;
  if (intent->item != match::kNoItem) {
    const std::optional<std::uint16_t> there = item(intent->campaign, intent->item);
    if (!there || !options(intent->campaign, intent->item, &intent->options)) return false;
    intent->item = *there;
  }
  intent->campaign = *place;
  if (intent->product.id.empty()) {  // of a reply that waits
    return intent->product.retailer == 0 && intent->product.market == 0;
  }
  const std::optional<std::uint16_t> seller = retailer(intent->product.retailer);
  const std::optional<std::uint16_t> market_there =
      market(intent->product.retailer, intent->product.market);
  if (!seller || !market_there) return false;
  intent->product.retailer = *seller;
  intent->product.market = *market_there;
  return true;
}

}  // namespace hashcart::intent
