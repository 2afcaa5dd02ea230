#include "app/setup.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string_view>
#include <tuple>
#include <utility>

#include "base/setup_error.h"
#include "emit/digest.h"
#include "match/hashtag_grammar.h"
#include "match/matcher.h"
#include "post/post.h"

namespace hashcart::app {
namespace {

using catalogue::Campaign;
using catalogue::Diagnostic;
using catalogue::Severity;
using catalogue::SourcePosition;
using catalogue::TextPlace;

std::vector<std::string> paths_or_default(const std::vector<std::string>& paths) {
  return paths.empty() ? std::vector<std::string>{"default"} : paths;
}

// Whether a post with this text, and nothing else, is a trigger of the campaign.
class TextProbe {
 public:
  explicit TextProbe(const match::PatternDb& db) : db_(db), matcher_(db, {}) {
    record_.kind = post::RecordKind::kPosts;
    record_.posts.resize(1);
    record_.post_count = 1;
  }

  bool triggers(std::uint32_t campaign, base::Platform platform, std::string_view text) {
    post::Post& post = record_.posts[0];
    post = {};
    post.platform = platform;
    post.id = "1";
    post.chain_id = "1";
    post.author_id = "nobody";
    post.text = text;
    // A claim is made under somebody's post.
    const Campaign& wanted = db_.catalogue().campaigns[campaign];
    if (wanted.claim || !wanted.under.empty()) post.reply_to = "0";
    for (const catalogue::AuthorRef& author : wanted.under) {
      if (author.platform == platform) post.reply_to_author = author.id;
    }
    signals_.clear();
    if (matcher_.match(record_, {}, &signals_).triggers == 0) return false;
    std::string_view left = signals_;
    if (!match::decode(&left, &signal_)) return false;
    return std::any_of(
        signal_.triggers.begin(), signal_.triggers.end(), [&](const match::Trigger& trigger) {
          return trigger.campaign == campaign && trigger.role != match::TriggerRole::kConfirm &&
                 trigger.claim.kind != match::ClaimKind::kNotAClaim;
        });
  }

  // What the platform's grammars see in a text, for a person: `#AmazonCarts`, or the links and what
  // they name.
  std::string seen(const match::PatternDb& db, const Campaign& campaign, base::Platform platform,
                   std::string_view text) {
    std::vector<match::TextSpan> urls;
    std::vector<match::TagSpan> tags;
    match::find_urls(text, platform, &urls);
    std::string out;
    const auto add = [&out](const std::string& item) { out += (out.empty() ? "" : ", ") + item; };
    if (campaign.on_words()) return "no claim or emoji of it, or not its mention";
    if (campaign.on_link.empty()) {
      match::find_tags(text, platform, urls, &tags);
      for (const match::TagSpan& tag : tags) {
        add(std::string(text.substr(tag.start, tag.end - tag.start)));
      }
      return out.empty() ? "no tag" : out;
    }
    for (const match::TextSpan& span : urls) {
      const std::string url(text.substr(span.start, span.end - span.start));
      const match::LinkVerdict verdict = db.links().classify(url, true, &links_);
      add(url + " (" +
          (verdict.why == match::LinkWhy::kNone
               ? match::product_key(db.catalogue(), verdict.product)
               : std::string(match::name(verdict.why))) +
          ")");
    }
    return out.empty() ? "no link" : out;
  }

