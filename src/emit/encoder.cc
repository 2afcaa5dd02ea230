#include "emit/encoder.h"

#include <sodium.h>

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/utf8.h"
#include "emit/digest.h"
#include "emit/json_writer.h"

namespace hashcart::emit {
namespace {

using catalogue::Campaign;
using catalogue::Catalogue;
using catalogue::Retailer;
using intent::CartIntent;
using intent::Outcome;
using intent::Product;

std::string_view name(catalogue::Status status) noexcept {
  switch (status) {
    case catalogue::Status::kExperimental:
      return "experimental";
    case catalogue::Status::kStable:
      return "stable";
    case catalogue::Status::kDeprecated:
      return "deprecated";
  }
  return "";
}

std::string_view name(intent::ProductFrom from) noexcept {
  switch (from) {
    case intent::ProductFrom::kParent:
      return "parent";
    case intent::ProductFrom::kSelf:
      return "self";
    case intent::ProductFrom::kCampaign:
      return "campaign";
  }
  return "";
}

std::string_view name(intent::EvidenceRole role) noexcept {
  switch (role) {
    case intent::EvidenceRole::kOpen:
      return "open";
    case intent::EvidenceRole::kConfirm:
      return "confirm";
    case intent::EvidenceRole::kParent:
      return "parent";
    case intent::EvidenceRole::kSelf:
      return "self";
    case intent::EvidenceRole::kPass:
      return "pass";
  }
  return "";
}

// The catalogue's entry of the product's market; null for a market without hosts, or for none.
const catalogue::Market* market_of(const Retailer& retailer, const Product& product) {
  if (product.fixed_market.empty()) {
    return product.market < retailer.markets.size() ? &retailer.markets[product.market] : nullptr;
  }
  const auto found = std::find_if(
      retailer.markets.begin(), retailer.markets.end(),
      [&](const catalogue::Market& market) { return market.id == product.fixed_market; });
  return found == retailer.markets.end() ? nullptr : &*found;
}

std::string_view market_id(const Retailer& retailer, const Product& product) {
  if (!product.fixed_market.empty()) return product.fixed_market;
  const catalogue::Market* market = market_of(retailer, product);
  return market == nullptr ? std::string_view() : std::string_view(market->id);
}

// Writes the market's canonical URL with the id in its place, if it has one.
void put_canonical(const catalogue::Market* market, std::string_view id, JsonObject* object,
                   std::string* out) {
  constexpr std::string_view kPlaceholder = "{id}";
  if (market == nullptr || market->canonical.empty()) return;
  const std::string_view canonical = market->canonical;
  const std::size_t at = canonical.find(kPlaceholder);
  if (at == std::string_view::npos) return;
  object->key("canonical");
  out->push_back('"');
  append_json_escaped(canonical.substr(0, at), out);
  append_json_escaped(id, out);
  append_json_escaped(canonical.substr(at + kPlaceholder.size()), out);
  out->push_back('"');
}

void put_product(const Catalogue& catalogue, const CartIntent& record, std::string_view key,
                 JsonObject* line, std::string* out) {
  const Product& product = record.product;
  const Retailer& retailer = catalogue.retailers[product.retailer];
  JsonObject object = line->object("product");
  object.text("retailer", retailer.id);
  object.text_if("market", market_id(retailer, product));
  object.text("id_type", catalogue.id_types[retailer.id_type].id);
  object.text("id", product.id);
  object.text("key", key);
  put_canonical(market_of(retailer, product), product.id, &object, out);
  const Campaign& campaign = catalogue.campaigns[record.campaign];
  if (record.item != match::kNoItem && record.from == intent::ProductFrom::kCampaign) {
    object.text_if("price", campaign.items[record.item].price);
    object.text_if("currency", campaign.items[record.item].currency);
  } else if (record.from == intent::ProductFrom::kCampaign && campaign.product) {
    object.text_if("price", campaign.product->price);
    object.text_if("currency", campaign.product->currency);
  }
  object.text_if("affiliate", product.affiliate);
  object.text("from", name(record.from));
  object.close();
}

// What a claim chose: the item by its code and one value of each option, and how many pieces.
void put_claim(const Campaign& campaign, const CartIntent& record, JsonObject* line) {
  if (record.item != match::kNoItem) {
    const catalogue::OfferItem& item = campaign.items[record.item];
    JsonObject claim = line->object("claim");
    claim.text("item", item.code);
    if (!item.options.empty()) {
      JsonArray options = claim.array("options");
      for (std::size_t i = 0; i < item.options.size(); ++i) {
        options.text(item.options[i][record.options[i]]);
      }
      options.close();
    }
    claim.close();
  }
  if (record.requested == 0) return;
  JsonObject quantity = line->object("quantity");
  quantity.integer("requested", record.requested);
  quantity.integer("accepted", record.accepted);
  const bool is_now = record.type == intent::RecordType::kCreated ||
                      record.type == intent::RecordType::kPending ||
                      record.type == intent::RecordType::kQueued;
  if (record.left && is_now) quantity.integer("left", *record.left);
  quantity.close();
}

// In the campaign's currency, with a point before the cents.
void put_amount(const Campaign& campaign, const CartIntent& record, JsonObject* line) {
  if (record.amount.empty()) return;
  std::string value(record.amount);
  std::replace(value.begin(), value.end(), ',', '.');
  JsonObject amount = line->object("amount");
  amount.text("value", value);
  amount.text("currency", campaign.amount_currency);
  amount.close();
}

void put_flags(const Catalogue& catalogue, const CartIntent& record, JsonObject* line) {
  const Campaign& campaign = catalogue.campaigns[record.campaign];
  const bool is_partial = record.accepted > 0 && record.accepted < record.requested;
  const bool is_sensitive =
      campaign.sensitive ||
      (!record.product.id.empty() && catalogue.retailers[record.product.retailer].sensitive);
  if (!record.market_mismatch && !is_partial && !record.author_protected && !is_sensitive) return;
  JsonArray flags = line->array("flags");
  if (record.market_mismatch) flags.text("market_mismatch");
  if (is_partial) flags.text("partial");
  if (record.author_protected) flags.text("protected");
  if (is_sensitive) flags.text("sensitive");
  flags.close();
}

void put_campaign(const Campaign& campaign, const CartIntent& record, JsonObject* line) {
  JsonObject object = line->object("campaign");
  object.text("id", campaign.id);
  object.integer("rev", campaign.rev);
  object.text("status", name(campaign.status));
  if (record.confirm_tag && campaign.confirm) {
    object.text("tag", campaign.confirm->tag);
  } else if (campaign.tags.size() == 1) {
    object.text("tag", campaign.tags.front());
  } else if (!campaign.tags.empty()) {
    JsonArray tags = object.array("tags");
    for (const std::string& tag : campaign.tags) tags.text(tag);
    tags.close();
  }
  object.text_if("emoji", campaign.emoji);
  object.close();
}

void put_evidence_place(const match::Evidence& what, JsonObject* piece, std::string* out) {
  switch (what.field) {
    case match::EvidenceField::kText:
      piece->text("field", "text");
      break;
    case match::EvidenceField::kLink:
      piece->key("field");
      out->append("\"links/");
      append_json_integer(what.index, out);
      out->append("/url\"");
      break;
    case match::EvidenceField::kTags:
      piece->text("field", "tags");
      return;  // stands in the payload's list alone: there is no range
    case match::EvidenceField::kProductTag:
      piece->key("field");
      out->append("\"product_tags/");
      append_json_integer(what.index, out);
      out->append("/id\"");
      break;
  }
  piece->integer("start", what.start);
  piece->integer("end", what.end);
}

// A line cut at some byte may end inside a sequence; those bytes go, so that it stays text.
std::string_view without_broken_end(std::string_view text) noexcept {
  constexpr std::size_t kSequenceMax = 4;
  for (std::size_t back = 1; back <= std::min(kSequenceMax, text.size()); ++back) {
    const auto byte = static_cast<unsigned char>(text[text.size() - back]);
    if ((byte & 0xC0U) == 0x80U) continue;
    const std::size_t start = text.size() - back;
    const bool is_whole = start + base::decode_at(text, start).size == text.size();
    // A lead byte alone decodes to one byte too, but is no character.
    return is_whole && (back > 1 || byte < 0x80) ? text : text.substr(0, start);
  }
  return text;
}

void append_base64(std::string_view bytes, std::string* out) {
  constexpr int kVariant = sodium_base64_VARIANT_ORIGINAL;
  const std::size_t before = out->size();
  const std::size_t encoded = sodium_base64_encoded_len(bytes.size(), kVariant);  // with its NUL
  out->resize(before + encoded);
  sodium_bin2base64(out->data() + before, encoded,
                    reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), kVariant);
  out->pop_back();
}

}  // namespace

