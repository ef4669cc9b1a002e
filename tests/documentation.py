"""Reads the project's pages: blocks of code, links, headings, and the files that they name."""

import re
from dataclasses import dataclass
from pathlib import Path

from configuration import ROOT

# Folders of what is built or fetched, whose pages aren't ours.
NOT_OURS = {"build", "node_modules", "target", ".git"}
FENCE = re.compile(r"^( *)```([a-z]*)\s*$")
HEADING = re.compile(r"^#+ (.*)$")
LINK = re.compile(r"(?<!!)\[(?:[^\[\]]|\[[^\]]*\])*\]\(([^()\s]+)\)")
CODE = re.compile(r"`([^`\n]+)`")


@dataclass(frozen=True)
class Block:
    page: str
    line: int  # The number of its first line of code.
    language: str
    text: str

    @property
    def place(self) -> str:
        return f"{self.page}:{self.line}"


def pages() -> list[str]:
    """Every page of the project, relative to its root."""
    found = (path.relative_to(ROOT) for path in ROOT.rglob("*.md"))
    return sorted(str(path) for path in found if not NOT_OURS & set(path.parts))


def read(page: str) -> str:
    return (ROOT / page).read_text()


def blocks(page: str) -> list[Block]:
    """The fenced blocks of a page. One without a language is a picture or a program's output."""
    found, begun, lines = [], None, []
    for number, line in enumerate(read(page).splitlines(), 1):
        fence = FENCE.match(line)
        if fence and begun is None:
            begun, lines = (number + 1, fence[2]), []
        elif fence:
            found.append(Block(page, *begun, "\n".join(lines) + "\n"))
            begun = None
        elif begun:
            lines.append(line)
    assert begun is None, f"{page}:{begun[0]}: the block has no end"
    return found


def prose(page: str) -> list[tuple[int, str]]:
    """The lines of a page outside of blocks, with their numbers."""
    found, inside = [], False
    for number, line in enumerate(read(page).splitlines(), 1):
        if FENCE.match(line):
            inside = not inside
        elif not inside:
            found.append((number, line))
    return found


def anchors(page: str) -> set[str]:
    """The anchors that a link to the page may name behind `#`, as GitHub makes them of headings."""
    found: set[str] = set()
    for _, line in prose(page):
        if heading := HEADING.match(line):
            text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading[1]).lower()
            slug = re.sub(r"[^\w\- ]", "", text).replace(" ", "-")
            count = sum(1 for anchor in found if re.fullmatch(rf"{re.escape(slug)}(-\d+)?", anchor))
            found.add(f"{slug}-{count}" if count else slug)
    return found


def links(page: str) -> list[tuple[int, str]]:
    return [(number, target) for number, line in prose(page) for target in LINK.findall(CODE.sub("``", line))]


def expanded(name: str) -> list[str]:
    """`a/{b,c}.h` as `a/b.h` and `a/c.h`."""
    braces = re.search(r"\{([^{}]*,[^{}]*)\}", name)
    if not braces:
        return [name]
    return [path for part in braces[1].split(",")
            for path in expanded(name[:braces.start()] + part + name[braces.end():])]


def is_there(name: str, folders: list[Path]) -> bool:
    return any(next(iter(folder.glob(name.rstrip("/"))), None) for folder in folders)
