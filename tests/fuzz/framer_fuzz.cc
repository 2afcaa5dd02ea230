// Fuzz target: any bytes as an input, read in two ways, against a splitter that sees them whole.
//
// The first four bytes pick the framing, the limit, the read and range sizes and the chunk size.
// Bytes that happen to be compressed are only compared between the two ways.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "ingest/ingest_testing.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace ingest = hashcart::ingest;
  namespace testing = hashcart::ingest::testing;
  if (size < 4) return 0;
  ingest::SourceOptions options;
  options.framing = static_cast<ingest::Framing>(data[0] % 4);
  if (data[1] != 0) options.record_bytes_max = data[1];
  const std::string_view text(reinterpret_cast<const char*>(data) + 4, size - 4);

  const testing::Everything large = testing::read_all(text, options);
  options.read_bytes = 1 + data[2] % 64U;
  options.range_bytes = 1 + (data[2] / 4U + data[3]) % 64U;
  const testing::Everything small = testing::read_all(text, options, 1 + data[3]);
  testing::require(small == large, "records do not depend on read and chunk sizes");

  const bool may_be_compressed =
      text.size() >= 2 && (text[0] == '\x1F' || text[0] == '\x28' || (text[0] & 0xF0) == 0x50);
  if (may_be_compressed) return 0;
  testing::require(large.bytes == text.size(), "all bytes were read");
  testing::require(
      large.records == testing::naive_split(text, options.framing, options.record_bytes_max),
      "records are those of the plain splitter");
  return 0;
}
