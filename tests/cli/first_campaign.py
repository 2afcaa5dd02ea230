#!/usr/bin/env python3
"""Does what fixtures/catalogues/FIRST_CAMPAIGN.md tells its reader to do, and holds it to what it says happens.

    first_campaign.py HASHCART PAGE

A block whose fence says ```toml NAME (or any language and a NAME) is that file, written as the page is read on. In a
```console block, lines that begin with `$ ` are commands for bash, in one folder; the lines below are all they print.
UPDATE_GOLDEN=1 writes what they print into the page; read the diff.
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.M | re.S)


def play(block, folder, binary):
    """The block with what its commands really print."""
    out = []
    environment = dict(os.environ, PATH=f"{binary.parent}:{os.environ['PATH']}")
    for line in block.splitlines():
        if not line.startswith("$ "):
            continue
        done = subprocess.run(["bash", "-c", line[2:]], cwd=folder, env=environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", timeout=60)
        out.append(line + "\n" + done.stdout)
    return "".join(out)


def main():
    binary, page = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2])
    text = page.read_text(encoding="utf-8")
    commands = failures = 0
    with tempfile.TemporaryDirectory() as folder:

        def follow(match):
            nonlocal commands, failures
            language, name, body = match.groups()
            if name:
                pathlib.Path(folder, name).write_text(body, encoding="utf-8")
            if language != "console":
                return match.group(0)
            got = play(body, folder, binary)
            commands += body.count("$ ")
            if got != body:
                failures += 1
                print(f"the page says\n{body}\nbut it is\n{got}")
            return f"```console\n{got}```"

        really = BLOCK.sub(follow, text)
    if os.environ.get("UPDATE_GOLDEN") == "1":
        page.write_text(really, encoding="utf-8")
    print(f"{commands} commands, {failures} blocks differ")
    return 1 if failures or not commands else 0


if __name__ == "__main__":
    sys.exit(main())
