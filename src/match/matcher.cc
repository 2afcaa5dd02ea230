#include "match/matcher.h"

#include <algorithm>

#include "base/check.h"
#include "match/amount_grammar.h"
#include "match/mention_grammar.h"

namespace hashcart::match {
namespace {

EmbeddedRole role_of(const post::Post& main, const post::Post& embedded) noexcept {
  const auto is = [&](std::string_view id) {
    return !id.empty() && (id == embedded.id || id == embedded.local_id);
  };
  if (embedded.role == post::Role::kReplyTo || is(main.reply_to)) return EmbeddedRole::kParent;
  if (embedded.role == post::Role::kQuoteOf || is(main.quote_of)) return EmbeddedRole::kQuoted;
  return EmbeddedRole::kOther;
}

Evidence text_evidence(const post::Post& post, const TextSpan& span) noexcept {
  return {EvidenceField::kText, 0, span.start, span.end,
          post.text.substr(span.start, span.end - span.start)};
}

}  // namespace

Matcher::Matcher(const PatternDb& db, MatchOptions options)
    : db_(db), options_(std::move(options)), text_scratch_(db.text_literals().make_scratch()) {}

Extractor& Matcher::extractor(std::size_t place) {
  while (extractors_.size() <= place) {
    extractors_.push_back(std::make_unique<Extractor>(db_, options_.expansions));
  }
  return *extractors_[place];
}

std::uint32_t Matcher::propose(const post::Post& post) {
  std::uint32_t kinds = 0;
  if (!post.product_tags.empty()) kinds |= kHostKind;
  for (const post::Tag& tag : post.tags) {
    fold_tag(tag.text, post.platform, &folded_);
    if (!db_.tag_uses(folded_).empty()) kinds |= kTagKind;
  }
  if (!db_.emoji().empty()) kinds |= db_.text_literals().scan(post.text, &text_scratch_);
  if (db_.has_claims()) {
    fold_text(post.text, post.platform, &scan_text_);
    kinds |= db_.text_literals().scan(scan_text_, &text_scratch_);
  }
  // Tags and hosts stand in text as the raw scan saw them.
  scan_text_.assign(RawScan::kBytesBefore, '\n');
  scan_text_ += post.text;
  for (const post::Link& link : post.links) {
    scan_text_ += '\n';
    scan_text_ += link.url;
  }
  const std::size_t size = scan_text_.size() - RawScan::kBytesBefore;
  scan_text_.append(RawScan::kBytesBehind, '\n');
  const std::string_view text = scan_text_;
  return kinds | db_.raw_scan().probe(text.substr(RawScan::kBytesBefore, size));
}

void Matcher::add_links(const post::Post& post, std::size_t place,
                        std::vector<ProductLink>* products,
                        std::vector<std::uint16_t>* short_links) {
  Extractor& extract = extractor(place);
  const std::vector<FoundLink>& links = extract.links(post);
  for (std::size_t i = 0; i < extract.link_count(); ++i) {
    const FoundLink& link = links[i];
    if (link.why != LinkWhy::kNone && link.why != LinkWhy::kShortLink) continue;
    if (!db_.watches(link.retailer)) continue;
    if (link.why == LinkWhy::kShortLink) {
      if (std::find(short_links->begin(), short_links->end(), link.retailer) ==
          short_links->end()) {
        short_links->push_back(link.retailer);
      }
    }
    if (link.why != LinkWhy::kNone) continue;
    products->push_back({.retailer = link.retailer,
                         .market = link.market,
                         .id = link.id,
                         .affiliate = link.affiliate,
                         .evidence = {link.in_text ? EvidenceField::kText : EvidenceField::kLink,
                                      link.index, link.start, link.end, link.url}});
  }
  add_product_tags(post, products);
}

void Matcher::add_product_tags(const post::Post& post, std::vector<ProductLink>* products) const {
  for (std::uint32_t i = 0; i < post.product_tags.size(); ++i) {
    const std::string_view id = post.product_tags[i].id;
    const auto product = db_.tagged_product(post.platform, id);
    if (!product) continue;
    products->push_back({.retailer = product->retailer,
                         .market = product->market,
                         .id = product->id,
                         .evidence = {EvidenceField::kProductTag, i, 0,
                                      static_cast<std::uint32_t>(id.size()), id}});
  }
}

bool Matcher::may_trigger(const post::Post& post, std::uint32_t campaign) const {
  if (!options_.campaigns.empty() && !options_.campaigns[campaign]) return false;
  if (options_.since && post.time < *options_.since) return false;
  return !options_.until || post.time < *options_.until;
}

void Matcher::add_trigger(const post::Post& post, std::uint32_t campaign, TriggerRole role) {
  Trigger& trigger = signal_.triggers.emplace_back();
  trigger.campaign = campaign;
  trigger.role = role;
  trigger.author_ignored = db_.ignores(campaign, post.platform, post.author_id, post.author_handle);
  trigger.claim = {};
  trigger.amount = {};
  trigger.tags.clear();
}

void Matcher::add_amount(const post::Post& post, const catalogue::Campaign& campaign) {
  TextSpan span;
  Trigger& trigger = signal_.triggers.back();
  if (campaign.amount_currency.empty() ||
      !find_amount(post.text, campaign.amount_currency, &span, &trigger.amount)) {
    return;
  }
  trigger.tags.push_back(text_evidence(post, span));
}

bool Matcher::fits(const post::Post& post, const catalogue::Campaign& campaign,
                   std::string_view parent_author, std::vector<Evidence>* evidence) const {
  if (!campaign.under.empty()) {
    const bool is_under = std::any_of(
        campaign.under.begin(), campaign.under.end(), [&](const catalogue::AuthorRef& author) {
          return author.platform == post.platform && author.id == parent_author;
        });
    if (!is_under) return false;
  }
  if (campaign.mentions.empty()) return true;
  for (const std::string& handle : campaign.mentions) {
    TextSpan span;
    if (!find_mention(post.text, post.platform, handle, &span)) continue;
    const std::size_t sign = post.text[span.start] == '@' ? 1 : 3;
    if (post::runs_over_seam(post, span.start + sign, span.end)) continue;
    evidence->push_back(text_evidence(post, span));
    return true;
  }
  return false;
}

void Matcher::add_emoji_triggers(const post::Post& post, std::string_view parent_author) {
  for (const EmojiUse& use : db_.emoji()) {
    const catalogue::Campaign& campaign = db_.catalogue().campaigns[use.campaign];
    if (!campaign.on(post.platform) || !may_trigger(post, use.campaign)) continue;
    TextSpan span;
    if (!find_emoji(post.text, use.emoji, &span)) continue;
    add_trigger(post, use.campaign, TriggerRole::kOpen);
    Trigger& trigger = signal_.triggers.back();
    trigger.tags.push_back(text_evidence(post, span));
    if (fits(post, campaign, parent_author, &trigger.tags)) {
      add_amount(post, campaign);
    } else {
      signal_.triggers.pop_back();
    }
  }
}

void Matcher::add_claim_triggers(const post::Post& post, std::string_view parent_author) {
  const std::span<const ClaimUse> anywhere = db_.claims_anywhere(post.platform);
  const std::span<const ClaimUse> under = db_.claims_under(post.platform, parent_author);
  if (anywhere.empty() && under.empty()) return;
  find_urls(post.text, post.platform, &urls_);
  find_words(post.text, urls_, &words_);
  for (const std::span<const ClaimUse> uses : {anywhere, under}) {
    for (const ClaimUse& use : uses) {
      const catalogue::Campaign& campaign = db_.catalogue().campaigns[use.campaign];
      if (!may_trigger(post, use.campaign)) continue;
      if (!use.grammar->parse(words_, &claim_, &parts_)) continue;
      const bool is_cut = std::any_of(parts_.begin(), parts_.end(), [&](const TextSpan& part) {
        return post::runs_over_seam(post, part.start, part.end);
      });
      if (is_cut) continue;
      add_trigger(post, use.campaign, TriggerRole::kOpen);
      Trigger& trigger = signal_.triggers.back();
      trigger.claim = claim_;
      for (const TextSpan& part : parts_) trigger.tags.push_back(text_evidence(post, part));
      if (fits(post, campaign, parent_author, &trigger.tags)) {
        add_amount(post, campaign);
      } else {
        signal_.triggers.pop_back();
      }
    }
  }
}

void Matcher::add_tag_triggers(const post::Post& post, std::string_view parent_author) {
  hits_.clear();
  for (const FoundTag& tag : extractor(0).tags(post)) {
    fold_tag(tag.text, post.platform, &folded_);
    const bool in_text = tag.start != tag.end;
    for (const TagUse& use : db_.tag_uses(folded_)) {
      if (!use.on(post.platform) || !may_trigger(post, use.campaign)) continue;
      Evidence evidence;
      evidence.field = in_text ? EvidenceField::kText : EvidenceField::kTags;
      evidence.start = tag.start;
      evidence.end = tag.end;
      evidence.text = in_text ? post.text.substr(tag.start, tag.end - tag.start) : tag.text;
      hits_.push_back({use, evidence});
    }
  }
  const auto before = [](const TagHit& a, const TagHit& b) {
    if (a.use.campaign != b.use.campaign) return a.use.campaign < b.use.campaign;
    return a.use.position < b.use.position;
  };
  std::stable_sort(hits_.begin(), hits_.end(), before);
  for (std::size_t first = 0; first < hits_.size();) {
    const std::uint32_t index = hits_[first].use.campaign;
    std::size_t last = first;
    while (last < hits_.size() && hits_[last].use.campaign == index) ++last;
    const catalogue::Campaign& campaign = db_.catalogue().campaigns[index];
    // Positions ascend; the first hit at each is its evidence. The confirm tag stands at the end.
    std::size_t wanted = 0;
    std::size_t confirm = last;
    for (std::size_t i = first; i < last; ++i) {
      if (hits_[i].use.is_confirm) {
        confirm = std::min(confirm, i);
      } else if (hits_[i].use.position == wanted) {
        ++wanted;
      }
    }
    if (wanted == campaign.tags.size() && wanted > 0) {
      add_trigger(post, index, TriggerRole::kOpen);
      std::size_t position = 0;
      for (std::size_t i = first; i < last; ++i) {
        if (hits_[i].use.is_confirm || hits_[i].use.position != position) continue;
        signal_.triggers.back().tags.push_back(hits_[i].evidence);
        ++position;
      }
      if (fits(post, campaign, parent_author, &signal_.triggers.back().tags)) {
        add_amount(post, campaign);
      } else {
        signal_.triggers.pop_back();
      }
    } else if (confirm != last) {
      add_trigger(post, index, TriggerRole::kConfirm);
      signal_.triggers.back().tags.push_back(hits_[confirm].evidence);
    }
    first = last;
  }
}

void Matcher::add_offer_triggers(const post::Post& post) {
  if (signal_.products.empty()) return;
  for (const std::uint32_t index : db_.offer_campaigns()) {
    const catalogue::Campaign& campaign = db_.catalogue().campaigns[index];
    if (!campaign.on(post.platform) || !may_trigger(post, index)) continue;
    const bool offers =
        std::any_of(signal_.products.begin(), signal_.products.end(), [&](const ProductLink& link) {
          return std::find(campaign.on_link.begin(), campaign.on_link.end(), link.retailer) !=
                 campaign.on_link.end();
        });
    if (offers) add_trigger(post, index, TriggerRole::kOffer);
  }
}

void Matcher::add_embedded(const post::Post& main, const post::Post& embedded, std::size_t place) {
  EmbeddedPost entry;
  entry.role = role_of(main, embedded);
  if ((propose(embedded) & kHostKind) != 0) {
    add_links(embedded, place, &entry.products, &entry.short_links);
  }
  // A parent or quoted post counts even without links: it is what a trigger is decided on.
  const bool decides = entry.role != EmbeddedRole::kOther && !signal_.triggers.empty();
  if (entry.products.empty() && entry.short_links.empty() && !decides) return;
  entry.has_time = embedded.has_time;
  entry.time = embedded.time;
  entry.truncated = embedded.truncated;
  entry.id = embedded.id;
  entry.local_id = embedded.local_id;
  entry.author_id = embedded.author_id;
  signal_.embedded.push_back(std::move(entry));
}

void Matcher::match_post(const post::ParsedRecord& record, std::size_t main, std::size_t end) {
  const post::Post& post = record.posts[main];
  const std::uint32_t proposed = propose(post);
  if ((proposed & kHostKind) != 0) {
    add_links(post, 0, &signal_.products, &signal_.short_links);
  }
  // Whose post it replies to, as far as the record says.
  std::string_view parent_author = post.reply_to_author;
  for (std::size_t i = main + 1; i < end && parent_author.empty(); ++i) {
    if (role_of(post, record.posts[i]) == EmbeddedRole::kParent) {
      parent_author = record.posts[i].author_id;
    }
  }
  if ((proposed & kTagKind) != 0) add_tag_triggers(post, parent_author);
  if ((proposed & kWordKind) != 0) add_claim_triggers(post, parent_author);
  if ((proposed & kEmojiKind) != 0) add_emoji_triggers(post, parent_author);
  add_offer_triggers(post);
  std::stable_sort(signal_.triggers.begin(), signal_.triggers.end(),
                   [](const Trigger& a, const Trigger& b) { return a.campaign < b.campaign; });
  if (db_.has_prompts() && !post.reply_to.empty()) {
    const auto prompts = db_.prompts_by(post.platform, post.author_id);
    signal_.prompts.assign(prompts.begin(), prompts.end());
  }
  for (std::size_t i = main + 1; i < end; ++i) add_embedded(post, record.posts[i], i - main);
}

void Matcher::describe(const post::Post& post, const RecordOrigin& origin) {
  signal_.platform = post.platform;
  signal_.moves_clock = post.has_time && post.time_is_platforms;
  signal_.is_repost = post.is_repost;
  signal_.is_quote = post.is_quote;
  signal_.is_edit = post.is_edit;
  signal_.author_protected = post.author_protected;
  signal_.truncated = post.truncated;
  signal_.time = post.time;
  signal_.post_id = post.id;
  signal_.local_id = post.local_id;
  signal_.chain_id = post.chain_id;
  signal_.author_id = post.author_id;
  signal_.author_handle = post.author_handle;
  signal_.reply_to = post.reply_to;
  signal_.reply_to_author = post.reply_to_author;
  signal_.quote_of = post.quote_of;
  signal_.lang = post.lang;
  if (options_.with_text) signal_.text = post.text;
  if (options_.accounts != nullptr && !signal_.triggers.empty()) {
    const auto account = options_.accounts->find(post.platform, post.author_id);
    signal_.linked = account.has_value();
    if (account) signal_.account = *account;
  }
  signal_.input = origin.input;
  signal_.offset = origin.offset;
  signal_.bytes = origin.bytes;
}

MatchResult Matcher::match(const post::ParsedRecord& record, const RecordOrigin& origin,
                           std::string* out) {
  MatchResult result;
  const std::size_t out_start = out->size();
  const auto put = [&] {
    encode(signal_, out);
    ++result.signals;
  };
  const auto start = [&](SignalKind kind, base::Platform platform) {
    signal_.clear();
    signal_.kind = kind;
    signal_.platform = platform;
    signal_.input = origin.input;
    signal_.offset = origin.offset;
    signal_.bytes = origin.bytes;
  };
  for (std::size_t main = 0; main < record.post_count;) {
    HASHCART_CHECK(record.posts[main].role == post::Role::kMain);
    std::size_t end = main + 1;
    while (end < record.post_count && record.posts[end].role != post::Role::kMain) ++end;
    const post::Post& post = record.posts[main];
    signal_.clear();
    match_post(record, main, end);
    if (!signal_.triggers.empty() && post.author_id.empty()) {
      out->resize(out_start);
      return {.signals = 0, .triggers = 0, .no_author = true};
    }
    if (!signal_.triggers.empty() || !signal_.products.empty() || !signal_.short_links.empty() ||
        !signal_.prompts.empty() || !signal_.embedded.empty()) {
      describe(post, origin);
      result.triggers += static_cast<std::uint32_t>(signal_.triggers.size());
      put();
    } else if (origin.is_clock_line && post.has_time && post.time_is_platforms) {
      start(SignalKind::kClock, post.platform);
      signal_.time = post.time;
      signal_.author_id = post.author_id;
      put();
    }
    main = end;
  }
  for (const post::Delete& gone : record.deletes) {
    start(gone.whole_account ? SignalKind::kDeleteAccount : SignalKind::kDelete, gone.platform);
    signal_.post_id = gone.post_id;
    signal_.author_id = gone.author_id;
    put();
  }
  for (const post::Tick& tick : record.ticks) {
    start(SignalKind::kTick, tick.platform);
    signal_.time = tick.time;
    put();
  }
  return result;
}

}  // namespace hashcart::match
