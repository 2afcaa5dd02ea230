#include "ingest/packed_file.h"

#include <unistd.h>

#include <cerrno>

namespace hashcart::ingest {
namespace {

// Enough for every header that is understood: BGZF has 18 bytes, zstd 18 at most.
constexpr std::size_t kHeadBytes = 64;

std::uint64_t little_endian(const unsigned char* bytes, std::size_t size) noexcept {
  std::uint64_t value = 0;
  for (std::size_t i = size; i > 0; --i) value = value << 8U | bytes[i - 1];
  return value;
}

}  // namespace

std::optional<PackedFile::Segment> PackedFile::next() noexcept {
  if (at_ == kToTheEnd) return std::nullopt;
  Segment segment{.begin = at_, .end = at_, .is_first = at_ == begin_};
  while (segment.end - segment.begin < segment_bytes_) {
    bool is_end = false;
    const Unit unit = unit_at(segment.end, &is_end);
    if (is_end) {
      at_ = kToTheEnd;
      if (segment.end == segment.begin) return std::nullopt;
      return segment;
    }
    // What stands by itself begins the next segment, unless this one is empty.
    if ((unit.size == 0 || unit.is_large) && segment.end > segment.begin) break;
    segment.is_large = unit.is_large;
    segment.end = unit.size == 0 ? kToTheEnd : segment.end + unit.size;
    if (unit.size == 0 || unit.is_large) break;
  }
  at_ = segment.end;
  return segment;
}

std::size_t PackedFile::look(std::uint64_t at, unsigned char* to, std::size_t size,
                             bool* is_error) const noexcept {
  std::size_t got = 0;
  while (got < size) {
    const ssize_t count = pread(file_.get(), to + got, size - got, static_cast<off_t>(at + got));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) *is_error = true;
    if (count <= 0) break;
    got += static_cast<std::size_t>(count);
  }
  return got;
}

// An error is left to whoever reads on from here.
PackedFile::Unit PackedFile::unit_at(std::uint64_t at, bool* is_end) const noexcept {
  unsigned char head[kHeadBytes];
  bool is_error = false;
  const std::size_t size = look(at, head, sizeof head, &is_error);
  if (is_error) return {};
  *is_end = size == 0;
  return is_zstd_ ? frame_at(at, head, size) : Unit{member_size(head, size), false};
}

std::uint64_t PackedFile::member_size(const unsigned char* head, std::size_t size) noexcept {
  constexpr std::size_t kFixed = 12;
  constexpr unsigned char kHasExtra = 4;
  if (size < kFixed || head[0] != 0x1F || head[1] != 0x8B || head[2] != 8 ||
      (head[3] & kHasExtra) == 0) {
    return 0;
  }
  const std::size_t extra_end = kFixed + little_endian(head + 10, 2);
  if (extra_end > size) return 0;
  for (std::size_t at = kFixed; at + 4 <= extra_end;) {
    const std::size_t field = little_endian(head + at + 2, 2);
    if (head[at] == 'B' && head[at + 1] == 'C' && field == 2 && at + 6 <= extra_end) {
      const std::uint64_t whole = little_endian(head + at + 4, 2) + 1;
      return whole > extra_end ? whole : 0;
    }
    at += 4 + field;
  }
  return 0;
}

PackedFile::Unit PackedFile::frame_at(std::uint64_t at, const unsigned char* head,
                                      std::size_t size) const noexcept {
  if (size < 8) return {};
  const std::uint64_t magic = little_endian(head, 4);
  if ((magic & 0xFFFFFFF0U) == 0x184D2A50U) return {8 + little_endian(head + 4, 4), false};
  if (magic != 0xFD2FB528U) return {};
  const unsigned descriptor = head[4];
  const bool is_single = (descriptor & 0x20U) != 0;
  const bool has_checksum = (descriptor & 0x04U) != 0;
  if ((descriptor & 0x08U) != 0) return {};  // reserved
  constexpr std::size_t kDictionarySizes[] = {0, 1, 2, 4};
  constexpr std::size_t kContentSizes[] = {0, 2, 4, 8};
  const std::size_t dictionary_size = kDictionarySizes[descriptor & 0x03U];
  const unsigned content_flag = descriptor >> 6U;
  const std::size_t content_size = content_flag == 0 && is_single ? 1 : kContentSizes[content_flag];
  const std::size_t content_at = 5 + (is_single ? 0 : 1) + dictionary_size;
  const std::size_t head_size = content_at + content_size;
  if (size < head_size) return {};
  std::uint64_t window = 0;
  if (is_single) {
    window = little_endian(head + content_at, content_size) + (content_size == 2 ? 256 : 0);
  } else {
    const std::uint64_t base = 1ULL << (10U + (head[5] >> 3U));
    window = base + base / 8 * (head[5] & 7U);
  }
  const bool is_large = window > kWindowMax;
  std::uint64_t place = at + head_size;
  while (place - at <= kFrameMax) {
    unsigned char block[3];
    bool is_error = false;
    if (look(place, block, sizeof block, &is_error) < sizeof block) return {0, is_large};
    const std::uint64_t header = little_endian(block, sizeof block);
    const std::uint64_t kind = header >> 1U & 3U;
    if (kind == 3) return {0, is_large};  // reserved
    constexpr std::uint64_t kRepeatedByte = 1;
    place += sizeof block + (kind == kRepeatedByte ? 1 : header >> 3U);
    if ((header & 1U) != 0) return {place + (has_checksum ? 4 : 0) - at, is_large};
  }
  return {0, is_large};
}

}  // namespace hashcart::ingest
