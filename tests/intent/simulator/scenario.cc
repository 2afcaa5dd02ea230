#include "intent/simulator/scenario.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <utility>

namespace hashcart::intent::simulator {
namespace {

using base::EventTimeMs;
using base::Platform;
using catalogue::Campaign;
using catalogue::Catalogue;
using match::Signal;

constexpr EventTimeMs kStart = 1'700'000'000'000;
constexpr std::int64_t kSecond = 1'000;
constexpr std::int64_t kMinute = 60 * kSecond;
constexpr std::int64_t kHour = 60 * kMinute;

constexpr std::string_view kBot = "bot";

class Maker {
 public:
  Maker(std::uint64_t seed, bool is_calm, Scenario* out)
      : random_(seed), is_calm_(is_calm), out_(*out) {}

  void make() {
    make_limits();
    make_catalogue();
    if (!is_calm_ && random_.chance(20)) platforms_ = 2;
    authors_ = 2 + random_.below(is_calm_ ? 6 : 4);
    posts_ = 4 + random_.below(10);
    pace_ = random_.one_of<std::int64_t>({0, 1, kSecond, 5 * kSecond, 20 * kSecond});
    const std::size_t count = 10 + random_.below(70);
    for (std::size_t i = 0; i < count; ++i) add_step();
    if (is_calm_) {
      std::stable_sort(out_.steps.begin(), out_.steps.end(),
                       [](const Signal& a, const Signal& b) { return a.time < b.time; });
    }
    for (std::size_t i = 0; i < out_.steps.size(); ++i) {
      out_.steps[i].offset = i;
      out_.steps[i].bytes = 1 + i % 3;
    }
  }

 private:
  // ------------------------------------------------------------------------------- catalogue

  void make_limits() {
    catalogue::Limits& limits = out_.catalogue.limits;
    limits.out_of_order_ms = random_.one_of<std::int64_t>({0, kSecond, 10 * kSecond});
    limits.parent_wait_ms = random_.one_of<std::int64_t>({kSecond, 20 * kSecond, 2 * kMinute});
    if (is_calm_) {
      limits.out_of_order_ms = 10 * kSecond;
      return;
    }
    limits.remember_links_ms = random_.one_of<std::int64_t>({20 * kSecond, 72 * kHour});
    limits.remember_seen_ms =
        random_.one_of<std::int64_t>({30 * kSecond, 5 * kMinute, 24 * kHour, 24 * kHour});
    limits.clock_jump_max_ms = random_.one_of<std::int64_t>({kMinute, kHour});
    out_.is_tight = random_.chance(30);
    if (!out_.is_tight) return;
    limits.remember_posts = 1 + random_.below(8);
    limits.pending_max = 1 + random_.below(4);
  }

  void make_catalogue() {
    Catalogue& catalogue = out_.catalogue;
    catalogue.id = "simulator";
    catalogue.retailers.resize(2);
    catalogue.retailers[0].id = "amazon";
    catalogue.retailers[0].markets = {{"US", ""}, {"UK", ""}};
    catalogue.retailers[1].id = "ebay";
    catalogue.retailers[1].ids_global = true;
    catalogue.retailers[1].markets = {{"US", ""}, {"DE", ""}};
    const std::size_t count = 1 + random_.below(4);
    for (std::size_t i = 0; i < count; ++i) {
      Campaign& campaign = catalogue.campaigns.emplace_back();
      campaign.id = "c" + std::to_string(i);
      campaign.tags = {"#" + campaign.id};
      campaign.platforms = ~0U;
      if (is_calm_) {
        random_.chance(50) ? make_cart(&campaign) : make_direct(&campaign);
      } else {
        make_any(&campaign);
      }
      if (random_.chance(20)) campaign.require_linked = true;
      if (random_.chance(30)) campaign.accept_protected = true;
      if (random_.chance(15)) campaign.from = kStart + random_.between(0, 2 * kMinute);
      if (random_.chance(15) && !(is_calm_ && campaign.confirm))
        campaign.until = kStart + random_.between(0, 5 * kMinute);
      if (!campaign.confirm && !is_calm_) make_duplicates(&campaign);
    }
  }

