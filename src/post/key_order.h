// KeyOrder: after which key which key stood before. Internal to src/post.
//
// Objects of one kind are written by one program, which puts their keys in one order and leaves
// some out now and then. Where the guess of the next key is right, which is nearly always, one
// comparison says that a key stands there, which one, and that a colon follows. A wrong guess costs
// time and changes nothing else: the key is then looked up in the table of keys.
//
// One KeyOrder serves one KeyTable and one thread. Its size is fixed: junk keys drive each other
// out.
#pragma once

#include <immintrin.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace hashcart::post {

class KeyOrder {
 public:
  // Place of a key, or of the start.
  using Place = std::uint8_t;
  static constexpr Place kStart = 128;
  // Of keys that a table has.
  static constexpr std::size_t kKeyBytesMax = 29;

  // What is known of a key that stood somewhere.
  struct alignas(64) Known {
    // Its quote, the key, its quote and the colon; or as much of a long key as there is room for.
    std::array<char, 32> token{};
    std::uint32_t compared = ~0U;  // bits of the bytes of `token` that count
    Place next = 0;                // the place that followed last
    Place other = 0;               // the one before that
    std::uint8_t key = kLong;      // in the table; kNone: not in it

    // token: of the document, 32 readable bytes.
    [[nodiscard]] bool stands_at(const char* at) const noexcept {
      const __m256i same =
          _mm256_cmpeq_epi8(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(at)),
                            _mm256_load_si256(reinterpret_cast<const __m256i*>(token.data())));
      return (~static_cast<std::uint32_t>(_mm256_movemask_epi8(same)) & compared) == 0;
    }
  };
  static constexpr std::uint8_t kNone = 254;
  // Not in the table, and the comparison does not see its end: whether it is a key, and has no
  // escapes that must be looked at, the caller asks with is_plain_long().
  static constexpr std::uint8_t kLong = 255;

  [[nodiscard]] const Known& at(Place place) const noexcept { return known_[place]; }
  [[nodiscard]] Place after(Place place) const noexcept { return known_[place].next; }

  // Of a long key whose known bytes stand at `token`: KeyTable::find sees no escape in it.
  [[nodiscard]] static bool is_plain_long(const char* token) noexcept {
    return token[32] != '\\' && token[33] != '\\';
  }

  // The second guess. On success it is the first one from now on.
  [[nodiscard]] bool follow_other(Place from, const char* token) noexcept {
    Known& before = known_[from];
    if (!known_[before.other].stands_at(token)) return false;
    std::swap(before.next, before.other);
    return true;
  }

  // Notes that the key at `token` stands behind that of `from`. size: its bytes without quotes, or
  // more than kKeyBytesMax. key: in the table, or kNone. Returns its place.
  [[nodiscard]] Place learn(Place from, const char* token, std::size_t size,
                            std::uint8_t key) noexcept;

 private:
  static constexpr std::size_t kPlaceCount = 128;
  static constexpr std::size_t kTriesMax = 4;

  std::array<Known, kPlaceCount + 1> known_{};
};

}  // namespace hashcart::post
