#include "ingest/byte_source.h"

#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <new>
#include <string_view>
#include <utility>

#include "base/check.h"
#include "ingest/page_memory.h"

namespace hashcart::ingest {
namespace {

constexpr std::size_t kMagicBytes = 4;
constexpr std::size_t kBlockHeaderBytes = 3;  // of zstd: RFC 8878, 3.1.1.2

// Raw bytes that were read but not yet taken, in a page-aligned buffer.
class Inlet {
 public:
  Inlet(ByteSource* raw, std::size_t bytes)
      : raw_(raw), limit_(std::max(bytes, kMagicBytes)), memory_(limit_) {}

  // Reads more behind what is there. The buffer must have room.
  ReadStatus more(Wait wait) {
    if (begin_ == end_) begin_ = end_ = 0;
    HASHCART_CHECK(end_ < memory_.size());
    std::size_t count = 0;
    const ReadStatus status =
        raw_->read(memory_.data() + end_, std::min(limit_, memory_.size() - end_), wait, &count);
    if (status == ReadStatus::kBytes) end_ += count;
    return status;
  }

  [[nodiscard]] std::string_view bytes() const { return {memory_.data() + begin_, end_ - begin_}; }
  void take(std::size_t count) { begin_ += count; }
  void restart(ByteSource* raw) {
    raw_ = raw;
    begin_ = end_ = 0;
  }
  [[nodiscard]] ByteSource& raw() { return *raw_; }
  [[nodiscard]] const ByteSource& raw() const { return *raw_; }

 private:
  ByteSource* raw_;
  std::size_t limit_;
  PageMemory memory_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

class PlainBytes final : public ByteSource {
 public:
  PlainBytes(std::unique_ptr<Inlet> inlet, ReadStatus after)
      : inlet_(std::move(inlet)), after_(after) {}

  ReadStatus read(char* to, std::size_t room, Wait wait, std::size_t* count) override {
    const std::string_view held = inlet_->bytes();
    if (!held.empty()) {
      *count = std::min(room, held.size());
      std::memcpy(to, held.data(), *count);
      inlet_->take(*count);
      return ReadStatus::kBytes;
    }
    if (after_ != ReadStatus::kBytes) return after_;
    // Past the first bytes the caller's buffer is filled without a detour.
    return inlet_->raw().read(to, room, wait, count);
  }

  std::string message() const override { return inlet_->raw().message(); }

 private:
  std::unique_ptr<Inlet> inlet_;
  ReadStatus after_;  // what the look at the first bytes ended with
};

// What decompressors share: when input runs dry, more is read; where the input ends inside a member
// or frame, it broke off.
class DecompressorBase : public Decompressor {
 public:
  explicit DecompressorBase(std::unique_ptr<Inlet> inlet) : inlet_(std::move(inlet)) {}

  void restart(ByteSource* raw, bool is_first) final {
    inlet_->restart(raw);
    decoded_ = 0;
    failed_ = has_place_ = false;
    message_.clear();
    restart_decoder(is_first);
  }

  ReadStatus read(char* to, std::size_t room, Wait wait, std::size_t* count) final {
    while (!failed_) {
      std::size_t taken = 0;
      std::size_t made = 0;
      const Step step = decode(inlet_->bytes(), to, room, &taken, &made);
      inlet_->take(taken);
      decoded_ += made;
      if (step == Step::kDamaged) failed_ = has_place_ = true;
      if (made > 0) {
        *count = made;
        return ReadStatus::kBytes;
      }
      if (step != Step::kNeedInput) continue;
      const ReadStatus status = inlet_->more(wait);
      if (status == ReadStatus::kBytes) continue;
      if (status == ReadStatus::kBroken) message_ = inlet_->raw().message();
      if (status == ReadStatus::kEnd && is_inside()) {
        failed_ = has_place_ = true;
        message_ = std::string("ends inside a ") + unit();
        break;
      }
      return status;
    }
    return ReadStatus::kBroken;
  }

  std::string message() const final { return message_at(decoded_); }
  std::string message_at(std::uint64_t decompressed) const final {
    if (!has_place_) return message_;
    return message_ + " at decompressed byte " + std::to_string(decompressed);
  }

 protected:
  enum class Step { kGoOn, kNeedInput, kDamaged };

  // One step. kNeedInput: no more can be made of what is there. kDamaged: damaged() was called.
  virtual Step decode(std::string_view in, char* to, std::size_t room, std::size_t* taken,
                      std::size_t* made) = 0;
  virtual void restart_decoder(bool is_first) = 0;
  [[nodiscard]] virtual const char* unit() const = 0;

