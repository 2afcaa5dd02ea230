#!/usr/bin/env python3
"""--state DIR: whatever instant a run is killed at, the next ones end as if it had not been.

    state.py HASHCART [--kills N] [--seed N]

Kills runs at random instants with checkpoints as close together as they come, runs the same command again until it
ends, and compares records, outcomes, rejects and counts with those of a run that nobody disturbed.
"""
import argparse
import fcntl
import gzip
import json
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import time
import unittest

import scratch

BINARY = None
KILLS = 50
DAMAGES = 40
SEED = None

def post(n, text, at, user="ann", **more):
    return json.dumps({"id": str(n), "user": user, "at": at, "text": text, **more}) + "\n"


def parent(n, at, user="shop"):
    return post(n, "new! https://www.amazon.com/dp/B00EXAMPL1", at, user)


def reply(n, to, at, user="ann"):
    return post(n, "yes #AmazonCart", at, user, reply_to=str(to))


def buy(n, at, user="ann"):
    return post(n, "#BuyKindleFireHD", at, user)


def records(path):
    return [json.loads(line) for line in pathlib.Path(path).read_bytes().splitlines()]


def counts(path):
    """The statistics that do not tell the time."""
    stats = json.loads(pathlib.Path(path).read_bytes())
    del stats["seconds"]
    return stats


