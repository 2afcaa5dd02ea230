#!/usr/bin/env python3
"""match -F: whatever happens to files and to the run, each whole line is read once, in its file's order.

    follow.py HASHCART [--rounds N] [--seed N]

Every post here comes to exactly one outcome, so the outcomes tell what was read. The last test lets a writer append,
rotate, truncate and make files anew at random while the run is killed and started again.
"""
import argparse
import ctypes
import errno
import gzip
import json
import os
import pathlib
import platform
import random
import resource
import signal
import struct
import subprocess
import sys
import time
import unittest

import scratch

BINARY = None
ROUNDS = 3
SEED = None
PATIENCE = 30  # seconds until a test gives up


def post(n):
    return json.dumps({"id": str(n), "user": "ann", "at": "2014-05-06T10:00:00Z", "text": "yes #AmazonCart"}) + "\n"


def posts(*numbers):
    return "".join(map(post, numbers))


def refuse(call, error):
    """From now on a system call of this process fails: by a filter of seccomp(2)."""
    arch = {"x86_64": 0, "aarch64": 1}[platform.machine()]
    number = {"inotify_init1": (294, 26), "inotify_add_watch": (254, 27)}[call][arch]
    # Loads the number; equal? then the error, else as usual.
    code = struct.pack("HBBI" * 4, 0x20, 0, 0, 0, 0x15, 0, 1, number, 0x06, 0, 0, 0x0005_0000 | error,
                       0x06, 0, 0, 0x7FFF_0000)
    program = struct.pack("HxxxxxxP", 4, ctypes.cast(code, ctypes.c_void_p).value)
    libc = ctypes.CDLL(None, use_errno=True)
    # PR_SET_NO_NEW_PRIVS; PR_SET_SECCOMP, SECCOMP_MODE_FILTER.
    if libc.prctl(38, 1, 0, 0, 0) != 0 or libc.prctl(22, 2, program, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


class Run:
    """A run that follows files, and what it said."""

    def __init__(self, test, *inputs, state=False, more=(), out="out", limit=None, refused=None):
        p = test.path
        self.outcomes = p / (out + ".outcomes")
        self.rejects = p / (out + ".rejects")
        self.errors = p / (out + ".errors")
        command = [BINARY, "match", "-F", "-v", "-o", str(p / (out + ".records")), "--outcomes", str(self.outcomes),
                   "--rejects", str(self.rejects), "--stats-file", str(p / (out + ".stats")), *more]
        if state:
            command += ["--state", str(p / "state")]
        env = dict(os.environ, HASHCART_STATE_EVERY="1")
        with open(self.errors, "ab") as errors:
            def less():
                if limit is not None:
                    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
                if refused is not None:
                    refuse(*refused)

            self.process = subprocess.Popen(command + list(inputs), stderr=errors, stdin=subprocess.DEVNULL,
                                            cwd=p, env=env, preexec_fn=less)
        self.test = test
        test.addCleanup(self.kill)

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def ids(self):
        if not self.outcomes.exists():
            return []
        # The last line may be on its way.
        lines = self.outcomes.read_text().split("\n")[:-1]
        return [json.loads(line)["post_id"] for line in lines]

    def said(self):
        return self.errors.read_text()

    def wait_for(self, what, why=""):
        end = time.monotonic() + PATIENCE
        while not what():
            if self.process.poll() is not None:
                self.test.fail(f"ended ({self.process.returncode}): {self.said()}")
            if time.monotonic() > end:
                self.test.fail(f"{why}: {self.ids()[-20:]}\n{self.said()[-2000:]}")
            time.sleep(0.002)

    def wait_ids(self, *numbers):
        wanted = [str(n) for n in numbers]
        self.wait_for(lambda: len(self.ids()) >= len(wanted), f"waited for {wanted[-20:]}")
        self.test.assertEqual(self.ids(), wanted, self.said())

    def wait_said(self, text):
        self.wait_for(lambda: text in self.said(), f"waited for {text!r}")

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)
        os.waitpid(self.process.pid, os.WUNTRACED)  # until every thread stands still

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=PATIENCE)
        # Before it reads anything, a signal ends it as it does any program.
        self.test.assertIn(self.process.returncode, (143, -signal.SIGTERM), self.said())


