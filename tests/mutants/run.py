#!/usr/bin/env python3
"""Whether the tests notice when a deciding line is wrong.

  tests/mutants/run.py                 every mutant of mutants.json: about half an hour on two cores
  tests/mutants/run.py --only clock    those whose file or description holds the word
  tests/mutants/run.py --check         nothing is built: each mutant still has its line (a ctest)

A mutant is one change of source: `old` stands once in `file` and becomes `new`. It is killed if one of its `tests` (test
programs by module, or a ctest) fails or hangs; a mutant that does not compile is a fault of the list. `survives` says why one may live. The sources are
copied first, so nothing here is ever changed. Exit 1 if a mutant lives that should not, or dies that should.
"""
import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

PROJECT = pathlib.Path(__file__).resolve().parents[2]
LIST = PROJECT / "tests" / "mutants" / "mutants.json"
HANGS_SECONDS = 300
OF_THE_BINARY = {"golden", "manners", "follow", "attacks", "oracle.scenarios"}  # ctests; all others are the test programs of modules


def faults_of_list(mutants):
    for mutant in mutants:
        count = (PROJECT / mutant["file"]).read_text().count(mutant["old"])
        if count != 1:
            yield f"{mutant['file']}: {mutant['what']}: its line stands there {count} times: {mutant['old']!r}"
        if mutant["old"] == mutant["new"] or not mutant["tests"]:
            yield f"{mutant['file']}: {mutant['what']}: changes nothing, or nothing is asked"


def copy_sources(to):
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=PROJECT, check=True, capture_output=True).stdout.decode()
    for name in filter(None, tracked.split("\0")):
        target = to / name
        target.parent.mkdir(parents=True, exist_ok=True)
        # What is the same stays: an older time would hide from the build that it was a mutant before.
        if not target.exists() or target.read_bytes() != (PROJECT / name).read_bytes():
            shutil.copy(PROJECT / name, target)


def build(folder, tests):
    targets = {"hashcart" if test in OF_THE_BINARY else f"{test}_tests" for test in tests}
    return subprocess.run(["cmake", "--build", str(folder / "build" / "release"), "-j", str(os.cpu_count()), "--target",
                           *sorted(targets)], capture_output=True, text=True, check=False)


def failing(folder, tests):
    """The first test program that fails, and of what; or None."""
    for test in tests:
        command = [str(folder / "build" / "release" / "tests" / test / f"{test}_tests"), "--gtest_brief=1"]
        if test in OF_THE_BINARY:
            command = ["ctest", "--test-dir", str(folder / "build" / "release"), "-R", f"^{test}$"]
        try:
            said = subprocess.run(command, capture_output=True, text=True, check=False, timeout=HANGS_SECONDS, errors="replace",
                                  env=os.environ | {"HASHCART_SHARED": os.environ.get("HASHCART_SHARED",
                                                                                      str(PROJECT.parent / "shared"))})
        except subprocess.TimeoutExpired:
            return f"{test} hangs"
        if said.returncode != 0:
            first = next((line.split()[3 if "FAILED" in line else 0] for line in said.stdout.splitlines()
                          if "[  FAILED  ]" in line), test)
            return first
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="mutants whose file or description holds this")
    parser.add_argument("--check", action="store_true", help="only whether each mutant has its line")
    parser.add_argument("--folder", type=pathlib.Path, help="where to copy and build; kept")
    options = parser.parse_args()
    mutants = json.loads(LIST.read_text())
    faults = list(faults_of_list(mutants))
    print("\n".join(faults), end="\n" if faults else "")
    if faults or options.check:
        print(f"{len(mutants)} mutants, {len(faults)} faults in the list")
        return 1 if faults or len(mutants) < 30 else 0

    scratch = tempfile.TemporaryDirectory() if options.folder is None else None
    folder = options.folder or pathlib.Path(scratch.name)
    copy_sources(folder)
    subprocess.run(["cmake", "--preset", "release"], cwd=folder, check=True, capture_output=True)
    wanted = [one for one in mutants if options.only in one["file"] or options.only in one["what"]]
    modules = {test for one in wanted for test in one["tests"]}
    built = build(folder, modules)
    if built.returncode != 0 or failing(folder, sorted(modules)) is not None:
        print("without any mutant: a build or a test fails")
        return 1
    wrong = 0
    for one in wanted:
        path = folder / one["file"]
        text = path.read_text()
        path.write_text(text.replace(one["old"], one["new"]))
        built = build(folder, one["tests"])
        by = failing(folder, one["tests"]) if built.returncode == 0 else None
        path.write_text(text)
        if built.returncode != 0:
            verdict = "does not compile"
        elif by is not None:
            verdict = f"killed by {by}"
        else:
            verdict = "lives" + (f": {one['survives']}" if "survives" in one else "")
        is_wrong = built.returncode != 0 or (by is None) != ("survives" in one)
        wrong += is_wrong
        print(f"{'WRONG ' if is_wrong else ''}{one['file']}: {one['what']}: {verdict}", flush=True)
    print(f"{len(wanted)} mutants, {wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
