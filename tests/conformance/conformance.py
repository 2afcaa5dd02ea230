#!/usr/bin/env python3
"""Runs what holds the program to data it did not make, and shows the counts.

    conformance.py REPORT BINARY=FILTER ...

Each binary is a GoogleTest program, run with its filter. Its lines `conformance: NAME RIGHT/TOTAL`
become rows of REPORT, which ctest prints at the end (CTestCustom.cmake). Fails where a binary does,
and where one that ran its tests counted nothing.
"""

import pathlib
import re
import subprocess
import sys

COUNT = re.compile(r"^conformance: (.+?) (\d+)/(\d+)(.*)$")
NOTE = re.compile(r"^conformance: (.+)$")


def main():
    report = pathlib.Path(sys.argv[1])
    rows, failed, skipped = [], [], []
    for argument in sys.argv[2:]:
        binary, chosen = argument.split("=", 1)
        done = subprocess.run(
            [binary, f"--gtest_filter={chosen}"], capture_output=True, text=True, check=False
        )
        found = [line for line in done.stdout.splitlines() if line.startswith("conformance: ")]
        name = pathlib.Path(binary).name
        if done.returncode != 0:
            failed.append(name)
            print(done.stdout[-8000:], done.stderr[-2000:], sep="\n")
        elif not found:
            (skipped if "SKIPPED" in done.stdout else failed).append(name)
        for line in found:
            count = COUNT.match(line)
            if count:
                what, right, total, note = count.groups()
                rows.append(f"  {what:<44} {right:>7} of {total:>7}{note}")
            else:
                rows.append(f"  {NOTE.match(line).group(1)}")
    text = "\nconformance: what is right, of how many\n" + "\n".join(rows) + "\n"
    if skipped:
        text += f"  without shared data: {' '.join(skipped)}\n"
    report.write_text(text if rows else "")
    print(text)
    if failed:
        print(f"FAIL {' '.join(failed)}")
        return 1
    if not rows:
        print("SKIPPED: no shared data")
    return 0


if __name__ == "__main__":
    sys.exit(main())
