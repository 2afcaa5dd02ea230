// TagKeys: which tags a catalogue has, as a set that is asked at every sign in raw bytes. Its cost
// does not depend on how many tags there are.
//
// Two tags that fold_tag() makes equal on some platform have the same key, and a key is a function
// of a tag's beginning alone, so it can be read off undecoded JSON although no one knows yet where
// the tag ends or which platform it is on. The key of a tag, taken from its fold without combining
// marks and with Latin letters as Mastodon has them:
//   - its first run of [0-9a-z_], cut to kRunBytes and without '_' at the end; or, if it does not
//     begin with one,
//   - its first two characters (its only one) behind '_'.
// A text is read the same way. Wherever a tag might end although the run goes on (at a character
// beyond ASCII, an escape, a tag or character reference of HTML) what was read so far is tried too.
// What no honest writer does (an escaped letter, a tag of HTML in an odd form) counts as a hit.
//
// Threads: immutable once built.   Memory: 18 to 36 bytes a tag.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace hashcart::match {

class TagKeys {
 public:
  // folded: fold_tag() of each tag for each platform it is used on; repeats do no harm.
  explicit TagKeys(const std::vector<std::string_view>& folded);

  // Whether a tag of the set may begin at `text`, which stands behind a sign in a string of raw
  // JSON. An LF must follow somewhere, and 64 readable bytes behind it. Never reads past the LF but
  // for those. Cost: constant (a bounded number of characters is looked at).
  [[nodiscard]] bool may_begin(const char* text) const noexcept;

  // Whether may_begin() must be asked: mostly not where it would say no. Without branches; reads
  // kRunBytes from text, and one before it.
  [[nodiscard]] bool is_worth_reading(const char* text) const noexcept;

  // The same for a string of a payload's list of tags, which holds nothing but the tag: there
  // Mastodon passes over what a tag cannot hold.
  [[nodiscard]] bool may_be(const char* text) const noexcept;

  [[nodiscard]] bool empty() const noexcept { return keys_.empty(); }
  [[nodiscard]] std::size_t bytes() const noexcept {
    return (filter_.size() + keys_.size()) * sizeof(std::uint64_t);
  }

  // Longer runs are compared by their beginning.
  static constexpr std::size_t kRunBytes = 32;

 private:
  class Reading;

  [[nodiscard]] bool has(std::uint64_t key) const noexcept;
  [[nodiscard]] bool has_run(const char* run, std::size_t size) const noexcept;
  [[nodiscard]] bool slow(const char* text, bool is_listed) const noexcept;

  std::vector<std::uint64_t> filter_;  // blocked Bloom filter: one word a key
  unsigned filter_shift_ = 63;
  std::vector<std::uint64_t> keys_;  // open addressing; 0 is free
  unsigned keys_shift_ = 63;
  bool has_odd_ = false;  // a tag begins with an ASCII character that is none of [0-9A-Za-z_]
};

}  // namespace hashcart::match
