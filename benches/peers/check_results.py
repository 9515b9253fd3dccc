#!/usr/bin/env python3
"""Checks that results are well formed: whole tables, all that the page links to, nothing of this machine. Times are no matter."""

import pathlib
import re
import sys
import xml.etree.ElementTree

SECTIONS = ["One target", "Many targets", "Latency and rates", "The program", "The emulator", "Machine and versions", "Again"]


def stands(word, page):
    return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", page)


def faults(folder):
    page = (folder / "RESULTS.md").read_text()
    found = [f"the section {title!r} is missing" for title in SECTIONS if f"\n## {title}\n" not in page]
    for table in re.findall(r"(?:^\|.*\n)+", page, re.MULTILINE):
        rows = [line.strip("|").split("|") for line in table.splitlines()]
        if len(rows) < 3 or len({len(row) for row in rows}) != 1:
            found.append(f"a table has no rows, or rows of several lengths:\n{table}")
    found += [f"{link!r} is not there" for link in re.findall(r"\]\(([^)]+)\)", page) if not (folder / link).is_file()]
    found += [f"{word!r} stands in it" for word in (str(pathlib.Path.home()), "nan", "None") if stands(word, page)]
    plot = xml.etree.ElementTree.parse(folder / "results.svg").getroot()
    curves = [element for element in plot.iter() if element.get("class", "").startswith("curve")]
    if len(curves) < 2:
        found.append(f"the plot has {len(curves)} curves")
    return found


found = faults(pathlib.Path(sys.argv[1]))
sys.exit("\n".join(found) or None)
