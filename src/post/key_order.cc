#include "post/key_order.h"

#include <cstring>

namespace hashcart::post {

KeyOrder::Place KeyOrder::learn(Place from, const char* token, std::size_t size,
                                std::uint8_t key) noexcept {
  const bool is_long = size > kKeyBytesMax;
  Known fresh;
  std::memcpy(fresh.token.data(), token, fresh.token.size());
  if (!is_long) fresh.compared = static_cast<std::uint32_t>((1ULL << (size + 3)) - 1);
  fresh.key = is_long ? kLong : key;

  const auto byte = [&](std::size_t i) {
    return static_cast<std::size_t>(static_cast<unsigned char>(token[i]));
  };
  const std::size_t last = is_long ? kKeyBytesMax : size;
  const std::size_t hash = last * 29 + byte(1) * 7 + byte(last) * 3 + byte(last / 2 + 1) * 13;
  // The place that has it, else a free one, else the first.
  std::size_t place = hash % kPlaceCount;
  for (std::size_t i = 0; i < kTriesMax; ++i) {
    const std::size_t tried = (hash + i) % kPlaceCount;
    const Known& there = known_[tried];
    const bool is_free = there.token[0] == '\0';
    const bool is_it = there.compared == fresh.compared && there.stands_at(token);
    if (!is_free && !is_it) continue;
    place = tried;
    break;
  }
  Known& there = known_[place];
  fresh.next = there.next;
  fresh.other = there.other;
  there = fresh;
  Known& before = known_[from];
  if (before.next != place) {
    before.other = before.next;
    before.next = static_cast<Place>(place);
  }
  return static_cast<Place>(place);
}

}  // namespace hashcart::post
