#include "intent/resolver.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "base/check.h"
#include "intent/bounded_table.h"
#include "intent/event_clock.h"
#include "intent/few_links.h"
#include "intent/link_memory.h"
#include "intent/ordered_index.h"
#include "intent/own_intent.h"
#include "intent/resolver_entries.h"
#include "intent/snapshot_archive.h"

namespace hashcart::intent {
namespace {

using base::EventTimeMs;
using base::Platform;
using match::ProductLink;
using match::Signal;

// Of what save() writes.
constexpr std::uint32_t kSnapshotFormat = 1;

using KeyList = std::vector<OrderedIndex::Found>;

// At one moment a reminder goes before the expiry, and both before a reply that gives up waiting.
enum class TimerKind : std::uint8_t { kReminder, kExpiry, kGiveUp };

struct Timer {
  EventTimeMs due = 0;
  std::string order;  // "<chain id>\n<campaign id>"
  TimerKind kind = TimerKind::kExpiry;
  std::string target;  // key of the pending or waiting entry

  friend bool operator<(const Timer& a, const Timer& b) {
    if (a.due != b.due) return a.due < b.due;
    if (a.order != b.order) return a.order < b.order;
    if (a.kind != b.kind) return a.kind < b.kind;
    return a.target < b.target;
  }
};

// The up to three ids a post goes by.
struct Aliases {
  std::vector<std::string> keys;

  void assign(Platform platform, std::string_view a, std::string_view b, std::string_view c) {
    keys.clear();
    add(platform, a);
    add(platform, b);
    add(platform, c);
  }

 private:
  void add(Platform platform, std::string_view id) {
    if (id.empty()) return;
    std::string key;
    make_key(platform, id, &key);
    if (std::find(keys.begin(), keys.end(), key) == keys.end()) keys.push_back(std::move(key));
  }
};

// A trigger that passed every check that needs no parent. Views.
struct Claim {
  CartIntent intent;  // evidence: the tags
  std::string_view parent_id;
  std::span<const ProductLink> own_links;
};

std::string_view reply_target(const Signal& signal, const catalogue::Campaign& campaign) {
  if (!signal.reply_to.empty()) return signal.reply_to;
  return campaign.when_quote ? signal.quote_of : std::string_view();
}

// What an entry of a table holds on average, at most; a table is full when its entries hold more
// together. Of posts and accounts: an id, with a campaign's. Of intents: what they say, and their
// ids over and over in the indexes: 1 to 2 KiB.
constexpr std::uint64_t kBytesPerKey = 256;
constexpr std::uint64_t kBytesPerIntent = 4096;
// Places in indexes and timers that lead to an intent.
constexpr std::uint64_t kNodesPerIntent = 10;
// A node of a tree with two texts in it, and the allocator's share.
constexpr std::uint64_t kNodeBytes = 128;

// What a table of intents holds of one of them. names: of posts by which it is found.
std::uint64_t held_by(const CartIntent& intent, std::string_view key,
                      const std::vector<std::string>& names) {
  std::uint64_t bytes = bytes_held(intent) + 6 * intent.author_id.size() +
                        2 * intent.reply_to.size() + (names.size() + kNodesPerIntent) * key.size();
  for (const std::string& name : names) bytes += 2 * (sizeof name + name.size());
  return bytes;
}

}  // namespace

bool ResolverStats::balanced() const noexcept {
  std::uint64_t decided = 0;
  for (const std::uint64_t count : outcomes) decided += count;
  return triggers == decided + waiting &&
         pendings_opened ==
             pendings_confirmed + pendings_expired + pendings_retracted + pendings_open &&
         queue_taken == queue_promoted + queue_retracted + queue_evicted + queue_open;
}

class Resolver::Impl {
 public:
  explicit Impl(const catalogue::Catalogue& catalogue)
      : catalogue_(catalogue),
        limits_(catalogue.limits),
        links_(limits_.remember_posts),
        deleted_(limits_.remember_posts, kBytesPerKey),
        decided_(limits_.remember_posts, kBytesPerKey),
        duplicates_(limits_.remember_posts, kBytesPerKey),
        intents_(limits_.remember_posts, kBytesPerIntent),
        pending_(limits_.pending_max, kBytesPerIntent),
        closed_(limits_.pending_max, kBytesPerKey),
        queue_(limits_.pending_max, kBytesPerIntent),
        waiting_(limits_.pending_max, kBytesPerIntent),
        prompts_(limits_.pending_max, kBytesPerKey) {
    for (const catalogue::Campaign& campaign : catalogue.campaigns) {
      stock_of_.push_back(static_cast<std::uint32_t>(stock_.size()));
      stock_.push_back({campaign.quantity});
      for (const catalogue::OfferItem& item : campaign.items) stock_.push_back({item.quantity});
    }
  }

  static std::uint64_t memory_max(const catalogue::Limits& limits) {
    // Texts are held in pieces, each with the allocator's share.
    const auto table = []<typename Table>(std::type_identity<Table>, std::uint64_t capacity,
                                          std::uint64_t bytes_per_entry, std::uint64_t copies) {
      const std::uint64_t bytes = Table::bytes_max(capacity, bytes_per_entry);
      return Table::entries_cost(capacity) + copies * (bytes + bytes / 2);
    };
    constexpr std::type_identity<std::remove_cvref_t<decltype(links_.table())>> kLinks;
    constexpr std::type_identity<BoundedTable<Stamp>> kStamps;
    constexpr std::type_identity<BoundedTable<Counted>> kCounts;
    constexpr std::type_identity<BoundedTable<Closed>> kClosed;
    constexpr std::type_identity<BoundedTable<Remembered>> kIntents;
    constexpr std::type_identity<BoundedTable<Pending>> kPendings;
    constexpr std::type_identity<BoundedTable<Queued>> kQueued;
    constexpr std::type_identity<BoundedTable<Waiting>> kWaiting;
    const std::uint64_t posts = limits.remember_posts;
    const std::uint64_t pendings = limits.pending_max;
    // A key stands in its slot and in the hash table.
    return table(kLinks, posts, LinkMemory::kBytesPerPost, 1) +
           table(kStamps, posts, kBytesPerKey, 2) + table(kStamps, posts, kBytesPerKey, 2) +
           table(kCounts, posts, kBytesPerKey, 2) + table(kIntents, posts, kBytesPerIntent, 1) +
           table(kPendings, pendings, kBytesPerIntent, 1) +
           table(kClosed, pendings, kBytesPerKey, 2) +
           table(kQueued, pendings, kBytesPerIntent, 1) +
           table(kWaiting, pendings, kBytesPerIntent, 1) +
           table(kStamps, pendings, kBytesPerKey, 2) +
           (posts + 3 * pendings) * kNodesPerIntent * kNodeBytes;
  }

  void step(const Signal& signal, ResolverOutput* out) {
    out_ = out;
    input_ = signal.input;
    offset_ = signal.offset;
    bytes_ = signal.bytes;
    EventClock& clock = clock_of(signal.platform);
    switch (signal.kind) {
      case match::SignalKind::kTick:
        clock.set(signal.time);
        break;
      case match::SignalKind::kClock:
        clock.observe(signal.time, signal.author_id, limits_.clock_jump_max_ms);
        break;
      case match::SignalKind::kPost:
        if (signal.moves_clock) {
          clock.observe(signal.time, signal.author_id, limits_.clock_jump_max_ms);
        }
        break;
      case match::SignalKind::kDelete:
      case match::SignalKind::kDeleteAccount:
        break;
    }
    fire_timers(signal.platform);
    switch (signal.kind) {
      case match::SignalKind::kPost:
        on_post(signal);
        break;
      case match::SignalKind::kDelete:
        on_delete(signal);
        break;
      case match::SignalKind::kDeleteAccount:
        on_delete_account(signal);
        break;
      case match::SignalKind::kClock:
      case match::SignalKind::kTick:
        break;
    }
  }

  void finish(bool expire_pendings, ResolverOutput* out) {
    out_ = out;
    give_up_all();
    if (!expire_pendings) return;
    std::set<Timer> all;
    pending_.for_each([&](const std::string& key, const Pending& pending) {
      all.insert({pending.deadline, pending.order, TimerKind::kExpiry, key});
    });
    for (const Timer& timer : all) {
      remind(timer.target);
      expire(timer.target, ExpiredBy::kDeadline);
    }
  }

  [[nodiscard]] ResolverStats stats() const {
    ResolverStats out = stats_;
    out.waiting = waiting_.size();
    out.pendings_open = pending_.size();
    out.queue_open = queue_.size();
    for (const EventClock& clock : clocks_) out.clock_times_dropped += clock.dropped();
    const auto row = [](std::string_view name, const auto& table) {
      return TableStats{name, table.size(), table.capacity(), table.bytes(), table.evictions()};
    };
    out.tables = {row("links", links_.table()),    row("deleted", deleted_),
                  row("decided", decided_),        row("duplicates", duplicates_),
                  row("intents", intents_),        row("pending", pending_),
                  row("closed_pendings", closed_), row("waiting", waiting_),
                  row("early_prompts", prompts_),  row("queue", queue_)};
    return out;
  }

  // ------------------------------------------------------------------------------- snapshots

  void save(std::string* out) {
    SnapshotWriter writer(out);
    writer.number(kSnapshotFormat);
    const CatalogueNames names = names_of(catalogue_);
    names_fields(writer, names);
    for (const std::uint32_t first : stock_of_) writer.number(stock_[first].taken);
    for (std::size_t i = 0; i < catalogue_.campaigns.size(); ++i) {
      for (std::size_t item = 0; item < catalogue_.campaigns[i].items.size(); ++item) {
        writer.number(stock_[stock_of_[i] + 1U + item].taken);
      }
    }
    state_fields(writer);
  }

