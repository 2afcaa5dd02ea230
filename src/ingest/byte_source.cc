#include "ingest/byte_source.h"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <string_view>

#include "base/check.h"
#include "ingest/chunk.h"

namespace hashcart::ingest {
namespace {

struct FreeDeleter {
  void operator()(char* memory) const noexcept { std::free(memory); }
};

// Raw bytes that were read but not yet taken, in a page-aligned buffer.
class Inlet {
 public:
  Inlet(RawReader* raw, std::size_t bytes)
      : raw_(*raw),
        capacity_((std::max<std::size_t>(bytes, 16) + kPageBytes - 1) / kPageBytes * kPageBytes),
        limit_(std::max<std::size_t>(bytes, 16)),
        memory_(static_cast<char*>(std::aligned_alloc(kPageBytes, capacity_))) {
    if (memory_ == nullptr) throw std::bad_alloc();
  }

  // Reads more behind what is there. The buffer must have room.
  ReadStatus more() {
    if (begin_ == end_) begin_ = end_ = 0;
    HASHCART_CHECK(end_ < capacity_);
    std::size_t count = 0;
    const ReadStatus status =
        raw_.read(memory_.get() + end_, std::min(limit_, capacity_ - end_), &count);
    if (status == ReadStatus::kBytes) end_ += count;
    return status;
  }

  [[nodiscard]] std::string_view bytes() const { return {memory_.get() + begin_, end_ - begin_}; }
  void take(std::size_t count) { begin_ += count; }
  [[nodiscard]] RawReader& raw() { return raw_; }

 private:
  RawReader& raw_;
  std::size_t capacity_;
  std::size_t limit_;
  std::unique_ptr<char, FreeDeleter> memory_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

class PlainBytes final : public ByteSource {
 public:
  PlainBytes(std::unique_ptr<Inlet> inlet, ReadStatus after)
      : inlet_(std::move(inlet)), after_(after) {}

  ReadStatus read(char* to, std::size_t room, std::size_t* count) override {
    const std::string_view held = inlet_->bytes();
    if (!held.empty()) {
      *count = std::min(room, held.size());
      std::memcpy(to, held.data(), *count);
      inlet_->take(*count);
      return ReadStatus::kBytes;
    }
    if (after_ != ReadStatus::kBytes) return after_;
    // Past the first bytes the caller's buffer is filled without a detour.
    return inlet_->raw().read(to, room, count);
  }

  bool ready() override { return !inlet_->bytes().empty() || inlet_->raw().ready(); }
  const std::string& message() const override { return inlet_->raw().message(); }

 private:
  std::unique_ptr<Inlet> inlet_;
  ReadStatus after_;  // what the peek ended with
};

// What decompressors share: input runs dry, more is read; at the end of the input a member or frame
// that is not complete means the input broke off.
class Decompressor : public ByteSource {
 public:
  explicit Decompressor(std::unique_ptr<Inlet> inlet) : inlet_(std::move(inlet)) {}

  ReadStatus read(char* to, std::size_t room, std::size_t* count) final {
    while (!failed_) {
      std::size_t taken = 0;
      std::size_t made = 0;
      const Step step = decode(inlet_->bytes(), to, room, &taken, &made);
      inlet_->take(taken);
      decoded_ += made;
      if (made > 0) {
        *count = made;
        if (step == Step::kDamaged) failed_ = true;
        return ReadStatus::kBytes;
      }
      if (step == Step::kDamaged) break;
      if (step == Step::kGoOn) continue;
      const ReadStatus status = inlet_->more();
      if (status == ReadStatus::kBytes) continue;
      if (status == ReadStatus::kBroken) message_ = inlet_->raw().message();
      if (status != ReadStatus::kEnd) return status;
      if (between()) return ReadStatus::kEnd;
      message_ = std::string("ends inside a ") + unit() + " at decompressed byte " +
                 std::to_string(decoded_);
      return ReadStatus::kBroken;
    }
    failed_ = true;
    if (message_.empty()) message_ = "damaged";
    return ReadStatus::kBroken;
  }

  bool ready() final { return pending() || !inlet_->bytes().empty() || inlet_->raw().ready(); }
  const std::string& message() const final { return message_; }

 protected:
  enum class Step { kGoOn, kNeedInput, kDamaged };

  // One step. kNeedInput: nothing more can be made of what is there.
  virtual Step decode(std::string_view in, char* to, std::size_t room, std::size_t* taken,
                      std::size_t* made) = 0;
  [[nodiscard]] virtual bool between() const = 0;  // no member or frame is open
  [[nodiscard]] virtual bool pending() const = 0;  // output may be had without input
  [[nodiscard]] virtual const char* unit() const = 0;

  void damaged(const std::string& how) {
    message_ = how + " at decompressed byte " + std::to_string(decoded_);
  }

