#include "state/checkpoint.h"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <utility>

#include "state/whole_file.h"

namespace hashcart::state {
namespace {

constexpr std::string_view kMagic = "hcstate1";
constexpr std::uint32_t kVersion = 3;  // 2: with snapshots; 3: files know their names
constexpr std::size_t kHeadBytes = 28;
constexpr std::size_t kHashBytes = 8;
constexpr std::array<const char*, 2> kSlots = {"checkpoint.0", "checkpoint.1"};
// A larger one is none: it would be 10 million files.
constexpr std::uint64_t kBytesMax = 1ULL << 30U;

// Both directions of one list of fields, so that they cannot differ.
class Writer {
 public:
  explicit Writer(std::string* out) : out_(*out) {}
  template <typename Number>
  void number(const Number& number) {
    put_number(static_cast<std::uint64_t>(number), 8, &out_);
  }
  void text(const std::string& text) {
    number(text.size());
    out_ += text;
  }
  template <typename Item, typename Fields>
  void list(const std::vector<Item>& items, Fields fields) {
    number(items.size());
    for (const Item& item : items) fields(*this, item);
  }

 private:
  std::string& out_;
};

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}
  template <typename Number>
  void number(Number& out) {
    if (bytes_.size() < 8) return fail();
    const std::uint64_t value = number_at(bytes_, 8);
    bytes_.remove_prefix(8);
    out = static_cast<Number>(value);
    if (static_cast<std::uint64_t>(out) != value) fail();
  }
  void text(std::string& out) {
    std::uint64_t size = 0;
    number(size);
    if (size > bytes_.size()) return fail();
    out.assign(bytes_.substr(0, static_cast<std::size_t>(size)));
    bytes_.remove_prefix(static_cast<std::size_t>(size));
  }
  template <typename Item, typename Fields>
  void list(std::vector<Item>& items, Fields fields) {
    std::uint64_t count = 0;
    number(count);
    // Each has eight bytes at least.
    if (count > bytes_.size() / 8) return fail();
    items.resize(static_cast<std::size_t>(count));
    for (Item& item : items) fields(*this, item);
  }
  [[nodiscard]] bool is_whole() const noexcept { return ok_ && bytes_.empty(); }

 private:
  void fail() noexcept {
    ok_ = false;
    bytes_ = {};
  }

  std::string_view bytes_;
  bool ok_ = true;
};

// Archive: Writer or Reader. Into: Checkpoint, const for the first.
template <typename Archive, typename Into>
void body(Archive& archive, Into& all) {
  archive.number(all.is_clean);
  archive.text(all.catalogue);
  archive.text(all.catalogue_name);
  archive.text(all.users);
  for (auto* mark : {&all.catalogue_text, &all.snapshot}) {
    archive.number(mark->number);
    archive.number(mark->bytes);
    archive.number(mark->hash);
  }
  archive.number(all.log_first_segment);
  archive.number(all.log.segment);
  archive.number(all.log.offset);
  archive.list(all.input_names, [](Archive& to, auto& name) { to.text(name); });
  archive.list(all.files, [](Archive& to, auto& file) {
    to.number(file.device);
    to.number(file.inode);
    to.number(file.begin);
    to.number(file.size);
    to.number(file.fingerprint);
    to.number(file.fingerprint_bytes);
    to.number(file.name);
    to.number(file.is_packed);
    to.number(file.framing);
    to.number(file.position);
    to.number(file.unended_bytes);
    to.number(file.is_done);
  });
  archive.list(all.outputs, [](Archive& to, auto& output) {
    to.number(output.kind);
    to.text(output.name);
    to.number(output.device);
    to.number(output.inode);
    to.number(output.length);
    to.number(output.tail_hash);
  });
  archive.list(all.counts, [](Archive& to, auto& count) { to.number(count); });
  archive.number(all.records_bytes);
}

}  // namespace

std::string encode(const Checkpoint& checkpoint) {
  std::string fields;
  Writer writer(&fields);
  body(writer, checkpoint);
  std::string out(kMagic);
  put_number(kVersion, 4, &out);
  put_number(checkpoint.generation, 8, &out);
  put_number(fields.size(), 8, &out);
  out += fields;
  put_number(hash_of(out), kHashBytes, &out);
  return out;
}

std::optional<Checkpoint> decode(std::string_view bytes) {
  if (bytes.size() < kHeadBytes + kHashBytes || !bytes.starts_with(kMagic)) return std::nullopt;
  const std::string_view hashed = bytes.substr(0, bytes.size() - kHashBytes);
  if (number_at(bytes.substr(hashed.size()), kHashBytes) != hash_of(hashed)) return std::nullopt;
  if (number_at(bytes.substr(8), 4) != kVersion ||
      number_at(bytes.substr(20), 8) != hashed.size() - kHeadBytes) {
    return std::nullopt;
  }
  Checkpoint out;
  out.generation = number_at(bytes.substr(12), 8);
  Reader reader(hashed.substr(kHeadBytes));
  body(reader, out);
  if (!reader.is_whole()) return std::nullopt;
  for (const OutputMark& output : out.outputs) {
    if (static_cast<std::size_t>(output.kind) >= kOutputCount) return std::nullopt;
  }
  return out;
}

CheckpointSlots::CheckpointSlots(int dir, std::string path, FullMedium* medium)
    : dir_(dir), path_(std::move(path)), medium_(medium) {}

CheckpointSlots::Loaded CheckpointSlots::load() const {
  Loaded out;
  std::string unreadable;
  for (const char* const slot : kSlots) {
    const std::string path = path_ + "/" + slot;
    std::string bytes;
    if (!read_file(dir_, slot, kBytesMax, &bytes)) {
      if (errno != ENOENT) unreadable = error_text(path, "cannot be read");
      continue;
    }
    std::optional<Checkpoint> found = decode(bytes);
    if (!found ||
        found->generation % kSlots.size() != static_cast<std::size_t>(slot == kSlots[0] ? 0 : 1)) {
      unreadable = path + ": is damaged, or of another version of hashcart";
      continue;
    }
    if (out.checkpoint && found->generation < out.checkpoint->generation) {
      out.before = std::move(found);
    } else {
      out.before = std::exchange(out.checkpoint, std::move(found));
    }
  }
  if (!out.checkpoint && !unreadable.empty()) {
    refuse(unreadable +
           "; and there is no other checkpoint, so it is not known what was read. Restore the "
           "directory from a copy, or begin anew with an empty one and new outputs");
  }
  out.warning = std::move(unreadable);
  return out;
}

bool CheckpointSlots::save(const Checkpoint& checkpoint) {
  const char* const slot = kSlots[checkpoint.generation % kSlots.size()];
  message_ = replace_file(dir_, path_, slot, {encode(checkpoint)}, medium_);
  return message_.empty();
}

}  // namespace hashcart::state