  [[nodiscard]] bool load(std::string_view bytes) {
    SnapshotReader reader(bytes);
    std::uint32_t format = 0;
    reader.number(format);
    if (format != kSnapshotFormat) return false;
    CatalogueNames names;
    names_fields(reader, names);
    const NameMap map(names, catalogue_);
    reader.set_map(&map);
    load_stock(&reader, names, map);
    state_fields(reader);
    return reader.is_whole() && stats().balanced();
  }

  void retire(const catalogue::Catalogue& next, ResolverOutput* out) {
    out_ = out;
    const NameMap map(names_of(catalogue_), next);
    const auto is_lost = [&](OwnIntent& own) {
      CartIntent intent = own.view();
      return !map.apply(&intent);
    };
    // First who would move up when a pending gives its piece back.
    for (const std::string& key :
         keys_of(&queue_, [&](Queued& entry) { return is_lost(entry.claim); })) {
      Queued taken = take_queued(key);
      say_left_line(&taken, ExpiredBy::kOtherCatalogue);
    }
    for (const std::string& key :
         keys_of(&waiting_, [&](Waiting& entry) { return is_lost(entry.claim); })) {
      Waiting taken = take_waiting(key);
      say(OutcomeCode::kCampaignClosed, taken.claim.view(), nullptr, {}, taken.parent_id);
    }
    for (const std::string& key : keys_of(&pending_, [&](Pending& entry) {
           CartIntent opened = entry.opened.view();
           return !map.apply(&opened) || !next.campaigns[opened.campaign].confirm;
         })) {
      expire(key, ExpiredBy::kOtherCatalogue);
    }
    const std::uint64_t pending_max = next.limits.pending_max;
    queue_.trim(pending_max, [&](std::string_view, Queued& oldest) { leave_full_line(&oldest); });
    waiting_.trim(pending_max,
                  [&](std::string_view, Waiting& oldest) { leave_full_waiting(&oldest); });
    pending_.trim(pending_max, [&](std::string_view key, Pending& oldest) {
      close_evicted(std::string(key), &oldest);
    });
    for (const std::string& key :
         keys_of(&intents_, [&](Remembered& entry) { return is_lost(entry.last); })) {
      forget_intent(key);
    }
    const std::uint64_t posts_max = next.limits.remember_posts;
    const auto forget = [](std::string_view, auto&) {};
    intents_.trim(posts_max, [&](std::string_view, Remembered& oldest) { unlink_intent(&oldest); });
    links_.table().trim(posts_max, forget);
    deleted_.trim(posts_max, forget);
    decided_.trim(posts_max, forget);
    duplicates_.trim(posts_max, forget);
    closed_.trim(pending_max, forget);
    prompts_.trim(pending_max, forget);
  }

 private:
  // ------------------------------------------------------------------------- time and memory

  EventClock& clock_of(Platform platform) { return clocks_[static_cast<std::size_t>(platform)]; }
  std::set<Timer>& timers_of(Platform platform) {
    return timers_[static_cast<std::size_t>(platform)];
  }
  Stamp now(Platform platform) { return clock_of(platform).greatest(); }

  std::optional<EventTimeMs> watermark(Platform platform) {
    const Stamp greatest = now(platform);
    if (!greatest) return std::nullopt;
    return *greatest - limits_.out_of_order_ms;
  }

  // Whether something remembered at `stamp` still counts. What came before the clock had a value
  // stays until its table is full.
  bool fresh(Platform platform, const Stamp& stamp) {
    const Stamp greatest = now(platform);
    return !greatest || !stamp || *greatest - *stamp <= limits_.remember_seen_ms;
  }

  bool is_deleted(Platform platform, std::string_view key) {
    const Stamp* stamp = deleted_.find(key);
    return stamp != nullptr && fresh(platform, *stamp);
  }

  // Authors live in the same table as posts, behind a byte that starts no post's key.
  static std::string account_key(Platform platform, std::string_view author) {
    std::string key;
    make_key(platform, author, &key);
    key.insert(key.begin(), '@');
    return key;
  }

  void fire_timers(Platform platform) {
    const std::optional<EventTimeMs> mark = watermark(platform);
    if (!mark) return;
    std::set<Timer>& timers = timers_of(platform);
    while (!timers.empty() && timers.begin()->due <= *mark) {
      const Timer timer = *timers.begin();
      timers.erase(timers.begin());
      switch (timer.kind) {
        case TimerKind::kReminder:
          remind(timer.target);
          break;
        case TimerKind::kExpiry:
          expire(timer.target, ExpiredBy::kDeadline);
          break;
        case TimerKind::kGiveUp:
          give_up(timer.target);
          break;
      }
    }
  }

  // ------------------------------------------------------------------------------------ posts

  void on_post(const Signal& signal) {
    few_links_.clear();
    aliases_.assign(signal.platform, signal.post_id, signal.chain_id, signal.local_id);
    bool deleted = !signal.author_id.empty() &&
                   is_deleted(signal.platform, account_key(signal.platform, signal.author_id));
    for (const std::string& key : aliases_.keys) {
      deleted = deleted || is_deleted(signal.platform, key);
    }
    if (!deleted && !signal.is_repost) remember_own_links(signal);
    for (const match::EmbeddedPost& embedded : signal.embedded) {
      remember_embedded(signal.platform, embedded);
    }
    for (const std::uint32_t campaign : signal.prompts) on_prompt(signal, campaign);
    if (signal.triggers.empty()) return;
    stats_.triggers += signal.triggers.size();
    aliases_.assign(signal.platform, signal.post_id, signal.chain_id, signal.local_id);
    std::string chain_key;
    make_key(signal.platform, signal.chain_id, &chain_key);
    const Stamp* seen = decided_.find(chain_key);
    const bool redelivered = seen != nullptr && fresh(signal.platform, *seen);
    if (!redelivered) {
      decided_.erase(chain_key);
      *decided_.insert(chain_key).first = now(signal.platform);
    }
    for (const match::Trigger& trigger : signal.triggers) {
      on_trigger(signal, trigger, redelivered, deleted);
    }
  }

  void remember_own_links(const Signal& signal) {
    if (signal.products.empty() && signal.short_links.empty()) return;
    const ParentView view{.post_id = signal.post_id,
                          .author_id = signal.author_id,
                          .has_time = true,
                          .time = signal.time,
                          .truncated = signal.truncated,
                          .embedded = false,
                          .products = few_links_.of(signal.products),
                          .short_links = signal.short_links};
    for (const std::string& key : aliases_.keys) links_.remember(key, view, true);
    wake(signal.platform, aliases_.keys, view);
  }

  void remember_embedded(Platform platform, const match::EmbeddedPost& embedded) {
    if (embedded.products.empty() && embedded.short_links.empty()) return;
    Aliases aliases;
    aliases.assign(platform, embedded.id, embedded.local_id, {});
    for (const std::string& key : aliases.keys) {
      if (is_deleted(platform, key)) return;
    }
    ParentView view = embedded_view(embedded);
    view.embedded = false;  // for those who wait it is what memory would have said
    for (const std::string& key : aliases.keys) links_.remember(key, view, false);
    wake(platform, aliases.keys, view);
  }

  ParentView embedded_view(const match::EmbeddedPost& embedded) {
    return {.post_id = embedded.id,
            .author_id = embedded.author_id,
            .has_time = embedded.has_time,
            .time = embedded.time,
            .truncated = embedded.truncated,
            .embedded = true,
            .products = few_links_.of(embedded.products),
            .short_links = embedded.short_links};
  }

  // Decides the replies in reach that waited for a post, in the order they came.
  void wake(Platform platform, const std::vector<std::string>& keys, const ParentView& parent) {
    KeyList woken;
    for (const std::string& key : keys) {
      if (parent.has_time) {
        waiting_for_.collect(key, &woken, parent.time - limits_.remember_links_ms,
                             parent.time + limits_.remember_links_ms);
      } else {
        waiting_for_.collect(key, &woken);
      }
    }
    std::sort(woken.begin(), woken.end());
    for (const auto& [sequence, key] : woken) {
      if (waiting_.find(key) == nullptr) continue;
      Waiting taken = take_waiting(key);
      HASHCART_CHECK(taken.platform == platform);
      decide_waiting(&taken, &parent);
    }
  }

  [[nodiscard]] bool in_reach(EventTimeMs reply, const ParentView& parent) const {
    if (!parent.has_time) return true;
    return std::max(reply, parent.time) - std::min(reply, parent.time) <= limits_.remember_links_ms;
  }

  // -------------------------------------------------------------------------------- triggers

  CartIntent base_intent(const Signal& signal, const match::Trigger& trigger) {
    const catalogue::Campaign& campaign = catalogue_.campaigns[trigger.campaign];
    CartIntent intent;
    intent.platform = signal.platform;
    intent.time = signal.time;
    intent.campaign = trigger.campaign;
    intent.opening_id = signal.chain_id;
    intent.opened_at = signal.time;
    intent.steps = campaign.confirm ? 2 : 1;
    intent.author_id = signal.author_id;
    intent.author_handle = signal.author_handle;
    intent.account = signal.account;
    intent.author_protected = signal.author_protected;
    intent.stands_in_line = trigger.claim.kind == match::ClaimKind::kNext;
    if (trigger.claim.items.size() == 1) intent.item = trigger.claim.items.front();
    intent.options = trigger.claim.options;
    intent.amount = trigger.amount;
    if (counts_pieces(campaign)) intent.requested = trigger.claim.quantity;
    intent.post_id = signal.post_id;
    intent.reply_to = signal.reply_to;
    intent.quote_of = signal.quote_of;
    intent.lang = signal.lang;
    intent.text = signal.text;
    intent.input = signal.input;
    intent.offset = signal.offset;
    intent.bytes = signal.bytes;
    evidence_.clear();
    const EvidenceRole role = trigger.role == match::TriggerRole::kConfirm ? EvidenceRole::kConfirm
                              : trigger.claim.kind == match::ClaimKind::kPass ? EvidenceRole::kPass
                                                                              : EvidenceRole::kOpen;
    for (const match::Evidence& tag : trigger.tags) {
      evidence_.push_back({role, signal.post_id, tag});
    }
    intent.evidence = evidence_;
    return intent;
  }

