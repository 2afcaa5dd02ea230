// Pinterest: pins.
//
// Shapes at the top
//   v5    a pin; {"items":[..],"bookmark":..} of them
//   web   a pin as search gives it (`node_id`, `pinner`), alone; in {"results":[..]} or
//         {"data":[..]}; in the whole answer {"resource_response":{"data":{"results":[..]}}}; as a
//         collector wraps it: {"source_platform":..,"data":{..}}. Boards and users between pins are
//         passed over.
//
// Text: title and description, a line break between them; what is all blanks is empty. `grid_title`
// is not read: it is made out of the linked page.
//
// Times: v5 writes UTC without saying so (`2022-08-11T08:46:16`), the web RFC 2822
// (`Sun, 04 Apr 2021 05:43:58 +0000`), or none at all, which is no_time as everywhere.
//
// Authors: the web has the pinner's id and user name. v5 has only the user name of who owns the
// board: it is the handle and never stands for the id, since a user name may be all digits.
//
// A pin with `parent_pin_id` was saved from that one: a repost.
//
// Products: rich_summary/products, buyable_product, and product_tags of v5, whose ids are those of
// product pins.
//
// Sources: github.com/pinterest/api-description, v5/openapi.json, "Pin"; the web's shapes from
// recorded answers.
#include <array>
#include <optional>

#include "base/utf8.h"
#include "post/dialect.h"
#include "post/graph.h"

