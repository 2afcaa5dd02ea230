// LiteralSet: many literal strings compiled into one Hyperscan database, scanned for in one pass.
//
// The only file that knows Hyperscan (Vectorscan's libhs serves as well). A set is compiled once,
// immutable and shared; each thread makes a scratch of its own. An empty set matches nothing.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace hashcart::match {

// A literal and the class of literals it stands for: a scan reports classes, not literals.
struct Literal {
  std::string text;       // not empty; any bytes
  std::uint8_t kind = 0;  // < 32
  bool caseless = true;   // ASCII letters only
};

// Per-thread working memory of one LiteralSet.
class LiteralScratch {
 public:
  LiteralScratch();
  ~LiteralScratch();
  LiteralScratch(LiteralScratch&&) noexcept;
  LiteralScratch& operator=(LiteralScratch&&) noexcept;

 private:
  friend class LiteralSet;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

class LiteralSet {
 public:
  // Throws base::SetupError where the set does not compile or this CPU cannot run it.
  explicit LiteralSet(const std::vector<Literal>& literals);
  ~LiteralSet();
  LiteralSet(LiteralSet&&) noexcept;
  LiteralSet& operator=(LiteralSet&&) noexcept;

  [[nodiscard]] LiteralScratch make_scratch() const;

  // Bit k of the result: a literal of kind k stands in the text. A scan that fails reports every
  // kind, so that nothing is missed. Text over 4 GiB counts as failed.
  // stop_at_first: one hit of any kind is enough.
  [[nodiscard]] std::uint32_t scan(std::string_view text, LiteralScratch* scratch,
                                   bool stop_at_first = false) const noexcept;

  // Size of the compiled database in memory.
  [[nodiscard]] std::size_t compiled_bytes() const noexcept;
  [[nodiscard]] std::size_t literal_count() const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// The version of the library in use, for `hashcart version`.
[[nodiscard]] std::string_view scan_library_version() noexcept;

// Whether the scan library runs on this CPU.
[[nodiscard]] bool scan_library_runs_here() noexcept;

}  // namespace hashcart::match
