// Fuzz target: any bytes as a checkpoint whose head and hash are right, so that its fields are
// reached. Whatever is read is written again to the same bytes.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "state/checkpoint.h"
#include "state/files.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace state = hashcart::state;
  const std::string fields(reinterpret_cast<const char*>(data), size);
  // The head of one that is right, up to its length.
  std::string bytes = state::encode({}).substr(0, 20);
  state::put_number(fields.size(), 8, &bytes);
  bytes += fields;
  state::put_number(state::hash_of(bytes), 8, &bytes);
  const auto read = state::decode(bytes);
  if (read && state::encode(*read) != bytes) std::abort();
  // As the seeds stand on disk.
  static_cast<void>(state::decode(fields));
  return 0;
}
