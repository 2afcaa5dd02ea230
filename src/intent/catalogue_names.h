// CatalogueNames: what a resolver's state points at in its catalogue, by name; and NameMap: where
// the same names stand in another one.
//
// State holds indexes, which mean something under one catalogue only. What is kept beyond it is
// kept with the names, and read through the map.
//
// Threads: any, once built.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "catalogue/catalogue.h"
#include "intent/cart_intent.h"

namespace hashcart::intent {

struct CatalogueNames {
  struct Item {
    std::string code;
    std::vector<std::vector<std::string>> options;

    friend bool operator==(const Item&, const Item&) = default;
  };
  struct Campaign {
    std::string id;
    std::vector<Item> items;

    friend bool operator==(const Campaign&, const Campaign&) = default;
  };
  struct Retailer {
    std::string id;
    std::vector<std::string> markets;

    friend bool operator==(const Retailer&, const Retailer&) = default;
  };

  std::vector<Campaign> campaigns;
  std::vector<Retailer> retailers;

  friend bool operator==(const CatalogueNames&, const CatalogueNames&) = default;
};

[[nodiscard]] CatalogueNames names_of(const catalogue::Catalogue& catalogue);

class NameMap {
 public:
  using Options = std::array<std::uint16_t, catalogue::kOptionsMax>;

  NameMap(const CatalogueNames& from, const catalogue::Catalogue& to);

  // Whether the names have such a retailer and, but for match::kNoMarket, such a market of it.
  [[nodiscard]] bool knows(std::uint16_t retailer, std::uint16_t market) const noexcept;

  // Nothing: the other catalogue has none of that name, or the index is out of bounds.
  [[nodiscard]] std::optional<std::uint32_t> campaign(std::uint32_t index) const;
  [[nodiscard]] std::optional<std::uint16_t> retailer(std::uint16_t index) const;
  // match::kNoMarket stays what it is.
  [[nodiscard]] std::optional<std::uint16_t> market(std::uint16_t retailer,
                                                    std::uint16_t index) const;
  [[nodiscard]] std::optional<std::uint16_t> item(std::uint32_t campaign,
                                                  std::uint16_t index) const;
  // Of an item that there is in both. False: one of the values has no place.
  [[nodiscard]] bool options(std::uint32_t campaign, std::uint16_t item, Options* options) const;

  // Makes an intent's indexes those of the other catalogue. False: it has no place there.
  [[nodiscard]] bool apply(CartIntent* intent) const;

 private:
  template <typename Index>
  using Places = std::vector<std::optional<Index>>;

  struct ItemPlace {
    std::optional<std::uint16_t> place;
    std::vector<Places<std::uint16_t>> options;
  };
  struct CampaignPlace {
    std::optional<std::uint32_t> place;
    std::vector<ItemPlace> items;
  };
  struct RetailerPlace {
    std::optional<std::uint16_t> place;
    std::size_t market_count = 0;
    Places<std::uint16_t> markets;  // empty without a place
  };

  std::vector<CampaignPlace> campaigns_;
  std::vector<RetailerPlace> retailers_;
};

}  // namespace hashcart::intent
