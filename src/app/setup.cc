#include "app/setup.h"

#include <algorithm>
#include <string_view>
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

std::vector<std::string> paths_or_default(const std::vector<std::string>& paths) {
  return paths.empty() ? std::vector<std::string>{"default"} : paths;
}

// Where a campaign's examples are tried: under a post of its own authors, if only those count.
base::Platform first_platform(const Campaign& campaign) {
  for (const catalogue::AuthorRef& author : campaign.under) {
    if (campaign.on(author.platform)) return author.platform;
  }
  for (std::size_t i = 0; i < base::kPlatformCount; ++i) {
    if (campaign.on(static_cast<base::Platform>(i))) return static_cast<base::Platform>(i);
  }
  return base::Platform::kOther;
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

 private:
  const match::PatternDb& db_;
  match::Matcher matcher_;
  post::ParsedRecord record_;
  std::string signals_;
  match::Signal signal_;
};

void check_tag(const Campaign& campaign, const std::string& tag, std::vector<Diagnostic>* out) {
  const base::Platform platform = first_platform(campaign);
  std::vector<match::TextSpan> urls;
  std::vector<match::TagSpan> tags;
  match::find_urls(tag, platform, &urls);
  match::find_tags(tag, platform, urls, &tags);
  const std::string_view bare = match::without_sign(tag);
  if (tags.size() == 1 && std::string_view(tag).substr(
                              tags[0].text_start, tags[0].text_end - tags[0].text_start) == bare) {
    return;
  }
  out->push_back({.severity = Severity::kError,
                  .code = "E040",
                  .message = "campaign \"" + campaign.id + "\": " + tag + " is no tag on " +
                             std::string(base::name(platform)),
                  .where = campaign.tag_where,
                  .length = 1,
                  .label = "can never match",
                  .help = platform == base::Platform::kWeibo
                              ? "Weibo closes its tags: write \"#topic#\""
                              : "a tag is letters, digits and marks, with one that is no digit"});
}

void check_campaign(std::uint32_t index, const Campaign& campaign, TextProbe* probe,
                    std::vector<Diagnostic>* out) {
  for (const std::string& tag : campaign.tags) check_tag(campaign, tag, out);
  if (campaign.confirm) check_tag(campaign, campaign.confirm->tag, out);
  const base::Platform platform = first_platform(campaign);
  const auto complain = [&](const std::string& text, bool should) {
    out->push_back({.severity = Severity::kError,
                    .code = should ? "E041" : "E042",
                    .message = "campaign \"" + campaign.id + "\": " +
                               (should ? "a hit does not match: " : "a miss matches: ") + text,
                    .where = campaign.where,
                    .length = 1,
                    .label = {},
                    .help = {}});
  };
  for (const std::string& hit : campaign.hits) {
    if (!probe->triggers(index, platform, hit)) complain(hit, true);
  }
  for (const std::string& miss : campaign.misses) {
    if (probe->triggers(index, platform, miss)) complain(miss, false);
  }
}

void check_retailer(const match::PatternDb& db, const catalogue::Retailer& retailer,
                    std::vector<Diagnostic>* out) {
  match::LinkScratch scratch;
  const auto complain = [&](std::string code, std::string message) {
    out->push_back({.severity = Severity::kError,
                    .code = std::move(code),
                    .message = "retailer \"" + retailer.id + "\": " + std::move(message),
                    .where = retailer.where,
                    .length = 1,
                    .label = {},
                    .help = {}});
  };
  for (const catalogue::UrlHit& hit : retailer.hits) {
    const match::LinkVerdict verdict = db.links().classify(hit.url, false, &scratch);
    if (verdict.why != match::LinkWhy::kNone) {
      complain("E041", "a hit gives no product (" + std::string(match::name(verdict.why)) +
                           "): " + hit.url);
      continue;
    }
    const std::string key = match::product_key(db.catalogue(), verdict.product);
    if (key != hit.product_key) {
      complain("E041", hit.url + " gives " + key + ", expected " + hit.product_key);
    }
  }
  for (const std::string& miss : retailer.misses) {
    const match::LinkVerdict verdict = db.links().classify(miss, false, &scratch);
    if (verdict.why == match::LinkWhy::kNone) {
      complain("E042",
               "a miss gives " + match::product_key(db.catalogue(), verdict.product) + ": " + miss);
    }
  }
}

}  // namespace

std::unique_ptr<catalogue::Catalogue> load_catalogue(const std::vector<std::string>& paths) {
  const std::vector<std::string> sources = paths_or_default(paths);
  catalogue::LoadResult result = catalogue::load_files(sources);
  if (!result.ok()) {
    throw base::SetupError(base::SetupFault::kCatalogue,
                           catalogue::render(result.diagnostics, catalogue::read_texts(sources)));
  }
  auto out = std::make_unique<catalogue::Catalogue>(std::move(result.catalogue));
  out->sha256 = emit::sha256_hex(out->resolved);
  return out;
}

std::vector<Diagnostic> check_against_grammars(const match::PatternDb& db) {
  std::vector<Diagnostic> out;
  TextProbe probe(db);
  const catalogue::Catalogue& catalogue = db.catalogue();
  for (std::uint32_t i = 0; i < catalogue.campaigns.size(); ++i) {
    check_campaign(i, catalogue.campaigns[i], &probe, &out);
  }
  for (const catalogue::Retailer& retailer : catalogue.retailers) {
    check_retailer(db, retailer, &out);
  }
  return out;
}

}  // namespace hashcart::app
