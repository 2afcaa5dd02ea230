#!/usr/bin/env python3
"""The benchmarks run, on as little as they take: `hashcart bench`, bench/compare and the page of both.

    bench.py HASHCART PROJECT

Figures are not looked at: they are nobody's business on a busy machine. That all programs give the same answer is checked
by the benchmarks themselves.
"""
import json
import pathlib
import subprocess
import sys
import tempfile


def main():
    hashcart, project = sys.argv[1], pathlib.Path(sys.argv[2])
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        corpora = folder / "corpora"
        corpora.mkdir()
        said = subprocess.run([hashcart, "bench", "--json", "--size", "300kB", "--rounds", "1", "--sweep", "stages", "--sweep",
                               "chunks", "--sweep", "campaigns", "--sweep", "authors", "--sweep", "hosts", "--made-up-max", "100", "--folder", str(corpora)],
                              capture_output=True, text=True, check=False)
        assert said.returncode == 0, said.stderr
        result = json.loads(said.stdout)
        assert result["schema"] == "hashcart.bench/1", result
        for sweep in ("stages", "chunks", "campaigns", "authors", "hosts"):
            rows = [row for row in result["rows"] if row["sweep"] == sweep]
            assert {row["corpus"] for row in rows} == {"x-v1", "bluesky"}, rows
            assert all(row["seconds"] > 0 and row["bytes"] >= 300_000 for row in rows), rows
        assert {"read only", "read and scan", "read and parse", "match"} <= {row["what"] for row in result["rows"]}
        assert not list(corpora.iterdir()), "bench leaves its corpora behind"
        (folder / "1-bench.json").write_text(said.stdout)

        said = subprocess.run([hashcart, "bench", "--sweep", "no-such"], capture_output=True, text=True, check=False)
        assert said.returncode == 2, said

        said = subprocess.run([sys.executable, project / "bench" / "compare" / "compare.py", "--smoke", "--hashcart", hashcart,
                               "--json", str(folder / "2-compare.json")], capture_output=True, text=True, check=False)
        assert said.returncode == 0, said.stdout + said.stderr
        result = json.loads((folder / "2-compare.json").read_text())
        exact = {row["peer"] for corpus in result["corpora"] for row in corpus["rows"]
                 if row.get("answer", {}).get("recall") == 1 == row["answer"]["precision"]}
        assert {"hashcart", "simdjson"} <= exact, exact

        pages = [folder / "1-bench.json", folder / "2-compare.json"]
        said = subprocess.run([sys.executable, project / "bench" / "page.py", *pages], capture_output=True, text=True,
                              check=False)
        assert said.returncode == 0, said.stderr
        for page in pages:
            text = page.with_suffix(".md").read_text()
            for row in ("| match |", "](1-bench-stages-x-v1.svg)") if "bench" in page.name else ("simdjson, On-Demand",):
                assert row in text, text
            plots = list(folder.glob(f"{page.stem}-*.svg"))
            assert plots and all(plot.read_text().endswith("</svg>\n") for plot in plots), plots
    print("1 passed, 0 failed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
