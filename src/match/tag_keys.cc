#include "match/tag_keys.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <span>

#ifdef __AVX2__
#include <immintrin.h>
#endif

#include <utf8proc.h>

#include "base/utf8.h"
#include "match/fold_table.h"
#include "match/raw_json.h"
#include "match/tag_chars.h"

namespace hashcart::match {
namespace {

constexpr std::size_t kRunBytes = TagKeys::kRunBytes;
// A sign with more ignorable characters and HTML behind it than this is not worth the reading: the
// line is passed.
constexpr int kStepsMax = 256;

constexpr bool is_run_char(std::uint32_t c) noexcept {
  return c < 0x80 && (is_ascii_alnum(c) || c == '_');
}

std::uint64_t mix(std::uint64_t h) noexcept {
  h ^= h >> 32U;
  h *= 0x9FB21C651E98DF25ULL;
  h ^= h >> 29U;
  return h != 0 ? h : 1;  // 0 is a free slot
}

// Four words of eight bytes, zero behind the run.
std::uint64_t hash_words(const std::array<std::uint64_t, 4>& w, std::size_t size) noexcept {
  const std::uint64_t h = (w[0] ^ 0x9E3779B97F4A7C15ULL) * 0xFF51AFD7ED558CCDULL +
                          (w[1] ^ 0xC2B2AE3D27D4EB4FULL) * 0xC4CEB9FE1A85EC53ULL;
  return mix((h ^ (h >> 31U)) + (w[2] ^ 0x165667B19E3779F9ULL) * 0x9FB21C651E98DF25ULL +
             w[3] * 0xD6E8FEB86659FD93ULL + size);
}

// Of size <= kRunBytes bytes [0-9A-Za-z_]; kRunBytes are readable. Setting the bit that tells case
// apart leaves digits as they are and makes another character of '_', but the same everywhere.
std::uint64_t hash_run(const char* run, std::size_t size) noexcept {
  std::array<std::uint64_t, 4> words{};
#ifdef __AVX2__
  const __m256i index =
      _mm256_setr_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
                       22, 23, 24, 25, 26, 27, 28, 29, 30, 31);
  const __m256i inside = _mm256_cmpgt_epi8(_mm256_set1_epi8(static_cast<char>(size)), index);
  const __m256i bytes = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(run));
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(words.data()),
                      _mm256_and_si256(_mm256_or_si256(bytes, _mm256_set1_epi8(0x20)), inside));
#else
  std::array<unsigned char, kRunBytes> bytes{};
  for (std::size_t i = 0; i < size; ++i) {
    bytes[i] = static_cast<unsigned char>(static_cast<unsigned char>(run[i]) | 0x20U);
  }
  std::memcpy(words.data(), bytes.data(), kRunBytes);
#endif
  return hash_words(words, size);
}

std::uint64_t hash_points(std::uint32_t first, std::uint32_t second) noexcept {
  return mix((first * 0x9E3779B97F4A7C15ULL) ^ (second * 0xC2B2AE3D27D4EB4FULL) ^ 0x5851F42DU);
}

// Length of the run of [0-9A-Za-z_] at `text`, kRunBytes at most; that many bytes are readable.
std::size_t run_length(const char* text) noexcept {
#ifdef __AVX2__
  const __m256i bytes = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(text));
  const __m256i small = _mm256_or_si256(bytes, _mm256_set1_epi8(0x20));
  const auto within = [](__m256i v, char low, char high) {
    return _mm256_cmpeq_epi8(
        _mm256_min_epu8(_mm256_max_epu8(v, _mm256_set1_epi8(low)), _mm256_set1_epi8(high)), v);
  };
  const __m256i in_run =
      _mm256_or_si256(_mm256_or_si256(within(small, 'a', 'z'), within(bytes, '0', '9')),
                      _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8('_')));
  const auto outside = ~static_cast<std::uint32_t>(_mm256_movemask_epi8(in_run));
  return static_cast<std::size_t>(std::countr_zero(outside));
#else
  std::size_t size = 0;
  while (size < kRunBytes && is_run_char(static_cast<unsigned char>(text[size]))) ++size;
  return size;
#endif
}

std::size_t without_underscores(const char* run, std::size_t size) noexcept {
  while (size > 0 && run[size - 1] == '_') --size;
  return size;
}

// The size of the scheme that a run ends with, where a ':' follows: Mastodon gives it to the link
// (`#taghttps://...`).
std::size_t scheme_at_end(const char* run, std::size_t size) noexcept {
  for (const std::string_view scheme : {std::string_view("https"), std::string_view("http")}) {
    if (size <= scheme.size()) continue;
    const char* at = run + size - scheme.size();
    if (std::equal(scheme.begin(), scheme.end(), at,
                   [](char a, char b) { return a == base::ascii_lower(b); })) {
      return scheme.size();
    }
  }
  return 0;
}

// By the byte behind a run: whether more than the run must be looked at.
constexpr std::array<bool, 256> kRunEnds = [] {
  std::array<bool, 256> odd{};
  for (std::size_t c = 0x80; c < odd.size(); ++c) odd[c] = true;
  for (const char c : {'<', '&', '\\', ':'}) odd[static_cast<unsigned char>(c)] = true;
  return odd;
}();

