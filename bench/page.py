#!/usr/bin/env python3
"""Turns results into a page: bench/results/NAME.json to NAME.md and one SVG a table.

    bench/page.py bench/results/2026-11-25-compare.json bench/results/2026-11-25-bench.json

Reads what bench/compare/compare.py and `hashcart bench --json` write, and nothing else. Every row of the results is on
the page, slow ones and missing ones too; plots have a logarithmic axis where one bar would hide the rest.
"""
import argparse
import html
import json
import math
import pathlib
import re
import sys

OURS = "#2f6f9f"
CEILING = "#9aa4ad"
OTHER = "#c98b3b"
WIDTH, LABEL, BAR = 960, 400, 22


def svg_bars(title, bars):
    """bars: (label, value, color) from top to bottom; values in GB/s."""
    values = [value for _, value, _ in bars if value > 0]
    if not values:
        return ""
    top, low = max(values), min(values)
    logarithmic = top / low > 50
    room = WIDTH - LABEL - 80

    def length(value):
        if value <= 0:
            return 0
        if logarithmic:
            first = math.floor(math.log10(low))
            return room * (math.log10(value) - first) / (math.log10(top) - first) if top > 10**first else 0
        return room * value / top

    height = 40 + BAR * len(bars) + 14
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
           f'viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="13">',
           f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
           f'<text x="8" y="22" font-size="15" font-weight="bold">{html.escape(title)}'
           f'{" (GB/s, logarithmic)" if logarithmic else " (GB/s)"}</text>']
    for number, (label, value, color) in enumerate(bars):
        y = 40 + BAR * number
        out.append(f'<text x="{LABEL - 8}" y="{y + 14}" text-anchor="end">{html.escape(label)}</text>')
        out.append(f'<rect x="{LABEL}" y="{y + 2}" width="{max(length(value), 1):.1f}" height="{BAR - 6}" '
                   f'fill="{color}"/>')
        out.append(f'<text x="{LABEL + length(value) + 6:.1f}" y="{y + 14}">{value:.3g}</text>')
    out.append("</svg>\n")
    return "\n".join(out)


