// PostReader: one framed record -> posts, deletes and ticks, whatever dialect it is in.
//
// The dialect is detected per record from its top-level keys, or forced. Each reader makes one pass
// over the keys in document order to the end; a key written with escapes is unescaped before
// comparing; a key we read that stands twice is kDuplicateKey. Ids are strings all the way: a JSON
// number's digits are taken as they are written.
//
// Threads: one reader per worker.   Memory: buffers grow to the longest record seen and are reused.
#pragma once

#include <memory>
#include <string_view>

#include "ingest/chunk.h"
#include "post/post.h"

namespace hashcart::post {

struct ReaderOptions {
  Dialect forced = Dialect::kUnknown;  // kUnknown: detect per record
};

class PostReader {
 public:
  explicit PostReader(ReaderOptions options = {});
  ~PostReader();
  PostReader(const PostReader&) = delete;
  PostReader& operator=(const PostReader&) = delete;

  // Reads one non-blank record. *out is overwritten; its views live until the next read(). Never
  // throws for input. A record that is refused and is no JSON, or no UTF-8, is refused for that,
  // whatever else is wrong with it.
  void read(const ingest::RecordView& record, ParsedRecord* out) noexcept;

  // Validates the whole record as JSON and UTF-8, parts that read() skipped over included. kNone,
  // or why it is refused. For records that yield a signal, so that a half-broken line can never buy
  // anything. What read() gave out stays.
  [[nodiscard]] RejectReason validate(const ingest::RecordView& record) noexcept;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// Name of the simdjson kernel this build uses ("haswell"), for `hashcart version`.
[[nodiscard]] std::string_view json_kernel_name() noexcept;
[[nodiscard]] std::string_view json_library_version() noexcept;

}  // namespace hashcart::post
