"""Elements of a self-contained HTML page from plain values; every text is escaped here."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

STYLE = """
:root { color-scheme: light dark; --ink: #1f2328; --soft: #59636e; --ground: #ffffff;
  --line: #d1d9e0; --band: #f6f8fa; --good: #1a7f37; --bad: #b42318; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --soft: #9da7b1;
  --ground: #0f1419; --line: #30363d; --band: #161b22; --good: #3fb950; --bad: #ff7b72; } }
body { margin: 0 auto; max-width: 52rem; padding: 2rem 1.25rem 4rem; color: var(--ink);
  background: var(--ground); font: 1rem/1.55 system-ui, "Segoe UI", Roboto, sans-serif; }
h1 { font-size: 2rem; line-height: 1.2; margin: 0 0 .5rem; }
h2 { font-size: 1.35rem; margin: 2.75rem 0 .5rem; padding-top: .75rem;
  border-top: 1px solid var(--line); }
h3 { font-size: 1.05rem; margin: 1.5rem 0 .25rem; }
.lead { font-size: 1.1rem; } .soft, figcaption, caption { color: var(--soft); }
.accepted { color: var(--good); } .refused { color: var(--bad); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; margin: .75rem 0; font-size: .92rem;
  font-variant-numeric: tabular-nums; }
caption { text-align: left; padding-bottom: .35rem; }
th, td { padding: .3rem .6rem; border-bottom: 1px solid var(--line); text-align: left;
  vertical-align: top; overflow-wrap: break-word; }
tbody th { font-weight: 400; min-width: 6rem; } thead th { font-weight: 600; background: var(--band); }
.number { text-align: right; white-space: nowrap; }
figure { margin: 1.25rem 0; } figure svg { width: 100%; height: auto; }
figure svg text { fill: currentColor; } figcaption { font-size: .92rem; }
nav ul { columns: 2; padding-left: 1.1rem; }
@media print { h2, figure, table { break-inside: avoid; } nav { display: none; } }
"""


@dataclass(frozen=True)
class Section:
    """A part of the page under a heading; `body` is HTML."""

    name: str
    title: str
    body: str


def paragraph(text: str, kind: str = "") -> str:
    """A paragraph, of a class where one is named."""
    return f'<p class="{escape(kind)}">{escape(text)}</p>' if kind else f"<p>{escape(text)}</p>"


def heading(text: str) -> str:
    """A heading within a section."""
    return f"<h3>{escape(text)}</h3>"


def bullets(texts: Iterable[str]) -> str:
    """A list."""
    items = "".join(f"<li>{escape(text)}</li>" for text in texts)
    return f"<ul>{items}</ul>"


def table(caption: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table whose first column names its rows; the others are figures, to the right."""
    head = "".join(_cell("th", name, "col", index) for index, name in enumerate(columns))
    lines = "".join(f"<tr>{_row(row)}</tr>" for row in rows)
    return (
        f'<div class="wide" tabindex="0" role="region" aria-label="{escape(caption)}"><table>'
        f"<caption>{escape(caption)}</caption>"
        f"<thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table></div>"
    )


def figure(svg: str, caption: str) -> str:
    """An SVG of its own as part of the page; the caption says what is seen to those who see not."""
    return f"<figure>{_inline(svg, caption)}<figcaption>{escape(caption)}</figcaption></figure>"


def document(title: str, introduction: str, sections: Sequence[Section]) -> str:
    """The whole page; the introduction is HTML."""
    links = "".join(f'<li><a href="#{one.name}">{escape(one.title)}</a></li>' for one in sections)
    parts = "\n".join(
        f'<section id="{one.name}" aria-labelledby="{one.name}-title">'
        f'<h2 id="{one.name}-title">{escape(one.title)}</h2>\n{one.body}</section>'
        for one in sections
    )
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<header>"
        f"<h1>{escape(title)}</h1>\n{introduction}</header>\n"
        f'<nav aria-label="Contents"><ul>{links}</ul></nav>\n<main>\n{parts}\n</main>\n'
        "</body>\n</html>\n"
    )


def _row(values: Sequence[str]) -> str:
    first, *rest = values
    cells = "".join(_cell("td", value, "", index) for index, value in enumerate(rest, 1))
    return _cell("th", first, "row", 0) + cells


def _cell(kind: str, value: str, scope: str, index: int) -> str:
    scoped = f' scope="{scope}"' if scope else ""
    number = ' class="number"' if index else ""
    return f"<{kind}{scoped}{number}>{escape(value)}</{kind}>"


def _inline(svg: str, label: str) -> str:
    """Without what only a file of its own needs, and without ids that nothing refers to.

    A page may have an id but once, and each figure numbers its parts from one.
    """
    body = svg[svg.index("<svg") :]
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    used = set(re.findall(r'(?:url\(#|href="#)([^)"]+)', body))
    body = re.sub(r' id="([^"]*)"', lambda found: found[0] * (found[1] in used), body)
    return body.replace("<svg", f'<svg role="img" aria-label="{escape(label)}"', 1)