class Follow(scratch.ScratchTest):
    def setUp(self):
        super().setUp()
        self.log = self.path / "log"

    def append(self, text, path=None):
        with open(path or self.log, "ab") as file:
            file.write(text.encode())

    def settle(self):
        """Whatever the run does of its own accord every second, it has done."""
        time.sleep(2.2)

    # ---------------------------------------------------------------------------------- one file

    def test_a_file_grows(self):
        self.append(posts(1, 2))
        run = Run(self, "log")
        run.wait_ids(1, 2)
        self.append(posts(3))
        run.wait_ids(1, 2, 3)
        whole = post(4)
        self.append(whole[:30])
        time.sleep(0.3)
        self.assertEqual(run.ids(), ["1", "2", "3"])
        self.append(whole[30:-1])
        time.sleep(0.3)
        self.assertEqual(run.ids(), ["1", "2", "3"], "a line without its end")
        self.append("\n")
        run.wait_ids(1, 2, 3, 4)
        # What has not ended at a stop was not read, and the books say so.
        self.append(post(5)[:-1])
        time.sleep(0.1)
        run.stop()
        self.assertEqual(run.ids(), ["1", "2", "3", "4"])
        stats = json.loads((self.path / "out.stats").read_text())
        self.assertEqual(stats["bytes"]["in"], len(posts(1, 2, 3, 4)))

    def test_a_long_line_in_small_pieces_and_one_over_the_limit(self):
        self.append("")
        run = Run(self, "log")
        time.sleep(0.1)
        line = json.dumps({"id": "1", "user": "ann", "at": "2014-05-06T10:00:00Z", "text": "#AmazonCart " + "x" * 300_000})
        for at in range(0, len(line), 10_000):
            self.append(line[at:at + 10_000])
            time.sleep(0.002)
        self.append("\n" + "y" * 5_000_000)
        run.wait_ids(1)
        self.append("y" * 5_000_000)
        time.sleep(0.2)
        self.append("\n" + post(2))
        run.wait_ids(1, 2)
        run.stop()
        self.assertIn('"reason":"too_long"', run.rejects.read_text())

    def test_an_empty_file_sse_and_crlf(self):
        self.append("")
        other = self.path / "events"
        other.write_text("")
        run = Run(self, "log", "events")
        self.append(post(1).replace("\n", "\r\n"))
        run.wait_ids(1)
        status = {"id": "2", "created_at": "2014-05-06T10:00:00.000Z", "uri": "https://m.example/users/ann/statuses/2",
                  "in_reply_to_id": None, "account": {"id": "5", "acct": "ann"}, "content": "<p>yes #AmazonCart</p>"}
        self.append("event: update\ndata: " + json.dumps(status) + "\n", other)
        time.sleep(0.1)
        self.assertEqual(run.ids(), ["1"])
        self.append("\n", other)
        run.wait_ids(1, status["uri"])
        run.stop()

    # ---------------------------------------------------------------------------------- rotation

    def test_moved_away(self):
        self.append(posts(1, 2))
        run = Run(self, "log")
        run.wait_ids(1, 2)
        os.rename(self.log, self.path / "log.1")
        self.append(posts(3), self.path / "log.1")  # by a writer that has not heard of it
        run.wait_ids(1, 2, 3)
        self.append(posts(4))
        run.wait_ids(1, 2, 3, 4)
        self.append(posts(5), self.path / "log.1")
        run.wait_ids(1, 2, 3, 4, 5)
        self.append(posts(6))
        run.wait_ids(1, 2, 3, 4, 5, 6)
        run.stop()

    def test_moved_away_in_the_middle_of_a_line(self):
        self.append(posts(1) + post(2)[:40])
        run = Run(self, "log")
        run.wait_ids(1)
        os.rename(self.log, self.path / "log.1")
        self.append(posts(3))
        run.wait_ids(1, 3)
        self.append(post(2)[40:], self.path / "log.1")
        run.wait_ids(1, 3, 2)
        # What the next rotation finds without its end is a line, as it is at the end of any file.
        self.append(post(4)[:-1], self.path / "log.1")
        os.rename(self.log, self.path / "log.2")
        self.append(posts(5))
        run.wait_for(lambda: sorted(run.ids()) == ["1", "2", "3", "4", "5"], "the line without end")
        run.stop()

    def test_moved_away_more_than_once_between_two_looks(self):
        self.append(posts(1))
        run = Run(self, "log")
        run.wait_ids(1)
        run.process.send_signal(signal.SIGSTOP)
        for n in range(2, 6):
            self.append(posts(n * 10))
            for k in range(n, 0, -1):
                if (self.path / f"log.{k}").exists():
                    os.rename(self.path / f"log.{k}", self.path / f"log.{k + 1}")
            os.rename(self.log, self.path / "log.1")
        self.append(posts(60))
        run.process.send_signal(signal.SIGCONT)
        run.wait_ids(1, 20, 30, 40, 50, 60)
        run.stop()

    def test_moved_away_over_and_over(self):
        # As fast as it goes, so that a look falls between a move and its being told of.
        for attempt in range(ROUNDS):
            with self.subTest(attempt):
                name, last = f"log{attempt}", 40
                self.append(posts(1), self.path / name)
                run = Run(self, name, out=f"out{attempt}")
                run.wait_ids(1)
                for n in range(2, last):
                    self.append(posts(n), self.path / name)
                    for k in range(n - 2, 0, -1):
                        os.rename(self.path / f"{name}.{k}", self.path / f"{name}.{k + 1}")
                    os.rename(self.path / name, self.path / f"{name}.1")
                self.append(posts(last), self.path / name)
                run.wait_for(lambda: len(run.ids()) >= last, "waited for all")
                self.assertEqual(sorted(run.ids(), key=int), [str(n) for n in range(1, last + 1)])
                run.stop()

    def test_another_file_under_a_name_it_was_moved_to(self):
        self.append(posts(1))
        run = Run(self, "log")
        run.wait_ids(1)
        run.pause()
        self.append(posts(2))
        os.rename(self.log, self.path / "log.1")
        (self.path / "other").write_text(posts(80))
        os.rename(self.path / "other", self.path / "log.1")
        self.append(posts(3))
        os.rename(self.log, self.path / "log.2")
        os.unlink(self.path / "log.2")
        (self.path / "log.2").write_text(posts(90))
        self.append(posts(4))
        run.process.send_signal(signal.SIGCONT)
        run.wait_ids(1, 2, 4)
        self.settle()
        run.wait_ids(1, 2, 4)
        run.stop()

    def test_a_link_that_leads_elsewhere(self):
        a, b = self.path / "a", self.path / "b"
        a.write_text(posts(1))
        b.write_text(posts(3))
        os.symlink("a", self.log)
        run = Run(self, "log")
        run.wait_ids(1)
        self.append(posts(2), a)
        os.symlink("b", self.path / "next")
        os.rename(self.path / "next", self.log)
        run.wait_ids(1, 2, 3)
        run.stop()

    def test_deleted_and_made_anew(self):
        self.append(posts(1))
        run = Run(self, "log")
        run.wait_ids(1)
        with open(self.log, "ab") as file:
            os.unlink(self.log)
            file.write(post(2).encode())
        run.wait_ids(1, 2)
        self.append(posts(3))
        run.wait_ids(1, 2, 3)
        run.stop()

    # -------------------------------------------------------------------------------- truncation

    def test_truncated(self):
        self.append(posts(1, 2) + post(3)[:20])
        run = Run(self, "log")
        run.wait_ids(1, 2)
        time.sleep(0.1)
        os.truncate(self.log, 0)
        self.append(posts(4))
        run.wait_ids(1, 2, 4)
        run.wait_said("was truncated")
        run.stop()
        # The line whose end went with it is counted.
        self.assertIn('"reason":"cut_short"', run.rejects.read_text())

    def test_truncated_and_longer_than_before_by_the_next_look(self):
        self.append(posts(1, 2))
        run = Run(self, "log")
        run.wait_ids(1, 2)
        run.process.send_signal(signal.SIGSTOP)
        os.truncate(self.log, 0)
        self.append(posts(3, 4, 5, 6))
        run.process.send_signal(signal.SIGCONT)
        run.wait_ids(1, 2, 3, 4, 5, 6)
        run.stop()

    def test_its_end_cut_off(self):
        self.append(posts(1, 2, 3))
        run = Run(self, "log")
        run.wait_ids(1, 2, 3)
        os.truncate(self.log, len(posts(1)) + 10)  # in the middle of the second line
        run.wait_said("was truncated")
        self.append(post(4)[10:])
        run.wait_for(lambda: len(run.ids()) == 4, "what stands there now")
        self.append(posts(5))
        run.wait_for(lambda: len(run.ids()) == 5, "what comes behind it")
        self.assertEqual(run.ids()[:3] + run.ids()[4:], ["1", "2", "3", "5"])
        run.stop()

    # --------------------------------------------------------------------------- files that appear

    def test_a_name_is_waited_for(self):
        run = Run(self, "log", "sub/deep")
        run.wait_said("sub/deep: No such file or directory; it is waited for")
        self.append(posts(1))
        run.wait_ids(1)
        (self.path / "sub").mkdir()
        self.append(posts(2), self.path / "sub" / "deep")
        run.wait_ids(1, 2)
        self.append(posts(3), self.path / "sub" / "deep")
        run.wait_ids(1, 2, 3)
        run.stop()
        # Said without -v: the name may be a slip.
        quiet = subprocess.Popen([BINARY, "match", "-F", "slip"], cwd=self.path, stderr=subprocess.PIPE, text=True)
        said = quiet.stderr.readline()
        quiet.kill()
        quiet.communicate()
        self.assertEqual(said, "hashcart: slip: No such file or directory; it is waited for\n")

    def test_a_pattern(self):
        self.append(posts(2))
        self.append(posts(1), self.path / "log.1")
        os.utime(self.path / "log.1", (1, 1))
        (self.path / "log.2.gz").write_bytes(gzip.compress(post(99).encode()))
        run = Run(self, "log*", out="log-out")
        run.wait_ids(1, 2)
        self.append(posts(3), self.path / "log.new")
        run.wait_ids(1, 2, 3)
        # Other names of files that are read, and files the run writes itself.
        os.rename(self.log, self.path / "log.3")
        os.link(self.path / "log.new", self.path / "log.link")
        self.append(posts(4))
        run.wait_ids(1, 2, 3, 4)
        self.append(posts(5), self.path / "log.3")
        run.wait_ids(1, 2, 3, 4, 5)
        self.append("no post but #AmazonCart\n")
        run.wait_for(lambda: run.rejects.stat().st_size > 0, "the reject")
        self.settle()
        self.assertEqual(len(run.rejects.read_text().splitlines()), 1)
        self.assertEqual(run.ids(), ["1", "2", "3", "4", "5"])
        self.assertIn("is compressed", run.said())
        # Rotated on until the first is closed, and found again under its last name.
        for n in range(6, 9):
            os.rename(self.log, self.path / f"log.{n}")
            self.append(posts(n))
            run.wait_for(lambda: len(run.ids()) >= n, f"rotation {n}")
        self.settle()
        self.assertEqual(run.ids(), [str(n) for n in range(1, 9)])
        run.stop()
        run = Run(self, "log*", out="log-out")  # the same again: what it wrote is passed over
        run.wait_for(lambda: len(run.ids()) >= 8, "all of it again")
        run.stop()
        inputs = {json.loads(line)["origin"]["input"] for line in run.outcomes.read_text().splitlines()}
        self.assertLessEqual(inputs, {"log", "log.1", "log.new"} | {f"log.{n}" for n in range(9)})

    def test_what_cannot_be_followed(self):
        (self.path / "packed").write_bytes(gzip.compress(b"{}\n"))
        for inputs, why in (([], "name the files"), (["-"], "standard input"), (["."], "regular files"),
                            (["packed"], "is compressed"), (["/dev/null"], "regular files")):
            done = subprocess.run([BINARY, "match", "-F", *inputs], cwd=self.path, capture_output=True, text=True,
                                  timeout=PATIENCE, stdin=subprocess.DEVNULL)
            self.assertEqual((done.returncode, why in done.stderr), (2, True), done.stderr)
        self.append("")
        done = subprocess.run([BINARY, "match", "-F", "log", "-o", "log"], cwd=self.path, capture_output=True, text=True,
                              timeout=PATIENCE, stdin=subprocess.DEVNULL)
        self.assertEqual((done.returncode, "overwritten" in done.stderr), (2, True), done.stderr)

    def test_a_limit_and_a_closed_pipe_end_it(self):
        self.append('{"id":"1","user":"ann","at":"2025-01-01T00:00:00Z","text":"https://www.amazon.com/dp/B00EXAMPL1"}\n'
                    + "".join('{"id":"%d","user":"u%d","at":"2025-01-01T00:00:01Z","text":"#AmazonCart","reply_to":"1"}\n'
                              % (n, n) for n in range(2, 5)))
        done = subprocess.run([BINARY, "match", "-F", "log", "-n", "2"], cwd=self.path, capture_output=True,
                              timeout=PATIENCE)
        self.assertEqual((done.returncode, len(done.stdout.splitlines())), (0, 2), done.stderr)
        process = subprocess.Popen([BINARY, "match", "-F", "log"], cwd=self.path, stdout=subprocess.PIPE)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        process.stdout.readline()
        process.stdout.close()
        self.append('{"id":"9","user":"u9","at":"2025-01-01T00:00:02Z","text":"#AmazonCart","reply_to":"1"}\n')
        self.assertEqual(process.wait(timeout=PATIENCE), 0)

    # -------------------------------------------------------------------------------------- state

    def test_a_state_goes_on(self):
        self.append(posts(1, 2) + post(3)[:30])
        run = Run(self, "log", state=True)
        run.wait_ids(1, 2)
        run.kill()
        self.append(post(3)[30:] + posts(4))
        run = Run(self, "log", state=True)
        run.wait_ids(1, 2, 3, 4)
        run.stop()
        # Away, and what is at its name is new.
        self.append(posts(5))
        os.rename(self.log, self.path / "log.7")
        self.append(posts(6))
        run = Run(self, "log", state=True)
        run.wait_ids(1, 2, 3, 4, 5, 6)
        # The one that is away is still read.
        self.append(posts(7), self.path / "log.7")
        run.wait_ids(1, 2, 3, 4, 5, 6, 7)
        self.settle()  # what is not committed may come in another order between files
        run.kill()
        self.append(posts(8), self.path / "log.7")
        self.append(posts(9))
        run = Run(self, "log", state=True)
        run.wait_ids(*range(1, 10))
        run.stop()
        # Truncated meanwhile.
        os.truncate(self.log, 0)
        self.append(posts(10))
        run = Run(self, "log", state=True)
        run.wait_ids(*range(1, 11))
        run.wait_said("was truncated, or is another file")
        run.stop()
        # Gone for good.
        os.unlink(self.log)
        os.unlink(self.path / "log.7")
        self.append(posts(11))
        run = Run(self, "log", state=True)
        run.wait_ids(*range(1, 12))
        run.stop()
        stats = json.loads((self.path / "out.stats").read_text())
        self.assertEqual(stats["lines"]["total"], 11)

    def test_what_was_rotated_more_than_once_while_no_run_looked_is_named(self):
        (self.path / "log.9").write_text(posts(90))  # older, and nobody's
        self.append(posts(1))
        run = Run(self, "log", state=True)
        run.wait_ids(1)
        run.stop()
        self.append(posts(2))
        os.rename(self.log, self.path / "log.3")
        for k in (2, 1):
            self.append(posts(k * 10), self.path / f"log.{k}")
        (self.path / "logs").write_text(posts(91))  # another name
        self.append(posts(30))
        run = Run(self, "log", state=True)
        run.wait_ids(1, 2, 30)
        self.assertIn("log: was moved away since it was read, and log.1, log.2, younger", run.said())
        run.stop()
        errors = len(run.said())
        run = Run(self, "log*", state=True)
        run.wait_for(lambda: len(run.ids()) == 7, "all")
        self.assertNotIn("was moved away since", run.said()[errors:])
        run.stop()

    def test_what_was_rotated_while_too_much_else_happened_is_named(self):
        self.append(posts(1))
        run = Run(self, "log")
        run.wait_ids(1)
        run.pause()
        most = int(pathlib.Path("/proc/sys/fs/inotify/max_queued_events").read_text())
        for n in range(most // 2 + 1):
            for name in ("a", "b"):  # one after the other, or they would be told as one
                (self.path / name).touch()
                os.unlink(self.path / name)
        self.append(posts(2))
        os.rename(self.log, self.path / "log.2")
        self.append(posts(3))
        os.rename(self.log, self.path / "log.1")
        self.append(posts(4))
        run.process.send_signal(signal.SIGCONT)
        run.wait_ids(1, 2, 4)
        run.wait_said("log.1, younger than that, are not read")
        run.stop()

    def test_where_inotify_tells_nothing(self):
        for call, error in (("inotify_init1", errno.EMFILE), ("inotify_add_watch", errno.ENOSPC)):
            with self.subTest(call):
                log = self.path / f"{call}.log"
                self.append(posts(1), log)
                run = Run(self, f"{call}.*", out=call, refused=(call, error))
                run.wait_ids(1)
                self.append(posts(2), log)
                run.wait_ids(1, 2)
                os.rename(log, f"{log}.1")
                self.append(posts(3), f"{log}.1")
                self.append(posts(4), log)
                run.wait_ids(1, 2, 3, 4)
                os.truncate(log, 0)
                self.append("\n" + posts(5), log)
                run.wait_ids(1, 2, 3, 4, 5)
                run.stop()
                # Of what is rotated twice between two looks by one name only the last is found.
                last = self.path / f"{call}.last"
                self.append(posts(1), last)
                run = Run(self, last.name, out=call + "2", refused=(call, error))
                run.wait_ids(1)
                run.pause()
                os.rename(last, f"{last}.2")
                self.append(posts(2), last)
                os.rename(last, f"{last}.1")
                self.append(posts(3), last)
                run.process.send_signal(signal.SIGCONT)
                run.wait_ids(1, 3)
                run.wait_said("last.1, younger than that, are not read")
                run.stop()

    def test_the_same_inode_is_another_file(self):
        # File systems give a freed inode to the next file, more often than not.
        for n in range(1, 12):
            self.append(posts(n) + (posts(100 + n) if n % 3 == 0 else ""))
            run = Run(self, "log", state=True)
            wanted = [str(k) for m in range(1, n + 1) for k in ([m, 100 + m] if m % 3 == 0 else [m])]
            run.wait_ids(*wanted)
            run.stop()
            os.unlink(self.log)
        # What is gone is not remembered for ever.
        run = Run(self, "log", state=True)
        time.sleep(0.3)
        run.stop()
        self.assertLess(max(f.stat().st_size for f in (self.path / "state").glob("checkpoint.*")), 1000)

    def restart(self, run):
        """Another run, once all that was read is committed."""
        self.settle()
        run.kill()

    def test_a_truncation_that_was_seen_is_remembered(self):
        for before, left in ((200, 100), (3, 1), (200, 0)):
            with self.subTest(before=before, left=left):
                self.log = self.path / f"log{before}-{left}"
                state = f"state{before}-{left}"
                run = Run(self, self.log.name, more=["--state", state], out=state)
                self.append(posts(*range(before)))
                run.wait_for(lambda: len(run.ids()) == before)
                os.truncate(self.log, len(posts(*range(left))))
                run.wait_said("was truncated")
                self.restart(run)
                self.append(posts(*range(1000, 1000 + 2 * before)))
                run = Run(self, self.log.name, more=["--state", state], out=state)
                run.wait_ids(*range(before), *range(1000, 1000 + 2 * before))
                run.stop()

    def test_a_writer_that_is_slow_to_reopen_is_heard_after_a_restart(self):
        self.append(posts(1))
        run = Run(self, "log", state=True)
        run.wait_ids(1)
        with open(self.log, "ab", buffering=0) as writer:
            run.stop()
            os.rename(self.log, self.path / "log.1")
            self.append(posts(2))
            run = Run(self, "log", state=True)
            run.wait_ids(1, 2)
            writer.write(post(3).encode())
            run.wait_ids(1, 2, 3)
            self.restart(run)
            run = Run(self, "log", state=True)
            writer.write(post(4).encode())
            run.wait_ids(1, 2, 3, 4)
        run.stop()

    def test_files_that_wait_for_their_turn_are_known_after_a_kill(self):
        self.append(posts(1))
        run = Run(self, "log", state=True)
        run.wait_ids(1)
        run.process.send_signal(signal.SIGSTOP)
        many = posts(*range(100_000, 300_000))
        self.append(many)
        for n in (2, 3):
            os.rename(self.log, self.path / f"log.{n}")
            self.append(posts(n))
        run.process.send_signal(signal.SIGCONT)
        run.wait_for(lambda: run.said().count("is another file now") == 2)
        time.sleep(0.1)
        run.kill()
        run = Run(self, "log", state=True)
        run.wait_ids(1, *range(100_000, 300_000), 2, 3)
        run.stop()

    def test_a_torn_last_line_that_was_mended(self):
        for between_runs in (False, True):
            with self.subTest(between_runs=between_runs):
                self.log = self.path / f"torn{between_runs}"
                state = f"state{between_runs}"
                self.append(posts(1) + post(2)[:60])
                run = Run(self, self.log.name, more=["--state", state], out=state)
                run.wait_ids(1)
                if between_runs:
                    self.restart(run)
                os.truncate(self.log, len(post(1)) + (0 if between_runs else 20))
                if not between_runs:
                    run.wait_said("was truncated")
                self.append(post(3) if between_runs else post(2)[20:] + post(3))
                if between_runs:
                    run = Run(self, self.log.name, more=["--state", state], out=state)
                run.wait_ids(*((1, 3) if between_runs else (1, 2, 3)))
                run.stop()

    def test_what_a_link_leads_to_is_rotated(self):
        (self.path / "d").mkdir()
        real = self.path / "d" / "real"
        self.append(posts(1), real)
        os.symlink("d/real", self.log)
        run = Run(self, "log", state=True)
        run.wait_ids(1)
        run.process.send_signal(signal.SIGSTOP)
        for n in (2, 3, 4):
            os.rename(real, self.path / "d" / f"real.{n}")
            self.append(posts(n), real)
        run.process.send_signal(signal.SIGCONT)
        run.wait_ids(1, 2, 3, 4)
        self.restart(run)
        self.append(posts(5), real)
        os.rename(real, self.path / "d" / "real.5")
        self.append(posts(6), real)
        run = Run(self, "log", state=True)
        run.wait_ids(1, 2, 3, 4, 5, 6)
        run.stop()

    def test_several_names_are_rotated_at_once(self):
        names = [f"log{n}" for n in range(6)]
        for n, name in enumerate(names):
            self.append(posts(n), self.path / name)
        os.symlink("log0", self.path / "link")  # in the same directory, which has two names then
        os.unlink(self.path / "log0")
        self.append(posts(0), self.path / "log0")
        run = Run(self, "link", *names[1:])
        run.wait_ids(*range(6))
        written = 6
        for round_ in range(8):
            run.process.send_signal(signal.SIGSTOP)
            for turn in range(3):
                for name in names:
                    os.rename(self.path / name, self.path / f"{name}.{round_}.{turn}")
                    self.append(posts(written), self.path / name)
                    written += 1
            run.process.send_signal(signal.SIGCONT)
            run.wait_for(lambda: len(run.ids()) >= written, f"{written} posts")
        self.assertEqual(sorted(map(int, run.ids())), list(range(written)))
        run.stop()

    def test_its_directory_is_made_anew(self):
        (self.path / "d").mkdir()
        log = self.path / "d" / "log"
        self.append(posts(1), log)
        run = Run(self, "d/log")
        run.wait_ids(1)
        os.rename(self.path / "d", self.path / "d.old")
        (self.path / "d").mkdir()
        self.append(posts(2), log)
        run.wait_ids(1, 2)
        self.settle()
        run.process.send_signal(signal.SIGSTOP)
        for n in (3, 4):
            os.rename(log, self.path / "d" / f"log.{n}")
            self.append(posts(n), log)
        run.process.send_signal(signal.SIGCONT)
        run.wait_ids(1, 2, 3, 4)
        run.stop()

    def test_another_file_with_the_inode_of_one_that_is_gone(self):
        self.append(posts(1))
        run = Run(self, "log", state=True)
        run.wait_ids(1)
        os.rename(self.log, self.path / "log.1")
        self.append(posts(2, 3))
        run.wait_ids(1, 2, 3)
        self.settle()
        run.stop()
        with open(self.path / "log.1", "wb") as file:  # `cp log log.1`
            file.write(self.log.read_bytes())
        run = Run(self, "log", state=True)
        self.append(posts(4))
        run.wait_ids(1, 2, 3, 4)
        run.stop()

    def test_more_files_than_may_be_open(self):
        for n in range(100):
            self.append(posts(n), self.path / f"log{n:02}")
        run = Run(self, "log*", state=True, limit=120)
        run.wait_said("as many files are open as may be")
        run.wait_for(lambda: len(run.ids()) >= 40, "some of the files")
        self.append(posts(200), self.path / "log00")
        run.wait_for(lambda: "200" in run.ids(), "those that are open")
        run.stop()
        run = Run(self, "log*", state=True)
        run.wait_for(lambda: len(run.ids()) == 101, "the rest")
        self.assertEqual(sorted(map(int, run.ids())), [*range(100), 200])
        run.stop()

    def test_what_is_quiet_is_committed(self):
        self.append(posts(1))
        run = Run(self, "log", state=True, more=["--flush", "1h"])
        # Nothing comes behind it, and it is written all the same.
        run.wait_ids(1)
        self.settle()
        run.kill()
        os.truncate(self.log, 0)
        run = Run(self, "log", state=True)
        self.append(posts(2))
        run.wait_ids(1, 2)
        run.stop()

    def test_files_read_whole_before_are_followed_on(self):
        self.append(post(1)[:-1])
        command = [BINARY, "match", "-q", "--state", "state", "-o", "out.records", "--outcomes", "out.outcomes",
                   "--rejects", "out.rejects", "log"]
        subprocess.run(command, cwd=self.path, check=True, timeout=PATIENCE)
        run = Run(self, "log", state=True)
        time.sleep(0.2)
        self.append("\n" + posts(2))
        run.wait_ids(1, 2)
        run.stop()
        self.append(posts(3))
        subprocess.run(command, cwd=self.path, check=True, timeout=PATIENCE)
        self.assertEqual(run.ids(), ["1", "2", "3"])

    def test_at_random(self):
        seed = SEED if SEED is not None else random.randrange(1 << 32)
        for round_ in range(ROUNDS):
            print(f"follow.py --seed {seed + round_} --rounds 1", file=sys.stderr)
            with self.subTest(seed=seed + round_):
                self.one_at_random(random.Random(seed + round_), f"r{round_}")

    def one_at_random(self, chance, folder):
        self.path = self.path / folder
        self.path.mkdir()
        self.addCleanup(setattr, self, "path", self.path.parent)
        self.log = self.path / "log"
        inputs = chance.choice([["log"], ["log*"], ["log", "log.*"]])
        written = []  # whole lines, in order
        partial = ""  # of the next one
        number = 0
        rotation = 0
        is_unseen = True  # the file at the name, perhaps
        run = Run(self, *inputs, state=True)

        def all_read():
            run.wait_for(lambda: len(run.ids()) >= len(written), "all lines")

        def one_more_read():
            """By this run: what was read before may be written by one that was killed before it committed that."""
            nonlocal number
            number += 1
            self.append(post(number))
            written.append(str(number))
            all_read()

        self.log.write_text("")
        for _ in range(60):
            what = chance.random()
            if what < 0.55:
                for _ in range(chance.randrange(1, 30)):
                    if not partial:
                        number += 1
                        partial = post(number)
                    cut = len(partial) if chance.random() < 0.8 else chance.randrange(1, len(partial) + 1)
                    self.append(partial[:cut])
                    partial = partial[cut:]
                    if not partial:
                        written.append(str(number))
            elif what < 0.70 and not partial:
                # Of a name only the file before this one is known by a run that was not there.
                if inputs == ["log"] and is_unseen:
                    run = run or Run(self, *inputs, state=True)
                    one_more_read()
                    run.stop()
                    run = None
                rotation += 1
                os.rename(self.log, self.path / f"log.{rotation}")
                self.log.write_text("")
                is_unseen = True
            elif what < 0.75 and not partial and run is not None:
                # What is truncated away before it is read and committed is lost to anybody.
                one_more_read()
                if chance.random() < 0.5:
                    time.sleep(1.5)
                else:
                    run.stop()
                    run = None
                os.truncate(self.log, 0)
                is_unseen = False
            elif what < 0.90:
                if run is None:
                    run = Run(self, *inputs, state=True)
                    if chance.random() < 0.5:
                        time.sleep(chance.random() * 0.05)
                elif chance.random() < 0.8:
                    run.kill()
                    run = None
                else:
                    run.stop()
                    run = None
            else:
                time.sleep(chance.random() * 0.05)
        if run is None:
            run = Run(self, *inputs, state=True)
        self.append(partial)
        if partial:
            written.append(str(number))
        all_read()
        time.sleep(0.1)
        run.stop()
        ids = run.ids()
        self.assertEqual(sorted(ids, key=int), written, "lost or doubled")
        if inputs == ["log"]:
            self.assertEqual(ids, written, "the order of one name")
        self.assertEqual(run.rejects.read_bytes(), b"")
        stats = json.loads((self.path / "out.stats").read_text())
        self.assertEqual(stats["lines"]["total"], len(written))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--seed", type=int)
    args, rest = parser.parse_known_args()
    BINARY, ROUNDS, SEED = str(pathlib.Path(args.binary).resolve()), args.rounds, args.seed
    unittest.main(argv=[sys.argv[0], *rest])
