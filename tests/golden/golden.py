#!/usr/bin/env python3
"""Golden cases through the real binary: fixtures/golden/<case>/ -> the files that stand there.

A case holds `posts.*` (the input), optionally `shop.toml` (else the compiled-in catalogue) and `flags` (one line), and
what is expected: intents.ndjson, outcomes.ndjson, rejects.ndjson, stats.json (seconds and table capacities left out).
Every case runs with one, two and eight workers. UPDATE_GOLDEN=1 writes the files anew; read the diff.

    golden.py HASHCART FIXTURES_DIR SCHEMA_VALIDATOR
"""
import json
import os
import pathlib
import shlex
import subprocess
import sys
import tempfile


LINKS = ("https://www.amazon.com/dp/B00EXAMPL1", "//www.amazon.com/dp/B00EXAMPL1?tag=some-20",
         "https://amzn.to/x", "https://user@amazon.com/dp/B00EXAMPL1",
         "https://www.amazon.com:8080/dp/B00EXAMPL1", "https://www.amazon.com/gp/help", "https://www.amazon.com/dp/short",
         "ftp://amazon.com/", "http://example.com/", "https://\u0430mazon.com/dp/B00EXAMPL1")


def stable_stats(text):
    stats = json.loads(text)
    del stats["seconds"]
    stats["tables"] = {
        name: {"size": table["size"], "evictions": table["evictions"]}
        for name, table in stats["tables"].items()
        if table["size"] or table["evictions"]
    }
    return json.dumps(stats, indent=1) + "\n"


def run_case(binary, case, workers, scratch):
    posts = sorted(case.glob("posts*"))
    assert posts, f"{case}: no posts"
    flags = (case / "flags").read_text() if (case / "flags").exists() else ""
    command = [binary, "match", "-q", "-q", f"-j{workers}"]
    if (case / "shop.toml").exists():
        command += ["-c", "shop.toml"]
    command += ["-o", f"{scratch}/intents.ndjson", "--outcomes", f"{scratch}/outcomes.ndjson"]
    command += ["--rejects", f"{scratch}/rejects.ndjson", "--stats-file", f"{scratch}/stats.json"]
    command += shlex.split(flags) + [p.name for p in posts]
    if (case / "key").exists():
        (case / "key").chmod(0o600)  # a mode that git does not keep
    done = subprocess.run(command, cwd=case, capture_output=True, text=True, timeout=120)
    out = {"exit": f"{done.returncode}\n"}
    for name in ("intents.ndjson", "outcomes.ndjson", "rejects.ndjson", "stats.json"):
        path = pathlib.Path(scratch, name)
        out[name] = path.read_text() if path.exists() else ""
        if name == "stats.json" and out[name]:
            out[name] = stable_stats(out[name])
    return out, done.stderr


def main():
    binary, fixtures, validator = sys.argv[1:4]
    binary = str(pathlib.Path(binary).resolve())
    update = os.environ.get("UPDATE_GOLDEN") == "1"
    cases = sorted(p for p in pathlib.Path(fixtures).iterdir() if p.is_dir())
    assert cases, "no golden cases"
    failures = 0
    schemas = tempfile.TemporaryDirectory()
    for name in ("intent", "outcome", "reject", "post", "link", "stats"):
        text = subprocess.run([binary, "schema", name], capture_output=True, text=True, check=True).stdout
        pathlib.Path(schemas.name, f"{name}.json").write_text(text)
    for case in cases:
        for workers in (1, 2, 8):
            with tempfile.TemporaryDirectory() as scratch:
                got, stderr = run_case(binary, case, workers, scratch)
                with open(f"{scratch}/posts.ndjson", "wb") as out:
                    subprocess.run([binary, "extract", "-q", "-q", "--embedded", *sorted(case.glob("posts*"))],
                                   stdout=out, check=True, timeout=120)
                with open(f"{scratch}/links.ndjson", "wb") as out:
                    subprocess.run([binary, "link", *LINKS], stdout=out, check=True, timeout=120)
                written = [
                    str(pathlib.Path(scratch, n))
                    for n in ("intents.ndjson", "outcomes.ndjson", "rejects.ndjson", "stats.json", "posts.ndjson",
                              "links.ndjson")
                    if pathlib.Path(scratch, n).exists() and pathlib.Path(scratch, n).stat().st_size
                ]
                checked = subprocess.run([sys.executable, validator, schemas.name, *written],
                                         capture_output=True, text=True)
                if checked.returncode != 0:
                    failures += 1
                    print(f"FAIL {case.name} -j{workers}: schema: {checked.stdout}{checked.stderr}")
            for name, text in got.items():
                path = case / name
                if update and workers == 1:
                    if text and not (name == "exit" and text == "0\n"):
                        path.write_text(text)
                    elif path.exists():
                        path.unlink()
                expected = path.read_text() if path.exists() else ("0\n" if name == "exit" else "")
                if text != expected:
                    failures += 1
                    print(f"FAIL {case.name} -j{workers}: {name} differs\n{stderr}")
                    wanted, had = expected.splitlines(), text.splitlines()
                    for i in range(max(len(wanted), len(had))):
                        a = wanted[i] if i < len(wanted) else "(nothing)"
                        b = had[i] if i < len(had) else "(nothing)"
                        if a != b:
                            print(f"  line {i + 1}\n  - {a}\n  + {b}")
                            break
    print(f"{len(cases)} golden cases, {failures} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