namespace hashcart::post {
namespace {

enum class Key : std::uint8_t {
  kId,
  kNodeId,
  kBoardOwner,
  kBoardId,
  kPinner,
  kCreatedAt,
  kTitle,
  kDescription,
  kLink,
  kParentPinId,
  kHashtags,
  kRichSummary,
  kBuyableProduct,
  kProductTags,
  // Pages and wrappers.
  kItems,
  kResults,
  kData,
  kResourceResponse,
  kCount
};
constexpr KeyTable<Key> kKeys({"id", "node_id", "board_owner", "board_id", "pinner", "created_at",
                               "title", "description", "link", "parent_pin_id", "hashtags",
                               "rich_summary", "buyable_product", "product_tags", "items",
                               "results", "data", "resource_response"});

enum class UserKey : std::uint8_t { kId, kUsername, kCount };
constexpr KeyTable<UserKey> kUserKeys({"id", "username"});

enum class SummaryKey : std::uint8_t { kProducts, kCount };
constexpr KeyTable<SummaryKey> kSummaryKeys({"products"});

enum class ProductKey : std::uint8_t { kId, kItemId, kPinId, kName, kOfferSummary, kCount };
constexpr KeyTable<ProductKey> kProductKeys({"id", "item_id", "pin_id", "name", "offer_summary"});

enum class OfferKey : std::uint8_t { kPrice, kCount };
constexpr KeyTable<OfferKey> kOfferKeys({"price"});

// A pin in a page in a wrapper in the answer. Below that, objects are passed over.
constexpr int kDepthMax = 4;

// What one object held, until its end tells what it is.
struct Item {
  MaybeText id, pinner_id, created_at, title, description, parent;
  std::string_view username, link;
  bool is_pin = false;
  bool is_page = false;
  // Index of its Post once something had to be put there.
  std::optional<std::size_t> slot;
};

bool is_all_blank(std::string_view text) noexcept {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

// The next word of *text; commas are blanks.
std::string_view take_word(std::string_view* text) noexcept {
  const std::size_t start = text->find_first_not_of(" ,");
  if (start == std::string_view::npos) return {};
  text->remove_prefix(start);
  const std::string_view word = text->substr(0, text->find_first_of(" ,"));
  text->remove_prefix(word.size());
  return word;
}

// RFC 2822: `[Sun, ]4 Apr 2021 05:43:58 +0000`; the zone also as GMT or UTC. Put in the order that
// base parses.
std::optional<base::EventTimeMs> parse_rfc2822(std::string_view text) noexcept {
  std::string_view day = take_word(&text);
  if (!day.empty() && !base::is_ascii_digit(day.front())) day = take_word(&text);
  const std::string_view month = take_word(&text);
  const std::string_view year = take_word(&text);
  const std::string_view clock = take_word(&text);
  std::string_view zone = take_word(&text);
  if (!take_word(&text).empty()) return std::nullopt;
  if (zone == "GMT" || zone == "UTC") zone = "+0000";
  std::array<char, 64> room{};
  std::size_t size = 0;
  const std::string_view zero = day.size() == 1 ? "0" : "";
  for (const std::string_view part :
       {std::string_view("Mon "), month, std::string_view(" "), zero, day, std::string_view(" "),
        clock, std::string_view(" "), zone, std::string_view(" "), year}) {
    if (part.size() > room.size() - size) return std::nullopt;
    part.copy(room.data() + size, part.size());
    size += part.size();
  }
  return base::parse_ctime_offset({room.data(), size});
}

std::optional<base::EventTimeMs> parse_time(std::string_view text) noexcept {
  if (const auto time = base::parse_rfc3339(text)) return time;
  // Without a zone.
  std::array<char, 40> room{};
  if (!text.empty() && text.size() < room.size() && base::is_ascii_digit(text.back())) {
    text.copy(room.data(), text.size());
    room[text.size()] = 'Z';
    if (const auto time = base::parse_rfc3339({room.data(), text.size() + 1})) return time;
  }
  return parse_rfc2822(text);
}

class PinterestReader final : public DialectReader {
 public:
  RejectReason read(od::object object, ReadContext* context) noexcept override {
    context_ = context;
    return read_object(object, 0);
  }

 private:
  [[nodiscard]] RejectReason read_object(od::object object, int depth) noexcept {
    Item it;
    HASHCART_TRY(each_known_field(object, kKeys, [&](Key key, od::value value) {
      return read_field(key, value, depth, &it);
    }));
    return finish(it, depth);
  }

  [[nodiscard]] RejectReason read_field(Key key, od::value value, int depth, Item* it) noexcept {
    switch (key) {
      case Key::kId:
        return read_id(value, &it->id);
      case Key::kBoardOwner:
        it->is_pin = true;
        return read_user(value, true, it);
      case Key::kPinner:
        it->is_pin = true;
        return read_user(value, false, it);
      case Key::kBoardId:
        it->is_pin = true;
        return RejectReason::kNone;
      case Key::kCreatedAt:
        return read_text(value, &it->created_at);
      case Key::kTitle:
        return read_text(value, &it->title);
      case Key::kDescription:
        return read_text(value, &it->description);
      case Key::kLink:
        return read_optional_text(value, &it->link);
      case Key::kParentPinId:
        return read_id(value, &it->parent);
      case Key::kHashtags:
        reserve_slot(it);
        return each_optional_element(value, [&](od::value element) {
          std::string_view tag;
          HASHCART_TRY(read_optional_text(element, &tag));
          add_listed_tag(tag, &context_->post(*it->slot));
          return RejectReason::kNone;
        });
      case Key::kRichSummary:
        return with_optional_object(value, [&](od::object summary) {
          return each_known_field(summary, kSummaryKeys, [&](SummaryKey, od::value products) {
            return read_products(products, it);
          });
        });
      case Key::kProductTags:
        return read_products(value, it);
      case Key::kBuyableProduct:
        return read_product(value, it);
      case Key::kItems:
      case Key::kResults:
        return read_page(value, depth, it);
      case Key::kData: {
        JsonKind kind = JsonKind::kAbsent;
        HASHCART_TRY(read_kind(value, &kind));
        return kind == JsonKind::kArray ? read_page(value, depth, it)
                                        : read_member(value, depth, it);
      }
      case Key::kResourceResponse:
        return read_member(value, depth, it);
      case Key::kNodeId:
      case Key::kCount:
        break;
    }
    return RejectReason::kNone;
  }

  void reserve_slot(Item* it) {
    if (!it->slot)
      it->slot = context_->add_post(Dialect::kPinterest, base::Platform::kPinterest, Role::kMain);
  }

  [[nodiscard]] RejectReason read_page(od::value value, int depth, Item* it) noexcept {
    it->is_page = true;
    return each_optional_element(value,
                                 [&](od::value member) { return read_member(member, depth, it); });
  }

  [[nodiscard]] RejectReason read_member(od::value value, int depth, Item* it) noexcept {
    it->is_page = true;
    if (depth >= kDepthMax) return RejectReason::kNone;
    return with_optional_object(value,
                                [&](od::object object) { return read_object(object, depth + 1); });
  }

  // Who pinned is the author, over who owns the board.
  [[nodiscard]] static RejectReason read_user(od::value value, bool is_owner, Item* it) noexcept {
    return with_optional_object(value, [&](od::object user) {
      return each_known_field(user, kUserKeys, [&](UserKey key, od::value field) {
        if (key == UserKey::kId)
          return is_owner ? RejectReason::kNone : read_id(field, &it->pinner_id);
        std::string_view name;
        HASHCART_TRY(read_optional_text(field, &name));
        if (it->username.empty() || !is_owner) it->username = name;
        return RejectReason::kNone;
      });
    });
  }

  [[nodiscard]] RejectReason read_products(od::value value, Item* it) noexcept {
    return each_optional_element(value,
                                 [&](od::value product) { return read_product(product, it); });
  }

  // An object, or the bare id.
  [[nodiscard]] RejectReason read_product(od::value value, Item* it) noexcept {
    MaybeText id, item_id, pin_id;
    ProductTag product;
    JsonKind kind = JsonKind::kAbsent;
    HASHCART_TRY(read_kind(value, &kind));
    if (kind == JsonKind::kString || kind == JsonKind::kNumber) {
      HASHCART_TRY(read_id(value, &id));
    } else {
      HASHCART_TRY(with_optional_object(value, [&](od::object object) {
        return each_known_field(object, kProductKeys, [&](ProductKey key, od::value field) {
          switch (key) {
            case ProductKey::kId:
              return read_id(field, &id);
            case ProductKey::kItemId:
              return read_id(field, &item_id);
            case ProductKey::kPinId:
              return read_id(field, &pin_id);
            case ProductKey::kName:
              return read_optional_text(field, &product.name);
            case ProductKey::kOfferSummary:
              return with_optional_object(field, [&](od::object offer) {
                return each_known_field(offer, kOfferKeys, [&](OfferKey, od::value price) {
                  return read_optional_text(price, &product.price);
                });
              });
            case ProductKey::kCount:
              break;
          }
          return RejectReason::kNone;
        });
      }));
    }
    const MaybeText& best = id.filled() ? id : pin_id.filled() ? pin_id : item_id;
    HASHCART_TRY(check_optional_id(best));
    if (!best.filled()) return RejectReason::kNone;
    product.id = best.text;
    reserve_slot(it);
    context_->post(*it->slot).product_tags.push_back(product);
    return RejectReason::kNone;
  }

  [[nodiscard]] RejectReason finish(const Item& it, int depth) noexcept {
    if (!it.is_pin) {
      if (it.slot) context_->remove_post(*it.slot);
      return it.is_page || depth > 0 ? RejectReason::kNone : RejectReason::kUnknownDialect;
    }
    if (!it.id.present) return RejectReason::kNoId;
    HASHCART_TRY(check_id(it.id.text));
    HASHCART_TRY(check_optional_id(it.pinner_id));
    HASHCART_TRY(check_optional_id(it.parent));
    if (!it.created_at.present) return RejectReason::kNoTime;
    const std::optional<base::EventTimeMs> time = parse_time(it.created_at.text);
    if (!time) return RejectReason::kBadTime;
    const std::size_t index =
        it.slot ? *it.slot
                : context_->add_post(Dialect::kPinterest, base::Platform::kPinterest, Role::kMain);
    Post& post = context_->post(index);
    post.id = post.chain_id = it.id.text;
    post.has_time = post.time_is_platforms = true;
    post.time = *time;
    post.author_id = it.pinner_id.text;
    post.author_handle = it.username;
    post.is_repost = it.parent.filled();
    post.repost_of = it.parent.text;
    post.text = joined(it.title.text, it.description.text);
    add_link(it.link, &context_->arena(), &post);
    return RejectReason::kNone;
  }

  [[nodiscard]] std::string_view joined(std::string_view title, std::string_view description) {
    if (is_all_blank(title)) return is_all_blank(description) ? std::string_view{} : description;
    if (is_all_blank(description)) return title;
    char* const room = context_->arena().take(title.size() + 1 + description.size());
    title.copy(room, title.size());
    room[title.size()] = '\n';
    description.copy(room + title.size() + 1, description.size());
    return {room, title.size() + 1 + description.size()};
  }

  ReadContext* context_ = nullptr;
};

bool is_pin(const ObjectOutline& it) noexcept {
  const bool is_v5 = it.has(OutlineKey::kBoardId) &&
                     (it.is_object(OutlineKey::kBoardOwner) || it.is_object(OutlineKey::kMedia) ||
                      it.has(OutlineKey::kDominantColor));
  // A pin of the web may stand on no board that may be shown.
  const bool is_web = it.is_object(OutlineKey::kPinner) &&
                      (it.has(OutlineKey::kNodeId) || it.has(OutlineKey::kBoard));
  return is_v5 || is_web;
}

}  // namespace

bool is_pinterest(const Outline& outline) noexcept {
  const ObjectOutline& top = outline.top;
  if (top.is_string(OutlineKey::kSourcePlatform))
    return top.is_object(OutlineKey::kData) &&
           top.source_platform.find("pinterest") != std::string_view::npos;
  if (is_pin(top)) return true;
  // Only the web's answers are wrapped so.
  if (top.is_object(OutlineKey::kResourceResponse)) return true;
  const bool is_page = outline.inner_is_of(OutlineKey::kItems) ||
                       outline.inner_is_of(OutlineKey::kResults) ||
                       outline.inner_is_of(OutlineKey::kData);
  return is_page && is_pin(outline.inner);
}

std::unique_ptr<DialectReader> make_pinterest_reader() {
  return std::make_unique<PinterestReader>();
}

}  // namespace hashcart::post
