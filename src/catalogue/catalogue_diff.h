// What differs between two catalogues, and whether that can change what comes out.
//
// Compared are the resolved forms, key by key, so defaults, comments, the order of files and
// [[test]] blocks make no difference. A key counts as one that can change output unless it stands
// in the list of those that cannot (catalogue_diff.cc), so a new key errs on the safe side.
//
// Output means the records, except the SHA-256 of the catalogue that each carries. What a change of
// a retailer or id type does to posts that give no record (their outcome may have another name) is
// not told.
//
// Control plane only: allocates.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "catalogue/catalogue.h"

namespace hashcart::catalogue {

enum class ChangeKind : std::uint8_t { kAdded, kRemoved, kChanged };

// One key of a changed entry. Tables inside are taken apart: `confirm.within`, `markets.US.hosts`.
struct KeyChange {
  std::string key;
  std::string before;  // JSON on one line; empty: the key was not there
  std::string after;   // the same; empty: the key is gone
  // Of two lists, what only one holds (JSON). All empty: one is no list, or the order differs.
  std::vector<std::string> items_removed;
  std::vector<std::string> items_added;
  bool can_change_output = true;
};

struct CatalogueChange {
  ChangeKind kind = ChangeKind::kChanged;
  std::string entry;            // "catalogue", "limits", "idtype", "retailer" or "campaign"
  std::string id;               // empty for catalogue and limits
  std::vector<KeyChange> keys;  // kChanged: never empty
  // Campaigns whose output it can change, by id; empty: none.
  std::vector<std::string> campaigns;
  // Of a changed campaign whose output can change: `rev` did not rise.
  bool rev_not_bumped = false;
};

// The changes from one to the other: catalogue, limits, id types, retailers, campaigns, each kind
// by id. Both must be sound (LoadResult::ok).
[[nodiscard]] std::vector<CatalogueChange> diff_catalogues(const Catalogue& before,
                                                           const Catalogue& after);

}  // namespace hashcart::catalogue
