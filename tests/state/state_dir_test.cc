#include "state/state_dir.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/setup_error.h"
#include "state/state_testing.h"

namespace hashcart::state {
namespace {

Identity identity(const std::string& catalogue = "1") {
  return {.catalogue = {"sha" + catalogue, "shop " + catalogue, "text of " + catalogue},
          .users = "raw",
          .signal_format = 3};
}

// A run over inputs as far as the checkpoint at its beginning.
struct StartedRun {
  StartedRun(const TemporaryDir& dir, const std::vector<std::string>& inputs,
             const std::string& output = "out", const std::string& catalogue = "1")
      : state(dir.path("state"), identity(catalogue)) {
    std::vector<std::string> paths;
    for (const std::string& input : inputs) paths.push_back(dir.path(input));
    state.plan_inputs(paths);
    records = state.open_output(OutputKind::kRecords, dir.path(output));
    snapshot = state.take_snapshot();
    state.replay([&](EntryKind, std::uint32_t, std::string_view payload) { log += payload; });
    state.begin({});
    progress.inputs = state.places();
  }

  void reach(std::size_t input, std::uint64_t position, std::uint64_t unended = 0,
             ingest::Framing framing = ingest::Framing::kNdjson, bool is_done = false) {
    progress.inputs[input] = {position, unended, framing, is_done};
  }
  void commit(bool is_last) {
    progress.is_last = is_last;
    ASSERT_TRUE(state.commit(progress)) << state.message();
  }

  // Commits with a snapshot, under another catalogue if one is named.
  void snap(const std::string& bytes, const std::string& catalogue = "") {
    progress.snapshot = bytes;
    if (!catalogue.empty()) progress.catalogue = identity(catalogue).catalogue;
    ASSERT_TRUE(state.commit(progress)) << state.message();
    progress.forget_committed();
  }
  void say(const std::string& signals) {
    ASSERT_TRUE(state.append(EntryKind::kSignals, 1, signals)) << state.message();
  }

