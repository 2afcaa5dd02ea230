// Fuzz target: files of gzip members, BGZF members, zstd frames and skippable ones, with some bytes
// changed. What a source reads of them, in segments on threads of its own or as a stream, by
// whatever read size, is what a plain loop over the library's decoder gives, byte by byte; and it
// says that the input broke off if and only if the decoder did not end between two members.
//
// The input is a list of orders: a kind, and what it needs. Texts are taken from the input itself.
#include <zlib.h>
#include <zstd.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "ingest/compress_testing.h"
#include "ingest/ingest_testing.h"
#include "ingest/source.h"

namespace {

using hashcart::ingest::Framing;
using hashcart::ingest::SourceOptions;
namespace testing = hashcart::ingest::testing;

constexpr std::size_t kTextMax = 3000;
constexpr std::size_t kOutputMax = 1U << 20U;

struct Decoded {
  std::string text;
  bool is_whole = false;  // ended between two members, and nothing else stood behind them
};

// One byte at a time, so that everything before a fault is handed out.
Decoded gunzip(std::string_view bytes) {
  Decoded out;
  z_stream stream{};
  testing::require(inflateInit2(&stream, 15 + 16) == Z_OK, "inflate");
  bool is_inside = false;
  bool has_members = false;
  out.is_whole = true;
  for (std::size_t at = 0; at < bytes.size() && out.is_whole && out.text.size() < kOutputMax;) {
    if (!is_inside) {
      if (has_members && bytes[at] == '\0') {
        ++at;
        continue;
      }
      inflateReset(&stream);
      is_inside = true;
    }
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data() + at));
    stream.avail_in = 1;
    for (bool goes_on = true; goes_on;) {
      Bytef made[512];
      stream.next_out = made;
      stream.avail_out = sizeof made;
      const int result = inflate(&stream, Z_NO_FLUSH);
      out.text.append(reinterpret_cast<char*>(made), sizeof made - stream.avail_out);
      if (result == Z_STREAM_END) {
        is_inside = false;
        has_members = true;
      } else if (result != Z_OK && result != Z_BUF_ERROR) {
        out.is_whole = false;
      }
      goes_on = result == Z_OK && stream.avail_out == 0;
    }
    if (stream.avail_in == 0) ++at;
  }
  inflateEnd(&stream);
  out.is_whole = out.is_whole && !is_inside;
  return out;
}

Decoded unzstd(std::string_view bytes) {
  Decoded out;
  ZSTD_DCtx* const context = ZSTD_createDCtx();
  ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, 31);
  bool is_inside = false;
  out.is_whole = true;
  for (std::size_t at = 0; at < bytes.size() && out.is_whole && out.text.size() < kOutputMax;
       ++at) {
    ZSTD_inBuffer input{bytes.data() + at, 1, 0};
    for (bool goes_on = true; goes_on;) {
      char made[512];
      ZSTD_outBuffer output{made, sizeof made, 0};
      const std::size_t result = ZSTD_decompressStream(context, &output, &input);
      out.text.append(made, output.pos);
      if (ZSTD_isError(result) != 0) {
        out.is_whole = false;
        break;
      }
      is_inside = result != 0;
      goes_on = output.pos == output.size || input.pos < input.size;
    }
  }
  ZSTD_freeDCtx(context);
  out.is_whole = out.is_whole && !is_inside;
  return out;
}

// Takes the fuzzer's bytes, one after another; zeros behind them.
class Orders {
 public:
  explicit Orders(std::string_view bytes) : left_(bytes) {}
  [[nodiscard]] bool more() const { return !left_.empty(); }
  unsigned byte() {
    if (left_.empty()) return 0;
    const auto byte = static_cast<unsigned char>(left_.front());
    left_.remove_prefix(1);
    return byte;
  }
  std::size_t number() {
    const std::size_t low = byte();
    return low | std::size_t{byte()} << 8U;
  }
  std::string text(std::size_t size) {
    const std::string_view own = left_.substr(0, std::min(size, left_.size()));
    left_.remove_prefix(own.size());
    return std::string(own);
  }

 private:
  std::string_view left_;
};

// A text with more lines than the fuzzer has bytes for.
std::string text_of(Orders* orders) {
  const std::size_t own = orders->byte() % 64;
  const std::size_t times = 1 + orders->byte() % 40;
  const std::string piece = orders->text(own);
  std::string out;
  for (std::size_t i = 0; i < times && out.size() < kTextMax; ++i) {
    out += piece + std::to_string(i * times) + (i % 5 == 4 ? "\n" : ",");
  }
  return out;
}

std::string packed_file(Orders* orders) {
  std::string out;
  for (int piece = 0; piece < 12 && orders->more(); ++piece) {
    switch (orders->byte() % 8) {
      case 0:
        out += testing::gzip(text_of(orders));
        break;
      case 1: {
        const std::string text = text_of(orders);
        out += testing::bgzf(text, static_cast<int>(orders->byte() % 8) / 7);
        break;
      }
      case 2:
        out += testing::zstd(text_of(orders));
        break;
      case 3: {
        const std::string text = text_of(orders);
        out += testing::zstd(text, 10 + static_cast<int>(orders->byte() % 15));
        break;
      }
      case 4:
        out += testing::skippable_frame(orders->text(orders->byte() % 32));
        break;
      case 5:
        out.append(orders->byte() % 32, '\0');
        break;
      case 6:
        out += orders->text(orders->byte() % 16);
        break;
      default: {
        if (out.empty()) break;
        const char byte = static_cast<char>(orders->byte());
        out[orders->number() % out.size()] = byte;
        break;
      }
    }
  }
  if (orders->byte() % 4 == 1 && !out.empty()) out.resize(orders->number() % out.size() + 1);
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Orders orders({reinterpret_cast<const char*>(data), size});
  const std::size_t read_bytes = 1 + orders.number() % 300;
  const unsigned threads = 1 + orders.byte() % 3;
  const std::string file = packed_file(&orders);
  if (!hashcart::ingest::is_packed_start(file) || file.size() < 4) return 0;
  const bool is_gzip = file[0] == '\x1F';
  const Decoded expected = is_gzip ? gunzip(file) : unzstd(file);
  if (expected.text.size() >= kOutputMax) return 0;  // a few bytes may well stand for gigabytes
  SourceOptions options{.inputs = {}, .framing = Framing::kNdjson};
  const testing::Everything whole = testing::read_all(file, options);
  testing::require(whole.bytes == expected.text.size(), "as many bytes as the decoder gave");
  testing::require(whole.faults.empty() == expected.is_whole, "it is said where it broke off");
  const std::uint64_t limit = options.record_bytes_max;
  testing::require(whole.records == testing::naive_split(expected.text, Framing::kNdjson, limit,
                                                         !expected.is_whole),
                   "the bytes that the decoder gave");
  options.read_bytes = read_bytes;
  options.unpack_threads = threads;
  testing::require(testing::read_all(file, options, 50) == whole, "by every read size");
  testing::require(testing::read_pipe(file, options, 50) == whole, "as a stream");
  return 0;
}