  void say(OutcomeCode code, const CartIntent& claim, const CartIntent* record = nullptr,
           std::span<const Product> products = {}, std::string_view detail = {}) {
    ++stats_.outcomes[static_cast<std::size_t>(code)];
    out_->outcome({.code = code,
                   .platform = claim.platform,
                   .campaign = claim.campaign,
                   .post_id = claim.post_id,
                   .record = record,
                   .products = products,
                   .detail = detail,
                   .input = claim.input,
                   .offset = claim.offset,
                   .bytes = claim.bytes});
  }

  void emit(const CartIntent& record) {
    ++stats_.records[static_cast<std::size_t>(record.type)];
    out_->record(record);
  }

  void on_trigger(const Signal& signal, const match::Trigger& trigger, bool redelivered,
                  bool deleted) {
    const catalogue::Campaign& campaign = catalogue_.campaigns[trigger.campaign];
    const CartIntent intent = base_intent(signal, trigger);
    if (redelivered) return say(OutcomeCode::kRedelivered, intent);
    if (deleted) return say(OutcomeCode::kRetracted, intent);
    if (signal.is_repost) return say(OutcomeCode::kRepost, intent);
    const std::string pending_key = key_of_pending(intent);
    const bool confirms_open =
        trigger.role == match::TriggerRole::kConfirm && pending_.find(pending_key) != nullptr;
    const bool closed = (campaign.from && signal.time < *campaign.from) ||
                        (campaign.until && signal.time > *campaign.until);
    // Who has claimed in time may take it back in time.
    const bool passes = trigger.claim.kind == match::ClaimKind::kPass;
    if (closed && !confirms_open && !passes) return say(OutcomeCode::kCampaignClosed, intent);
    if (trigger.claim.kind == match::ClaimKind::kNotAClaim) {
      return say(OutcomeCode::kNotAClaim, intent, nullptr, {}, doubt_text(trigger.claim.doubt));
    }
    if (trigger.author_ignored) return say(OutcomeCode::kIgnoredAuthor, intent);
    if (signal.author_protected && !campaign.accept_protected) {
      return say(OutcomeCode::kProtected, intent);
    }
    if (campaign.require_linked && !signal.linked) return say(OutcomeCode::kNotLinked, intent);
    switch (trigger.role) {
      case match::TriggerRole::kConfirm:
        return on_confirm(signal, intent, pending_key);
      case match::TriggerRole::kOffer:
        return on_offer(signal, intent);
      case match::TriggerRole::kOpen:
        if (passes) return on_pass(signal, intent, trigger.claim);
        return on_open(signal, intent, trigger.claim);
    }
  }

  static std::string_view doubt_text(match::ClaimDoubt doubt) {
    switch (doubt) {
      case match::ClaimDoubt::kNone:
        break;
      case match::ClaimDoubt::kQuestion:
        return "question";
      case match::ClaimDoubt::kNegation:
        return "negation";
      case match::ClaimDoubt::kQuantity:
        return "quantity";
    }
    return {};
  }

  void on_offer(const Signal& signal, const CartIntent& claim) {
    const catalogue::Campaign& campaign = catalogue_.campaigns[claim.campaign];
    distinct_.clear();
    std::set<std::tuple<std::uint16_t, std::uint16_t, std::string_view>> seen;
    for (const ProductLink& link : signal.products) {
      if (std::find(campaign.on_link.begin(), campaign.on_link.end(), link.retailer) !=
              campaign.on_link.end() &&
          seen.emplace(link.retailer, market_of_product(link), link.id).second) {
        distinct_.push_back(&link);
      }
    }
    HASHCART_CHECK(!distinct_.empty());
    products_.clear();
    CartIntent record = claim;
    record.type = RecordType::kOfferSeen;
    record.from = ProductFrom::kSelf;
    for (const ProductLink* link : distinct_) {
      const EvidencePiece piece{EvidenceRole::kSelf, signal.post_id, link->evidence};
      record.product = product_of(*link);
      record.evidence = std::span(&piece, 1);
      products_.push_back(record.product);
      emit(record);
    }
    record.product = products_.front();
    say(OutcomeCode::kOffer, claim, &record, products_);
  }

  // Whether the post that is answered, or quoted, is known to be the author's own.
  bool is_by_author(const Signal& signal, const std::string& parent_key) {
    if (!signal.reply_to.empty() && signal.reply_to_author == signal.author_id) return true;
    const match::EmbeddedRole role =
        signal.reply_to.empty() ? match::EmbeddedRole::kQuoted : match::EmbeddedRole::kParent;
    for (const match::EmbeddedPost& embedded : signal.embedded) {
      if (embedded.role == role) return embedded.author_id == signal.author_id;
    }
    ParentView parent;
    return links_.find(parent_key, &parent) && in_reach(signal.time, parent) &&
           parent.author_id == signal.author_id;
  }

  void on_open(const Signal& signal, const CartIntent& intent, const match::Claim& said) {
    const catalogue::Campaign& campaign = catalogue_.campaigns[intent.campaign];
    const std::string_view parent_id = reply_target(signal, campaign);
    const bool holds_link = !signal.products.empty() || !signal.short_links.empty();
    if (!campaign.when_any && parent_id.empty()) {
      if (signal.is_quote) return say(OutcomeCode::kQuote, intent);
      return say(holds_link ? OutcomeCode::kNotAReply : OutcomeCode::kNoParent, intent);
    }
    const Claim claim{intent, parent_id, few_links_.of(signal.products)};
    if (campaign.product) {
      if (!campaign.when_any) {
        std::string key;
        make_key(signal.platform, parent_id, &key);
        if (is_by_author(signal, key)) {
          return say(OutcomeCode::kOwnPost, intent, nullptr, {}, parent_id);
        }
        if (is_deleted(signal.platform, key)) {
          return say(OutcomeCode::kParentDeleted, intent, nullptr, {}, parent_id);
        }
      }
      const catalogue::FixedProduct& fixed = *campaign.product;
      if (campaign.product_source == catalogue::ProductSource::kItems) {
        return accept_item(claim, said);
      }
      return accept(claim, {fixed.retailer, 0xFFFF, fixed.market, fixed.id}, ProductFrom::kCampaign,
                    nullptr, campaign.when_any ? std::string_view() : parent_id, false);
    }
    if (parent_id.empty()) return decide_alone(claim, OutcomeCode::kNoParent);
    if (!signal.reply_to.empty() && signal.reply_to_author == signal.author_id) {
      return say(OutcomeCode::kOwnPost, intent, nullptr, {}, parent_id);
    }
    const match::EmbeddedRole role =
        signal.reply_to.empty() ? match::EmbeddedRole::kQuoted : match::EmbeddedRole::kParent;
    std::string parent_key;
    make_key(signal.platform, parent_id, &parent_key);
    for (const match::EmbeddedPost& embedded : signal.embedded) {
      if (embedded.role != role) continue;
      if (embedded.author_id == signal.author_id) {
        return say(OutcomeCode::kOwnPost, intent, nullptr, {}, parent_id);
      }
      if (is_deleted(signal.platform, parent_key)) {
        return say(OutcomeCode::kParentDeleted, intent, nullptr, {}, parent_id);
      }
      return decide(claim, embedded_view(embedded));
    }
    if (is_deleted(signal.platform, parent_key)) {
      return say(OutcomeCode::kParentDeleted, intent, nullptr, {}, parent_id);
    }
    ParentView parent;
    if (links_.find(parent_key, &parent) && in_reach(intent.time, parent)) {
      return decide(claim, parent);
    }
    wait_for_parent(claim);
  }

  // ------------------------------------------------------------------------- waiting replies

  static std::string order_of(const CartIntent& intent, const catalogue::Campaign& campaign) {
    std::string order(intent.opening_id);
    order += '\n';
    order += campaign.id;
    return order;
  }

  void wait_for_parent(const Claim& claim) {
    const CartIntent& intent = claim.intent;
    const EventTimeMs due = intent.time + limits_.parent_wait_ms;
    const std::optional<EventTimeMs> mark = watermark(intent.platform);
    if (mark && *mark >= due) return decide_alone(claim, OutcomeCode::kParentUnknown);
    const std::string key = key_of_intent(intent);
    if (waiting_.find(key) != nullptr) {
      // Its chain's first reading was forgotten as decided but waits still: the second changes
      // nothing.
      return say(OutcomeCode::kRedelivered, intent);
    }
    const auto [entry, is_new] =
        waiting_.insert(key,
                        held_by(intent, key, aliases_.keys) + claim.parent_id.size() +
                            StoredLinks::bytes_held(claim.own_links),
                        [&](std::string_view, Waiting& oldest) { leave_full_waiting(&oldest); });
    HASHCART_CHECK(is_new);
    entry->own_links.assign(claim.own_links);
    entry->parent_id.assign(claim.parent_id);
    entry->post_keys = aliases_.keys;
    entry->due = due;
    entry->sequence = ++sequence_;
    HASHCART_CHECK(link_waiting(intent, key, entry));
  }

