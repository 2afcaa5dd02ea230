// hashcart explain: one post, what the matcher sees of it, what fired, what nearly did, and what
// the resolver made of it. Reads the whole input as `match` does, so that the answer is the same.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/commands.h"
#include "app/input_setup.h"
#include "app/lookup_files.h"
#include "app/setup.h"
#include "base/setup_error.h"
#include "emit/digest.h"
#include "emit/encoder.h"
#include "emit/user_mask.h"
#include "ingest/source.h"
#include "intent/resolver.h"
#include "match/extractor.h"
#include "match/hashtag_grammar.h"
#include "match/matcher.h"
#include "match/mention_grammar.h"
#include "post/post_reader.h"

namespace hashcart::app {
namespace {

using intent::OutcomeCode;

std::string_view sentence(OutcomeCode code) {
  switch (code) {
    case OutcomeCode::kRedelivered:
      return "the same post was read before and is decided";
    case OutcomeCode::kRetracted:
      return "the post, or its author's account, was deleted before it was decided";
    case OutcomeCode::kRepost:
      return "a repost is not its author's own word";
    case OutcomeCode::kCampaignClosed:
      return "the post's time lies outside the campaign's from .. until";
    case OutcomeCode::kNotAClaim:
      return "the word is there, but with a question, a negation or no possible quantity";
    case OutcomeCode::kIgnoredAuthor:
      return "the campaign ignores this author";
    case OutcomeCode::kProtected:
      return "the author's posts are protected";
    case OutcomeCode::kNotLinked:
      return "the campaign needs a linked account, and --accounts has none for the author";
    case OutcomeCode::kQuote:
      return "a quote, and the campaign wants a reply";
    case OutcomeCode::kNoParent:
      return "not a reply, and no product link in it: nothing to buy";
    case OutcomeCode::kNotAReply:
      return "not a reply, but with a link of its own: an advertisement";
    case OutcomeCode::kOwnPost:
      return "a reply to the author's own post";
    case OutcomeCode::kParentDeleted:
      return "the post it answers was deleted";
    case OutcomeCode::kParentUnknown:
      return "the post it answers was not seen with a link, before or within parent_wait after";
    case OutcomeCode::kIncomplete:
      return "the parent's text is cut, and what is missing may be the link";
    case OutcomeCode::kNoProductLink:
      return "the parent is in the payload and holds no product link";
    case OutcomeCode::kUnresolvedShortLink:
      return "the parent's short link does not say where it leads; --links FILE can";
    case OutcomeCode::kOtherRetailer:
      return "the parent's products are of retailers or markets the campaign does not take";
    case OutcomeCode::kAmbiguous:
      return "several products, and nothing says which one is meant";
    case OutcomeCode::kNeedsItem:
      return "a claim that names none of the items on sale";
    case OutcomeCode::kNeedsVariant:
      return "a claim without one value of each option of the item";
    case OutcomeCode::kDuplicate:
      return "another post of this author asked for the same under this campaign";
    case OutcomeCode::kSoldOut:
      return "nothing is left of it";
    case OutcomeCode::kAlreadyPending:
      return "an earlier buy tag still waits for its confirmation";
    case OutcomeCode::kNoPending:
      return "a confirmation without anything to confirm";
    case OutcomeCode::kAlreadyConfirmed:
      return "confirmed before";
    case OutcomeCode::kConfirmLate:
      return "a confirmation at or after the deadline";
    case OutcomeCode::kLate:
      return "in time by its own clock, but the stream had passed the deadline before it was read";
    case OutcomeCode::kEvicted:
      return "a table was full and forgot what this needed";
    case OutcomeCode::kNothingToCancel:
      return "a word that takes back, and nothing to take back";
    case OutcomeCode::kOffer:
      return "a product link that can be bought from";
    case OutcomeCode::kIntent:
      return "an intent";
    case OutcomeCode::kQueued:
      return "a place in line for what others hold";
    case OutcomeCode::kCancelled:
      return "its author takes an earlier claim back";
    case OutcomeCode::kPending:
      return "the first of two steps; a confirmation is awaited";
    case OutcomeCode::kConfirmed:
      return "the second of two steps";
  }
  return "";
}

std::string_view sentence(match::LinkWhy why) {
  switch (why) {
    case match::LinkWhy::kNone:
      return "";
    case match::LinkWhy::kNotAUrl:
      return "not an http(s) URL";
    case match::LinkWhy::kUnknownHost:
      return "no retailer of the catalogue has this host";
    case match::LinkWhy::kUserinfo:
      return "a user name before the host is a disguise";
    case match::LinkWhy::kPort:
      return "a port other than 80 and 443";
    case match::LinkWhy::kBadHost:
      return "the host is no plain ASCII domain name";
    case match::LinkWhy::kNoTemplate:
      return "the host is a retailer's, the path is no product page";
    case match::LinkWhy::kBadId:
      return "a product page, but what stands there is no id of its kind";
    case match::LinkWhy::kShortLink:
      return "a short link: where it leads is not in it";
    case match::LinkWhy::kNestedTooDeep:
      return "a link in a link in a link: redirectors are opened only so far";
  }
  return "";
}

std::string at(const catalogue::SourcePosition& where) {
  return where.line == 0 ? where.file : fmt::format("{}:{}", where.file, where.line);
}

// Levenshtein distance over code points would be kinder to scripts other than Latin; over bytes it
// is enough to say "nearly". Quits early above 2.
std::size_t distance(std::string_view a, std::string_view b) {
  constexpr std::size_t kFar = 3;
  if (a.size() > b.size() + 2 || b.size() > a.size() + 2 || a.size() > 256) return kFar;
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0U : 1U)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

// Where a record stands, as a person finds it.
struct Place {
  std::string input;
  std::uint64_t line = 0;
  std::uint64_t offset = 0;
};

class Explainer final : public intent::ResolverOutput {
 public:
  Explainer(const match::PatternDb& db, const match::LinkExpansions* expansions,
            const emit::UserMask& mask)
      : db_(db), catalogue_(db.catalogue()), mask_(mask), extractor_(db, expansions) {}

