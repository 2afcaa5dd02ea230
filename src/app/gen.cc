#include "app/gen.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <queue>
#include <string>
#include <utility>
#include <vector>

#include "app/gen_words.h"
#include "base/utf8.h"

namespace hashcart::app {
namespace {

using base::EventTimeMs;

// ---------------------------------------------------------------- chance

std::uint64_t split_mix(std::uint64_t* state) noexcept {
  std::uint64_t z = (*state += 0x9E3779B97F4A7C15U);
  z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
  return z ^ (z >> 31U);
}

// xoshiro256** by Blackman and Vigna (prng.di.unimi.it), seeded by splitmix64 as they advise. The
// standard library's distributions are not the same everywhere.
class Random {
 public:
  explicit Random(std::uint64_t seed) noexcept {
    for (std::uint64_t& word : state_) word = split_mix(&seed);
  }

  std::uint64_t next() noexcept {
    const auto rotated = [](std::uint64_t value, unsigned by) {
      return (value << by) | (value >> (64U - by));
    };
    const std::uint64_t result = rotated(state_[1] * 5, 7) * 9;
    const std::uint64_t shifted = state_[1] << 17U;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = rotated(state_[3], 45);
    return result;
  }

  // [0, limit). The bias of at most limit / 2^32 does not matter here.
  std::uint32_t below(std::uint64_t limit) noexcept {
    return static_cast<std::uint32_t>(((next() >> 32U) * limit) >> 32U);
  }
  std::int64_t between(std::int64_t first, std::int64_t last) noexcept {
    return first + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(last - first + 1)));
  }
  bool one_in(std::uint32_t n) noexcept { return below(n) == 0; }
  // Doubles hold 53 bits exactly, so this is the same on every machine.
  bool chance(double share) noexcept {
    return static_cast<double>(next() >> 11U) < share * 9007199254740992.0;
  }

 private:
  std::array<std::uint64_t, 4> state_{};
};

// ---------------------------------------------------------------- text and its written forms

// How a piece of text is written into a line. X escapes HTML, in all of its formats; its wire
// escapes all that is not ASCII, and slashes. Bluesky's Go encoder writes `&` as \u0026.
enum class Form : std::uint8_t { kXWire, kXRaw, kBluesky, kPlain, kPlainWire };
constexpr std::size_t kFormCount = 5;

constexpr bool is_wire(Form form) noexcept {
  return form == Form::kXWire || form == Form::kPlainWire;
}
constexpr bool is_html(Form form) noexcept { return form == Form::kXWire || form == Form::kXRaw; }

void append_unit(std::uint32_t unit, std::string* out) {
  static constexpr std::string_view kHex = "0123456789abcdef";
  *out += "\\u";
  for (unsigned shift = 16; shift > 0; shift -= 4) *out += kHex[(unit >> (shift - 4U)) & 0xFU];
}

void append_text(Form form, std::string_view text, std::string* out) {
  for (std::size_t at = 0; at < text.size();) {
    const base::CodePoint point = base::decode_at(text, at);
    const auto value = static_cast<std::uint32_t>(point.value);
    if (value == '"' || value == '\\') {
      *out += '\\';
      *out += static_cast<char>(value);
    } else if (value == '/' && is_wire(form)) {
      *out += "\\/";
    } else if (value == '&' || value == '<' || value == '>') {
      if (is_html(form)) {
        *out += value == '&' ? "&amp;" : value == '<' ? "&lt;" : "&gt;";
      } else if (form == Form::kBluesky) {
        append_unit(value, out);
      } else {
        *out += static_cast<char>(value);
      }
    } else if (value < 0x80 || !is_wire(form)) {
      out->append(text, at, point.size);
    } else if (value < 0x10000) {
      append_unit(value, out);
    } else {
      append_unit(0xD800U + ((value - 0x10000U) >> 10U), out);
      append_unit(0xDC00U + ((value - 0x10000U) & 0x3FFU), out);
    }
    at += point.size;
  }
}

// A URL outside of text is not HTML; it is plain ASCII here.
void append_url(Form form, std::string_view url, std::string* out) {
  for (const char c : url) {
    if (c == '/' && is_wire(form)) {
      *out += "\\/";
    } else if (c == '&' && form == Form::kBluesky) {
      *out += "\\u0026";
    } else {
      *out += c;
    }
  }
}

// What X counts: code points, of the HTML-escaped text.
std::uint32_t count_points(std::string_view text, bool html) noexcept {
  std::uint32_t count = 0;
  for (std::size_t at = 0; at < text.size();) {
    const base::CodePoint point = base::decode_at(text, at);
    count += !html                                        ? 1U
             : point.value == U'&'                        ? 5U
             : point.value == U'<' || point.value == U'>' ? 4U
                                                          : 1U;
    at += point.size;
  }
  return count;
}

// Text with its written forms and sizes, made once.
struct Fragment {
  std::string text;
  std::array<std::string, kFormCount> forms;
  std::uint32_t html_points = 0;

  explicit Fragment(std::string_view words) : text(words), html_points(count_points(words, true)) {
    for (std::size_t i = 0; i < kFormCount; ++i)
      append_text(static_cast<Form>(i), words, &forms[i]);
  }
  [[nodiscard]] const std::string& in(Form form) const {
    return forms[static_cast<std::size_t>(form)];
  }
};

template <typename List>
std::vector<Fragment> fragments_of(const List& list) {
  std::vector<Fragment> out;
  out.reserve(list.size());
  for (const std::string_view words : list) out.emplace_back(words);
  return out;
}

void append_number(std::uint64_t number, std::string* out) {
  std::array<char, 20> digits{};
  const auto result = std::to_chars(digits.data(), digits.data() + digits.size(), number);
  out->append(digits.data(), result.ptr);
}

// Least significant digit last, padded to `width`; digits that do not fit are cut.
void append_base(std::uint64_t number, std::string_view digits, std::size_t width,
                 std::string* out) {
  const std::size_t start = out->size();
  out->append(width, digits[0]);
  for (std::size_t i = width; i > 0 && number > 0; --i) {
    (*out)[start + i - 1] = digits[number % digits.size()];
    number /= digits.size();
  }
}

constexpr std::string_view kBase36 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
constexpr std::string_view kBase62 =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
constexpr std::string_view kBase32 = "abcdefghijklmnopqrstuvwxyz234567";  // a DID's
constexpr std::string_view kSortable32 =
    "234567abcdefghijklmnopqrstuvwxyz";  // an rkey's, atproto TID