 private:
  std::unique_ptr<Inlet> inlet_;
  std::uint64_t decoded_ = 0;
  bool failed_ = false;
  std::string message_;
};

class GzipBytes final : public Decompressor {
 public:
  explicit GzipBytes(std::unique_ptr<Inlet> inlet) : Decompressor(std::move(inlet)) {
    // 15 + 16: the largest window, gzip wrapper only.
    if (inflateInit2(&stream_, 15 + 16) != Z_OK) throw std::bad_alloc();
  }
  ~GzipBytes() override { inflateEnd(&stream_); }

 private:
  Step decode(std::string_view in, char* to, std::size_t room, std::size_t* taken,
              std::size_t* made) override {
    if (!open_) {
      // Between members: zero padding (tape blocks) is skipped; anything else must be a member.
      if (any_member_) {
        std::size_t zeros = 0;
        while (zeros < in.size() && in[zeros] == '\0') ++zeros;
        if (zeros > 0) {
          *taken = zeros;
          return Step::kGoOn;
        }
      }
      if (in.empty()) return Step::kNeedInput;
      if (inflateReset(&stream_) != Z_OK) return Step::kDamaged;
      open_ = true;
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
    full_ = stream_.avail_out == 0;
    switch (result) {
      case Z_STREAM_END:
        open_ = false;
        full_ = false;
        any_member_ = true;
        return Step::kGoOn;
      case Z_OK:
        return Step::kGoOn;
      case Z_BUF_ERROR:
        return Step::kNeedInput;
      default:
        damaged(any_member_ && *made == 0 && *taken <= 2
                    ? "holds something other than gzip behind its last member"
                    : std::string("damaged gzip data (") +
                          (stream_.msg != nullptr ? stream_.msg : "unknown") + ')');
        return Step::kDamaged;
    }
  }
  bool between() const override { return !open_; }
  bool pending() const override { return full_; }
  const char* unit() const override { return "gzip member"; }

  z_stream stream_{};
  bool open_ = false;
  bool any_member_ = false;
  bool full_ = false;
};

struct ZstdDeleter {
  void operator()(ZSTD_DCtx* context) const noexcept { ZSTD_freeDCtx(context); }
};

class ZstdBytes final : public Decompressor {
 public:
  explicit ZstdBytes(std::unique_ptr<Inlet> inlet)
      : Decompressor(std::move(inlet)), context_(ZSTD_createDCtx()) {
    if (context_ == nullptr) throw std::bad_alloc();
    // `zstd --long=31`: windows up to 2 GiB, which the library refuses unless told.
    ZSTD_DCtx_setParameter(context_.get(), ZSTD_d_windowLogMax, 31);
  }

 private:
  Step decode(std::string_view in, char* to, std::size_t room, std::size_t* taken,
              std::size_t* made) override {
    if (in.empty() && !full_) return Step::kNeedInput;
    ZSTD_inBuffer input{in.data(), in.size(), 0};
    ZSTD_outBuffer output{to, room, 0};
    const std::size_t result = ZSTD_decompressStream(context_.get(), &output, &input);
    *taken = input.pos;
    *made = output.pos;
    if (ZSTD_isError(result) != 0) {
      damaged(std::string("damaged zstd data (") + ZSTD_getErrorName(result) + ')');
      return Step::kDamaged;
    }
    open_ = result != 0;
    full_ = output.pos == output.size;
    return Step::kGoOn;
  }
  bool between() const override { return !open_; }
  bool pending() const override { return full_; }
  const char* unit() const override { return "zstd frame"; }

  std::unique_ptr<ZSTD_DCtx, ZstdDeleter> context_;
  bool open_ = false;
  bool full_ = false;
};

bool is_gzip(std::string_view bytes) { return bytes.starts_with("\x1f\x8b\x08"); }

// A frame, or a skippable frame (RFC 8878, section 3.1).
bool is_zstd(std::string_view bytes) {
  if (bytes.size() < 4) return false;
  return bytes.substr(0, 4) == "\x28\xb5\x2f\xfd" ||
         ((static_cast<unsigned char>(bytes[0]) & 0xF0U) == 0x50 &&
          bytes.substr(1, 3) == "\x2a\x4d\x18");
}

}  // namespace

std::unique_ptr<ByteSource> open_bytes(RawReader* raw, std::size_t buffer_bytes) {
  auto inlet = std::make_unique<Inlet>(raw, buffer_bytes);
  ReadStatus status = ReadStatus::kBytes;
  // JSON starts with no byte of a magic number, so text from a slow pipe is known by its first.
  while (status == ReadStatus::kBytes && inlet->bytes().size() < 4) {
    if (!inlet->bytes().empty()) {
      const auto first = static_cast<unsigned char>(inlet->bytes()[0]);
      if (first != 0x1F && first != 0x28 && (first & 0xF0U) != 0x50) break;
    }
    status = inlet->more();
  }
  if (is_gzip(inlet->bytes())) return std::make_unique<GzipBytes>(std::move(inlet));
  if (is_zstd(inlet->bytes())) return std::make_unique<ZstdBytes>(std::move(inlet));
  return std::make_unique<PlainBytes>(std::move(inlet), status);
}

}  // namespace hashcart::ingest
