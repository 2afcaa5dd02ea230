// UnpackPool: threads that decompress regular files ahead of whoever reads them. Private to ingest.
//
// Files are added in the order in which they will be read. Their segments (PackedFile) are taken by
// the threads in that order, across files, and each is decompressed into blocks; the reader gets
// the blocks in order. Blocks are few: who is ahead waits for one, and the last ones are kept for
// the segment that is being read, so that it never waits for those behind it.
//
// A segment must end where it was said to, between two frames. If it does not, because a size in
// the file lies, it goes on to the end of the file, and the segments behind it are dropped: what
// comes out, and what is said of damage, is what one decompressor gives that reads the file from
// its start.
//
// Threads: the pool's own, and one that reads (the source thread).
// Memory: kBlocksPerThread blocks of read_bytes and one decompressor a thread. A zstd window over 8
// MiB (2 GiB at most) is there only while its frame is the one that is read; frames behind an
// unusual end, or longer than 16 MiB compressed, are not looked at for that.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "ingest/byte_source.h"
#include "ingest/file_input.h"
#include "ingest/packed_file.h"
#include "ingest/page_memory.h"

namespace hashcart::ingest {

class UnpackPool {
 public:
  static constexpr std::size_t kBlocksPerThread = 32;
  // More would wait for the reader.
  static constexpr unsigned kThreadsMax = 16;

  // How many threads are meant.
  [[nodiscard]] static unsigned threads_of(unsigned threads) noexcept;

  // A file that was added.
  struct Job;

  // threads: 0 for as many as the machine runs at once. May get fewer, or none; then nothing may be
  // added.
  UnpackPool(unsigned threads, std::size_t read_bytes, int window_log_max,
             std::shared_ptr<Ledger> ledger);
  // Every file that was opened is closed by now.
  ~UnpackPool();
  UnpackPool(const UnpackPool&) = delete;
  UnpackPool& operator=(const UnpackPool&) = delete;

  [[nodiscard]] std::size_t thread_count() const noexcept { return threads_.size(); }

  // begin: where in the file the input begins.
  [[nodiscard]] std::shared_ptr<Job> add(FileDescriptor file, std::uint64_t begin, bool is_zstd);
  // The bytes of a file. Files are opened in the order in which they were added, one at a time; the
  // pool outlives the result.
  [[nodiscard]] std::unique_ptr<ByteSource> open(std::shared_ptr<Job> job);

 private:
  class Reader;
  struct Block;
  struct Slot;
  class SegmentReader;

  using Lock = std::unique_lock<std::mutex>;

  void work();
  [[nodiscard]] Slot* take_segment();
  void unpack(Slot* slot, std::unique_ptr<Decompressor>* decompressor);
  [[nodiscard]] Block* take_block(const Slot& slot);
  [[nodiscard]] bool is_head(const Slot& slot) const noexcept;
  [[nodiscard]] bool is_dropped(const Slot& slot) const noexcept;
  void give_back(Block* block);
  void pop_head();
  void drop(Lock* lock, Job* job);
  [[nodiscard]] ReadStatus next_block(Job* job, Block** block, std::uint64_t handed_out,
                                      std::string* message);

  const std::size_t block_bytes_;
  const int window_log_max_;
  const std::shared_ptr<Ledger> ledger_;
  std::mutex finding_;                   // who looks for the next segment; taken before mutex_
  std::mutex mutex_;                     // of what follows
  std::condition_variable for_threads_;  // room, a file, or the end
  std::condition_variable for_reader_;   // a block, or the end of a segment or file
  bool is_closing_ = false;
  std::deque<std::shared_ptr<Job>> jobs_;  // with segments that are not taken yet
  // Segments under way, a ring; the oldest is the one that is read.
  std::vector<Slot> slots_;
  std::size_t head_ = 0;
  std::size_t slot_count_ = 0;
  std::vector<std::unique_ptr<Block>> blocks_;
  std::vector<Block*> free_blocks_;
  std::size_t blocks_max_ = 0;
  std::vector<std::thread> threads_;
};

}  // namespace hashcart::ingest