// `Wed Aug 27 13:08:45 +0000 2008`.
void append_x_time(EventTimeMs time, std::string* out) {
  static constexpr std::array<std::string_view, 7> kDays = {"Thu", "Fri", "Sat", "Sun",
                                                            "Mon", "Tue", "Wed"};
  static constexpr std::array<std::string_view, 12> kMonths = {
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::string iso = base::format_rfc3339(time);
  const auto day = static_cast<std::size_t>(time / 86'400'000 % 7);  // 1970-01-01 was a Thursday
  const auto month = static_cast<std::size_t>((iso[5] - '0') * 10 + (iso[6] - '0') - 1);
  *out += kDays[day];
  *out += ' ';
  *out += kMonths[month];
  *out += ' ';
  out->append(iso, 8, 2);
  *out += ' ';
  out->append(iso, 11, 8);
  *out += " +0000 ";
  out->append(iso, 0, 4);
}

// ---------------------------------------------------------------- what a post is made of

enum class Dialect : std::uint8_t { kXV1, kXV2, kBluesky, kSimple };
constexpr std::size_t kDialectCount = 4;

enum class Site : std::uint8_t { kX, kBluesky, kOther, kWeibo, kPinterest };

enum class Shop : std::uint8_t {
  kAmazonUs,
  kAmazonGb,
  kAmazonJp,
  kAmazonDe,
  kEbay,
  kEtsy,
  kTaobao,
  kBestBuy,
  kWalmart,
  kAmazonShort,
  kEtsyShort,
  kNoProduct,  // a page of a shop that is no product
  kLookAlike,  // pretends to be one
  kOrdinary,   // nothing to do with shops
  kTagInside,  // ordinary, with a purchase tag as its fragment
  // Of corpora only.
  kTmall,
  kJd,
  kAliExpress,
  kShopify,
  kOwnSite,  // nothing to do with shops, under many hosts
};

struct Link {
  Shop shop = Shop::kOrdinary;
  std::uint8_t style = 0;
  std::uint32_t number = 0;
};

// Purchase tags of the default catalogue.
enum Tag : std::uint8_t {
  kAmazonCart,
  kAmazonBasket,
  kAmazonPochi,
  kAmazonWishList,
  kBuyKindle,
  kConfirmKindle,
  kBuyGiftCard,
  kConfirmGiftCard,
  kWholeFoods,
  kShopSmall,
  kBuy,
  kNewAdidasShoe,
  kTagCount,
};
constexpr std::array<std::string_view, kTagCount> kTagNames = {"AmazonCart",
                                                               "AmazonBasket",
                                                               "アマゾンポチ",
                                                               "AmazonWishList",
                                                               "BuyKindleFireHD",
                                                               "ConfirmKindleFireHD",
                                                               "BuyAmexGiftCard25",
                                                               "ConfirmAmexGiftCard25",
                                                               "AmexWholeFoods",
                                                               "AmexShopSmall",
                                                               "buy",
                                                               "NewAdidasShoe"};

enum class TagStyle : std::uint8_t {
  kPlain,
  kLower,
  kUpper,
  kWideSign,
  // With something about it that X passes over.
  kParenthesis,
  kPossessive,
  kExclaimed,
  kFirstNear,
  // Near misses.
  kPlural = kFirstNear,
  kDigit,
  kTail,
  kGluedWord,
  kGluedTag,
  kAmpersand,
  kNoSign,
  kEnd,
};

struct TagUse {
  Tag tag = kAmazonCart;
  TagStyle style = TagStyle::kPlain;
};

enum class Content : std::uint8_t { kChatter, kAdvert, kWish, kPrompt };

// Authors are numbers; these stand for accounts with a part to play.
constexpr std::uint32_t kPromptAuthor = 0xFFFF'FFFF;
constexpr std::uint32_t kShopBotAuthor = 0xFFFF'FFFE;  // @MyAmazon, which campaigns ignore
constexpr std::uint32_t kAuthorCount = 50'000;
constexpr std::uint32_t kSellerCount = 500;  // the first of them
constexpr std::size_t kTaggedProfiles = 8;   // of a corpus: the first, which hold a purchase tag

struct Post;
using PostPtr = std::shared_ptr<const Post>;

// All that its line is written from; the text follows from `seed`.
struct Post {
  Dialect dialect = Dialect::kXV1;
  Site site = Site::kX;
  Content content = Content::kChatter;
  bool wire = false;
  bool is_protected = false;
  bool is_cut = false;  // its text is cut and the line does not hold the rest
  bool tag_in_profile = false;
  bool tag_in_image = false;     // in what describes it (Bluesky)
  std::uint8_t media_count = 0;  // images
  std::uint8_t link_count = 0;
  std::uint8_t tag_count = 0;
  std::array<Link, 3> links{};
  std::array<TagUse, 3> tags{};
  std::uint32_t author = 0;
  std::uint64_t id = 0;
  std::uint64_t chain_id = 0;  // not 0: the first of the edit chain that this one ends
  EventTimeMs time = 0;
  std::uint64_t seed = 0;
  bool is_reply = false;
  std::uint64_t reply_id = 0;
  std::uint32_t reply_author = 0;
  // Embedded. A repost has no text of its own. An embedded post embeds at most a quote.
  PostPtr original;
  PostPtr quoted;
  PostPtr parent;

  void add_link(Link link) { links[link_count++] = link; }
  void add_tag(Tag tag, TagStyle style) { tags[tag_count++] = {tag, style}; }
};

// ---------------------------------------------------------------- lines

enum class PieceKind : std::uint8_t { kWords, kTag, kUrl, kMention };

// A part of a text. Blanks stand between pieces that are not glued.
struct Piece {
  PieceKind kind = PieceKind::kWords;
  bool glued = false;
  bool listed = true;  // entities or facets name it
  const Fragment* sign = nullptr;
  const Fragment* words = nullptr;
  std::string value;         // a URL, or a handle
  std::uint64_t number = 0;  // of a t.co link
};

struct Entity {
  std::uint32_t start = 0;
  std::uint32_t end = 0;
  std::size_t piece = 0;
};

// A text as it is written, and where its entities stand: code points for X, bytes for Bluesky.
struct Layout {
  std::string_view language = "und";
  std::vector<Piece> pieces;
  std::size_t piece_count = 0;
  std::string text;
  std::uint32_t size = 0;
  bool is_whole = true;
  std::vector<Entity> entities;
};

// Words of one language, for corpora.
struct Vocabulary {
  bool has_blanks = true;  // between words
  std::vector<Fragment> words;
  std::vector<Fragment> tags;  // those of letters alone
};

class Writer {
 public:
  // rich: for corpora.
  explicit Writer(bool rich);

  // As a corpus names it.
  static void append_short_id(const Post& post, std::string* out);

  // Appends the post's line.
  void append_post(const Post& post, std::string* out);
  void append_delete(const Post& post, EventTimeMs time, bool account, std::string* out);
  // An event that is no post: a like of `post`, a follow, an identity.
  void append_other(const Post& post, EventTimeMs time, std::uint64_t number, std::string* out);

 private:
  // The user's part of a v1.1 status behind its names, in both forms.
  struct Profile {
    std::array<std::string, 2> tail;
  };

  [[nodiscard]] static Form form_of(const Post& post) noexcept {
    if (post.dialect == Dialect::kBluesky) return Form::kBluesky;
    if (post.dialect == Dialect::kSimple) return post.wire ? Form::kPlainWire : Form::kPlain;
    return post.wire ? Form::kXWire : Form::kXRaw;
  }

  void make_profiles(std::size_t count, bool rich);
  void make_vocabularies();
  void compose_words(Random* random, Layout* to);
  Layout& layout(std::size_t depth);
  Piece& add_piece(Layout* to, PieceKind kind);
  void add_words(Layout* to, const Fragment& words, bool glued);
  void compose(const Post& post, Layout* to);
  void add_tag(const TagUse& use, Site site, Layout* to);
  void add_link(const Post& post, const Link& link, Layout* to);
  void lay_out(const Post& post, std::uint32_t size_max, Layout* to);
  void put_piece(const Post& post, Form form, const Piece& piece, Layout* to);

  void append_v1(const Post& post, std::size_t depth, bool embedded, std::string* out);
  void append_v1_user(const Post& post, Form form, std::string* out);
  void append_v1_entities(const Post& post, const Layout& from, Form form, std::string* out);
  void append_v1_media(const Post& post, Form form, std::string* out);
  void append_v2(const Post& post, std::string* out);
  void append_v2_tweet(const Post& post, std::size_t depth, std::string* out);
  void append_bluesky(const Post& post, std::string* out);
  void append_simple(const Post& post, std::string* out);

  static void append_author_id(Site site, std::uint32_t author, std::string* out);
  static void append_handle(std::uint32_t author, std::string* out);
  static void append_post_id(Site site, std::uint64_t id, std::uint32_t author, std::string* out);
  static void append_cid(std::uint64_t seed, std::string* out);
  static void append_url_of(const Link& link, std::string* out);
  static void append_slug(std::uint32_t number, std::string* out);

  std::vector<std::vector<Fragment>> languages_;
  std::vector<unsigned> language_of_;     // a table to draw from
  std::vector<Vocabulary> vocabularies_;  // by language; empty unless rich
  std::vector<Fragment> emoji_;           // the same
  std::vector<Fragment> adverts_, wishes_, ordinary_tags_, names_;
  std::array<std::vector<Fragment>, kTagCount> tag_names_;  // by variant, see add_tag
  std::vector<Profile> profiles_;
  Fragment sign_{"#"}, wide_sign_{"＃"}, open_{"("}, close_{")"}, possessive_{"'s"},
      exclaimed_{"!"}, word_{"foo"}, ampersand_{"R&"}, ellipsis_{"…"}, repost_{"RT"}, colon_{":"},
      prompt_{"Almost yours! Post"},
      prompt_end_{"within 15 minutes to complete your purchase. Terms & exclusions apply."};
  std::vector<Layout> layouts_;
  std::string scratch_;
};

Writer::Writer(bool rich)
    : adverts_(fragments_of(kGenAdverts)),
      wishes_(fragments_of(kGenWishes)),
      ordinary_tags_(fragments_of(kGenOrdinaryTags)),
      names_(fragments_of(kGenNames)),
      layouts_(8) {
  for (unsigned i = 0; i < kGenLanguages.size(); ++i) {
    languages_.push_back(fragments_of(kGenLanguages[i].sentences));
    language_of_.insert(language_of_.end(), kGenLanguages[i].weight, i);
  }
  for (std::size_t tag = 0; tag < kTagCount; ++tag) {
    const std::string name(kTagNames[tag]);
    std::string lower = name;
    std::string upper = name;
    for (char& c : lower) c = base::ascii_lower(c);
    for (char& c : upper) {
      if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    }
    tag_names_[tag] = fragments_of(
        std::vector<std::string>{name, lower, upper, name + "s", name + "2", name + "を"});
  }
  if (rich) make_vocabularies();
  make_profiles(rich ? 2048 : 256, rich);
}

// The first 8 of a corpus, which are for posts with a tag in their profile, hold one.
void Writer::make_profiles(std::size_t count, bool rich) {
  // Seeded by a constant: profiles are part of the generator, not of a stream.
  Random random(20'130'211);
  for (std::size_t i = 0; i < count; ++i) {
    Profile profile;
    std::string bio(kGenBios[random.below(kGenBios.size())]);
    if (rich && !random.one_in(5)) {
      const Vocabulary& vocabulary = vocabularies_[language_of_[random.below(language_of_.size())]];
      const std::uint32_t words = 3 + random.below(16);
      for (std::uint32_t word = 0; word < words; ++word) {
        if (word > 0 && vocabulary.has_blanks) bio += ' ';
        bio += vocabulary.words[random.below(vocabulary.words.size())].text;
      }
    }
    if (rich && i < kTaggedProfiles) {
      bio += " #";
      bio += kQuestionTags[i % kQuestionTags.size()];
      bio += " fan";
    }
    const std::uint64_t image = random.next() >> 4U;
    const std::uint32_t theme = random.below(19);
    const std::uint32_t color = random.below(1U << 24U);
    const std::uint32_t counts = random.below(1U << 16U);
    const bool has_url = random.one_in(3);
    for (std::size_t wire = 0; wire < 2; ++wire) {
      const Form form = wire == 1 ? Form::kPlainWire : Form::kPlain;
      std::string& out = profile.tail[wire];
      const auto url = [&](std::string_view text) { append_url(form, text, &out); };
      const auto color_of = [&](std::string_view key, std::uint32_t value) {
        out += ",\"profile_";
        out += key;
        out += "_color\":\"";
        append_base(value & 0xFF'FFFFU, "0123456789ABCDEF", 6, &out);
        out += '"';
      };
      const auto image_of = [&](std::string_view key, std::string_view scheme, bool banner) {
        out += ",\"profile_";
        out += key;
        out += "\":\"";
        url(scheme);
        if (banner) {
          url("://pbs.twimg.com/profile_banners/");
          append_number(image >> 20U, &out);
          url("/1398000000");
        } else {
          url("://pbs.twimg.com/profile_images/");
          append_number(image, &out);
          url("/Xy");
          append_base(image, kBase62, 6, &out);
          url("_normal.jpeg");
        }
        out += '"';
      };
      const auto background_of = [&](std::string_view key, std::string_view scheme) {
        out += ",\"profile_background_image_url";
        out += key;
        out += "\":\"";
        url(scheme);
        url("://abs.twimg.com/images/themes/theme");
        append_number(theme, &out);
        url("/bg.gif\"");
      };
      out += ",\"location\":";
      out += i % 3 == 0 ? "null" : i % 3 == 1 ? "\"Seattle, WA\"" : "\"somewhere, probably\"";
      if (has_url) {
        out += ",\"url\":\"";
        url("https://t.co/");
        append_base(image >> 8U, kBase62, 10, &out);
        out += '"';
      } else {
        out += ",\"url\":null";
      }
      out += ",\"description\":";
      if (bio.empty()) {
        out += "null";
      } else {
        out += '"';
        append_text(form, bio, &out);
        out += '"';
      }
      out +=
          ",\"translator_type\":\"none\",\"derived\":{\"locations\":[]},\"verified\":false,"
          "\"followers_count\":";
      append_number(counts, &out);
      out += ",\"friends_count\":";
      append_number(counts / 3, &out);
      out += ",\"listed_count\":";
      append_number(counts / 90, &out);
      out += ",\"favourites_count\":";
      append_number(counts * 2, &out);
      out += ",\"statuses_count\":";
      append_number(counts * 7, &out);
      out += ",\"created_at\":\"";
      append_x_time(1'230'000'000'000 + static_cast<std::int64_t>(i) * 700'000'000, &out);
      out += "\",\"utc_offset\":null,\"time_zone\":null,\"geo_enabled\":";
      out += i % 2 == 0 ? "true" : "false";
      out += ",\"lang\":null,\"contributors_enabled\":false,\"is_translator\":false";
      color_of("background", color);
      background_of("", "http");
      background_of("_https", "https");
      out += ",\"profile_background_tile\":false";
      color_of("link", color * 7);
      color_of("sidebar_border", color * 11);
      color_of("sidebar_fill", color * 13);
      color_of("text", color * 17);
      out += ",\"profile_use_background_image\":true";
      image_of("image_url", "http", false);
      image_of("image_url_https", "https", false);
      if (i % 4 != 0) image_of("banner_url", "https", true);
      out += ",\"default_profile\":false,\"default_profile_image\":false,\"following\":null,";
      out += "\"follow_request_sent\":null,\"notifications\":null,\"withheld_in_countries\":[]}";
    }
    profiles_.push_back(std::move(profile));
  }
}

constexpr bool is_tag_letter(char32_t point) noexcept {
  return (point >= U'a' && point <= U'z') || (point >= U'A' && point <= U'Z') ||
         (point >= 0xC0 && point <= 0x24F && point != 0xD7 && point != 0xF7) ||  // Latin
         (point >= 0x400 && point <= 0x44F) || (point >= 0x620 && point <= 0x64A) ||
         (point >= 0x3041 && point <= 0x3096) || (point >= 0x30A1 && point <= 0x30FA) ||
         (point >= 0x4E00 && point <= 0x9FFF) || (point >= 0xAC00 && point <= 0xD7A3);
}

std::vector<std::string_view> code_points_of(std::string_view text) {
  std::vector<std::string_view> points;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t size = base::decode_at(text, at).size;
    points.push_back(text.substr(at, size));
    at += size;
  }
  return points;
}

// Words of each language's sentences, and behind them words made of the front of one and the back
// of another.
void Writer::make_vocabularies() {
  constexpr std::size_t kMadeUp = 2000;
  Random random(20'140'506);
  for (const GenLanguage& language : kGenLanguages) {
    Vocabulary vocabulary;
    vocabulary.has_blanks = language.code != "ja" && language.code != "zh" && language.code != "th";
    std::vector<std::string> words;
    for (const std::string_view sentence : language.sentences) {
      if (vocabulary.has_blanks) {
        for (std::size_t at = 0; at < sentence.size();) {
          const std::size_t end = std::min(sentence.find(' ', at), sentence.size());
          words.emplace_back(sentence.substr(at, end - at));
          at = end + 1;
        }
      } else {
        const std::vector<std::string_view> points = code_points_of(sentence);
        for (std::size_t at = 0; at < points.size();) {
          const std::size_t end = std::min<std::size_t>(at + 2 + random.below(3), points.size());
          words.emplace_back(points[at].data(), points[end - 1].data() + points[end - 1].size());
          at = end;
        }
      }
    }
    for (std::size_t i = words.size(); i > 1; --i) {
      std::swap(words[i - 1], words[random.below(i)]);
    }
    const std::vector<std::string> roots = words;
    std::vector<std::vector<std::string_view>> plain;  // those of letters alone, views into roots
    for (const std::string& word : roots) {
      const std::vector<std::string_view> points = code_points_of(word);
      bool letters = points.size() >= 2;
      for (const std::string_view point : points) {
        letters = letters && is_tag_letter(base::decode_at(point, 0).value);
      }
      if (letters) plain.push_back(points);
    }
    std::vector<std::string> tags;
    for (std::size_t i = 0; i < kMadeUp && !plain.empty(); ++i) {
      const std::vector<std::string_view>& front = plain[random.below(plain.size())];
      const std::vector<std::string_view>& back = plain[random.below(plain.size())];
      std::string word;
      for (std::size_t k = 0; k < (front.size() + 1) / 2; ++k) word += front[k];
      for (std::size_t k = back.size() / 2; k < back.size(); ++k) word += back[k];
      if (i % 4 == 0) tags.push_back(word);
      words.push_back(std::move(word));
    }
    vocabulary.words = fragments_of(words);
    vocabulary.tags = fragments_of(tags);
    vocabularies_.push_back(std::move(vocabulary));
  }
  std::vector<std::string> emoji;
  // Faces, gestures, hearts, animals and plants, food, in the order in which they are common; a
  // pizza among the last.
  for (const auto& [first, last] :
       std::array<std::pair<std::uint32_t, std::uint32_t>, 5>{{{0x1F600, 0x1F64F},
                                                               {0x1F493, 0x1F49F},
                                                               {0x1F330, 0x1F343},
                                                               {0x1F400, 0x1F43E},
                                                               {0x1F344, 0x1F37F}}}) {
    for (std::uint32_t point = first; point <= last; ++point) {
      std::string one;
      base::append_utf8(static_cast<char32_t>(point), &one);
      emoji.push_back(std::move(one));
    }
  }
  emoji_ = fragments_of(emoji);
}

// Few words are common and most are rare, in no exact way.
std::size_t skewed_below(std::size_t limit, Random* random) {
  const std::uint64_t at = random->below(limit);
  const std::uint64_t again = random->below(limit);
  return static_cast<std::size_t>(at * again / limit);
}

void Writer::compose_words(Random* random, Layout* to) {
  const unsigned language = language_of_[random->below(language_of_.size())];
  const Vocabulary& vocabulary = vocabularies_[language];
  to->language = kGenLanguages[language].code;
  const std::uint32_t count = 3 + random->below(19);
  for (std::uint32_t i = 0; i < count; ++i) {
    add_words(to, vocabulary.words[skewed_below(vocabulary.words.size(), random)],
              i > 0 && !vocabulary.has_blanks);
  }
  if (random->one_in(4)) {
    const Fragment& emoji = emoji_[skewed_below(emoji_.size(), random)];
    const std::uint32_t times = random->one_in(4) ? 3 : 1;
    for (std::uint32_t i = 0; i < times; ++i) add_words(to, emoji, i > 0);
  }
  if (random->one_in(4)) {
    const std::uint32_t tags = 1 + random->below(3);
    for (std::uint32_t i = 0; i < tags; ++i) {
      Piece& tag = add_piece(to, PieceKind::kTag);
      tag.sign = &sign_;
      tag.words = random->one_in(4) || vocabulary.tags.empty()
                      ? &ordinary_tags_[random->below(ordinary_tags_.size())]
                      : &vocabulary.tags[skewed_below(vocabulary.tags.size(), random)];
    }
  }
}

Layout& Writer::layout(std::size_t depth) { return layouts_[depth % layouts_.size()]; }

Piece& Writer::add_piece(Layout* to, PieceKind kind) {
  if (to->piece_count == to->pieces.size()) to->pieces.emplace_back();
  Piece& piece = to->pieces[to->piece_count++];
  piece.kind = kind;
  piece.glued = false;
  piece.listed = true;
  piece.sign = nullptr;
  piece.words = nullptr;
  piece.value.clear();
  return piece;
}

void Writer::add_words(Layout* to, const Fragment& words, bool glued) {
  if (words.text.empty()) return;
  Piece& piece = add_piece(to, PieceKind::kWords);
  piece.words = &words;
  piece.glued = glued;
}

void Writer::add_tag(const TagUse& use, Site site, Layout* to) {
  const std::vector<Fragment>& names = tag_names_[use.tag];
  const auto tag = [&](const Fragment& sign, std::size_t variant, bool glued, bool listed) {
    Piece& piece = add_piece(to, PieceKind::kTag);
    piece.sign = &sign;
    piece.words = &names[variant];
    piece.glued = glued;
    // Only X's grammar looks into a word for a tag.
    piece.listed = listed && (site == Site::kX || !glued);
  };
  switch (use.style) {
    case TagStyle::kPlain:
    case TagStyle::kEnd:
      return tag(sign_, 0, false, true);
    case TagStyle::kLower:
      return tag(sign_, 1, false, true);
    case TagStyle::kUpper:
      return tag(sign_, 2, false, true);
    case TagStyle::kWideSign:
      return tag(wide_sign_, 0, false, true);
    case TagStyle::kParenthesis:
      add_words(to, open_, false);
      tag(sign_, 0, true, true);
      return add_words(to, close_, true);
    case TagStyle::kPossessive:
      tag(sign_, 0, false, site == Site::kX);
      return add_words(to, possessive_, true);
    case TagStyle::kExclaimed:
      tag(sign_, 0, false, true);
      return add_words(to, exclaimed_, true);
    case TagStyle::kPlural:
      return tag(sign_, 3, false, true);
    case TagStyle::kDigit:
      return tag(sign_, 4, false, true);
    case TagStyle::kTail:
      return tag(sign_, 5, false, true);
    case TagStyle::kGluedWord:
      add_words(to, word_, false);
      return tag(sign_, 0, true, false);
    case TagStyle::kGluedTag:
      tag(sign_, 0, false, false);
      return tag(sign_, 3, true, false);
    case TagStyle::kAmpersand:
      add_words(to, ampersand_, false);
      return tag(sign_, 0, true, false);
    case TagStyle::kNoSign:
      return add_words(to, names[0], false);
  }
}

void Writer::append_slug(std::uint32_t number, std::string* out) {
  for (unsigned i = 0; i < 3; ++i) {
    if (i > 0) *out += '-';
    *out += kGenSlugWords[(number >> (5U * i)) % kGenSlugWords.size()];
  }
}

constexpr std::array<std::string_view, 11> kOwnSiteEnds = {
    ".example/",       ".example/blog/",        ".example.org/2024/12/02/",
    ".example.net/p/", ".example/news/world/",  ".example.com/a/",
    ".example/watch/", ".example.org/wiki/",    ".example.net/post/12/",
    ".example/s/",     ".example.com/articles/"};

void Writer::append_url_of(const Link& link, std::string* out) {
  static constexpr std::array<std::string_view, 5> kHosts = {
      "https://www.amazon.", "http://www.amazon.", "https://smile.amazon.", "https://amazon.",
      "HTTPS://WWW.Amazon."};
  static constexpr std::array<std::string_view, 4> kMarkets = {"com", "co.uk", "co.jp", "de"};
  const auto asin = [&] {
    *out += "B0";
    append_base(link.number * 2'654'435'761ULL & 0xFFFF'FFFFU, kBase36, 8, out);
  };
  const auto digits = [&](std::uint64_t base) { append_number(base + link.number, out); };
  switch (link.shop) {
    case Shop::kAmazonUs:
    case Shop::kAmazonGb:
    case Shop::kAmazonJp:
    case Shop::kAmazonDe:
      *out += kHosts[link.style % kHosts.size()];
      *out += kMarkets[static_cast<std::size_t>(link.shop)];
      switch (link.style % 6) {
        case 0:
          *out += "/dp/";
          return asin();
        case 1:
          *out += '/';
          append_slug(link.number, out);
          *out += "/dp/";
          asin();
          *out += "/ref=sr_1_1?s=books&qid=1399371234&sr=1-1";
          return;
        case 2:
          *out += "/gp/product/";
          asin();
          *out += "?tag=someshop0c-20&linkCode=as2";
          return;
        case 3:
          *out += "/gp/aw/d/";
          return asin();
        case 4:
          *out += "/dp/";
          asin();
          *out += "?th=1&psc=1";
          return;
        default:
          *out += "/exec/obidos/ASIN/";
          asin();
          *out += "/someshop-20";
          return;
      }
    case Shop::kEbay:
      *out += "https://www.ebay.com/itm/";
      if (link.style % 2 == 1) {
        append_slug(link.number, out);
        *out += '/';
      }
      digits(110'000'000'000);
      if (link.style % 3 == 0) *out += "?hash=item1a2b3c&var=0";
      return;
    case Shop::kEtsy:
      *out += "https://www.etsy.com/listing/";
      digits(200'000'000);
      *out += '/';
      append_slug(link.number, out);
      return;
    case Shop::kTaobao:
      *out += link.style % 2 == 0 ? "https://item.taobao.com/item.htm?spm=a1z10.1&id="
                                  : "https://item.taobao.com/item.htm?id=";
      return digits(520'000'000'000);
    case Shop::kBestBuy:
      *out += "https://www.bestbuy.com/site/";
      append_slug(link.number, out);
      *out += '/';
      append_number(6'000'000 + link.number % 900'000, out);
      *out += ".p";
      return;
    case Shop::kWalmart:
      *out += "https://www.walmart.com/ip/";
      append_slug(link.number, out);
      *out += '/';
      return digits(30'000'000);
    case Shop::kAmazonShort:
      *out += "https://amzn.to/3";
      return append_base(link.number, kBase62, 6, out);
    case Shop::kEtsyShort:
      *out += "https://etsy.me/4";
      return append_base(link.number, kBase62, 6, out);
    case Shop::kNoProduct:
      *out += link.style % 2 == 0 ? "https://www.amazon.com/s?k=travel+mug&ref=nb_sb_noss"
                                  : "https://www.amazon.com/gp/help/customer/display.html";
      return;
    case Shop::kLookAlike:
      switch (link.style % 4) {
        case 0:
          *out += "http://www.amazon.com.deals.example/dp/";
          return asin();
        case 1:
          *out += "https://amazon.com@evil.example/dp/";
          return asin();
        case 2:
          *out += "https://www.amazon.com:8080/dp/";
          return asin();
        default:
          *out += "https://notamazon.com/dp/";
          return asin();
      }
    case Shop::kOrdinary:
      switch (link.style % 4) {
        case 0:
          *out += "https://www.youtube.com/watch?v=";
          return append_base(link.number * 977ULL, kBase62, 11, out);
        case 1:
          *out += "https://news.example.com/2024/12/story-";
          return digits(1000);
        case 2:
          *out += "https://open.spotify.com/track/";
          return append_base(link.number * 1013ULL, kBase62, 22, out);
        default:
          *out += "https://bit.ly/";
          return append_base(link.number, kBase62, 7, out);
      }
    case Shop::kTmall:
      *out += "https://detail.tmall.com/item.htm?id=";
      return digits(610'000'000'000);
    case Shop::kJd:
      *out += "https://item.jd.com/";
      digits(100'000'000);
      *out += ".html";
      return;
    case Shop::kAliExpress:
      *out += "https://www.aliexpress.com/item/";
      digits(1'005'000'000'000'000);
      *out += ".html";
      return;
    case Shop::kShopify:
      *out += "https://shop.shopify.com/products/";
      return append_slug(link.number, out);
    case Shop::kOwnSite:
      *out += link.style % 8 == 0 ? "http://" : "https://";
      if (link.style % 3 == 0) *out += "www.";
      for (const std::size_t word : {link.number % 24, link.number / 24 % 24}) {
        for (const char c : kGenSlugWords[word]) *out += base::ascii_lower(c);
      }
      *out += kOwnSiteEnds[link.style % kOwnSiteEnds.size()];
      append_slug(link.number >> 4U, out);
      if (link.style % 4 == 0) {
        *out += "?utm_source=feed&id=";
        append_number(link.number, out);
      }
      return;
    case Shop::kTagInside:
      *out += "https://blog.example.com/how-to-";
      append_number(link.number % 100, out);
      *out += "#AmazonCart";
      return;
  }
}

void Writer::add_link(const Post& post, const Link& link, Layout* to) {
  Piece& piece = add_piece(to, PieceKind::kUrl);
  append_url_of(link, &piece.value);
  piece.number = post.seed ^ (std::uint64_t{link.number} << 20U);
  // Not every client of Bluesky writes facets; `simple` needs no list.
  if (post.dialect == Dialect::kBluesky && vocabularies_.empty())
    piece.listed = link.style % 8 != 7;
}

// The pieces of a post's own text.
void Writer::compose(const Post& post, Layout* to) {
  to->piece_count = 0;
  to->language = post.content == Content::kPrompt ? "en" : "und";
  Random random(post.seed);
  if (post.original) {
    add_words(to, repost_, false);
    Piece& mention = add_piece(to, PieceKind::kMention);
    append_handle(post.original->author, &mention.value);
    add_words(to, colon_, true);
    return;  // the original's pieces follow; append_v1 and append_v2 see to it
  }
  if (post.is_reply && post.site == Site::kX) {
    Piece& mention = add_piece(to, PieceKind::kMention);
    append_handle(post.reply_author, &mention.value);
  }
  const auto language = [&]() -> std::vector<Fragment>& {
    return languages_[language_of_[random.below(language_of_.size())]];
  };
  switch (post.content) {
    case Content::kChatter: {
      if (!vocabularies_.empty()) {
        compose_words(&random, to);
        break;
      }
      const std::vector<Fragment>& sentences = language();
      const std::uint32_t count = 1 + random.below(3);
      for (std::uint32_t i = 0; i < count; ++i) {
        add_words(to, sentences[random.below(sentences.size())], false);
      }
      if (random.one_in(6)) {
        Piece& tag = add_piece(to, PieceKind::kTag);
        tag.sign = &sign_;
        tag.words = &ordinary_tags_[random.below(ordinary_tags_.size())];
      }
      break;
    }
    case Content::kAdvert:
      add_words(to, adverts_[random.below(adverts_.size())], false);
      if (random.one_in(3)) add_words(to, language()[random.below(8)], false);
      break;
    case Content::kWish:
      add_words(to, wishes_[random.below(wishes_.size())], false);
      break;
    case Content::kPrompt:
      add_words(to, prompt_, false);
      break;
  }
  const bool tags_first = random.one_in(4);
  if (tags_first) {
    for (std::size_t i = 0; i < post.tag_count; ++i) add_tag(post.tags[i], post.site, to);
  }
  for (std::size_t i = 0; i < post.link_count; ++i) add_link(post, post.links[i], to);
  if (!tags_first) {
    for (std::size_t i = 0; i < post.tag_count; ++i) add_tag(post.tags[i], post.site, to);
  }
  if (post.content == Content::kPrompt) add_words(to, prompt_end_, false);
  if (post.content == Content::kWish && random.one_in(3)) {
    add_words(to, language()[random.below(8)], false);
  }
}

// What Bluesky's client shows of a URL.
std::string_view shown_on_bluesky(std::string_view url) noexcept {
  const std::size_t scheme = url.find("://");
  if (scheme != std::string_view::npos) url.remove_prefix(scheme + 3);
  return url.substr(0, 24);
}

void Writer::put_piece(const Post& post, Form form, const Piece& piece, Layout* to) {
  switch (piece.kind) {
    case PieceKind::kWords:
      to->text += piece.words->in(form);
      to->size += form == Form::kBluesky ? static_cast<std::uint32_t>(piece.words->text.size())
                                         : piece.words->html_points;
      return;
    case PieceKind::kTag:
      to->text += piece.sign->in(form);
      to->text += piece.words->in(form);
      to->size +=
          form == Form::kBluesky
              ? static_cast<std::uint32_t>(piece.sign->text.size() + piece.words->text.size())
              : piece.sign->html_points + piece.words->html_points;
      return;
    case PieceKind::kMention:
      to->text += '@';
      to->text += piece.value;
      to->size += 1 + static_cast<std::uint32_t>(piece.value.size());
      return;
    case PieceKind::kUrl:
      break;
  }
  if (is_html(form)) {
    append_url(form, "https://t.co/", &to->text);
    append_base(piece.number, kBase62, 10, &to->text);
    to->size += 23;
  } else if (post.dialect == Dialect::kBluesky && piece.listed) {
    const std::string_view shown = shown_on_bluesky(piece.value);
    append_url(form, shown, &to->text);
    to->text += "...";
    to->size += static_cast<std::uint32_t>(shown.size()) + 3;
  } else {
    append_url(form, piece.value, &to->text);
    to->size += static_cast<std::uint32_t>(piece.value.size());
  }
}

// Writes the pieces that end within size_max.
void Writer::lay_out(const Post& post, std::uint32_t size_max, Layout* to) {
  const Form form = form_of(post);
  to->text.clear();
  to->entities.clear();
  to->size = 0;
  to->is_whole = true;
  for (std::size_t i = 0; i < to->piece_count; ++i) {
    const Piece& piece = to->pieces[i];
    const std::size_t bytes_before = to->text.size();
    const std::uint32_t size_before = to->size;
    if (i > 0 && !piece.glued) {
      to->text += ' ';
      ++to->size;
    }
    const std::uint32_t start = to->size;
    put_piece(post, form, piece, to);
    if (to->size > size_max) {
      to->text.resize(bytes_before);
      to->size = size_before;
      to->is_whole = false;
      break;
    }
    if (piece.kind != PieceKind::kWords) to->entities.push_back({start, to->size, i});
  }
  if (!to->is_whole) to->text += ellipsis_.in(form);
}

void Writer::append_author_id(Site site, std::uint32_t author, std::string* out) {
  if (author == kPromptAuthor) {
    *out += site == Site::kX         ? kGenPromptAuthorX
            : site == Site::kBluesky ? kGenPromptAuthorBluesky
                                     : kGenPromptAuthorOther;
    return;
  }
  switch (site) {
    case Site::kX:
      return append_number(10'000'000 + std::uint64_t{author} * 97, out);
    case Site::kBluesky:
      *out += "did:plc:";
      append_base(author * 0x9E37'79B9'7F4AULL, kBase32, 12, out);
      return append_base(author * 0xC2B2'AE3D'27D4ULL + 1, kBase32, 12, out);
    case Site::kOther:
    case Site::kWeibo:
    case Site::kPinterest:
      *out += 'u';
      return append_number(author, out);
  }
}

void Writer::append_handle(std::uint32_t author, std::string* out) {
  if (author == kPromptAuthor) {
    *out += "AmexSync";
  } else if (author == kShopBotAuthor) {
    *out += "MyAmazon";
  } else {
    *out += kGenSlugWords[author % kGenSlugWords.size()];
    *out += '_';
    append_number(author, out);
  }
}

void Writer::append_post_id(Site site, std::uint64_t id, std::uint32_t author, std::string* out) {
  if (site == Site::kBluesky) {
    *out += "at://";
    append_author_id(site, author, out);
    *out += "/app.bsky.feed.post/";
    return append_base(id, kSortable32, 13, out);
  }
  if (site == Site::kOther) *out += 'p';
  append_number(id, out);
}

void Writer::append_short_id(const Post& post, std::string* out) {
  if (post.site == Site::kBluesky) return append_base(post.id, kSortable32, 13, out);
  append_post_id(post.site, post.id, post.author, out);
}

// Of one block in base 32, as Bluesky's are: `bafyrei` and 52 characters.
void Writer::append_cid(std::uint64_t seed, std::string* out) {
  *out += "bafyrei";
  for (unsigned i = 0; i < 4; ++i) {
    std::uint64_t bits = split_mix(&seed);
    for (unsigned k = 0; k < 13; ++k, bits >>= 5U) *out += kBase32[bits & 31U];
  }
}

void Writer::append_v1_user(const Post& post, Form form, std::string* out) {
  *out += R"({"id":)";
  append_author_id(Site::kX, post.author, out);
  *out += R"(,"id_str":")";
  append_author_id(Site::kX, post.author, out);
  *out += R"(","name":")";
  *out += names_[post.author % names_.size()].in(form == Form::kXWire ? Form::kPlainWire
                                                                      : Form::kPlain);
  *out += R"(","screen_name":")";
  append_handle(post.author, out);
  *out += R"(","protected":)";
  *out += post.is_protected ? "true" : "false";
  const std::size_t profile =
      post.author % (post.tag_in_profile ? kTaggedProfiles : profiles_.size());
  *out += (vocabularies_.empty() || post.tag_in_profile || profile >= kTaggedProfiles
               ? profiles_[profile]
               : profiles_[kTaggedProfiles])
              .tail[form == Form::kXWire ? 1 : 0];
}

// The members of a list of images.
void Writer::append_v1_media(const Post& post, Form form, std::string* out) {
  const std::uint64_t first = post.seed >> 3U;
  for (unsigned i = 0; i < post.media_count; ++i) {
    const auto file = [&](std::string_view scheme) {
      append_url(form, scheme, out);
      append_url(form, "://pbs.twimg.com/media/", out);
      append_base(first * (i + 1), kBase62, 11, out);
      append_url(form, "DA.jpg", out);
    };
    *out += i == 0 ? R"({"id":)" : R"(,{"id":)";
    append_number(post.id - 7 + i, out);
    *out += R"(,"id_str":")";
    append_number(post.id - 7 + i, out);
    *out += R"(","indices":[57,80],"media_url":")";
    file("http");
    *out += R"(","media_url_https":")";
    file("https");
    *out += R"(","url":")";
    append_url(form, "https://t.co/", out);
    append_base(first, kBase62, 10, out);
    *out += R"(","display_url":")";
    append_url(form, "pic.twitter.com/", out);
    append_base(first, kBase62, 10, out);
    *out += R"(","expanded_url":")";
    append_url(form, "https://twitter.com/", out);
    append_handle(post.author, out);
    append_url(form, "/status/", out);
    append_number(post.id, out);
    append_url(form, "/photo/1", out);
    const std::uint64_t width = 600 + first % 1400;
    const std::uint64_t height = 500 + first / 1400 % 1500;
    *out += R"(","type":"photo","sizes":{"thumb":{"w":150,"h":150,"resize":"crop"},"small":{"w":)";
    append_number(width / 3, out);
    *out += R"(,"h":)";
    append_number(height / 3, out);
    *out += R"(,"resize":"fit"},"medium":{"w":)";
    append_number(width / 2, out);
    *out += R"(,"h":)";
    append_number(height / 2, out);
    *out += R"(,"resize":"fit"},"large":{"w":)";
    append_number(width, out);
    *out += R"(,"h":)";
    append_number(height, out);
    *out += R"(,"resize":"fit"}}})";
  }
}

void Writer::append_v1_entities(const Post& post, const Layout& from, Form form, std::string* out) {
  const auto list = [&](std::string_view name, PieceKind kind, auto put) {
    *out += '"';
    *out += name;
    *out += "\":[";
    bool first = true;
    for (const Entity& entity : from.entities) {
      const Piece& piece = from.pieces[entity.piece];
      if (piece.kind != kind || !piece.listed) continue;
      if (!first) *out += ',';
      first = false;
      *out += '{';
      put(piece);
      *out += ",\"indices\":[";
      append_number(entity.start, out);
      *out += ',';
      append_number(entity.end, out);
      *out += "]}";
    }
    *out += ']';
  };
  const Form plain = form == Form::kXWire ? Form::kPlainWire : Form::kPlain;
  *out += '{';
  list("hashtags", PieceKind::kTag, [&](const Piece& piece) {
    *out += "\"text\":\"";
    *out += piece.words->in(plain);
    *out += '"';
  });
  *out += ',';
  list("urls", PieceKind::kUrl, [&](const Piece& piece) {
    *out += "\"url\":\"";
    append_url(form, "https://t.co/", out);
    append_base(piece.number, kBase62, 10, out);
    *out += "\",\"expanded_url\":\"";
    append_url(plain, piece.value, out);
    *out += "\",\"display_url\":\"";
    append_url(plain, shown_on_bluesky(piece.value), out);
    *out += ellipsis_.in(plain);
    *out += '"';
  });
  *out += ',';
  list("user_mentions", PieceKind::kMention, [&](const Piece& piece) {
    *out += "\"screen_name\":\"";
    *out += piece.value;
    *out += "\",\"name\":\"";
    *out += piece.value;
    *out += "\",\"id\":12345,\"id_str\":\"12345\"";
  });
  *out += ",\"symbols\":[]";
  if (post.media_count > 0) {
    *out += ",\"media\":[";
    append_v1_media(post, form, out);
    *out += R"(]},"extended_entities":{"media":[)";
    append_v1_media(post, form, out);
    *out += ']';
  }
  *out += '}';
}

void Writer::append_v1(const Post& post, std::size_t depth, bool embedded, std::string* out) {
  const Form form = form_of(post);
  const bool wire = form == Form::kXWire;
  Layout& own = layout(depth);
  compose(post, &own);
  if (post.original) {
    Layout& inner = layout(depth + 1);
    compose(*post.original, &inner);
    for (std::size_t i = 0; i < inner.piece_count; ++i) {
      Piece& piece = add_piece(&own, inner.pieces[i].kind);
      piece = inner.pieces[i];
    }
  }
  constexpr std::uint32_t kTweetMax = 140;
  lay_out(post, post.is_cut ? 60 : 10'000, &own);
  const bool is_extended = !post.original && !post.is_cut && own.size > kTweetMax;
  if (is_extended) lay_out(post, kTweetMax - 24, &own);
  if (post.original && own.size > kTweetMax) lay_out(post, kTweetMax - 1, &own);

  *out += R"({"created_at":")";
  append_x_time(post.time, out);
  *out += R"(","id":)";
  append_number(post.id, out);
  *out += R"(,"id_str":")";
  append_number(post.id, out);
  *out += R"(","text":")";
  *out += own.text;
  if (is_extended) {
    append_url(form, " https://t.co/", out);
    append_base(post.seed, kBase62, 10, out);
  }
  *out += wire ? R"(","source":"\u003ca href=\"http:\/\/twitter.com\/download\/android\" )"
                 R"(rel=\"nofollow\"\u003eTwitter for Android\u003c\/a\u003e","truncated":)"
               : R"(","source":"<a href=\"http://twitter.com/download/android\" )"
                 R"(rel=\"nofollow\">Twitter for Android</a>","truncated":)";
  *out += is_extended || post.is_cut ? "true" : "false";
  if (post.is_reply) {
    *out += R"(,"in_reply_to_status_id":)";
    append_number(post.reply_id, out);
    *out += R"(,"in_reply_to_status_id_str":")";
    append_number(post.reply_id, out);
    *out += R"(","in_reply_to_user_id":)";
    append_author_id(Site::kX, post.reply_author, out);
    *out += R"(,"in_reply_to_user_id_str":")";
    append_author_id(Site::kX, post.reply_author, out);
    *out += R"(","in_reply_to_screen_name":")";
    append_handle(post.reply_author, out);
    *out += '"';
  } else {
    *out += R"(,"in_reply_to_status_id":null,"in_reply_to_status_id_str":null)"
            R"(,"in_reply_to_user_id":null)"
            R"(,"in_reply_to_user_id_str":null,"in_reply_to_screen_name":null)";
  }
  *out += R"(,"user":)";
  append_v1_user(post, form, out);
  *out += R"(,"geo":null,"coordinates":null,"place":null,"contributors":null)";
  if (post.original) {
    *out += R"(,"retweeted_status":)";
    append_v1(*post.original, depth + 1, true, out);
  }
  const Post* quoted = post.quoted     ? post.quoted.get()
                       : post.original ? post.original->quoted.get()
                                       : nullptr;
  if (quoted != nullptr) {
    *out += R"(,"quoted_status_id":)";
    append_number(quoted->id, out);
    *out += R"(,"quoted_status_id_str":")";
    append_number(quoted->id, out);
    *out += R"(","quoted_status":)";
    append_v1(*quoted, depth + 1, true, out);
    *out += R"(,"quoted_status_permalink":{"url":")";
    append_url(form, "https://t.co/", out);
    append_base(quoted->id, kBase62, 10, out);
    *out += R"(","expanded":")";
    append_url(form, "https://twitter.com/i/web/status/", out);
    append_number(quoted->id, out);
    *out += R"(","display":"twitter.com"})";
  }
  *out += R"(,"is_quote_status":)";
  *out += quoted != nullptr ? "true" : "false";
  if (is_extended) {
    *out += R"(,"extended_tweet":{"full_text":")";
    // layout(depth) was overwritten if posts stand inside; it is made again either way.
    compose(post, &own);
    lay_out(post, 10'000, &own);
    *out += own.text;
    *out += R"(","display_text_range":[0,)";
    append_number(own.size, out);
    *out += R"(],"entities":)";
    append_v1_entities(post, own, form, out);
    *out += '}';
  }
  *out += R"(,"quote_count":0,"reply_count":)";
  append_number(post.seed & 7U, out);
  *out += R"(,"retweet_count":)";
  append_number(post.seed >> 58U, out);
  *out += R"(,"favorite_count":)";
  append_number(post.seed >> 56U, out);
  *out += R"(,"entities":)";
  if (is_extended) {
    // Of the link to itself, as compatibility mode writes it.
    *out += R"({"hashtags":[],"urls":[{"url":")";
    append_url(form, "https://t.co/", out);
    append_base(post.seed, kBase62, 10, out);
    *out += R"(","expanded_url":")";
    append_url(form, "https://twitter.com/i/web/status/", out);
    append_number(post.id, out);
    *out += R"(","display_url":")";
    append_url(form, "twitter.com/i/web/status/1", out);
    *out += R"(","indices":[117,140]}],"user_mentions":[],"symbols":[]})";
  } else {
    append_v1_entities(post, own, form, out);
  }
  *out += R"(,"favorited":false,"retweeted":false,"possibly_sensitive":false,"filter_level":"low")"
          R"(,"lang":")";
  *out += own.language;
  *out += '"';
  if (!embedded) {
    *out += R"(,"timestamp_ms":")";
    append_number(static_cast<std::uint64_t>(post.time), out);
    *out += '"';
  }
  *out += '}';
}

