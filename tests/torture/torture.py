#!/usr/bin/env python3
"""Runs with a state, and without, under every fault that can be made here; nothing may be lost, doubled or changed.

    torture.py HASHCART FAULT_SHIM [--seed N] [--minutes M] [--only NAME ...] [--short] [--keep DIR]

Every round makes a stream from its seed, lets one run end undisturbed, and holds what comes out of disturbed ones, once a
last one was left alone, to that byte for byte: records, outcomes, rejects and counts. Rounds go on with new seeds until the
minutes are over; --short takes a sample of each fault, in seconds.

  calls     the k-th call that touches a file fails (EIO, ENOSPC, EINTR, short), once or for good, k = 1, 2, ... until a run
            needs no fault any more
  crash     the process dies in the k-th call
  power     the machine stops in the k-th call: of what was not synced, any part is lost
  kill      SIGKILL at any instant
  stop      SIGSTOP and SIGCONT at any instant
  disk      a disk that is too small for the outputs, the state, or both, until it grows (needs root: it mounts a tmpfs)
  follow    the same calls, of a run that follows a file which is written to and rotated meanwhile
  pipe      readers that are slow, and that go away; standard streams that are closed
"""
import argparse
import collections
import gzip
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

KINDS = ("records", "outcomes", "rejects")
# How a run may end that met a fault: done; no input (66), no input or output (74), no state (78).
MAY_END = {0, 66, 74, 78}
FOREVER = 1_000_000_000


class Failed(Exception):
    pass


