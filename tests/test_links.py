"""Tests that the project's pages name only what exists: links, anchors, and paths in `code`."""

import re
from pathlib import Path

import pytest

from configuration import ROOT
from documentation import CODE, anchors, expanded, is_there, links, pages, prose

# A path is one of this repository if it begins with one of its folders; a name alone, if it ends
# like a source.
PATH = re.compile(r"(?:[\w.{},*+-]+/)+[\w.{},*+-]*")
SOURCE = re.compile(r"[\w.{},*-]+\.(?:cc|h|py|md)")
# Names that stand for any, and texts that only look like a path (a platform of an image).
PLACEHOLDERS = {"x_test.cc", "x_fuzz.cc", "x.cc", "app.py", "wasi/wasm", "net/http/cgi"}
# Files that a build or a run makes.
MADE = re.compile(r"build/|bench/(?:RESULTS|micro)\.json")
# Folders of the repository by which a path may begin; pages shorten those of src/.
BASES = [ROOT, ROOT / "src"]


def first_folders() -> set[str]:
    return {path.name for base in BASES for path in base.iterdir() if path.is_dir() and not path.name.startswith(".")}


@pytest.mark.parametrize("page", pages())
def test_links_lead_somewhere(page):
    broken = []
    for number, target in links(page):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (ROOT / page).parent / path if path else ROOT / page
        if not file.exists():
            broken.append(f"{page}:{number}: {target}: there is no such file")
        elif anchor and anchor not in anchors(str(file.resolve().relative_to(ROOT))):
            broken.append(f"{page}:{number}: {target}: there is no such heading")
    assert not broken, "\n".join(broken)


@pytest.mark.parametrize("page", pages())
def test_files_that_are_named_are_there(page):
    firsts = first_folders()
    beside = (ROOT / page).parent
    missing = []
    for number, line in prose(page):
        for code in CODE.findall(line):
            name = code.removeprefix("./").removeprefix("../")
            if name in PLACEHOLDERS or MADE.match(name):
                continue
            if PATH.fullmatch(name) and name.split("/")[0] in firsts:
                folders = [*BASES, beside]
            elif SOURCE.fullmatch(name):
                folders = [beside, *anywhere()]
            else:
                continue
            missing += [f"{page}:{number}: `{code}`" for each in expanded(name) if not is_there(each, folders)]
    assert not missing, "\n".join(missing)


def anywhere() -> list[Path]:
    """Every folder that has sources or pages, for names without one."""
    tops = ("src", "tests", "docs", "bench", "examples", "scripts", "sdk")
    return [ROOT, *(folder for top in tops for folder in (ROOT / top, *(ROOT / top).rglob("*"))
                    if folder.is_dir() and "node_modules" not in folder.parts)]
