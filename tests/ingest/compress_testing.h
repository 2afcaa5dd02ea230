// Compressed inputs for tests.
#pragma once

#include <zlib.h>
#include <zstd.h>

#include <string>
#include <string_view>

#include "ingest/ingest_testing.h"

namespace hashcart::ingest::testing {

inline std::string gzip(std::string_view bytes) {
  z_stream stream{};
  require(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK, "deflate");
  std::string out(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  require(deflate(&stream, Z_FINISH) == Z_STREAM_END, "deflate");
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

// A member of BGZF: its whole size, less one, in an extra field. lie: added to it.
inline std::string bgzf(std::string_view bytes, int lie = 0) {
  const std::string plain = gzip(bytes);
  require(plain.size() + 8 <= 0x10000, "a member of BGZF has 64 KiB at most");
  const auto size = static_cast<std::size_t>(static_cast<int>(plain.size()) + 8 - 1 + lie);
  std::string out = plain.substr(0, 3) + '\4' + plain.substr(4, 6);
  out += {6, 0, 'B', 'C', 2, 0, static_cast<char>(size & 0xFFU), static_cast<char>(size >> 8U)};
  return out + plain.substr(10);
}

// window_log: 0 for the level's own; the frame's header then tells its size, else not.
inline std::string zstd(std::string_view bytes, int window_log = 0) {
  ZSTD_CCtx* const context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
  if (window_log > 0) {
    ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, window_log);
    ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 0);
  }
  std::string out(ZSTD_compressBound(bytes.size()) + 64, '\0');
  ZSTD_outBuffer output{out.data(), out.size(), 0};
  ZSTD_inBuffer input{bytes.data(), bytes.size(), 0};
  if (window_log > 0) {
    // In two steps, so that the library cannot shrink the window to the contents.
    ZSTD_inBuffer none{bytes.data(), 0, 0};
    require(ZSTD_isError(ZSTD_compressStream2(context, &output, &none, ZSTD_e_flush)) == 0, "zstd");
  }
  require(ZSTD_compressStream2(context, &output, &input, ZSTD_e_end) == 0, "zstd");
  out.resize(output.pos);
  ZSTD_freeCCtx(context);
  return out;
}

inline std::string skippable_frame(std::string_view bytes) {
  std::string out("\x5A\x2A\x4D\x18", 4);
  for (unsigned shift = 0; shift < 32; shift += 8) {
    out.push_back(static_cast<char>((bytes.size() >> shift) & 0xFFU));
  }
  return out.append(bytes);
}

}  // namespace hashcart::ingest::testing