class Torture:
    def __init__(self, binary, shim, seed, folder, short):
        self.binary = binary
        self.shim = shim
        self.seed = seed
        self.random = random.Random(seed)
        self.root = pathlib.Path(folder)
        self.short = short
        self.tried = collections.Counter()
        self.number = 0

    # ------------------------------------------------------------------------------------------------- runs

    def make_stream(self):
        def stream(name, posts, seed, **options):
            path = self.root / name
            more = [f"--{key}={value}" for key, value in options.items()]
            with open(path, "wb") as out:
                subprocess.run([self.binary, "gen", "--posts", str(posts), "--seed", str(seed), *more], stdout=out,
                               check=True)
            return path

        one = stream("one.ndjson", 400, self.seed, intents=0.3, confirms=0.6, deletes=0.02)
        two = stream("two.ndjson", 200, self.seed + 1, intents=0.3)
        packed = self.root / "three.ndjson.gz"
        packed.write_bytes(gzip.compress(stream("three", 200, self.seed + 2, intents=0.3).read_bytes(), mtime=0))
        odd = self.root / "odd.ndjson"
        odd.write_bytes(b'{"id":"1","text":"#AmazonCart\n\n{"#amazoncart":')
        self.inputs = [str(path) for path in (one, odd, packed, two)]
        whole = self.case()
        self.must_end(whole, 0)
        self.whole = whole
        if (whole / "records").stat().st_size < 10_000 or (whole / "rejects").stat().st_size == 0:
            raise Failed("the stream says nothing")

    def case(self):
        self.number += 1
        path = self.root / f"case{self.number}"
        path.mkdir()
        return path

    def command(self, case, outputs=None, state=None):
        outputs = outputs or case
        return [self.binary, "match", "-q", "--state", str((state or case) / "state"), "-o", str(outputs / "records"),
                "--outcomes", str(outputs / "outcomes"), "--rejects", str(outputs / "rejects"),
                "--stats-file", str(case / "stats"), "-j", str(self.random.choice([1, 2])), *self.inputs]

    def env(self, fault=None, at=0, count=1, on="rwsd", counted=None):
        env = {**os.environ, "HASHCART_STATE_EVERY": str(self.random.choice([1, 20_000, 100_000])),
               "HASHCART_STATE_SNAPSHOT": str(self.random.choice([1, 10_000, 1 << 30]))}
        if fault is not None:
            env |= {"LD_PRELOAD": self.shim, "HASHCART_FAULT": fault, "HASHCART_FAULT_AT": str(at),
                    "HASHCART_FAULT_FOR": str(count), "HASHCART_FAULT_ON": on,
                    "HASHCART_FAULT_SEED": str(self.random.randrange(1 << 60))}
            if counted is not None:
                env["HASHCART_FAULT_COUNT"] = str(counted)
        return env

    def start(self, case, env=None, **more):
        return subprocess.Popen(self.command(case, **more), env=env or self.env(), stdin=subprocess.DEVNULL,
                                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    @staticmethod
    def end(run, timeout=60):
        try:
            _, err = run.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            run.kill()
            raise Failed("a run does not end")
        return run.returncode, err.decode(errors="replace")

    def must_end(self, case, code, **more):
        got, err = self.end(self.start(case, **more))
        if got != code:
            raise Failed(f"exit {got}, not {code}: {err}")

    def same(self, case, outputs=None):
        outputs = outputs or case
        for kind in KINDS:
            if (outputs / kind).read_bytes() != (self.whole / kind).read_bytes():
                raise Failed(f"{kind} differ")
        stats = [json.loads((path / "stats").read_bytes()) for path in (case, self.whole)]
        for one in stats:
            del one["seconds"]
        if stats[0] != stats[1]:
            raise Failed("counts differ")

    # --------------------------------------------------------------------------------- faults of single calls

    # One run with a fault, perhaps another one in the run after it, then one that is left alone.
    def faulty(self, fault, at, count, on):
        case = self.case()
        counted = case / "calls"
        what = f"{fault} at call {at} of {on}" + (" and ever after" if count == FOREVER else f", {count} times")
        try:
            run = self.start(case, self.env(fault, at, count, on, counted))
            # A disk that stays full is waited for until somebody says otherwise.
            if fault == "enospc" and count == FOREVER:
                try:
                    run.wait(timeout=0.4)
                except subprocess.TimeoutExpired:
                    run.send_signal(signal.SIGTERM)
            code, err = self.end(run)
            dies = fault in ("crash", "power")
            if code not in MAY_END | ({-signal.SIGKILL} if dies else set()) | {128 + signal.SIGTERM, -signal.SIGTERM}:
                raise Failed(f"exit {code}: {err}")
            # Whoever was killed by the shim, or before it could count, has met it.
            met = code < 0 or int(counted.read_text().split()[1]) > 0
            if met and self.random.random() < 0.3:
                again = self.random.randrange(1, 60)
                what += f"; then {fault} at call {again}"
                code, err = self.end(self.start(case, self.env(fault, again, 1, on)))
                if code not in MAY_END | ({-signal.SIGKILL} if dies else set()):
                    raise Failed(f"exit {code}: {err}")
            self.must_end(case, 0)
            self.same(case)
        except Failed as failure:
            raise Failed(f"{what}: {failure} (in {case})") from None
        shutil.rmtree(case)
        if met:
            self.tried[fault if count != FOREVER else fault + ", for good"] += 1
        return met

    # How many calls of these sorts a run makes that nobody disturbs, at least.
    def count_calls(self, on):
        case = self.case()
        counted = case / "calls"
        env = self.env("eio", 0, 1, on, counted) | {"HASHCART_STATE_EVERY": "100000", "HASHCART_STATE_SNAPSHOT": str(1 << 30)}
        code, err = self.end(self.start(case, env))
        if code != 0:
            raise Failed(f"exit {code}: {err}")
        return int(counted.read_text().split()[0])

    def every_call(self, fault, counts, on="rwsd"):
        for count in counts:
            if self.short:
                calls = self.count_calls(on)
                met = [self.faulty(fault, at, count, on) for at in self.random.sample(range(1, calls + 1), min(4, calls))]
                if not any(met):
                    raise Failed(f"{fault} on {on}: none of {len(met)} tries among {calls} calls met it")
                continue
            at = 1
            while self.faulty(fault, at, count, on):
                self.check_time()
                at += 1 if at < 60 else self.random.randrange(1, 8)

    def calls(self):
        self.every_call("eio", (1, FOREVER))
        self.every_call("enospc", (1, 3), "wd")
        if not self.short:
            self.every_call("enospc", (FOREVER,), "wd")
        self.every_call("eio", (1,), "s")
        self.every_call("eintr", (1, 50), "rw")
        self.every_call("short", (1, FOREVER), "rw")

    def crash(self):
        self.every_call("crash", (1,))

    def power(self):
        self.every_call("power", (1,))

    # ------------------------------------------------------------------------------------- files that grow

    def follow_case(self):
        """A case with a file of which a first part was read and committed, and what comes behind that."""
        case = self.case()
        lines = (self.root / "one.ndjson").read_bytes().splitlines(True)
        first, second, third = lines[:100], lines[100:250], lines[250:]
        (case / "posts").write_bytes(b"".join(first))
        self.follow_undisturbed(case)
        return case, b"".join(second), b"".join(third)

    def follow_undisturbed(self, case):
        code, err = self.follow(case, self.env(), lambda: None, settled=True)
        if code != 128 + signal.SIGTERM:
            raise Failed(f"exit {code}: {err} (in {case})")

    def follow(self, case, env, meanwhile, expected=None, settled=False):
        """A run that follows. Told to end once it has written what is expected and had time to write more, or, settled, has
        written something and then nothing for a while; else after a while, whatever it did."""
        command = [self.binary, "match", "-q", "-F", "posts", "--state", "state", "-o", "records", "--outcomes", "outcomes",
                   "--rejects", "rejects", "--stats-file", "stats", "-j", str(self.random.choice([1, 2]))]
        run = subprocess.Popen(command, env=env, cwd=case, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE)
        meanwhile()

        # By what is in them: a power cut leaves files of the right size, with holes.
        def outputs():
            return [path.read_bytes() if (path := case / kind).exists() else b"" for kind in KINDS]

        begin = time.monotonic()
        last, changed = outputs(), None
        is_done = False
        while run.poll() is None and not is_done:
            time.sleep(0.005)
            now = time.monotonic()
            if settled:
                if (seen := outputs()) != last:
                    last, changed = seen, now
                is_done = changed is not None and now >= changed + 0.4
            elif expected is not None:
                is_done = now >= begin + 0.1 and outputs() == expected
            else:
                is_done = now >= begin + 0.4
            is_done = is_done or now >= begin + 30
        run.send_signal(signal.SIGTERM)
        return self.end(run)

    def follow_whole(self):
        case, second, third = self.follow_case()
        with open(case / "posts", "ab") as file:
            file.write(second)
        self.follow_undisturbed(case)
        os.rename(case / "posts", case / "posts.1")
        (case / "posts").write_bytes(third)
        self.follow_undisturbed(case)
        return case

    def faulty_follow(self, fault, at, count, on):
        case, second, third = self.follow_case()
        counted = case / "calls"
        what = f"-F: {fault} at call {at} of {on}" + (" and ever after" if count == FOREVER else f", {count} times")

        def meanwhile():
            # In pieces that end anywhere.
            cut = self.random.randrange(len(second))
            with open(case / "posts", "ab", buffering=0) as file:
                file.write(second[:cut])
                time.sleep(self.random.random() * 0.03)
                os.rename(case / "posts", case / "posts.1")
                time.sleep(self.random.random() * 0.01)
                file.write(second[cut:])
                (case / "posts").write_bytes(third)

        try:
            code, err = self.follow(case, self.env(fault, at, count, on, counted), meanwhile)
            if code not in MAY_END | {-signal.SIGKILL, 128 + signal.SIGTERM, -signal.SIGTERM}:
                raise Failed(f"exit {code}: {err}")
            met = code < 0 or not counted.exists() or int(counted.read_text().split()[1]) > 0
            code, err = self.follow(case, self.env(), lambda: None, expected=self.follow_outputs)
            # It may have been done before it could be told to end.
            if code not in (128 + signal.SIGTERM, -signal.SIGTERM):
                raise Failed(f"then exit {code}: {err}")
            for kind in KINDS:
                if (case / kind).read_bytes() != (self.followed / kind).read_bytes():
                    raise Failed(f"{kind} differ")
        except Failed as failure:
            raise Failed(f"{what}: {failure} (in {case})") from None
        shutil.rmtree(case)
        if met:
            self.tried["followed: " + fault + (", for good" if count == FOREVER else "")] += 1
        return met

    def follow_faults(self):
        self.followed = self.follow_whole()
        self.follow_outputs = [(self.followed / kind).read_bytes() for kind in KINDS]
        kinds = (("eio", 1, "rwsd"), ("eio", FOREVER, "wsd"), ("eio", 5, "r"), ("eintr", 50, "rw"), ("short", FOREVER, "rw"),
                 ("crash", 1, "rwsd"), ("power", 1, "rwsd"))
        if self.short:
            fault, count, on = self.random.choice(kinds)
            self.faulty_follow(fault, self.random.randrange(1, 60), count, on)
            return
        while True:  # how many calls there are depends on when the writer comes
            for fault, count, on in kinds:
                self.check_time()
                self.faulty_follow(fault, self.random.randrange(1, 150), count, on)

    # ------------------------------------------------------------------------------------------------ signals

    def kill(self):
        wanted = 5 if self.short else 60
        killed = 0
        case = None
        while killed < wanted:
            self.check_time()
            if case is None:
                case = self.case()
            run = self.start(case)
            time.sleep(self.random.random() * self.random.choice([0.02, 0.1, 0.3]))
            run.kill()
            code, err = self.end(run)
            if code == -signal.SIGKILL:
                killed += 1
                self.tried["kill"] += 1
                if self.random.random() < 0.8:
                    continue
            elif code != 0:
                raise Failed(f"exit {code}: {err}")
            self.must_end(case, 0)
            self.same(case)
            shutil.rmtree(case)
            case = None

    def stop(self):
        for _ in range(2 if self.short else 10):
            self.check_time()
            case = self.case()
            run = self.start(case)
            while run.poll() is None:
                run.send_signal(signal.SIGSTOP)
                time.sleep(self.random.random() * 0.02)
                run.send_signal(signal.SIGCONT)
                time.sleep(self.random.random() * 0.01)
                self.tried["stop"] += 1
            code, err = self.end(run)
            if code != 0:
                raise Failed(f"exit {code}: {err}")
            self.same(case)
            shutil.rmtree(case)

    # --------------------------------------------------------------------------------------------------- disks

    def disk(self):
        if os.geteuid() != 0:
            self.tried["disk (not tried: needs root)"] += 1
            return
        sizes = (100, 300) if self.short else (40, 60, 100, 200, 300, 400)
        for small in ("outputs", "state", "both"):
            for kib in sizes:
                self.check_time()
                self.small_disk(small, kib, self.random.random() < 0.5)

    def small_disk(self, small, kib, is_stopped):
        case = self.case()
        disk = case / "disk"
        disk.mkdir()
        if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={kib}k", "tmpfs", str(disk)],
                          stderr=subprocess.DEVNULL).returncode != 0:
            self.tried["disk (not tried: no mount here)"] += 1
            return
        try:
            places = {"outputs": disk if small != "state" else case, "state": disk if small != "outputs" else case}
            run = self.start(case, **places)
            try:
                run.wait(timeout=0.5)
            except subprocess.TimeoutExpired:
                self.tried["disk"] += 1
                if is_stopped:
                    run.send_signal(signal.SIGTERM)
                    code, err = self.end(run)
                    # Before there is anything to go on with, it ends like any other process.
                    if code not in (74, -signal.SIGTERM):
                        raise Failed(f"stopped on a full disk: exit {code}: {err}")
            subprocess.run(["mount", "-o", "remount,size=64m", str(disk)], check=True)
            code, err = self.end(run)
            if not is_stopped and code != 0:
                raise Failed(f"there was space again: exit {code}: {err}")
            self.must_end(case, 0, **places)
            self.same(case, places["outputs"])
        except Failed as failure:
            raise Failed(f"{small} on a disk of {kib} KiB: {failure}") from None
        finally:
            subprocess.run(["umount", "-l", str(disk)], check=False)
        shutil.rmtree(case)

    # --------------------------------------------------------------------------------------------------- pipes

    def pipe(self):
        plain = [self.binary, "match", "-q", *self.inputs]
        wanted = (self.whole / "records").read_bytes()
        for _ in range(1 if self.short else 4):
            self.check_time()
            with subprocess.Popen(plain, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as run:
                got = b""
                while True:  # slowly, and in small pieces
                    piece = os.read(run.stdout.fileno(), self.random.choice([1, 100, 4096, 65536]))
                    if not piece:
                        break
                    got += piece
                    if self.random.random() < 0.2:
                        time.sleep(0.001)
                if run.wait() != 0 or got != wanted:
                    raise Failed(f"a slow reader got {len(got)} bytes of {len(wanted)}, exit {run.returncode}")
            self.tried["slow reader"] += 1
            at = self.random.randrange(len(wanted))
            with subprocess.Popen(plain, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as run:
                got = run.stdout.read(at)
                run.stdout.close()
                err = run.stderr.read()
                if run.wait() != 0 or got != wanted[:at] or err:
                    raise Failed(f"a reader that went away at byte {at}: exit {run.returncode}: {err}")
            self.tried["reader gone"] += 1
        for closed, code in (("<&-", {0, 66, 74}), (">&-", {74}), ("2>&-", {0})):
            case = self.case()
            end = subprocess.run(["sh", "-c", f'exec "$@" {closed}', "sh", self.binary, "match", "-q", self.inputs[0]],
                                 stdout=open(case / "out", "wb"), stderr=subprocess.DEVNULL, timeout=60)
            if end.returncode not in code:
                raise Failed(f"{closed}: exit {end.returncode}, not {code}")
            self.tried["closed stream"] += 1

    # ------------------------------------------------------------------------------------------------ the rest

    deadline = None

    class OutOfTime(Exception):
        pass

    def check_time(self):
        if self.deadline is not None and time.monotonic() > self.deadline:
            raise Torture.OutOfTime


NAMES = ("calls", "crash", "power", "kill", "stop", "disk", "follow", "pipe")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("shim")
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--only", action="append", choices=NAMES)
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--keep", help="work here, and leave what a failure left")
    options = parser.parse_args()
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(1 << 32)
    names = options.only or NAMES
    tried = collections.Counter()
    begin = time.monotonic()
    deadline = None if options.short else begin + options.minutes * 60
    # Each fault gets its share of what is left, so that none waits for the time another takes.
    rounds = 0
    more = True
    while more:
        for place, name in enumerate(names):
            left = None if deadline is None else deadline - time.monotonic()
            if left is not None and left <= 0:
                more = False
                break
            now = seed + rounds
            if options.keep is None:
                folder = tempfile.mkdtemp(prefix="hashcart-torture-")
            else:
                folder = os.path.join(options.keep, f"{now}-{name}")
                os.makedirs(folder)
            torture = Torture(os.path.abspath(options.binary), os.path.abspath(options.shim), now, folder, options.short)
            try:
                if left is not None:
                    torture.deadline = time.monotonic() + max(5.0, left / (len(names) - place + 2))
                torture.make_stream()
                getattr(torture, "follow_faults" if name == "follow" else name)()
            except Torture.OutOfTime:
                pass
            except Failed as failure:
                print(f"FAILED: {name}, --seed {now} --only {name}: {failure}", flush=True)
                return 1
            finally:
                tried.update(torture.tried)
                if options.keep is None:
                    shutil.rmtree(folder, ignore_errors=True)
        rounds += 1
        more = more and deadline is not None
    print(f"torture.py --seed {seed}: {rounds} rounds, {time.monotonic() - begin:.0f} s; faults that were met, behind each of "
          "which all came out as without it:")
    for what, count in sorted(tried.items()):
        print(f"  {what:<32} {count:>7}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
