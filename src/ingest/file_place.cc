#include <xxhash.h>

#include "ingest/source.h"

namespace hashcart::ingest {

std::uint64_t fingerprint_of(std::string_view beginning) noexcept {
  return XXH3_64bits(beginning.data(), beginning.size());
}

bool begins_like(const FilePlace& place, std::string_view head) noexcept {
  return place.fingerprint_bytes <= head.size() &&
         fingerprint_of(head.substr(0, static_cast<std::size_t>(place.fingerprint_bytes))) ==
             place.fingerprint;
}

std::uint64_t behind_unended(const FilePlace& place, std::string_view next) noexcept {
  if (place.unended_bytes == 0) return place.position;
  if (next.starts_with('\n')) return place.position + 1;
  if (next.starts_with("\r\n")) return place.position + 2;
  return place.position - place.unended_bytes;
}

}  // namespace hashcart::ingest