void Writer::append_v2_tweet(const Post& post, std::size_t depth, std::string* out) {
  const Form form = form_of(post);
  const Form plain = form == Form::kXWire ? Form::kPlainWire : Form::kPlain;
  Layout& own = layout(depth);
  compose(post, &own);
  if (post.original) {
    Layout& inner = layout(depth + 1);
    compose(*post.original, &inner);
    for (std::size_t i = 0; i < inner.piece_count; ++i) {
      Piece& piece = add_piece(&own, inner.pieces[i].kind);
      piece = inner.pieces[i];
    }
  }
  lay_out(post, post.original ? 139 : 10'000, &own);
  *out += R"({"author_id":")";
  append_author_id(Site::kX, post.author, out);
  *out += R"(","conversation_id":")";
  append_number(post.is_reply ? post.reply_id : post.id, out);
  *out += R"(","created_at":")";
  *out += base::format_rfc3339(post.time);
  *out += R"(","edit_history_tweet_ids":[")";
  if (post.chain_id != 0) {
    append_number(post.chain_id, out);
    *out += "\",\"";
  }
  append_number(post.id, out);
  *out += R"("],"entities":{)";
  const auto list = [&](std::string_view name, PieceKind kind, bool comma, auto put) {
    if (comma) *out += ',';
    *out += '"';
    *out += name;
    *out += "\":[";
    bool first = true;
    for (const Entity& entity : own.entities) {
      const Piece& piece = own.pieces[entity.piece];
      if (piece.kind != kind || !piece.listed) continue;
      *out += first ? R"({"start":)" : R"(,{"start":)";
      first = false;
      append_number(entity.start, out);
      *out += R"(,"end":)";
      append_number(entity.end, out);
      put(piece);
      *out += '}';
    }
    *out += ']';
  };
  list("hashtags", PieceKind::kTag, false, [&](const Piece& piece) {
    *out += ",\"tag\":\"";
    *out += piece.words->in(plain);
    *out += '"';
  });
  list("urls", PieceKind::kUrl, true, [&](const Piece& piece) {
    *out += ",\"url\":\"";
    append_url(form, "https://t.co/", out);
    append_base(piece.number, kBase62, 10, out);
    *out += "\",\"expanded_url\":\"";
    append_url(plain, piece.value, out);
    *out += "\",\"display_url\":\"";
    append_url(plain, shown_on_bluesky(piece.value), out);
    *out += '"';
  });
  *out += R"(},"id":")";
  append_number(post.id, out);
  *out += R"(","lang":")";
  *out += post.content == Content::kPrompt ? "und" : own.language;
  *out += R"(","possibly_sensitive":false,"public_metrics":{"retweet_count":)";
  append_number(post.seed >> 58U, out);
  *out += R"(,"reply_count":0,"like_count":)";
  append_number(post.seed >> 56U, out);
  *out += R"(,"quote_count":0,"bookmark_count":0,"impression_count":)";
  append_number(post.seed >> 50U, out);
  *out += R"(},"reply_settings":"everyone")";
  bool first = true;
  const auto reference = [&](std::string_view type, std::uint64_t id) {
    *out += first ? R"(,"referenced_tweets":[{"type":")" : R"(,{"type":")";
    first = false;
    *out += type;
    *out += R"(","id":")";
    append_number(id, out);
    *out += "\"}";
  };
  if (post.original) reference("retweeted", post.original->id);
  if (post.quoted) reference("quoted", post.quoted->id);
  if (post.is_reply) reference("replied_to", post.reply_id);
  if (!first) *out += ']';
  if (post.is_reply) {
    *out += R"(,"in_reply_to_user_id":")";
    append_author_id(Site::kX, post.reply_author, out);
    *out += '"';
  }
  *out += R"(,"text":")";
  *out += own.text;
  *out += "\"}";
}

