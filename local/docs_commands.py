"""Runs the shell blocks of the docs that say so: a comment `<!-- run -->` stands before them.

`<!-- run with the stack -->` marks those that ask a running stack. Each block runs in a shell of
its own, in the repository's folder, and stops at its first failing command.
"""

import argparse
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt

ROOT = Path(__file__).resolve().parents[1]
PAGES = ("*.md", "setup/*.md", "terraform/*.md", "benchmarks/*.md")
MARKS = {"alone": "<!-- run -->", "stack": "<!-- run with the stack -->"}
SHELLS = ("bash", "sh")
TIMEOUT_SECONDS = 900


@dataclass(frozen=True)
class Block:
    """A shell block of a page, and the line on which its commands begin."""

    page: Path
    line: int
    commands: str


def marked(page: Path, mark: str) -> Iterator[Block]:
    """The shell blocks of a page that stand right behind the mark; ValueError: no block does."""
    tokens = MarkdownIt().parse(page.read_text(encoding="utf-8"))
    for token, behind in zip(tokens, [*tokens[1:], None]):
        if token.type != "html_block" or token.content.strip() != mark:
            continue
        if behind is None or behind.type != "fence" or behind.info not in SHELLS:
            raise ValueError(f"{page}:{token.map[0] + 1}: no shell block stands behind {mark}")
        yield Block(page, behind.map[0] + 2, behind.content)


def blocks(root: Path, mark: str) -> list[Block]:
    """All marked blocks, page by page."""
    pages = sorted(path for pattern in PAGES for path in root.glob(pattern))
    return [block for page in pages for block in marked(page, mark)]


def run(block: Block, root: Path) -> int:
    """The exit status of a block; its output goes where ours goes."""
    command = ["bash", "-euo", "pipefail", "-c", block.commands]
    try:
        return subprocess.run(command, cwd=root, timeout=TIMEOUT_SECONDS, check=False).returncode
    except subprocess.TimeoutExpired:
        return 124


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    """Run every marked block; 1 where one fails or none is there."""
    parser = argparse.ArgumentParser(prog="python -m local.docs_commands", description=__doc__)
    parser.add_argument("which", choices=MARKS, nargs="?", default="alone")
    found = blocks(root, MARKS[parser.parse_args(arguments).which])
    failed = []
    for block in found:
        where = f"{block.page.relative_to(root)}:{block.line}"
        sys.stdout.write(f"== {where}\n{block.commands}")
        sys.stdout.flush()
        if status := run(block, root):
            failed.append(f"{where} (exit status {status})")
    sys.stdout.write(f"{len(found) - len(failed)} of {len(found)} blocks did what they say\n")
    if failed:
        sys.stderr.write(f"failed: {', '.join(failed)}\n")
    return 1 if failed or not found else 0


if __name__ == "__main__":
    sys.exit(main())