  // Puts an entry, whose own fields are set, into the indexes. False: two are in one place.
  bool link_waiting(const CartIntent& intent, const std::string& key, Waiting* entry) {
    entry->claim.assign(intent);
    make_key(intent.platform, entry->parent_id, &entry->parent_key);
    entry->author_key = account_key(intent.platform, intent.author_id);
    entry->order = order_of(intent, catalogue_.campaigns[intent.campaign]);
    entry->platform = intent.platform;
    bool is_new = waiting_for_.add(entry->parent_key, entry->sequence, key, intent.time) &&
                  waiting_by_author_.add(entry->author_key, entry->sequence, key);
    for (const std::string& post : entry->post_keys) {
      is_new = waiting_by_post_.add(post, entry->sequence, key) && is_new;
    }
    timers_of(intent.platform).insert({entry->due, entry->order, TimerKind::kGiveUp, key});
    return is_new;
  }

  void leave_full_waiting(Waiting* oldest) {
    unlink_waiting(*oldest, key_of_waiting(*oldest));
    say(OutcomeCode::kEvicted, oldest->claim.view(), nullptr, {}, oldest->parent_id);
  }

  // "<platform><chain>\n<campaign>".
  [[nodiscard]] std::string key_of_intent(const CartIntent& intent) const {
    std::string key;
    make_key(intent.platform, order_of(intent, catalogue_.campaigns[intent.campaign]), &key);
    return key;
  }

  static std::string key_of_waiting(const Waiting& entry) {
    std::string key;
    make_key(entry.platform, entry.order, &key);
    return key;
  }

  void unlink_waiting(const Waiting& entry, const std::string& key) {
    waiting_for_.remove(entry.parent_key, entry.sequence, entry.claim.time());
    waiting_by_author_.remove(entry.author_key, entry.sequence);
    for (const std::string& post : entry.post_keys) waiting_by_post_.remove(post, entry.sequence);
    timers_of(entry.platform).erase({entry.due, entry.order, TimerKind::kGiveUp, key});
  }

  Waiting take_waiting(const std::string& key) {
    Waiting* entry = waiting_.find(key);
    HASHCART_CHECK(entry != nullptr);
    Waiting taken = std::move(*entry);
    unlink_waiting(taken, key);
    waiting_.erase(key);
    return taken;
  }

  void decide_waiting(Waiting* entry, const ParentView* parent) {
    std::vector<ProductLink> own;
    entry->own_links.append_views(&own);
    const Claim claim{entry->claim.view(), entry->parent_id, own};
    aliases_.keys = entry->post_keys;
    if (parent == nullptr) return decide_alone(claim, OutcomeCode::kParentUnknown);
    decide(claim, *parent);
  }

  void give_up(const std::string& key) {
    if (waiting_.find(key) == nullptr) return;
    Waiting taken = take_waiting(key);
    decide_waiting(&taken, nullptr);
  }

  void give_up_all() {
    std::set<Timer> all;
    waiting_.for_each([&](const std::string& key, const Waiting& entry) {
      all.insert({entry.due, entry.order, TimerKind::kGiveUp, key});
    });
    for (const Timer& timer : all) give_up(timer.target);
  }

  // -------------------------------------------------------------------------------- products

  enum class Scope : std::uint8_t { kOther, kOtherMarket, kListed };

  [[nodiscard]] static Scope scope_of(const catalogue::Campaign& campaign,
                                      const ProductLink& link) {
    Scope best = Scope::kOther;
    for (const catalogue::RetailerScope& scope : campaign.product_from) {
      if (scope.retailer != link.retailer) continue;
      if (!scope.market || *scope.market == link.market) return Scope::kListed;
      best = Scope::kOtherMarket;
    }
    if (best == Scope::kOtherMarket && campaign.refuse_other_markets) return Scope::kOther;
    return best;
  }

  // One product in two spellings is one product; where ids are global the market does not tell
  // products apart.
  [[nodiscard]] std::uint16_t market_of_product(const ProductLink& link) const {
    return catalogue_.retailers[link.retailer].ids_global ? match::kNoMarket : link.market;
  }
  [[nodiscard]] bool same_product(const ProductLink& a, const ProductLink& b) const {
    return a.retailer == b.retailer && a.id == b.id && market_of_product(a) == market_of_product(b);
  }

  [[nodiscard]] static Product product_of(const ProductLink& link) noexcept {
    return {link.retailer, link.market, {}, link.id, link.affiliate};
  }

  void add_distinct(const ProductLink* link) {
    for (const ProductLink* have : distinct_) {
      if (same_product(*have, *link)) return;
    }
    distinct_.push_back(link);
  }

  // Fills distinct_ with the products a campaign takes, the first few of them.
  void collect_candidates(const catalogue::Campaign& campaign,
                          std::span<const ProductLink> products) {
    distinct_.clear();
    for (const ProductLink& link : products) {
      if (distinct_.size() == FewLinks::kMost) return;
      if (scope_of(campaign, link) != Scope::kOther) add_distinct(&link);
    }
  }

  void decide(const Claim& claim, const ParentView& parent) {
    const catalogue::Campaign& campaign = catalogue_.campaigns[claim.intent.campaign];
    if (!parent.author_id.empty() && parent.author_id == claim.intent.author_id) {
      return say(OutcomeCode::kOwnPost, claim.intent, nullptr, {}, claim.parent_id);
    }
    distinct_.clear();
    if (campaign.link_parent) collect_candidates(campaign, parent.products);
    if (!distinct_.empty()) {
      return accept_candidates(claim, ProductFrom::kParent, EvidenceRole::kParent, parent.post_id);
    }
    if (campaign.link_parent) {
      if (parent.truncated) {
        return say(OutcomeCode::kIncomplete, claim.intent, nullptr, {}, claim.parent_id);
      }
      for (const std::uint16_t retailer : parent.short_links) {
        for (const catalogue::RetailerScope& scope : campaign.product_from) {
          if (scope.retailer == retailer) {
            return say(OutcomeCode::kUnresolvedShortLink, claim.intent, nullptr, {},
                       claim.parent_id);
          }
        }
      }
      if (!parent.products.empty() || !parent.short_links.empty()) {
        return say(OutcomeCode::kOtherRetailer, claim.intent, nullptr, {}, claim.parent_id);
      }
    }
    decide_alone(claim, OutcomeCode::kNoProductLink);
  }

  // The parent gives nothing: the post's own link, where the campaign allows it, or `otherwise`.
  void decide_alone(const Claim& claim, OutcomeCode otherwise) {
    const catalogue::Campaign& campaign = catalogue_.campaigns[claim.intent.campaign];
    distinct_.clear();
    if (campaign.link_self) collect_candidates(campaign, claim.own_links);
    if (distinct_.empty()) return say(otherwise, claim.intent, nullptr, {}, claim.parent_id);
    accept_candidates(claim, ProductFrom::kSelf, EvidenceRole::kSelf, claim.intent.post_id);
  }

  void accept_candidates(const Claim& claim, ProductFrom from, EvidenceRole role,
                         std::string_view post_id) {
    const catalogue::Campaign& campaign = catalogue_.campaigns[claim.intent.campaign];
    if (distinct_.size() > 1) {
      products_.clear();
      for (const ProductLink* link : distinct_) {
        products_.push_back(product_of(*link));
      }
      return say(OutcomeCode::kAmbiguous, claim.intent, nullptr, products_, claim.parent_id);
    }
    const ProductLink& link = *distinct_.front();
    const EvidencePiece piece{role, post_id, link.evidence};
    accept(claim, product_of(link), from, &piece, claim.parent_id,
           scope_of(campaign, link) == Scope::kOtherMarket);
  }

  void accept(const Claim& claim, const Product& product, ProductFrom from,
              const EvidencePiece* link, std::string_view parent_id, bool market_mismatch) {
    const catalogue::Campaign& campaign = catalogue_.campaigns[claim.intent.campaign];
    CartIntent record = claim.intent;
    record.product = product;
    record.from = from;
    record.market_mismatch = market_mismatch;
    std::vector<EvidencePiece> evidence(record.evidence.begin(), record.evidence.end());
    if (link != nullptr) evidence.push_back(*link);
    record.evidence = evidence;
    if (campaign.confirm) return open_pending(&record);
    const std::string key = key_of_count(record, parent_id);
    Counted* before = duplicates_.find(key);
    if (before != nullptr && !fresh(record.platform, before->stamp)) {
      duplicates_.erase(key);
      before = nullptr;
    }
    const bool limited = campaign.duplicates == catalogue::Duplicates::kMax;
    const std::uint64_t had = before == nullptr ? 0 : before->pieces;
    const bool enough =
        limited ? had >= campaign.duplicates_max
                : before != nullptr && campaign.duplicates == catalogue::Duplicates::kIdempotent;
    if (enough) {
      return say(OutcomeCode::kDuplicate, record, nullptr, std::span(&product, 1), parent_id);
    }
    std::uint64_t pieces = std::max<std::uint64_t>(record.requested, 1);
    if (limited) pieces = std::min(pieces, campaign.duplicates_max - had);
    const Stock* stock = stock_of(record);
    const bool sold_out = stock != nullptr && stock->left() == 0;
    const bool in_line =
        record.stands_in_line && (stock == nullptr ? somebody_holds(place_of(record)) : sold_out);
    if (sold_out && !in_line && !campaign.waitlist) {
      return say(OutcomeCode::kSoldOut, record, nullptr, std::span(&product, 1), parent_id);
    }
    if (stock != nullptr && !sold_out) pieces = std::min(pieces, stock->left());
    const std::uint64_t since = before == nullptr ? ++sequence_ : before->since;
    CountPlace counting{key, since, pieces};
    if (in_line || sold_out) {
      if (!stand_in_line(&record, std::move(counting), parent_id)) return;
    } else {
      record.type = RecordType::kCreated;
      take_stock(&record, pieces);
      emit(record);
      say(OutcomeCode::kIntent, record, &record, std::span(&record.product, 1), parent_id);
      remember_intent(record, {}, std::move(counting), aliases_.keys);
    }
    // Only now: a full table forgets its oldest entry, which may be this one's.
    Counted* counted = duplicates_.insert(key).first;
    counted->stamp = now(record.platform);
    counted->pieces = had + pieces;
    counted->since = since;
  }

