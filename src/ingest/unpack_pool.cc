#include "ingest/unpack_pool.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "base/check.h"
#include "ingest/line_buffer.h"

namespace hashcart::ingest {
namespace {

constexpr std::size_t kSlotsPerThread = 4;
// For the segment that is read: one that is read, one that is filled.
constexpr std::size_t kBlocksOfHead = 2;
constexpr std::size_t kBlockBytesMax = 256U << 10U;

}  // namespace

struct UnpackPool::Job {
  Job(FileDescriptor descriptor, std::uint64_t begin, bool is_zstd, std::size_t segment_bytes)
      : file(std::move(descriptor), begin, is_zstd, segment_bytes) {}

  PackedFile file;  // of whoever holds finding_
  std::size_t slot_count = 0;
  bool all_found = false;
  bool is_dropped = false;  // nothing of it is wanted any more
};

// Laid out like the memory of a chunk, so that a reader may exchange one for the other.
struct UnpackPool::Block {
  explicit Block(std::size_t bytes) : layout(LineBuffer::layout(bytes)), memory(layout.size) {}

  [[nodiscard]] char* data() const noexcept { return memory.data() + layout.front; }

  LineBuffer::Layout layout;
  PageMemory memory;
  std::size_t size = 0;
};

struct UnpackPool::Slot {
  std::shared_ptr<Job> job;
  PackedFile::Segment segment;
  std::vector<Block*> blocks;
  std::size_t blocks_read = 0;  // of them, by the reader
  bool is_finished = false;
  // Once it is.
  bool ran_on = false;  // past its end, to the end of the file
  ReadStatus status = ReadStatus::kEnd;
  std::unique_ptr<Decompressor> broken;  // what it was, for its message
};

// The raw bytes of a segment, and those behind it if its last frame goes on there.
class UnpackPool::SegmentReader final : public ByteSource {
 public:
  SegmentReader(int file, const PackedFile::Segment& segment, const Decompressor& decompressor,
                Ledger* ledger)
      : file_(file),
        at_(segment.begin),
        end_(segment.end),
        decompressor_(decompressor),
        ledger_(*ledger) {}

  ReadStatus read(char* to, std::size_t room, Wait /*wait*/, std::size_t* count) override {
    if (at_ >= end_) {
      if (!decompressor_.is_inside()) return ReadStatus::kEnd;
      end_ = PackedFile::kToTheEnd;
      ran_on_ = true;
    }
    for (;;) {
      const std::size_t size = static_cast<std::size_t>(std::min<std::uint64_t>(room, end_ - at_));
      const ssize_t got = pread(file_, to, size, static_cast<off_t>(at_));
      if (got > 0) {
        *count = static_cast<std::size_t>(got);
        at_ += *count;
        ledger_.add_raw(*count);
        return ReadStatus::kBytes;
      }
      if (got == 0) return ReadStatus::kEnd;
      if (errno == EINTR) continue;
      message_ = std::string("cannot read: ") + std::strerror(errno);
      ledger_.note_gap();
      return ReadStatus::kBroken;
    }
  }
  std::string message() const override { return message_; }

  [[nodiscard]] bool ran_on() const noexcept { return ran_on_; }

 private:
  int file_;
  std::uint64_t at_;
  std::uint64_t end_;
  bool ran_on_ = false;
  const Decompressor& decompressor_;
  Ledger& ledger_;
  std::string message_;
};

// The source thread's view of a file.
class UnpackPool::Reader final : public ByteSource {
 public:
  Reader(UnpackPool* pool, std::shared_ptr<Job> job) : pool_(*pool), job_(std::move(job)) {}
  ~Reader() override {
    Lock lock(pool_.mutex_);
    if (block_ != nullptr) pool_.give_back(block_);
    pool_.drop(&lock, job_.get());
  }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  ReadStatus read(char* to, std::size_t room, Wait /*wait*/, std::size_t* count) override {
    if (pool_.ledger_->stopped()) return ReadStatus::kStopped;
    if (status_ != ReadStatus::kBytes) return status_;
    if (!is_partly_read() && !go_on()) return status_;
    *count = std::min(room, block_->size - at_);
    std::memcpy(to, block_->data() + at_, *count);
    at_ += *count;
    handed_out_ += *count;
    return ReadStatus::kBytes;
  }
  std::string message() const override { return message_; }
  bool has_blocks() const noexcept override { return true; }

