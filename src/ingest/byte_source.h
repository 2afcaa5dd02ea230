// ByteSource: the bytes of one input, decompressed. Private to ingest.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace hashcart::ingest {

enum class ReadStatus : std::uint8_t {
  kBytes,   // some bytes, at least one
  kEnd,     // the end of the input
  kBroken,  // it broke off; message() says how
  kStopped,
};

// Where raw bytes come from, and how a read is interrupted. Implemented by Source.
class RawReader {
 public:
  virtual ~RawReader() = default;
  // Blocks until there are bytes. On kBytes *count is how many.
  virtual ReadStatus read(char* to, std::size_t room, std::size_t* count) = 0;
  // Whether a read would return at once.
  [[nodiscard]] virtual bool ready() = 0;
  [[nodiscard]] virtual const std::string& message() const = 0;
};

class ByteSource {
 public:
  virtual ~ByteSource() = default;
  virtual ReadStatus read(char* to, std::size_t room, std::size_t* count) = 0;
  // Whether bytes may be had without waiting.
  [[nodiscard]] virtual bool ready() = 0;
  [[nodiscard]] virtual const std::string& message() const = 0;
};

// Looks at the first bytes: gzip and zstd by their magic, anything else as it is.
// raw: outlives the result. Blocks until four bytes or the end are there.
[[nodiscard]] std::unique_ptr<ByteSource> open_bytes(RawReader* raw, std::size_t buffer_bytes);

}  // namespace hashcart::ingest
