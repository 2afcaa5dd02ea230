#include "match/scan_windows.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <map>

#include "base/check.h"

namespace hashcart::match {
namespace {

// What one bucket or window allows, by look-up: bit i of one is allowed index i.
struct Mask {
  std::array<std::uint16_t, kLookups> allowed{};

  void add(std::size_t lookup, unsigned index) noexcept {
    const unsigned all = allowed[lookup];
    allowed[lookup] = static_cast<std::uint16_t>(all | (1U << index));
  }
  [[nodiscard]] bool has(std::size_t lookup, unsigned index) const noexcept {
    return ((unsigned{allowed[lookup]} >> index) & 1U) != 0;
  }
  [[nodiscard]] Mask joined(const Mask& other) const noexcept {
    Mask out;
    for (std::size_t i = 0; i < kLookups; ++i) {
      const unsigned both = unsigned{allowed[i]} | unsigned{other.allowed[i]};
      out.allowed[i] = static_cast<std::uint16_t>(both);
    }
    return out;
  }
  friend bool operator==(const Mask&, const Mask&) = default;
  friend bool operator<(const Mask& a, const Mask& b) { return a.allowed < b.allowed; }
};

Mask mask_of(const WindowKey& key, std::size_t cut) {
  Mask mask;
  for (std::size_t lookup = 0; lookup < kLookups; ++lookup) {
    for (const char c : key.places[cut + kLookupOffset[lookup]]) {
      mask.add(lookup, lookup_index(lookup, static_cast<unsigned char>(c)));
    }
  }
  return mask;
}

// How often each combination of look-ups occurs in the sample. The most frequent ones are kept,
// nine tenths of a feed; one bit stands for each in the sets of those that an index of a look-up
// allows.
class Frequencies {
 public:
  explicit Frequencies(std::string_view sample) {
    constexpr std::size_t kFirstBits = 5;  // what the two look-ups of the first byte see of it
    std::vector<std::uint32_t> seen(1U << (kFirstBits + 12));
    bytes_ = std::max<std::size_t>(1, sample.size());
    for (std::size_t at = 0; at + kWindowBytes <= sample.size(); ++at) {
      std::uint32_t tuple = static_cast<unsigned char>(sample[at]) & 31U;
      bool is_ascii = true;
      for (std::size_t i = 0; i < kWindowBytes; ++i) {
        const auto byte = static_cast<unsigned char>(sample[at + i]);
        is_ascii = is_ascii && byte < 0x80;  // a shuffle yields nothing for other bytes
        if (i > 0) tuple = (tuple << 4U) | (byte & 15U);
      }
      if (is_ascii) ++seen[tuple];
    }
    std::vector<std::uint32_t> tuples;
    for (std::uint32_t tuple = 0; tuple < seen.size(); ++tuple) {
      if (seen[tuple] > 0) tuples.push_back(tuple);
    }
    // The rest may stand in any order.
    const auto frequent =
        tuples.begin() + static_cast<std::ptrdiff_t>(std::min(kTuples, tuples.size()));
    std::partial_sort(tuples.begin(), frequent, tuples.end(),
                      [&](std::uint32_t a, std::uint32_t b) {
                        return seen[a] != seen[b] ? seen[a] > seen[b] : a < b;
                      });
    for (std::size_t i = 0; i < tuples.size(); ++i) {
      const std::uint32_t count = seen[tuples[i]];
      const std::uint32_t first = tuples[i] >> 12U;
      const std::array<std::uint32_t, kLookups> index = {first >> 1U, first & 15U,
                                                         (tuples[i] >> 8U) & 15U,
                                                         (tuples[i] >> 4U) & 15U, tuples[i] & 15U};
      for (std::size_t lookup = 0; lookup < kLookups; ++lookup) {
        if (i < kTuples) {
          sets_[lookup][index[lookup]][i / 64] |= 1ULL << (i % 64);
        } else {
          rare_[lookup][index[lookup]] += static_cast<float>(count);
        }
      }
      if (i < kTuples) {
        count_[i] = count;
      } else {
        rare_count_ += static_cast<float>(count);
      }
    }
  }

