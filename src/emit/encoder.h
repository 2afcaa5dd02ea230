// RecordEncoder: what the resolver says -> lines of hashcart.intent/1, hashcart.outcome/1 and
// hashcart.reject/1, as the schemas beside it say.
//
// One JSON object a line, keys in a fixed order, absent keys left out, ids and offsets as strings
// (a 64-bit id does not survive a double), times as RFC 3339 UTC with milliseconds. The bytes
// depend on the arguments and on what the encoder was made of, on nothing else.
//
// Threads: immutable; one encoder serves all workers and the resolver at once.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/input_names.h"
#include "catalogue/catalogue.h"
#include "emit/user_mask.h"
#include "intent/cart_intent.h"

namespace hashcart::emit {

// A line that is no post.
struct Reject {
  std::string_view reason;  // name of a post::RejectReason
  std::uint32_t input = 0;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;  // in the input, line ending included
  std::string_view bytes;    // the line, or its beginning
  bool is_cut = false;       // bytes does not hold the whole line
};

// A product's key, `retailer:space:id_type:id`: space is the market, or `*` where the retailer's
// ids are global or no market is known.
[[nodiscard]] std::string product_key(const catalogue::Catalogue& catalogue,
                                      const intent::Product& product);

class RecordEncoder {
 public:
  // A reject holds at most this much of its line.
  static constexpr std::size_t kRejectBytesMax = 64U << 10U;

  // catalogue:   outlives the encoder; its sha256 is set.
  // input_names: by CartIntent::input; may grow meanwhile.
  // engine:      "hashcart/0.1.0".
  RecordEncoder(const catalogue::Catalogue& catalogue,
                std::shared_ptr<const base::InputNames> input_names, UserMask mask,
                std::string_view engine);
  RecordEncoder(const catalogue::Catalogue& catalogue, const std::vector<std::string>& input_names,
                UserMask mask, std::string_view engine)
      : RecordEncoder(catalogue, std::make_shared<const base::InputNames>(input_names),
                      std::move(mask), engine) {}

  // Each appends one line, its newline included. sequence: which record of its stream it is, from
  // 1.
  void append_record(const intent::CartIntent& record, std::uint64_t sequence,
                     std::string* out) const;
  // Outcome::detail is the id of the parent, where it is known, and is masked as such.
  void append_outcome(const intent::Outcome& outcome, std::string* out) const;
  // The line as text where it is UTF-8, else as Base64; under a mask neither.
  void append_reject(const Reject& reject, std::string* out) const;

 private:
  struct Place {
    std::uint32_t input = 0;
    std::uint64_t offset = 0;
    std::uint64_t bytes = 0;
  };

  // `{"input":"...","offset":"...` and on to the closing brace.
  void append_origin(Place place, std::string* out) const;
  // That far.
  void append_origin_head(std::uint32_t input, std::uint64_t offset, std::string* out) const;
  [[nodiscard]] std::string key_of(const intent::CartIntent& record,
                                   std::string_view product_key) const;

  const catalogue::Catalogue& catalogue_;
  UserMask mask_;
  std::shared_ptr<const base::InputNames> input_names_;
  std::string origin_tail_;  // `,"catalogue":{...},"engine":"..."}`
};

}  // namespace hashcart::emit
