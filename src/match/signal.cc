#include "match/signal.h"

#include "base/byte_codec.h"

namespace hashcart::match {
namespace {

using base::put_signed;
using base::put_string;
using base::put_varint;

constexpr std::uint64_t kMovesClock = 1U << 0U;
constexpr std::uint64_t kIsRepost = 1U << 1U;
constexpr std::uint64_t kIsQuote = 1U << 2U;
constexpr std::uint64_t kIsEdit = 1U << 3U;
constexpr std::uint64_t kProtected = 1U << 4U;
constexpr std::uint64_t kTruncated = 1U << 5U;
constexpr std::uint64_t kLinked = 1U << 6U;

// ------------------------------------------------------------------------------------- writing

void put_evidence(const Evidence& evidence, std::string* out) {
  put_varint(static_cast<std::uint64_t>(evidence.field), out);
  put_varint(evidence.index, out);
  put_varint(evidence.start, out);
  put_varint(evidence.end, out);
  put_string(evidence.text, out);
}

void put_products(const std::vector<ProductLink>& products, std::string* out) {
  put_varint(products.size(), out);
  for (const ProductLink& product : products) {
    put_varint(product.retailer, out);
    put_varint(product.market, out);
    put_string(product.id, out);
    put_string(product.affiliate, out);
    put_evidence(product.evidence, out);
  }
}

template <typename Number>
void put_numbers(const std::vector<Number>& numbers, std::string* out) {
  put_varint(numbers.size(), out);
  for (const Number number : numbers) put_varint(number, out);
}

void put_claim(const Claim& claim, std::string* out) {
  put_varint(static_cast<std::uint64_t>(claim.kind), out);
  if (claim.kind == ClaimKind::kNone) return;
  put_varint(static_cast<std::uint64_t>(claim.doubt), out);
  put_varint(claim.options_clash ? 1U : 0U, out);
  put_varint(claim.quantity, out);
  put_numbers(claim.items, out);
  for (const std::uint16_t option : claim.options) put_varint(option, out);
}

// ------------------------------------------------------------------------------------- reading

// Reads fields in encode()'s order.
class Reader : public base::ByteReader {
 public:
  using ByteReader::ByteReader;

  [[nodiscard]] Evidence evidence() noexcept {
    Evidence value;
    const std::uint64_t field = varint();
    if (field > static_cast<std::uint64_t>(EvidenceField::kProductTag)) fail();
    value.field = static_cast<EvidenceField>(field);
    value.index = static_cast<std::uint32_t>(varint());
    value.start = static_cast<std::uint32_t>(varint());
    value.end = static_cast<std::uint32_t>(varint());
    value.text = string();
    return value;
  }

  void products(std::vector<ProductLink>* out) {
    out->resize(count());
    for (ProductLink& product : *out) {
      product.retailer = static_cast<std::uint16_t>(varint());
      product.market = static_cast<std::uint16_t>(varint());
      product.id = string();
      product.affiliate = string();
      product.evidence = evidence();
    }
  }

  template <typename Number>
  void numbers(std::vector<Number>* out) {
    out->resize(count());
    for (Number& number : *out) number = static_cast<Number>(varint());
  }

