#!/usr/bin/env python3
"""Runs hashcart and other programs on the same files for the same question (question.py), checks what each one answers,
and prints how fast each one is.

    bench/compare/compare.py                          all peers, x-v1 and bluesky of 1 GB each
    bench/compare/compare.py --size 64MB --rounds 2 --only 'hashcart|ripgrep'

First every program answers once, and its answer is held to the generator's own list: precision and recall are printed,
and a program that claims to be exact and is not ends the run. Then the rounds: every program once a round, one after the
other, so that a slow minute of the machine is everybody's; the best round counts, whole processes from start to exit,
the file in page cache. Slow programs get the front of the file (--slow-size), and say so.

What is missing on this machine is asked for or installed into --cache (Python packages into a venv there, C++ programs
built there); what cannot be had is reported as missing.
"""
import argparse
import datetime
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
import corpora  # noqa: E402
import machine  # noqa: E402
import question  # noqa: E402

PACKAGES = {"chdb": "4.4.0", "duckdb": "2.0.0", "polars": "2.1.0"}
# Its source archive holds simdjson 4.6.1 as one header and one source.
NEW_SIMDJSON = "pysimdjson==7.0.2"


class Missing(Exception):
    """A program that this machine does not have, and why."""


class Tools:
    """Where everything is, found or built on first use."""

    def __init__(self, hashcart, cache, install):
        self.hashcart = hashcart
        self.cache = cache
        self.install = install
        self.packages_tried = {}
        cache.mkdir(parents=True, exist_ok=True)
        # Asked by doing, since help may not show it.
        self.has_scan_flag = subprocess.run([hashcart, "match", "-q", "--scan=off", os.devnull], capture_output=True,
                                            check=False).returncode == 0

    def program(self, name, package):
        path = shutil.which(name)
        if path is None:
            raise Missing(f"not installed; Debian has it: apt-get install {package}")
        return path

    def python(self, package):
        """The venv's interpreter, with the package in it."""
        interpreter = self.cache / "venv" / "bin" / "python"
        version = PACKAGES[package]
        has = "import importlib.metadata as m, sys; sys.exit(m.version(sys.argv[1]) != sys.argv[2])"
        if package not in self.packages_tried:
            error = ""
            if not interpreter.exists() and self.install:
                subprocess.run([sys.executable, "-m", "venv", str(self.cache / "venv")], check=True)
            if not interpreter.exists():
                error = "no venv, and --no-install"
            elif subprocess.run([interpreter, "-c", has, package, version], capture_output=True, check=False).returncode:
                error = f"{package} {version} is not in the venv, and --no-install"
                if self.install:
                    said = subprocess.run([interpreter, "-m", "pip", "install", "-q", f"{package}=={version}"],
                                          capture_output=True, text=True, check=False)
                    error = (said.stderr.strip().splitlines() or ["pip failed"])[-1] if said.returncode else ""
            self.packages_tried[package] = error
        if self.packages_tried[package]:
            raise Missing(self.packages_tried[package])
        return str(interpreter)

    def built(self, name, flags=(), sources=(), suffix=""):
        """A program of this folder, built if its source is newer."""
        source = HERE / f"{name}.cc"
        target = self.cache / f"{name}{suffix}"
        if target.exists() and target.stat().st_mtime > source.stat().st_mtime:
            return str(target)
        compiler = shutil.which("c++")
        if compiler is None:
            raise Missing("no C++ compiler: apt-get install g++")
        said = subprocess.run([compiler, "-std=c++20", "-O3", "-march=haswell", str(source), *sources, "-o", str(target),
                               *flags, "-pthread"], capture_output=True, text=True, check=False)
        if said.returncode:
            raise Missing("does not build: " + (said.stderr.strip().splitlines() or ["?"])[0])
        return str(target)

    def simdjson(self):
        flags = subprocess.run(["pkg-config", "--cflags", "--libs", "simdjson"], capture_output=True, text=True,
                               check=False)
        if flags.returncode:
            raise Missing("no simdjson: apt-get install libsimdjson-dev pkg-config")
        return self.built("simdjson_every_line", shlex.split(flags.stdout))

    def new_simdjson(self):
        folder = self.cache / "simdjson"
        if not (folder / "simdjson.cpp").exists():
            if not self.install:
                raise Missing("its single header is not in the cache, and --no-install")
            self.python("polars")  # any: for the venv
            pip = [str(self.cache / "venv" / "bin" / "python"), "-m", "pip", "-q"]
            # pip asks the archive for its metadata before it keeps it, which takes these two.
            subprocess.run([*pip, "install", "-U", "setuptools>=75", "cython"], capture_output=True, check=False)
            with tempfile.TemporaryDirectory() as scratch:
                subprocess.run([*pip, "download", "--no-binary", ":all:", "--no-deps", "--no-build-isolation", "-d",
                                scratch, NEW_SIMDJSON], capture_output=True, check=False)
                archives = list(pathlib.Path(scratch).glob("*.tar.gz"))
                if not archives:
                    raise Missing(f"the source archive of {NEW_SIMDJSON} cannot be had")
                shutil.unpack_archive(archives[0], scratch, filter="data")
                found = next(pathlib.Path(scratch).glob("*/simdjson/simdjson.cpp"), None)
                if found is None:
                    raise Missing(f"{NEW_SIMDJSON} has no simdjson.cpp in it")
                folder.mkdir(exist_ok=True)
                shutil.copy(found.with_name("simdjson.h"), folder)
                shutil.copy(found, folder)
        return self.built("simdjson_every_line", ["-I", str(folder)], [str(folder / "simdjson.cpp")], "_new")