  void make_any(Campaign* campaign) {
    switch (random_.below(6)) {
      case 0:
        return make_cart(campaign);
      case 1:
      case 2:
        return make_direct(campaign);
      case 3:
        campaign->tags.clear();
        campaign->product_source = catalogue::ProductSource::kNone;
        campaign->on_link.push_back(static_cast<std::uint16_t>(random_.below(2)));
        campaign->when_any = true;
        return;
      default:
        return make_claims(campaign);
    }
  }

  // The product is a link of the post that is answered.
  void make_cart(Campaign* campaign) {
    campaign->product_source = catalogue::ProductSource::kLink;
    campaign->when_reply = true;
    campaign->when_quote = random_.chance(40);
    campaign->link_self = random_.chance(50);
    campaign->link_parent = !campaign->link_self || random_.chance(80);
    if (!is_calm_ && random_.chance(10)) campaign->when_any = true;
    campaign->refuse_other_markets = random_.chance(30);
    catalogue::RetailerScope scope{0, std::nullopt};
    if (random_.chance(50)) scope.market = 0;
    campaign->product_from.push_back(scope);
    if (random_.chance(30)) campaign->product_from.push_back({1, std::nullopt});
    if (!is_calm_ && random_.chance(20)) make_confirm(campaign);
  }

  // The tag names the product.
  void make_direct(Campaign* campaign) {
    campaign->product_source = catalogue::ProductSource::kCampaign;
    campaign->product = catalogue::FixedProduct{0, "US", "fixed-" + campaign->id, "", ""};
    campaign->when_any = is_calm_ || random_.chance(75);
    campaign->when_reply = !campaign->when_any;
    campaign->when_quote = campaign->when_reply && random_.chance(40);
    if (random_.chance(60)) make_confirm(campaign);
    if (!is_calm_ && random_.chance(30)) campaign->quantity = random_.below(4);
    campaign->waitlist = campaign->quantity && !campaign->confirm && random_.chance(50);
  }

  void make_confirm(Campaign* campaign) {
    catalogue::Confirm& confirm = campaign->confirm.emplace();
    confirm.tag = "#Confirm" + campaign->id;
    confirm.within_ms =
        random_.one_of<std::int64_t>({15 * kSecond, kMinute, 2 * kMinute, 15 * kMinute});
    if (random_.chance(60)) {
      confirm.remind_before_ms = random_.one_of<std::int64_t>({kSecond, 10 * kSecond});
    }
    if (!is_calm_ && random_.chance(60)) {
      confirm.clock = catalogue::ConfirmClock::kPrompt;
      confirm.prompt_by.push_back({Platform::kX, std::string(kBot)});
    }
  }

  void make_claims(Campaign* campaign) {
    campaign->product_source = catalogue::ProductSource::kItems;
    campaign->product = catalogue::FixedProduct{0, "US", "", "", ""};
    campaign->when_reply = true;
    campaign->tags.clear();
    campaign->claim.emplace().words = {"sold"};
    const std::size_t count = 1 + random_.below(3);
    for (std::size_t i = 0; i < count; ++i) {
      catalogue::OfferItem& item = campaign->items.emplace_back();
      item.code = "A" + std::to_string(i);
      item.id = "item-" + campaign->id + "-" + std::to_string(i);
      if (random_.chance(30)) item.options = {{"blue", "red"}};
      if (random_.chance(40)) item.quantity = random_.below(4);
    }
    if (random_.chance(30)) campaign->quantity = random_.below(6);
    campaign->waitlist = random_.chance(40);
  }

  void make_duplicates(Campaign* campaign) {
    switch (random_.below(4)) {
      case 0:
        campaign->duplicates = catalogue::Duplicates::kAccumulate;
        return;
      case 1:
        campaign->duplicates = catalogue::Duplicates::kMax;
        campaign->duplicates_max = 1 + random_.below(4);
        return;
      default:
        return;
    }
  }