  StateDir state;
  std::string snapshot;  // as it was found
  std::string log;
  OutputFile* records = nullptr;
  Progress progress;
};

const ingest::InputStart& start_of(const StartedRun& run, std::size_t input = 0) {
  return run.state.starts()[input];
}

TEST(StateDir, OneRunAtATime) {
  const TemporaryDir dir;
  {
    const StateDir first(dir.path("state"), identity());
    EXPECT_THROW(StateDir(dir.path("state"), identity()), base::SetupError);
  }
  EXPECT_NO_THROW(StateDir(dir.path("state"), identity()));
}

TEST(StateDir, AFileIsReadFromWhereItEnded) {
  const TemporaryDir dir;
  dir.write("in", "1\n22\n");
  {
    StartedRun run(dir, {"in"});
    EXPECT_EQ(start_of(run).position, 0U);
    EXPECT_FALSE(start_of(run).is_done);
    run.reach(0, 2);
    run.commit(false);
  }
  {
    StartedRun run(dir, {"in"});
    EXPECT_EQ(start_of(run).position, 2U);
    EXPECT_EQ(start_of(run).framing, ingest::Framing::kNdjson);
    run.reach(0, 5);
    run.commit(true);
  }
  {
    StartedRun run(dir, {"in", "in"});
    EXPECT_TRUE(start_of(run, 0).is_done);
    EXPECT_TRUE(start_of(run, 1).is_done);
    run.commit(true);
  }
  dir.write("in", "1\n22\n333\n");
  const StartedRun run(dir, {"in"});
  EXPECT_EQ(start_of(run).position, 5U);
  EXPECT_FALSE(start_of(run).is_done);
}

// What became of a last line without its ending, once the file has grown.
TEST(StateDir, AnUnendedLineIsReadAgainUnlessItWasWhole) {
  struct Row {
    const char* grown;
    std::uint64_t position;
  };
  for (const Row& row : {Row{"1\n22", 4}, Row{"1\n22\n3", 5}, Row{"1\n22\r\n3", 6},
                         Row{"1\n222\n", 2}, Row{"1\n22\r", 2}}) {
    const TemporaryDir dir;
    dir.write("in", "1\n22");
    {
      StartedRun run(dir, {"in"});
      run.reach(0, 4, 2);
      run.commit(true);
    }
    dir.write("in", row.grown);
    const StartedRun run(dir, {"in"});
    EXPECT_EQ(start_of(run).position, row.position) << row.grown;
    EXPECT_EQ(start_of(run).is_done, std::string(row.grown) == "1\n22");
  }
}

TEST(StateDir, APackedFileIsDoneOnceItWasReadToItsEnd) {
  const TemporaryDir dir;
  dir.write("in", std::string("\x1f\x8b\x08\0 packed", 11));
  {
    StartedRun run(dir, {"in"});
    run.reach(0, 900, 10);
    run.commit(true);
  }
  {
    StartedRun run(dir, {"in"});
    EXPECT_FALSE(start_of(run).is_done);
    EXPECT_EQ(start_of(run).position, 900U);
    run.reach(0, 900, 10, ingest::Framing::kNdjson, true);
    run.commit(true);
  }
  {
    StartedRun run(dir, {"in"});
    EXPECT_TRUE(start_of(run).is_done);
    run.commit(true);
  }
  dir.write("in", std::string("\x1f\x8b\x08\0 packed, and more", 20));
  const StartedRun run(dir, {"in"});
  EXPECT_FALSE(start_of(run).is_done);
  EXPECT_EQ(start_of(run).position, 890U);
}

TEST(StateDir, AnotherFileUnderTheSameNameOrInodeIsNew) {
  const TemporaryDir dir;
  dir.write("in", "1\n22\n");
  {
    StartedRun run(dir, {"in"});
    run.reach(0, 5);
    run.commit(true);
  }
  std::filesystem::rename(dir.path("in"), dir.path("old"));
  dir.write("in", "4\n");
  {
    StartedRun run(dir, {"old", "in"});
    EXPECT_TRUE(start_of(run, 0).is_done);
    EXPECT_EQ(start_of(run, 1).position, 0U);
    EXPECT_FALSE(start_of(run, 1).is_done);
    run.reach(1, 2);
    run.commit(true);
  }
  dir.write("old", "other\n");  // the same inode
  const StartedRun run(dir, {"old"});
  EXPECT_EQ(start_of(run).position, 0U);
  EXPECT_FALSE(start_of(run).is_done);
}

TEST(StateDir, AFileThatLostBytesIsRefused) {
  const TemporaryDir dir;
  const std::string head(5000, 'x');
  dir.write("in", head + "\n1\n");
  {
    StartedRun run(dir, {"in"});
    run.reach(0, 5003);
    run.commit(true);
  }
  dir.write("in", head);
  EXPECT_THROW(StartedRun(dir, {"in"}), base::SetupError);
}

TEST(StateDir, NamesKeepTheirNumbers) {
  const TemporaryDir dir;
  dir.write("a", "1\n");
  dir.write("b", "2\n");
  {
    StartedRun run(dir, {"a"});
    EXPECT_EQ(run.state.numbers(), (std::vector<std::uint32_t>{0}));
    run.commit(true);
  }
  const StartedRun run(dir, {"b", "a"});
  EXPECT_EQ(run.state.numbers(), (std::vector<std::uint32_t>{1, 0}));
  const base::InputNames& names = *run.state.input_names();
  ASSERT_EQ(names.size(), 2U);
  EXPECT_EQ(names[0], dir.path("a"));
  EXPECT_EQ(names[1], dir.path("b"));
}

// An output after a run that ended as it should, and after one that was cut off.
TEST(StateDir, OutputsAreContinuedOrRefused) {
  for (const bool is_clean : {false, true}) {
    const auto prepare = [&](const TemporaryDir& dir) {
      dir.write("in", "1\n");
      StartedRun run(dir, {"in"});
      ASSERT_EQ(run.records->write("committed\n"), emit::SinkStatus::kOk);
      run.commit(is_clean);
      if (!is_clean) {
        ASSERT_EQ(run.records->write("lost"), emit::SinkStatus::kOk);
      }
    };
    {
      const TemporaryDir dir;
      prepare(dir);
      StartedRun run(dir, {"in"});
      EXPECT_EQ(dir.read("out"), "committed\n");
      ASSERT_EQ(run.records->write("more"), emit::SinkStatus::kOk);
      EXPECT_EQ(dir.read("out"), "committed\nmore");
    }
    {
      const TemporaryDir dir;
      prepare(dir);
      dir.write("out", "committed?\n");
      EXPECT_THROW(StartedRun(dir, {"in"}), base::SetupError) << "changed";
      dir.write("out", "commit");
      EXPECT_THROW(StartedRun(dir, {"in"}), base::SetupError) << "shorter";
      EXPECT_EQ(dir.read("out"), "commit") << "what is refused is left alone";
    }
    {
      const TemporaryDir dir;
      prepare(dir);
      if (is_clean) {
        dir.write("out", "committed\nby someone else");
        EXPECT_THROW(StartedRun(dir, {"in"}), base::SetupError);
        dir.write("out", "committed\n");
        EXPECT_NO_THROW(StartedRun(dir, {"in"}, "next"));
      } else {
        EXPECT_THROW(StartedRun(dir, {"in"}, "next"), base::SetupError) << "another file";
        EXPECT_FALSE(dir.has("next"));
        std::filesystem::rename(dir.path("out"), dir.path("away"));
        EXPECT_THROW(StartedRun(dir, {"in"}), base::SetupError) << "gone";
        std::filesystem::rename(dir.path("away"), dir.path("out"));
        EXPECT_NO_THROW(StartedRun(dir, {"in"}));
      }
    }
    {
      const TemporaryDir dir;
      prepare(dir);
      std::filesystem::remove(dir.path("out"));
      if (is_clean) {
        EXPECT_NO_THROW(StartedRun(dir, {"in"})) << "taken away by whoever reads it";
      } else {
        EXPECT_THROW(StartedRun(dir, {"in"}), base::SetupError);
      }
    }
  }
}

TEST(StateDir, AnOutputThatHoldsSomethingElseIsNotEmptied) {
  const TemporaryDir dir;
  dir.write("in", "1\n");
  dir.write("out", "precious\n");
  EXPECT_THROW(StartedRun(dir, {"in"}), base::SetupError);
  EXPECT_EQ(dir.read("out"), "precious\n");
}

TEST(StateDir, OneFileIsNotTwoOutputs) {
  const TemporaryDir dir;
  StateDir state(dir.path("state"), identity());
  static_cast<void>(state.open_output(OutputKind::kRecords, dir.path("out")));
  EXPECT_THROW(
      static_cast<void>(state.open_output(
          OutputKind::kRejects,
          dir.path("../") + std::filesystem::path(dir.path()).filename().string() + "/out")),
      base::SetupError);
}

TEST(StateDir, AnotherMaskIsRefused) {
  const TemporaryDir dir;
  dir.write("in", "1\n");
  { StartedRun(dir, {"in"}).commit(true); }
  Identity other = identity();
  other.users = "u1_1";
  EXPECT_THROW(StateDir(dir.path("state"), other), base::SetupError);
  EXPECT_NO_THROW(StateDir(dir.path("state"), identity()));
}

// What a run said, with a snapshot in the middle of it.
void say_a_snap_and_say_b(StartedRun* run) {
  run->say("a");
  run->snap("all of a");
  run->say("b");
  run->commit(false);
}

TEST(StateDir, ASnapshotStandsForTheLogBeforeIt) {
  const TemporaryDir dir;
  dir.write("in", "1\n");
  {
    StartedRun run(dir, {"in"});
    say_a_snap_and_say_b(&run);
  }
  {
    StartedRun run(dir, {"in"});
    EXPECT_EQ(run.snapshot, "all of a");
    EXPECT_EQ(run.log, "b");
    EXPECT_FALSE(dir.has("state/signals.00000001.log")) << "no checkpoint needs it any more";
    run.say("c");
    run.snap("all of c");
    // The checkpoint before still needs them.
    EXPECT_TRUE(dir.has("state/signals.00000002.log"));
    run.commit(false);
    EXPECT_FALSE(dir.has("state/signals.00000002.log"));
    run.commit(true);
  }
  const StartedRun run(dir, {"in"});
  EXPECT_EQ(run.snapshot, "all of c");
  EXPECT_EQ(run.log, "");
}

// The files of a state directory that begin so.
std::vector<std::string> files_like(const TemporaryDir& dir, const std::string& start) {
  std::vector<std::string> out;
  for (const auto& entry : std::filesystem::directory_iterator(dir.path("state"))) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(start)) out.push_back(name);
  }
  return out;
}