  void claim(Claim* out) {
    *out = {};
    const std::uint64_t kind = varint();
    if (kind > static_cast<std::uint64_t>(ClaimKind::kNotAClaim)) fail();
    out->kind = static_cast<ClaimKind>(kind);
    if (out->kind == ClaimKind::kNone || failed()) return;
    const std::uint64_t doubt = varint();
    if (doubt > static_cast<std::uint64_t>(ClaimDoubt::kQuantity)) fail();
    out->doubt = static_cast<ClaimDoubt>(doubt);
    out->options_clash = varint() != 0;
    out->quantity = static_cast<std::uint32_t>(varint());
    numbers(&out->items);
    for (std::uint16_t& option : out->options) option = static_cast<std::uint16_t>(varint());
  }
};

}  // namespace

void Signal::clear() noexcept {
  kind = SignalKind::kPost;
  platform = base::Platform::kOther;
  moves_clock = is_repost = is_quote = is_edit = author_protected = truncated = linked = false;
  time = 0;
  post_id = local_id = chain_id = author_id = author_handle = account = {};
  reply_to = reply_to_author = quote_of = lang = text = {};
  input = 0;
  offset = bytes = 0;
  products.clear();
  short_links.clear();
  triggers.clear();
  prompts.clear();
  embedded.clear();
}

void encode(const Signal& signal, std::string* out) {
  thread_local std::string body;
  body.clear();
  body.push_back(static_cast<char>(kSignalFormat));
  body.push_back(static_cast<char>(signal.kind));
  body.push_back(static_cast<char>(signal.platform));
  const std::uint64_t flags = (signal.moves_clock ? kMovesClock : 0U) |
                              (signal.is_repost ? kIsRepost : 0U) |
                              (signal.is_quote ? kIsQuote : 0U) | (signal.is_edit ? kIsEdit : 0U) |
                              (signal.author_protected ? kProtected : 0U) |
                              (signal.truncated ? kTruncated : 0U) | (signal.linked ? kLinked : 0U);
  put_varint(flags, &body);
  put_signed(signal.time, &body);
  for (const std::string_view value :
       {signal.post_id, signal.local_id, signal.chain_id, signal.author_id, signal.author_handle,
        signal.account, signal.reply_to, signal.reply_to_author, signal.quote_of, signal.lang,
        signal.text}) {
    put_string(value, &body);
  }
  put_varint(signal.input, &body);
  put_varint(signal.offset, &body);
  put_varint(signal.bytes, &body);
  put_products(signal.products, &body);
  put_numbers(signal.short_links, &body);
  put_varint(signal.triggers.size(), &body);
  for (const Trigger& trigger : signal.triggers) {
    put_varint(trigger.campaign, &body);
    put_varint(static_cast<std::uint64_t>(trigger.role), &body);
    put_varint(trigger.author_ignored ? 1U : 0U, &body);
    put_claim(trigger.claim, &body);
    put_string(trigger.amount, &body);
    put_varint(trigger.tags.size(), &body);
    for (const Evidence& tag : trigger.tags) put_evidence(tag, &body);
  }
  put_numbers(signal.prompts, &body);
  put_varint(signal.embedded.size(), &body);
  for (const EmbeddedPost& post : signal.embedded) {
    put_varint(static_cast<std::uint64_t>(post.role), &body);
    put_varint((post.has_time ? 1U : 0U) | (post.truncated ? 2U : 0U), &body);
    put_signed(post.time, &body);
    put_string(post.id, &body);
    put_string(post.local_id, &body);
    put_string(post.author_id, &body);
    put_products(post.products, &body);
    put_numbers(post.short_links, &body);
  }
  put_varint(body.size(), out);
  out->append(body);
}

bool decode(std::string_view* bytes, Signal* signal) {
  if (bytes->empty()) return false;
  Reader frame(*bytes);
  const std::string_view body = frame.string();
  if (frame.failed()) return false;
  Reader in(body);
  if (in.varint() != kSignalFormat) return false;
  const std::uint64_t kind = in.varint();
  const std::uint64_t platform = in.varint();
  if (kind < 1 || kind > static_cast<std::uint64_t>(SignalKind::kTick) ||
      platform >= base::kPlatformCount) {
    return false;
  }
  signal->kind = static_cast<SignalKind>(kind);
  signal->platform = static_cast<base::Platform>(platform);
  const std::uint64_t flags = in.varint();
  signal->moves_clock = (flags & kMovesClock) != 0;
  signal->is_repost = (flags & kIsRepost) != 0;
  signal->is_quote = (flags & kIsQuote) != 0;
  signal->is_edit = (flags & kIsEdit) != 0;
  signal->author_protected = (flags & kProtected) != 0;
  signal->truncated = (flags & kTruncated) != 0;
  signal->linked = (flags & kLinked) != 0;
  signal->time = in.signed_varint();
  for (std::string_view* value :
       {&signal->post_id, &signal->local_id, &signal->chain_id, &signal->author_id,
        &signal->author_handle, &signal->account, &signal->reply_to, &signal->reply_to_author,
        &signal->quote_of, &signal->lang, &signal->text}) {
    *value = in.string();
  }
  signal->input = static_cast<std::uint32_t>(in.varint());
  signal->offset = in.varint();
  signal->bytes = in.varint();
  in.products(&signal->products);
  in.numbers(&signal->short_links);
  signal->triggers.resize(in.count());
  for (Trigger& trigger : signal->triggers) {
    trigger.campaign = static_cast<std::uint32_t>(in.varint());
    const std::uint64_t role = in.varint();
    if (role > static_cast<std::uint64_t>(TriggerRole::kOffer)) return false;
    trigger.role = static_cast<TriggerRole>(role);
    trigger.author_ignored = in.varint() != 0;
    in.claim(&trigger.claim);
    trigger.amount = in.string();
    trigger.tags.resize(in.count());
    for (Evidence& tag : trigger.tags) tag = in.evidence();
  }
  in.numbers(&signal->prompts);
  signal->embedded.resize(in.count());
  for (EmbeddedPost& post : signal->embedded) {
    const std::uint64_t role = in.varint();
    if (role > static_cast<std::uint64_t>(EmbeddedRole::kQuoted)) return false;
    post.role = static_cast<EmbeddedRole>(role);
    const std::uint64_t post_flags = in.varint();
    post.has_time = (post_flags & 1U) != 0;
    post.truncated = (post_flags & 2U) != 0;
    post.time = in.signed_varint();
    post.id = in.string();
    post.local_id = in.string();
    post.author_id = in.string();
    in.products(&post.products);
    in.numbers(&post.short_links);
  }
  if (in.failed() || !in.at_end()) return false;
  bytes->remove_prefix(frame.at());
  return true;
}

}  // namespace hashcart::match
