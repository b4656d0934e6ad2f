"""The runbook, written in Markdown, as a page whose headings can be linked to."""

import re
from collections import Counter

from markdown_it import MarkdownIt
from markdown_it.token import Token

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Runbook</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="/static/pages.css">
</head><body>
{body}</body></html>
"""


def page(markdown: str) -> str:
    """The whole HTML page."""
    # HTML within the Markdown is shown as text, not run.
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = parser.parse(markdown)
    name_headings(tokens)
    return PAGE.format(body=parser.renderer.render(tokens, parser.options, {}))


def name_headings(tokens: list[Token]) -> None:
    """Give every heading the id that GitHub gives it, the second of a name with `-1`."""
    seen: Counter[str] = Counter()
    for opening, inline in zip(tokens, tokens[1:]):
        if opening.type == "heading_open":
            name = anchor("".join(child.content for child in inline.children or []))
            opening.attrSet("id", f"{name}-{seen[name]}" if seen[name] else name)
            seen[name] += 1


def anchor(heading: str) -> str:
    """Lower case, without punctuation, with dashes for spaces."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")