class State(scratch.ScratchTest):
    def command(self, *inputs, state="state", out="out", more=()):
        p = self.path
        return [BINARY, "match", "-q", "--state", str(p / state), "-o", str(p / (out + ".records")),
                "--outcomes", str(p / (out + ".outcomes")), "--rejects", str(p / (out + ".rejects")),
                "--stats-file", str(p / (out + ".stats")), *more, *inputs]

    def run_state(self, *inputs, code=0, every=None, **more):
        env = dict(os.environ)
        if every is not None:
            env["HASHCART_STATE_EVERY"] = str(every)
        done = subprocess.run(self.command(*inputs, **more), capture_output=True, timeout=60, env=env,
                              stdin=subprocess.DEVNULL)
        self.assertEqual(done.returncode, code, done.stderr)
        return done

    def assert_same(self, a, b, stats=True):
        for kind in ("records", "outcomes", "rejects"):
            left, right = (self.path / f"{x}.{kind}" for x in (a, b))
            self.assertEqual(left.read_bytes() == right.read_bytes(), True, f"{kind} of {a} and {b} differ")
        if stats:
            self.assertEqual(counts(self.path / f"{a}.stats"), counts(self.path / f"{b}.stats"))

    def stream(self, name, *args):
        path = self.path / name
        with open(path, "wb") as out:
            subprocess.run([BINARY, "gen", *map(str, args)], stdout=out, check=True, timeout=120)
        return str(path)

    # Kills runs of one command until `kills` of them died, then lets one end.
    def kill_and_end(self, rng, inputs, out, kills, whole_seconds, more=(), stop=signal.SIGKILL):
        died = 0
        while died < kills:
            env = {**os.environ, "HASHCART_STATE_EVERY": str(rng.choice([1, 40_000, 300_000])),
                   "HASHCART_STATE_SNAPSHOT": str(rng.choice([1, 1, 5000, 1 << 30]))}
            run = subprocess.Popen(self.command(*inputs, state=out + ".state", out=out,
                                                more=(*more, "-j", str(rng.choice([1, 2, 4])))),
                                   stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, env=env)
            time.sleep(rng.random() * whole_seconds)
            run.send_signal(stop)
            _, err = run.communicate(timeout=60)
            if run.returncode == 0:  # it was faster
                return died
            self.assertIn(run.returncode, (-stop, 128 + stop), err)
            died += 1
        self.run_state(*inputs, state=out + ".state", out=out, more=more)
        return died

    def test_kill_at_any_instant(self):
        seed = SEED if SEED is not None else random.SystemRandom().randrange(1 << 32)
        print(f"\nstate.py --seed {seed} --kills {KILLS}", flush=True)
        rng = random.Random(seed)
        one = self.stream("one.ndjson", "--posts", 3000, "--seed", seed, "--intents", 0.2, "--confirms", 0.6,
                          "--x-v1", 0, "--deletes", 0.02)
        two = self.stream("two.ndjson", "--posts", 1500, "--seed", seed + 1, "--intents", 0.2)
        packed = self.file("three.ndjson.gz",
                           gzip.compress(pathlib.Path(self.stream("three", "--posts", 1500, "--seed", seed + 2,
                                                                  "--intents", 0.2)).read_bytes()))
        # Lines that are none, lines over no bytes, a last one without an end.
        odd = self.file("odd.ndjson", '{"id":"1","text":"#AmazonCart\n\n' + parent(7, "2024-05-06T10:00:00Z") * 50
                        + '{"#amazoncart":')
        inputs = [one, odd, packed, two]
        total = 0
        round_ = 0
        for more in ((), ("--at-end", "expire")):
            self.run_state(*inputs, state="whole.state" + str(len(more)), out="whole", more=more)
            self.assertGreater(len(records(self.path / "whole.records")), 100)
            self.assertGreater((self.path / "whole.rejects").stat().st_size, 0)
            # How long a run takes that commits as often as it can.
            before = time.monotonic()
            self.run_state(*inputs, state="slow.state" + str(len(more)), out="slow", every=1, more=more)
            seconds = time.monotonic() - before
            self.assert_same("whole", "slow")
            for name in ("slow", "whole"):
                for kind in ("records", "outcomes", "rejects"):
                    os.rename(self.path / f"{name}.{kind}", self.path / f"{name}{len(more)}.{kind}")
                os.rename(self.path / f"{name}.stats", self.path / f"{name}{len(more)}.stats")
            wanted = (KILLS + 1) // 2
            killed = 0
            while killed < wanted:
                round_ += 1
                out = f"killed{round_}"
                killed += self.kill_and_end(rng, inputs, out, min(rng.choice([1, 2, 5, 10]), wanted - killed),
                                            seconds, more)
                # A run may have ended before it was killed, so its counts are there either way.
                self.assert_same(f"whole{len(more)}", out)
                shutil.rmtree(self.path / (out + ".state"))
            total += killed
        print(f"{total} runs killed in {round_} rounds; nothing lost, nothing doubled", flush=True)

    def test_stopped_by_a_signal_and_continued(self):
        seed = 5
        one = self.stream("one.ndjson", "--posts", 6000, "--seed", seed, "--intents", 0.2)
        self.run_state(one, state="whole.state", out="whole")
        rng = random.Random(seed)
        for stop in (signal.SIGTERM, signal.SIGINT):
            out = stop.name
            self.kill_and_end(rng, [one], out, 3, 0.05, stop=stop)
            self.assert_same("whole", out)

    def test_tomorrows_file_joins_todays_parents_and_pendings(self):
        day1 = self.file("day1.ndjson",
                         parent(1, "2024-05-06T10:00:00Z") + buy(2, "2024-05-06T10:01:00Z", "bob")
                         + parent(3, "2024-05-06T10:01:30Z", "other") + reply(9, 77, "2024-05-06T10:02:00Z", "cy"))
        day2 = self.file("day2.ndjson",
                         parent(77, "2024-05-06T10:02:10Z") + reply(4, 1, "2024-05-06T10:03:00Z")
                         + post(5, "#ConfirmKindleFireHD", "2024-05-06T10:04:00Z", "bob"))
        self.run_state(day1, day2, state="both.state", out="both")
        self.run_state(day1)
        first = (self.path / "out.records").read_bytes()
        self.run_state(day1, day2)
        self.assert_same("both", "out")
        self.assertTrue((self.path / "out.records").read_bytes().startswith(first))
        types = [(r["type"], r["actor"]["id"]) for r in records(self.path / "out.records")]
        self.assertIn(("intent.created", "ann"), types)   # by yesterday's parent
        self.assertIn(("intent.created", "cy"), types)    # who waited for today's
        self.assertIn(("intent.confirmed", "bob"), types)
        # --at-end expire says that it is over, so what comes tomorrow is late.
        self.run_state(day1, state="expired", out="over", more=("--at-end", "expire"))
        self.run_state(day1, day2, state="expired", out="over")
        types = [(r["type"], r["actor"]["id"]) for r in records(self.path / "over.records")]
        self.assertIn(("intent.expired", "bob"), types)
        self.assertNotIn(("intent.confirmed", "bob"), types)
        self.assertNotIn(("intent.created", "cy"), types)
        self.assertIn(("intent.created", "ann"), types)
        codes = [json.loads(line)["outcome"] for line in (self.path / "over.outcomes").read_bytes().splitlines()]
        self.assertIn("late", codes)
        # Only the new file named, and a file of its own for it.
        self.run_state(day1, state="state3", out="a")
        self.run_state(day2, state="state3", out="b")
        self.assertEqual((self.path / "a.records").read_bytes() + (self.path / "b.records").read_bytes(),
                         (self.path / "both.records").read_bytes())
        self.assertEqual(counts(self.path / "b.stats"), counts(self.path / "both.stats"))

    def test_nothing_is_read_twice_and_what_grew_is_read_on(self):
        lines = [parent(1, "2024-05-06T10:00:00Z"), reply(2, 1, "2024-05-06T10:01:00Z"),
                 reply(3, 1, "2024-05-06T10:02:00Z", "bob"), reply(4, 1, "2024-05-06T10:03:00Z", "cy")]
        whole = "".join(lines)
        self.run_state(self.file("whole", whole), state="whole.state", out="whole")
        # Grown by pieces that end anywhere.
        for cut in sorted({0, 1, len(lines[0]) - 1, len(lines[0]), len(lines[0]) + 9, len(whole) - 1}):
            path = self.file("grow", whole[:cut])
            name = f"cut{cut}"
            self.run_state(path, state=name + ".state", out=name)
            with open(path, "a", encoding="utf-8") as out:
                out.write(whole[cut:])
            for _ in range(2):
                self.run_state(path, state=name + ".state", out=name)
            said = [(r["id"], r["origin"]["offset"]) for r in records(self.path / f"{name}.records")]
            self.assertEqual(said, [(r["id"], r["origin"]["offset"]) for r in records(self.path / "whole.records")])

    def test_standard_input_and_output_that_are_files(self):
        data = parent(1, "2024-05-06T10:00:00Z") + reply(2, 1, "2024-05-06T10:01:00Z")
        path = self.file("in", data)
        args = [BINARY, "match", "-q", "--state", str(self.path / "state")]
        for _ in range(2):
            with open(path, "rb") as stdin, open(self.path / "out", "ab") as stdout:
                done = subprocess.run(args, stdin=stdin, stdout=stdout, stderr=subprocess.PIPE, timeout=60)
            self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(len(records(self.path / "out")), 1)
        with open(path, "rb") as stdin:  # a pipe out
            done = subprocess.run(args, stdin=stdin, capture_output=True, timeout=60)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn(b"regular file", done.stderr)
        done = subprocess.run([*args, "-o", str(self.path / "new")], input=data.encode(), capture_output=True,
                              timeout=60)  # a pipe in
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertFalse((self.path / "new").exists())

    def test_usage(self):
        path = self.file("in", parent(1, "2024-05-06T10:00:00Z"))
        for more in (("-n", "1"), ("--users", "drop")):
            self.assertIn(b"--state", self.run_state(path, code=2, more=more).stderr)
        self.assertFalse((self.path / "state").exists())

    def test_links(self):
        path = self.file("in", parent(1, "2024-05-06T10:00:00Z") + reply(2, 1, "2024-05-06T10:01:00Z"))
        os.symlink("nowhere", self.path / "out.records")
        self.assertIn(b"leads nowhere", self.run_state(path, code=74).stderr)
        (self.path / "nowhere").touch()
        (self.path / "real").mkdir()
        os.symlink("real", self.path / "linked")
        self.run_state(path, state="linked")
        self.assertEqual(len(records(self.path / "nowhere")), 1)
        self.assertTrue((self.path / "real" / "lock").exists())

    def test_a_locked_directory(self):
        path = self.file("in", parent(1, "2024-05-06T10:00:00Z"))
        self.run_state(path)
        with open(self.path / "state" / "lock", "rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.assertIn(b"in use", self.run_state(path, code=78).stderr)
        self.run_state(path)

    def test_a_directory_that_cannot_be_used(self):
        path = self.file("in", parent(1, "2024-05-06T10:00:00Z"))
        self.file("plain", "")
        self.assertIn(b"plain", self.run_state(path, code=78, state="plain").stderr)
        self.run_state(path, code=78, state="no/such/parent")
        (self.path / "link").mkdir()
        os.symlink(path, self.path / "link" / "lock")
        self.run_state(path, code=78, state="link")
        if os.geteuid() != 0:
            (self.path / "closed").mkdir(mode=0)
            self.run_state(path, code=78, state="closed")

    def test_damaged_slots(self):
        path = self.stream("in", "--posts", 1000, "--seed", 3, "--intents", 0.3)
        self.run_state(path, state="whole.state", out="whole")
        self.run_state(path, every=1)
        slots = [self.path / "state" / f"checkpoint.{i}" for i in (0, 1)]
        kept = [slot.read_bytes() for slot in slots]
        newer = max((0, 1), key=lambda i: int.from_bytes(kept[i][12:20], "little"))
        for bad in (b"", bytes(len(kept[newer])), kept[newer][:-1], kept[newer][:30]):
            for slot, data in zip(slots, kept):
                slot.write_bytes(data)
            slots[newer].write_bytes(bad)
            # One generation back; what was written since is written again.
            self.assertIn(b"checkpoint", self.run_state(path, more=("-v",)).stderr)
            self.assert_same("whole", "out")
            kept = [slot.read_bytes() for slot in slots]
            newer = max((0, 1), key=lambda i: int.from_bytes(kept[i][12:20], "little"))
        before = (self.path / "out.records").read_bytes()
        for slot in slots:
            slot.write_bytes(bytes(10))
        self.assertIn(b"Restore", self.run_state(path, code=78).stderr)
        for slot in slots:
            slot.unlink()
        self.assertIn(b"Restore", self.run_state(path, code=78).stderr)  # its signals are there
        self.assertEqual((self.path / "out.records").read_bytes(), before)

    def test_a_damaged_log(self):
        path = self.stream("in", "--posts", 1000, "--seed", 3, "--intents", 0.3)
        self.run_state(path)
        log = self.path / "state" / "signals.00000001.log"
        whole = log.read_bytes()
        for bad in (whole[:-1], b"\0" * len(whole), whole[:100] + b"\xff" + whole[101:]):
            log.write_bytes(bad)
            self.assertIn(b"signals.00000001.log", self.run_state(path, code=78).stderr)
        log.write_bytes(whole + b"torn")
        self.run_state(path)
        self.assertEqual(log.read_bytes(), whole)

    def test_any_byte_of_it_may_be_damaged(self):
        """The run is refused, or comes out as if nothing had been: never another way, never for ever."""
        one = self.stream("one", "--posts", 800, "--seed", 3, "--intents", 0.3)
        two = self.stream("two", "--posts", 200, "--seed", 4, "--intents", 0.3)
        self.run_state(one, two, state="whole.state", out="whole")
        for snapshot_bytes in (20_000, 1 << 30):
            self.damage_any_byte(one, two, snapshot_bytes)

    def damage_any_byte(self, one, two, snapshot_bytes):
        state, kept = (self.path / name for name in (f"state{snapshot_bytes}", f"kept{snapshot_bytes}"))
        env = dict(os.environ, HASHCART_STATE_EVERY="1", HASHCART_STATE_SNAPSHOT=str(snapshot_bytes))
        subprocess.run(self.command(one, state=state.name), check=True, timeout=60, env=env, stdin=subprocess.DEVNULL)
        kept.mkdir()
        shutil.copytree(state, kept / "state")
        for path in self.path.glob("out.*"):
            shutil.copy(path, kept / path.name)
        names = sorted(path.name for path in (kept / "state").iterdir() if path.stat().st_size > 0)
        rng = random.Random(6)
        met = set()
        for attempt in range(DAMAGES):
            shutil.rmtree(state)
            shutil.copytree(kept / "state", state)
            for path in kept.glob("out.*"):
                shutil.copy(path, self.path / path.name)
            damaged = state / names[attempt % len(names)]
            data = bytearray(damaged.read_bytes())
            at = rng.randrange(len(data))
            data[at] ^= rng.randrange(1, 256)
            damaged.write_bytes(data)
            with self.subTest(file=damaged.name, at=at):
                done = subprocess.run(self.command(one, two, state=state.name), capture_output=True,
                                      timeout=60, stdin=subprocess.DEVNULL)
                if done.returncode == 78:
                    self.assertIn(b"Restore", done.stderr)
                else:
                    self.assertEqual(done.returncode, 0, done.stderr)
                    self.assert_same("whole", "out")
                met.add((damaged.name.split(".")[0], done.returncode))
        self.assertIn(("checkpoint", 0), met)
        if snapshot_bytes == 1 << 30:
            self.assertIn(("signals", 78), met)
        else:
            self.assertIn("snapshot", {kind for kind, _ in met})
        for path in self.path.glob("out.*"):
            path.unlink()

    def test_lines_over_the_limit(self):
        catalogue = self.catalogue("small.toml", "1")
        path = pathlib.Path(catalogue)
        path.write_text(re.sub(r"(?m)^record_bytes_max = .*$", 'record_bytes_max = "256 KiB"', path.read_text()))
        more = ("-c", catalogue)
        over = post(1, "x" * 300_000, "2024-05-06T10:00:00Z")
        # Nothing else in it: what was read of it is committed all the same.
        only = self.file("only", over * 5)
        self.run_state(only, state="only.state", out="only", more=more)
        rejects = (self.path / "only.rejects").read_bytes()
        self.assertEqual(rejects.count(b'"too_long"'), 5)
        self.run_state(only, state="only.state", out="only", more=more)
        self.assertEqual((self.path / "only.rejects").read_bytes(), rejects)
        # Killed in the midst of them.
        mixed = self.file("mixed", "".join(parent(n, "2024-05-06T10:00:00Z") + over +
                                           reply(n + 1000, n, "2024-05-06T10:00:01Z") for n in range(2, 42)))
        self.run_state(mixed, state="whole.state", out="whole", more=more)
        self.assertEqual(len(records(self.path / "whole.records")), 40)
        rng = random.Random(7)
        for round_ in range(3):
            out = f"killed{round_}"
            self.kill_and_end(rng, [mixed], out, 4, 0.1, more)
            self.assert_same("whole", out)

    def test_outputs_that_were_changed(self):
        path = self.stream("in", "--posts", 1000, "--seed", 3, "--intents", 0.3)
        self.run_state(path)
        for kind in ("records", "outcomes"):
            out = self.path / f"out.{kind}"
            whole = out.read_bytes()
            self.assertGreater(len(whole), 0)
            for bad in (whole[:-1], whole[:-2] + b"?\n", whole + b"more\n"):
                out.write_bytes(bad)
                self.assertIn(str(out).encode(), self.run_state(path, code=78).stderr)
                self.assertEqual(out.read_bytes(), bad)
            out.write_bytes(whole)
        self.run_state(path)

    # The default catalogue as somebody might change it.
    def catalogue(self, name, version, without=None):
        text = subprocess.run([BINARY, "catalogue", "show"], capture_output=True, check=True, timeout=60,
                              text=True).stdout
        text, changed = re.subn(r"(?m)^version = .*$", f'version = "{version}"', text, count=1)
        self.assertEqual(changed, 1)
        if without is not None:
            blocks = re.split(r"(?m)^(?=\[\[)", text)
            kept = [block for block in blocks if f'id = "{without}"' not in block]
            self.assertEqual(len(kept), len(blocks) - 1)
            text = "".join(kept)
        return self.file(name, text)

    def versions(self, name):
        return [r["origin"]["catalogue"]["version"] for r in records(self.path / f"{name}.records")]

    def test_another_catalogue_goes_on_with_the_state(self):
        one = self.catalogue("one.toml", "1")
        two = self.catalogue("two.toml", "2")
        bare = self.catalogue("bare.toml", "3", without="amex-kindle-fire-hd")
        day1 = self.file("day1", parent(1, "2024-05-06T10:00:00Z") + buy(2, "2024-05-06T10:01:00Z", "bob"))
        day2 = self.file("day2", reply(4, 1, "2024-05-06T10:03:00Z")
                         + post(5, "#ConfirmKindleFireHD", "2024-05-06T10:04:00Z", "bob"))
        self.run_state(day1, more=("-c", one))
        self.run_state(day1, day2, more=("-c", two))
        self.assertEqual([(r["type"], r["actor"]["id"]) for r in records(self.path / "out.records")],
                         [("intent.pending", "bob"), ("intent.created", "ann"), ("intent.confirmed", "bob")])
        self.assertEqual(self.versions("out"), ["1", "2", "2"])
        # A campaign that is gone takes its pendings with it, in the words of the catalogue they began under.
        self.run_state(day1, state="b", out="b", more=("-c", one))
        self.run_state(day1, day2, state="b", out="b", more=("-c", bare))
        self.assertEqual([(r["type"], r["actor"]["id"], r.get("why")) for r in records(self.path / "b.records")],
                         [("intent.pending", "bob", None), ("intent.expired", "bob", "campaign_removed"),
                          ("intent.created", "ann", None)])
        self.assertEqual(self.versions("b"), ["1", "1", "3"])
        # And back: what is gone is gone.
        self.run_state(day1, day2, state="b", out="b", more=("-c", one))
        self.assertEqual(len(records(self.path / "b.records")), 3)
        # The catalogue it was made under is damaged: only that one can go on.
        for kept in (self.path / "b").glob("catalogue.*"):
            kept.write_bytes(b"?")
        self.assertIn(b"catalogue", self.run_state(day1, state="b", out="b", code=78, more=("-c", two)).stderr)
        self.run_state(day1, day2, state="b", out="b", more=("-c", one))

    def test_kill_while_it_passes_to_another_catalogue(self):
        one = self.catalogue("one.toml", "1")
        bare = self.catalogue("bare.toml", "2", without="amex-kindle-fire-hd")
        rng = random.Random(7)
        first = self.stream("first", "--posts", 3000, "--seed", 7, "--intents", 0.3, "--confirms", 0.3)
        second = self.stream("second", "--posts", 1500, "--seed", 8, "--intents", 0.3)
        for out in ("whole", "killed"):
            self.run_state(first, state=out + ".state", out=out, more=("-c", one))
        self.run_state(first, second, state="whole.state", out="whole", more=("-c", bare))
        self.assertIn("campaign_removed", [r.get("why") for r in records(self.path / "whole.records")])
        self.kill_and_end(rng, [first, second], "killed", 20, 0.08, ("-c", bare))
        self.assert_same("whole", "killed")

    def test_the_catalogue_is_read_again_at_sighup(self):
        catalogue = pathlib.Path(self.catalogue("c.toml", "1"))
        text = catalogue.read_text()
        run = subprocess.Popen([BINARY, "match", "-c", str(catalogue), "--flush", "line", "--stats=json"],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

        def told(line):
            run.stdin.write(line.encode())
            run.stdin.flush()
            record = json.loads(run.stdout.readline())
            return record["type"], record["origin"]["catalogue"]["version"]

        def hang_up(wanted):
            run.send_signal(signal.SIGHUP)
            for line in run.stderr:
                if b"reload:" in line:
                    self.assertIn(wanted, line)
                    return

        run.stdin.write(parent(1, "2024-05-06T10:00:00Z").encode())
        self.assertEqual(told(buy(2, "2024-05-06T10:01:00Z", "bob")), ("intent.pending", "1"))
        catalogue.write_text(text.replace('version = "1"', 'version = "2"', 1))
        hang_up(b" 2 (")
        self.assertEqual(told(reply(3, 1, "2024-05-06T10:02:00Z")), ("intent.created", "2"))
        catalogue.write_text("[[campaign]")
        hang_up(b"stays as it is")
        self.assertEqual(told(reply(4, 1, "2024-05-06T10:02:00Z", "cy")), ("intent.created", "2"))
        catalogue.write_text(text.replace('version = "1"', 'version = "3"', 1))
        hang_up(b" 3 (")
        self.assertEqual(told(post(5, "#ConfirmKindleFireHD", "2024-05-06T10:04:00Z", "bob")),
                         ("intent.confirmed", "3"))
        _, err = run.communicate(timeout=60)
        self.assertEqual(run.returncode, 0, err)
        stats = json.loads(err.splitlines()[-1])
        self.assertEqual(stats["reloads"], {"done": 2, "failed": 1})

    def test_without_catalogue_files_sighup_ends_the_run_as_usual(self):
        run = subprocess.Popen([BINARY, "match", "--flush", "line"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        run.stdin.write(buy(1, "2024-05-06T10:00:00Z").encode())
        run.stdin.flush()
        run.stdout.readline()
        run.send_signal(signal.SIGHUP)
        run.communicate(timeout=60)
        self.assertEqual(run.returncode, -signal.SIGHUP)

    @staticmethod
    def hears_hangups(pid):
        for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("SigCgt:"):
                return int(line.split()[1], 16) & 1 == 1
        return False

    def test_reloads_under_way_with_a_state(self):
        catalogue = pathlib.Path(self.catalogue("c.toml", "1"))
        text = catalogue.read_text()
        path = self.stream("in", "--posts", 40_000, "--seed", 11, "--intents", 0.3)
        self.run_state(path, state="whole.state", out="whole", more=("-c", str(catalogue)))
        rng = random.Random(11)
        versions = set()
        done = False
        while not done:
            env = {**os.environ, "HASHCART_STATE_EVERY": "300000", "HASHCART_STATE_SNAPSHOT": "100000"}
            run = subprocess.Popen(self.command(path, more=("-c", str(catalogue))), stdin=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE, env=env)
            while run.poll() is None and not self.hears_hangups(run.pid):
                time.sleep(0.01)
            time.sleep(0.1)
            for _ in range(rng.randrange(1, 4)):
                self.file("new", text.replace('version = "1"', f'version = "{rng.randrange(2, 9)}"', 1))
                os.replace(self.path / "new", catalogue)
                run.send_signal(signal.SIGHUP)
                time.sleep(rng.random() * 0.2)
            if rng.random() < 0.7:
                run.kill()
            _, err = run.communicate(timeout=60)
            self.assertIn(run.returncode, (0, -signal.SIGKILL), err)
            done = run.returncode == 0
        versions.update(self.versions("out"))
        self.assertGreater(len(versions), 1)

        def without_catalogue(name):
            said = records(self.path / f"{name}.records")
            for record in said:
                del record["origin"]["catalogue"]
            return said

        # The rules are the same in all of them, so only where they are from may differ.
        self.assertEqual(without_catalogue("out"), without_catalogue("whole"))

    def test_what_could_not_be_read_is_not_passed_over(self):
        one = self.file("one", parent(1, "2024-05-06T10:00:00Z"))
        two = self.file("two", reply(2, 1, "2024-05-06T10:01:00Z") + parent(3, "2024-05-06T10:01:30Z"))
        three = self.file("three", reply(4, 3, "2024-05-06T10:02:00Z"))
        self.run_state(one, two, three, state="whole.state", out="whole")
        os.rename(two, two + ".away")
        done = self.run_state(one, two, three, code=66)
        self.assertIn(b"not committed", done.stderr)
        os.rename(two + ".away", two)
        self.run_state(one, two, three)
        self.assert_same("whole", "out")

    def test_a_file_that_was_cut_off_inside_a_member_is_read_on_once_it_is_whole(self):
        lines = [parent(1, "2024-05-06T10:00:00Z")] + [reply(i, 1, "2024-05-06T10:01:00Z", f"u{i}")
                                                       for i in range(2, 400)]
        whole = gzip.compress("".join(lines).encode(), mtime=0)
        self.run_state(self.file("whole.gz", whole), state="whole.state", out="whole")
        path = self.file("part.gz", whole[:len(whole) // 2])
        for _ in range(2):  # a second look finds nothing new
            self.run_state(path, code=74)
        some = len(records(self.path / "out.records"))
        self.assertGreater(some, 0)
        with open(path, "ab") as out:
            out.write(whole[len(whole) // 2:])
        self.run_state(path)
        ids = [r["id"] for r in records(self.path / "out.records")]
        self.assertEqual(ids, [r["id"] for r in records(self.path / "whole.records")])
        self.assertGreater(len(ids), some)

    def test_sse_and_pages(self):
        events = "".join(f"data: {line}\n" for line in
                         [parent(1, "2024-05-06T10:00:00Z")] +
                         [reply(i, 1, "2024-05-06T10:01:00Z", f"u{i}") for i in range(2, 300)])
        self.run_state(self.file("sse", events), state="sse.state", out="sse", every=1)
        rng = random.Random(1)
        self.kill_and_end(rng, [str(self.path / "sse")], "killed", 5, 0.1)
        self.assert_same("sse", "killed")
        self.assertEqual(len(records(self.path / "sse.records")), 298)

    def test_a_full_disk_ends_the_run_and_the_next_goes_on(self):
        path = self.stream("in", "--posts", 2000, "--seed", 4, "--intents", 0.4)
        self.run_state(path, state="whole.state", out="whole")
        size = (self.path / "whole.records").stat().st_size

        def limit():
            import resource
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (size // 2, size // 2))

        done = subprocess.run(self.command(path), capture_output=True, timeout=60, preexec_fn=limit,
                              env={**os.environ, "HASHCART_STATE_EVERY": "40000"}, stdin=subprocess.DEVNULL)
        self.assertEqual(done.returncode, 74, done.stderr)
        self.run_state(path)
        self.assert_same("whole", "out")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("--kills", type=int, default=KILLS)
    parser.add_argument("--seed", type=int)
    options, rest = parser.parse_known_args()
    BINARY, KILLS, SEED = options.binary, options.kills, options.seed
    unittest.main(argv=[sys.argv[0], *rest])