class Peer:
    """A program in one form.

    command(tools, corpus, path, threads): the command line, which prints ids, or with counts=True a number of lines.
    check: the same for the check where the timed command prints no ids.
    """

    def __init__(self, name, form, command, check=None, counts=False, parallel=False, slow=False, exact=True, note="",
                 version=None):
        self.name = name
        self.form = form
        self.command = command
        self.check = check or command
        self.counts = counts
        self.parallel = parallel
        self.slow = slow
        self.exact = exact
        self.note = note
        self.version = version or (lambda tools: "")

    def label(self):
        return f"{self.name}, {self.form}"


def shell(*commands):
    return ["sh", "-c", " | ".join(shlex.join(command) for command in commands)]


def simdjson_words(dialect):
    return dialect, [*question.TAGS, "--", *question.HOSTS]


def simdjson_peer(name, program):
    def command(tools, corpus, path, threads):
        dialect, keys = simdjson_words(corpus.dialect)
        return [program(tools), dialect, str(path), str(threads), *keys]
    return Peer(name, "On-Demand, every line", command, parallel=True,
                version=lambda tools: machine.first_line(["pkg-config", "--modversion", "simdjson"])
                if program is Tools.simdjson else NEW_SIMDJSON)


def ripgrep_peer(form, arguments, note):
    def base(tools, path):
        return [tools.program("rg", "ripgrep"), "--no-config", "-a", "-N", "--no-filename", *arguments, str(path)]

    def count(tools, corpus, path, threads):
        return base(tools, path)[:-1] + ["-c", str(path)]

    def check(tools, corpus, path, threads):
        return base(tools, path)
    return Peer("ripgrep", form, count, check, counts=True, exact=False, note=note,
                version=lambda tools: machine.first_line(["rg", "--version"]))


def ripgrep_pair(tools, corpus, path, threads):
    dialect, keys = simdjson_words(corpus.dialect)
    rg = [tools.program("rg", "ripgrep"), "--no-config", "-a", "-N", "--no-filename",
          question.RAW_TAGS + "|" + question.RAW_HOSTS, str(path)]
    return shell(rg, [tools.simdjson(), dialect, "-", "1", *keys])


def python_peer(name, form, script, package, note=""):
    def command(tools, corpus, path, threads):
        return [tools.python(package), str(HERE / "peers" / script), corpus.dialect, str(path), str(threads)]
    return Peer(name, form, command, parallel=True, note=note, version=lambda tools: f"{package} {PACKAGES[package]}")


def jq_peer():
    """Regular expressions only where a literal stands: jq compiles one for each string that it tests."""
    def test(keys, pattern):
        literals = " or ".join(f"contains({json.dumps(key)})" for key in keys)
        return f'((ascii_downcase | {literals}) and test({json.dumps(pattern.replace("(?i)", ""))}; "i"))'
    tag = 'contains("#") and ' + test(["#" + tag.lower() for tag in question.TAGS], question.TAG_PATTERN)
    host = test(question.HOSTS, question.HOST_PATTERN)
    programs = {
        "x-v1": f"(.extended_tweet // .) as $t | select((($t.full_text // $t.text) | {tag}) or "
                f"any($t.entities.urls[].expanded_url; {host})) | .id_str",
        "bluesky": f".commit.record as $r | select(($r.text | {tag}) or "
                   f"any(($r.facets[]?.features[]?.uri, $r.embed.external.uri) | strings; {host})) | .commit.rkey",
    }

    def command(tools, corpus, path, threads):
        return [tools.program("jq", "jq"), "-r", programs[corpus.dialect], str(path)]
    return Peer("jq", "select(contains and test)", command, slow=True,
                version=lambda tools: machine.first_line(["jq", "--version"]))