  // The claim names one of the campaign's items.
  void accept_item(const Claim& claim, const match::Claim& said) {
    const catalogue::Campaign& campaign = catalogue_.campaigns[claim.intent.campaign];
    const catalogue::FixedProduct& fixed = *campaign.product;
    const auto product = [&](std::uint16_t item) -> Product {
      return {fixed.retailer, match::kNoMarket, fixed.market, campaign.items[item].id};
    };
    if (said.items.empty()) {
      return say(OutcomeCode::kNeedsItem, claim.intent, nullptr, {}, claim.parent_id);
    }
    if (said.items.size() > 1) {
      products_.clear();
      for (const std::uint16_t item : said.items) products_.push_back(product(item));
      return say(OutcomeCode::kAmbiguous, claim.intent, nullptr, products_, claim.parent_id);
    }
    const std::uint16_t item = said.items.front();
    bool is_whole = !said.options_clash;
    for (std::size_t i = 0; i < campaign.items[item].options.size(); ++i) {
      is_whole = is_whole && said.options[i] != match::kNoOption;
    }
    const Product wanted = product(item);
    if (!is_whole) {
      return say(OutcomeCode::kNeedsVariant, claim.intent, nullptr, std::span(&wanted, 1),
                 claim.parent_id);
    }
    accept(claim, wanted, ProductFrom::kCampaign, nullptr, claim.parent_id, false);
  }

  // ------------------------------------------------------------------------- stock and the line

  [[nodiscard]] static bool counts_pieces(const catalogue::Campaign& campaign) {
    return campaign.claim || campaign.quantity ||
           campaign.duplicates == catalogue::Duplicates::kMax;
  }

  // Where an author's pieces of this are counted.
  [[nodiscard]] std::string key_of_count(const CartIntent& record,
                                         std::string_view parent_id) const {
    const catalogue::Campaign& campaign = catalogue_.campaigns[record.campaign];
    std::string key(key_of_pending(record));
    key += '\n';
    if (campaign.duplicates == catalogue::Duplicates::kMax) return key += "max";
    key += parent_id;
    if (record.item == match::kNoItem) return key;
    key += '\n';
    const catalogue::OfferItem& item = campaign.items[record.item];
    key += item.code;
    // By name, for their places are another catalogue's to change.
    for (std::size_t i = 0; i < record.options.size(); ++i) {
      key += '\n';
      if (record.options[i] != match::kNoOption) key += item.options[i][record.options[i]];
    }
    return key;
  }

  // What is left of what the record is about, or null where nobody counts it.
  [[nodiscard]] Stock* stock_of(const CartIntent& record) {
    const std::uint32_t first = stock_of_[record.campaign];
    if (record.item != match::kNoItem) {
      Stock& of_item = stock_[first + 1U + record.item];
      if (of_item.is_counted()) return &of_item;
    }
    return stock_[first].is_counted() ? &stock_[first] : nullptr;
  }

  void take_stock(CartIntent* record, std::uint64_t pieces) {
    if (record->requested > 0) record->accepted = static_cast<std::uint32_t>(pieces);
    Stock* stock = stock_of(*record);
    if (stock == nullptr) return;
    HASHCART_CHECK(stock->left() >= pieces);
    stock->taken += pieces;
    record->left = stock->left();
  }

  // Name of the line in which the record would stand: of its stock, or of its product.
  [[nodiscard]] std::string place_of(const CartIntent& record) {
    std::string place = catalogue_.campaigns[record.campaign].id;
    place += '\n';
    if (const Stock* stock = stock_of(record)) {
      place += std::to_string(stock - stock_.data());
      return place;
    }
    place += catalogue_.retailers[record.product.retailer].id;
    place += '\n';
    if (!catalogue_.retailers[record.product.retailer].ids_global) {
      place += std::to_string(record.product.market);
    }
    place += '\n';
    place += record.product.id;
    return place;
  }

  // Whether an intent in that place can still be taken back. Those that cannot are forgotten on the
  // way, so that each is looked at once.
  bool somebody_holds(const std::string& place) {
    OrderedIndex::Found first;
    while (intents_by_place_.first(place, &first)) {
      Remembered* entry = intents_.find(first.second);
      HASHCART_CHECK(entry != nullptr);
      if (fresh(entry->last.view().platform, entry->stamp)) return true;
      forget_intent(first.second);
    }
    return false;
  }

  // False where this chain stands in line already.
  bool stand_in_line(CartIntent* record, CountPlace counting, std::string_view parent_id) {
    const std::string key = key_of_intent(*record);
    if (queue_.find(key) != nullptr) {
      say(OutcomeCode::kRedelivered, *record);
      return false;
    }
    const Queued* entry =
        queue_
            .insert(key, held_by(*record, key, aliases_.keys),
                    [&](std::string_view, Queued& oldest) { leave_full_line(&oldest); })
            .first;
    HASHCART_CHECK(entry != nullptr);
    record->type = RecordType::kQueued;
    if (const Stock* stock = stock_of(*record)) record->left = stock->left();
    Queued& queued = *queue_.find(key);
    queued.sequence = ++sequence_;
    queued.post_keys = aliases_.keys;
    queued.counted = std::move(counting);
    HASHCART_CHECK(link_queued(*record, key, &queued));
    ++stats_.queue_taken;
    emit(*record);
    say(OutcomeCode::kQueued, *record, record, std::span(&record->product, 1), parent_id);
    return true;
  }

  enum class ExpiredBy : std::uint8_t { kDeadline, kFullTable, kOtherCatalogue };

  bool link_queued(const CartIntent& record, const std::string& key, Queued* entry) {
    entry->claim.assign(record);
    entry->author_key = account_key(record.platform, record.author_id);
    bool is_new = queued_by_place_.add(place_of(record), entry->sequence, key) &&
                  queued_by_author_.add(entry->author_key, entry->sequence, key);
    for (const std::string& name : owner_names(record)) {
      is_new = queued_by_owner_.add(name, entry->sequence, key) && is_new;
    }
    for (const std::string& post : entry->post_keys) {
      is_new = queued_by_post_.add(post, entry->sequence, key) && is_new;
    }
    return is_new;
  }

  void leave_full_line(Queued* oldest) {
    unlink_queued(oldest);
    say_left_line(oldest, ExpiredBy::kFullTable);
  }

  void say_left_line(Queued* entry, ExpiredBy cause) {
    ++stats_.queue_evicted;
    CartIntent record = entry->claim.view();
    record.type = RecordType::kExpired;
    record.evicted = cause == ExpiredBy::kFullTable;
    record.campaign_removed = cause == ExpiredBy::kOtherCatalogue;
    emit(record);
  }

  void unlink_queued(Queued* entry) {
    const CartIntent claim = entry->claim.view();
    queued_by_place_.remove(place_of(claim), entry->sequence);
    for (const std::string& name : owner_names(claim)) {
      queued_by_owner_.remove(name, entry->sequence);
    }
    queued_by_author_.remove(entry->author_key, entry->sequence);
    for (const std::string& post : entry->post_keys) queued_by_post_.remove(post, entry->sequence);
  }

  Queued take_queued(const std::string& key) {
    Queued* entry = queue_.find(key);
    HASHCART_CHECK(entry != nullptr);
    Queued taken = std::move(*entry);
    unlink_queued(&taken);
    queue_.erase(key);
    return taken;
  }

  // An intent is given back: its pieces go to the stock, and from there to those in line.
  void give_back(const CartIntent& record, EventTimeMs time) {
    const catalogue::Campaign& campaign = catalogue_.campaigns[record.campaign];
    Stock* stock = stock_of(record);
    if (stock != nullptr) stock->give_back(std::max<std::uint64_t>(record.accepted, 1));
    if (!campaign.claim && !campaign.waitlist) return;
    const std::string place = place_of(record);
    OrderedIndex::Found next;
    while ((stock == nullptr || stock->left() > 0) && queued_by_place_.first(place, &next)) {
      promote(next.second, time);
      if (stock == nullptr) return;
    }
  }

  void promote(const std::string& key, EventTimeMs time) {
    Queued taken = take_queued(key);
    ++stats_.queue_promoted;
    CartIntent record = taken.claim.view();
    record.type = RecordType::kCreated;
    record.time = std::max(record.time, time);
    record.input = input_;
    record.offset = offset_;
    record.bytes = bytes_;
    std::uint64_t pieces = taken.counted.pieces;
    if (const Stock* stock = stock_of(record)) {
      pieces = std::min(pieces, stock->left());
    }
    take_stock(&record, pieces);
    emit(record);
    if (Counted* counted = find_count(taken.counted)) {
      counted->pieces -= std::min(counted->pieces, taken.counted.pieces - pieces);
    }
    taken.counted.pieces = pieces;
    remember_intent(record, {}, std::move(taken.counted), taken.post_keys);
  }

  [[nodiscard]] Counted* find_count(const CountPlace& place) {
    Counted* counted = place.key.empty() ? nullptr : duplicates_.find(place.key);
    return counted != nullptr && counted->since == place.since ? counted : nullptr;
  }

  // What is taken back counts no more under `max`; after "pass" the same may be claimed again.
  void uncount(const CountPlace& place, const catalogue::Campaign& campaign, bool passed) {
    Counted* counted = find_count(place);
    if (counted == nullptr) return;
    if (campaign.duplicates == catalogue::Duplicates::kMax) {
      counted->pieces -= std::min(counted->pieces, place.pieces);
    } else if (passed) {
      duplicates_.erase(place.key);
    }
  }

