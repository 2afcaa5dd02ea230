// ByteSource: the bytes of one input, decompressed. Private to ingest.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "ingest/page_memory.h"

namespace hashcart::ingest {

enum class ReadStatus : std::uint8_t {
  kBytes,   // some bytes, at least one
  kNotYet,  // Wait::kNo was asked for, and there is nothing at hand
  kEnd,     // the end of the input
  kBroken,  // it broke off; message() says how
  kStopped,
};

// Whether a read may block.
enum class Wait : std::uint8_t { kNo, kYes };

// Both where raw bytes come from and what decompresses them.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  // On kBytes *count is how many were written to `to`, at most `room`.
  virtual ReadStatus read(char* to, std::size_t room, Wait wait, std::size_t* count) = 0;
  [[nodiscard]] virtual std::string message() const = 0;

  // What a source offers that has its bytes in memory already.
  [[nodiscard]] virtual bool has_blocks() const noexcept { return false; }
  // Like read(), but exchanges *memory for another of its size that holds the bytes, from place
  // `front` on. What *memory was stays readable until the next call. kNotYet: not of this size, or
  // a block is partly read; then read() gives the rest of it.
  virtual ReadStatus exchange(PageMemory* /*memory*/, std::size_t /*front*/,
                              std::size_t* /*count*/) {
    return ReadStatus::kNotYet;
  }
};

// Whether an input that begins so is gzip or zstd.
[[nodiscard]] bool is_compressed(std::string_view start) noexcept;

// Decompressed bytes of what another source gives, member by member or frame by frame.
class Decompressor : public ByteSource {
 public:
  // Begins anew between two members or frames. is_first: there is none before.
  virtual void restart(ByteSource* raw, bool is_first) = 0;
  [[nodiscard]] virtual bool is_inside() const = 0;  // a member or frame is open
  // message(), with another count of the bytes that came before the fault.
  [[nodiscard]] virtual std::string message_at(std::uint64_t decompressed) const = 0;
};

// To be restarted first. window_log_max: see SourceOptions.
[[nodiscard]] std::unique_ptr<Decompressor> make_decompressor(bool is_zstd,
                                                              std::size_t buffer_bytes,
                                                              int window_log_max);

// Whether what is_compressed() is zstd; else gzip.
[[nodiscard]] bool is_zstd_start(std::string_view start) noexcept;

// Looks at the first bytes: gzip and zstd by their magic, anything else as it is.
// raw: outlives the result. Blocks until the first bytes are told apart.
[[nodiscard]] std::unique_ptr<ByteSource> open_bytes(ByteSource* raw, std::size_t buffer_bytes,
                                                     int window_log_max);

}  // namespace hashcart::ingest