std::string product_key(const Catalogue& catalogue, const Product& product) {
  const Retailer& retailer = catalogue.retailers[product.retailer];
  const std::string_view market = market_id(retailer, product);
  std::string key = retailer.id;
  key += ':';
  key += retailer.ids_global || market.empty() ? std::string_view("*") : market;
  key += ':';
  key += catalogue.id_types[retailer.id_type].id;
  key += ':';
  key += product.id;
  return key;
}

RecordEncoder::RecordEncoder(const Catalogue& catalogue,
                             std::shared_ptr<const base::InputNames> input_names, UserMask mask,
                             std::string_view engine)
    : catalogue_(catalogue), mask_(std::move(mask)), input_names_(std::move(input_names)) {
  origin_tail_ = ",\"catalogue\":";
  JsonObject origin(&origin_tail_);
  origin.text("id", catalogue.id);
  origin.text_if("version", catalogue.version);
  origin.text_if("sha256", catalogue.sha256);
  origin.close();
  origin_tail_ += ",\"engine\":";
  append_json_string(engine, &origin_tail_);
  origin_tail_ += '}';
}

void RecordEncoder::append_origin(Place place, std::string* out) const {
  append_origin_head(place.input, place.offset, out);
  out->append("\",\"bytes\":");
  append_json_integer(place.bytes, out);
  out->append(origin_tail_);
}