void Writer::append_v2(const Post& post, std::string* out) {
  *out += R"({"data":)";
  append_v2_tweet(post, 0, out);
  *out += R"(,"includes":{)";
  const std::array<const Post*, 5> included = {
      post.original.get(), post.quoted.get(), post.parent.get(),
      post.original ? post.original->quoted.get() : nullptr, nullptr};
  bool first = true;
  for (const Post* inner : included) {
    if (inner == nullptr) continue;
    *out += first ? R"("tweets":[)" : ",";
    first = false;
    append_v2_tweet(*inner, 0, out);
  }
  if (!first) *out += "],";
  *out += R"("users":[)";
  const auto user = [&](const Post& of) {
    *out += R"({"created_at":"2010-11-03T17:04:21.000Z","id":")";
    append_author_id(Site::kX, of.author, out);
    *out += R"(","name":")";
    *out += names_[of.author % names_.size()].in(post.wire ? Form::kPlainWire : Form::kPlain);
    *out += R"(","protected":)";
    *out += of.is_protected ? "true" : "false";
    *out += R"(,"public_metrics":{"followers_count":12,"following_count":40,"tweet_count":981,)"
            R"("listed_count":0},)"
            R"("username":")";
    append_handle(of.author, out);
    *out += R"(","verified":false})";
  };
  user(post);
  for (std::size_t i = 0; i < included.size(); ++i) {
    if (included[i] == nullptr || included[i]->author == post.author) continue;
    bool is_first = true;
    for (std::size_t before = 0; before < i; ++before) {
      is_first = is_first &&
                 (included[before] == nullptr || included[before]->author != included[i]->author);
    }
    if (!is_first) continue;
    *out += ',';
    user(*included[i]);
  }
  *out += R"(]},"matching_rules":[{"id":"1377649934414049282","tag":"everything"}]})";
}