def hashcart_peer(form, arguments, all_cpus, note):
    def command(tools, corpus, path, threads):
        if "--scan=off" in arguments and not tools.has_scan_flag:
            raise Missing("this hashcart has no --scan")
        return [tools.hashcart, "match", "-q", "-j", str(threads), *arguments, "--dialect", "auto", str(path)]

    def check(tools, corpus, path, threads):
        command(tools, corpus, path, threads)
        return [tools.hashcart, "match", "-q", "-j", str(threads), *arguments, "-c", str(HERE / "question.toml"), "-o",
                os.devnull, "--outcomes", "-", str(path)]
    return Peer("hashcart", form, command, check, parallel=all_cpus, note=note)


def read_only(tools, corpus, path, threads):
    return [tools.built("read_only"), str(path), str(threads)]


def peers():
    fixed = [word for tag in question.TAGS for word in ("-e", tag)]
    hosts = [word for host in question.HOSTS for word in ("-e", host)]
    return [
        Peer("read only", "pread, 256 KiB, page-aligned", read_only, parallel=True, counts=True, exact=False,
             note="the ceiling"),
        hashcart_peer("match, default catalogue", [], True,
                      "asked for more than the question; checked with the question as a catalogue"),
        hashcart_peer("match, no scan", ["--scan=off"], False, "every line parsed"),
        simdjson_peer("simdjson", Tools.simdjson),
        simdjson_peer("simdjson, newer", Tools.new_simdjson),
        ripgrep_peer("5 tags -i -F, count", ["-i", "-F", *fixed], "no hosts, no JSON"),
        ripgrep_peer("18 keys -i -F, count", ["-i", "-F", *fixed, *hosts], "no JSON"),
        ripgrep_peer("(?i:tags)|hosts, count", [question.RAW_TAGS + "|" + question.RAW_HOSTS],
                     "no JSON; hosts as they are usually written"),
        Peer("ripgrep | simdjson", "(?i:tags)|hosts, then On-Demand", ripgrep_pair, parallel=True, exact=False,
             note="misses hosts in capitals", version=lambda tools: machine.first_line(["rg", "--version"])),
        python_peer("ClickHouse", "lines, multiMatchAny, then JSON", "chdb_lines.py", "chdb"),
        python_peer("DuckDB", "read_json, typed columns", "duckdb_typed.py", "duckdb"),
        python_peer("Polars", "scan_lines, filter, then JSON", "polars_lines.py", "polars"),
        jq_peer(),
    ]


def ids_in(data, corpus, peer):
    """The set of ids that a program printed, and how many lines hold them."""
    ids = []
    if peer.name == "hashcart":
        for line in data.splitlines():
            ids.append(json.loads(line)["post_id"].rsplit("/", 1)[-1])
    elif peer.counts:
        for line in data.splitlines():
            post = json.loads(line)
            ids.append(post["commit"]["rkey"] if corpus.dialect == "bluesky" else post["id_str"])
    else:
        ids = data.decode().split()
    return set(ids)


def run(tools, command, cpus, output):
    """Runs a command on some CPUs; returns seconds, CPU seconds and peak memory in bytes."""
    cpu_list = ",".join(map(str, sorted(cpus)))
    with open(output, "wb") as out:
        said = subprocess.run([tools.built("run_on"), cpu_list, *command], stdout=out, stderr=subprocess.PIPE,
                              stdin=subprocess.DEVNULL, check=False)
    lines = said.stderr.decode(errors="replace").strip().splitlines()
    if said.returncode != 0:
        raise RuntimeError(f"exit {said.returncode}: {(lines[-2:-1] or [''])[0]}")
    seconds, cpu_seconds, memory = lines[-1].split()
    return float(seconds), float(cpu_seconds), int(memory)