  // Makes the claim's post the one that decides the record; its evidence is added. *evidence: room
  // for it, to live as long as the record.
  static void decide_by(const CartIntent& claim, CartIntent* record,
                        std::vector<EvidencePiece>* evidence) {
    record->time = claim.time;
    record->post_id = claim.post_id;
    record->reply_to = claim.reply_to;
    record->quote_of = claim.quote_of;
    record->lang = claim.lang;
    record->text = claim.text;
    record->input = claim.input;
    record->offset = claim.offset;
    record->bytes = claim.bytes;
    evidence->assign(record->evidence.begin(), record->evidence.end());
    evidence->insert(evidence->end(), claim.evidence.begin(), claim.evidence.end());
    record->evidence = *evidence;
  }

  // Under what a "pass" finds claims of an owner: of an item or any (kNoItem), under a post or any.
  // An item is written as a number, and a post's id comes last.
  static std::string owner_name(const std::string& owner, std::uint16_t item,
                                std::string_view reply_to) {
    std::string name = owner;
    name += '\n';
    if (item != match::kNoItem) name += std::to_string(item);
    if (reply_to.empty()) return name;
    name += '\n';
    name += reply_to;
    return name;
  }

  [[nodiscard]] std::vector<std::string> owner_names(const CartIntent& claim) const {
    const std::string owner = key_of_pending(claim);
    std::vector<std::string> names;
    const auto add = [&](std::string_view reply_to) {
      names.push_back(owner_name(owner, match::kNoItem, reply_to));
      if (claim.item != match::kNoItem) names.push_back(owner_name(owner, claim.item, reply_to));
    };
    add({});
    if (!claim.reply_to.empty()) add(claim.reply_to);
    return names;
  }

  // The last claim under a name that can still be taken back; as with somebody_holds(), those that
  // cannot are forgotten on the way.
  bool last_held(const std::string& name, OrderedIndex::Found* found) {
    while (intents_by_owner_.last(name, found)) {
      Remembered* entry = intents_.find(found->second);
      HASHCART_CHECK(entry != nullptr);
      if (fresh(entry->last.view().platform, entry->stamp)) return true;
      forget_intent(found->second);
    }
    return false;
  }

  void on_pass(const Signal& signal, const CartIntent& claim, const match::Claim& said) {
    // The last of both.
    OrderedIndex::Found last;
    bool is_queued = false;
    const auto take_later = [&](const OrderedIndex::Found& found, bool is_in_line) {
      if (found.first <= last.first) return;
      last = found;
      is_queued = is_in_line;
    };
    OrderedIndex::Found found;
    const auto look_under = [&](const std::string& name) {
      if (last_held(name, &found)) take_later(found, false);
      if (queued_by_owner_.last(name, &found)) take_later(found, true);
    };
    const std::string owner = key_of_pending(claim);
    if (said.items.empty()) look_under(owner_name(owner, match::kNoItem, signal.reply_to));
    for (const std::uint16_t item : said.items) {
      look_under(owner_name(owner, item, signal.reply_to));
    }
    if (last.first == 0) return say(OutcomeCode::kNothingToCancel, claim);
    OwnIntent own;
    CountPlace counted;
    if (is_queued) {
      Queued taken = take_queued(last.second);
      ++stats_.queue_retracted;
      own = std::move(taken.claim);
      counted = std::move(taken.counted);
    } else {
      Remembered* intent = intents_.find(last.second);
      own.assign(intent->last.view());
      counted = intent->counted;
      forget_intent(last.second);
    }
    const CartIntent opened = own.view();
    uncount(counted, catalogue_.campaigns[opened.campaign], true);
    CartIntent record = opened;
    record.type = RecordType::kRetracted;
    record.passed = true;
    std::vector<EvidencePiece> evidence;
    decide_by(claim, &record, &evidence);
    emit(record);
    say(OutcomeCode::kCancelled, claim, &record, std::span(&record.product, 1));
    if (!is_queued) give_back(opened, claim.time);
  }

  // --------------------------------------------------------------------------------- pendings

  // "<platform><author>\n<campaign>": whose pending, and where duplicates are looked for.
  [[nodiscard]] std::string key_of_pending(const CartIntent& intent) const {
    std::string key;
    make_key(intent.platform, intent.author_id, &key);
    key += '\n';
    key += catalogue_.campaigns[intent.campaign].id;
    return key;
  }

  [[nodiscard]] std::string prompt_name(std::string_view post_key, std::uint32_t campaign) const {
    std::string name(post_key);
    name += '\n';
    name += catalogue_.campaigns[campaign].id;
    return name;
  }

  void open_pending(CartIntent* record) {
    const catalogue::Campaign& campaign = catalogue_.campaigns[record->campaign];
    const catalogue::Confirm& confirm = *campaign.confirm;
    const std::string key = key_of_pending(*record);
    if (const Stock* stock = stock_of(*record); stock != nullptr && stock->left() == 0) {
      return say(OutcomeCode::kSoldOut, *record, nullptr, std::span(&record->product, 1));
    }
    if (pending_.find(key) != nullptr) return say(OutcomeCode::kAlreadyPending, *record);
    EventTimeMs deadline = record->opened_at + confirm.within_ms;
    std::vector<std::string> names;
    for (const std::string& post : aliases_.keys) {
      names.push_back(prompt_name(post, record->campaign));
    }
    for (const std::string& name : names) {
      const EventTimeMs* prompted = prompts_.find(name);
      if (prompted == nullptr) continue;
      if (*prompted < deadline) {
        deadline = std::max(*prompted, record->opened_at) + confirm.within_ms;
      }
      prompts_.erase(name);
      break;
    }
    const auto [pending, is_new] = pending_.insert(
        key, held_by(*record, key, names),
        [&](std::string_view old, Pending& oldest) { close_evicted(std::string(old), &oldest); });
    HASHCART_CHECK(is_new);
    take_stock(record, 1);  // only now: one that had to go gave its piece back
    closed_.erase(key);
    record->type = RecordType::kPending;
    record->deadline = deadline;
    pending->prompt_names = names;
    ++stats_.pendings_opened;
    pending->sequence = ++sequence_;
    HASHCART_CHECK(link_pending(*record, key, pending));
    emit(*record);
    say(OutcomeCode::kPending, *record, record, std::span(&record->product, 1));
    const std::string intent_key = remember_intent(*record, key, {}, aliases_.keys);
    if (Pending* open = pending_.find(key)) open->intent_key = intent_key;
  }

  bool link_pending(const CartIntent& record, const std::string& key, Pending* pending) {
    pending->opened.assign(record);
    pending->deadline = *record.deadline;
    pending->order = order_of(record, catalogue_.campaigns[record.campaign]);
    pending->platform = record.platform;
    pending->campaign = record.campaign;
    bool is_new = true;
    for (const std::string& name : pending->prompt_names) {
      is_new = pending_by_prompt_.add(name, pending->sequence, key) && is_new;
    }
    arm(key, *pending);
    return is_new;
  }

  void arm(const std::string& key, const Pending& pending) {
    const catalogue::Confirm& confirm = *catalogue_.campaigns[pending.campaign].confirm;
    std::set<Timer>& timers = timers_of(pending.platform);
    timers.insert({pending.deadline, pending.order, TimerKind::kExpiry, key});
    if (confirm.remind_before_ms > 0 && !pending.reminded) {
      timers.insert(
          {pending.deadline - confirm.remind_before_ms, pending.order, TimerKind::kReminder, key});
    }
  }

  void disarm(const std::string& key, const Pending& pending) {
    const catalogue::Confirm& confirm = *catalogue_.campaigns[pending.campaign].confirm;
    std::set<Timer>& timers = timers_of(pending.platform);
    timers.erase({pending.deadline, pending.order, TimerKind::kExpiry, key});
    timers.erase(
        {pending.deadline - confirm.remind_before_ms, pending.order, TimerKind::kReminder, key});
  }

  void on_prompt(const Signal& signal, std::uint32_t campaign_index) {
    const catalogue::Confirm& confirm = *catalogue_.campaigns[campaign_index].confirm;
    if (confirm.clock != catalogue::ConfirmClock::kPrompt) return;
    std::string post_key;
    make_key(signal.platform, signal.reply_to, &post_key);
    const std::string name = prompt_name(post_key, campaign_index);
    KeyList found;
    pending_by_prompt_.collect(name, &found);
    if (found.empty()) {
      *prompts_.insert(name).first = signal.time;
      return;
    }
    for (const auto& [sequence, key] : found) {
      Pending* pending = pending_.find(key);
      HASHCART_CHECK(pending != nullptr);
      if (signal.time >= pending->deadline) continue;
      disarm(key, *pending);
      pending->deadline = std::max(signal.time, pending->opened.opened_at) + confirm.within_ms;
      pending->opened.deadline = pending->deadline;
      arm(key, *pending);
      if (Remembered* intent = intents_.find(pending->intent_key)) {
        intent->last.deadline = pending->deadline;
      }
    }
  }

  void on_confirm(const Signal& signal, const CartIntent& claim, const std::string& key) {
    Pending* pending = pending_.find(key);
    if (pending == nullptr) return on_stray_confirm(claim, key);
    if (claim.time < pending->opened.opened_at) return say(OutcomeCode::kNoPending, claim);
    if (claim.time >= pending->deadline) return say(OutcomeCode::kConfirmLate, claim);
    Pending taken = close_pending(key, ClosedAs::kConfirmed);
    ++stats_.pendings_confirmed;
    CartIntent record = taken.opened.view();
    record.type = RecordType::kConfirmed;
    record.step = 2;
    record.author_handle = claim.author_handle;
    record.account = claim.account;
    record.confirm_tag = true;
    std::vector<EvidencePiece> evidence;
    decide_by(claim, &record, &evidence);
    emit(record);
    say(OutcomeCode::kConfirmed, claim, &record, std::span(&record.product, 1));
    if (Remembered* intent = intents_.find(taken.intent_key)) {
      intent->last.assign(record);
      intent->stamp = now(signal.platform);
      intent->pending_key.clear();
      for (const std::string& post : aliases_.keys) {
        if (std::find(intent->post_keys.begin(), intent->post_keys.end(), post) ==
            intent->post_keys.end()) {
          intent->post_keys.push_back(post);
          intents_by_post_.add(post, intent->sequence, taken.intent_key);
        }
      }
      intents_.set_bytes(taken.intent_key, held_by(record, taken.intent_key, intent->post_keys));
    }
  }