  Step damaged(std::string how) {
    message_ = std::move(how);
    return Step::kDamaged;
  }

 private:
  std::unique_ptr<Inlet> inlet_;
  std::uint64_t decoded_ = 0;
  bool failed_ = false;
  bool has_place_ = false;  // the message is about decoded_
  std::string message_;
};

class GzipBytes final : public DecompressorBase {
 public:
  explicit GzipBytes(std::unique_ptr<Inlet> inlet) : DecompressorBase(std::move(inlet)) {
    // 15 + 16: the largest window, gzip wrapper only.
    if (inflateInit2(&stream_, 15 + 16) != Z_OK) throw std::bad_alloc();
  }
  ~GzipBytes() override { inflateEnd(&stream_); }

 private:
  Step decode(std::string_view in, char* to, std::size_t room, std::size_t* taken,
              std::size_t* made) override {
    if (!is_inside_) {
      // Zeros behind a member are padding (tape blocks), as for gzip itself.
      if (has_members_ && !in.empty() && in[0] == '\0') {
        *taken = std::min(in.find_first_not_of('\0'), in.size());
        return Step::kGoOn;
      }
      if (in.empty()) return Step::kNeedInput;
      inflateReset(&stream_);
      is_inside_ = true;
    }
    constexpr std::size_t kMax = std::numeric_limits<uInt>::max();
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));
    stream_.avail_in = static_cast<uInt>(std::min(in.size(), kMax));
    stream_.next_out = reinterpret_cast<Bytef*>(to);
    stream_.avail_out = static_cast<uInt>(std::min(room, kMax));
    const uInt in_before = stream_.avail_in;
    const uInt out_before = stream_.avail_out;
    const int result = inflate(&stream_, Z_NO_FLUSH);
    *taken = in_before - stream_.avail_in;
    *made = out_before - stream_.avail_out;
    switch (result) {
      case Z_STREAM_END:
        is_inside_ = false;
        has_members_ = true;
        return Step::kGoOn;
      case Z_OK:
        return Step::kGoOn;
      case Z_BUF_ERROR:  // no progress is possible; it is no error
        return Step::kNeedInput;
      default:
        break;
    }
    // zlib looks at the two bytes of magic together, so nothing else of this member was taken.
    if (has_members_ && stream_.total_in <= 2) {
      return damaged("holds something other than gzip behind its last member");
    }
    return damaged(std::string("damaged gzip data (") +
                   (stream_.msg != nullptr ? stream_.msg : "unknown") + ')');
  }
  bool is_inside() const override { return is_inside_; }
  const char* unit() const override { return "gzip member"; }
  void restart_decoder(bool is_first) override {
    is_inside_ = false;
    has_members_ = !is_first;
  }

  z_stream stream_{};
  bool is_inside_ = false;
  bool has_members_ = false;
};

struct ZstdDeleter {
  void operator()(ZSTD_DCtx* context) const noexcept { ZSTD_freeDCtx(context); }
};

class ZstdBytes final : public DecompressorBase {
 public:
  ZstdBytes(std::unique_ptr<Inlet> inlet, int window_log_max)
      : DecompressorBase(std::move(inlet)), context_(ZSTD_createDCtx()) {
    if (context_ == nullptr) throw std::bad_alloc();
    // `zstd --long=31`: windows up to 2 GiB, which the library refuses unless told.
    ZSTD_DCtx_setParameter(context_.get(), ZSTD_d_windowLogMax, window_log_max);
  }