void RecordEncoder::append_origin_head(std::uint32_t input, std::uint64_t offset,
                                       std::string* out) const {
  out->append("{\"input\":");
  append_json_string((*input_names_)[input], out);
  out->append(",\"offset\":\"");
  append_json_integer(offset, out);
}

std::string RecordEncoder::key_of(const CartIntent& record, std::string_view product_key) const {
  MaskBuffer buffer;
  return intent_key(base::name(record.platform),
                    mask_.post(record.platform, record.opening_id, &buffer),
                    catalogue_.campaigns[record.campaign].id, product_key);
}

void RecordEncoder::append_record(const CartIntent& record, std::uint64_t sequence,
                                  std::string* out) const {
  const Campaign& campaign = catalogue_.campaigns[record.campaign];
  const bool has_product = !record.product.id.empty();
  const std::string product = has_product ? product_key(catalogue_, record.product) : std::string();
  const std::string key = key_of(record, product);
  MaskBuffer buffer;
  const auto post_id = [&](std::string_view id) {
    return mask_.post(record.platform, id, &buffer);
  };

  JsonObject line(out);
  line.text("schema", "hashcart.intent/1");
  line.text("id", record_id(key, intent::name(record.type)));
  line.integer("seq", sequence);
  line.text("type", intent::name(record.type));
  line.text("time", base::format_rfc3339(record.time));
  line.text("action", campaign.action);
  if (record.evicted) line.text("why", "evicted");
  if (record.campaign_removed) line.text("why", "campaign_removed");
  if (record.passed) line.text("why", "passed");
  put_flags(catalogue_, record, &line);

  JsonObject purchase = line.object("intent");
  purchase.text("key", key);
  purchase.text("opened_at", base::format_rfc3339(record.opened_at));
  if (record.deadline) purchase.text("deadline", base::format_rfc3339(*record.deadline));
  purchase.integer("step", record.step);
  purchase.integer("steps", record.steps);
  purchase.close();

  JsonObject actor = line.object("actor");
  actor.text("platform", base::name(record.platform));
  actor.text_if("id", mask_.author(record.platform, record.author_id, &buffer));
  if (mask_.is_raw()) actor.text_if("handle", record.author_handle);
  actor.text_if("account", record.account);
  actor.close();

  if (has_product) put_product(catalogue_, record, product, &line, out);
  put_claim(campaign, record, &line);
  put_amount(campaign, record, &line);
  put_campaign(campaign, record, &line);

  JsonObject post = line.object("post");
  post.text("id", post_id(record.post_id));
  post.text_if("reply_to", post_id(record.reply_to));
  post.text_if("quote_of", post_id(record.quote_of));
  post.text_if("lang", record.lang);
  if (mask_.is_raw()) post.text_if("text", record.text);
  post.close();

  if (!record.evidence.empty()) {
    JsonArray evidence = line.array("evidence");
    for (const intent::EvidencePiece& piece : record.evidence) {
      JsonObject object = evidence.object();
      object.text("role", name(piece.role));
      object.text("post_id", post_id(piece.post_id));
      put_evidence_place(piece.what, &object, out);
      object.text("text", piece.what.text);
      object.close();
    }
    evidence.close();
  }

  line.key("origin");
  append_origin({record.input, record.offset, record.bytes}, out);
  line.close();
  out->push_back('\n');
}