  // A confirm without an open pending: the memory of closed ones tells which of the six it is.
  void on_stray_confirm(const CartIntent& claim, const std::string& key) {
    const Closed* closed = closed_.find(key);
    if (closed == nullptr || !fresh(claim.platform, closed->stamp) ||
        claim.time < closed->opened_at) {
      return say(OutcomeCode::kNoPending, claim);
    }
    const bool in_time = claim.time < closed->deadline;
    switch (closed->as) {
      case ClosedAs::kConfirmed:
        return say(in_time ? OutcomeCode::kAlreadyConfirmed : OutcomeCode::kNoPending, claim);
      case ClosedAs::kExpired:
        return say(in_time ? OutcomeCode::kLate : OutcomeCode::kConfirmLate, claim);
      case ClosedAs::kRetracted:
        return say(OutcomeCode::kNoPending, claim);
      case ClosedAs::kEvicted:
        return say(in_time ? OutcomeCode::kEvicted : OutcomeCode::kConfirmLate, claim);
    }
  }

  // Takes a pending out of every index and remembers how it ended.
  Pending close_pending(const std::string& key, ClosedAs as) {
    Pending* pending = pending_.find(key);
    HASHCART_CHECK(pending != nullptr);
    Pending taken = std::move(*pending);
    pending_.erase(key);
    after_close(key, taken, as);
    return taken;
  }

  void after_close(const std::string& key, const Pending& pending, ClosedAs as) {
    disarm(key, pending);
    for (const std::string& name : pending.prompt_names) {
      pending_by_prompt_.remove(name, pending.sequence);
    }
    closed_.erase(key);
    *closed_.insert(key).first =
        Closed{as, pending.opened.opened_at, pending.deadline, now(pending.platform)};
  }

  void remind(const std::string& key) {
    Pending* pending = pending_.find(key);
    if (pending == nullptr || pending->reminded) return;
    const catalogue::Confirm& confirm = *catalogue_.campaigns[pending->campaign].confirm;
    if (confirm.remind_before_ms == 0) return;
    pending->reminded = true;
    CartIntent record = pending->opened.view();
    record.type = RecordType::kReminder;
    record.time = pending->deadline - confirm.remind_before_ms;
    emit(record);
  }

  void say_expired(Pending* pending, ExpiredBy cause) {
    ++stats_.pendings_expired;
    CartIntent record = pending->opened.view();
    record.type = RecordType::kExpired;
    record.time = pending->deadline;
    record.evicted = cause == ExpiredBy::kFullTable;
    record.campaign_removed = cause == ExpiredBy::kOtherCatalogue;
    emit(record);
    forget_intent(pending->intent_key);
    give_back(record, record.time);
  }

  void expire(const std::string& key, ExpiredBy cause) {
    if (pending_.find(key) == nullptr) return;
    Pending taken =
        close_pending(key, cause == ExpiredBy::kDeadline ? ClosedAs::kExpired : ClosedAs::kEvicted);
    say_expired(&taken, cause);
  }

  // The table has taken it out already.
  void close_evicted(const std::string& key, Pending* oldest) {
    after_close(key, *oldest, ClosedAs::kEvicted);
    say_expired(oldest, ExpiredBy::kFullTable);
  }

  // ---------------------------------------------------------------------------------- deletes

  // Remembers an accepted intent for a delete to come; returns its key.
  std::string remember_intent(const CartIntent& record, std::string_view pending_key,
                              CountPlace counted, const std::vector<std::string>& post_keys) {
    std::string key = key_of_intent(record);
    forget_intent(key);
    const auto [entry, is_new] =
        intents_.insert(key, held_by(record, key, post_keys),
                        [&](std::string_view, Remembered& oldest) { unlink_intent(&oldest); });
    HASHCART_CHECK(is_new);
    entry->stamp = now(record.platform);
    entry->sequence = ++sequence_;
    entry->post_keys = post_keys;
    entry->pending_key.assign(pending_key);
    entry->counted = std::move(counted);
    HASHCART_CHECK(link_intent(record, key, entry));
    return key;
  }

  bool link_intent(const CartIntent& record, const std::string& key, Remembered* entry) {
    entry->last.assign(record);
    entry->author_key = account_key(record.platform, record.author_id);
    bool is_new = intents_by_author_.add(entry->author_key, entry->sequence, key);
    entry->is_claim = catalogue_.campaigns[record.campaign].claim.has_value();
    if (entry->is_claim) {
      is_new = intents_by_place_.add(place_of(record), entry->sequence, key) && is_new;
      for (const std::string& name : owner_names(record)) {
        is_new = intents_by_owner_.add(name, entry->sequence, key) && is_new;
      }
    }
    for (const std::string& post : entry->post_keys) {
      is_new = intents_by_post_.add(post, entry->sequence, key) && is_new;
    }
    return is_new;
  }

  void unlink_intent(Remembered* entry) {
    intents_by_author_.remove(entry->author_key, entry->sequence);
    for (const std::string& post : entry->post_keys) intents_by_post_.remove(post, entry->sequence);
    if (!entry->is_claim) return;
    const CartIntent record = entry->last.view();
    for (const std::string& name : owner_names(record)) {
      intents_by_owner_.remove(name, entry->sequence);
    }
    intents_by_place_.remove(place_of(record), entry->sequence);
  }

  void forget_intent(const std::string& key) {
    Remembered* entry = intents_.find(key);
    if (entry == nullptr) return;
    unlink_intent(entry);
    intents_.erase(key);
  }

  void on_delete(const Signal& signal) {
    std::string key;
    make_key(signal.platform, signal.post_id, &key);
    mark_deleted(signal.platform, key);
    links_.forget(key);
    retract_waiting(waiting_by_post_, key, OutcomeCode::kRetracted);
    retract_waiting(waiting_for_, key, OutcomeCode::kParentDeleted);
    retract_queued(queued_by_post_, key);
    retract_intents(signal.platform, intents_by_post_, key);
  }

  void on_delete_account(const Signal& signal) {
    const std::string key = account_key(signal.platform, signal.author_id);
    mark_deleted(signal.platform, key);
    retract_waiting(waiting_by_author_, key, OutcomeCode::kRetracted);
    retract_queued(queued_by_author_, key);
    retract_intents(signal.platform, intents_by_author_, key);
  }

  void mark_deleted(Platform platform, const std::string& key) {
    deleted_.erase(key);
    *deleted_.insert(key).first = now(platform);
  }

  void retract_waiting(const OrderedIndex& index, const std::string& name, OutcomeCode code) {
    KeyList found;
    index.collect(name, &found);
    std::sort(found.begin(), found.end());
    for (const auto& [sequence, key] : found) {
      Waiting taken = take_waiting(key);
      say(code, taken.claim.view(), nullptr, {}, taken.parent_id);
    }
  }

  void retract_queued(const OrderedIndex& index, const std::string& name) {
    KeyList found;
    index.collect(name, &found);
    for (const auto& [sequence, key] : found) {
      Queued taken = take_queued(key);
      ++stats_.queue_retracted;
      CartIntent record = taken.claim.view();
      uncount(taken.counted, catalogue_.campaigns[record.campaign], false);
      record.type = RecordType::kRetracted;
      record.input = input_;
      record.offset = offset_;
      record.bytes = bytes_;
      emit(record);
    }
  }

  void retract_intents(Platform platform, const OrderedIndex& index, const std::string& name) {
    KeyList found;
    index.collect(name, &found);
    for (const auto& [sequence, key] : found) {
      Remembered* entry = intents_.find(key);
      if (entry == nullptr) continue;  // made room for one that was promoted
      const bool in_time = fresh(platform, entry->stamp);
      if (!in_time && entry->pending_key.empty()) {
        forget_intent(key);
        continue;
      }
      OwnIntent own;
      own.assign(entry->last.view());
      CartIntent record = own.view();
      const CountPlace counted = entry->counted;
      if (!entry->pending_key.empty()) {
        close_pending(entry->pending_key, ClosedAs::kRetracted);
        ++stats_.pendings_retracted;
      } else if (Closed* closed = closed_.find(key_of_pending(record));
                 closed != nullptr && closed->as == ClosedAs::kConfirmed &&
                 closed->opened_at == record.opened_at) {
        closed->as = ClosedAs::kRetracted;  // what is taken back is not confirmed any more
      }
      uncount(counted, catalogue_.campaigns[record.campaign], false);
      record.type = RecordType::kRetracted;
      record.input = input_;
      record.offset = offset_;
      record.bytes = bytes_;
      emit(record);
      forget_intent(key);
      give_back(record, record.time);
    }
  }

  // ------------------------------------------------------------------------------- snapshots

  template <typename Entry, typename IsWanted>
  static std::vector<std::string> keys_of(BoundedTable<Entry>* table, IsWanted is_wanted) {
    std::vector<std::string> out;
    table->for_each([&](const std::string& key, Entry& entry) {
      if (is_wanted(entry)) out.push_back(key);
    });
    return out;
  }

