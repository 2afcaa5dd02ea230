#include "intent/simulator/referee.h"

#include <algorithm>

namespace hashcart::intent::simulator {
namespace {

using base::EventTimeMs;
using base::Platform;
using catalogue::Campaign;
using match::ProductLink;
using match::Signal;

std::string key_of(Platform platform, std::string_view id) {
  return std::string(base::name(platform)) + "|" + std::string(id);
}

std::string account_of(Platform platform, std::string_view author) {
  return key_of(platform, author) + "|account";
}

std::string owner_of(Platform platform, std::string_view author, std::uint32_t campaign) {
  return key_of(platform, author) + "|" + std::to_string(campaign);
}

// The ids a post goes by, each once, in the order of post, chain, local.
std::vector<std::string> names_of(const Signal& signal) {
  std::vector<std::string> out;
  for (const std::string_view id : {signal.post_id, signal.chain_id, signal.local_id}) {
    if (id.empty()) continue;
    const std::string key = key_of(signal.platform, id);
    if (std::find(out.begin(), out.end(), key) == out.end()) out.push_back(key);
  }
  return out;
}

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string product_text(std::uint16_t retailer, std::uint16_t market, std::string_view fixed,
                         std::string_view id) {
  return std::to_string(retailer) + ":" +
         (fixed.empty() ? std::to_string(market) : std::string(fixed)) + ":" + std::string(id);
}

std::string product_text(const ProductLink& link) {
  return product_text(link.retailer, link.market, {}, link.id);
}

std::string product_text(const Product& product) {
  return product_text(product.retailer, product.market, product.fixed_market, product.id);
}

bool is_waitable(const Campaign& campaign, match::TriggerRole role) {
  return role == match::TriggerRole::kOpen &&
         campaign.product_source == catalogue::ProductSource::kLink;
}

// The record an outcome comes with.
std::optional<RecordType> record_of(OutcomeCode code) {
  switch (code) {
    case OutcomeCode::kOffer:
      return RecordType::kOfferSeen;
    case OutcomeCode::kIntent:
      return RecordType::kCreated;
    case OutcomeCode::kQueued:
      return RecordType::kQueued;
    case OutcomeCode::kCancelled:
      return RecordType::kRetracted;
    case OutcomeCode::kPending:
      return RecordType::kPending;
    case OutcomeCode::kConfirmed:
      return RecordType::kConfirmed;
    default:
      return std::nullopt;
  }
}

void put(std::string* out, std::string_view name, std::string_view value) {
  out->append(" ").append(name).append("=").append(value);
}
void put(std::string* out, std::string_view name, std::int64_t value) {
  put(out, name, std::string_view(std::to_string(value)));
}
void put_count(std::string* out, std::string_view name, std::uint64_t value) {
  put(out, name, std::string_view(std::to_string(value)));
}

}  // namespace

std::string to_text(const CartIntent& record, bool with_origin) {
  std::string out = "  " + std::string(name(record.type));
  put(&out, "on", base::name(record.platform));
  put(&out, "at", record.time);
  put_count(&out, "campaign", record.campaign);
  put(&out, "opening", record.opening_id);
  put(&out, "opened_at", record.opened_at);
  if (record.deadline) put(&out, "deadline", *record.deadline);
  put_count(&out, "step", record.step);
  put_count(&out, "steps", record.steps);
  put(&out, "author", record.author_id);
  put(&out, "handle", record.author_handle);
  put(&out, "account", record.account);
  put(&out, "product", product_text(record.product));
  put(&out, "affiliate", record.product.affiliate);
  put_count(&out, "from", static_cast<std::uint64_t>(record.from));
  put_count(&out, "item", record.item);
  for (const std::uint16_t option : record.options) put_count(&out, "option", option);
  put_count(&out, "requested", record.requested);
  put_count(&out, "accepted", record.accepted);
  if (record.left) put_count(&out, "left", *record.left);
  put(&out, "amount", record.amount);
  put(&out, "post", record.post_id);
  put(&out, "reply_to", record.reply_to);
  put(&out, "quote_of", record.quote_of);
  put(&out, "lang", record.lang);
  put(&out, "text", record.text);
  for (const bool flag : {record.stands_in_line, record.confirm_tag, record.market_mismatch,
                          record.author_protected, record.evicted, record.passed}) {
    out += flag ? " 1" : " 0";
  }
  for (const EvidencePiece& piece : record.evidence) {
    put_count(&out, "evidence", static_cast<std::uint64_t>(piece.role));
    put(&out, "in", piece.post_id);
    put_count(&out, "field", static_cast<std::uint64_t>(piece.what.field));
    put_count(&out, "index", piece.what.index);
    put_count(&out, "start", piece.what.start);
    put_count(&out, "end", piece.what.end);
    put(&out, "says", piece.what.text);
  }
  if (!with_origin) return out;
  put_count(&out, "input", record.input);
  put_count(&out, "offset", record.offset);
  put_count(&out, "bytes", record.bytes);
  return out;
}

std::string to_text(const Outcome& outcome, bool with_origin) {
  std::string out = "  outcome " + std::string(name(outcome.code));
  put(&out, "on", base::name(outcome.platform));
  put_count(&out, "campaign", outcome.campaign);
  put(&out, "post", outcome.post_id);
  if (outcome.record != nullptr) {
    put(&out, "record", name(outcome.record->type));
    put(&out, "opening", outcome.record->opening_id);
    put(&out, "product", product_text(outcome.record->product));
  }
  for (const Product& product : outcome.products) put(&out, "product", product_text(product));
  put(&out, "detail", outcome.detail);
  if (!with_origin) return out;
  put_count(&out, "input", outcome.input);
  put_count(&out, "offset", outcome.offset);
  put_count(&out, "bytes", outcome.bytes);
  return out;
}

std::string to_text(const ResolverStats& stats) {
  std::string out;
  for (std::size_t i = 0; i < kOutcomeCount; ++i) {
    if (stats.outcomes[i] > 0) put_count(&out, kOutcomeNames[i], stats.outcomes[i]);
  }
  for (std::size_t i = 0; i < kRecordTypeCount; ++i) {
    if (stats.records[i] > 0) put_count(&out, kRecordTypeNames[i], stats.records[i]);
  }
  put_count(&out, "triggers", stats.triggers);
  put_count(&out, "waiting", stats.waiting);
  put_count(&out, "pendings_opened", stats.pendings_opened);
  put_count(&out, "pendings_confirmed", stats.pendings_confirmed);
  put_count(&out, "pendings_expired", stats.pendings_expired);
  put_count(&out, "pendings_retracted", stats.pendings_retracted);
  put_count(&out, "pendings_open", stats.pendings_open);
  put_count(&out, "queue_taken", stats.queue_taken);
  put_count(&out, "queue_promoted", stats.queue_promoted);
  put_count(&out, "queue_retracted", stats.queue_retracted);
  put_count(&out, "queue_evicted", stats.queue_evicted);
  put_count(&out, "queue_open", stats.queue_open);
  put_count(&out, "clock_times_dropped", stats.clock_times_dropped);
  for (const TableStats& table : stats.tables) {
    put_count(&out, table.name, table.size);
    put_count(&out, "evicted", table.evictions);
  }
  return out;
}

Referee::Referee(const Scenario& scenario)
    : scenario_(scenario), catalogue_(scenario.catalogue), limits_(scenario.catalogue.limits) {
  for (std::uint32_t i = 0; i < catalogue_.campaigns.size(); ++i) {
    const Campaign& campaign = catalogue_.campaigns[i];
    if (campaign.quantity) stock_[std::to_string(i)] = campaign.quantity;
    for (std::size_t item = 0; item < campaign.items.size(); ++item) {
      if (!campaign.items[item].quantity) continue;
      stock_[std::to_string(i) + "/" + std::to_string(item)] = campaign.items[item].quantity;
    }
  }
}

void Referee::fail(const std::string& what) {
  if (fault_.empty()) fault_ = what;
}

void Referee::check(bool holds, std::string_view what) {
  if (!holds) fail(std::string(what));
}

// ------------------------------------------------------------------------------ time and memory

Referee::Clock& Referee::clock(Platform platform) {
  return clocks_[static_cast<std::size_t>(platform)];
}

Referee::Stamp Referee::now(Platform platform) { return clock(platform).greatest; }

std::optional<EventTimeMs> Referee::watermark(Platform platform) {
  const Stamp greatest = now(platform);
  if (!greatest) return std::nullopt;
  return *greatest - limits_.out_of_order_ms;
}

bool Referee::has_passed(Platform platform, Time due) {
  const std::optional<Time> mark = watermark(platform);
  return mark && *mark >= due;
}

bool Referee::is_fresh(Platform platform, const Stamp& stamp) {
  const Stamp greatest = now(platform);
  return !greatest || !stamp || *greatest - *stamp <= limits_.remember_seen_ms;
}

bool Referee::is_deleted(const std::string& key, Platform platform) {
  const auto found = deleted_.find(key);
  return found != deleted_.end() && is_fresh(platform, found->second);
}

// "A time more than `clock_jump_max` ahead (or the first of a stream) is held until a clock-moving
// post by a different author lies within `clock_jump_max` of it; else it is dropped and counted."
void Referee::observe(const Signal& signal) {
  Clock& it = clock(signal.platform);
  const auto advance = [&](Time time) { it.greatest = std::max(it.greatest.value_or(time), time); };
  if (signal.kind == match::SignalKind::kTick) return advance(signal.time);
  const bool moves = signal.kind == match::SignalKind::kClock ||
                     (signal.kind == match::SignalKind::kPost && signal.moves_clock);
  if (!moves) return;
  if (it.held && it.held->second != signal.author_id) {
    const Time held = it.held->first;
    it.held.reset();
    if (signal.time - held <= limits_.clock_jump_max_ms &&
        held - signal.time <= limits_.clock_jump_max_ms) {
      return advance(std::max(signal.time, held));
    }
    ++books_.clock_times_dropped;
  }
  if (it.greatest && signal.time - *it.greatest <= limits_.clock_jump_max_ms) {
    return advance(signal.time);
  }
  if (!it.held) it.held = {signal.time, std::string(signal.author_id)};
}

void Referee::read_words(const Signal& signal) {
  for (const std::string_view word : {signal.post_id, signal.chain_id, signal.local_id,
                                      signal.author_id, signal.reply_to, signal.quote_of}) {
    words_.emplace(word);
  }
  for (const ProductLink& link : signal.products) words_.emplace(link.id);
  for (const match::EmbeddedPost& post : signal.embedded) {
    words_.emplace(post.id);
    for (const ProductLink& link : post.products) words_.emplace(link.id);
  }
}

void Referee::read_post(const Signal& signal) {
  const std::vector<std::string> names = names_of(signal);
  bool deleted = is_deleted(account_of(signal.platform, signal.author_id), signal.platform);
  for (const std::string& key : names) deleted = deleted || is_deleted(key, signal.platform);
  if (!deleted && !signal.is_repost && !(signal.products.empty() && signal.short_links.empty())) {
    for (const std::string& key : names) {
      parents_[key] = {std::string(signal.post_id),
                       std::string(signal.author_id),
                       signal.time,
                       signal.truncated,
                       signal.products,
                       signal.short_links};
    }
  }
  for (const match::EmbeddedPost& post : signal.embedded) {
    const std::string key = key_of(signal.platform, post.id);
    if (post.products.empty() && post.short_links.empty()) continue;
    if (is_deleted(key, signal.platform)) continue;
    parents_.try_emplace(key, Parent{std::string(post.id), std::string(post.author_id),
                                     post.has_time ? std::optional<Time>(post.time) : std::nullopt,
                                     post.truncated, post.products, post.short_links});
  }
  if (signal.triggers.empty()) return;
  const std::string chain = key_of(signal.platform, signal.chain_id);
  const auto before = decided_.find(chain);
  const bool was_read = before != decided_.end();
  const bool is_redelivery = was_read && is_fresh(signal.platform, before->second);
  if (!is_redelivery) decided_[chain] = now(signal.platform);
  for (const match::Trigger& trigger : signal.triggers) {
    OpenTrigger& open = open_[{signal.offset, trigger.campaign}];
    open.signal = &signal;
    open.trigger = &trigger;
    open.step = step_;
    open.was_read = was_read;
    open.is_redelivery = is_redelivery;
    open.is_deleted = deleted;
    ++books_.triggers;
  }
}

void Referee::before(const Signal& signal) {
  ++step_;
  signal_ = &signal;
  read_words(signal);
  observe(signal);
  switch (signal.kind) {
    case match::SignalKind::kPost:
      return read_post(signal);
    case match::SignalKind::kDelete: {
      const std::string key = key_of(signal.platform, signal.post_id);
      deleted_[key] = now(signal.platform);
      parents_.erase(key);
      return;
    }
    case match::SignalKind::kDeleteAccount:
      deleted_[account_of(signal.platform, signal.author_id)] = now(signal.platform);
      return;
    case match::SignalKind::kClock:
    case match::SignalKind::kTick:
      return;
  }
}

// A prompt says nothing itself, so it may be applied when its step is over: what came before were
// timers.
void Referee::apply_prompts(const Signal& signal) {
  const std::string post = key_of(signal.platform, signal.reply_to);
  for (const std::uint32_t campaign : signal.prompts) {
    const catalogue::Confirm& confirm = *catalogue_.campaigns[campaign].confirm;
    if (confirm.clock != catalogue::ConfirmClock::kPrompt) continue;
    bool is_early = true;
    for (const auto& [owner, key] : pending_) {
      Life& life = lives_.at(key);
      if (life.campaign != campaign || !contains(life.posts, post)) continue;
      is_early = false;
      if (signal.time >= life.deadline) continue;
      life.deadline = std::max(signal.time, life.opened_at) + confirm.within_ms;
      life.moved = step_;
    }
    if (is_early) prompts_[post + "|" + std::to_string(campaign)] = signal.time;
  }
}

// ---------------------------------------------------------------------------------------- rules

const Campaign& Referee::campaign_of(const OpenTrigger& open) const {
  return catalogue_.campaigns[open.trigger->campaign];
}

std::string_view Referee::parent_of(const OpenTrigger& open) const {
  if (!open.signal->reply_to.empty()) return open.signal->reply_to;
  return campaign_of(open).when_quote ? open.signal->quote_of : std::string_view();
}

bool Referee::is_in_reach(Time reply, const Parent& parent) const {
  if (!parent.time) return true;
  return reply - *parent.time <= limits_.remember_links_ms &&
         *parent.time - reply <= limits_.remember_links_ms;
}

Referee::Verdict Referee::judge(const OpenTrigger& open) {
  return open.step == step_ && signal_ != nullptr ? judge_now(open) : judge_waiting(open);
}

// What was refused for the post alone, or for what it may do; in the order of the closed list.
std::optional<OutcomeCode> Referee::refusal(const OpenTrigger& open) {
  const Signal& signal = *open.signal;
  const Campaign& campaign = campaign_of(open);
  const match::ClaimKind claim = open.trigger->claim.kind;
  if (signal.is_repost) return OutcomeCode::kRepost;
  const bool is_outside = (campaign.from && signal.time < *campaign.from) ||
                          (campaign.until && signal.time > *campaign.until);
  const bool confirms_open =
      open.trigger->role == match::TriggerRole::kConfirm &&
      pending_.count(owner_of(signal.platform, signal.author_id, open.trigger->campaign)) > 0;
  if (is_outside && !confirms_open && claim != match::ClaimKind::kPass) {
    return OutcomeCode::kCampaignClosed;
  }
  if (claim == match::ClaimKind::kNotAClaim) return OutcomeCode::kNotAClaim;
  if (open.trigger->author_ignored) return OutcomeCode::kIgnoredAuthor;
  if (signal.author_protected && !campaign.accept_protected) return OutcomeCode::kProtected;
  if (campaign.require_linked && !signal.linked) return OutcomeCode::kNotLinked;
  return std::nullopt;
}

Referee::Verdict Referee::judge_now(const OpenTrigger& open) {
  if (open.is_redelivery) return {.code = OutcomeCode::kRedelivered};
  if (open.is_deleted) return {.code = OutcomeCode::kRetracted};
  if (const std::optional<OutcomeCode> code = refusal(open)) return {.code = code};
  switch (open.trigger->role) {
    case match::TriggerRole::kConfirm:
      return judge_confirm(open);
    case match::TriggerRole::kOffer:
      return {.code = OutcomeCode::kOffer};
    case match::TriggerRole::kOpen:
      break;
  }
  if (open.trigger->claim.kind == match::ClaimKind::kPass) return judge_pass(open);
  return judge_open(open);
}

// A trigger that waits is decided by what the current step did.
Referee::Verdict Referee::judge_waiting(const OpenTrigger& open) {
  const Signal& reply = *open.signal;
  const Time due = reply.time + limits_.parent_wait_ms;
  if (signal_ == nullptr || has_passed(reply.platform, due)) {
    return alone(open, OutcomeCode::kParentUnknown);
  }
  const Signal& signal = *signal_;
  const std::string parent = key_of(reply.platform, parent_of(open));
  const Verdict unfounded{.code = std::nullopt};
  if (signal.platform != reply.platform) return unfounded;
  if (signal.kind == match::SignalKind::kDelete) {
    const std::string gone = key_of(signal.platform, signal.post_id);
    if (contains(names_of(reply), gone)) return {.code = OutcomeCode::kRetracted};
    if (parent == gone) return {.code = OutcomeCode::kParentDeleted};
    return unfounded;
  }
  if (signal.kind == match::SignalKind::kDeleteAccount) {
    if (signal.author_id == reply.author_id) return {.code = OutcomeCode::kRetracted};
    return unfounded;
  }
  if (signal.kind != match::SignalKind::kPost) return unfounded;
  const std::vector<std::string> names = names_of(signal);
  bool deleted = is_deleted(account_of(signal.platform, signal.author_id), signal.platform);
  for (const std::string& key : names) deleted = deleted || is_deleted(key, signal.platform);
  // A tight table may have forgotten what was deleted.
  deleted = deleted && !scenario_.is_tight;
  if (!deleted && !signal.is_repost && contains(names, parent)) {
    const Parent own{std::string(signal.post_id),
                     std::string(signal.author_id),
                     signal.time,
                     signal.truncated,
                     signal.products,
                     signal.short_links};
    const bool has_links = !own.products.empty() || !own.short_links.empty();
    if (has_links && is_in_reach(reply.time, own)) return by_parent(open, own);
  }
  for (const match::EmbeddedPost& post : signal.embedded) {
    if (key_of(signal.platform, post.id) != parent) continue;
    if (is_deleted(parent, signal.platform) && !scenario_.is_tight) continue;
    const Parent own{std::string(post.id),
                     std::string(post.author_id),
                     post.has_time ? std::optional<Time>(post.time) : std::nullopt,
                     post.truncated,
                     post.products,
                     post.short_links};
    const bool has_links = !own.products.empty() || !own.short_links.empty();
    if (has_links && is_in_reach(reply.time, own)) return by_parent(open, own);
  }
  return unfounded;
}

Referee::Verdict Referee::judge_confirm(const OpenTrigger& open) {
  const Signal& signal = *open.signal;
  const std::string owner = owner_of(signal.platform, signal.author_id, open.trigger->campaign);
  if (const auto found = pending_.find(owner); found != pending_.end()) {
    const Life& life = lives_.at(found->second);
    if (signal.time < life.opened_at) return {.code = OutcomeCode::kNoPending};
    if (signal.time >= life.deadline) return {.code = OutcomeCode::kConfirmLate};
    return {.code = OutcomeCode::kConfirmed, .product = life.product};
  }
  Verdict out{.code = OutcomeCode::kNoPending, .is_known = !scenario_.is_tight};
  const auto found = closed_.find(owner);
  if (found == closed_.end() || !is_fresh(signal.platform, found->second.stamp) ||
      signal.time < found->second.opened_at) {
    return out;
  }
  const bool in_time = signal.time < found->second.deadline;
  switch (found->second.as) {
    case End::kConfirmed:
      if (in_time) out.code = OutcomeCode::kAlreadyConfirmed;
      break;
    case End::kExpired:
      out.code = in_time ? OutcomeCode::kLate : OutcomeCode::kConfirmLate;
      break;
    case End::kRetracted:
      break;
    case End::kEvicted:
      out.code = in_time ? OutcomeCode::kEvicted : OutcomeCode::kConfirmLate;
      break;
  }
  return out;
}

// The author's last intent or place in line of the campaign, among those that fit.
Referee::Verdict Referee::judge_pass(const OpenTrigger& open) {
  const Signal& signal = *open.signal;
  const match::Claim& said = open.trigger->claim;
  const std::string owner = owner_of(signal.platform, signal.author_id, open.trigger->campaign);
  const Life* last = nullptr;
  for (const std::map<std::string, Life>* table : {&lives_, &line_}) {
    for (const auto& [key, life] : *table) {
      if (life.owner != owner) continue;
      if (life.stage != Stage::kQueued && !is_fresh(life.platform, life.stamp)) continue;
      if (!signal.reply_to.empty() && life.reply_to != signal.reply_to) continue;
      const bool names_it = said.items.empty() || std::find(said.items.begin(), said.items.end(),
                                                            life.item) != said.items.end();
      if (names_it && (last == nullptr || life.sequence > last->sequence)) last = &life;
    }
  }
  Verdict out{.code = OutcomeCode::kNothingToCancel, .is_known = !scenario_.is_tight};
  if (last == nullptr) return out;
  out.code = OutcomeCode::kCancelled;
  out.product = last->product;
  out.cancels = last->key;
  return out;
}

// Whether the post that is answered, or quoted, is the author's own, as far as one can know.
bool Referee::is_own(const OpenTrigger& open, const std::string& parent_key) {
  const Signal& signal = *open.signal;
  if (!signal.reply_to.empty() && signal.reply_to_author == signal.author_id) return true;
  if (!signal.embedded.empty() && signal.embedded[0].role != match::EmbeddedRole::kOther) {
    return signal.embedded[0].author_id == signal.author_id;
  }
  const auto found = parents_.find(parent_key);
  return found != parents_.end() && is_in_reach(signal.time, found->second) &&
         found->second.author == signal.author_id;
}

Referee::Verdict Referee::judge_open(const OpenTrigger& open) {
  const Signal& signal = *open.signal;
  const Campaign& campaign = campaign_of(open);
  const std::string_view parent_id = parent_of(open);
  if (!campaign.when_any && parent_id.empty()) {
    if (signal.is_quote) return {.code = OutcomeCode::kQuote};
    const bool has_link = !signal.products.empty() || !signal.short_links.empty();
    return {.code = has_link ? OutcomeCode::kNotAReply : OutcomeCode::kNoParent};
  }
  const std::string parent_key = key_of(signal.platform, parent_id);
  const bool is_fixed = campaign.product.has_value();
  if (is_fixed && campaign.when_any) {
    return accept(open, product_text(0, 0, campaign.product->market, campaign.product->id),
                  match::kNoItem, {});
  }
  if (parent_id.empty()) return alone(open, OutcomeCode::kNoParent);
  if (is_own(open, parent_key)) return {.code = OutcomeCode::kOwnPost};
  if (is_deleted(parent_key, signal.platform)) return {.code = OutcomeCode::kParentDeleted};
  if (campaign.product_source == catalogue::ProductSource::kItems) return accept_item(open);
  if (is_fixed) {
    return accept(open, product_text(0, 0, campaign.product->market, campaign.product->id),
                  match::kNoItem, parent_id);
  }
  if (!signal.embedded.empty() && signal.embedded[0].role != match::EmbeddedRole::kOther) {
    const match::EmbeddedPost& post = signal.embedded[0];
    return by_parent(open, {std::string(post.id), std::string(post.author_id),
                            post.has_time ? std::optional<Time>(post.time) : std::nullopt,
                            post.truncated, post.products, post.short_links});
  }
  const auto found = parents_.find(parent_key);
  if (found != parents_.end() && is_in_reach(signal.time, found->second)) {
    return by_parent(open, found->second);
  }
  if (has_passed(signal.platform, signal.time + limits_.parent_wait_ms)) {
    return alone(open, OutcomeCode::kParentUnknown);
  }
  for (const auto& [id, other] : open_) {
    // The chain waits already; that it was read was forgotten meanwhile.
    if (other.step < open.step && other.trigger->campaign == open.trigger->campaign &&
        other.signal->platform == signal.platform && other.signal->chain_id == signal.chain_id) {
      return {.code = OutcomeCode::kRedelivered};
    }
  }
  return {.code = std::nullopt};
}

Referee::Verdict Referee::by_parent(const OpenTrigger& open, const Parent& parent) {
  const Campaign& campaign = campaign_of(open);
  if (!parent.author.empty() && parent.author == open.signal->author_id) {
    return {.code = OutcomeCode::kOwnPost};
  }
  if (!campaign.link_parent) return alone(open, OutcomeCode::kNoProductLink);
  bool found = false;
  const Verdict verdict = by_candidates(open, parent.products, &found);
  if (found) return verdict;
  if (parent.truncated) return {.code = OutcomeCode::kIncomplete};
  for (const std::uint16_t retailer : parent.short_links) {
    for (const catalogue::RetailerScope& scope : campaign.product_from) {
      if (scope.retailer == retailer) return {.code = OutcomeCode::kUnresolvedShortLink};
    }
  }
  if (!parent.products.empty() || !parent.short_links.empty()) {
    return {.code = OutcomeCode::kOtherRetailer};
  }
  return alone(open, OutcomeCode::kNoProductLink);
}

Referee::Verdict Referee::alone(const OpenTrigger& open, OutcomeCode otherwise) {
  bool found = false;
  if (campaign_of(open).link_self) {
    const Verdict verdict = by_candidates(open, open.signal->products, &found);
    if (found) return verdict;
  }
  return {.code = otherwise};
}

// The distinct products a campaign takes: one is it, several are ambiguous.
Referee::Verdict Referee::by_candidates(const OpenTrigger& open,
                                        const std::vector<ProductLink>& links, bool* found) {
  const Campaign& campaign = campaign_of(open);
  std::vector<ProductLink> distinct;
  for (const ProductLink& link : links) {
    const bool is_taken = std::any_of(
        campaign.product_from.begin(), campaign.product_from.end(),
        [&](const catalogue::RetailerScope& scope) {
          return scope.retailer == link.retailer &&
                 (!scope.market || *scope.market == link.market || !campaign.refuse_other_markets);
        });
    const bool is_known =
        std::any_of(distinct.begin(), distinct.end(), [&](const ProductLink& other) {
          return other.retailer == link.retailer && other.id == link.id &&
                 (other.market == link.market || catalogue_.retailers[link.retailer].ids_global);
        });
    if (is_taken && !is_known) distinct.push_back(link);
  }
  *found = !distinct.empty();
  if (distinct.size() != 1) return {.code = OutcomeCode::kAmbiguous};
  return accept(open, product_text(distinct[0]), match::kNoItem, parent_of(open));
}

Referee::Verdict Referee::accept_item(const OpenTrigger& open) {
  const Campaign& campaign = campaign_of(open);
  const match::Claim& said = open.trigger->claim;
  if (said.items.empty()) return {.code = OutcomeCode::kNeedsItem};
  if (said.items.size() > 1) return {.code = OutcomeCode::kAmbiguous};
  const catalogue::OfferItem& item = campaign.items[said.items[0]];
  const bool lacks_option = !item.options.empty() && said.options[0] == match::kNoOption;
  if (said.options_clash || lacks_option) return {.code = OutcomeCode::kNeedsVariant};
  return accept(open, product_text(0, 0, campaign.product->market, item.id), said.items[0],
                parent_of(open));
}

Referee::Verdict Referee::accept(const OpenTrigger& open, const std::string& product,
                                 std::uint16_t item, std::string_view parent) {
  const Signal& signal = *open.signal;
  const Campaign& campaign = campaign_of(open);
  const match::Claim& said = open.trigger->claim;
  const std::string owner = owner_of(signal.platform, signal.author_id, open.trigger->campaign);
  const std::string place = place_of(open.trigger->campaign, item, product);
  const std::optional<std::uint64_t>* stock = stock_of(place);
  const bool sold_out = stock != nullptr && **stock == 0;
  Verdict out{.product = product, .pieces = 1};
  if (campaign.confirm) {
    out.code = OutcomeCode::kPending;
    if (pending_.count(owner) > 0) out.code = OutcomeCode::kAlreadyPending;
    if (sold_out) out.code = OutcomeCode::kSoldOut;
    return out;
  }
  const bool is_limited = campaign.duplicates == catalogue::Duplicates::kMax;
  std::string key = owner + "|";
  if (!is_limited) {
    key += std::string(parent) + "|" + std::to_string(item);
    if (item != match::kNoItem) key += "|" + std::to_string(said.options[0]);
  }
  const auto before = counts_.find(key);
  const bool is_again = before != counts_.end() && is_fresh(signal.platform, before->second.stamp);
  const std::uint64_t had = is_again ? before->second.pieces : 0;
  if (is_limited ? had >= campaign.duplicates_max
                 : is_again && campaign.duplicates == catalogue::Duplicates::kIdempotent) {
    return {.code = OutcomeCode::kDuplicate};
  }
  const bool counts_pieces = campaign.claim || campaign.quantity || is_limited;
  if (counts_pieces) out.pieces = std::max<std::uint64_t>(said.quantity, 1);
  if (is_limited) out.pieces = std::min(out.pieces, campaign.duplicates_max - had);
  bool in_line = sold_out;
  if (said.kind == match::ClaimKind::kNext && stock == nullptr) {
    // Where no stock is kept, one stands in line while somebody holds the product.
    in_line = std::any_of(lives_.begin(), lives_.end(), [&](const auto& entry) {
      return entry.second.place == place && is_fresh(entry.second.platform, entry.second.stamp);
    });
  } else if (said.kind != match::ClaimKind::kNext && !campaign.waitlist) {
    in_line = false;
  }
  if (sold_out && !in_line) return {.code = OutcomeCode::kSoldOut};
  if (stock != nullptr && !sold_out) out.pieces = std::min(out.pieces, **stock);
  out.code = in_line ? OutcomeCode::kQueued : OutcomeCode::kIntent;
  if (in_line && line_.count(key_of(signal.platform, signal.chain_id) + "|" +
                             std::to_string(open.trigger->campaign)) > 0) {
    return {.code = OutcomeCode::kRedelivered};
  }
  out.count = CountPlace{key, is_again ? before->second.since : ++sequence_, out.pieces};
  return out;
}

// ------------------------------------------------------------------------------ stock and line

std::string Referee::place_of(std::uint32_t campaign, std::uint16_t item,
                              const std::string& product) const {
  const std::string whole = std::to_string(campaign);
  const std::string of_item = whole + "/" + std::to_string(item);
  if (stock_.count(of_item) > 0) return of_item;
  if (stock_.count(whole) > 0) return whole;
  return whole + "/" + product;
}

std::optional<std::uint64_t>* Referee::stock_of(const std::string& place) {
  const auto found = stock_.find(place);
  return found == stock_.end() ? nullptr : &found->second;
}

const Referee::Life* Referee::first_in_line(const std::string& place) const {
  const Life* first = nullptr;
  for (const auto& [key, life] : line_) {
    if (life.place == place && (first == nullptr || life.sequence < first->sequence)) first = &life;
  }
  return first;
}

Referee::Count* Referee::count_of(const CountPlace& place) {
  const auto found = counts_.find(place.key);
  const bool is_it = found != counts_.end() && found->second.since == place.since;
  return is_it ? &found->second : nullptr;
}

void Referee::take(const std::string& place, std::uint64_t pieces, const CartIntent& record) {
  std::optional<std::uint64_t>* stock = stock_of(place);
  if (stock == nullptr) return check(!record.left, "says what is left where no stock is kept");
  check(**stock >= pieces, "more is given away than there is");
  **stock -= std::min(pieces, **stock);
  check(record.left == *stock, "says another number left than there is");
}

void Referee::give_back(const Life& life) {
  std::optional<std::uint64_t>* stock = stock_of(life.place);
  if (stock != nullptr) **stock += life.accepted;
  if (first_in_line(life.place) != nullptr) owed_ = life.place;
}

// -------------------------------------------------------------------------------------- records

Referee::OpenTrigger* Referee::open_trigger(std::uint64_t offset, std::uint32_t campaign) {
  const auto found = open_.find({offset, campaign});
  return found == open_.end() ? nullptr : &found->second;
}

void Referee::check_words(const CartIntent& record) {
  for (const std::string_view word :
       {record.post_id, record.opening_id, record.author_id, record.reply_to, record.quote_of}) {
    if (!word.empty() && words_.count(word) == 0)
      fail("names " + std::string(word) + ", never read");
  }
  for (const EvidencePiece& piece : record.evidence) {
    check(words_.count(piece.post_id) > 0, "evidence of a post that was never read");
  }
  const Campaign& campaign = catalogue_.campaigns[record.campaign];
  if (!campaign.product) {
    check(words_.count(record.product.id) > 0, "a product that was never read");
    check(record.from != ProductFrom::kCampaign, "a product of a campaign that names none");
  }
  check(record.evidence.size() >= (campaign.on_link.empty() ? 1U : 0U),
        "a record without evidence");
}

void Referee::check_id(const CartIntent& record, bool may_repeat) {
  const std::string id = key_of(record.platform, record.opening_id) + "|" +
                         std::to_string(record.campaign) + "|" + product_text(record.product) +
                         "|" + std::string(name(record.type));
  const bool is_new = ids_.insert(id).second;
  check(is_new || may_repeat, "the same id twice: " + id);
}

void Referee::record(const CartIntent& record) {
  ++books_.records[static_cast<std::size_t>(record.type)];
  if (!fault_.empty()) return;
  check_words(record);
  const std::string key =
      key_of(record.platform, record.opening_id) + "|" + std::to_string(record.campaign);
  OpenTrigger* open = open_trigger(record.offset, record.campaign);
  const bool is_birth =
      open != nullptr && !open->record && open->signal->chain_id == record.opening_id;
  const bool is_promotion =
      record.type == RecordType::kCreated && !is_birth && line_.count(key) > 0;
  // Stock, lines and full tables are shared by all platforms; clocks and deletes are not.
  check(
      signal_ == nullptr || record.platform == signal_->platform || is_promotion || record.evicted,
      "another platform's record");
  if (!owed_.empty()) {
    const bool is_it = is_promotion && line_.at(key).place == owed_;
    check(is_it, "a place in line does not move up right behind what made room");
    owed_.clear();
  }
  switch (record.type) {
    case RecordType::kOfferSeen:
      on_offer(record);
      break;
    case RecordType::kCreated:
      if (is_promotion) {
        on_promotion(record);
        break;
      }
      [[fallthrough]];
    case RecordType::kPending:
    case RecordType::kQueued:
      if (!is_birth) return fail("an intent without a trigger");
      on_birth(record, open);
      break;
    case RecordType::kReminder:
      on_reminder(record);
      break;
    case RecordType::kConfirmed:
      on_confirmed(record);
      break;
    case RecordType::kExpired:
      on_expired(record);
      break;
    case RecordType::kRetracted:
      on_retracted(record);
      break;
  }
}

void Referee::on_offer(const CartIntent& record) {
  OpenTrigger* open = open_trigger(record.offset, record.campaign);
  if (open == nullptr || open->trigger->role != match::TriggerRole::kOffer) {
    return fail("an offer without a trigger");
  }
  const bool is_linked = std::any_of(open->signal->products.begin(), open->signal->products.end(),
                                     [&](const ProductLink& link) {
                                       return product_text(link) == product_text(record.product) &&
                                              link.retailer == campaign_of(*open).on_link[0];
                                     });
  check(is_linked, "an offer of what its post does not link");
  check(open->offered.insert(product_text(record.product)).second, "an offer twice");
  check_id(record, open->was_read);
  open->record = record.type;
}

void Referee::on_birth(const CartIntent& record, OpenTrigger* open) {
  const Signal& signal = *open->signal;
  const Campaign& campaign = campaign_of(*open);
  open->verdict = judge(*open);
  open->record = record.type;
  const Verdict& verdict = *open->verdict;
  check(open->trigger->role == match::TriggerRole::kOpen, "a confirm opens");
  check(record.post_id == signal.post_id && record.author_id == signal.author_id &&
            record.time == signal.time && record.opened_at == signal.time &&
            record.reply_to == signal.reply_to,
        "a record that is not its post's");
  const std::string product = product_text(record.product);
  const std::string owner = owner_of(signal.platform, signal.author_id, record.campaign);
  if (!scenario_.is_tight) {
    check(verdict.product == product, "another product than the rules say");
    check(!open->is_redelivery, "a chain is decided twice");
  }
  check_id(record, open->was_read && (scenario_.is_tight || !open->is_redelivery));
  // A chain that was forgotten is decided anew, beside what it made before.
  for (std::map<std::string, Life>* table : {&lives_, &line_}) {
    const auto before = table->find(key_of(record.platform, record.opening_id) + "|" +
                                    std::to_string(record.campaign));
    if (before != table->end()) before->second.may_repeat = true;
  }
  Life life;
  life.platform = record.platform;
  life.campaign = record.campaign;
  life.key = key_of(record.platform, record.opening_id) + "|" + std::to_string(record.campaign);
  life.product = product;
  life.author = signal.author_id;
  life.owner = owner;
  life.place = place_of(record.campaign, record.item, product);
  life.reply_to = signal.reply_to;
  life.posts = names_of(signal);
  life.item = record.item;
  life.opened_at = record.opened_at;
  life.stamp = now(record.platform);
  life.sequence = ++sequence_;
  life.count = verdict.count;
  life.may_repeat = open->was_read;
  life.moved = step_;
  if (record.type == RecordType::kQueued) {
    life.stage = Stage::kQueued;
    check(line_.count(life.key) == 0, "a chain stands in line twice");
    const std::optional<std::uint64_t>* stock = stock_of(life.place);
    check(stock == nullptr || **stock == 0, "one stands in line although there is some left");
    check(line_.size() < limits_.pending_max, "more places in line than the limit");
    ++books_.queue_taken;
    line_[life.key] = life;
    return;
  }
  // Tight tables may have forgotten what a limit of an author counts; the record says what it took.
  std::uint64_t pieces = verdict.pieces;
  if (scenario_.is_tight) pieces = record.accepted;
  if (campaign.confirm) pieces = 1;
  if (record.requested > 0) {
    check(record.accepted == pieces, "another number of pieces than the rules say");
    check(record.accepted >= 1 && record.accepted <= record.requested, "pieces nobody asked for");
  }
  life.accepted = std::max<std::uint64_t>(record.accepted, 1);
  take(life.place, life.accepted, record);
  if (record.type == RecordType::kPending) {
    const catalogue::Confirm& confirm = *campaign.confirm;
    life.stage = Stage::kPending;
    check(pending_.count(owner) == 0, "a second pending of one author and campaign");
    check(pending_.size() < limits_.pending_max, "more pendings than the limit");
    life.deadline = record.opened_at + confirm.within_ms;
    Time later = life.deadline;
    for (const std::string& post : life.posts) {
      const auto prompt = prompts_.find(post + "|" + std::to_string(record.campaign));
      if (prompt == prompts_.end()) continue;
      if (prompt->second < later) {
        later = std::max(prompt->second, record.opened_at) + confirm.within_ms;
      }
      prompts_.erase(prompt);
      break;
    }
    const bool is_right =
        record.deadline == later || (scenario_.is_tight && record.deadline == life.deadline);
    check(is_right, "another deadline than the rules say");
    life.deadline = record.deadline.value_or(later);
    pending_[owner] = life.key;
    closed_.erase(owner);
    ++books_.pendings_opened;
  }
  lives_[life.key] = life;
}

void Referee::on_promotion(const CartIntent& record) {
  const std::string key =
      key_of(record.platform, record.opening_id) + "|" + std::to_string(record.campaign);
  Life life = line_.at(key);
  check(first_in_line(life.place) != nullptr && first_in_line(life.place)->key == key,
        "one moves up before another who came first");
  line_.erase(key);
  ++books_.queue_promoted;
  check_id(record, life.may_repeat);
  check(product_text(record.product) == life.product, "one moves up to another product");
  std::uint64_t pieces = std::max<std::uint64_t>(record.accepted, 1);
  if (life.count) {
    const std::optional<std::uint64_t>* stock = stock_of(life.place);
    pieces = stock == nullptr ? life.count->pieces : std::min(life.count->pieces, **stock);
    if (!scenario_.is_tight && record.requested > 0) {
      check(record.accepted == pieces, "one moves up to another number of pieces");
    }
    if (Count* count = count_of(*life.count)) {
      count->pieces -= std::min(count->pieces, life.count->pieces - pieces);
    }
    life.count->pieces = pieces;
  }
  life.stage = Stage::kCreated;
  life.accepted = std::max<std::uint64_t>(record.accepted, 1);
  life.stamp = now(record.platform);
  life.sequence = ++sequence_;
  take(life.place, life.accepted, record);
  lives_[key] = life;
}

void Referee::on_reminder(const CartIntent& record) {
  const auto found = pending_.find(owner_of(record.platform, record.author_id, record.campaign));
  if (found == pending_.end()) return fail("a reminder without a pending");
  Life& life = lives_.at(found->second);
  const std::int64_t before = catalogue_.campaigns[record.campaign].confirm->remind_before_ms;
  check(before > 0, "a reminder nobody wants");
  check(!life.is_reminded, "a second reminder");
  check(record.time == life.deadline - before && record.deadline == life.deadline,
        "a reminder for another moment");
  check(closes_pendings_ || has_passed(record.platform, record.time), "a reminder too early");
  check_id(record, life.may_repeat);
  life.is_reminded = true;
}

void Referee::on_confirmed(const CartIntent& record) {
  OpenTrigger* open = open_trigger(record.offset, record.campaign);
  if (open == nullptr || open->trigger->role != match::TriggerRole::kConfirm || open->record) {
    return fail("a confirmation without a trigger");
  }
  const std::string owner = owner_of(record.platform, record.author_id, record.campaign);
  const auto found = pending_.find(owner);
  if (found == pending_.end()) return fail("a confirmation without a pending");
  open->verdict = judge(*open);
  open->record = record.type;
  Life& life = lives_.at(found->second);
  const Signal& signal = *open->signal;
  check(signal.time >= life.opened_at, "a confirmation before its pending");
  check(signal.time < life.deadline, "a confirmation after the deadline");
  check(life.author == signal.author_id && record.post_id == signal.post_id &&
            record.time == signal.time && record.step == 2 && record.steps == 2,
        "a confirmation that is not its post's");
  check(life.key == key_of(record.platform, record.opening_id) + "|" +
                        std::to_string(record.campaign) &&
            life.product == product_text(record.product) && record.opened_at == life.opened_at &&
            record.deadline == life.deadline,
        "a confirmation of something else");
  check_id(record, life.may_repeat);
  life.stage = Stage::kConfirmed;
  life.stamp = now(record.platform);
  for (const std::string& post : names_of(signal)) {
    if (!contains(life.posts, post)) life.posts.push_back(post);
  }
  ++books_.pendings_confirmed;
  close(owner, End::kConfirmed);
}

void Referee::close(const std::string& owner, End as) {
  const Life& life = lives_.at(pending_.at(owner));
  closed_[owner] = {as, life.opened_at, life.deadline, now(life.platform)};
  pending_.erase(owner);
}

void Referee::on_expired(const CartIntent& record) {
  const std::string key =
      key_of(record.platform, record.opening_id) + "|" + std::to_string(record.campaign);
  if (const auto queued = line_.find(key); queued != line_.end()) {
    const Life life = queued->second;
    const bool is_oldest = std::none_of(line_.begin(), line_.end(), [&](const auto& other) {
      return other.second.sequence < life.sequence;
    });
    check(record.evicted && line_.size() == limits_.pending_max && is_oldest,
          "a place in line ends without cause");
    check_id(record, life.may_repeat);
    line_.erase(key);
    ++books_.queue_evicted;
    return;
  }
  const std::string owner = owner_of(record.platform, record.author_id, record.campaign);
  const auto found = pending_.find(owner);
  if (found == pending_.end() || found->second != key) return fail("an expiry without a pending");
  const Life life = lives_.at(key);
  check(record.time == life.deadline && record.deadline == life.deadline,
        "an expiry for another moment");
  check(life.product == product_text(record.product), "an expiry of another product");
  check_id(record, life.may_repeat);
  if (record.evicted) {
    const bool is_oldest = std::none_of(pending_.begin(), pending_.end(), [&](const auto& other) {
      return lives_.at(other.second).sequence < life.sequence;
    });
    check(pending_.size() == limits_.pending_max && is_oldest, "an eviction without cause");
  } else {
    const bool wants_reminder = catalogue_.campaigns[record.campaign].confirm->remind_before_ms > 0;
    check(closes_pendings_ || has_passed(record.platform, life.deadline), "an expiry too early");
    check(!wants_reminder || life.is_reminded, "an expiry that nobody was reminded of");
  }
  ++books_.pendings_expired;
  close(owner, record.evicted ? End::kEvicted : End::kExpired);
  lives_.erase(key);
  give_back(life);
}

void Referee::on_retracted(const CartIntent& record) {
  const std::string key =
      key_of(record.platform, record.opening_id) + "|" + std::to_string(record.campaign);
  // A chain that was forgotten may do both, hold something and stand in line, where nothing was
  // given to it.
  const bool is_queued = line_.count(key) > 0 && (lives_.count(key) == 0 || record.accepted == 0);
  if (!is_queued && lives_.count(key) == 0) return fail("what is no intent is taken back");
  if (signal_ == nullptr) return fail("an intent is taken back at the end");
  if (record.passed) {
    OpenTrigger* open = open_trigger(record.offset, record.campaign);
    if (open == nullptr || open->trigger->claim.kind != match::ClaimKind::kPass || open->record) {
      return fail("an intent is given up without a word");
    }
    open->verdict = judge(*open);
    open->record = record.type;
    check(scenario_.is_tight || open->verdict->cancels == key, "another intent is given up");
  }
  const Life life = is_queued ? line_.at(key) : lives_.at(key);
  if (!record.passed) {
    const std::string post = key_of(signal_->platform, signal_->post_id);
    const bool by_post = signal_->kind == match::SignalKind::kDelete && contains(life.posts, post);
    const bool by_account =
        signal_->kind == match::SignalKind::kDeleteAccount && signal_->author_id == life.author;
    check(by_post || by_account, "an intent is taken back without a delete");
  }
  check(life.product == product_text(record.product), "another product is taken back");
  const bool is_remembered = life.stage == Stage::kQueued || life.stage == Stage::kPending ||
                             is_fresh(life.platform, life.stamp);
  check(is_remembered, "an intent is taken back that is too old");
  check_id(record, life.may_repeat);
  if (life.count) {
    if (Count* count = count_of(*life.count)) {
      const Campaign& campaign = catalogue_.campaigns[life.campaign];
      if (campaign.duplicates == catalogue::Duplicates::kMax) {
        count->pieces -= std::min(count->pieces, life.count->pieces);
      } else if (record.passed) {
        counts_.erase(life.count->key);
      }
    }
  }
  if (is_queued) {
    ++books_.queue_retracted;
    line_.erase(key);
    return;
  }
  if (life.stage == Stage::kPending) {
    ++books_.pendings_retracted;
    close(life.owner, End::kRetracted);
  } else if (const auto closed = closed_.find(life.owner);
             closed != closed_.end() && closed->second.as == End::kConfirmed &&
             closed->second.opened_at == life.opened_at) {
    closed->second.as = End::kRetracted;
  }
  lives_.erase(key);
  give_back(life);
}

// ------------------------------------------------------------------------------------- outcomes

void Referee::outcome(const Outcome& outcome) {
  ++books_.outcomes[static_cast<std::size_t>(outcome.code)];
  if (!fault_.empty()) return;
  OpenTrigger* open = open_trigger(outcome.offset, outcome.campaign);
  if (open == nullptr) return fail("an outcome without a trigger, or its second");
  const Signal& signal = *open->signal;
  const std::string said(name(outcome.code));
  check(outcome.post_id == signal.post_id && outcome.platform == signal.platform,
        "an outcome of another post");
  const std::optional<RecordType> wanted = record_of(outcome.code);
  check(open->record == wanted, "outcome " + said + " and its record do not belong together");
  check((outcome.record != nullptr) == wanted.has_value(),
        "outcome " + said + " without its record");
  const bool has_waited = signal_ == nullptr || open->step != step_;
  if (outcome.code == OutcomeCode::kEvicted && open->trigger->role == match::TriggerRole::kOpen) {
    check(open_.begin()->first == TriggerId(outcome.offset, outcome.campaign) &&
              open_.size() > limits_.pending_max,
          "a reply is forgotten that could wait");
    open_.erase({outcome.offset, outcome.campaign});
    return;
  }
  if (!open->verdict) open->verdict = judge(*open);
  const Verdict verdict = *open->verdict;
  const std::string should =
      verdict.code ? std::string(name(*verdict.code)) : std::string("nothing yet");
  const std::string told = "outcome " + said + " where the rules say " + should;
  if (!scenario_.is_tight) {
    check(verdict.code == outcome.code, told);
  } else if (has_waited) {
    check(verdict.code.has_value(), told);
  } else if (outcome.code == OutcomeCode::kRedelivered) {
    check(open->was_read, told);
  } else if (outcome.code == OutcomeCode::kRetracted) {
    check(open->is_deleted, told);
  } else if (const std::optional<OutcomeCode> refused = refusal(*open); refused || wanted) {
    // What a confirmation did is done already, so it is not asked whether it may still be.
    if (!wanted) check(refused == outcome.code, told);
  } else if (open->trigger->role == match::TriggerRole::kConfirm) {
    const Verdict confirm = judge_confirm(*open);
    check(!confirm.is_known || confirm.code == outcome.code, told);
  }
  if (outcome.code == OutcomeCode::kOffer) {
    std::set<std::string> distinct;
    for (const ProductLink& link : signal.products) {
      if (link.retailer != campaign_of(*open).on_link[0]) continue;
      const bool is_global = catalogue_.retailers[link.retailer].ids_global;
      distinct.insert(is_global ? std::string(link.id) : product_text(link));
    }
    check(open->offered.size() == distinct.size(), "not every distinct product is offered");
  }
  if (verdict.count &&
      (outcome.code == OutcomeCode::kIntent || outcome.code == OutcomeCode::kQueued)) {
    Count& count = counts_[verdict.count->key];
    if (count.since != verdict.count->since) count = {.since = verdict.count->since};
    count.stamp = now(signal.platform);
    count.pieces += verdict.count->pieces;
  }
  open_.erase({outcome.offset, outcome.campaign});
}

// ------------------------------------------------------------------------------- ends of steps

void Referee::after(const ResolverStats& stats) {
  if (!fault_.empty()) return;
  if (signal_->kind == match::SignalKind::kPost) apply_prompts(*signal_);
  end_of_step(stats);
  for (const auto& [id, open] : open_) {
    const Campaign& campaign = campaign_of(open);
    if (!is_waitable(campaign, open.trigger->role) || parent_of(open).empty()) {
      return fail("a trigger without an outcome: step " + std::to_string(id.first));
    }
    check(!has_passed(open.signal->platform, open.signal->time + limits_.parent_wait_ms),
          "a reply waits too long");
    if (scenario_.is_tight) continue;
    check(!judge(open).code.has_value(), "a reply waits that could be decided");
  }
  check(open_.size() <= limits_.pending_max, "more replies wait than the limit");
  for (const auto& [owner, key] : pending_) {
    const Life& life = lives_.at(key);
    const std::int64_t before = catalogue_.campaigns[life.campaign].confirm->remind_before_ms;
    if (life.moved == step_) continue;
    check(!has_passed(life.platform, life.deadline) || life.platform != signal_->platform,
          "a pending is open after its deadline");
    const bool is_due = before > 0 && has_passed(life.platform, life.deadline - before);
    check(!is_due || life.is_reminded || life.platform != signal_->platform,
          "no reminder was sent");
  }
  check_deletes();
}

void Referee::end_of_step(const ResolverStats& stats) {
  check(owed_.empty(), "nobody moves up although there is room");
  for (const auto& [key, life] : line_) {
    const std::optional<std::uint64_t>* stock = stock_of(life.place);
    check(stock == nullptr || **stock == 0, "one stands in line although there is some left");
  }
  check_books(stats);
}

void Referee::check_deletes() {
  const Signal& signal = *signal_;
  const bool by_post = signal.kind == match::SignalKind::kDelete;
  if (!by_post && signal.kind != match::SignalKind::kDeleteAccount) return;
  const std::string post = key_of(signal.platform, signal.post_id);
  const auto is_hit = [&](const Life& life) {
    if (life.platform != signal.platform) return false;
    return by_post ? contains(life.posts, post) : life.author == signal.author_id;
  };
  for (const auto& [key, life] : line_) check(!is_hit(life), "a deleted post stands in line");
  for (auto it = lives_.begin(); it != lives_.end();) {
    const Life& life = it->second;
    if (!is_hit(life)) {
      ++it;
      continue;
    }
    const bool is_remembered = life.stage == Stage::kPending || is_fresh(life.platform, life.stamp);
    check(scenario_.is_tight || !is_remembered, "a delete does not take back " + life.key);
    // What was too old for a delete is gone; a pending goes on where a tight table forgot its post.
    it = life.stage == Stage::kPending ? std::next(it) : lives_.erase(it);
  }
}

void Referee::check_books(const ResolverStats& stats) {
  books_.waiting = open_.size();
  books_.pendings_open = pending_.size();
  books_.queue_open = line_.size();
  books_.tables = stats.tables;
  check(stats.balanced(), "the books do not balance");
  const std::string own = to_text(books_);
  const std::string theirs = to_text(stats);
  if (own != theirs) fail("the books say\n " + theirs + "\nand should\n " + own);
  for (const TableStats& table : stats.tables) {
    check(table.size <= table.capacity, "a table holds more than it may");
    check(scenario_.is_tight || table.evictions == 0, "a table forgot what it had room for");
  }
}

void Referee::before_finish(bool expire_pendings) {
  ++step_;
  signal_ = nullptr;
  closes_pendings_ = expire_pendings;
}

void Referee::after_finish(const ResolverStats& stats) {
  if (!fault_.empty()) return;
  end_of_step(stats);
  check(open_.empty(), "a trigger without an outcome at the end");
  check(!closes_pendings_ || pending_.empty(), "a pending is open at the end");
}

}  // namespace hashcart::intent::simulator
