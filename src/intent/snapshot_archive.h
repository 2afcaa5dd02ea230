// SnapshotWriter and SnapshotReader: the resolver's state as bytes, and back.
//
// Both have the same members, so that one list of fields (a template over the archive) serves both
// directions and they cannot differ. Numbers and texts are those of base/byte_codec.h; indexes into
// the catalogue are written as they are and read through a NameMap.
//
// What is read was written by us, but the reader believes none of it: whatever the bytes, it stays
// within bounds, yields only enum values that exist, times that can be reckoned with, and indexes
// of its catalogue; the first that is not so makes it fail.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/byte_codec.h"
#include "base/event_time.h"
#include "intent/cart_intent.h"
#include "intent/catalogue_names.h"

namespace hashcart::intent {

class SnapshotWriter {
 public:
  static constexpr bool kReads = false;

  explicit SnapshotWriter(std::string* out) : out_(*out) {}

  template <std::unsigned_integral Number>
  void number(const Number& number) {
    base::put_varint(number, &out_);
  }
  void flag(const bool& flag) { base::put_varint(flag ? 1 : 0, &out_); }
  template <typename Enum>
  void choice(const Enum& choice, Enum /*last*/) {
    base::put_varint(static_cast<std::uint64_t>(choice), &out_);
  }
  void time(const base::EventTimeMs& time) { base::put_signed(time, &out_); }
  void text(std::string_view text) { base::put_string(text, &out_); }

  template <typename Value, typename Fields>
  void optional(const std::optional<Value>& value, Fields fields) {
    flag(value.has_value());
    if (value) fields(*this, *value);
  }
  template <typename Items, typename Fields>
  void list(const Items& items, Fields fields) {
    number(items.size());
    for (const auto& item : items) fields(*this, item);
  }
  template <typename Fields>
  void evidence(const std::span<const EvidencePiece>& pieces, Fields fields) {
    list(pieces, fields);
  }
  // A retailer and, of it, a market.
  void seller(const std::uint16_t& retailer, const std::uint16_t& market) {
    number(retailer);
    number(market);
  }
  void retailer(const std::uint16_t& retailer) { number(retailer); }
  void places(const CartIntent& /*intent*/) {}

 private:
  std::string& out_;
};

class SnapshotReader {
 public:
  static constexpr bool kReads = true;
  // Of a retailer the catalogue no longer has; such a link is dropped.
  static constexpr std::uint16_t kGone = 0xFFFF;

  explicit SnapshotReader(std::string_view bytes) : in_(bytes) {}

  // Behind the names, before anything that holds an index. Outlives this.
  void set_map(const NameMap* map) noexcept { map_ = map; }

  template <std::unsigned_integral Number>
  void number(Number& number) {
    number = in_.number<Number>();
  }
  void flag(bool& flag) {
    const std::uint64_t value = in_.varint();
    if (value > 1) fail();
    flag = value == 1;
  }
  template <typename Enum>
  void choice(Enum& choice, Enum last) {
    const std::uint64_t value = in_.varint();
    if (value > static_cast<std::uint64_t>(last)) return fail();
    choice = static_cast<Enum>(value);
  }
  void time(base::EventTimeMs& time) {
    time = in_.signed_varint();
    if (time > kTimeMax || time < -kTimeMax) fail();
    if (failed()) time = 0;
  }
  void text(std::string& text) { text.assign(in_.string()); }
  // Lives as long as the bytes.
  void text(std::string_view& text) { text = in_.string(); }