TEST(StateDir, ADamagedSnapshotFallsBackByOneCheckpoint) {
  const TemporaryDir dir;
  dir.write("in", "1\n");
  {
    StartedRun run(dir, {"in"});
    say_a_snap_and_say_b(&run);
    run.say("c");
    run.snap("all of c");
  }
  const std::vector<std::string> snapshots = files_like(dir, "snapshot.");
  ASSERT_EQ(snapshots.size(), 2U);
  for (const std::string& name : snapshots) {
    std::string bytes = dir.read("state/" + name);
    if (bytes.find("all of c") == std::string::npos) continue;
    bytes[bytes.find("all of c")] = 'A';
    dir.write("state/" + name, bytes);
  }
  {
    StartedRun run(dir, {"in"});
    EXPECT_NE(run.state.warning(), "");
    EXPECT_EQ(run.snapshot, "all of a");
    EXPECT_EQ(run.log, "b") << "c is read again";
    run.commit(false);
  }
  for (const std::string& name : files_like(dir, "snapshot.")) dir.write("state/" + name, "");
  EXPECT_THROW(StateDir(dir.path("state"), identity()), base::SetupError);
}

TEST(StateDir, PassesToAnotherCatalogueWithOneCommit) {
  const TemporaryDir dir;
  dir.write("in", "1\n");
  {
    StartedRun run(dir, {"in"});
    EXPECT_FALSE(run.state.catalogue_before());
    run.say("a");
    run.commit(true);
  }
  for (int again = 0; again < 2; ++again) {  // cut off before it came to it
    const StartedRun run(dir, {"in"}, "out", "2");
    ASSERT_TRUE(run.state.catalogue_before());
    EXPECT_EQ(run.state.catalogue_before()->sha256, "sha1");
    EXPECT_EQ(run.state.catalogue_before()->text, "text of 1");
    EXPECT_EQ(run.log, "a");
  }
  { StartedRun(dir, {"in"}, "out", "2").snap("a, under 2", "2"); }
  {
    StartedRun run(dir, {"in"}, "out", "2");
    EXPECT_FALSE(run.state.catalogue_before());
    EXPECT_EQ(run.snapshot, "a, under 2");
    EXPECT_EQ(run.log, "");
    run.commit(false);
    run.commit(true);
  }
  EXPECT_EQ(files_like(dir, "catalogue."), (std::vector<std::string>{"catalogue.2"}));
  {
    const StartedRun back(dir, {"in"}, "out", "1");
    ASSERT_TRUE(back.state.catalogue_before());
    EXPECT_EQ(back.state.catalogue_before()->text, "text of 2");
  }
  dir.write("state/catalogue.2", "?");
  EXPECT_NO_THROW(StateDir(dir.path("state"), identity("2"))) << "nobody asks for it";
  EXPECT_THROW(StateDir(dir.path("state"), identity("1")), base::SetupError);
}

