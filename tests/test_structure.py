"""src/README.md maps the tree: what it says of folders and of their order holds for every file."""

import re
from pathlib import Path

from configuration import ROOT

SOURCES = ROOT / "src"
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.MULTILINE)


def mapped_folders() -> list[str]:
    """The folders of the map, in its order: each may use those above it. A group has no files."""
    rows = re.findall(r"^\| `([a-z0-9/_]+)` \|", (SOURCES / "README.md").read_text(), re.MULTILINE)
    assert rows, "src/README.md has no table of folders"
    return rows


def pure_folders() -> set[str]:
    """Folders that the map calls pure."""
    rows = re.findall(r"^\| `([a-z0-9/_]+)` \| .*; pure \|$", (SOURCES / "README.md").read_text(), re.MULTILINE)
    assert rows, "src/README.md calls no folder pure"
    return set(rows)


def folder_of(path: str, folders: list[str]) -> str | None:
    """The deepest folder of the map that has this path, which is relative to src/."""
    found = [folder for folder in folders if path.startswith(f"{folder}/")]
    return max(found, key=len, default=None)


def source_files() -> list[str]:
    files = [path for ending in ("*.cc", "*.h") for path in SOURCES.rglob(ending)]
    return sorted(str(path.relative_to(SOURCES)) for path in files)


def wrong_includes(file: str, text: str, folders: list[str]) -> list[str]:
    """What a file includes though its folder stands above it in the map, or from no folder."""
    place = {folder: index for index, folder in enumerate(folders)}
    own = folder_of(file, folders)
    wrong = []
    for included in INCLUDE.findall(text):
        other = folder_of(included, folders)
        if other is None:
            wrong.append(f"{file}: {included} is in no folder of src/README.md")
        elif place[other] > place[own]:
            wrong.append(f"{file}: {included}, though {other} stands below {own}")
    return wrong


def test_every_source_is_in_a_folder_of_the_map():
    folders = mapped_folders()
    assert [file for file in source_files() if folder_of(file, folders) is None] == []


def test_every_folder_of_the_map_has_sources():
    folders = mapped_folders()
    used = {folder_of(file, folders) for file in source_files()}
    assert [folder for folder in folders if folder not in used] == []


def test_cmake_has_the_folders_in_the_order_of_the_map():
    text = (SOURCES / "CMakeLists.txt").read_text()
    listed = re.search(r"foreach\(folder(.*?)\)", text, re.DOTALL)[1].split()
    assert listed == mapped_folders()


def test_a_folder_includes_only_folders_above_it():
    folders = mapped_folders()
    wrong = []
    for file in source_files():
        wrong += wrong_includes(file, (SOURCES / file).read_text(), folders)
    assert wrong == []


def test_a_pure_folder_includes_only_base():
    folders = mapped_folders()
    wrong = []
    for file in source_files():
        if folder_of(file, folders) not in pure_folders() or file.endswith(("_test.cc", "_fuzz.cc")):
            continue
        used = {folder_of(included, folders) for included in INCLUDE.findall((SOURCES / file).read_text())}
        wrong += [f"{file}: {other}" for other in used - {folder_of(file, folders), "base"}]
    assert wrong == []


def test_an_include_from_below_is_found():
    folders = ["base", "net/http", "cli"]
    text = '#include "net/http/a.h"\n#include "base/b.h"\n#include <cli/c.h>\n  #include "cli/d.h"\n'
    assert wrong_includes("net/http/x.cc", text, folders) == [
        "net/http/x.cc: cli/d.h, though cli stands below net/http"
    ]
    assert wrong_includes("base/x.cc", '#include "x.h"\n', folders) == [
        "base/x.cc: x.h is in no folder of src/README.md"
    ]
