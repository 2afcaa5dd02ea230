#!/usr/bin/env python3
"""Same input, same bytes: for every number of workers, read from a file or through a pipe in pieces, and compressed.

    same_bytes.py HASHCART FILE...       (a directory stands for all files under it)
Prints one line per file that differs or whose books do not balance; exit 1 then.
"""
import gzip
import os
import pathlib
import subprocess
import sys
import tempfile


def run(binary, workers, scratch, source, data=None, piece=None):
    out, outcomes, rejects = (f"{scratch}/{n}" for n in ("i", "o", "r"))
    command = [binary, "match", "-q", "-q", f"-j{workers}", "-o", out, "--outcomes", outcomes,
               "--rejects", rejects, "--at-end", "expire", source]
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
            texts.append(f.read().replace(f'"input":"{source}"'.encode(), b'"input":"-"'))
    return code, texts


def main():
    binary = sys.argv[1]
    files = []
    for argument in sys.argv[2:]:
        path = pathlib.Path(argument)
        files += sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
    bad = records = 0
    with tempfile.TemporaryDirectory() as scratch:
        for path in files:
            if path.suffix in (".md", ".txt"):
                continue
            base = run(binary, 1, scratch, str(path))
            if base[0] not in (0, 74):
                bad += 1
                print(f"{path}: exit {base[0]}")
            records += base[1][0].count(b"\n")
            variants = [("-j2", run(binary, 2, scratch, str(path))),
                        ("-j8", run(binary, 8, scratch, str(path)))]
            data = path.read_bytes()
            if base[0] == 0 and len(data) < 4_000_000:
                pieces = max(1, len(data) // 50)
                variants.append(("pipe", run(binary, 2, scratch, "-", data, pieces)))
                packed = os.path.join(scratch, "packed.gz")
                with gzip.open(packed, "wb", compresslevel=1) as f:
                    f.write(data)
                if data[:2] != b"\x1f\x8b" and data[:4] != b"\x28\xb5\x2f\xfd":
                    code, texts = run(binary, 2, scratch, packed)
                    variants.append(("gzip", (code, texts)))
            for name, got in variants:
                if got != base:
                    bad += 1
                    print(f"{path}: {name} differs (exit {got[0]} and {base[0]})")
    print(f"{len(files)} files, {records} records, {bad} differences")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