  void describe(const post::Post& post, const Place& place) {
    followed_.emplace_back(post.id);
    const bool raw = mask_.is_raw();
    fmt::print("post {} by {}{}, {}  ({}:{}, byte {}, {} on {})\n", post_id(post.platform, post.id),
               post.author_id.empty() ? "nobody" : author(post.platform, post.author_id),
               post.author_handle.empty() || !raw ? std::string()
                                                  : fmt::format(" (@{})", post.author_handle),
               post.has_time ? base::format_rfc3339(post.time) : "no time", place.input, place.line,
               place.offset, post::name(post.dialect), base::name(post.platform));
    std::string text(post.text);
    std::replace(text.begin(), text.end(), '\n', ' ');
    if (raw) fmt::print("  {}\n", text);
    describe_shape(post);
    describe_tags(post);
    describe_words(post);
    describe_links(post);
  }

  [[nodiscard]] bool found() const { return !followed_.empty(); }
  [[nodiscard]] std::size_t said() const { return said_; }

  void outcome(const intent::Outcome& outcome) override {
    if (std::find(followed_.begin(), followed_.end(), outcome.post_id) == followed_.end()) return;
    ++said_;
    fmt::print("  =>     {} of {}: {}", intent::name(outcome.code),
               catalogue_.campaigns[outcome.campaign].id, sentence(outcome.code));
    for (const intent::Product& product : outcome.products) fmt::print("  {}", key(product));
    if (outcome.code == OutcomeCode::kNotAClaim) {
      fmt::print(" ({})", outcome.detail);
    } else if (!outcome.detail.empty() && outcome.products.empty()) {
      fmt::print(" (parent {})", post_id(outcome.platform, outcome.detail));
    }
    fmt::print("\n");
  }

  void record(const intent::CartIntent& record) override {
    const auto follows = [&](std::string_view id) {
      return std::find(followed_.begin(), followed_.end(), id) != followed_.end();
    };
    if (!follows(record.post_id) && !follows(record.opening_id)) return;
    ++said_;
    const catalogue::Campaign& campaign = catalogue_.campaigns[record.campaign];
    const std::string product = key(record.product);
    fmt::print(
        "  record {}  {}  {}  {}{}", intent::name(record.type), campaign.action, product,
        emit::record_id(base::name(record.platform), post_id(record.platform, record.opening_id),
                        campaign.id, product, intent::name(record.type)),
        record.market_mismatch ? "  market_mismatch" : "");
    if (record.deadline) fmt::print("  deadline {}", base::format_rfc3339(*record.deadline));
    if (record.requested > 0) fmt::print("  {} of {}", record.accepted, record.requested);
    fmt::print("\n");
    for (const intent::EvidencePiece& piece : record.evidence) {
      if (piece.role != intent::EvidenceRole::kParent &&
          piece.role != intent::EvidenceRole::kSelf) {
        continue;
      }
      fmt::print("         by the link in {} {}: {}\n",
                 piece.role == intent::EvidenceRole::kParent ? "its parent" : "the post itself,",
                 post_id(record.platform, piece.post_id), piece.what.text);
    }
  }