  // Hits of a bucket in the sample; anything above `most` once that is exceeded.
  [[nodiscard]] std::uint64_t hits(const Mask& mask, std::uint64_t most) const noexcept {
    std::uint64_t sum = rare_hits(mask);
    // Some words at a time, the most frequent first: most calls soon know that it is too much.
    for (std::size_t start = 0; start < kWords && sum <= most; start += kWordsAtOnce) {
      std::array<std::uint64_t, kWordsAtOnce> all;
      all.fill(~0ULL);
      for (std::size_t lookup = 0; lookup < kLookups; ++lookup) {
        std::array<std::uint64_t, kWordsAtOnce> allowed{};
        for (unsigned indexes = mask.allowed[lookup]; indexes != 0; indexes &= indexes - 1) {
          const Set& set = sets_[lookup][static_cast<std::size_t>(std::countr_zero(indexes))];
          for (std::size_t i = 0; i < kWordsAtOnce; ++i) allowed[i] |= set[start + i];
        }
        for (std::size_t i = 0; i < kWordsAtOnce; ++i) all[i] &= allowed[i];
      }
      for (std::size_t i = 0; i < kWordsAtOnce; ++i) {
        for (std::uint64_t bits = all[i]; bits != 0; bits &= bits - 1) {
          sum += count_[(start + i) * 64 + static_cast<std::size_t>(std::countr_zero(bits))];
        }
      }
    }
    return sum;
  }

  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

 private:
  [[nodiscard]] std::uint64_t rare_hits(const Mask& mask) const noexcept {
    float hits = rare_count_;
    for (std::size_t lookup = 0; lookup < kLookups && hits > 0; ++lookup) {
      float allowed = 0;
      for (unsigned indexes = mask.allowed[lookup]; indexes != 0; indexes &= indexes - 1) {
        allowed += rare_[lookup][static_cast<std::size_t>(std::countr_zero(indexes))];
      }
      hits *= allowed / rare_count_;
    }
    return static_cast<std::uint64_t>(hits);
  }

  static constexpr std::size_t kTuples = 4096;
  static constexpr std::size_t kWords = kTuples / 64;
  static constexpr std::size_t kWordsAtOnce = 8;
  static_assert(kWords % kWordsAtOnce == 0);
  using Set = std::array<std::uint64_t, kWords>;

  std::array<std::array<Set, 16>, kLookups> sets_{};
  std::array<std::uint32_t, kTuples> count_{};  // most frequent first
  std::array<std::array<float, 16>, kLookups> rare_{};
  float rare_count_ = 0;
  std::size_t bytes_ = 1;
};

constexpr std::uint64_t kNoLimit = std::numeric_limits<std::uint64_t>::max();

// A window that some keys can be cut to.
struct Candidate {
  Mask mask;
  std::vector<std::uint32_t> keys;
  std::uint64_t hits = 0;
};

struct Choice {
  Mask mask;
  std::vector<std::uint32_t> keys;  // those it was chosen for
  std::size_t bucket = 0;
};

std::vector<Candidate> candidates_of(const std::vector<WindowKey>& keys,
                                     const Frequencies& frequencies) {
  std::map<Mask, std::vector<std::uint32_t>> by_mask;
  for (std::uint32_t key = 0; key < keys.size(); ++key) {
    HASHCART_CHECK(!keys[key].cuts.empty());
    for (const std::uint32_t cut : keys[key].cuts) {
      std::vector<std::uint32_t>& list = by_mask[mask_of(keys[key], cut)];
      if (list.empty() || list.back() != key) list.push_back(key);
    }
  }
  std::vector<Candidate> out;
  out.reserve(by_mask.size());
  for (auto& [mask, list] : by_mask) {
    out.push_back({mask, std::move(list), frequencies.hits(mask, kNoLimit)});
  }
  return out;
}

// A cover of all keys by few and rare windows: the cheapest per key first.
std::vector<Choice> cover(const std::vector<Candidate>& candidates, std::size_t key_count,
                          std::size_t sample_bytes) {
  // A window more costs something even if the sample does not hold it: it makes its bucket wider.
  const double fixed = 1.0 + static_cast<double>(sample_bytes) / 20'000;
  std::vector<bool> covered(key_count, false);
  std::vector<std::size_t> left(candidates.size());
  for (std::size_t i = 0; i < candidates.size(); ++i) left[i] = candidates[i].keys.size();
  std::vector<std::vector<std::uint32_t>> of_key(key_count);
  for (std::uint32_t i = 0; i < candidates.size(); ++i) {
    for (const std::uint32_t key : candidates[i].keys) of_key[key].push_back(i);
  }
  std::vector<Choice> chosen;
  for (std::size_t done = 0; done < key_count;) {
    std::size_t best = 0;
    double best_worth = -1;
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      if (left[i] == 0) continue;
      const double worth =
          static_cast<double>(left[i]) / (fixed + static_cast<double>(candidates[i].hits));
      if (worth > best_worth) {
        best_worth = worth;
        best = i;
      }
    }
    Choice choice{candidates[best].mask, {}, 0};
    for (const std::uint32_t key : candidates[best].keys) {
      if (covered[key]) continue;
      covered[key] = true;
      ++done;
      choice.keys.push_back(key);
      for (const std::uint32_t other : of_key[key]) --left[other];
    }
    chosen.push_back(std::move(choice));
  }
  return chosen;
}

// Each window is a bucket of its own at first; the two whose union makes the fewest new hits become
// one until kBuckets are left. Quadratic in the windows, of which there are some dozens.
void merge(const Frequencies& frequencies, std::vector<Choice>* choices) {
  struct Group {
    Mask mask;
    std::uint64_t hits = 0;
    std::size_t partner = 0;  // the best behind it
    std::uint64_t adds = kNoLimit;
    bool gone = false;
  };
  std::vector<Group> groups;
  groups.reserve(choices->size());
  for (std::size_t i = 0; i < choices->size(); ++i) {
    Choice& choice = (*choices)[i];
    choice.bucket = i;
    groups.push_back({choice.mask, frequencies.hits(choice.mask, kNoLimit)});
  }
  const auto adds = [&](const Group& a, const Group& b, std::uint64_t limit) {
    const std::uint64_t both = a.hits + b.hits;
    const std::uint64_t hits =
        frequencies.hits(a.mask.joined(b.mask), limit == kNoLimit ? kNoLimit : both + limit);
    return hits > both ? hits - both : 0;
  };
  const auto find_partner = [&](std::size_t i) {
    groups[i].adds = kNoLimit;
    for (std::size_t j = i + 1; j < groups.size(); ++j) {
      if (groups[j].gone) continue;
      const std::uint64_t more = adds(groups[i], groups[j], groups[i].adds);
      if (more >= groups[i].adds) continue;
      groups[i].adds = more;
      groups[i].partner = j;
      if (more == 0) break;
    }
  };
  for (std::size_t i = 0; i < groups.size(); ++i) find_partner(i);
  for (std::size_t left = groups.size(); left > kBuckets; --left) {
    std::size_t best = 0;
    std::uint64_t least = kNoLimit;
    for (std::size_t i = 0; i < groups.size(); ++i) {
      if (groups[i].gone || groups[i].adds >= least) continue;
      least = groups[i].adds;
      best = i;
    }
    const std::size_t other = groups[best].partner;
    groups[best].mask = groups[best].mask.joined(groups[other].mask);
    groups[best].hits = frequencies.hits(groups[best].mask, kNoLimit);
    groups[other].gone = true;
    for (Choice& choice : *choices) {
      if (choice.bucket == other) choice.bucket = best;
    }
    for (std::size_t i = 0; i < groups.size(); ++i) {
      if (groups[i].gone) continue;
      if (i == best || groups[i].partner == best || groups[i].partner == other) {
        find_partner(i);
      } else if (i < best) {
        const std::uint64_t more = adds(groups[i], groups[best], groups[i].adds);
        if (more < groups[i].adds) {
          groups[i].adds = more;
          groups[i].partner = best;
        }
      }
    }
  }
  std::size_t bucket = 0;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (groups[i].gone) continue;
    for (Choice& choice : *choices) {
      if (choice.bucket == i) choice.bucket = bucket;
    }
    ++bucket;  // never above i, so no choice is taken twice
  }
}

