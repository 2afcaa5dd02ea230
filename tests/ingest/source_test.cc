#include "ingest/source.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "ingest/ingest_testing.h"

namespace hashcart::ingest {
namespace {

using testing::Everything;
using testing::read_all;
using testing::texts;
using Texts = std::vector<std::string>;

// A folder of its own, gone with the test.
class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "ingest_XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] std::string at(const std::string& name) const { return (path_ / name).string(); }
  std::string write(const std::string& name, std::string_view bytes) const {
    std::ofstream(at(name), std::ios::binary) << bytes;
    return at(name);
  }

 private:
  std::filesystem::path path_;
};

// A pipe whose reading end is named by a path; the writing end is the test's.
class Pipe {
 public:
  Pipe() { testing::require(pipe2(ends_, O_CLOEXEC) == 0, "pipe2"); }
  ~Pipe() {
    close(ends_[0]);
    end();
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  [[nodiscard]] std::string path() const { return "/proc/self/fd/" + std::to_string(ends_[0]); }
  void write(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t count = ::write(ends_[1], bytes.data(), bytes.size());
      testing::require(count > 0, "write to a pipe");
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
  }
  void end() {
    if (ends_[1] >= 0) close(ends_[1]);
    ends_[1] = -1;
  }

 private:
  int ends_[2] = {-1, -1};
};

Texts read_texts(std::string_view bytes, Framing framing = Framing::kAuto) {
  return texts(read_all(bytes, {.inputs = {}, .framing = framing}));
}

// Uses the chunk up.
Texts texts(Chunk* chunk) {
  Everything out;
  testing::add_records(chunk, &out.records);
  return testing::texts(out);
}

TEST(Source, CutsLinesWithAnyEnding) {
  EXPECT_EQ(read_texts(""), Texts{});
  EXPECT_EQ(read_texts("{}"), Texts{"{}"});
  EXPECT_EQ(read_texts("{}\n"), Texts{"{}"});
  EXPECT_EQ(read_texts("{}\r\n[]\r\r\n\"\" \t\n1"), (Texts{"{}", "[]", "\"\"", "1"}));
  EXPECT_EQ(read_texts("\n\r\n{}\n\n"), (Texts{"", "", "{}", ""}));
  EXPECT_EQ(read_texts(" {}\n  "), (Texts{" {}", ""}));
}

TEST(Source, SkipsOneByteOrderMark) {
  const Everything all = read_all("\xEF\xBB\xBF{}\n\xEF\xBB\xBF[]\n");
  EXPECT_EQ(texts(all), (Texts{"{}", "\xEF\xBB\xBF[]"}));
  EXPECT_EQ(all.records[0].offset, 3U);
  EXPECT_EQ(all.bytes, 12U);
  EXPECT_EQ(read_texts("\xEF\xBB\xBF"), Texts{});
  EXPECT_EQ(read_texts("\xEF\xBB"), Texts{"\xEF\xBB"});
  EXPECT_EQ(read_texts("\xEF\xBB\xBF"
                       "data: {}\n\n"),
            Texts{"data: {}"});
}

TEST(Source, CutsEvents) {
  EXPECT_EQ(read_texts(":thump\n\nevent: update\nid: 4\ndata: {\"a\":\ndata: 1}\n\n:\n\ndata: {}"),
            (Texts{":thump", "event: update\nid: 4\ndata: {\"a\":\ndata: 1}", ":", "data: {}"}));
  EXPECT_EQ(read_texts("data: {}\r\n\r\n\r\n\r\n"), (Texts{"data: {}", "", ""}));
  const Everything all = read_all("data: {}\n\n \n");
  EXPECT_EQ(texts(all), Texts{"data: {}"});
  EXPECT_EQ(all.records[0].framing, Framing::kSse);
}

TEST(Source, CutsPages) {
  EXPECT_EQ(read_texts("{\n \"data\": [\"]}\"]\n}\n{\n}\n"),
            (Texts{"{\n \"data\": [\"]}\"]\n}", "{\n}"}));
  EXPECT_EQ(read_texts("{}{}\n", Framing::kJson), (Texts{"{}", "{}"}));
  EXPECT_EQ(read_texts("{}{}\n"), Texts{"{}{}"});
  const Everything all = read_all("\n\n[\n1,\n2]\n\n");
  ASSERT_EQ(texts(all), Texts{"[\n1,\n2]"});
  EXPECT_EQ(all.records[0].offset, 0U);
  EXPECT_EQ(all.records[0].length, 9U);
  EXPECT_EQ(all.records[0].framing, Framing::kJson);
}

TEST(Source, MarksAPageThatIsNotClosed) {
  const Everything all = read_all("{\n}\n{\n \"data\": [\n");
  ASSERT_EQ(texts(all), (Texts{"{\n}", "{\n \"data\": ["}));
  EXPECT_EQ(all.records[0].fault, RecordFault::kNone);
  EXPECT_EQ(all.records[1].fault, RecordFault::kCutShort);
  ASSERT_EQ(all.faults.size(), 1U);
  EXPECT_EQ(all.faults[0].kind, InputFaultKind::kBrokeOff);
  EXPECT_EQ(all.faults[0].message, "input: ends inside a JSON value at byte 17");
}

TEST(Source, KeepsTheBeginningOfALongRecord) {
  const std::string long_text = '"' + std::string(300'000, 'x') + "\"\r\n";
  const std::string input = "1\n" + long_text + "2\n" + long_text + long_text;
  const Everything all =
      read_all(input, {.inputs = {}, .record_bytes_max = 100'000, .read_bytes = 4096});
  ASSERT_EQ(all.records.size(), 5U);
  EXPECT_EQ(all.records[0].bytes, "1");
  EXPECT_EQ(all.records[1].bytes, long_text.substr(0, 65536));
  EXPECT_EQ(all.records[1].fault, RecordFault::kTooLong);
  EXPECT_EQ(all.records[1].offset, 2U);
  EXPECT_EQ(all.records[1].length, long_text.size());
  EXPECT_EQ(all.records[2].bytes, "2");
  EXPECT_EQ(all.records[3].offset, 4 + long_text.size());
  EXPECT_EQ(all.records[4].fault, RecordFault::kTooLong);
  EXPECT_EQ(all.bytes, input.size());
}

TEST(Source, TakesARecordOfExactlyTheLimit) {
  const SourceOptions options{.inputs = {}, .framing = Framing::kNdjson, .record_bytes_max = 10};
  EXPECT_EQ(read_all("123456789\n", options).records[0].fault, RecordFault::kNone);
  EXPECT_EQ(read_all("1234567890\n", options).records[0].fault, RecordFault::kTooLong);
  EXPECT_EQ(read_all("1234567890", options).records[0].fault, RecordFault::kNone);
  EXPECT_EQ(read_all("12345678901", options).records[0].fault, RecordFault::kTooLong);
}

// A record that comes in small pieces is not moved for each: 2 MiB in reads of 7 bytes would be
// 300 GB of copying.
TEST(Source, ReadsALongRecordInLinearTime) {
  const std::string text(2U << 20U, 'x');
  for (const Framing framing : {Framing::kNdjson, Framing::kSse, Framing::kJson}) {
    const Everything all =
        read_all(text, {.inputs = {}, .framing = framing, .read_bytes = 7}, 4096);
    ASSERT_EQ(all.records.size(), 1U);
    EXPECT_EQ(all.records[0].bytes, text);
  }
}

TEST(Source, DoesNotGrowWithAnInputOfEmptyEvents) {
  const testing::MemoryFile file(std::string(1U << 20U, '\n'));
  Source source({.inputs = {file.path()}, .framing = Framing::kSse});
  Chunk chunk(64U << 10U);
  std::size_t count = 0;
  for (FillResult result = FillResult::kFilled; result == FillResult::kFilled;) {
    result = source.fill(&chunk);
    const std::size_t size = texts(&chunk).size();
    EXPECT_LE(size, (64U << 10U) / Chunk::kBytesPerRecord);
    count += size;
  }
  EXPECT_EQ(count, 1U << 20U);
}

TEST(Source, ReadsInputsInOrderAndGoesOnPastFaults) {
  const Folder folder;
  const std::string one = folder.write("one", "1\n2");
  const std::string empty = folder.write("empty", "");
  const std::string two = folder.write("two", "event: x\n\n");
  Source source(
      {.inputs = {one, folder.at("missing"), folder.at(""), empty, two, folder.at("*.none")}});
  EXPECT_EQ(source.input_names().size(), 6U);
  const Everything all = read_all(&source, 4096);
  ASSERT_EQ(texts(all), (Texts{"1", "2", "event: x"}));
  EXPECT_EQ(all.records[1].input, 0U);
  EXPECT_EQ(all.records[1].offset, 2U);
  EXPECT_EQ(all.records[2].input, 4U);
  EXPECT_EQ(all.records[2].offset, 0U);
  ASSERT_EQ(all.faults.size(), 3U);
  for (const InputFault& fault : all.faults) {
    EXPECT_EQ(fault.kind, InputFaultKind::kCannotOpen);
  }
  EXPECT_EQ(all.faults[0].message,
            folder.at("missing") + ": cannot open: No such file or directory");
  EXPECT_EQ(all.faults[1].message, folder.at("") +
                                       ": is a directory; name the files in it, as in '" +
                                       folder.at("") + "*.ndjson'");
  EXPECT_EQ(all.faults[2].message, folder.at("*.none") + ": no file matches");
}

TEST(Source, SaysWhenAFileMayNotBeRead) {
  if (geteuid() == 0) GTEST_SKIP() << "root may read anything";
  const Folder folder;
  const std::string path = folder.write("secret", "1\n");
  ASSERT_EQ(chmod(path.c_str(), 0), 0);
  Source source({.inputs = {path}});
  const Everything all = read_all(&source, 4096);
  ASSERT_EQ(all.faults.size(), 1U);
  EXPECT_EQ(all.faults[0].message, path + ": cannot open: Permission denied");
}

TEST(Source, ExpandsPatternsInSortedOrderUnlessAFileHasThatName) {
  const Folder folder;
  const std::string b = folder.write("b.ndjson", "2\n");
  const std::string a = folder.write("a.ndjson", "1\n");
  const std::string odd = folder.write("[ab].ndjson", "3\n");
  const std::string star = folder.at("*.ndjson");
  Source source({.inputs = {odd, folder.at("?.ndjson")}});
  EXPECT_EQ(source.input_names(), (Texts{odd, a, b}));
  EXPECT_EQ(texts(read_all(&source, 4096)), (Texts{"3", "1", "2"}));
  EXPECT_EQ(Source({.inputs = {star}}).input_names().size(), 3U);
}

TEST(Source, KnowsTheTotalOfRegularFilesOnly) {
  const Folder folder;
  const std::string one = folder.write("one", "12\n");
  const std::string two = folder.write("two", "1234\n");
  Source source({.inputs = {one, two}});
  EXPECT_EQ(source.total_bytes(), 8U);
  const Everything all = read_all(&source, 4096);
  EXPECT_EQ(source.raw_bytes_read(), 8U);
  EXPECT_EQ(all.bytes, 8U);
  const Pipe pipe;
  EXPECT_EQ(Source({.inputs = {one, pipe.path()}}).total_bytes(), 0U);
}

TEST(Source, HandsOnWhatASlowPipeGives) {
  Pipe pipe;
  Source source({.inputs = {pipe.path()}});
  Chunk chunk(4096);
  pipe.write("1\n2");
  ASSERT_EQ(source.fill(&chunk), FillResult::kFilled);
  EXPECT_EQ(texts(&chunk), Texts{"1"});
  pipe.write("2\n3\n");
  ASSERT_EQ(source.fill(&chunk), FillResult::kFilled);
  EXPECT_EQ(texts(&chunk), (Texts{"22", "3"}));
  pipe.write("4");
  pipe.end();
  ASSERT_EQ(source.fill(&chunk), FillResult::kFilled);
  EXPECT_EQ(texts(&chunk), Texts{"4"});
  EXPECT_EQ(source.fill(&chunk), FillResult::kEnd);
  EXPECT_EQ(texts(&chunk), Texts{});
}

TEST(Source, StopWakesABlockedRead) {
  for (const std::string_view before : {"", "{\"id\":", "1\n{\"id\":"}) {
    const Pipe pipe;
    pipe.write(before);
    Source source({.inputs = {pipe.path(), "never opened"}});
    std::thread stopper([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      source.stop();
    });
    const Everything all = read_all(&source, 4096);
    stopper.join();
    EXPECT_EQ(texts(all), before.starts_with('1') ? Texts{"1"} : Texts{});
    EXPECT_EQ(all.bytes, before.starts_with('1') ? 2U : 0U);
    EXPECT_TRUE(all.faults.empty());
    Chunk chunk(4096);
    EXPECT_EQ(source.fill(&chunk), FillResult::kEnd);
    EXPECT_EQ(source.bytes_read(), all.bytes);
  }
}

TEST(Source, StopWakesAWaitForTheWriterOfANamedPipe) {
  const Folder folder;
  const std::string path = folder.at("fifo");
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  Source source({.inputs = {path}});
  std::thread stopper([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    source.stop();
  });
  EXPECT_TRUE(read_all(&source, 4096).records.empty());
  stopper.join();
}

TEST(Source, WaitsForTheWriterOfANamedPipe) {
  const Folder folder;
  const std::string path = folder.at("fifo");
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  Source source({.inputs = {path}});
  std::thread writer([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    std::ofstream(path) << "1\n2\n";
  });
  EXPECT_EQ(texts(read_all(&source, 4096)), (Texts{"1", "2"}));
  writer.join();
}

std::atomic<Source*> to_stop{nullptr};

TEST(Source, StopsFromASignalHandler) {
  const Pipe pipe;
  pipe.write("1\n2");
  Source source({.inputs = {pipe.path()}});
  to_stop = &source;
  struct sigaction action {};
  struct sigaction before {};
  action.sa_handler = [](int) { to_stop.load()->stop(); };
  ASSERT_EQ(sigaction(SIGUSR1, &action, &before), 0);
  const pthread_t reader = pthread_self();
  std::thread stopper([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    pthread_kill(reader, SIGUSR1);
  });
  EXPECT_EQ(texts(read_all(&source, 4096)), Texts{"1"});
  stopper.join();
  ASSERT_EQ(sigaction(SIGUSR1, &before, nullptr), 0);
}

// What was handed out is still read, and nothing else; whole lines, without a gap.
TEST(Source, StopsBetweenRangesOfAFile) {
  std::string text;
  for (int i = 0; i < 10'000; ++i) text += "{\"id\":12345}\n";
  const testing::MemoryFile file(text);
  Source source({.inputs = {file.path()}, .range_bytes = 8192});
  Chunk first(4096);
  Chunk second(4096);
  ASSERT_EQ(source.fill(&first), FillResult::kFilled);
  ASSERT_EQ(source.fill(&second), FillResult::kFilled);
  source.stop();
  Chunk chunk(4096);
  EXPECT_EQ(source.fill(&chunk), FillResult::kEnd);
  EXPECT_EQ(texts(&chunk), Texts{});
  // The later one first: it cannot know what becomes of the other.
  const std::size_t count = texts(&second).size() + texts(&first).size();
  const std::uint64_t bytes = first.input_bytes() + second.input_bytes();
  EXPECT_EQ(bytes, source.bytes_read());
  EXPECT_EQ(bytes, count * 13);
  EXPECT_GE(bytes, 16'384U - 13);
  EXPECT_LT(bytes, 16'384U + 13);
  EXPECT_TRUE(source.faults().empty());
}

// The owner of a line that goes on behind all that was handed out gives it up.
TEST(Source, StopsInsideALineThatLeavesItsRange) {
  const std::string text = "1\n" + std::string(1U << 20U, 'x') + "\n2\n";
  const testing::MemoryFile file(text);
  Source source({.inputs = {file.path()}, .record_bytes_max = 100'000, .range_bytes = 65'536});
  Chunk first(4096);
  Chunk second(4096);
  ASSERT_EQ(source.fill(&first), FillResult::kFilled);
  ASSERT_EQ(source.fill(&second), FillResult::kFilled);
  source.stop();
  EXPECT_EQ(texts(&first), Texts{"1"});
  EXPECT_EQ(texts(&second), Texts{});
  Chunk chunk(4096);
  EXPECT_EQ(source.fill(&chunk), FillResult::kEnd);
  EXPECT_EQ(first.input_bytes() + second.input_bytes(), 2U);
  EXPECT_EQ(source.bytes_read(), 2U);
}

TEST(Source, AbandonedRangesEndAtTheirNextRead) {
  const testing::MemoryFile file(std::string(100'000, '\n'));
  Source source({.inputs = {file.path()}});
  Chunk chunk(4096);
  ASSERT_EQ(source.fill(&chunk), FillResult::kFilled);
  LineBlock block;
  RecordView record;
  ASSERT_EQ(chunk.next(&block, &record), Piece::kLines);
  source.abandon();
  EXPECT_EQ(chunk.next(&block, &record), Piece::kEnd);
  EXPECT_EQ(source.fill(&chunk), FillResult::kEnd);
  EXPECT_EQ(source.bytes_read(), 4096U);
}

TEST(Source, ReadsAFileToTheSizeItHadWhenItWasOpened) {
  const Folder folder;
  const std::string path = folder.write("log", "1\n2\n3");
  Source source({.inputs = {path}});
  Chunk chunk(4096);
  ASSERT_EQ(source.fill(&chunk), FillResult::kFilled);
  std::ofstream(path, std::ios::app) << "3\n4\n";
  EXPECT_EQ(texts(&chunk), (Texts{"1", "2", "3"}));
  EXPECT_EQ(source.fill(&chunk), FillResult::kEnd);
  EXPECT_EQ(source.bytes_read(), 5U);
  EXPECT_TRUE(source.faults().empty());
}

TEST(Source, SaysThatAFileShrankWhileItWasRead) {
  const Folder folder;
  std::string text;
  for (int i = 0; i < 4096; ++i) text += "1234567\n";
  const std::string path = folder.write("log", text);
  // Cut in the first range, in the second, and where they meet; inside a line or between two.
  for (const std::size_t left : {0U, 100U, 1024U, 8191U, 8192U, 8195U, 12'000U}) {
    for (const bool second_first : {false, true}) {
      folder.write("log", text);
      Source source({.inputs = {path}, .range_bytes = 8192});
      Chunk first(4096);
      Chunk second(4096);
      Chunk end(4096);
      ASSERT_EQ(source.fill(&first), FillResult::kFilled);
      ASSERT_EQ(source.fill(&second), FillResult::kFilled);
      Texts all;
      if (second_first) all = texts(&second);
      std::filesystem::resize_file(path, left);
      const Texts more = texts(&first);
      all.insert(all.end(), more.begin(), more.end());
      if (!second_first) texts(&second);
      while (source.fill(&end) == FillResult::kFilled) texts(&end);
      for (const std::string& line : all) EXPECT_TRUE(std::string("1234567").starts_with(line));
      ASSERT_EQ(source.faults().size(), 1U) << left;
      EXPECT_EQ(source.faults()[0].message, path + ": was cut short while it was read");
      EXPECT_EQ(source.bytes_read(), first.input_bytes() + second.input_bytes());
    }
  }
}

// A change that moves lines across the seam of two ranges: the books would not balance, and it is
// not their fault.
TEST(Source, SaysThatAFileChangedWhileItWasRead) {
  const Folder folder;
  const std::string path = folder.write("log", std::string(10'000, 'x') + "\n" + "2\n");
  Source source({.inputs = {path}, .range_bytes = 8192});
  Chunk first(4096);
  Chunk second(4096);
  ASSERT_EQ(source.fill(&first), FillResult::kFilled);
  ASSERT_EQ(source.fill(&second), FillResult::kFilled);
  EXPECT_EQ(texts(&first).size(), 1U);
  std::this_thread::sleep_for(
      std::chrono::milliseconds(20));  // the clock of a file system is coarse
  std::fstream(path, std::ios::in | std::ios::out | std::ios::binary).seekp(9000) << '\n';
  EXPECT_EQ(texts(&second), (Texts{std::string(999, 'x'), "2"}));
  Chunk chunk(4096);
  EXPECT_EQ(source.fill(&chunk), FillResult::kEnd);
  ASSERT_EQ(source.faults().size(), 1U);
  EXPECT_EQ(source.faults()[0].kind, InputFaultKind::kBrokeOff);
  EXPECT_EQ(source.faults()[0].message, path + ": was changed while it was read");
  EXPECT_EQ(source.bytes_read(), first.input_bytes() + second.input_bytes());
}

TEST(Source, ReadsFilesThatSayTheyAreEmpty) {
  const Everything all = [] {
    Source source({.inputs = {"/proc/self/limits"}});
    return read_all(&source, 4096);
  }();
  EXPECT_GT(all.records.size(), 10U);
  EXPECT_TRUE(all.faults.empty());
}

// Faults stand in the order of the inputs, though files are read by whoever comes to it.
TEST(Source, NotesFaultsInTheOrderOfTheInputs) {
  const Folder folder;
  const std::string path = folder.write("log", std::string(20'000, '\n'));
  Source source({.inputs = {path, folder.at("missing")}});
  Chunk chunk(4096);
  Chunk end(4096);
  ASSERT_EQ(source.fill(&chunk), FillResult::kFilled);
  EXPECT_EQ(source.fill(&end), FillResult::kEnd);
  std::filesystem::resize_file(path, 10);
  texts(&chunk);
  ASSERT_EQ(source.faults().size(), 2U);
  EXPECT_EQ(source.faults()[0].kind, InputFaultKind::kBrokeOff);
  EXPECT_EQ(source.faults()[1].kind, InputFaultKind::kCannotOpen);
}

// Standard input that is a file is read from where it stands, and is read when it is left.
TEST(Source, ReadsAFileOnStandardInputFromItsOffset) {
  const testing::MemoryFile file("skipped\n1\n2\n");
  const int before = dup(STDIN_FILENO);
  const int opened = open(file.path().c_str(), O_RDONLY | O_CLOEXEC);
  ASSERT_GE(opened, 0);
  ASSERT_EQ(dup2(opened, STDIN_FILENO), STDIN_FILENO);
  close(opened);
  ASSERT_EQ(lseek(STDIN_FILENO, 8, SEEK_SET), 8);
  Source source({.inputs = {"-", "-"}});
  EXPECT_EQ(source.total_bytes(), 8U);  // both, as far as can be told
  const Everything all = read_all(&source, 4096);
  EXPECT_EQ(texts(all), (Texts{"1", "2"}));
  EXPECT_EQ(all.records.at(0).offset, 0U);
  EXPECT_EQ(all.bytes, 4U);
  EXPECT_EQ(lseek(STDIN_FILENO, 0, SEEK_CUR), 12);
  if (before >= 0) {
    dup2(before, STDIN_FILENO);
    close(before);
  } else {
    close(STDIN_FILENO);
  }
}

// Every byte of a line that spans many ranges is read twice at most, by its owner and by the range
// it stands in.
TEST(Source, ReadsALineOverManyRangesInLinearTime) {
  const std::string text = "1\n" + std::string(32U << 20U, 'x') + "\n2\n";
  const testing::MemoryFile file(text);
  for (const std::uint64_t record_bytes_max : {std::uint64_t{1000}, std::uint64_t{64U << 20U}}) {
    Source source({.inputs = {file.path()},
                   .record_bytes_max = record_bytes_max,
                   .read_bytes = 4096,
                   .range_bytes = 4096});
    const Everything all = read_all(&source, 4096);
    ASSERT_EQ(all.records.size(), 3U);
    EXPECT_EQ(all.records[1].length, (32U << 20U) + 1U);
    EXPECT_EQ(all.records[1].fault,
              record_bytes_max == 1000 ? RecordFault::kTooLong : RecordFault::kNone);
    EXPECT_EQ(all.records[2].bytes, "2");
    EXPECT_EQ(all.bytes, text.size());
  }
}

}  // namespace
}  // namespace hashcart::ingest
