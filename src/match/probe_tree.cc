#include "match/probe_tree.h"

#include <algorithm>
#include <bit>
#include <optional>
#include <utility>

namespace hashcart::match {
namespace {

constexpr std::size_t kProbeBytes = 4;
// So few are tried one by one.
constexpr std::size_t kLeafItems = 2;

bool can_read(const ProbeTree::Item& item, std::ptrdiff_t distance) {
  const std::ptrdiff_t at = static_cast<std::ptrdiff_t>(item.place) + distance;
  return at >= static_cast<std::ptrdiff_t>(item.begin) &&
         at + static_cast<std::ptrdiff_t>(kProbeBytes) <= static_cast<std::ptrdiff_t>(item.end);
}

}  // namespace

ProbeTree::ProbeTree(const std::vector<Item>& items) {
  if (items.empty()) return;
  std::vector<const Item*> all;
  all.reserve(items.size());
  for (const Item& item : items) all.push_back(&item);
  nodes_.emplace_back();
  build(0, std::move(all));
}

// The distance is chosen by which the fewest items are left to try: those that cannot be read
// there, and the group that an item is in, on average.
void ProbeTree::build(std::uint32_t node, std::vector<const Item*> items) {
  const auto read_at = [](const Item& item, std::ptrdiff_t distance) {
    return read(item.text.data() + static_cast<std::ptrdiff_t>(item.place) + distance);
  };
  std::optional<std::ptrdiff_t> best;
  double least = static_cast<double>(items.size()) - 1;
  std::vector<std::uint32_t> bytes;
  for (std::ptrdiff_t i = 0; items.size() > kLeafItems && i <= 2 * (kReach - 4); ++i) {
    const std::ptrdiff_t distance = i % 2 == 0 ? i / 2 : -(i / 2 + 1);  // the nearest first
    bytes.clear();
    for (const Item* item : items) {
      if (can_read(*item, distance)) bytes.push_back(read_at(*item, distance));
    }
    std::sort(bytes.begin(), bytes.end());
    double squares = 0;
    for (auto at = bytes.begin(); at != bytes.end();) {
      const auto end = std::upper_bound(at, bytes.end(), *at);
      squares += static_cast<double>(end - at) * static_cast<double>(end - at);
      at = end;
    }
    const auto count = static_cast<double>(items.size());
    const double left = count - static_cast<double>(bytes.size()) + squares / count;
    if (left >= least) continue;
    least = left;
    best = distance;
  }

  nodes_[node].values_begin = static_cast<std::uint32_t>(values_.size());
  for (const Item* item : items) {
    if (!best || !can_read(*item, *best)) values_.push_back(item->value);
  }
  nodes_[node].values_end = static_cast<std::uint32_t>(values_.size());
  if (!best) return;

  std::erase_if(items, [&](const Item* item) { return !can_read(*item, *best); });
  std::stable_sort(items.begin(), items.end(), [&](const Item* a, const Item* b) {
    return read_at(*a, *best) < read_at(*b, *best);
  });
  std::vector<std::pair<std::uint32_t, std::vector<const Item*>>> groups;
  for (const Item* item : items) {
    const std::uint32_t value = read_at(*item, *best);
    if (groups.empty() || groups.back().first != value) groups.emplace_back(value, 0);
    groups.back().second.push_back(item);
  }
  // Twice as large as it must be: most look-ups end at a free slot.
  const std::size_t size = std::bit_ceil(2 * groups.size());
  Node& it = nodes_[node];
  it.slots = static_cast<std::uint32_t>(slots_.size());
  it.distance = static_cast<std::int16_t>(*best);
  it.shift = static_cast<std::uint8_t>(32 - std::countr_zero(size));
  const std::size_t table = slots_.size();
  slots_.resize(table + size);
  for (auto& [value, group] : groups) {
    std::size_t at = hash(value) >> nodes_[node].shift;
    while (slots_[table + at].node != 0) at = (at + 1) % size;
    const auto child = static_cast<std::uint32_t>(nodes_.size());
    slots_[table + at] = {value, child};
    nodes_.emplace_back();
    build(child, std::move(group));
  }
}

}  // namespace hashcart::match