  // ---------------------------------------------------------------------------------- signals

  std::string_view keep(const std::string& text) { return *out_.texts.insert(text).first; }
  std::string_view some_author() { return keep("u" + std::to_string(random_.below(authors_))); }
  std::string_view some_post() { return keep("p" + std::to_string(random_.below(posts_))); }

  // When the next post was made. The stream's time goes on; posts are late now and then.
  EventTimeMs some_time() {
    now_ += pace_ == 0 ? 0 : random_.between(0, pace_);
    if (random_.chance(5)) now_ += random_.between(0, 3 * kMinute);
    if (is_calm_) return now_;
    if (random_.chance(3)) now_ += random_.between(0, 30 * kMinute);
    if (random_.chance(2)) return now_ + random_.between(0, 40 * 24 * kHour);
    if (random_.chance(5)) return now_ - random_.between(0, 2 * kHour);
    if (random_.chance(40)) {
      return now_ - random_.between(0, out_.catalogue.limits.out_of_order_ms);
    }
    return now_;
  }

  Platform some_platform() {
    return platforms_ > 1 && random_.chance(30) ? Platform::kBluesky : Platform::kX;
  }

  void add_links(std::vector<match::ProductLink>* products, std::vector<std::uint16_t>* shorts) {
    const std::size_t count = random_.one_of<std::size_t>({0, 1, 1, 1, 1, 2});
    for (std::size_t i = 0; i < count; ++i) {
      match::ProductLink& link = products->emplace_back();
      link.retailer = random_.chance(75) ? 0 : 1;
      link.market = random_.chance(80) ? 0 : 1;
      link.id = keep("b" + std::to_string(random_.below(3)));
      if (random_.chance(20)) link.affiliate = keep("friend-20");
      link.evidence = {match::EvidenceField::kLink, static_cast<std::uint32_t>(i), 0, 9,
                       keep("https://x")};
    }
    if (random_.chance(10)) shorts->push_back(static_cast<std::uint16_t>(random_.below(2)));
  }

  // A post's own facts. One of the few ids, whose author is always the same, or a new id. What has
  // been there is there again as an edit: under its own id, or under a new one in its chain.
  Signal start_post(std::string_view author) {
    Signal signal;
    signal.platform = some_platform();
    signal.time = some_time();
    signal.moves_clock = random_.chance(92);
    if (!is_calm_ && author != kBot && random_.chance(60)) {
      const std::size_t post = random_.below(posts_);
      signal.post_id = keep("p" + std::to_string(post));
      author = keep("u" + std::to_string(post % authors_));
    } else {
      signal.post_id = keep("q" + std::to_string(next_post_++));
    }
    signal.author_id = author;
    signal.author_handle = keep("@" + std::string(author));
    signal.lang = "en";
    signal.chain_id = signal.post_id;
    signal.is_edit = !author_of(signal.post_id).empty();
    if (!is_calm_ && random_.chance(8)) {
      signal.is_edit = true;
      signal.post_id = keep(std::string(signal.chain_id) + "-e" + std::to_string(next_post_++));
    }
    if (random_.chance(10)) signal.local_id = keep("l" + std::string(signal.post_id));
    written_.push_back({signal.post_id, author});
    return signal;
  }

  // Whose post an id is, where the stream said so already.
  std::string_view author_of(std::string_view post) {
    for (auto it = written_.rbegin(); it != written_.rend(); ++it) {
      if (it->first == post) return it->second;
    }
    return {};
  }

