#include "emit/sink.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "base/setup_error.h"

namespace hashcart::emit {
namespace {

using base::SetupError;
using base::SetupFault;

class SinkTest : public testing::Test {
 protected:
  void SetUp() override {
    std::signal(SIGPIPE, SIG_IGN);  // as the application does
    std::string pattern = testing::TempDir() + "/sink_test_XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  [[nodiscard]] std::string path(const std::string& name) const { return folder_ + "/" + name; }

  static std::string content(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
  }

 private:
  std::string folder_;
};

// A pipe, and a name under which its writing end can be opened.
class Pipe {
 public:
  Pipe() { EXPECT_EQ(::pipe(ends_.data()), 0); }
  ~Pipe() {
    close_reader();
    close_writer();
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  [[nodiscard]] int reader() const { return ends_[0]; }
  [[nodiscard]] int writer() const { return ends_[1]; }
  [[nodiscard]] std::string writer_path() const { return "/dev/fd/" + std::to_string(ends_[1]); }
  void close_reader() { close_end(0); }
  void close_writer() { close_end(1); }

  // Everything up to the end, slowly at first, so that the writer finds the pipe full.
  [[nodiscard]] std::string drain() const {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    std::string out;
    std::array<char, 4096> buffer{};
    for (ssize_t got = 1; got > 0;) {
      got = ::read(reader(), buffer.data(), buffer.size());
      if (got > 0) out.append(buffer.data(), static_cast<std::size_t>(got));
    }
    return out;
  }

 private:
  void close_end(std::size_t index) {
    if (ends_[index] >= 0) ::close(ends_[index]);
    ends_[index] = -1;
  }

  std::array<int, 2> ends_{-1, -1};
};

TEST_F(SinkTest, WritesAFileAnew) {
  std::ofstream(path("out")) << "a longer text from an earlier run";
  const auto sink = open_sink(path("out"));
  EXPECT_EQ(sink->write("one\n"), SinkStatus::kOk);
  EXPECT_EQ(sink->write(""), SinkStatus::kOk);
  EXPECT_EQ(sink->write("two\n"), SinkStatus::kOk);
  EXPECT_EQ(content(path("out")), "one\ntwo\n") << "nothing is held back";
  EXPECT_EQ(sink->finish(), SinkStatus::kOk);
  EXPECT_EQ(sink->message(), "");
}

TEST_F(SinkTest, SaysWhyAFileCannotBeOpened) {
  for (const std::string& bad : {path("no/such/folder"), path("")}) {
    try {
      const auto sink = open_sink(bad);
      FAIL() << bad << " was opened";
    } catch (const SetupError& error) {
      EXPECT_EQ(error.fault(), SetupFault::kOutput);
      EXPECT_TRUE(std::string(error.what()).starts_with(bad)) << error.what();
    }
  }
}

TEST_F(SinkTest, AFullDiskIsAFailureAndStaysOne) {
  const auto sink = open_sink("/dev/full");
  EXPECT_EQ(sink->write("record\n"), SinkStatus::kFailed);
  EXPECT_NE(sink->message().find("/dev/full: writing failed: No space left"), std::string::npos)
      << sink->message();
  EXPECT_EQ(sink->write("record\n"), SinkStatus::kFailed);
  EXPECT_EQ(sink->finish(), SinkStatus::kFailed);
}

TEST_F(SinkTest, AReaderThatLeftIsNoFailure) {
  Pipe pipe;
  const auto sink = open_sink(pipe.writer_path());
  EXPECT_EQ(sink->write("read by no one\n"), SinkStatus::kOk);
  pipe.close_reader();
  EXPECT_EQ(sink->write("record\n"), SinkStatus::kReaderGone);
  EXPECT_EQ(sink->write("record\n"), SinkStatus::kReaderGone);
  EXPECT_EQ(sink->finish(), SinkStatus::kReaderGone);
  EXPECT_EQ(sink->message(), "");
}

TEST_F(SinkTest, ASlowReaderGetsEveryByte) {
  std::string text;
  for (int i = 0; i < 60000; ++i) text += std::to_string(i) + "\n";  // five times a pipe's 64 KiB
  for (const bool non_blocking : {false, true}) {
    Pipe pipe;
    auto sink = open_sink(pipe.writer_path());
    if (non_blocking) {
      // Opened anew, the flag is the sink's own; standard output's is shared, so set it there.
      const int saved = ::dup(STDOUT_FILENO);
      ASSERT_EQ(::dup2(pipe.writer(), STDOUT_FILENO), STDOUT_FILENO);
      sink = open_sink("-");
      ASSERT_EQ(::dup2(saved, STDOUT_FILENO), STDOUT_FILENO);
      ::close(saved);
      ASSERT_EQ(::fcntl(pipe.writer(), F_SETFL, O_NONBLOCK), 0);
    }
    pipe.close_writer();
    std::string got;
    std::thread reader([&] { got = pipe.drain(); });
    EXPECT_EQ(sink->write(text), SinkStatus::kOk);
    EXPECT_EQ(sink->finish(), SinkStatus::kOk);
    sink.reset();
    reader.join();
    EXPECT_EQ(got, text) << "non-blocking: " << non_blocking;
  }
}

TEST_F(SinkTest, StandardOutputStaysOpenBehindIt) {
  Pipe pipe;
  const int saved = ::dup(STDOUT_FILENO);
  ASSERT_EQ(::dup2(pipe.writer(), STDOUT_FILENO), STDOUT_FILENO);
  pipe.close_writer();
  const auto sink = open_sink("-");
  EXPECT_EQ(sink->write("one "), SinkStatus::kOk);
  EXPECT_EQ(sink->finish(), SinkStatus::kOk);
  EXPECT_EQ(::write(STDOUT_FILENO, "two", 3), 3);
  ASSERT_EQ(::dup2(saved, STDOUT_FILENO), STDOUT_FILENO);
  ::close(saved);
  EXPECT_EQ(pipe.drain(), "one two");
}

TEST_F(SinkTest, AClosedStandardOutputIsRefused) {
  const int saved = ::dup(STDOUT_FILENO);
  ::close(STDOUT_FILENO);
  std::string message;
  try {
    const auto sink = open_sink("-");
  } catch (const SetupError& error) {
    message = error.what();
  }
  ASSERT_EQ(::dup2(saved, STDOUT_FILENO), STDOUT_FILENO);
  ::close(saved);
  EXPECT_NE(message.find("standard output"), std::string::npos);
}

}  // namespace
}  // namespace hashcart::emit