def head_of(path, size, folder):
    """The first lines of a file, as a file."""
    if path.stat().st_size <= size:
        return path
    head = folder / f"{path.stem}.head.ndjson"
    with open(path, "rb") as source, open(head, "wb") as out:
        data = source.read(size)
        out.write(data[:data.rfind(b"\n") + 1])
    return head


def check_answers(peer, tools, corpus, path, truth, scratch):
    """Returns what the row says of the answer. Raises if a peer that should be exact is not."""
    if peer.name == "read only":
        return {}
    cpus = os.sched_getaffinity(0)
    run(tools, peer.check(tools, corpus, path, 1), cpus, scratch)
    found = ids_in(scratch.read_bytes(), corpus, peer)
    right = len(found & truth)
    answer = {"found": len(found), "expected": len(truth), "right": right,
              "precision": right / len(found) if found else 1.0, "recall": right / len(truth) if truth else 1.0}
    if peer.exact and found != truth:
        raise SystemExit(f"{corpus.name}: {peer.label()}: wrong answer: {sorted(truth - found)[:3]} missing, "
                         f"{sorted(found - truth)[:3]} too many")
    return answer


def measure(corpus, options, tools):
    scratch = tools.cache / "answer"
    truth = set(corpus.ids())
    everyone = os.sched_getaffinity(0)
    one = {min(everyone)}
    sizes = {False: corpus.path, True: head_of(corpus.path, options.slow_size, tools.cache)}
    for path in sizes.values():
        cached = machine.read_into_cache(path)
        if cached < 0.999:
            print(f"warning: only {cached:.1%} of {path.name} is in page cache: figures are the disk's", file=sys.stderr)
    # The answers for the front come from a program that gave all of the answers for the whole.
    truths = {False: truth, True: truth}
    rows = []
    for peer in peers():
        if not re.search(options.only, peer.label()):
            continue
        row = {"peer": peer.name, "form": peer.form, "note": peer.note, "exact": peer.exact}
        path = sizes[peer.slow]
        if peer.slow and path != corpus.path and truths[True] is truth:
            with open(path, "rb") as file:
                present = set()
                for line in file:
                    post = json.loads(line)
                    present.add(post["commit"]["rkey"] if corpus.dialect == "bluesky" else post["id_str"])
            truths[True] = truth & present
        try:
            row["version"] = peer.version(tools)
            row["answer"] = check_answers(peer, tools, corpus, path, truths[peer.slow], scratch)
        except Missing as why:
            rows.append({**row, "missing": str(why)})
            print(f"  {peer.label()}: missing: {why}", flush=True)
            continue
        except RuntimeError as why:
            rows.append({**row, "missing": f"failed: {why}"})
            print(f"  {peer.label()}: failed: {why}", flush=True)
            continue
        print(f"  {peer.label()}: " + ("exact" if row["answer"].get("precision") == row["answer"].get("recall") == 1
                                       else "answer is not asked" if not row["answer"] else
                                       f"precision {row['answer']['precision']:.3f}, "
                                       f"recall {row['answer']['recall']:.3f}"), flush=True)
        for cpus in [one, everyone] if peer.parallel and len(everyone) > 1 else [one]:
            rows.append({**row, "cpus": len(cpus), "bytes": path.stat().st_size, "runs": [], "_cpus": cpus, "_peer": peer,
                         "_path": path})
    said = {}
    for number in range(options.rounds):
        for row in rows:
            if "missing" in row:
                continue
            peer = row["_peer"]
            command = peer.command(tools, corpus, row["_path"], row["cpus"])
            seconds, cpu_seconds, memory = run(tools, command, row["_cpus"], scratch)
            row["runs"].append({"seconds": round(seconds, 4), "cpu_seconds": round(cpu_seconds, 4),
                                "peak_bytes": memory})
            if peer.name == "hashcart":  # the same bytes with and without the scan, on one thread and on all
                output = scratch.read_bytes()
                if said.setdefault("hashcart", output) != output:
                    raise SystemExit(f"{corpus.name}: {peer.label()}: other records than with one thread")
        print(f"  round {number + 1} of {options.rounds}", flush=True)
    for row in rows:
        if "missing" in row:
            continue
        best = min(row["runs"], key=lambda each: each["seconds"])
        row["gb_s"] = round(row["bytes"] / best["seconds"] / 1e9, 4)
        for key in ("_cpus", "_peer", "_path"):
            del row[key]
    return rows