std::uint64_t filter_bits(std::uint64_t key) noexcept {
  return (1ULL << (key & 63U)) | (1ULL << ((key >> 6U) & 63U)) | (1ULL << ((key >> 12U) & 63U)) |
         (1ULL << ((key >> 18U) & 63U));
}

// One reading of the beginning of a folded tag: runs first, then characters.
class KeyReader {
 public:
  enum class Step : std::uint8_t { kMore, kRunEnded, kOnePoint, kTwoPoints };

  // Before anything else: of a run, at most kRunBytes; that many are readable.
  void add_run(const char* run, std::size_t size) noexcept {
    std::memcpy(run_.data(), run, kRunBytes);
    size_ = size;
  }

  // c: folded, no combining mark.
  [[nodiscard]] Step add(std::uint32_t c) noexcept {
    if (in_run_) {
      if (is_run_char(c)) {
        if (size_ < kRunBytes) run_[size_] = static_cast<char>(c);
        ++size_;
        return Step::kMore;
      }
      in_run_ = false;
      size_ = std::min(size_, kRunBytes);
      if (run_size() > 0) return Step::kRunEnded;
    }
    points_[count_++] = c;
    return count_ == 1 ? Step::kOnePoint : Step::kTwoPoints;
  }

  [[nodiscard]] const char* run() const noexcept { return run_.data(); }
  [[nodiscard]] bool in_run() const noexcept { return in_run_; }
  [[nodiscard]] bool is_full() const noexcept { return size_ >= kRunBytes; }
  [[nodiscard]] std::size_t run_size() const noexcept {
    return without_underscores(run_.data(), std::min(size_, kRunBytes));
  }
  [[nodiscard]] std::size_t raw_run_size() const noexcept { return std::min(size_, kRunBytes); }
  [[nodiscard]] std::size_t point_count() const noexcept { return count_; }
  [[nodiscard]] std::uint64_t point_key(std::size_t count) const noexcept {
    return hash_points(points_[0], count > 1 ? points_[1] : 0);
  }

 private:
  std::array<char, kRunBytes> run_{};  // of any case
  std::size_t size_ = 0;
  bool in_run_ = true;
  std::array<std::uint32_t, 2> points_{};
  std::size_t count_ = 0;
};

}  // namespace

TagKeys::TagKeys(const std::vector<std::string_view>& folded) {
  std::vector<std::uint64_t> all;
  all.reserve(folded.size());
  for (const std::string_view tag : folded) {
    KeyReader reader;
    KeyReader::Step step = KeyReader::Step::kMore;
    for (std::size_t at = 0; at < tag.size() && step != KeyReader::Step::kRunEnded &&
                             step != KeyReader::Step::kTwoPoints;) {
      const base::CodePoint point = base::decode_at(tag, at);
      at += point.size;
      const auto c = static_cast<utf8proc_int32_t>(point.value);
      if (c >= 0x80 && utf8proc_get_property(c)->combining_class != 0) continue;
      step = reader.add(fold_latin(point.value));
      if (step == KeyReader::Step::kOnePoint && point.value < 0x80) has_odd_ = true;
    }
    if (reader.run_size() > 0) {
      all.push_back(hash_run(reader.run(), reader.run_size()));
    } else if (reader.point_count() > 0) {
      all.push_back(reader.point_key(reader.point_count()));
    }
  }
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  if (all.empty()) return;
  // 16 to 32 bits of filter and 8 to 16 bytes of table a key.
  const std::size_t words = std::bit_ceil(std::max<std::size_t>(16, (all.size() + 3) / 4));
  const std::size_t slots = std::bit_ceil(all.size() * 2);
  filter_.assign(words, 0);
  keys_.assign(std::max<std::size_t>(slots, 16), 0);
  filter_shift_ = static_cast<unsigned>(64 - std::countr_zero(filter_.size()));
  keys_shift_ = static_cast<unsigned>(64 - std::countr_zero(keys_.size()));
  for (const std::uint64_t key : all) {
    filter_[key >> filter_shift_] |= filter_bits(key);
    std::size_t slot = key >> keys_shift_;
    while (keys_[slot] != 0) slot = (slot + 1) & (keys_.size() - 1);
    keys_[slot] = key;
  }
}

bool TagKeys::has(std::uint64_t key) const noexcept {
  const std::uint64_t bits = filter_bits(key);
  if ((filter_[key >> filter_shift_] & bits) != bits) return false;
  for (std::size_t slot = key >> keys_shift_;; slot = (slot + 1) & (keys_.size() - 1)) {
    if (keys_[slot] == key) return true;
    if (keys_[slot] == 0) return false;
  }
}

bool TagKeys::has_run(const char* run, std::size_t size) const noexcept {
  size = without_underscores(run, size);
  return size > 0 && has(hash_run(run, size));
}