void RecordEncoder::append_outcome(const Outcome& outcome, std::string* out) const {
  MaskBuffer buffer;
  JsonObject line(out);
  line.text("schema", "hashcart.outcome/1");
  line.key("origin");
  append_origin({outcome.input, outcome.offset, outcome.bytes}, out);
  line.text("platform", base::name(outcome.platform));
  line.text("post_id", mask_.post(outcome.platform, outcome.post_id, &buffer));
  line.text("campaign", catalogue_.campaigns[outcome.campaign].id);
  line.text("outcome", intent::name(outcome.code));
  if (outcome.record != nullptr) {
    const CartIntent& record = *outcome.record;
    const std::string product =
        record.product.id.empty() ? std::string() : product_key(catalogue_, record.product);
    line.text("record_id", record_id(key_of(record, product), intent::name(record.type)));
  }
  if (!outcome.products.empty()) {
    JsonArray products = line.array("products");
    for (const Product& product : outcome.products) {
      products.text(product_key(catalogue_, product));
    }
    products.close();
  }
  if (outcome.code == intent::OutcomeCode::kNotAClaim) {
    line.text_if("detail", outcome.detail);  // a word of ours, no id
  } else {
    line.text_if("detail", mask_.post(outcome.platform, outcome.detail, &buffer));
  }
  line.close();
  out->push_back('\n');
}

void RecordEncoder::append_reject(const Reject& reject, std::string* out) const {
  JsonObject line(out);
  line.text("schema", "hashcart.reject/1");
  line.text("reason", reject.reason);
  line.key("origin");
  append_origin_head(reject.input, reject.offset, out);
  out->append("\"}");
  if (mask_.is_raw()) {
    line.integer("length", reject.length);
    const bool is_truncated = reject.is_cut || reject.bytes.size() > kRejectBytesMax;
    const std::string_view bytes = reject.bytes.substr(0, kRejectBytesMax);
    const std::string_view text = is_truncated ? without_broken_end(bytes) : bytes;
    if (base::is_valid_utf8(text)) {
      line.text("line", text);
    } else {
      line.key("bytes_b64");
      out->push_back('"');
      append_base64(bytes, out);
      out->push_back('"');
    }
    if (is_truncated) line.boolean("truncated", true);
  }
  line.close();
  out->push_back('\n');
}

}  // namespace hashcart::emit