 private:
  const match::PatternDb& db_;
  match::Matcher matcher_;
  post::ParsedRecord record_;
  std::string signals_;
  match::Signal signal_;
  match::LinkScratch links_;
};

SourcePosition at(const SourcePosition& entry, const TextPlace& place) {
  return {entry.file, place.line, place.column};
}

// Whether a post on the platform can hold the tag. Weibo closes its tags whatever the catalogue
// writes, and the other platforms do not.
bool yields_tag(const std::string& tag, base::Platform platform) {
  const std::string_view bare = match::without_sign(tag);
  const std::string text =
      fmt::format("#{}{}", bare, platform == base::Platform::kWeibo ? "#" : "");
  std::vector<match::TextSpan> urls;
  std::vector<match::TagSpan> tags;
  match::find_urls(text, platform, &urls);
  match::find_tags(text, platform, urls, &tags);
  return tags.size() == 1 && std::string_view(text).substr(
                                 tags[0].text_start, tags[0].text_end - tags[0].text_start) == bare;
}

// Where a campaign's examples are tried: under a post of its own authors, if only those count; else
// on the first of its platforms that its tags can stand on.
base::Platform example_platform(const Campaign& campaign) {
  for (const catalogue::AuthorRef& author : campaign.under) {
    if (campaign.on(author.platform)) return author.platform;
  }
  std::optional<base::Platform> first;
  for (std::size_t i = 0; i < base::kPlatformCount; ++i) {
    const auto platform = static_cast<base::Platform>(i);
    if (!campaign.on(platform)) continue;
    if (!first) first = platform;
    if (std::all_of(campaign.tags.begin(), campaign.tags.end(),
                    [&](const std::string& tag) { return yields_tag(tag, platform); })) {
      return platform;
    }
  }
  return first.value_or(base::Platform::kOther);
}

void check_tag(const Campaign& campaign, const std::string& tag, const TextPlace& place,
               std::vector<Diagnostic>* out) {
  std::string live;
  std::string dead;
  for (std::size_t i = 0; i < base::kPlatformCount; ++i) {
    const auto platform = static_cast<base::Platform>(i);
    if (!campaign.on(platform)) continue;
    std::string& names = yields_tag(tag, platform) ? live : dead;
    names += (names.empty() ? "" : ", ") + std::string(base::name(platform));
  }
  if (dead.empty()) return;
  const bool never = live.empty();
  out->push_back({.severity = never ? Severity::kError : Severity::kWarning,
                  .code = std::string(never ? catalogue::kTagNeverMatches.id
                                            : catalogue::kTagSometimesDead.id),
                  .message = "campaign \"" + campaign.id + "\": " + tag + " is no tag on " + dead,
                  .where = at(campaign.where, place),
                  .length = place.length,
                  .label = never ? "can never match" : "can never match there",
                  .help = never ? "a tag is letters, digits and marks, with one that is no digit"
                                : "it can on " + live + "; name them in \"platforms\""});
}

void run_campaign_examples(const match::PatternDb& db, std::uint32_t index, TextProbe* probe,
                           std::vector<ExampleResult>* out) {
  const Campaign& campaign = db.catalogue().campaigns[index];
  const base::Platform platform = example_platform(campaign);
  const std::string_view on = base::name(platform);
  const auto add = [&](const std::string& text, const TextPlace& place, bool is_hit) {
    ExampleResult result;
    result.entry = "campaign \"" + campaign.id + "\"";
    result.id = campaign.id;
    result.text = text;
    result.is_hit = is_hit;
    result.where = at(campaign.where, place);
    result.length = place.length;
    if (probe->triggers(index, platform, text) != is_hit) {
      const std::string seen = probe->seen(db, campaign, platform, text);
      result.wrong = is_hit ? fmt::format("does not fire: on {} its text holds {}", on, seen)
                            : fmt::format("fires: on {} its text holds {}", on, seen);
    }
    out->push_back(std::move(result));
  };
  for (std::size_t i = 0; i < campaign.hits.size(); ++i) {
    add(campaign.hits[i], campaign.hit_places[i], true);
  }
  for (std::size_t i = 0; i < campaign.misses.size(); ++i) {
    add(campaign.misses[i], campaign.miss_places[i], false);
  }
}

void run_retailer_examples(const match::PatternDb& db, const catalogue::Retailer& retailer,
                           std::vector<ExampleResult>* out) {
  match::LinkScratch scratch;
  const auto add = [&](const std::string& url, const TextPlace& place, bool is_hit,
                       const std::string& wanted) {
    ExampleResult result;
    result.entry = "retailer \"" + retailer.id + "\"";
    result.id = retailer.id;
    result.text = url;
    result.is_hit = is_hit;
    result.where = at(retailer.where, place);
    result.length = place.length;
    const match::LinkVerdict verdict = db.links().classify(url, false, &scratch);
    const bool has_product = verdict.why == match::LinkWhy::kNone;
    const std::string key =
        has_product ? match::product_key(db.catalogue(), verdict.product) : std::string();
    if (is_hit && !has_product) {
      result.wrong =
          "gives no product (" + std::string(match::name(verdict.why)) + "), expected " + wanted;
    } else if (key != wanted) {
      result.wrong = "gives " + key + ", expected " + (is_hit ? wanted : "no product");
    }
    out->push_back(std::move(result));
  };
  for (std::size_t i = 0; i < retailer.hits.size(); ++i) {
    add(retailer.hits[i].url, retailer.hit_places[i], true, retailer.hits[i].product_key);
  }
  for (std::size_t i = 0; i < retailer.misses.size(); ++i) {
    add(retailer.misses[i], retailer.miss_places[i], false, {});
  }
}

}  // namespace

std::unique_ptr<catalogue::Catalogue> load_catalogue(const std::vector<std::string>& paths) {
  return load_catalogue_texts(catalogue::read_texts(paths_or_default(paths)));
}

std::unique_ptr<catalogue::Catalogue> load_catalogue_texts(
    const std::vector<catalogue::CatalogueText>& texts) {
  catalogue::LoadResult result = catalogue::load_texts(texts, catalogue::Wanted::kErrors);
  if (!result.ok()) {
    throw base::SetupError(base::SetupFault::kCatalogue,
                           catalogue::render(catalogue::load_texts(texts).diagnostics, texts));
  }
  auto out = std::make_unique<catalogue::Catalogue>(std::move(result.catalogue));
  out->sha256 = emit::sha256_hex(out->resolved);
  return out;
}

std::vector<ExampleResult> run_examples(const match::PatternDb& db) {
  std::vector<ExampleResult> out;
  TextProbe probe(db);
  const catalogue::Catalogue& catalogue = db.catalogue();
  for (std::uint32_t i = 0; i < catalogue.campaigns.size(); ++i) {
    run_campaign_examples(db, i, &probe, &out);
  }
  for (const catalogue::Retailer& retailer : catalogue.retailers) {
    run_retailer_examples(db, retailer, &out);
  }
  return out;
}

// Links in running text are found as X draws them, which asks for a known top-level domain; those
// that a payload lists are taken whatever their host.
void check_hosts(const catalogue::Retailer& retailer, std::vector<Diagnostic>* out) {
  std::vector<match::TextSpan> urls;
  for (const catalogue::HostRule& rule : retailer.hosts) {
    match::find_urls("https://www." + rule.host + "/", base::Platform::kOther, &urls);
    if (!urls.empty()) continue;
    out->push_back({.severity = Severity::kWarning,
                    .code = std::string(catalogue::kHostInNoText.id),
                    .message = "retailer \"" + retailer.id + "\": a link on " + rule.host +
                               " is not seen in a text",
                    .where = retailer.where,
                    .length = 12,  // [[retailer]]
                    .label = "no top-level domain at the end of its host",
                    .help = "links that a payload lists count all the same"});
    return;  // one is enough to say it
  }
}

std::vector<Diagnostic> check_against_grammars(const match::PatternDb& db) {
  std::vector<Diagnostic> out;
  for (const catalogue::Retailer& retailer : db.catalogue().retailers) check_hosts(retailer, &out);
  for (const Campaign& campaign : db.catalogue().campaigns) {
    for (std::size_t i = 0; i < campaign.tags.size(); ++i) {
      check_tag(campaign, campaign.tags[i], campaign.tag_places[i], &out);
    }
    if (campaign.confirm) {
      check_tag(campaign, campaign.confirm->tag, campaign.confirm->tag_place, &out);
    }
  }
  for (const ExampleResult& example : run_examples(db)) {
    if (example.wrong.empty()) continue;
    const catalogue::FaultCode& code =
        example.is_hit ? catalogue::kHitFails : catalogue::kMissMatches;
    out.push_back({.severity = Severity::kError,
                   .code = std::string(code.id),
                   .message = example.entry + ": a " + (example.is_hit ? "hit" : "miss") + " " +
                              (example.is_hit ? "does not hit" : "hits"),
                   .where = example.where,
                   .length = example.length,
                   .label = example.wrong,
                   .help = example.is_hit ? "change the example, or what it is an example of"
                                          : "move it to hits, or change what it is an example of"});
  }
  return out;
}

CheckedCatalogue check_texts(const std::vector<catalogue::CatalogueText>& texts) {
  CheckedCatalogue out;
  catalogue::LoadResult loaded = catalogue::load_texts(texts);
  out.catalogue = std::make_unique<catalogue::Catalogue>(std::move(loaded.catalogue));
  out.diagnostics = std::move(loaded.diagnostics);
  const auto has_error = [](const Diagnostic& fault) { return fault.severity == Severity::kError; };
  if (std::none_of(out.diagnostics.begin(), out.diagnostics.end(), has_error)) {
    out.db = std::make_unique<match::PatternDb>(*out.catalogue);
    for (Diagnostic& more : check_against_grammars(*out.db)) {
      out.diagnostics.push_back(std::move(more));
    }
  }
  std::map<std::string_view, std::size_t> order;
  for (const std::string& file : out.catalogue->files) order.emplace(file, order.size());
  std::stable_sort(out.diagnostics.begin(), out.diagnostics.end(),
                   [&](const Diagnostic& a, const Diagnostic& b) {
                     const auto key = [&](const Diagnostic& fault) {
                       return std::tuple(order[fault.where.file], fault.where.line,
                                         fault.where.column);
                     };
                     return key(a) < key(b);
                   });
  out.ok = std::none_of(out.diagnostics.begin(), out.diagnostics.end(), has_error);
  return out;
}

}  // namespace hashcart::app