// Where each key's window is and in which bucket; changed one group of keys at a time.
class Placement {
 public:
  Placement(const std::vector<WindowKey>& keys, const Frequencies& frequencies,
            const std::vector<Choice>& choices)
      : frequencies_(frequencies), masks_(keys.size()), mask_(keys.size()), bucket_(keys.size()) {
    for (std::size_t key = 0; key < keys.size(); ++key) {
      for (const std::uint32_t cut : keys[key].cuts) masks_[key].push_back(mask_of(keys[key], cut));
    }
    for (const Choice& choice : choices) {
      for (const std::uint32_t key : choice.keys) place(key, choice.mask, choice.bucket);
    }
    for (std::size_t b = 0; b < kBuckets; ++b) update(b);
  }

  // Takes the keys out and puts them back where they add least: all in one window if they have
  // another in common, or one by one. Where that makes no fewer hits, nothing changes.
  void improve(const std::vector<std::uint32_t>& keys, bool as_one) {
    const std::uint64_t before = total();
    const auto old_mask = mask_;
    const auto old_bucket = bucket_;
    const auto old_masks = bucket_mask_;
    const auto old_hits = hits_;
    const std::size_t from = bucket_[keys.front()];
    for (const std::uint32_t key : keys) bucket_[key] = kNowhere;
    update(from);
    if (as_one) {
      put(keys.front(), &keys);
    } else {
      for (const std::uint32_t key : keys) put(key, nullptr);
    }
    if (total() < before) return;
    mask_ = old_mask;
    bucket_ = old_bucket;
    bucket_mask_ = old_masks;
    hits_ = old_hits;
  }

