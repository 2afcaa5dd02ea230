#include "catalogue/catalogue_diff.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <span>
#include <string_view>
#include <utility>

#include "base/check.h"
#include "catalogue/document.h"
#include "catalogue/faults.h"

namespace hashcart::catalogue {
namespace {

// Keys that can change no record. All others can.
constexpr std::array<std::string_view, 1> kSilentOfCatalogue = {"owner"};
constexpr std::array<std::string_view, 3> kSilentOfRetailer = {"name", "hits", "misses"};
constexpr std::array<std::string_view, 2> kSilentOfCampaign = {"hits", "misses"};

// Keys of a campaign whose texts name no retailer. A text of any other key that is a retailer's id,
// or an id and a market, counts as naming it.
constexpr std::array<std::string_view, 10> kNoRetailers = {
    "id",   "status", "platforms",      "tag",  "tags",
    "when", "action", "ignore_authors", "hits", "misses"};

bool contains(std::span<const std::string_view> words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// One side of the comparison: entries by id, as they stand in the resolved text.
struct Side {
  explicit Side(const Catalogue& catalogue) {
    FaultList faults({"resolved"});
    HASHCART_CHECK(parse_toml(catalogue.resolved, 0, &document, &faults));
    if (const Entry* types = document.root.find("idtype")) {
      for (const Entry& entry : types->value.entries()) id_types.emplace(entry.key, &entry.value);
    }
    list("retailer", &retailers);
    list("campaign", &campaigns);
    for (const auto& [id, retailer] : retailers) {
      by_id_type[std::string(retailer->find("idtype")->value.text())].insert(id);
    }
    for (const auto& [id, campaign] : campaigns) {
      for (const Entry& entry : campaign->entries()) {
        if (!contains(kNoRetailers, entry.key)) add_names(entry.value, id);
      }
    }
  }

  Side(const Side&) = delete;  // the maps point into the document
  Side& operator=(const Side&) = delete;

  using Entries = std::map<std::string, const Value*>;

  void list(std::string_view kind, Entries* out) const {
    const Entry* all = document.root.find(kind);
    if (all == nullptr) return;
    for (const Value& value : all->value.items())
      out->emplace(value.find("id")->value.text(), &value);
  }

  void add_names(const Value& value, const std::string& campaign) {
    if (value.kind == ValueKind::kString) {
      const std::string name(value.text().substr(0, value.text().find(':')));
      if (retailers.count(name) > 0) by_retailer[name].insert(campaign);
    }
    for (const Value& item : value.items()) add_names(item, campaign);
    for (const Entry& entry : value.entries()) add_names(entry.value, campaign);
  }

  Document document;
  Entries id_types;
  Entries retailers;
  Entries campaigns;
  std::map<std::string, std::set<std::string>> by_id_type;   // -> retailers
  std::map<std::string, std::set<std::string>> by_retailer;  // -> campaigns
};

void fill_items(const Value& before, const Value& after, KeyChange* out) {
  if (before.kind != ValueKind::kArray || after.kind != ValueKind::kArray) return;
  const auto texts = [](const Value& list) {
    std::vector<std::string> all;
    for (const Value& item : list.items()) all.push_back(compact_json(item));
    return all;
  };
  const auto only_in = [](const std::vector<std::string>& one, const std::vector<std::string>& two,
                          std::vector<std::string>* only) {
    const std::set<std::string> other(two.begin(), two.end());
    for (const std::string& item : one) {
      if (other.count(item) == 0) only->push_back(item);
    }
  };
  only_in(texts(before), texts(after), &out->items_removed);
  only_in(texts(after), texts(before), &out->items_added);
}

// The keys that differ, those of `before` in its order first. Either may be null: nothing there.
void compare(const Value* before, const Value* after, const std::string& prefix,
             std::span<const std::string_view> silent, std::vector<KeyChange>* out) {
  std::vector<std::string_view> keys;
  for (const Value* side : {before, after}) {
    if (side == nullptr) continue;
    for (const Entry& entry : side->entries()) {
      const bool is_new = side == before || before == nullptr || before->find(entry.key) == nullptr;
      if (is_new) keys.push_back(entry.key);
    }
  }
  for (const std::string_view key : keys) {
    const Entry* old_entry = before == nullptr ? nullptr : before->find(key);
    const Entry* new_entry = after == nullptr ? nullptr : after->find(key);
    const Value* old_value = old_entry == nullptr ? nullptr : &old_entry->value;
    const Value* new_value = new_entry == nullptr ? nullptr : &new_entry->value;
    const auto is_table = [](const Value* value) {
      return value == nullptr || value->kind == ValueKind::kTable;
    };
    const std::string path = prefix + std::string(key);
    if (is_table(old_value) && is_table(new_value)) {
      compare(old_value, new_value, path + ".", silent, out);
      continue;
    }
    KeyChange change;
    change.key = path;
    if (old_value != nullptr) change.before = compact_json(*old_value);
    if (new_value != nullptr) change.after = compact_json(*new_value);
    if (change.before == change.after) continue;
    if (old_value != nullptr && new_value != nullptr) fill_items(*old_value, *new_value, &change);
    change.can_change_output = !(prefix.empty() && contains(silent, key));
    out->push_back(std::move(change));
  }
}

class Differ {
 public:
  Differ(const Catalogue& before, const Catalogue& after) : before_(before), after_(after) {}

  std::vector<CatalogueChange> run() {
    section("catalogue", kSilentOfCatalogue);
    section("limits", {});
    entries("idtype", before_.id_types, after_.id_types, {});
    entries("retailer", before_.retailers, after_.retailers, kSilentOfRetailer);
    entries("campaign", before_.campaigns, after_.campaigns, kSilentOfCampaign);
    return std::move(out_);
  }

 private:
  static bool any_output(const std::vector<KeyChange>& keys) {
    return std::any_of(keys.begin(), keys.end(),
                       [](const KeyChange& key) { return key.can_change_output; });
  }

  // [catalogue] goes into every record, and [limits] decide over all campaigns.
  void section(std::string_view name, std::span<const std::string_view> silent) {
    const Entry* old_entry = before_.document.root.find(name);
    const Entry* new_entry = after_.document.root.find(name);
    CatalogueChange change;
    change.entry = std::string(name);
    compare(old_entry == nullptr ? nullptr : &old_entry->value,
            new_entry == nullptr ? nullptr : &new_entry->value, {}, silent, &change.keys);
    if (change.keys.empty()) return;
    if (any_output(change.keys)) {
      std::set<std::string> all;
      for (const Side* side : {&before_, &after_}) {
        for (const auto& [id, campaign] : side->campaigns) all.insert(id);
      }
      change.campaigns.assign(all.begin(), all.end());
    }
    out_.push_back(std::move(change));
  }

  void entries(std::string_view kind, const Side::Entries& before, const Side::Entries& after,
               std::span<const std::string_view> silent) {
    std::set<std::string> ids;
    for (const Side::Entries* side : {&before, &after}) {
      for (const auto& [id, value] : *side) ids.insert(id);
    }
    for (const std::string& id : ids) {
      const auto old_entry = before.find(id);
      const auto new_entry = after.find(id);
      CatalogueChange change;
      change.entry = std::string(kind);
      change.id = id;
      if (old_entry == before.end() || new_entry == after.end()) {
        change.kind = old_entry == before.end() ? ChangeKind::kAdded : ChangeKind::kRemoved;
      } else {
        compare(old_entry->second, new_entry->second, {}, silent, &change.keys);
        if (change.keys.empty()) continue;
      }
      if (change.kind != ChangeKind::kChanged || any_output(change.keys)) {
        const std::set<std::string> reached = reach(kind, id);
        change.campaigns.assign(reached.begin(), reached.end());
      }
      if (kind == "campaign" && change.kind == ChangeKind::kChanged) {
        change.rev_not_bumped =
            !change.campaigns.empty() && rev(*new_entry->second) <= rev(*old_entry->second);
      }
      out_.push_back(std::move(change));
    }
  }

  static std::int64_t rev(const Value& campaign) { return campaign.find("rev")->value.number(); }

  // Campaigns that an entry of either catalogue has a say in.
  std::set<std::string> reach(std::string_view kind, const std::string& id) const {
    if (kind == "campaign") return {id};
    std::set<std::string> out;
    for (const Side* side : {&before_, &after_}) {
      std::set<std::string> retailers = {id};
      if (kind == "idtype") {
        const auto of_type = side->by_id_type.find(id);
        retailers = of_type == side->by_id_type.end() ? std::set<std::string>() : of_type->second;
      }
      for (const std::string& retailer : retailers) {
        const auto named = side->by_retailer.find(retailer);
        if (named != side->by_retailer.end())
          out.insert(named->second.begin(), named->second.end());
      }
    }
    return out;
  }

  const Side before_;
  const Side after_;
  std::vector<CatalogueChange> out_;
};

}  // namespace

std::vector<CatalogueChange> diff_catalogues(const Catalogue& before, const Catalogue& after) {
  return Differ(before, after).run();
}

}  // namespace hashcart::catalogue