bool TagKeys::is_worth_reading(const char* text) const noexcept {
  if (keys_.empty()) return false;
  const std::size_t size = run_length(text);
  // Where the run may go on, or end earlier, or is none.
  const bool is_odd = kRunEnds[static_cast<unsigned char>(text[size & (kRunBytes - 1)])] |
                      (size == kRunBytes) | (text[static_cast<std::ptrdiff_t>(size) - 1] == '_') |
                      (has_odd_ & (size == 0));
  const std::uint64_t key = hash_run(text, size);
  const std::uint64_t bits = filter_bits(key);
  return is_odd | ((filter_[key >> filter_shift_] & bits) == bits);
}

bool TagKeys::may_begin(const char* text) const noexcept {
  if (keys_.empty()) return false;
  const std::size_t size = run_length(text);
  if (size == kRunBytes) [[unlikely]] {
    if (has_run(text, size)) return true;
    // A scheme at the end of a longer run leaves a tag that may be shorter than kRunBytes.
    std::size_t whole = size;
    while (is_run_char(static_cast<unsigned char>(text[whole]))) ++whole;
    if (text[whole] == ':') {
      const std::size_t scheme = scheme_at_end(text, whole);
      return scheme > 0 && whole - scheme < kRunBytes && has_run(text, whole - scheme);
    }
    return false;
  }
  const auto next = static_cast<unsigned char>(text[size]);
  if (next >= 0x80 || next == '<' || next == '&' || (next == '\\' && text[size + 1] == 'u'))
      [[unlikely]] {
    return slow(text, false);
  }
  if (has_run(text, size)) return true;
  if (next == ':') [[unlikely]] {
    const std::size_t scheme = scheme_at_end(text, size);
    return scheme > 0 && has_run(text, size - scheme);
  }
  if (has_odd_ && without_underscores(text, size) == 0) [[unlikely]]
    return slow(text, false);
  return false;
}

bool TagKeys::may_be(const char* text) const noexcept {
  if (keys_.empty()) return false;
  const std::size_t size = run_length(text);
  if (size < kRunBytes && text[size] == '"') return has_run(text, size);
  return may_begin(text) || slow(text, true);
}

bool TagKeys::slow(const char* text, bool is_listed) const noexcept {
  KeyReader reader;
  const std::size_t run = run_length(text);
  reader.add_run(text, run);
  if (reader.is_full()) return true;  // seldom enough
  text += run;
  for (int steps = 0; steps < kStepsMax; ++steps) {
    const auto byte = static_cast<unsigned char>(*text);
    const bool is_plain = byte < 0x80 && byte != '\\' && byte != '<' && byte != '&';
    if (!is_plain && reader.in_run() && has_run(reader.run(), reader.raw_run_size())) return true;
    if (is_listed && byte == '"') {
      return reader.in_run() && has_run(reader.run(), reader.raw_run_size());
    }
    RawPoint point = read_raw_point(text);
    if (point.value == kNoPoint) {
      return reader.in_run() && has_run(reader.run(), reader.raw_run_size());
    }
    const bool is_escaped_word = byte == '\\' && is_run_char(point.value);
    if (is_escaped_word) return true;  // nobody writes a letter as \u0041 without a reason
    if (point.value == '&' && may_be_reference(point.end)) return true;
    if (point.value == '<') {
      const MarkupEnd markup = skip_markup(point.end);
      if (markup.is_odd) return true;
      if (markup.end != nullptr) {
        text = markup.end;
        continue;
      }
    }
    text = point.end;
    std::array<std::uint32_t, 1> single{};
    std::span<const std::uint32_t> folded;
    if (point.value < 0x80) {
      single[0] = static_cast<unsigned char>(base::ascii_lower(static_cast<char>(point.value)));
      folded = single;
    } else if (point.value < FoldTable::kSize && fold_table().is_plain(point.value)) {
      single[0] = point.value;
      folded = single;
    } else if (point.value < FoldTable::kSize) {
      folded = fold_table().folded(point.value);
    } else {
      thread_local FoldedPoints rare;  // keeps its storage
      rare.clear();
      append_folded(point.value, &rare);
      folded = rare;
    }
    for (const std::uint32_t each : folded) {
      if ((each >> 24U) != 0) continue;  // a combining mark
      const std::uint32_t c = fold_latin(each & 0xFFFFFFU);
      if (is_listed && !may_be_in_tag(c, TagGrammar::kMastodon)) continue;
      const bool is_odd = c < 0x80 && !is_run_char(c);
      if (is_odd && !has_odd_ && reader.run_size() == 0 && reader.point_count() == 0) return false;
      const std::size_t run_before = reader.raw_run_size();
      switch (reader.add(c)) {
        case KeyReader::Step::kMore:
          if (reader.is_full()) return true;  // seldom enough
          break;
        case KeyReader::Step::kRunEnded: {
          if (has_run(reader.run(), run_before)) return true;
          const std::size_t scheme = c == ':' ? scheme_at_end(reader.run(), run_before) : 0;
          return scheme > 0 && has_run(reader.run(), run_before - scheme);
        }
        case KeyReader::Step::kOnePoint:
          if (has(reader.point_key(1))) return true;
          break;
        case KeyReader::Step::kTwoPoints:
          return has(reader.point_key(2));
      }
    }
  }
  return true;
}

}  // namespace hashcart::match