// /dev/full has no room for anything, and cannot be cut.
TEST(WholeAppend, WritesNothingBehindWhatItCouldNotCutOff) {
  const Descriptor full = open_at(AT_FDCWD, "/dev/full", O_WRONLY);
  ASSERT_TRUE(full.is_open());
  WholeAppend append;
  EXPECT_STREQ(append.attempt(full.get(), 0, "abc"), "writing failed");
  EXPECT_EQ(errno, ENOSPC);
  EXPECT_STREQ(append.attempt(full.get(), 0, "abc"), "cannot be cut back");
}

// A medium that has room again after some attempts.
class SmallMedium final : public FullMedium {
 public:
  explicit SmallMedium(int waits) : left_(waits) {}
  bool wait(const std::string& what) override {
    said += what + "\n";
    return left_-- > 0;
  }
  void is_over() override { said += "over\n"; }

  std::string said;

 private:
  int left_;
};

TEST(FullMedium, WaitsForSpaceAndForNothingElse) {
  const auto describe = [](std::string_view what) { return std::string(what); };
  int failures = 2;
  const auto attempt = [&]() -> const char* {
    errno = ENOSPC;
    return failures-- > 0 ? "writing failed" : nullptr;
  };
  SmallMedium patient(5);
  EXPECT_EQ(write_with_patience(&patient, attempt, describe), nullptr);
  EXPECT_EQ(patient.said, "writing failed\nwriting failed\nover\n");

  SmallMedium impatient(1);
  failures = 3;
  EXPECT_STREQ(write_with_patience(&impatient, attempt, describe), "writing failed");
  EXPECT_EQ(errno, ENOSPC);
  failures = 1;
  EXPECT_STREQ(write_with_patience(nullptr, attempt, describe), "writing failed");

  SmallMedium untouched(5);
  const auto broken = []() -> const char* {
    errno = EIO;
    return "writing failed";
  };
  EXPECT_STREQ(write_with_patience(&untouched, broken, describe), "writing failed");
  EXPECT_EQ(untouched.said, "");
}