def print_table(corpus, rows):
    def best(peer, form, cpus):
        for row in rows:
            if row.get("cpus") == cpus and row["peer"] == peer and row["form"].startswith(form):
                return row["gb_s"]
        return None
    ours = {cpus: best("hashcart", "match, default", cpus) for cpus in {row.get("cpus") for row in rows}}
    print(f"\n{corpus.name}: GB/s is the best round; `hashcart is` compares match with as many CPUs")
    print(f"{'program':<52} {'CPUs':>4} {'GB/s':>8} {'hashcart is':>11} {'precision':>9} {'recall':>7} {'peak MB':>8}  note")
    for row in rows:
        label = f"{row['peer']}, {row['form']}"
        if "missing" in row:
            print(f"{label:<52} {'':>4} {'missing':>8}  {row['missing']}")
            continue
        ratio = f"{ours[row['cpus']] / row['gb_s']:.2f}x" if ours.get(row["cpus"]) else ""
        answer = row["answer"]
        shown = [f"{answer[key]:.3f}" if answer else "" for key in ("precision", "recall")]
        peak = max(each["peak_bytes"] for each in row["runs"]) / 1e6
        part = "" if row["bytes"] == corpus.path.stat().st_size else f"first {row['bytes'] / 1e6:.0f} MB; "
        print(f"{label:<52} {row['cpus']:>4} {row['gb_s']:>8.3f} {ratio:>11} {shown[0]:>9} {shown[1]:>7} {peak:>8.0f}  "
              f"{part}{row['note']}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hashcart", default=str(HERE.parent.parent / "build" / "release" / "hashcart"))
    parser.add_argument("--corpus", action="append", choices=[name for name in corpora.CORPORA
                                                              if corpora.CORPORA[name][0] in ("x-v1", "bluesky")],
                        help="repeatable; default: x-v1 and bluesky")
    parser.add_argument("--size", type=corpora.parse_size, default="1GB")
    parser.add_argument("--slow-size", type=corpora.parse_size, default="32MB", help="what slow programs get")
    parser.add_argument("--matches", type=float, default=0.002, help="share of posts that answer the question")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="", help="programs whose name matches this expression")
    parser.add_argument("--cache", type=pathlib.Path, default=corpora.DEFAULT_FOLDER.parent,
                        help="for corpora, the venv and what is built")
    parser.add_argument("--no-install", action="store_true", help="take what is there")
    parser.add_argument("--smoke", action="store_true",
                        help="for tests: 2 MB, one round, nothing installed, nothing kept; stops if what the project "
                             "itself needs is missing")
    parser.add_argument("--json", type=pathlib.Path, help="results; default: bench/results/DATE-compare.json")
    options = parser.parse_args()
    if options.smoke:
        with tempfile.TemporaryDirectory() as scratch:
            options.cache = pathlib.Path(scratch)
            options.json = options.json or options.cache / "smoke.json"
            options.size, options.slow_size, options.rounds, options.no_install = 2_000_000, 500_000, 1, True
            options.matches = 0.05
            options.only = options.only or "^(read only|hashcart|simdjson, On|ripgrep|jq)"
            return compare(parser, options)
    return compare(parser, options)


def compare(parser, options):
    tools = Tools(options.hashcart, options.cache, not options.no_install)
    try:
        tools.built("run_on")
    except Missing as why:
        parser.error(str(why))
    result = {"schema": "hashcart.bench.compare/1",
              "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
              "machine": machine.describe(options.hashcart), "rounds": options.rounds, "matches": options.matches,
              "corpora": []}
    for name in options.corpus or ["x-v1", "bluesky"]:
        corpus = corpora.make(options.hashcart, name, options.cache / "corpora", options.size, options.matches)
        size = corpus.path.stat().st_size
        print(f"{name}: {size} bytes, {len(corpus.ids())} posts match", flush=True)
        rows = measure(corpus, options, tools)
        print_table(corpus, rows)
        result["corpora"].append({"name": name, "bytes": size, "matching_posts": len(corpus.ids()), "rows": rows})
    if options.smoke:
        missing = [row["peer"] for corpus in result["corpora"] for row in corpus["rows"]
                   if "missing" in row and row["peer"] in ("read only", "hashcart", "simdjson")
                   and "--scan" not in row["missing"]]
        if missing:
            raise SystemExit(f"cannot run: {missing}")
    path = options.json or HERE.parent / "results" / f"{result['date'][:10]}-compare.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")
    print(f"\nwritten to {path.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
