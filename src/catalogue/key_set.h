// KeySet: whether a key stands twice in one table. Most tables have a dozen keys, some (the items
// of a claim) ten thousand; both cost linear time, and the small ones allocate nothing. Private to
// catalogue.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <unordered_set>

namespace hashcart::catalogue {

class KeySet {
 public:
  // False where the key is there already. The key must outlive the set.
  [[nodiscard]] bool insert(std::string_view key) {
    if (!many_.empty()) return many_.insert(key).second;
    // Keys of one length with the same first and last letter are rare, so most need no comparison.
    const std::uint64_t bit = std::uint64_t{1} << kind_of(key);
    if ((kinds_ & bit) != 0) {
      for (std::size_t i = 0; i < count_; ++i) {
        if (few_[i] == key) return false;
      }
    }
    kinds_ |= bit;
    if (count_ < few_.size()) {
      few_[count_++] = key;
      return true;
    }
    many_.insert(few_.begin(), few_.end());
    return many_.insert(key).second;
  }

 private:
  static std::size_t kind_of(std::string_view key) {
    if (key.empty()) return 0;
    const auto byte = [](char c) {
      return static_cast<std::size_t>(static_cast<unsigned char>(c));
    };
    return (key.size() * 5 + byte(key.front()) * 3 + byte(key.back())) % 64;
  }

  std::uint64_t kinds_ = 0;
  std::size_t count_ = 0;
  std::array<std::string_view, 24> few_;
  std::unordered_set<std::string_view> many_;
};

}  // namespace hashcart::catalogue