TEST(StateDir, SignalsWithoutACheckpointAreNoFirstRun) {
  const TemporaryDir dir;
  dir.write("in", "1\n");
  {
    StartedRun run(dir, {"in"});
    ASSERT_TRUE(run.state.append(EntryKind::kSignals, 0, "abc"));
    run.commit(true);
  }
  std::filesystem::remove(dir.path("state/checkpoint.0"));
  std::filesystem::remove(dir.path("state/checkpoint.1"));
  EXPECT_THROW(StateDir(dir.path("state"), identity()), base::SetupError);
}

TEST(StateDir, TheCheckpointBeforeServesAsWell) {
  const TemporaryDir dir;
  dir.write("in", "1\n22\n");
  {
    StartedRun run(dir, {"in"});  // generation 1
    ASSERT_EQ(run.records->write("one\n"), emit::SinkStatus::kOk);
    run.reach(0, 2);
    run.commit(false);
    ASSERT_EQ(run.records->write("two\n"), emit::SinkStatus::kOk);
    run.reach(0, 5);
    run.commit(true);  // generation 3
  }
  std::string slot = dir.read("state/checkpoint.1");
  slot[40] = static_cast<char>(~slot[40]);
  dir.write("state/checkpoint.1", slot);
  const StartedRun run(dir, {"in"});
  EXPECT_FALSE(run.state.warning().empty());
  EXPECT_EQ(start_of(run).position, 2U);
  EXPECT_EQ(dir.read("out"), "one\n");
}

TEST(StateDir, FilesAreTheOwnersOnly) {
  const TemporaryDir dir;
  dir.write("in", "1\n");
  StartedRun run(dir, {"in"});
  ASSERT_TRUE(run.state.append(EntryKind::kSignals, 0, "abc"));
  run.commit(true);
  for (const auto& entry : std::filesystem::directory_iterator(dir.path("state"))) {
    EXPECT_EQ(entry.status().permissions() & std::filesystem::perms(077),
              std::filesystem::perms::none)
        << entry.path();
  }
}

}  // namespace
}  // namespace hashcart::state
