#include "intent/own_intent.h"

namespace hashcart::intent {

std::uint64_t bytes_held(const CartIntent& intent) noexcept {
  std::uint64_t bytes = 0;
  for (const std::string_view text :
       {intent.opening_id, intent.post_id, intent.author_id, intent.author_handle, intent.account,
        intent.product.fixed_market, intent.product.id, intent.product.affiliate, intent.reply_to,
        intent.quote_of, intent.lang, intent.text, intent.amount}) {
    bytes += text.size();
  }
  for (const EvidencePiece& piece : intent.evidence) {
    bytes += sizeof(OwnEvidence) + piece.post_id.size() + piece.what.text.size();
  }
  return bytes;
}

void OwnIntent::assign(const CartIntent& intent) {
  // Evidence first: the views may be our own.
  std::vector<OwnEvidence> evidence;
  evidence.reserve(intent.evidence.size());
  for (const EvidencePiece& piece : intent.evidence) {
    evidence.push_back({piece.role, std::string(piece.post_id), piece.what.field, piece.what.index,
                        piece.what.start, piece.what.end, std::string(piece.what.text)});
  }
  std::string handle(intent.author_handle);
  std::string account(intent.account);
  std::string market(intent.product.fixed_market);
  std::string product_id(intent.product.id);
  std::string affiliate(intent.product.affiliate);
  std::string reply_to(intent.reply_to);
  std::string quote_of(intent.quote_of);
  std::string lang(intent.lang);
  std::string text(intent.text);
  std::string amount(intent.amount);
  std::string opening(intent.opening_id);
  std::string post(intent.post_id);
  std::string author(intent.author_id);
  plain_ = intent;
  opened_at = intent.opened_at;
  deadline = intent.deadline;
  opening_id = std::move(opening);
  post_id = std::move(post);
  author_id = std::move(author);
  author_handle_ = std::move(handle);
  account_ = std::move(account);
  market_ = std::move(market);
  product_id_ = std::move(product_id);
  affiliate_ = std::move(affiliate);
  reply_to_ = std::move(reply_to);
  quote_of_ = std::move(quote_of);
  lang_ = std::move(lang);
  text_ = std::move(text);
  amount_ = std::move(amount);
  evidence_ = std::move(evidence);
}

CartIntent OwnIntent::view() {
  evidence_views_.clear();
  for (const OwnEvidence& piece : evidence_) {
    evidence_views_.push_back({piece.role,
                               piece.post_id,
                               {piece.field, piece.index, piece.start, piece.end, piece.text}});
  }
  CartIntent out = plain_;
  out.opened_at = opened_at;
  out.deadline = deadline;
  out.opening_id = opening_id;
  out.post_id = post_id;
  out.author_id = author_id;
  out.author_handle = author_handle_;
  out.account = account_;
  out.product.fixed_market = market_;
  out.product.id = product_id_;
  out.product.affiliate = affiliate_;
  out.reply_to = reply_to_;
  out.quote_of = quote_of_;
  out.lang = lang_;
  out.text = text_;
  out.amount = amount_;
  out.evidence = evidence_views_;
  return out;
}

}  // namespace hashcart::intent