 private:
  [[nodiscard]] std::string key(const intent::Product& product) const {
    return emit::product_key(catalogue_, product);
  }

  // Ids as --users wants them; under a mask, handles are left out.
  [[nodiscard]] std::string author(base::Platform platform, std::string_view id) const {
    emit::MaskBuffer buffer;
    return std::string(mask_.author(platform, id, &buffer));
  }
  [[nodiscard]] std::string post_id(base::Platform platform, std::string_view id) const {
    emit::MaskBuffer buffer;
    return std::string(mask_.post(platform, id, &buffer));
  }

  void describe_shape(const post::Post& post) const {
    const auto id = [&](std::string_view of) { return post_id(post.platform, of); };
    if (post.is_repost) fmt::print("  shape  a repost of {}\n", id(post.repost_of));
    if (!post.reply_to.empty()) {
      fmt::print("  shape  a reply to {}{}\n", id(post.reply_to),
                 post.reply_to_author.empty()
                     ? std::string()
                     : fmt::format(" by {}", author(post.platform, post.reply_to_author)));
    }
    if (post.is_quote) fmt::print("  shape  a quote of {}\n", id(post.quote_of));
    if (post.chain_id != post.id) fmt::print("  shape  an edit of {}\n", id(post.chain_id));
    if (post.truncated) fmt::print("  shape  the payload says its text is cut\n");
    if (post.author_protected) fmt::print("  shape  its author is protected\n");
  }

  void describe_tags(const post::Post& post) {
    std::vector<std::string> folded_tags;
    for (const match::FoundTag& tag : extractor_.tags(post)) {
      std::string folded;
      match::fold_tag(tag.text, post.platform, &folded);
      folded_tags.push_back(folded);
      bool is_used = false;
      const std::string shown = fmt::format(
          "#{}{}", tag.text, tag.start == tag.end ? " (in the payload's list only)" : "");
      for (const match::TagUse& use : db_.tag_uses(folded)) {
        if (!use.on(post.platform)) continue;
        is_used = true;
        const catalogue::Campaign& campaign = catalogue_.campaigns[use.campaign];
        fmt::print("  tag    {}  {} of {} rev {} ({})\n", shown,
                   use.is_confirm ? "confirmation" : "tag", campaign.id, campaign.rev,
                   at(campaign.tag_where));
      }
      if (!is_used) fmt::print("  tag    {}\n", shown);
    }
    std::string whole;
    match::fold_text(post.text, post.platform, &whole);
    for (const catalogue::Campaign& campaign : catalogue_.campaigns) {
      std::size_t have = 0;
      for (const std::string& tag : campaign.tags) {
        std::string wanted;
        match::fold_tag(match::without_sign(tag), post.platform, &wanted);
        if (std::find(folded_tags.begin(), folded_tags.end(), wanted) != folded_tags.end()) {
          ++have;
        } else {
          describe_near(campaign, tag, wanted, folded_tags, whole);
        }
      }
      if (have == 0) continue;
      if (!campaign.on(post.platform)) {
        fmt::print("  near   {}: not on {}\n", campaign.id, base::name(post.platform));
      } else if (have < campaign.tags.size()) {
        fmt::print("  near   {}: {} of its {} tags\n", campaign.id, have, campaign.tags.size());
      } else {
        describe_missing(post, campaign);
      }
    }
  }

  static void describe_near(const catalogue::Campaign& campaign, const std::string& tag,
                            const std::string& wanted, const std::vector<std::string>& folded_tags,
                            const std::string& whole) {
    for (const std::string& have : folded_tags) {
      if (distance(have, wanted) <= 2 || have.starts_with(wanted)) {
        fmt::print("  near   {}: its tag is {}\n", campaign.id, tag);
        return;
      }
    }
    if (whole.find(wanted) != std::string::npos && wanted.size() > 3) {
      fmt::print("  near   {}: {} stands in the text, but is no tag there\n", campaign.id, tag);
    }
  }

  // Emoji, mentions and claims: what was read, and what was missing for it to count.
  void describe_words(const post::Post& post) {
    match::find_urls(post.text, post.platform, &urls_);
    match::find_words(post.text, urls_, &words_);
    for (const match::EmojiUse& use : db_.emoji()) {
      match::TextSpan span;
      if (!match::find_emoji(post.text, use.emoji, &span)) continue;
      const catalogue::Campaign& campaign = catalogue_.campaigns[use.campaign];
      fmt::print("  emoji  {}  of {} rev {} ({})\n", campaign.emoji, campaign.id, campaign.rev,
                 at(campaign.tag_where));
      describe_missing(post, campaign);
    }
    match::Claim claim;
    std::vector<match::TextSpan> parts;
    for (const catalogue::Campaign& campaign : catalogue_.campaigns) {
      if (!campaign.claim) continue;
      if (!match::ClaimGrammar(campaign).parse(words_, &claim, &parts)) continue;
      fmt::print("  claim  {}  of {} rev {} ({})\n", claim_text(campaign, claim), campaign.id,
                 campaign.rev, at(campaign.tag_where));
      describe_missing(post, campaign);
    }
  }