  template <typename Value, typename Fields>
  void optional(std::optional<Value>& value, Fields fields) {
    bool is_there = false;
    flag(is_there);
    value.reset();
    if (is_there) fields(*this, value.emplace(Value{}));
  }
  template <typename Items, typename Fields>
  void list(Items& items, Fields fields) {
    items.clear();
    const std::size_t count = in_.count();
    for (std::size_t i = 0; i < count && !failed(); ++i) fields(*this, items.emplace_back());
  }
  // The pieces live until the next call.
  template <typename Fields>
  void evidence(std::span<const EvidencePiece>& pieces, Fields fields) {
    list(evidence_, fields);
    pieces = evidence_;
  }
  void seller(std::uint16_t& retailer, std::uint16_t& market) {
    number(retailer);
    number(market);
    if (failed() || !map_->knows(retailer, market)) return fail();
    const std::optional<std::uint16_t> market_here = map_->market(retailer, market);
    const std::optional<std::uint16_t> here = map_->retailer(retailer);
    is_dropped_ = is_dropped_ || !here || !market_here;
    retailer = here && market_here ? *here : kGone;
    market = market_here.value_or(kGone);
  }
  void retailer(std::uint16_t& retailer) {
    number(retailer);
    if (failed() || !map_->knows(retailer, match::kNoMarket)) return fail();
    const std::optional<std::uint16_t> here = map_->retailer(retailer);
    is_dropped_ = is_dropped_ || !here;
    retailer = here.value_or(kGone);
  }
  // Whether a link was dropped since the last call.
  [[nodiscard]] bool take_dropped() noexcept { return std::exchange(is_dropped_, false); }
  // Behind all fields of an intent.
  void places(CartIntent& intent) {
    if (failed() || !map_->apply(&intent)) fail();
  }

  void fail() noexcept { in_.fail(); }
  [[nodiscard]] bool failed() const noexcept { return in_.failed(); }
  [[nodiscard]] bool is_whole() const noexcept { return !in_.failed() && in_.at_end(); }

 private:
  // Far from every overflow, and beyond all that a post or a catalogue can say.
  static constexpr base::EventTimeMs kTimeMax = 1LL << 60U;

  base::ByteReader in_;
  const NameMap* map_ = nullptr;
  bool is_dropped_ = false;
  std::vector<EvidencePiece> evidence_;
};

// Lists of fields. `Archive`: one of the two; what it is given is const for the writer.

inline constexpr auto kText = [](auto& archive, auto& text) { archive.text(text); };
inline constexpr auto kTime = [](auto& archive, auto& time) { archive.time(time); };

template <typename Archive, typename Names>
void names_fields(Archive& archive, Names& names) {
  archive.list(names.campaigns, [](Archive& to, auto& campaign) {
    to.text(campaign.id);
    to.list(campaign.items, [](Archive& item_to, auto& item) {
      item_to.text(item.code);
      item_to.list(item.options,
                   [](Archive& values_to, auto& values) { values_to.list(values, kText); });
    });
  });
  archive.list(names.retailers, [](Archive& to, auto& retailer) {
    to.text(retailer.id);
    to.list(retailer.markets, kText);
  });
}

template <typename Archive, typename Intent>
void intent_fields(Archive& archive, Intent& intent) {
  archive.choice(intent.type, RecordType::kQueued);
  archive.choice(intent.platform, base::Platform::kOther);
  archive.time(intent.time);
  archive.number(intent.campaign);
  archive.text(intent.opening_id);
  archive.time(intent.opened_at);
  archive.optional(intent.deadline, kTime);
  archive.number(intent.step);
  archive.number(intent.steps);
  archive.text(intent.author_id);
  archive.text(intent.author_handle);
  archive.text(intent.account);
  archive.number(intent.product.retailer);
  archive.number(intent.product.market);
  archive.text(intent.product.fixed_market);
  archive.text(intent.product.id);
  archive.text(intent.product.affiliate);
  archive.choice(intent.from, ProductFrom::kCampaign);
  archive.number(intent.item);
  for (auto& option : intent.options) archive.number(option);
  archive.number(intent.requested);
  archive.number(intent.accepted);
  archive.optional(intent.left, [](Archive& to, auto& left) { to.number(left); });
  archive.text(intent.amount);
  archive.flag(intent.stands_in_line);
  archive.flag(intent.confirm_tag);
  archive.text(intent.post_id);
  archive.text(intent.reply_to);
  archive.text(intent.quote_of);
  archive.text(intent.lang);
  archive.text(intent.text);
  archive.evidence(intent.evidence, [](Archive& to, auto& piece) {
    to.choice(piece.role, EvidenceRole::kPass);
    to.text(piece.post_id);
    to.choice(piece.what.field, match::EvidenceField::kProductTag);
    to.number(piece.what.index);
    to.number(piece.what.start);
    to.number(piece.what.end);
    to.text(piece.what.text);
  });
  archive.flag(intent.market_mismatch);
  archive.flag(intent.author_protected);
  archive.number(intent.input);
  archive.number(intent.offset);
  archive.number(intent.bytes);
  archive.places(intent);
}

}  // namespace hashcart::intent
