#!/usr/bin/env python3
"""Same input, same bytes and counts: for every number of workers, with and without the raw scan, read from a file or
through a pipe in pieces, and compressed.

    same_bytes.py HASHCART SOURCE_DIR     (real posts: $HASHCART_SHARED, or SOURCE_DIR/../shared)
Prints one line per file that differs or whose books do not balance; exit 1 then.
"""
import gzip
import json
import os
import pathlib
import subprocess
import sys
import tempfile


def run(binary, workers, scratch, *sources, data=None, piece=None, scan="auto"):
    out, outcomes, rejects, stats = (f"{scratch}/{n}" for n in ("i", "o", "r", "s"))
    command = [binary, "match", "-q", "-q", f"-j{workers}", f"--scan={scan}", "-o", out, "--outcomes", outcomes,
               "--rejects", rejects, "--stats-file", stats, "--at-end", "expire", "--", *sources]
    if data is None:
        code = subprocess.run(command, stderr=subprocess.PIPE, timeout=300).returncode
    else:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE)
        for at in range(0, len(data), piece):
            process.stdin.write(data[at:at + piece])
            process.stdin.flush()
        process.stdin.close()
        process.stderr.read()
        code = process.wait(timeout=300)
    texts = []
    for path in (out, outcomes, rejects):
        with open(path, "rb") as f:
            # The input's name is part of every record's origin.
            texts.append(f.read().replace(f'"input":"{sources[0]}"'.encode(), b'"input":"-"'))
    with open(stats, encoding="utf-8") as f:
        counted = json.load(f)
    del counted["seconds"]
    del counted["bytes"]["out"]  # records name their input
    return code, texts, counted


def shared_files(source):
    shared = pathlib.Path(os.environ.get("HASHCART_SHARED", pathlib.Path(source).parent / "shared"))
    folder = shared / "data" / "posts"
    if not folder.is_dir():
        return []
    return sorted(p for p in folder.rglob("*") if p.is_file() and p.suffix not in (".md", ".txt", ".tsv"))


def compare(binary, scratch, path, bad):
    """One file by itself: workers, a pipe in pieces, gzip. Returns how many records it gave."""
    base = run(binary, 1, scratch, str(path))
    if base[0] != 0:
        bad.append(f"{path}: exit {base[0]}")
    variants = [(f"-j{j}", run(binary, j, scratch, str(path))) for j in (2, 8)]
    variants += [(f"--scan={scan}", run(binary, 2, scratch, str(path), scan=scan)) for scan in ("on", "off")]
    data = path.read_bytes()
    variants.append(("pipe", run(binary, 2, scratch, "-", data=data, piece=max(1, len(data) // 40))))
    if data[:2] != b"\x1f\x8b" and data[:4] != b"\x28\xb5\x2f\xfd":
        packed = os.path.join(scratch, "packed.gz")
        with gzip.open(packed, "wb", compresslevel=1) as f:
            f.write(data)
        variants.append(("gzip", run(binary, 2, scratch, packed)))
    for name, got in variants:
        if got != base:
            bad.append(f"{path}: {name} differs (exit {got[0]} and {base[0]})")
    return base[1][0].count(b"\n")


def main():
    binary, source = sys.argv[1:3]
    files = shared_files(source)
    bad, records = [], 0
    with tempfile.TemporaryDirectory() as scratch:
        # Our own posts and a generated stream: rich in records.
        stream = pathlib.Path(scratch, "gen.ndjson")
        with open(stream, "wb") as out:
            subprocess.run([binary, "gen", "--posts", "3000", "--intents", "0.3", "--broken", "0.01"], stdout=out,
                           check=True)
        own = [stream, *sorted(pathlib.Path(source, "fixtures", "posts").glob("*.ndjson"))]
        for path in own:
            records += compare(binary, scratch, path, bad)
        if records < 100:
            bad.append(f"only {records} records in our own posts: this test would see nothing")
        # Every real post file by itself: its books balance (an imbalance is exit 70).
        folders = {}
        for path in files:
            code, *_ = run(binary, 2, scratch, str(path))
            if code != 0:
                bad.append(f"{path}: exit {code}")
            folders.setdefault(path.parent, []).append(str(path))
        # And all files of a folder together: workers agree on every byte.
        for folder, paths in folders.items():
            results = [run(binary, j, scratch, *paths) for j in (1, 2, 8)]
            records += results[0][1][0].count(b"\n")
            if results[1] != results[0] or results[2] != results[0]:
                bad.append(f"{folder}: -j2 or -j8 differs")
            for scan in ("on", "off"):
                if run(binary, 2, scratch, *paths, scan=scan) != results[0]:
                    bad.append(f"{folder}: --scan={scan} differs")
    for line in bad:
        print(line)
    print(f"{len(own)} files of ours, {len(files)} shared ones, {records} records, {len(bad)} differences")
    if not files:
        print("no shared data: only our own posts were compared")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