  void add_target(Signal* signal) {
    // In a calm stream a parent is there before its replies, or never.
    std::string_view target = is_calm_ ? keep("nowhere") : some_post();
    if (!written_.empty() && random_.chance(50)) target = written_[recent()].first;
    if (random_.chance(15)) {
      signal->quote_of = target;
      signal->is_quote = true;
    } else {
      signal->reply_to = target;
      if (random_.chance(30)) signal->reply_to_author = author_of(target);
    }
    if (is_calm_ || !random_.chance(20)) return;
    match::EmbeddedPost& embedded = signal->embedded.emplace_back();
    embedded.role = signal->is_quote ? match::EmbeddedRole::kQuoted : match::EmbeddedRole::kParent;
    embedded.id = target;
    embedded.has_time = random_.chance(80);
    embedded.time = embedded.has_time ? signal->time - random_.between(0, kMinute) : 0;
    embedded.truncated = random_.chance(15);
    embedded.author_id = author_of(target);
    if (random_.chance(75)) add_links(&embedded.products, &embedded.short_links);
  }

  std::size_t recent() {
    const std::size_t reach = std::min<std::size_t>(written_.size(), 6);
    return written_.size() - 1 - random_.below(reach);
  }

  void add_trigger(std::uint32_t index, Signal* signal) {
    const Campaign& campaign = out_.catalogue.campaigns[index];
    match::Trigger trigger;
    trigger.campaign = index;
    trigger.author_ignored = random_.chance(3);
    if (campaign.confirm && random_.chance(40)) trigger.role = match::TriggerRole::kConfirm;
    if (is_calm_ && campaign.confirm && trigger.role == match::TriggerRole::kOpen &&
        !bought_.insert({std::string(signal->author_id), index}).second) {
      trigger.role = match::TriggerRole::kConfirm;
    }
    trigger.tags.push_back({match::EvidenceField::kText, 0, 0, 3, keep("#" + campaign.id)});
    if (campaign.claim) make_claim(campaign, &trigger.claim);
    signal->triggers.push_back(std::move(trigger));
  }

  void make_claim(const Campaign& campaign, match::Claim* claim) {
    claim->kind = match::ClaimKind::kWant;
    if (random_.chance(20)) claim->kind = match::ClaimKind::kNext;
    if (random_.chance(15)) claim->kind = match::ClaimKind::kPass;
    if (random_.chance(5)) {
      claim->kind = match::ClaimKind::kNotAClaim;
      claim->doubt = match::ClaimDoubt::kQuestion;
    }
    if (random_.chance(30)) claim->quantity = static_cast<std::uint32_t>(1 + random_.below(4));
    std::size_t named = random_.chance(90) ? 1 : random_.below(3);
    named = std::min(named, campaign.items.size());
    const std::size_t first = random_.below(campaign.items.size());
    for (std::size_t i = 0; i < named; ++i) {
      claim->items.push_back(static_cast<std::uint16_t>((first + i) % campaign.items.size()));
    }
    if (claim->items.size() != 1 || campaign.items[claim->items[0]].options.empty()) return;
    if (random_.chance(85)) claim->options[0] = static_cast<std::uint16_t>(random_.below(2));
    claim->options_clash = random_.chance(5);
  }

  void add_offers(Signal* signal) {
    for (std::uint32_t i = 0; i < out_.catalogue.campaigns.size(); ++i) {
      const Campaign& campaign = out_.catalogue.campaigns[i];
      const bool offers = std::any_of(
          signal->products.begin(), signal->products.end(), [&](const match::ProductLink& link) {
            return std::find(campaign.on_link.begin(), campaign.on_link.end(), link.retailer) !=
                   campaign.on_link.end();
          });
      if (!offers) continue;
      match::Trigger& trigger = signal->triggers.emplace_back();
      trigger.campaign = i;
      trigger.role = match::TriggerRole::kOffer;
    }
  }

  void finish_post(Signal signal) {
    add_offers(&signal);
    std::stable_sort(
        signal.triggers.begin(), signal.triggers.end(),
        [](const match::Trigger& a, const match::Trigger& b) { return a.campaign < b.campaign; });
    if (!signal.triggers.empty() && random_.chance(60)) {
      signal.linked = true;
      signal.account = keep("acct-" + std::string(signal.author_id));
    }
    if (random_.chance(5)) signal.author_protected = true;
    out_.steps.push_back(std::move(signal));
  }