  ReadStatus exchange(PageMemory* memory, std::size_t front, std::size_t* count) override {
    if (pool_.ledger_->stopped()) return ReadStatus::kStopped;
    if (status_ != ReadStatus::kBytes) return status_;
    if (is_partly_read()) return ReadStatus::kNotYet;
    if (!go_on()) return status_;
    if (memory->size() != block_->memory.size() || front != block_->layout.front) {
      return ReadStatus::kNotYet;
    }
    std::swap(*memory, block_->memory);
    *count = at_ = block_->size;
    handed_out_ += *count;
    return ReadStatus::kBytes;
  }

 private:
  [[nodiscard]] bool is_partly_read() const noexcept {
    return block_ != nullptr && at_ < block_->size;
  }
  [[nodiscard]] bool go_on() {
    at_ = 0;
    status_ = pool_.next_block(job_.get(), &block_, handed_out_, &message_);
    return status_ == ReadStatus::kBytes;
  }

  UnpackPool& pool_;
  const std::shared_ptr<Job> job_;
  Block* block_ = nullptr;
  std::size_t at_ = 0;
  std::uint64_t handed_out_ = 0;
  ReadStatus status_ = ReadStatus::kBytes;
  std::string message_;
};

unsigned UnpackPool::threads_of(unsigned threads) noexcept {
  return std::clamp(threads == 0 ? std::thread::hardware_concurrency() : threads, 1U, kThreadsMax);
}

UnpackPool::UnpackPool(unsigned threads, std::size_t read_bytes, int window_log_max,
                       std::shared_ptr<Ledger> ledger)
    : block_bytes_(std::clamp<std::size_t>(read_bytes, 1, kBlockBytesMax)),
      window_log_max_(window_log_max),
      ledger_(std::move(ledger)) {
  threads = threads_of(threads);
  slots_.resize(kSlotsPerThread * threads);
  blocks_max_ = kBlocksPerThread * threads;
  free_blocks_.reserve(blocks_max_);
  threads_.reserve(threads);
  try {
    for (unsigned i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
  } catch (const std::system_error&) {
    // The machine gives no more; those that are there do the work.
  }
}

UnpackPool::~UnpackPool() {
  {
    const std::lock_guard lock(mutex_);
    is_closing_ = true;
    for_threads_.notify_all();
  }
  for (std::thread& thread : threads_) thread.join();
}

std::shared_ptr<UnpackPool::Job> UnpackPool::add(FileDescriptor file, std::uint64_t begin,
                                                 bool is_zstd) {
  // Half a block, packed, makes one block or some.
  auto job = std::make_shared<Job>(std::move(file), begin, is_zstd, (block_bytes_ + 1) / 2);
  const std::lock_guard lock(mutex_);
  jobs_.push_back(job);
  for_threads_.notify_all();
  return job;
}

std::unique_ptr<ByteSource> UnpackPool::open(std::shared_ptr<Job> job) {
  return std::make_unique<Reader>(this, std::move(job));
}

// A pool thread.
void UnpackPool::work() {
  std::unique_ptr<Decompressor> decompressors[2];  // of gzip, of zstd
  while (Slot* const slot = take_segment()) {
    const bool is_zstd = slot->job->file.is_zstd();
    const bool is_large = slot->segment.is_large;
    std::unique_ptr<Decompressor>& one = decompressors[is_zstd ? 1 : 0];
    if (one == nullptr) one = make_decompressor(is_zstd, block_bytes_, window_log_max_);
    unpack(slot, &one);
    if (is_large) one.reset();  // and its window
  }
}

// One thread at a time looks, so that segments are taken in order; the others go on meanwhile, for
// to look is to read. Null: the pool is closing.
UnpackPool::Slot* UnpackPool::take_segment() {
  const std::lock_guard finding(finding_);
  for (;;) {
    std::shared_ptr<Job> job;
    {
      Lock lock(mutex_);
      for_threads_.wait(
          lock, [this] { return is_closing_ || (!jobs_.empty() && slot_count_ < slots_.size()); });
      if (is_closing_) return nullptr;
      job = jobs_.front();
    }
    const std::optional<PackedFile::Segment> segment = job->file.next();
    const Lock lock(mutex_);
    if (!segment || job->is_dropped) {
      job->all_found = true;
      jobs_.pop_front();
      for_reader_.notify_one();
      continue;
    }
    Slot& slot = slots_[(head_ + slot_count_) % slots_.size()];
    ++slot_count_;
    ++job->slot_count;
    slot.job = std::move(job);
    slot.segment = *segment;
    return &slot;
  }
}

void UnpackPool::unpack(Slot* slot, std::unique_ptr<Decompressor>* decompressor) {
  SegmentReader raw(slot->job->file.descriptor(), slot->segment, **decompressor, ledger_.get());
  (*decompressor)->restart(&raw, slot->segment.is_first);
  ReadStatus status = ReadStatus::kBytes;
  while (status == ReadStatus::kBytes) {
    Block* const block = take_block(*slot);
    if (block == nullptr) break;
    block->size = 0;
    while (status == ReadStatus::kBytes && block->size < block_bytes_) {
      std::size_t count = 0;
      status =
          (*decompressor)
              ->read(block->data() + block->size, block_bytes_ - block->size, Wait::kYes, &count);
      if (status == ReadStatus::kBytes) block->size += count;
    }
    const Lock lock(mutex_);
    if (block->size > 0) {
      slot->blocks.push_back(block);
    } else {
      give_back(block);
    }
    for_reader_.notify_one();
  }
  const Lock lock(mutex_);
  slot->is_finished = true;
  slot->ran_on = raw.ran_on();
  slot->status = status;
  if (status == ReadStatus::kBroken) slot->broken = std::move(*decompressor);
  for_reader_.notify_one();
}

// Null: what is made of the segment is not wanted.
UnpackPool::Block* UnpackPool::take_block(const Slot& slot) {
  Lock lock(mutex_);
  const auto left = [this] { return free_blocks_.size() + blocks_max_ - blocks_.size(); };
  for_threads_.wait(lock, [&] {
    if (is_dropped(slot)) return true;
    if (is_head(slot)) return left() > 0;
    return left() > kBlocksOfHead && !slot.segment.is_large;
  });
  if (is_dropped(slot)) return nullptr;
  if (free_blocks_.empty()) {
    blocks_.push_back(std::make_unique<Block>(block_bytes_));
    return blocks_.back().get();
  }
  Block* const block = free_blocks_.back();
  free_blocks_.pop_back();
  return block;
}

bool UnpackPool::is_head(const Slot& slot) const noexcept { return &slot == &slots_[head_]; }

bool UnpackPool::is_dropped(const Slot& slot) const noexcept {
  return is_closing_ || slot.job->is_dropped;
}

void UnpackPool::give_back(Block* block) {
  free_blocks_.push_back(block);
  for_threads_.notify_all();
}

// The oldest segment, which is finished, makes way.
void UnpackPool::pop_head() {
  Slot& slot = slots_[head_];
  for (std::size_t i = slot.blocks_read; i < slot.blocks.size(); ++i) give_back(slot.blocks[i]);
  slot.blocks.clear();
  slot.blocks_read = 0;
  slot.is_finished = false;
  slot.broken.reset();
  --slot.job->slot_count;
  slot.job.reset();
  head_ = (head_ + 1) % slots_.size();
  --slot_count_;
  for_threads_.notify_all();
}

// Files are read in the order in which they were added: the oldest segments are this one's.
void UnpackPool::drop(Lock* lock, Job* job) {
  job->is_dropped = true;
  for_threads_.notify_all();
  while (job->slot_count > 0) {
    HASHCART_CHECK(slots_[head_].job.get() == job);
    for_reader_.wait(*lock, [this] { return slots_[head_].is_finished; });
    pop_head();
  }
}

// *block: the one that was read, or null; then the next one.
ReadStatus UnpackPool::next_block(Job* job, Block** block, std::uint64_t handed_out,
                                  std::string* message) {
  Lock lock(mutex_);
  if (*block != nullptr) give_back(std::exchange(*block, nullptr));
  for (;;) {
    for_reader_.wait(lock, [&] {
      if (job->slot_count == 0) return job->all_found;
      return slots_[head_].blocks_read < slots_[head_].blocks.size() || slots_[head_].is_finished;
    });
    if (job->slot_count == 0) return ReadStatus::kEnd;
    Slot& slot = slots_[head_];
    HASHCART_CHECK(slot.job.get() == job);
    if (slot.blocks_read < slot.blocks.size()) {
      *block = slot.blocks[slot.blocks_read++];
      return ReadStatus::kBytes;
    }
    const ReadStatus status = slot.status;
    if (slot.broken != nullptr) *message = slot.broken->message_at(handed_out);
    const bool is_last = status != ReadStatus::kEnd || slot.ran_on;
    pop_head();
    if (!is_last) continue;
    drop(&lock, job);
    return status;
  }
}

}  // namespace hashcart::ingest