  static std::string claim_text(const catalogue::Campaign& campaign, const match::Claim& claim) {
    std::string out = claim.kind == match::ClaimKind::kPass        ? "takes back"
                      : claim.kind == match::ClaimKind::kNext      ? "stands in line for"
                      : claim.kind == match::ClaimKind::kNotAClaim ? "no claim of"
                                                                   : "wants";
    out += fmt::format(" {}", claim.quantity);
    for (const std::uint16_t item : claim.items) out += " " + campaign.items[item].code;
    if (claim.items.size() != 1) return out;
    const catalogue::OfferItem& item = campaign.items[claim.items.front()];
    for (std::size_t i = 0; i < item.options.size(); ++i) {
      out += claim.options[i] == match::kNoOption ? " ?" : " " + item.options[i][claim.options[i]];
    }
    return out;
  }

  void describe_missing(const post::Post& post, const catalogue::Campaign& campaign) const {
    if (!campaign.on(post.platform)) {
      fmt::print("  near   {}: not on {}\n", campaign.id, base::name(post.platform));
    }
    match::TextSpan span;
    const bool mentions = std::any_of(
        campaign.mentions.begin(), campaign.mentions.end(), [&](const std::string& handle) {
          return match::find_mention(post.text, post.platform, handle, &span);
        });
    if (!campaign.mentions.empty() && !mentions) {
      fmt::print("  near   {}: without a mention of @{}\n", campaign.id, campaign.mentions.front());
    }
    const bool under = std::any_of(
        campaign.under.begin(), campaign.under.end(), [&](const catalogue::AuthorRef& author) {
          return author.platform == post.platform && author.id == post.reply_to_author;
        });
    if (!campaign.under.empty() && !under) {
      fmt::print("  near   {}: the record does not say that it is under a post of its authors\n",
                 campaign.id);
    }
  }

  void describe_links(const post::Post& post) {
    const std::vector<match::FoundLink>& links = extractor_.links(post);
    for (std::size_t i = 0; i < extractor_.link_count(); ++i) {
      const match::FoundLink& link = links[i];
      if (link.why == match::LinkWhy::kNone) {
        const catalogue::Retailer& retailer = catalogue_.retailers[link.retailer];
        fmt::print("  link   {}\n         {}  ({}, template {}, {})\n", link.url,
                   match::product_key(catalogue_, {link.retailer, link.market, link.id}),
                   retailer.name, link.by != nullptr ? link.by->text : "", at(retailer.where));
        if (!link.affiliate.empty()) fmt::print("         pays {}\n", link.affiliate);
        if (!db_.watches(link.retailer)) {
          fmt::print("         only_if_named, and no campaign names it: match passes it over\n");
        }
      } else {
        fmt::print("  link   {}\n         {}: {}\n", link.url, match::name(link.why),
                   sentence(link.why));
      }
    }
  }