  // What was taken of each campaign and each item, in the order of `names`.
  void load_stock(SnapshotReader* reader, const CatalogueNames& names, const NameMap& map) {
    std::uint64_t taken = 0;
    for (std::uint32_t i = 0; i < names.campaigns.size(); ++i) {
      reader->number(taken);
      if (const auto campaign = map.campaign(i)) stock_[stock_of_[*campaign]].taken = taken;
    }
    for (std::uint32_t i = 0; i < names.campaigns.size(); ++i) {
      const std::size_t items = names.campaigns[i].items.size();
      for (std::size_t item = 0; item < items; ++item) {
        reader->number(taken);
        const auto there = map.item(i, static_cast<std::uint16_t>(item));
        if (there) stock_[stock_of_[*map.campaign(i)] + 1U + *there].taken = taken;
      }
    }
  }

  template <typename Archive>
  void state_fields(Archive& archive) {
    archive.number(sequence_);
    for (EventClock& clock : clocks_) EventClock::fields(archive, clock);
    for (std::uint64_t& count : stats_.outcomes) archive.number(count);
    for (std::uint64_t& count : stats_.records) archive.number(count);
    for (std::uint64_t* count :
         {&stats_.triggers, &stats_.pendings_opened, &stats_.pendings_confirmed,
          &stats_.pendings_expired, &stats_.pendings_retracted, &stats_.queue_taken,
          &stats_.queue_promoted, &stats_.queue_retracted, &stats_.queue_evicted}) {
      archive.number(*count);
    }
    const auto stamp = [](Archive& to, Stamp& value) { to.optional(value, kTime); };
    plain_table(archive, links_.table(),
                [](Archive& to, auto& post) { LinkMemory::fields(to, post); });
    plain_table(archive, deleted_, stamp);
    plain_table(archive, decided_, stamp);
    plain_table(archive, duplicates_,
                [](Archive& to, Counted& value) { Counted::fields(to, value); });
    plain_table(archive, closed_, [](Archive& to, Closed& value) { Closed::fields(to, value); });
    plain_table(archive, prompts_, kTime);
    entry_table(archive, pending_, &Pending::opened,
                [this](const CartIntent& opened, Pending entry) {
                  if (!opened.deadline || opened.product.id.empty() ||
                      !catalogue_.campaigns[opened.campaign].confirm) {
                    return false;
                  }
                  const std::string key = key_of_pending(opened);
                  entry.intent_key = key_of_intent(opened);
                  const std::uint64_t bytes = held_by(opened, key, entry.prompt_names);
                  Pending* place = place_for(&pending_, key, bytes, std::move(entry));
                  return place != nullptr && link_pending(opened, key, place);
                });
    entry_table(archive, intents_, &Remembered::last,
                [this](const CartIntent& last, Remembered entry) {
                  if (last.product.id.empty()) return false;
                  const std::string key = key_of_intent(last);
                  if (!entry.pending_key.empty()) {
                    const Pending* pending = pending_.find(entry.pending_key);
                    if (pending == nullptr || pending->intent_key != key) return false;
                  }
                  const std::uint64_t bytes = held_by(last, key, entry.post_keys);
                  Remembered* place = place_for(&intents_, key, bytes, std::move(entry));
                  return place != nullptr && link_intent(last, key, place);
                });
    entry_table(archive, queue_, &Queued::claim, [this](const CartIntent& claim, Queued entry) {
      if (claim.product.id.empty()) return false;
      const std::string key = key_of_intent(claim);
      const std::uint64_t bytes = held_by(claim, key, entry.post_keys);
      Queued* place = place_for(&queue_, key, bytes, std::move(entry));
      return place != nullptr && link_queued(claim, key, place);
    });
    entry_table(archive, waiting_, &Waiting::claim, [this](const CartIntent& claim, Waiting entry) {
      if (!claim.product.id.empty()) return false;
      const std::string key = key_of_intent(claim);
      const std::uint64_t bytes = held_by(claim, key, entry.post_keys) + entry.parent_id.size() +
                                  entry.own_links.bytes_held();
      Waiting* place = place_for(&waiting_, key, bytes, std::move(entry));
      return place != nullptr && link_waiting(claim, key, place);
    });
  }

  // Null: the table is full, or holds the key.
  template <typename Entry>
  static Entry* place_for(BoundedTable<Entry>* table, const std::string& key, std::uint64_t bytes,
                          Entry entry) {
    if (table->size() >= table->capacity() || table->find(key) != nullptr) return nullptr;
    Entry* place = table->place(key, bytes);
    *place = std::move(entry);
    return place;
  }

  template <typename Value>
  static std::uint64_t bytes_of(const Value& value) {
    if constexpr (requires { value.bytes_held(); }) {
      return value.bytes_held();
    } else {
      return 0;
    }
  }

  // How many a table has forgotten and how many it holds.
  template <typename Archive, typename Value>
  static std::uint64_t table_head(Archive& archive, BoundedTable<Value>& table) {
    std::uint64_t evictions = table.evictions();
    std::uint64_t size = table.size();
    archive.number(evictions);
    archive.number(size);
    if constexpr (Archive::kReads) table.add_evictions(evictions);
    return size;
  }

  // A table whose keys are what they are under every catalogue.
  template <typename Archive, typename Value, typename Fields>
  static void plain_table(Archive& archive, BoundedTable<Value>& table, Fields fields) {
    const std::uint64_t size = table_head(archive, table);
    if constexpr (Archive::kReads) {
      std::string key;
      for (std::uint64_t i = 0; i < size && !archive.failed(); ++i) {
        archive.text(key);
        Value value{};
        fields(archive, value);
        if (archive.take_dropped() && is_empty(value)) continue;
        const std::uint64_t bytes = bytes_of(value);
        if (is_empty(value) || place_for(&table, key, bytes, std::move(value)) == nullptr) {
          archive.fail();
        }
      }
    } else {
      table.for_each([&](const std::string& key, Value& value) {
        archive.text(key);
        fields(archive, value);
      });
    }
  }

  // Of what is remembered of a post nothing may be left under another catalogue.
  template <typename Value>
  static bool is_empty(const Value& value) {
    if constexpr (requires { value.products; }) {
      return value.empty();
    } else {
      return false;
    }
  }

  // A table of entries with an intent, of which all keys follow. add(intent, entry): false where
  // that cannot be.
  template <typename Archive, typename Entry, typename Add>
  void entry_table(Archive& archive, BoundedTable<Entry>& table, OwnIntent Entry::*own, Add add) {
    const std::uint64_t size = table_head(archive, table);
    if constexpr (Archive::kReads) {
      for (std::uint64_t i = 0; i < size && !archive.failed(); ++i) {
        CartIntent intent;
        intent_fields(archive, intent);
        Entry entry;
        Entry::fields(archive, entry);
        static_cast<void>(archive.take_dropped());
        if (archive.failed()) return;
        // One that comes later must not meet it.
        if (entry.sequence > sequence_ || !add(intent, std::move(entry))) archive.fail();
      }
    } else {
      table.for_each([&](const std::string&, Entry& entry) {
        const CartIntent intent = (entry.*own).view();
        intent_fields(archive, intent);
        Entry::fields(archive, entry);
      });
    }
  }

  // Constant after construction.
  const catalogue::Catalogue& catalogue_;
  const catalogue::Limits& limits_;
  // State: what the signals so far have left behind.
  std::array<EventClock, base::kPlatformCount> clocks_;
  std::array<std::set<Timer>, base::kPlatformCount> timers_;
  LinkMemory links_;
  BoundedTable<Stamp> deleted_;       // posts and accounts
  BoundedTable<Stamp> decided_;       // chains whose triggers have outcomes
  BoundedTable<Counted> duplicates_;  // author, campaign, parent
  BoundedTable<Remembered> intents_;
  BoundedTable<Pending> pending_;
  BoundedTable<Closed> closed_;
  BoundedTable<Queued> queue_;
  BoundedTable<Waiting> waiting_;
  BoundedTable<EventTimeMs> prompts_;  // read before their buy post
  OrderedIndex intents_by_post_;
  OrderedIndex intents_by_author_;
  OrderedIndex intents_by_owner_;  // of campaigns of claims alone, as the next
  OrderedIndex intents_by_place_;
  OrderedIndex queued_by_place_;
  OrderedIndex queued_by_owner_;
  OrderedIndex queued_by_author_;
  OrderedIndex queued_by_post_;
  OrderedIndex waiting_for_;
  OrderedIndex waiting_by_post_;
  OrderedIndex waiting_by_author_;
  OrderedIndex pending_by_prompt_;
  // By campaign, and behind each by its items: what is left, where somebody counts it.
  std::vector<Stock> stock_;
  std::vector<std::uint32_t> stock_of_;  // of a campaign: its place in stock_
  std::uint64_t sequence_ = 0;
  ResolverStats stats_;
  // Of the current step.
  ResolverOutput* out_ = nullptr;
  std::uint32_t input_ = 0;
  std::uint64_t offset_ = 0;
  std::uint64_t bytes_ = 0;
  Aliases aliases_;
  std::vector<EvidencePiece> evidence_;
  FewLinks few_links_;
  std::vector<const ProductLink*> distinct_;
  std::vector<Product> products_;
};

Resolver::Resolver(const catalogue::Catalogue& catalogue)
    : impl_(std::make_unique<Impl>(catalogue)) {}
Resolver::~Resolver() = default;

void Resolver::step(const Signal& signal, ResolverOutput* out) { impl_->step(signal, out); }
void Resolver::finish(bool expire_pendings, ResolverOutput* out) {
  impl_->finish(expire_pendings, out);
}
std::uint64_t Resolver::memory_max(const catalogue::Limits& limits) {
  return Impl::memory_max(limits);
}
ResolverStats Resolver::stats() const { return impl_->stats(); }
void Resolver::save(std::string* out) const { impl_->save(out); }
bool Resolver::load(std::string_view bytes) { return impl_->load(bytes); }
void Resolver::retire(const catalogue::Catalogue& next, ResolverOutput* out) {
  impl_->retire(next, out);
}

}  // namespace hashcart::intent