void Writer::append_bluesky(const Post& post, std::string* out) {
  const auto cid = [&](std::uint64_t number, std::string_view in_streams) {
    if (vocabularies_.empty()) {
      *out += in_streams;
    } else {
      append_cid(post.id * 4 + number, out);
    }
  };
  *out += R"({"did":")";
  append_author_id(Site::kBluesky, post.author, out);
  *out += R"(","time_us":)";
  append_number(static_cast<std::uint64_t>(post.time) * 1000 + post.seed % 1000, out);
  *out += R"(,"kind":"commit","commit":{"rev":")";
  append_base(post.id + 77, kSortable32, 13, out);
  if (post.original) {
    *out += R"(","operation":"create","collection":"app.bsky.feed.repost","rkey":")";
    append_base(post.id, kSortable32, 13, out);
    *out += R"(","record":{"$type":"app.bsky.feed.repost","createdAt":")";
    *out += base::format_rfc3339(post.time);
    *out += R"(","subject":{"cid":"bafyreiftot7eltsc3f6g4qktykmbv6jcmdmhcx5osscan6jpdxkpqcmcza",)"
            R"("uri":")";
    append_post_id(Site::kBluesky, post.original->id, post.original->author, out);
    *out += R"("}},"cid":"bafyreiguce4jh7kcbmof3pmcvasifqtw24b6isakj5ve5ga2b4z4alpc4i"}})";
    return;
  }
  Layout& own = layout(0);
  compose(post, &own);
  // A card: the last link stands in the embed and not in the text.
  const bool has_card = post.link_count > 0 && !post.quoted && post.seed % 5 == 0;
  std::string_view card;
  for (std::size_t i = own.piece_count; has_card && i > 0; --i) {
    if (own.pieces[i - 1].kind != PieceKind::kUrl) continue;
    scratch_ = own.pieces[i - 1].value;
    card = scratch_;
    if (own.piece_count > 1) {
      std::rotate(own.pieces.begin() + static_cast<std::ptrdiff_t>(i - 1),
                  own.pieces.begin() + static_cast<std::ptrdiff_t>(i),
                  own.pieces.begin() + static_cast<std::ptrdiff_t>(own.piece_count));
      --own.piece_count;
    }
    break;
  }
  lay_out(post, 10'000, &own);
  *out += R"(","operation":"create","collection":"app.bsky.feed.post","rkey":")";
  append_base(post.id, kSortable32, 13, out);
  *out += R"(","record":{"$type":"app.bsky.feed.post","createdAt":")";
  *out += base::format_rfc3339(post.time - static_cast<std::int64_t>(post.seed % 3000));
  *out += '"';
  if (post.quoted) {
    *out += R"(,"embed":{"$type":"app.bsky.embed.record","record":{"cid":")";
    cid(1, "bafyreiapzyf65cmq55jklpnrihiygze2jmmdqvvkwqeiomd72pbp2iazuu");
    *out += R"(","uri":")";
    append_post_id(Site::kBluesky, post.quoted->id, post.quoted->author, out);
    *out += "\"}}";
  } else if (!card.empty()) {
    *out += R"(,"embed":{"$type":"app.bsky.embed.external","external":{"description":"A page",)"
            R"("thumb":{"$type":"blob","ref":{"$link":)"
            R"("bafkreias7oxbr6swsuggccmtnqpoeami4jza5x4w3urltn6gzhqf4k6k2e"},)"
            R"("mimeType":"image/jpeg","size":119635},"title":"Have a look","uri":")";
    append_url(Form::kBluesky, card, out);
    *out += "\"}}";
  }
  if (post.media_count > 0 && !post.quoted && card.empty()) {
    *out += R"(,"embed":{"$type":"app.bsky.embed.images","images":[)";
    for (unsigned i = 0; i < post.media_count; ++i) {
      *out += i == 0 ? R"({"alt":")" : R"(,{"alt":")";
      if (post.tag_in_image) {
        *out += "A screen that says #";
        *out += kQuestionTags[post.seed % kQuestionTags.size()];
      } else if (post.seed % 3 == 0) {
        *out += adverts_[post.seed % adverts_.size()].in(Form::kBluesky);
      }
      *out += R"(","aspectRatio":{"height":)";
      append_number(500 + post.seed % 1500, out);
      *out += R"(,"width":)";
      append_number(500 + post.seed / 1500 % 1500, out);
      *out += R"(},"image":{"$type":"blob","ref":{"$link":")";
      append_cid(post.seed + i, out);
      *out += R"("},"mimeType":"image/jpeg","size":)";
      append_number(10'000 + post.seed % 900'000, out);
      *out += "}}";
    }
    *out += "]}";
  }
  bool first = true;
  for (const Entity& entity : own.entities) {
    const Piece& piece = own.pieces[entity.piece];
    if (!piece.listed || piece.kind == PieceKind::kMention) continue;
    *out += first ? R"(,"facets":[{"features":[{"$type":"app.bsky.richtext.facet#)"
                  : R"(,{"features":[{"$type":"app.bsky.richtext.facet#)";
    first = false;
    if (piece.kind == PieceKind::kTag) {
      *out += R"(tag","tag":")";
      *out += piece.words->in(Form::kBluesky);
    } else {
      *out += R"(link","uri":")";
      append_url(Form::kBluesky, piece.value, out);
    }
    *out += R"("}],"index":{"byteEnd":)";
    append_number(entity.end, out);
    *out += R"(,"byteStart":)";
    append_number(entity.start, out);
    *out += "}}";
  }
  if (!first) *out += ']';
  *out += R"(,"langs":[")";
  *out += own.language == "und" ? "en" : own.language;
  *out += R"("])";
  if (post.is_reply) {
    *out += R"(,"reply":{"parent":{"cid":")";
    cid(2, "bafyreifrcj7svjmx6qsn2kfe5kc73rxxn4cbivb23ea4c42rsstvcmu2wy");
    *out += R"(","uri":")";
    append_post_id(Site::kBluesky, post.reply_id, post.reply_author, out);
    *out += R"("},"root":{"cid":")";
    cid(3, "bafyreifrcj7svjmx6qsn2kfe5kc73rxxn4cbivb23ea4c42rsstvcmu2wy");
    *out += R"(","uri":")";
    append_post_id(Site::kBluesky, post.reply_id, post.reply_author, out);
    *out += "\"}}";
  }
  *out += R"(,"text":")";
  *out += own.text;
  *out += R"("},"cid":")";
  cid(0, "bafyreiapzyf65cmq55jklpnrihiygze2jmmdqvvkwqeiomd72pbp2iazuu");
  *out += "\"}}";
}