  void add_link_post() {
    if (is_calm_) {
      // An id is linked to once: whichever order, the parent is the same.
      const std::string_view id = some_post();
      if (!linked_.insert(std::string(id)).second) return;
      Signal signal = start_post(keep("seller"));
      signal.post_id = signal.chain_id = id;
      signal.local_id = {};
      written_.back().first = id;
      add_links(&signal.products, &signal.short_links);
      if (!signal.products.empty() || !signal.short_links.empty()) finish_post(std::move(signal));
      return;
    }
    Signal signal = start_post(some_author());
    signal.is_repost = random_.chance(5);
    signal.truncated = random_.chance(5);
    add_links(&signal.products, &signal.short_links);
    if (random_.chance(10)) {
      match::EmbeddedPost& embedded = signal.embedded.emplace_back();
      embedded.id = some_post();
      embedded.author_id = author_of(embedded.id);
      add_links(&embedded.products, &embedded.short_links);
    }
    if (!signal.products.empty() || !signal.short_links.empty()) finish_post(std::move(signal));
  }

  void add_trigger_post() {
    Signal signal = start_post(some_author());
    std::vector<std::uint32_t> with_tag;
    bool answers = false;
    for (std::uint32_t i = 0; i < out_.catalogue.campaigns.size(); ++i) {
      if (!out_.catalogue.campaigns[i].on_link.empty()) continue;
      with_tag.push_back(i);
      answers = answers || !out_.catalogue.campaigns[i].when_any;
    }
    if (with_tag.empty()) return add_link_post();
    const std::uint32_t chosen = with_tag[random_.below(with_tag.size())];
    add_trigger(chosen, &signal);
    for (const std::uint32_t i : with_tag) {
      if (i != chosen && random_.chance(15)) add_trigger(i, &signal);
    }
    if (random_.chance(answers ? 90 : 30)) add_target(&signal);
    if (random_.chance(25)) add_links(&signal.products, &signal.short_links);
    if (!is_calm_) {
      signal.is_repost = random_.chance(3);
      signal.truncated = random_.chance(5);
    }
    finish_post(std::move(signal));
  }

  void add_prompt() {
    Signal signal = start_post(kBot);
    signal.platform = Platform::kX;
    signal.reply_to =
        written_.size() > 1 && random_.chance(85) ? written_[recent()].first : some_post();
    for (std::uint32_t i = 0; i < out_.catalogue.campaigns.size(); ++i) {
      const std::optional<catalogue::Confirm>& confirm = out_.catalogue.campaigns[i].confirm;
      if (confirm && !confirm->prompt_by.empty()) signal.prompts.push_back(i);
    }
    if (!signal.prompts.empty()) out_.steps.push_back(std::move(signal));
  }

  void add_delete() {
    Signal signal;
    signal.platform = some_platform();
    if (random_.chance(15)) {
      signal.kind = match::SignalKind::kDeleteAccount;
      signal.author_id = some_author();
    } else {
      signal.kind = match::SignalKind::kDelete;
      signal.post_id =
          !written_.empty() && random_.chance(70) ? written_[recent()].first : some_post();
      if (random_.chance(5)) signal.post_id = keep("l" + std::string(signal.post_id));
    }
    out_.steps.push_back(std::move(signal));
  }

  void add_clock() {
    Signal signal;
    signal.platform = some_platform();
    if (!is_calm_ && random_.chance(40)) {
      signal.kind = match::SignalKind::kTick;
      now_ += random_.chance(10) ? random_.between(0, 30 * kHour) : random_.between(0, kMinute);
      signal.time = now_;
    } else {
      signal.kind = match::SignalKind::kClock;
      signal.author_id = some_author();
      signal.time = some_time();
    }
    out_.steps.push_back(std::move(signal));
  }