def table(head, rows):
    """Markdown; head: (name, is_number)."""
    lines = ["| " + " | ".join(name for name, _ in head) + " |",
             "| " + " | ".join("---:" if number else "---" for _, number in head) + " |"]
    lines += ["| " + " | ".join(str(cell).replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def number(value, digits=2):
    return "" if value is None else f"{value:.{digits}f}"


class Page:
    def __init__(self, source, title):
        self.source = source
        self.parts = [f"# {title}\n"]

    def add(self, text):
        self.parts.append(text)

    def add_plot(self, name, title, bars):
        svg = svg_bars(title, bars)
        if not svg:
            return
        file = self.source.with_name(f"{self.source.stem}-{re.sub('[^a-z0-9]+', '-', name.lower()).strip('-')}.svg")
        file.write_text(svg)
        self.add(f"![{title}]({file.name})\n")

    def write(self):
        path = self.source.with_suffix(".md")
        path.write_text("\n".join(self.parts))
        return path


def machine_lines(machine):
    return "".join(f"* {key.replace('_', ' ')}: {value}\n" for key, value in machine.items() if value != "")


def ratio(ours, theirs):
    return f"{ours / theirs:.2f}x" if ours and theirs else ""


def compare_page(source, result):
    page = Page(source, f"hashcart beside other programs, {result['date'][:10]}")
    page.add(machine_lines(result["machine"]))
    page.add(f"\nThe question, how answers are checked and what each program cannot say: [README](../README.md). Best of "
             f"{result['rounds']} rounds, whole processes, files in page cache, {result['matches'] * 100:g} % of posts "
             "match. \"hashcart is\": `match` with the default catalogue on as many CPUs, against this row.\n")
    for corpus in result["corpora"]:
        page.add(f"## {corpus['name']}: {corpus['bytes'] / 1e9:.2f} GB, {corpus['matching_posts']} posts match\n")
        timed = [row for row in corpus["rows"] if "gb_s" in row]
        ours = {row["cpus"]: row["gb_s"] for row in timed
                if row["peer"] == "hashcart" and row["form"].startswith("match, default")}
        cells, bars = [], []
        for row in corpus["rows"]:
            label = f"{row['peer']}, {row['form']}"
            if "gb_s" not in row:
                cells.append([label, "", "missing", "", "", "", "", "", row["missing"]])
                continue
            answer = row["answer"]
            peak = max(run["peak_bytes"] for run in row["runs"]) / 1e6
            seconds = ", ".join(f"{run['seconds']:.2f}" for run in row["runs"])
            part = "" if row["bytes"] == corpus["bytes"] else f"first {row['bytes'] / 1e6:.0f} MB; "
            cells.append([label, row["cpus"], number(row["gb_s"], 3), ratio(ours.get(row["cpus"]), row["gb_s"]),
                          number(answer.get("precision"), 3), number(answer.get("recall"), 3), number(peak, 0),
                          seconds, part + row["note"]])
            color = OURS if row["peer"] == "hashcart" else CEILING if row["peer"] == "read only" else OTHER
            bars.append((f"{row['peer']}, {row['form'].split(',')[0]}, {row['cpus']} CPU", row["gb_s"], color))
        page.add(table([("program", False), ("CPUs", True), ("GB/s", True), ("hashcart is", True), ("precision", True),
                        ("recall", True), ("peak MB", True), ("seconds of all rounds", False), ("note", False)], cells))
        page.add_plot(corpus["name"], corpus["name"], sorted(bars, key=lambda bar: -bar[1]))
    return page


def bench_page(source, result):
    page = Page(source, f"hashcart bench, {result['date'][:10]}")
    page.add(machine_lines(result["machine"]))
    page.add(f"\nCorpora of {result['bytes'] / 1e6:.0f} MB, best of {result['rounds']} rounds. `match` rows are whole "
             "processes; \"streaming\" is without what comes before the first byte is read.\n")
    groups = {}
    for row in result["rows"]:
        groups.setdefault((row["sweep"], row["corpus"]), []).append(row)
    sweep = None
    for (name, corpus), rows in groups.items():
        if name != sweep:
            page.add(f"## {name}\n")
            sweep = name
        page.add(f"### {corpus}\n")
        cells, bars = [], []
        for row in rows:
            def of(what, same=("setting", "cpus")):
                for other in rows:
                    if other is not row and other["what"] == what and all(other[key] == row[key] for key in same):
                        return number(row["gb_s"] / other["gb_s"])
                return ""
            is_process = row["peak_bytes"] > 0
            streaming = row["bytes"] / (row["seconds"] - row["start_seconds"]) / 1e9 if is_process else None
            label = row["what"] + (f", {row['setting']}" if row["setting"] else "")
            cells.append([label, row["cpus"], number(row["gb_s"], 3), number(streaming, 3), of("read only"),
                          of("match --scan=off") if row["what"] == "match" else "",
                          number(row["start_seconds"], 3) if is_process else "",
                          number(row["peak_bytes"] / 1e6, 1) if is_process else "", row["candidates"] or ""])
            color = OURS if row["what"].startswith("match") else CEILING
            bars.append((f"{label}, {row['cpus']} CPU", streaming or row["gb_s"], color))
        page.add(table([("what", False), ("CPUs", True), ("GB/s", True), ("streaming", True), ("of read only", True),
                        ("of no scan", True), ("start s", True), ("peak MB", True), ("lines handed on", True)], cells))
        page.add_plot(f"{name}-{corpus}", f"{name}, {corpus}", bars)
    return page


PAGES = {"hashcart.bench.compare/1": compare_page, "hashcart.bench/1": bench_page}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", nargs="+", type=pathlib.Path)
    for path in parser.parse_args().results:
        result = json.loads(path.read_text())
        if result.get("schema") not in PAGES:
            parser.error(f"{path}: schema is {result.get('schema')}; there are {', '.join(PAGES)}")
        print(PAGES[result["schema"]](path, result).write())
    return 0


if __name__ == "__main__":
    sys.exit(main())