std::string_view simple_platform(Site site) noexcept {
  switch (site) {
    case Site::kX:
      return "x";
    case Site::kBluesky:
      return "bluesky";
    case Site::kWeibo:
      return "weibo";
    case Site::kPinterest:
      return "pinterest";
    case Site::kOther:
      break;
  }
  return {};
}

void Writer::append_simple(const Post& post, std::string* out) {
  Layout& own = layout(0);
  compose(post, &own);
  // The text need not show a link.
  const bool apart = post.link_count > 0 && post.seed % 4 == 0 && own.piece_count > post.link_count;
  std::string urls;
  if (apart) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < own.piece_count; ++i) {
      if (own.pieces[i].kind == PieceKind::kUrl) {
        urls += urls.empty() ? "\"" : ",\"";
        append_url(form_of(post), own.pieces[i].value, &urls);
        urls += '"';
      } else {
        if (kept != i) std::swap(own.pieces[kept], own.pieces[i]);
        ++kept;
      }
    }
    own.piece_count = kept;
  }
  lay_out(post, 10'000, &own);
  *out += R"({"id":")";
  append_post_id(post.site, post.id, post.author, out);
  *out += R"(","user":")";
  append_author_id(post.site, post.author, out);
  *out += R"(","handle":")";
  append_handle(post.author, out);
  *out += R"(","at":")";
  *out += base::format_rfc3339(post.time);
  *out += '"';
  const auto key = [&](std::string_view name, std::string_view value) {
    *out += ",\"";
    *out += name;
    *out += "\":";
    *out += value;
  };
  if (post.site != Site::kOther) {
    *out += R"(,"platform":")";
    *out += simple_platform(post.site);
    *out += '"';
  }
  if (post.is_reply) {
    *out += R"(,"reply_to":")";
    append_post_id(post.site, post.reply_id, post.reply_author, out);
    *out += '"';
    if (post.seed % 2 == 0) {
      *out += R"(,"reply_to_user":")";
      append_author_id(post.site, post.reply_author, out);
      *out += '"';
    }
  }
  const auto id_key = [&](std::string_view name, std::uint64_t id, std::uint32_t author) {
    *out += ",\"";
    *out += name;
    *out += "\":\"";
    append_post_id(post.site, id, author, out);
    *out += '"';
  };
  if (post.original) id_key("repost_of", post.original->id, post.original->author);
  if (post.quoted) id_key("quote_of", post.quoted->id, post.quoted->author);
  if (post.chain_id != 0) id_key("edit_of", post.chain_id, post.author);
  if (post.is_protected) key("protected", "true");
  if (post.is_cut) key("truncated", "true");
  if (!urls.empty()) {
    urls.insert(urls.begin(), '[');
    urls += ']';
    key("urls", urls);
  }
  *out += R"(,"text":")";
  *out += own.text;
  *out += "\"}";
}

void Writer::append_post(const Post& post, std::string* out) {
  switch (post.dialect) {
    case Dialect::kXV1:
      append_v1(post, 0, false, out);
      break;
    case Dialect::kXV2:
      append_v2(post, out);
      break;
    case Dialect::kBluesky:
      append_bluesky(post, out);
      break;
    case Dialect::kSimple:
      append_simple(post, out);
      break;
  }
  *out += '\n';
}

void Writer::append_delete(const Post& post, EventTimeMs time, bool account, std::string* out) {
  switch (post.dialect) {
    case Dialect::kXV1:
      *out += R"({"delete":{"status":{"id":)";
      append_number(post.id, out);
      *out += R"(,"id_str":")";
      append_number(post.id, out);
      *out += R"(","user_id":)";
      append_author_id(Site::kX, post.author, out);
      *out += R"(,"user_id_str":")";
      append_author_id(Site::kX, post.author, out);
      *out += R"("},"timestamp_ms":")";
      append_number(static_cast<std::uint64_t>(time), out);
      *out += "\"}}";
      break;
    case Dialect::kXV2:
      *out += account ? R"({"data":{"user_delete":{"user":{"id":")"
                      : R"({"data":{"delete":{"tweet":{"id":")";
      if (account) {
        append_author_id(Site::kX, post.author, out);
      } else {
        append_number(post.id, out);
        *out += R"(","author_id":")";
        append_author_id(Site::kX, post.author, out);
      }
      *out += R"("},"event_at":")";
      *out += base::format_rfc3339(time);
      *out += "\"}}}";
      break;
    case Dialect::kBluesky:
      *out += R"({"did":")";
      append_author_id(Site::kBluesky, post.author, out);
      *out += R"(","time_us":)";
      append_number(static_cast<std::uint64_t>(time) * 1000, out);
      if (account) {
        *out += R"(,"kind":"account","account":{"active":false,"did":")";
        append_author_id(Site::kBluesky, post.author, out);
        *out += R"(","seq":1409753013,"status":"deleted","time":")";
        *out += base::format_rfc3339(time);
        *out += "\"}}";
      } else {
        *out += R"(,"kind":"commit","commit":{"rev":"3l3qo2vuowo2b","operation":"delete",)"
                R"("collection":"app.bsky.feed.post","rkey":")";
        append_base(post.id, kSortable32, 13, out);
        *out += "\"}}";
      }
      break;
    case Dialect::kSimple:
      *out += R"({"id":")";
      append_post_id(post.site, post.id, post.author, out);
      *out += R"(","user":")";
      append_author_id(post.site, post.author, out);
      *out += '"';
      if (post.site != Site::kOther) {
        *out += R"(,"platform":")";
        *out += simple_platform(post.site);
        *out += '"';
      }
      *out += R"(,"deleted":true})";
      break;
  }
  *out += '\n';
}

void Writer::append_other(const Post& post, EventTimeMs time, std::uint64_t number,
                          std::string* out) {
  const auto who = static_cast<std::uint32_t>(number % kAuthorCount);
  *out += R"({"did":")";
  append_author_id(Site::kBluesky, who, out);
  *out += R"(","time_us":)";
  append_number(static_cast<std::uint64_t>(time) * 1000 + number % 1000, out);
  if (number % 16 == 0) {
    *out += R"(,"kind":"identity","identity":{"did":")";
    append_author_id(Site::kBluesky, who, out);
    *out += R"(","handle":"someone.bsky.example","seq":1409752997,"time":")";
    *out += base::format_rfc3339(time);
    *out += "\"}}\n";
    return;
  }
  *out += R"(,"kind":"commit","commit":{"rev":"3mptbypluud2a","operation":)";
  if (number % 16 == 1) {
    *out += R"("delete","collection":"app.bsky.feed.like","rkey":"3mptbyplj5d2a"}})"
            "\n";
    return;
  }
  *out += R"("create","collection":"app.bsky.feed.like","rkey":"3mptbyplj5d2a","record":)"
          R"({"$type":"app.bsky.feed.like","createdAt":")";
  *out += base::format_rfc3339(time);
  *out += R"(","subject":{"cid":"bafyreiftot7eltsc3f6g4qktykmbv6jcmdmhcx5osscan6jpdxkpqcmcza",)"
          R"("uri":")";
  append_post_id(Site::kBluesky, post.id, post.author, out);
  *out += R"("}},"cid":"bafyreiguce4jh7kcbmof3pmcvasifqtw24b6isakj5ve5ga2b4z4alpc4i"}})"
          "\n";
}

// ---------------------------------------------------------------- the stream

constexpr std::int64_t kSecond = 1000;
constexpr std::int64_t kMinute = 60 * kSecond;

class Generator {
 public:
  Generator(const GenOptions& options, const std::function<bool(std::string_view)>& emit)
      : options_(options), emit_(emit), random_(options.seed), writer_(options.corpus.has_value()) {
    const std::array<double, kDialectCount> weights = {options.x_v1, options.x_v2, options.bluesky,
                                                       options.simple};
    double sum = 0;
    for (std::size_t i = 0; i < kDialectCount; ++i) sum += std::max(weights[i], 0.0);
    double below = 0;
    for (std::size_t i = 0; i < kDialectCount; ++i) {
      below += std::max(weights[i], 0.0);
      dialect_below_[i] = sum > 0 ? below / sum : 1.0;
    }
  }

  void run();
  void run_corpus(const std::function<void(std::string_view)>& matched);

 private:
  enum class EventKind : std::uint8_t { kPost, kRedelivery, kDelete, kDeleteAccount };

  struct Event {
    EventTimeMs arrival = 0;
    std::uint64_t number = 0;
    EventKind kind = EventKind::kPost;
    PostPtr post;
  };
  struct Later {
    bool operator()(const Event& a, const Event& b) const noexcept {
      return a.arrival != b.arrival ? a.arrival > b.arrival : a.number > b.number;
    }
  };

  // Recent posts that replies, reposts and quotes turn to.
  struct Recent {
    std::vector<PostPtr> posts;
    std::size_t next = 0;
  };
  static constexpr std::size_t kRecentMax = 2048;

  [[nodiscard]] Dialect any_dialect() {
    const double at = static_cast<double>(random_.next() >> 11U) / 9007199254740992.0;
    std::size_t i = 0;
    while (i + 1 < kDialectCount && at >= dialect_below_[i]) ++i;
    return static_cast<Dialect>(i);
  }

  [[nodiscard]] Site any_site() {
    switch (any_dialect()) {
      case Dialect::kXV1:
      case Dialect::kXV2:
        return Site::kX;
      case Dialect::kBluesky:
        return Site::kBluesky;
      case Dialect::kSimple:
        break;
    }
    const std::uint32_t at = random_.below(100);
    return at < 55 ? Site::kOther : at < 80 ? Site::kX : at < 90 ? Site::kWeibo : Site::kPinterest;
  }

  // Posts of one platform may come in several formats.
  [[nodiscard]] Dialect dialect_on(Site site) {
    if (site == Site::kBluesky) {
      return options_.bluesky > 0 ? Dialect::kBluesky : Dialect::kSimple;
    }
    if (site != Site::kX) return Dialect::kSimple;
    for (int i = 0; i < 64; ++i) {
      const Dialect dialect = any_dialect();
      if (dialect == Dialect::kXV1 || dialect == Dialect::kXV2) return dialect;
      if (dialect == Dialect::kSimple && random_.one_in(4)) return dialect;
    }
    return options_.x_v1 > 0 ? Dialect::kXV1 : options_.x_v2 > 0 ? Dialect::kXV2 : Dialect::kSimple;
  }

  [[nodiscard]] Post make(Site site, Content content) {
    Post post;
    post.site = site;
    post.dialect = dialect_on(site);
    post.content = content;
    post.wire = site != Site::kBluesky && random_.chance(options_.escapes);
    post.seed = random_.next();
    post.author = random_.below(kAuthorCount);
    return post;
  }

  [[nodiscard]] Link link_to(Shop shop) {
    return {shop, static_cast<std::uint8_t>(random_.below(240)), random_.below(1U << 22U)};
  }
  // Another way to write the same product.
  [[nodiscard]] Link spelt_otherwise(Link link) {
    link.style = static_cast<std::uint8_t>(random_.below(240));
    return link;
  }

  [[nodiscard]] Post advert(Site site, Shop shop) {
    Post post = make(site, Content::kAdvert);
    post.author = random_.below(kSellerCount);
    post.add_link(link_to(shop));
    return post;
  }

  [[nodiscard]] TagStyle firing_style() {
    const std::uint32_t at = random_.below(24);
    if (at < 12) return TagStyle::kPlain;
    static constexpr std::array<TagStyle, 6> kStyles = {
        TagStyle::kLower,       TagStyle::kUpper,      TagStyle::kWideSign,
        TagStyle::kParenthesis, TagStyle::kPossessive, TagStyle::kExclaimed};
    return kStyles[at / 2 - 6];
  }
  [[nodiscard]] TagStyle near_style() {
    const auto first = static_cast<std::uint32_t>(TagStyle::kFirstNear);
    return static_cast<TagStyle>(first +
                                 random_.below(static_cast<std::uint32_t>(TagStyle::kEnd) - first));
  }

  // A copy to embed: it embeds at most what it quotes.
  [[nodiscard]] static PostPtr embeddable(const Post& post, bool keep_quoted) {
    Post copy = post;
    copy.original = nullptr;
    copy.parent = nullptr;
    if (!keep_quoted) copy.quoted = nullptr;
    return std::make_shared<const Post>(std::move(copy));
  }

  // A payload shows its own dialect only.
  [[nodiscard]] static PostPtr in_dialect_of(const Post& outer, const PostPtr& inner,
                                             bool keep_quoted) {
    Post copy = *embeddable(*inner, keep_quoted);
    copy.dialect = outer.dialect;
    copy.wire = outer.wire;
    if (copy.quoted) {
      Post quoted = *copy.quoted;
      quoted.dialect = outer.dialect;
      quoted.wire = outer.wire;
      copy.quoted = std::make_shared<const Post>(std::move(quoted));
    }
    return std::make_shared<const Post>(std::move(copy));
  }

