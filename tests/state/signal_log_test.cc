#include "state/signal_log.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/setup_error.h"
#include "state/state_testing.h"

namespace hashcart::state {
namespace {

constexpr std::uint32_t kFormat = 3;
constexpr const char* kFirst = "signals.00000001.log";
constexpr const char* kSecond = "signals.00000002.log";

std::string text_of(int i) { return std::string(static_cast<std::size_t>(20 + i), 'a') + "\n"; }

// What is in the log up to `end`, one line an entry.
std::vector<std::string> entries(const SignalLog& log, const LogPosition& end) {
  std::vector<std::string> out;
  log.read(1, end, [&](EntryKind kind, std::uint32_t count, std::string_view payload) {
    out.push_back(std::to_string(static_cast<int>(kind)) + " " + std::to_string(count) + " " +
                  std::string(payload));
  });
  return out;
}

std::vector<std::string> expected(int count) {
  std::vector<std::string> out;
  for (int i = 0; i < count; ++i) out.push_back("1 " + std::to_string(i) + " " + text_of(i));
  return out;
}

// Writes entries 0 to `count` - 1; the positions behind each.
std::vector<LogPosition> fill(SignalLog* log, int count, int from = 0) {
  std::vector<LogPosition> out;
  for (int i = from; i < count; ++i) {
    EXPECT_TRUE(log->append(EntryKind::kSignals, static_cast<std::uint32_t>(i), text_of(i)));
    out.push_back(log->position());
  }
  EXPECT_TRUE(log->sync());
  return out;
}

TEST(SignalLog, GivesBackWhatWasAppended) {
  const TemporaryDir dir;
  SignalLog log(dir.fd(), dir.path(), kFormat);
  log.start({});
  EXPECT_TRUE(entries(log, log.position()).empty());
  fill(&log, 5);
  ASSERT_TRUE(log.append(EntryKind::kExpireAtEnd, 0, ""));
  auto wanted = expected(5);
  wanted.emplace_back("2 0 ");
  EXPECT_EQ(entries(log, log.position()), wanted);
  EXPECT_EQ(log.position().segment, 1U);
}

TEST(SignalLog, ReadsUpToAPositionAndGoesOnThere) {
  const TemporaryDir dir;
  std::vector<LogPosition> behind;
  {
    SignalLog log(dir.fd(), dir.path(), kFormat, 200);
    log.start({});
    behind = fill(&log, 12);
    EXPECT_GT(log.position().segment, 2U);
  }
  for (int kept = 12; kept >= 0; --kept) {
    SignalLog log(dir.fd(), dir.path(), kFormat, 200);
    const LogPosition end = kept == 0 ? LogPosition{} : behind[static_cast<std::size_t>(kept) - 1];
    EXPECT_EQ(entries(log, end), expected(kept));
    log.start(end);
    // The same again comes to the same bytes: positions agree.
    const std::vector<LogPosition> again = fill(&log, 12, kept);
    EXPECT_TRUE(again.empty() || again.back() == behind.back());
    EXPECT_EQ(entries(log, log.position()), expected(12));
  }
}

TEST(SignalLog, ATornTailIsDropped) {
  const TemporaryDir dir;
  LogPosition committed;
  {
    SignalLog log(dir.fd(), dir.path(), kFormat);
    log.start({});
    committed = fill(&log, 3).back();
    fill(&log, 5, 3);
  }
  const std::string whole = dir.read(kFirst);
  for (std::size_t size = committed.offset; size <= whole.size(); ++size) {
    for (const bool is_bad : {false, true}) {
      std::string torn = whole.substr(0, size);
      if (is_bad && size > committed.offset) torn.back() = static_cast<char>(~torn.back());
      dir.write(kFirst, torn);
      SignalLog log(dir.fd(), dir.path(), kFormat);
      EXPECT_EQ(entries(log, committed), expected(3));
      log.start(committed);
      fill(&log, 4, 3);
      EXPECT_EQ(entries(log, log.position()), expected(4));
    }
  }
}

TEST(SignalLog, DamageBeforeTheCommittedPlaceIsFatal) {
  const TemporaryDir dir;
  LogPosition committed;
  {
    SignalLog log(dir.fd(), dir.path(), kFormat, 150);
    log.start({});
    committed = fill(&log, 5).back();
  }
  ASSERT_EQ(committed.segment, 2U);
  for (const char* const name : {kFirst, kSecond}) {
    const std::string whole = dir.read(name);
    for (std::size_t at = 0; at < whole.size(); ++at) {
      std::string bad = whole;
      bad[at] = static_cast<char>(bad[at] ^ 1);
      dir.write(name, bad);
      const SignalLog log(dir.fd(), dir.path(), kFormat, 150);
      EXPECT_THROW(entries(log, committed), base::SetupError) << name << " " << at;
      bad = whole.substr(0, at);
      dir.write(name, bad);
      // On the border between two entries, too: the next segment knows how long this one was.
      EXPECT_THROW(entries(log, committed), base::SetupError) << name << " cut at " << at;
    }
    dir.write(name, whole);
  }
  const SignalLog log(dir.fd(), dir.path(), kFormat, 150);
  EXPECT_EQ(entries(log, committed), expected(5));
  dir.write(kFirst, std::string(dir.read(kFirst).size(), '\0'));
  EXPECT_THROW(entries(log, committed), base::SetupError);
}

TEST(SignalLog, AnotherFormatIsRefused) {
  const TemporaryDir dir;
  SignalLog log(dir.fd(), dir.path(), kFormat);
  log.start({});
  fill(&log, 1);
  const SignalLog other(dir.fd(), dir.path(), kFormat + 1);
  EXPECT_THROW(entries(other, log.position()), base::SetupError);
}

TEST(SignalLog, AMissingSegmentIsFatal) {
  const TemporaryDir dir;
  SignalLog log(dir.fd(), dir.path(), kFormat, 150);
  log.start({});
  const LogPosition committed = fill(&log, 5).back();
  std::filesystem::remove(dir.path(kFirst));
  EXPECT_THROW(entries(log, committed), base::SetupError);
}

// What a snapshot stands for is removed; what is read begins behind it.
TEST(SignalLog, GoesOnWithoutItsFirstSegments) {
  const TemporaryDir dir;
  SignalLog log(dir.fd(), dir.path(), kFormat);
  log.start({});
  fill(&log, 2);
  EXPECT_EQ(log.begin_segment(), 2U);
  EXPECT_EQ(log.begin_segment(), 2U) << "a segment that holds nothing is not left";
  log.remove_before(2);
  EXPECT_FALSE(dir.has(kFirst));
  EXPECT_FALSE(log.exists());
  SignalLog second(dir.fd(), dir.path(), kFormat);
  second.start({2, 0});
  fill(&second, 4, 2);
  EXPECT_TRUE(dir.has(kSecond));
  std::vector<std::string> found;
  second.read(2, second.position(), [&](EntryKind, std::uint32_t count, std::string_view payload) {
    found.push_back("1 " + std::to_string(count) + " " + std::string(payload));
  });
  const std::vector<std::string> all = expected(4);
  EXPECT_EQ(found, std::vector<std::string>(all.begin() + 2, all.end()));
  EXPECT_THROW(second.read(1, second.position(), [](EntryKind, std::uint32_t, std::string_view) {}),
               base::SetupError);
}

}  // namespace
}  // namespace hashcart::state