  // Keys that share a window.
  [[nodiscard]] std::vector<std::vector<std::uint32_t>> groups() const {
    std::map<std::pair<std::size_t, Mask>, std::vector<std::uint32_t>> by_window;
    for (std::uint32_t key = 0; key < mask_.size(); ++key) {
      by_window[{bucket_[key], mask_[key]}].push_back(key);
    }
    std::vector<std::vector<std::uint32_t>> out;
    out.reserve(by_window.size());
    for (auto& [window, keys] : by_window) out.push_back(std::move(keys));
    return out;
  }

  [[nodiscard]] std::uint64_t total() const {
    std::uint64_t sum = 0;
    for (const std::uint64_t hits : hits_) sum += hits;
    return sum;
  }
  [[nodiscard]] const Mask& window(std::size_t key) const { return mask_[key]; }
  [[nodiscard]] const Mask& bucket(std::size_t bucket) const { return bucket_mask_[bucket]; }

 private:
  static constexpr std::size_t kNowhere = kBuckets;

  // One key, or all of a group whose first it is, where it adds least.
  void put(std::uint32_t key, const std::vector<std::uint32_t>* group) {
    std::uint64_t least = kNoLimit;
    Mask best;
    std::size_t to = 0;
    for (const Mask& mask : masks_[key]) {
      const auto has_mask = [&](std::uint32_t other) {
        return std::find(masks_[other].begin(), masks_[other].end(), mask) != masks_[other].end();
      };
      if (group != nullptr && !std::all_of(group->begin(), group->end(), has_mask)) continue;
      for (std::size_t b = 0; b < kBuckets && least > 0; ++b) {
        const Mask joined = bucket_mask_[b].joined(mask);
        std::uint64_t adds = 0;
        if (joined != bucket_mask_[b]) {
          adds =
              frequencies_.hits(joined, least == kNoLimit ? kNoLimit : hits_[b] + least) - hits_[b];
        }
        if (adds >= least) continue;
        least = adds;
        best = mask;
        to = b;
      }
    }
    place(key, best, to);
    if (group != nullptr) {
      for (const std::uint32_t other : *group) place(other, best, to);
    }
    const Mask joined = bucket_mask_[to].joined(best);
    if (joined == bucket_mask_[to]) return;
    bucket_mask_[to] = joined;
    hits_[to] = frequencies_.hits(joined, kNoLimit);
  }

  void place(std::uint32_t key, const Mask& mask, std::size_t bucket) {
    mask_[key] = mask;
    bucket_[key] = bucket;
  }

  void update(std::size_t bucket) {
    Mask mask;
    for (std::size_t key = 0; key < mask_.size(); ++key) {
      if (bucket_[key] == bucket) mask = mask.joined(mask_[key]);
    }
    bucket_mask_[bucket] = mask;
    hits_[bucket] = frequencies_.hits(mask, kNoLimit);
  }

  const Frequencies& frequencies_;
  std::vector<std::vector<Mask>> masks_;  // by key, of its cuts
  std::vector<Mask> mask_;                // by key
  std::vector<std::size_t> bucket_;       // by key
  std::array<Mask, kBuckets> bucket_mask_{};
  std::array<std::uint64_t, kBuckets> hits_{};
};

}  // namespace

Windows choose_windows(const std::vector<WindowKey>& keys, std::string_view sample) {
  Windows out;
  out.cut.assign(keys.size(), 0);
  if (keys.empty()) return out;
  const Frequencies frequencies(sample);
  const std::vector<Candidate> candidates = candidates_of(keys, frequencies);
  std::vector<Choice> choices = cover(candidates, keys.size(), frequencies.bytes());
  merge(frequencies, &choices);
  Placement placement(keys, frequencies, choices);
  // Keys of one window together, then each by itself, then together once more: what is left to gain
  // by going on is not worth the start-up.
  for (const bool as_one : {true, false, true}) {
    for (const std::vector<std::uint32_t>& group : placement.groups()) {
      placement.improve(group, as_one);
    }
  }
  for (std::size_t b = 0; b < kBuckets; ++b) {
    const unsigned bit = 1U << (b % 8);
    for (std::size_t lookup = 0; lookup < kLookups; ++lookup) {
      auto& row = out.table[b / 8][lookup];
      for (unsigned i = 0; i < row.size(); ++i) {
        if (placement.bucket(b).has(lookup, i)) {
          row[i] = static_cast<std::uint8_t>(unsigned{row[i]} | bit);
        }
      }
    }
  }
  for (std::size_t key = 0; key < keys.size(); ++key) {
    for (const std::uint32_t cut : keys[key].cuts) {
      if (mask_of(keys[key], cut) == placement.window(key)) out.cut[key] = cut;
    }
  }
  out.hits_per_kib =
      static_cast<double>(placement.total()) * 1024 / static_cast<double>(frequencies.bytes());
  return out;
}

}  // namespace hashcart::match
