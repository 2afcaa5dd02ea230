#include "match/extractor.h"

#include <algorithm>

namespace hashcart::match {

const std::vector<FoundTag>& Extractor::tags(const post::Post& post) {
  tags_.clear();
  if (post.tag_truth == post::TagTruth::kTextAndList) {
    find_urls(post.text, post.platform, &urls_);
    find_tags(post.text, post.platform, urls_, &spans_);
    for (const TagSpan& span : spans_) {
      tags_.push_back({post.text.substr(span.text_start, span.text_end - span.text_start),
                       span.start, span.end});
    }
  }
  const std::size_t in_text = tags_.size();
  for (const post::Tag& listed : post.tags) {
    // The grammar has found it already, at the same place or, for a list without places, anywhere.
    fold_tag(listed.text, post.platform, &folded_);
    const auto same = [&](const FoundTag& found) {
      if (listed.start != listed.end && found.start != listed.start) return false;
      fold_tag(found.text, post.platform, &folded_other_);
      return folded_ == folded_other_;
    };
    if (std::any_of(tags_.begin(), tags_.begin() + static_cast<std::ptrdiff_t>(in_text), same)) {
      continue;
    }
    tags_.push_back({listed.text, listed.start, listed.end});
  }
  return tags_;
}

FoundLink* Extractor::add_link() {
  if (link_count_ == links_.size()) links_.emplace_back();
  FoundLink* link = &links_[link_count_];
  link->index = static_cast<std::uint32_t>(link_count_);
  ++link_count_;
  return link;
}

void Extractor::classify(FoundLink* link, bool text_link) {
  LinkVerdict verdict = db_.links().classify(link->url, text_link, &scratch_);
  if (verdict.why != LinkWhy::kNone && expansions_ != nullptr) {
    const std::string_view target = expansions_->expand(link->url);
    if (!target.empty()) verdict = db_.links().classify(target, false, &scratch_);
  }
  link->why = verdict.why;
  link->by = verdict.by;
  link->retailer = verdict.why == LinkWhy::kShortLink ? verdict.short_of : verdict.product.retailer;
  link->market = verdict.product.market;
  if (verdict.why == LinkWhy::kNone) {
    link->id.assign(verdict.product.id);
    link->affiliate.assign(verdict.product.affiliate);
  } else {
    link->id.clear();
    link->affiliate.clear();
  }
}

const std::vector<FoundLink>& Extractor::links(const post::Post& post) {
  link_count_ = 0;
  for (const post::Link& listed : post.links) {
    FoundLink* link = add_link();
    link->url = listed.url;
    link->in_text = false;
    link->start = 0;
    link->end = static_cast<std::uint32_t>(listed.url.size());
    classify(link, false);
  }
  find_urls(post.text, post.platform, &urls_);
  for (const TextSpan& span : urls_) {
    const bool covered =
        std::any_of(post.links.begin(), post.links.end(), [&](const post::Link& listed) {
          return listed.start < span.end && span.start < listed.end;
        });
    if (covered) continue;
    FoundLink* link = add_link();
    link->url = post.text.substr(span.start, span.end - span.start);
    link->in_text = true;
    link->start = span.start;
    link->end = span.end;
    classify(link, true);
    // What markup cuts is no link (and no scan of raw bytes sees its host).
    if (post::runs_over_seam(post, span.start, span.end)) link->why = LinkWhy::kNotAUrl;
  }
  return links_;
}

}  // namespace hashcart::match
