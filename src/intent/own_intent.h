// OwnIntent: a CartIntent that owns its text, for what the resolver keeps: pendings, and intents
// that a delete may still retract.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "intent/cart_intent.h"

namespace hashcart::intent {

struct OwnEvidence {
  EvidenceRole role = EvidenceRole::kOpen;
  std::string post_id;
  match::EvidenceField field = match::EvidenceField::kText;
  std::uint32_t index = 0;
  std::uint32_t start = 0;
  std::uint32_t end = 0;
  std::string text;
};

// Bytes that an OwnIntent takes for what an intent says, besides itself.
[[nodiscard]] std::uint64_t bytes_held(const CartIntent& intent) noexcept;

class OwnIntent {
 public:
  // Copies everything a record says.
  void assign(const CartIntent& intent);

  // The views live until the next assign(), or a change of a field.
  [[nodiscard]] CartIntent view();
  [[nodiscard]] base::EventTimeMs time() const noexcept { return plain_.time; }

  // Fields that later steps change in place.
  base::EventTimeMs opened_at = 0;
  std::optional<base::EventTimeMs> deadline;
  std::string opening_id;
  std::string post_id;
  std::string author_id;

 private:
  CartIntent plain_;  // the fields without text
  std::string author_handle_;
  std::string account_;
  std::string market_;
  std::string product_id_;
  std::string affiliate_;
  std::string reply_to_;
  std::string quote_of_;
  std::string lang_;
  std::string text_;
  std::string amount_;
  std::vector<OwnEvidence> evidence_;
  std::vector<EvidencePiece> evidence_views_;
};

}  // namespace hashcart::intent