  const match::PatternDb& db_;
  const catalogue::Catalogue& catalogue_;
  const emit::UserMask& mask_;
  match::Extractor extractor_;
  std::vector<match::TextSpan> urls_;
  match::Words words_;
  std::vector<std::string> followed_;
  std::size_t said_ = 0;
};

void step_all(std::string_view signals, match::Signal* signal, intent::Resolver* resolver,
              Explainer* explainer) {
  while (match::decode(&signals, signal)) resolver->step(*signal, explainer);
}

ExitCode explain_text(const ExplainCommand& command, const match::PatternDb& db,
                      Explainer* explainer) {
  post::ParsedRecord record;
  record.kind = post::RecordKind::kPosts;
  record.posts.resize(1);
  record.post_count = 1;
  post::Post& post = record.posts[0];
  post.dialect = post::Dialect::kSimple;
  post.platform = platform_option(command.platform);
  post.id = "text";
  post.chain_id = "text";
  post.author_id = "somebody";
  // As if posted now, so that windows are open that are open today.
  post.has_time = true;
  post.time = std::chrono::duration_cast<std::chrono::milliseconds>(
                  std::chrono::system_clock::now().time_since_epoch())
                  .count();
  post.text = command.text;
  explainer->describe(post, {"--text", 1, 0});
  match::Matcher matcher(db, {});
  std::string signals;
  static_cast<void>(matcher.match(record, {}, &signals));
  intent::Resolver resolver(db.catalogue());
  match::Signal signal;
  step_all(signals, &signal, &resolver, explainer);
  if (explainer->said() == 0) fmt::print("  =>     nothing fires\n");
  return kDone;
}

}  // namespace

ExitCode run_explain(const ExplainCommand& command) {
  const int asked =
      (command.post.empty() ? 0 : 1) + (command.line ? 1 : 0) + (command.text.empty() ? 0 : 1);
  if (asked != 1) {
    throw base::SetupError(base::SetupFault::kUsage,
                           "explain: give one of --post ID, --line N, --text TEXT");
  }
  const auto catalogue = load_catalogue(command.catalogues);
  std::unique_ptr<FileExpansions> expansions;
  if (!command.links.empty()) expansions = std::make_unique<FileExpansions>(command.links);
  const match::PatternDb db(
      *catalogue, expansions == nullptr ? std::vector<std::string>{} : expansions->hosts());
  const emit::UserMask mask = emit::UserMask::from_option(command.users);
  Explainer explainer(db, expansions.get(), mask);
  if (!command.text.empty()) return explain_text(command, db, &explainer);

  ingest::Source source(source_options(command.input, catalogue->limits.record_bytes_max));
  post::PostReader reader({.forced = dialect_option(command.input.dialect)});
  match::MatchOptions options;
  options.expansions = expansions.get();
  match::Matcher matcher(db, options);
  intent::Resolver resolver(*catalogue);
  match::Signal signal;
  post::ParsedRecord parsed;
  std::string signals;
  ingest::Chunk chunk(256U << 10U);
  ingest::RecordView record;
  std::uint64_t line = 0;
  std::uint32_t input = 0;
  bool said_line = false;
  for (bool more = true; more;) {
    more = source.fill(&chunk) != ingest::FillResult::kEnd;
    ingest::RecordCursor records(&chunk);
    while (records.next(&record)) {
      if (record.input != input) line = 0;
      input = record.input;
      ++line;
      const Place place{source.input_names()[record.input], line, record.offset};
      const bool wanted = command.line && *command.line == line && record.input == 0;
      if (record.fault != ingest::RecordFault::kNone ||
          record.bytes.find_first_not_of(" \t\r\n") == std::string_view::npos) {
        if (wanted) {
          said_line = true;
          fmt::print("{}:{}: {}\n", place.input, line,
                     record.fault == ingest::RecordFault::kNone ? "a blank line"
                                                                : "too long, or cut short");
        }
        continue;
      }
      reader.read(record, &parsed);
      if (parsed.kind != post::RecordKind::kPosts && wanted) {
        said_line = true;
        fmt::print("{}:{}: {}\n", place.input, line,
                   parsed.kind == post::RecordKind::kControl
                       ? std::string("a control message: no post")
                       : fmt::format("no post: {}", post::name(parsed.reason)));
      }
      if (parsed.kind == post::RecordKind::kRejected) continue;
      for (std::size_t p = 0; p < parsed.post_count; ++p) {
        const post::Post& post = parsed.posts[p];
        const bool is_it =
            !command.post.empty() && (post.id == command.post || post.local_id == command.post);
        if (post.role == post::Role::kMain && (wanted || is_it)) explainer.describe(post, place);
      }
      signals.clear();
      const match::MatchResult result = matcher.match(parsed,
                                                      {.input = record.input,
                                                       .offset = record.offset,
                                                       .bytes = record.length,
                                                       .is_clock_line = record.is_clock_line},
                                                      &signals);
      if (wanted && result.no_author) fmt::print("  =>     rejected: no_author\n");
      if (result.signals > 0 && reader.validate(record) != post::RejectReason::kNone) {
        if (wanted) fmt::print("  =>     rejected: the line is not valid as a whole\n");
        continue;
      }
      step_all(signals, &signal, &resolver, &explainer);
    }
  }
  resolver.finish(false, &explainer);
  for (const ingest::InputFault& fault : source.faults()) {
    fmt::print(stderr, "hashcart: {}\n", fault.message);
  }
  if (!explainer.found()) {
    if (said_line) return kDone;
    fmt::print(stderr, "hashcart: no such post in the input\n");
    return kAnswerIsNo;
  }
  if (explainer.said() == 0) fmt::print("  =>     nothing fires\n");
  return kDone;
}

}  // namespace hashcart::app
