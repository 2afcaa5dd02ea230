// OutputFile: a sink into a regular file of which is known how much is committed.
//
// Opened without emptying it. What it may hold is for the caller to judge (state_dir.h), who then
// says where writing begins; all behind that is cut off.
//
// Threads: one at a time.   Memory: its last kTailBytes, twice.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "emit/sink.h"
#include "state/files.h"
#include "state/full_medium.h"

namespace hashcart::state {

// The end of an output is known again by so many bytes.
inline constexpr std::size_t kTailBytes = 4096;

class OutputFile final : public emit::Sink {
 public:
  // path: "-" for standard output. may_make: whether a file that is not there is made. Throws
  // base::SetupError: kUsage if it is no regular file, kOutput if it cannot be opened.
  // medium: outlives this; may be null.
  OutputFile(const std::string& path, bool may_make, FullMedium* medium = nullptr);

  // For people; the device and inode that tell it from others; its size when it was opened.
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] std::uint64_t device() const noexcept { return device_; }
  [[nodiscard]] std::uint64_t inode() const noexcept { return inode_; }
  [[nodiscard]] std::uint64_t size_at_start() const noexcept { return size_; }
  // It was not there, or not to be made.
  [[nodiscard]] bool was_missing() const noexcept { return was_missing_; }

  // Hash of what stands before `length`, kTailBytes at most. False: it cannot be read.
  [[nodiscard]] bool hash_before(std::uint64_t length, std::uint64_t* hash) const;

  // Cuts off what stands behind `length`; writing begins there. Throws base::SetupError (kOutput).
  void start(std::uint64_t length);

  emit::SinkStatus write(std::string_view bytes) override;
  emit::SinkStatus finish() override;
  // All that was written is on the medium. False: message() says why not.
  [[nodiscard]] bool sync();
  [[nodiscard]] std::uint64_t length() const noexcept { return length_; }
  [[nodiscard]] std::uint64_t tail_hash() const noexcept;

 private:
  [[nodiscard]] emit::SinkStatus fail(std::string_view what);

  FullMedium* const medium_;
  std::string name_;
  std::string folder_;  // in which it was made; empty: it was there
  Descriptor file_;
  std::uint64_t device_ = 0;
  std::uint64_t inode_ = 0;
  std::uint64_t size_ = 0;
  bool was_missing_ = false;
  std::uint64_t length_ = 0;
  bool is_dirty_ = false;
  std::string tail_;
  emit::SinkStatus status_ = emit::SinkStatus::kOk;
};

}  // namespace hashcart::state