  void answer(const PostPtr& parent, Post* reply) {
    reply->is_reply = true;
    reply->reply_id = parent->id;
    reply->reply_author = parent->author;
    if (reply->dialect == Dialect::kXV2 && random_.below(10) < 6) {
      reply->parent = in_dialect_of(*reply, parent, false);
    }
  }
  void quote(const PostPtr& quoted, Post* post) {
    post->quoted = in_dialect_of(*post, quoted, false);
  }
  void repost(const PostPtr& original, Post* post) {
    post->original = in_dialect_of(*post, original, true);
  }

  [[nodiscard]] std::int64_t lag() {
    if (!random_.chance(options_.disorder)) return random_.between(0, 300);
    const std::int64_t most = std::max<std::int64_t>(options_.disorder_max_ms, 1);
    return random_.between(0, random_.one_in(8) ? most * 10 : most);
  }

  void push(EventKind kind, EventTimeMs arrival, PostPtr post) {
    events_.push({arrival, event_count_++, kind, std::move(post)});
  }

  // Gives the post its id; returns it as others may refer to it. It is not delivered yet.
  [[nodiscard]] PostPtr finish(Post post, EventTimeMs time) {
    constexpr std::int64_t kSnowflakeEpochMs = 1'288'834'974'657;
    post.time = time;
    ++id_count_;
    if (post.site == Site::kBluesky) {
      post.id = ((static_cast<std::uint64_t>(time) * 1000 + id_count_ % 1000) << 10U) |
                (id_count_ & 1023U);
    } else {
      post.id =
          (static_cast<std::uint64_t>(std::max<std::int64_t>(time - kSnowflakeEpochMs, 1)) << 22U) |
          (id_count_ & 0x3F'FFFFU);
    }
    return std::make_shared<const Post>(std::move(post));
  }

  void deliver(const PostPtr& post, EventTimeMs arrival) {
    if (random_.chance(options_.deletes)) {
      const EventKind kind = random_.one_in(40) ? EventKind::kDeleteAccount : EventKind::kDelete;
      const EventTimeMs when = random_.one_in(8)   ? arrival - random_.between(1, 3 * kSecond)
                               : random_.one_in(2) ? arrival + random_.between(1, kMinute)
                                                   : arrival + random_.between(1, 40 * kMinute);
      push(kind, std::max(when, now_), post);
    }
    push(EventKind::kPost, arrival, post);
  }

  // Posted so that it arrives now, or at its time and what transport adds.
  PostPtr post_now(Post post) {
    PostPtr done = finish(std::move(post), now_ - lag());
    deliver(done, now_);
    return done;
  }
  // Random numbers are drawn one a statement: the order in which arguments are evaluated is the
  // compiler's, and the stream must not be.
  PostPtr post_after(Post post, std::int64_t first, std::int64_t last) {
    return post_at(std::move(post), now_ + random_.between(first, last));
  }
  PostPtr post_at(Post post, EventTimeMs time) {
    PostPtr done = finish(std::move(post), time);
    deliver(done, time + lag());
    return done;
  }

  void add_match(Post* post);
  void add_near_miss(Post* post);
  void begin_other();
  void begin_thread();
  void begin_cart(Site site);
  void begin_two_steps(Site site);
  void begin_tags(Site site);
  void begin_offer(Site site);
  bool emit_event(const Event& event);
  bool emit_broken();
  bool emit_line() {
    const bool more = emit_(line_);
    line_.clear();
    return more;
  }
  Recent& recent(Site site) { return recent_[static_cast<std::size_t>(site)]; }
  [[nodiscard]] PostPtr any_recent(Site site) {
    Recent& list = recent(site);
    return list.posts.empty() ? nullptr : list.posts[random_.below(list.posts.size())];
  }

  const GenOptions options_;
  const std::function<bool(std::string_view)>& emit_;
  Random random_;
  Writer writer_;
  std::array<double, kDialectCount> dialect_below_{};
  std::priority_queue<Event, std::vector<Event>, Later> events_;
  std::uint64_t event_count_ = 0;
  std::uint64_t id_count_ = 0;
  std::array<Recent, 5> recent_;
  EventTimeMs now_ = 0;
  std::string line_;
};

// A post that sells and buys nothing, though its link may be a product's.
void Generator::begin_other() {
  const Site site = any_site();
  Post post = make(site, Content::kChatter);
  if (random_.one_in(4)) post.add_link(link_to(Shop::kOrdinary));
  if (random_.one_in(400)) {
    const auto tag = static_cast<Tag>(random_.below(kTagCount));
    post.add_tag(tag, near_style());
  }
  const PostPtr other = any_recent(site);
  if (other) {
    if (random_.chance(options_.reposts)) {
      if (!other->original) {
        post.link_count = 0;
        post.tag_count = 0;
        repost(other, &post);
      }
    } else if (random_.chance(options_.replies)) {
      answer(other, &post);
    } else if (random_.chance(options_.quotes) && !other->original) {
      quote(other, &post);
    }
  }
  post_now(std::move(post));
}

void Generator::begin_thread() {
  const Site site = any_site();
  if (site == Site::kWeibo || site == Site::kPinterest) return begin_offer(site);
  const std::uint32_t at = random_.below(100);
  if (at < 62) return begin_cart(site);
  if (at < 80) return begin_two_steps(site);
  if (at < 94) return begin_tags(site);
  begin_offer(site);
}

// A seller's post and replies with a reply-cart tag, in all their ways to go right and wrong.
void Generator::begin_cart(Site site) {
  static constexpr std::array<Tag, 8> kTags = {kAmazonCart,  kAmazonCart,    kAmazonCart,
                                               kAmazonCart,  kAmazonBasket,  kAmazonPochi,
                                               kAmazonPochi, kAmazonWishList};
  const Tag tag = kTags[random_.below(kTags.size())];
  Shop shop = tag == kAmazonBasket  ? Shop::kAmazonGb
              : tag == kAmazonPochi ? Shop::kAmazonJp
              : tag == kAmazonCart  ? Shop::kAmazonUs
                                    : static_cast<Shop>(random_.below(4));
  if (random_.one_in(8)) shop = static_cast<Shop>(random_.below(4));
  const auto wish = [&](const PostPtr& parent) {
    Post post = make(site, Content::kWish);
    post.add_tag(tag, firing_style());
    if (parent) answer(parent, &post);
    return post;
  };
  Post ad = advert(site, shop);
  const std::uint32_t at = random_.below(100);
  if (at < 30) {  // as it should be, once or many times over
    const PostPtr parent = post_now(std::move(ad));
    const std::uint32_t buyers = random_.one_in(5) ? 6 : 1 + random_.below(2);
    for (std::uint32_t i = 0; i < buyers; ++i) {
      Post reply = wish(parent);
      Post again = wish(parent);
      again.author = reply.author;
      const EventTimeMs time =
          now_ + random_.between(kSecond, random_.one_in(3) ? 90 * kMinute : 3 * kMinute);
      post_at(std::move(reply), time);
      if (random_.one_in(10)) post_at(std::move(again), time + random_.between(1, 5 * kMinute));
    }
    return;
  }
  if (at < 42) {  // the parent comes late, or too late
    const std::int64_t late =
        random_.one_in(4) ? random_.between(100, 400) * kSecond : random_.between(1, 90) * kSecond;
    const PostPtr parent = finish(std::move(ad), now_ - random_.between(kSecond, 3 * kMinute));
    post_now(wish(parent));
    if (random_.one_in(3)) post_after(wish(parent), 1, 20 * kSecond);
    deliver(parent, now_ + late);
    return;
  }
  if (at < 47) {  // the parent never comes
    post_now(wish(finish(std::move(ad), now_ - random_.between(kSecond, kMinute))));
    return;
  }
  if (at < 50) {  // no parent at all, or an advertisement
    Post post = wish(nullptr);
    if (random_.one_in(2)) {
      post.content = Content::kAdvert;
      post.add_link(link_to(random_.one_in(4) ? Shop::kAmazonShort : shop));
    }
    post_now(std::move(post));
    return;
  }
  if (at < 53) {  // the seller answers their own post
    const PostPtr parent = post_now(std::move(ad));
    Post reply = wish(parent);
    reply.author = parent->author;
    post_after(std::move(reply), kSecond, kMinute);
    return;
  }
  if (at < 60) {  // several products, or one product spelt twice
    if (random_.one_in(3)) {
      ad.add_link(spelt_otherwise(ad.links[0]));
    } else {
      ad.add_link(link_to(random_.one_in(3) ? Shop::kEbay : shop));
    }
    post_after(wish(post_now(std::move(ad))), kSecond, kMinute);
    return;
  }
  if (at < 68) {  // the link is no product, another shop's, a short one, or a fake
    static constexpr std::array<Shop, 8> kShops = {
        Shop::kEbay,      Shop::kEtsy,      Shop::kWalmart,   Shop::kAmazonShort,
        Shop::kEtsyShort, Shop::kNoProduct, Shop::kLookAlike, Shop::kOrdinary};
    ad.links[0] = link_to(kShops[random_.below(kShops.size())]);
    if (random_.one_in(6)) ad.is_cut = true;
    Post reply = wish(post_now(std::move(ad)));
    if (random_.one_in(3)) reply.add_link(link_to(shop));
    post_after(std::move(reply), kSecond, kMinute);
    return;
  }
  if (at < 75) {  // a quote instead of a reply
    if (random_.one_in(5))
      ad.links[0] = link_to(random_.one_in(2) ? Shop::kOrdinary : Shop::kAmazonShort);
    if (random_.one_in(6)) ad.is_cut = true;
    const PostPtr parent = post_now(std::move(ad));
    Post post = wish(nullptr);
    quote(parent, &post);
    if (random_.one_in(6)) answer(parent, &post);
    if (random_.one_in(6)) post.author = parent->author;
    post_after(std::move(post), kSecond, 10 * kMinute);
    return;
  }
  if (at < 80) {  // reposts: of the seller's post, which may never be seen itself, and of a reply
    const PostPtr parent =
        random_.one_in(2) ? post_now(std::move(ad)) : finish(std::move(ad), now_ - kMinute);
    Post first = make(site, Content::kChatter);
    repost(parent, &first);
    post_after(std::move(first), 1, kSecond);
    const PostPtr reply = post_after(wish(parent), 2 * kSecond, kMinute);
    Post again = make(site, Content::kChatter);
    repost(reply, &again);
    post_at(std::move(again), reply->time + random_.between(kSecond, 10 * kMinute));
    return;
  }
  if (at < 86) {  // near misses
    Post reply = make(site, Content::kWish);
    if (random_.one_in(6)) {
      reply.add_link(link_to(Shop::kTagInside));
    } else {
      reply.add_tag(tag, near_style());
    }
    answer(post_now(std::move(ad)), &reply);
    post_after(std::move(reply), kSecond, kMinute);
    return;
  }
  if (at < 89) {  // an author who is protected, or ignored
    Post reply = wish(post_now(std::move(ad)));
    if (random_.one_in(2)) {
      reply.is_protected = true;
    } else {
      reply.author = kShopBotAuthor;
    }
    post_after(std::move(reply), kSecond, kMinute);
    return;
  }
  if (at < 93) {  // the parent, the reply or its author is deleted, some before they come
    const PostPtr parent = finish(std::move(ad), now_);
    if (random_.one_in(3)) {
      push(EventKind::kDelete, now_, parent);
    } else {
      deliver(parent, now_);
    }
    const EventTimeMs time = now_ + random_.between(kSecond, kMinute);
    const PostPtr reply = finish(wish(parent), time);
    deliver(reply, time);
    const EventKind kind = random_.one_in(8) ? EventKind::kDeleteAccount : EventKind::kDelete;
    const EventTimeMs when = time + random_.between(-kSecond, 2 * kMinute);
    push(kind, when, random_.one_in(2) ? reply : parent);
    return;
  }
  if (at < 97 && ad.dialect != Dialect::kXV1 &&
      site != Site::kBluesky) {  // the seller edits their post
    const PostPtr parent = post_now(ad);
    Post edited = ad;
    edited.chain_id = parent->id;
    edited.seed = random_.next();
    edited.links[0] = link_to(shop);
    const PostPtr second = post_after(std::move(edited), kSecond, kMinute);
    post_after(wish(random_.one_in(2) ? parent : second), 2 * kSecond, 3 * kMinute);
    return;
  }
  // Two tags in one reply.
  Post reply = wish(post_now(std::move(ad)));
  reply.add_tag(kAmazonWishList, TagStyle::kPlain);
  post_after(std::move(reply), kSecond, kMinute);
}

// A buy tag, the bot's prompt, a confirm tag; each may be missing, late, or twice.
void Generator::begin_two_steps(Site site) {
  const bool kindle = random_.below(3) != 0;
  const Tag buy = kindle ? kBuyKindle : kBuyGiftCard;
  const Tag confirm = kindle ? kConfirmKindle : kConfirmGiftCard;
  const std::int64_t window = 15 * kMinute;
  Post opening = make(site, Content::kWish);
  opening.add_tag(buy, firing_style());
  const std::uint32_t buyer = opening.author;
  const bool prompted = random_.below(4) != 0;
  const PostPtr open = finish(std::move(opening), now_ - lag());
  EventTimeMs clock = open->time;
  PostPtr prompt;
  if (prompted) {
    Post post = make(site, Content::kPrompt);
    post.author = random_.one_in(16) ? random_.below(kAuthorCount) : kPromptAuthor;
    post.add_tag(confirm, TagStyle::kPlain);
    answer(open, &post);
    prompt = finish(std::move(post), open->time + random_.between(kSecond, 30 * kSecond));
    clock = prompt->time;
    // Sometimes it is delivered before what it answers.
    deliver(prompt, random_.one_in(10) ? now_ : std::max(now_, prompt->time + lag()));
  }
  deliver(open, now_);
  if (random_.one_in(8)) {
    Post again = make(site, Content::kWish);
    again.author = buyer;
    again.add_tag(buy, firing_style());
    post_at(std::move(again), open->time + random_.between(kSecond, 20 * kMinute));
  }
  if (prompt && random_.one_in(12)) {
    Post second = make(site, Content::kPrompt);
    second.author = kPromptAuthor;
    second.add_tag(confirm, TagStyle::kPlain);
    answer(open, &second);
    post_at(std::move(second), prompt->time + random_.between(kSecond, 10 * kMinute));
  }
  if (random_.one_in(12)) {
    push(EventKind::kDelete, now_ + random_.between(1, 20 * kMinute), open);
  }
  if (!random_.chance(options_.confirms)) return;
  const std::uint32_t at = random_.below(20);
  const EventTimeMs time = at < 12   ? clock + random_.between(5 * kSecond, 14 * kMinute)
                           : at < 14 ? clock + window - 1
                           : at < 16 ? clock + window
                           : at < 18 ? clock + window + random_.between(-2 * kSecond, 2 * kSecond)
                                     : clock + random_.between(15 * kMinute, 40 * kMinute);
  for (std::uint32_t i = 0; i < (random_.one_in(8) ? 2U : 1U); ++i) {
    Post post = make(site, Content::kWish);
    post.author = random_.one_in(16) ? random_.below(kAuthorCount) : buyer;
    post.add_tag(confirm, firing_style());
    if (prompt && random_.below(10) < 6) {
      answer(prompt, &post);
    } else if (prompt && random_.one_in(6)) {
      post.tag_count = 0;
      repost(prompt, &post);
    } else if (prompt && random_.one_in(6)) {
      quote(prompt, &post);
    }
    const PostPtr done =
        post_at(std::move(post), time + random_.between(0, i == 0 ? 0 : 5 * kMinute));
    if (random_.one_in(16))
      push(EventKind::kDelete, done->time + random_.between(1, 10 * kMinute), done);
  }
}

// Tags that need no other post: one alone, or two together.
void Generator::begin_tags(Site site) {
  Post post = make(site, Content::kWish);
  const std::uint32_t at = random_.below(10);
  if (at < 5) {
    const Tag tag = random_.one_in(2) ? kWholeFoods : kShopSmall;
    post.add_tag(tag, firing_style());
  } else {
    if (at < 8 || at == 8) post.add_tag(kBuy, firing_style());
    if (at < 8 || at == 9) post.add_tag(kNewAdidasShoe, firing_style());
    if (random_.one_in(2)) std::swap(post.tags[0], post.tags[post.tag_count - 1]);
  }
  if (const PostPtr other = any_recent(site); other && random_.one_in(5)) {
    if (random_.one_in(2) || other->original) {
      answer(other, &post);
    } else {
      quote(other, &post);
    }
  }
  const std::uint32_t author = post.author;
  const Post first = post;
  post_now(std::move(post));
  if (random_.one_in(6)) {
    Post again = first;
    again.seed = random_.next();
    again.author = random_.one_in(4) ? random_.below(kAuthorCount) : author;
    post_after(std::move(again), kSecond, 30 * kMinute);
  }
}

void Generator::begin_offer(Site site) {
  static constexpr std::array<Shop, 4> kShops = {Shop::kBestBuy, Shop::kTaobao, Shop::kEtsy,
                                                 Shop::kEbay};
  Post ad = advert(site, kShops[random_.below(kShops.size())]);
  if (random_.one_in(4)) ad.add_link(link_to(kShops[random_.below(kShops.size())]));
  if (random_.one_in(8)) ad.add_link(spelt_otherwise(ad.links[0]));
  const PostPtr done = post_now(std::move(ad));
  if (random_.one_in(6)) {
    Post again = make(site, Content::kChatter);
    repost(done, &again);
    post_after(std::move(again), kSecond, 5 * kMinute);
  }
}

bool Generator::emit_broken() {
  Post post = make(Site::kX, Content::kWish);
  post.dialect = options_.x_v1 >= options_.simple ? Dialect::kXV1 : Dialect::kSimple;
  post.site = Site::kX;
  post.add_tag(kAmazonCart, TagStyle::kPlain);
  const PostPtr done = finish(std::move(post), now_);
  writer_.append_post(*done, &line_);
  const std::size_t text = line_.find("\"text\":\"") + 8;
  switch (random_.below(6)) {
    case 0:  // the line breaks off behind its text
      line_.resize(line_.size() - 2 - random_.below((line_.size() - text) / 8));
      line_ += '\n';
      break;
    case 1:  // a program's chatter before it
      line_.insert(0, "INFO:stream: ");
      break;
    case 2:  // not UTF-8
      line_.insert(text, "\xFF");
      break;
    case 3:  // half a surrogate pair
      line_.insert(text, "\\ud83d ");
      break;
    case 4:  // a key twice
      line_.insert(1, "\"text\":\"\",");
      break;
    default:  // no id
      line_ = "{\"user\":\"someone\",\"at\":\"2024-12-02T09:00:00Z\",\"text\":\"#AmazonCart\"}\n";
      break;
  }
  return emit_line();
}

bool Generator::emit_event(const Event& event) {
  const Post& post = *event.post;
  if (event.kind == EventKind::kDelete || event.kind == EventKind::kDeleteAccount) {
    // X's stream says nothing of accounts in its first format, nor does `simple`.
    const bool account = event.kind == EventKind::kDeleteAccount &&
                         (post.dialect == Dialect::kXV2 || post.dialect == Dialect::kBluesky);
    writer_.append_delete(post, event.arrival, account, &line_);
    return emit_line();
  }
  if (random_.chance(options_.blank)) {
    line_ = random_.one_in(2) ? "\r\n" : "\n";
    if (!emit_line()) return false;
  }
  if (random_.chance(options_.broken) && !emit_broken()) return false;
  if (event.kind == EventKind::kPost) {
    if (random_.chance(options_.duplicates)) {
      const std::int64_t after =
          random_.one_in(4) ? random_.between(0, 5 * kMinute) : random_.between(0, 5 * kSecond);
      push(EventKind::kRedelivery, event.arrival + after, event.post);
    }
    Recent& list = recent(post.site);
    if (list.posts.size() < kRecentMax) {
      list.posts.push_back(embeddable(post, true));
    } else {
      list.posts[list.next++ % kRecentMax] = embeddable(post, true);
    }
  }
  writer_.append_post(post, &line_);
  if (!emit_line()) return false;
  if (post.dialect == Dialect::kBluesky && random_.chance(options_.others)) {
    writer_.append_other(post, event.arrival, random_.next(), &line_);
    return emit_line();
  }
  return true;
}

void Generator::run() {
  // In whole microseconds, so that the same rate gives the same times everywhere.
  const double rate = std::max(options_.rate, 0.001);
  const auto step_us = std::max<std::int64_t>(static_cast<std::int64_t>(1e6 / rate), 1);
  std::uint64_t emitted = 0;
  for (std::int64_t slot = 0; emitted < options_.posts; ++slot) {
    now_ = options_.start + slot * step_us / 1000;
    // What is due comes first; only an empty slot begins something.
    if (events_.empty() || events_.top().arrival > now_) {
      if (random_.chance(options_.intents)) {
        begin_thread();
      } else {
        begin_other();
      }
    }
    while (!events_.empty() && events_.top().arrival <= now_) {
      const Event event = events_.top();
      events_.pop();
      if (!emit_event(event)) return;
      if (event.kind == EventKind::kPost || event.kind == EventKind::kRedelivery) {
        ++emitted;
        break;  // one post a slot
      }
    }
  }
}

// A tag or a link that the question asks for.
void Generator::add_match(Post* post) {
  static constexpr std::array<Tag, kQuestionTags.size()> kTags = {
      kAmazonCart, kAmazonBasket, kAmazonWishList, kBuyGiftCard, kWholeFoods};
  static constexpr std::array<Shop, kQuestionHosts.size()> kShops = {
      Shop::kAmazonUs, Shop::kAmazonGb,   Shop::kAmazonJp, Shop::kAmazonDe, Shop::kAmazonShort,
      Shop::kEbay,     Shop::kEtsy,       Shop::kWalmart,  Shop::kTaobao,   Shop::kTmall,
      Shop::kJd,       Shop::kAliExpress, Shop::kShopify};
  if (random_.one_in(2)) {
    // Bluesky looks for no tag inside a word.
    static constexpr std::array<TagStyle, 8> kStyles = {
        TagStyle::kPlain, TagStyle::kPlain, TagStyle::kPlain,     TagStyle::kPlain,
        TagStyle::kLower, TagStyle::kUpper, TagStyle::kExclaimed, TagStyle::kParenthesis};
    const std::size_t styles = kStyles.size() - (post->site == Site::kBluesky ? 1 : 0);
    const Tag tag = kTags[random_.below(kTags.size())];
    post->add_tag(tag, kStyles[random_.below(styles)]);
  } else {
    Link link = link_to(kShops[random_.below(kShops.size())]);
    // Amazon's fifth style has capitals in its host.
    if (link.style % 5 == 4 && !random_.one_in(3)) ++link.style;
    post->add_link(link);
  }
}

// What looks like it.
void Generator::add_near_miss(Post* post) {
  const std::uint32_t at = random_.below(3);
  if (at == 0) {
    static constexpr std::array<TagStyle, 3> kStyles = {TagStyle::kPlural, TagStyle::kDigit,
                                                        TagStyle::kTail};
    post->add_tag(kAmazonCart, kStyles[random_.below(kStyles.size())]);
  } else if (at == 1) {
    static constexpr std::array<std::uint8_t, 3> kStyles = {0, 1, 3};
    Link link = link_to(Shop::kLookAlike);
    link.style = kStyles[random_.below(kStyles.size())];
    post->add_link(link);
  } else if (post->dialect == Dialect::kBluesky) {
    post->link_count = 0;  // a card would stand in the image's place
    post->tag_in_image = true;
    post->media_count = 1;
  } else if (post->dialect == Dialect::kXV1 && random_.one_in(2)) {
    post->tag_in_profile = true;
  } else {
    Post quoted = make(post->site, Content::kChatter);
    add_match(&quoted);
    quote(finish(std::move(quoted), now_ - kMinute), post);
  }
}

void Generator::run_corpus(const std::function<void(std::string_view)>& matched) {
  const CorpusOptions& corpus = *options_.corpus;
  const double rate = std::max(options_.rate, 0.001);
  const auto step_us = std::max<std::int64_t>(static_cast<std::int64_t>(1e6 / rate), 1);
  std::string id;
  std::uint64_t bytes = 0;
  for (std::int64_t slot = 0;; ++slot) {
    if (corpus.bytes > 0 ? bytes >= corpus.bytes
                         : static_cast<std::uint64_t>(slot) >= options_.posts) {
      return;
    }
    now_ = options_.start + slot * step_us / 1000;
    const Site site = any_site();
    Post post = make(site, Content::kChatter);
    const bool is_match = random_.chance(corpus.matches);
    const bool is_near = !is_match && random_.chance(corpus.near_misses);
    if (random_.one_in(4)) {
      const bool own = random_.below(3) > 0;
      post.add_link(link_to(own ? Shop::kOwnSite : Shop::kOrdinary));
    }
    if (random_.below(10) < 4) {
      post.media_count = static_cast<std::uint8_t>(random_.one_in(4) ? 1 + random_.below(4) : 1);
    }
    if (is_match) add_match(&post);
    if (is_near) add_near_miss(&post);
    if (const PostPtr other = any_recent(site); other && !post.quoted) {
      const bool reposts = site == Site::kX && !is_match && !is_near;
      if (reposts && random_.chance(options_.reposts)) {
        post.link_count = 0;
        post.media_count = other->media_count;
        repost(other, &post);
      } else if (random_.chance(options_.replies)) {
        answer(other, &post);
      } else if (!post.tag_in_image && random_.chance(options_.quotes)) {
        quote(other, &post);
      }
    }
    const PostPtr done = finish(std::move(post), now_ - lag());
    if (is_match) {
      id.clear();
      Writer::append_short_id(*done, &id);
      matched(id);
    } else if (!is_near && !done->original) {
      Recent& list = recent(site);
      if (list.posts.size() < kRecentMax) {
        list.posts.push_back(embeddable(*done, true));
      } else {
        list.posts[list.next++ % kRecentMax] = embeddable(*done, true);
      }
    }
    writer_.append_post(*done, &line_);
    bytes += line_.size();
    if (!emit_line()) return;
  }
}

}  // namespace

void run_gen(const GenOptions& options, const std::function<bool(std::string_view)>& emit,
             const std::function<void(std::string_view)>& matched) {
  Generator generator(options, emit);
  if (options.corpus) {
    generator.run_corpus(matched);
  } else {
    generator.run();
  }
}

void run_gen(const GenOptions& options, const std::function<bool(std::string_view)>& emit) {
  run_gen(options, emit, [](std::string_view) {});
}

}  // namespace hashcart::app