 private:
  Step decode(std::string_view in, char* to, std::size_t room, std::size_t* taken,
              std::size_t* made) override {
    // A call that meets damage tells nothing of what it wrote before it. What is read must not
    // depend on the size of reads, so no call may both hand out and go on: it flushes, or it is
    // given no more than one block, or one header.
    if (may_hold_output_) {
      in = {};
    } else if (in.empty()) {
      return Step::kNeedInput;
    }
    if (!is_inside_) frame_taken_ = 0;
    in = in.substr(0, step_);
    ZSTD_inBuffer input{in.data(), in.size(), 0};
    ZSTD_outBuffer output{to, room, 0};
    const std::size_t result = ZSTD_decompressStream(context_.get(), &output, &input);
    *taken = input.pos;
    *made = output.pos;
    frame_taken_ += input.pos;
    if (ZSTD_isError(result) != 0) {
      if (has_frames_ && frame_taken_ <= kMagicBytes) {
        return damaged("holds something other than zstd behind its last frame");
      }
      return damaged(fault_of(ZSTD_getErrorCode(result)));
    }
    is_inside_ = result != 0;  // 0: the frame is complete and all of it was handed out
    has_frames_ = has_frames_ || !is_inside_;
    may_hold_output_ = is_inside_ && output.pos == output.size;
    // The library asks for a block and the header behind it. A frame begins with one byte: given
    // all of it, and room, it would be decoded in one go. Of a last block there is no header
    // behind; where it is raw it is handed out as it comes, all but the byte with which the frame
    // may turn out not to fit, so that byte comes alone.
    step_ = is_inside_ && result > kBlockHeaderBytes ? result - kBlockHeaderBytes : 1;
    return Step::kGoOn;
  }
  // In other words than the library's where those depend on what it decoded before.
  static const char* fault_of(ZSTD_ErrorCode code) noexcept {
    switch (code) {
      case ZSTD_error_frameParameter_windowTooLarge:
        return "asks for a larger zstd window than is allowed (--memory)";
      case ZSTD_error_checksum_wrong:
        return "damaged zstd data (wrong checksum)";
      case ZSTD_error_dictionary_wrong:
        return "needs a zstd dictionary, and none is used here";
      default:
        return "damaged zstd data";
    }
  }
  bool is_inside() const override { return is_inside_; }
  const char* unit() const override { return "zstd frame"; }
  void restart_decoder(bool is_first) override {
    ZSTD_DCtx_reset(context_.get(), ZSTD_reset_session_only);
    is_inside_ = may_hold_output_ = false;
    has_frames_ = !is_first;
    frame_taken_ = 0;
    step_ = 1;
  }

  std::unique_ptr<ZSTD_DCtx, ZstdDeleter> context_;
  bool is_inside_ = false;
  bool has_frames_ = false;
  bool may_hold_output_ = false;
  std::uint64_t frame_taken_ = 0;
  std::size_t step_ = 1;  // how much input the next call is given
};

// Both take a file cut off inside its magic for what it would have been, from the second byte on.
bool is_gzip(std::string_view bytes) {
  constexpr std::string_view kMagic("\x1f\x8b\x08", 3);
  return bytes.size() >= 2 && kMagic.starts_with(bytes.substr(0, kMagic.size()));
}

// A frame, or a skippable frame (RFC 8878, section 3.1).
bool is_zstd(std::string_view bytes) {
  constexpr std::string_view kMagic("\x28\xb5\x2f\xfd", 4);
  constexpr std::string_view kSkippable("\x2a\x4d\x18", 3);
  if (bytes.size() < 2) return false;
  bytes = bytes.substr(0, kMagic.size());
  return kMagic.starts_with(bytes) ||
         ((static_cast<unsigned char>(bytes[0]) & 0xF0U) == 0x50 && bytes.size() == kMagicBytes &&
          bytes.substr(1) == kSkippable);
}

// Whether a longer start could turn out to be compressed. Text mostly says no at its first byte, so
// that a slow pipe need not wait for the fourth.
bool may_be_compressed(std::string_view bytes) {
  if (bytes.empty()) return true;
  const auto first = static_cast<unsigned char>(bytes[0]);
  if ((first & 0xF0U) == 0x50) return bytes.size() == 1 || bytes[1] == '\x2a';
  return bytes.size() == 1 ? first == 0x1F || first == 0x28 : is_gzip(bytes) || is_zstd(bytes);
}

}  // namespace

bool is_compressed(std::string_view start) noexcept { return is_gzip(start) || is_zstd(start); }

bool is_zstd_start(std::string_view start) noexcept { return !is_gzip(start); }

std::unique_ptr<Decompressor> make_decompressor(bool is_zstd, std::size_t buffer_bytes,
                                                int window_log_max) {
  auto inlet = std::make_unique<Inlet>(nullptr, buffer_bytes);
  if (is_zstd) return std::make_unique<ZstdBytes>(std::move(inlet), window_log_max);
  return std::make_unique<GzipBytes>(std::move(inlet));
}

std::unique_ptr<ByteSource> open_bytes(ByteSource* raw, std::size_t buffer_bytes,
                                       int window_log_max) {
  auto inlet = std::make_unique<Inlet>(raw, buffer_bytes);
  ReadStatus status = ReadStatus::kBytes;
  while (status == ReadStatus::kBytes && inlet->bytes().size() < kMagicBytes &&
         may_be_compressed(inlet->bytes())) {
    status = inlet->more(Wait::kYes);
  }
  if (is_gzip(inlet->bytes())) return std::make_unique<GzipBytes>(std::move(inlet));
  if (is_zstd(inlet->bytes())) return std::make_unique<ZstdBytes>(std::move(inlet), window_log_max);
  return std::make_unique<PlainBytes>(std::move(inlet), status);
}

}  // namespace hashcart::ingest
