// hashcart catalogue diff: what differs between two catalogues, and which campaigns it can reach.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "app/commands.h"
#include "app/setup.h"
#include "catalogue/catalogue_diff.h"
#include "emit/json_writer.h"

namespace hashcart::app {
namespace {

using catalogue::CatalogueChange;
using catalogue::ChangeKind;
using catalogue::KeyChange;

constexpr std::size_t kNamesMax = 8;  // of campaigns on one line

std::string_view kind_name(ChangeKind kind) {
  switch (kind) {
    case ChangeKind::kAdded:
      return "added";
    case ChangeKind::kRemoved:
      return "removed";
    case ChangeKind::kChanged:
      return "changed";
  }
  return "changed";
}

template <typename Names>
std::string names_of(const Names& names) {
  std::string out;
  std::size_t count = 0;
  for (const std::string& name : names) {
    if (count++ == kNamesMax) return fmt::format("{} and {} more", out, names.size() - kNamesMax);
    out += (out.empty() ? "" : ", ") + name;
  }
  return out;
}

std::string reach_text(const CatalogueChange& change) {
  if (change.campaigns.empty()) {
    const bool silent = change.kind == ChangeKind::kChanged &&
                        std::none_of(change.keys.begin(), change.keys.end(),
                                     [](const KeyChange& key) { return key.can_change_output; });
    return silent ? "no output changes" : "no output changes: no campaign names it";
  }
  if (change.entry == "campaign") {
    return change.rev_not_bumped ? "output can change; rev not bumped" : "output can change";
  }
  return "output can change of " + names_of(change.campaigns);
}

void print_key(const KeyChange& key) {
  const std::string_view note = key.can_change_output ? "" : "  (no output)";
  if (!key.items_removed.empty() || !key.items_added.empty()) {
    for (const std::string& item : key.items_removed) {
      fmt::print("  {}: - {}{}\n", key.key, item, note);
    }
    for (const std::string& item : key.items_added) {
      fmt::print("  {}: + {}{}\n", key.key, item, note);
    }
    return;
  }
  const auto shown = [](const std::string& json) {
    return json.empty() ? std::string("(none)") : json;
  };
  fmt::print("  {}: {} -> {}{}\n", key.key, shown(key.before), shown(key.after), note);
}

void print_text(const std::vector<CatalogueChange>& changes) {
  std::set<std::string> reached;
  std::set<std::string> not_bumped;
  for (const CatalogueChange& change : changes) {
    const std::string id = change.id.empty() ? std::string() : fmt::format(" \"{}\"", change.id);
    fmt::print("{} {}{}: {}\n", kind_name(change.kind), change.entry, id, reach_text(change));
    for (const KeyChange& key : change.keys) print_key(key);
    reached.insert(change.campaigns.begin(), change.campaigns.end());
    if (change.rev_not_bumped) not_bumped.insert(change.id);
  }
  if (changes.empty()) return;
  fmt::print("{} change{}; {}\n", changes.size(), changes.size() == 1 ? "" : "s",
             reached.empty() ? std::string("no output changes")
                             : "output can change of " + names_of(reached));
  if (!not_bumped.empty()) fmt::print("rev not bumped: {}\n", names_of(not_bumped));
}

void put_keys(const std::vector<KeyChange>& keys, emit::JsonObject* line) {
  emit::JsonArray list = line->array("keys");
  for (const KeyChange& key : keys) {
    emit::JsonObject item = list.object();
    item.text("key", key.key);
    if (!key.before.empty()) item.raw("before", key.before);
    if (!key.after.empty()) item.raw("after", key.after);
    item.boolean("output", key.can_change_output);
    item.close();
  }
  list.close();
}

void print_json(const std::vector<CatalogueChange>& changes) {
  for (const CatalogueChange& change : changes) {
    std::string text;
    emit::JsonObject line(&text);
    line.text("schema", "hashcart.catalogue-diff/1");
    line.text("change", kind_name(change.kind));
    line.text("entry", change.entry);
    line.text_if("id", change.id);
    if (!change.keys.empty()) put_keys(change.keys, &line);
    line.boolean("output", !change.campaigns.empty());
    emit::JsonArray campaigns = line.array("campaigns");
    for (const std::string& id : change.campaigns) campaigns.text(id);
    campaigns.close();
    if (change.rev_not_bumped) line.boolean("rev_not_bumped", true);
    line.close();
    fmt::print("{}\n", text);
  }
}

}  // namespace

ExitCode run_diff(const DiffCommand& command) {
  const auto before = load_catalogue({command.before});
  const auto after = load_catalogue({command.after});
  const std::vector<CatalogueChange> changes = catalogue::diff_catalogues(*before, *after);
  if (command.format == "json") {
    print_json(changes);
  } else {
    print_text(changes);
  }
  return changes.empty() ? kDone : kAnswerIsNo;
}

}  // namespace hashcart::app