  void add_step() {
    const std::size_t kind = random_.below(100);
    if (kind < 50) return add_trigger_post();
    if (kind < 68) return add_link_post();
    if (kind < 78) return is_calm_ ? add_trigger_post() : add_prompt();
    if (kind < 86) return add_clock();
    if (is_calm_) return add_link_post();
    if (kind < 93) return add_delete();
    if (out_.steps.empty()) return;
    // Once more, word for word: one of the last few, or any.
    const std::size_t size = out_.steps.size();
    const std::size_t back =
        random_.chance(70) ? random_.below(std::min<std::size_t>(size, 5)) : random_.below(size);
    out_.steps.push_back(Signal(out_.steps[size - 1 - back]));
  }

  Random random_;
  bool is_calm_;
  Scenario& out_;
  std::size_t platforms_ = 1;
  std::size_t authors_ = 1;
  std::size_t posts_ = 1;
  std::size_t next_post_ = 0;
  std::int64_t pace_ = 0;
  EventTimeMs now_ = kStart;
  std::vector<std::pair<std::string_view, std::string_view>> written_;  // post, author
  // Of a calm stream.
  std::set<std::string> linked_;
  std::set<std::pair<std::string, std::uint32_t>> bought_;
};

std::string time_text(EventTimeMs time) {
  const std::int64_t since = time - kStart;
  return (since < 0 ? "" : "+") + std::to_string(since) + "ms";
}

void add(std::string* out, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  out->append(" ").append(name).append("=").append(value);
}

std::string links_text(const std::vector<match::ProductLink>& products,
                       const std::vector<std::uint16_t>& shorts) {
  std::string out;
  for (const match::ProductLink& link : products) {
    out += (out.empty() ? "" : ",") + std::to_string(link.retailer) + ":" +
           std::to_string(link.market) + ":" + std::string(link.id);
  }
  for (const std::uint16_t retailer : shorts) {
    out += (out.empty() ? "short:" : ",short:") + std::to_string(retailer);
  }
  return out;
}

std::string trigger_text(const match::Trigger& trigger) {
  static constexpr std::array<std::string_view, 3> kRoles = {"open", "confirm", "offer"};
  static constexpr std::array<std::string_view, 5> kClaims = {"", " want", " next", " pass",
                                                              " not-a-claim"};
  std::string out = " [" + std::string(kRoles[static_cast<std::size_t>(trigger.role)]) + " c" +
                    std::to_string(trigger.campaign);
  out += kClaims[static_cast<std::size_t>(trigger.claim.kind)];
  for (const std::uint16_t item : trigger.claim.items) out += " A" + std::to_string(item);
  if (trigger.claim.options[0] != match::kNoOption) {
    out += " option " + std::to_string(trigger.claim.options[0]);
  }
  if (trigger.claim.options_clash) out += " clash";
  if (trigger.claim.quantity != 1) out += " x" + std::to_string(trigger.claim.quantity);
  return out + (trigger.author_ignored ? " ignored]" : "]");
}

}  // namespace

void make_scenario(std::uint64_t seed, Scenario* out) { Maker(seed, false, out).make(); }
void make_calm_scenario(std::uint64_t seed, Scenario* out) { Maker(seed, true, out).make(); }

std::vector<Signal> reordered(const Scenario& scenario, std::uint64_t seed) {
  Random random(seed);
  std::vector<std::pair<EventTimeMs, std::size_t>> order;
  std::map<std::string_view, EventTimeMs> last;
  for (std::size_t i = 0; i < scenario.steps.size(); ++i) {
    const Signal& signal = scenario.steps[i];
    EventTimeMs& at = last.try_emplace(signal.author_id, signal.time).first->second;
    at = std::max(at, signal.time + random.between(0, scenario.catalogue.limits.out_of_order_ms));
    order.emplace_back(at, i);
  }
  std::stable_sort(order.begin(), order.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<Signal> out;
  for (const auto& [at, index] : order) {
    out.push_back(scenario.steps[index]);
    out.back().offset = out.size() - 1;
  }
  return out;
}

std::string to_text(const Campaign& campaign) {
  std::string out = campaign.id + ":";
  if (!campaign.on_link.empty()) out += " on_link=" + std::to_string(campaign.on_link[0]);
  if (campaign.when_any) out += " any";
  if (campaign.when_reply) out += " reply";
  if (campaign.when_quote) out += " quote";
  for (const catalogue::RetailerScope& scope : campaign.product_from) {
    out += " from=" + std::to_string(scope.retailer);
    if (scope.market) out += ":" + std::to_string(*scope.market);
  }
  if (!campaign.product_from.empty()) {
    out += campaign.link_parent ? " parent" : "";
    out += campaign.link_self ? " self" : "";
    out += campaign.refuse_other_markets ? " refuse" : "";
  }
  if (campaign.confirm) {
    const catalogue::Confirm& confirm = *campaign.confirm;
    out += " within=" + std::to_string(confirm.within_ms) +
           "ms remind_before=" + std::to_string(confirm.remind_before_ms) + "ms";
    if (confirm.clock == catalogue::ConfirmClock::kPrompt) out += " prompt";
  }
  if (campaign.quantity) out += " quantity=" + std::to_string(*campaign.quantity);
  for (const catalogue::OfferItem& item : campaign.items) {
    out += " " + item.code;
    if (item.quantity) out += "x" + std::to_string(*item.quantity);
    if (!item.options.empty()) out += "(options)";
  }
  if (campaign.waitlist) out += " waitlist";
  if (campaign.duplicates == catalogue::Duplicates::kAccumulate) out += " accumulate";
  if (campaign.duplicates == catalogue::Duplicates::kMax) {
    out += " max=" + std::to_string(campaign.duplicates_max);
  }
  if (campaign.from) out += " from=" + time_text(*campaign.from);
  if (campaign.until) out += " until=" + time_text(*campaign.until);
  if (campaign.require_linked) out += " require_linked";
  if (campaign.accept_protected) out += " accept_protected";
  return out;
}

std::string to_text(const Signal& signal) {
  static constexpr std::array<std::string_view, 6> kKinds = {
      "", "post", "delete", "delete-account", "clock", "tick"};
  std::string out(kKinds[static_cast<std::size_t>(signal.kind)]);
  add(&out, "on", base::name(signal.platform));
  const bool has_time =
      signal.kind != match::SignalKind::kDelete && signal.kind != match::SignalKind::kDeleteAccount;
  if (has_time) add(&out, "at", time_text(signal.time));
  add(&out, "id", signal.post_id);
  if (signal.chain_id != signal.post_id) add(&out, "chain", signal.chain_id);
  add(&out, "local", signal.local_id);
  add(&out, "by", signal.author_id);
  add(&out, "reply_to", signal.reply_to);
  add(&out, "of", signal.reply_to_author);
  add(&out, "quote_of", signal.quote_of);
  add(&out, "links", links_text(signal.products, signal.short_links));
  if (signal.kind == match::SignalKind::kPost && !signal.moves_clock) out += " no-clock";
  if (signal.is_repost) out += " repost";
  if (signal.truncated) out += " truncated";
  if (signal.author_protected) out += " protected";
  if (signal.linked) out += " linked";
  for (const match::Trigger& trigger : signal.triggers) out += trigger_text(trigger);
  for (const std::uint32_t campaign : signal.prompts)
    out += " prompts:c" + std::to_string(campaign);
  for (const match::EmbeddedPost& post : signal.embedded) {
    out += " {embedded";
    add(&out, "id", post.id);
    add(&out, "by", post.author_id);
    if (post.has_time) add(&out, "at", time_text(post.time));
    add(&out, "links", links_text(post.products, post.short_links));
    if (post.truncated) out += " truncated";
    if (post.role != match::EmbeddedRole::kOther) {
      out += post.role == match::EmbeddedRole::kParent ? " parent" : " quoted";
    }
    out += "}";
  }
  return out;
}

}  // namespace hashcart::intent::simulator
