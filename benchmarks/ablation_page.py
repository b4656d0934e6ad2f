"""The page docs/ablation.md, rendered from the `ablation` of results.json."""

import json
from pathlib import Path

import common

PAGE = Path(__file__).resolve().parent.parent / "docs" / "ablation.md"
INTRODUCTION = """# What each group of features brings

The price is fitted on the training split with groups of the encoder's columns added one after the
other, and with each group left out of the whole; every figure is the mean absolute error on the
validation split, in dollars, of three fits of different seeds. One command measures an archive and
writes its section anew; the others stay:

```bash
make ablation ARCHIVE=path DAYS="--train-to 2021-04-23 --test-to 2021-04-26"
```
"""
HEADS = (
    *("group", "columns", "error with it and those above", "gain"),
    *("error of the whole without it", "loss (95% interval)"),
)


def write_page() -> None:
    """Write the page, a section for every archive that was measured."""
    entries = json.loads(common.RESULTS.read_text(encoding="utf-8"))["ablation"]
    sections = [section(stem, entry) for stem, entry in sorted(entries.items())]
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text("\n".join([INTRODUCTION, *sections]), encoding="utf-8")


def section(stem: str, entry: dict) -> str:
    """What was measured on an archive."""
    rows, days = entry["rows"], entry["days"]
    return (
        f"## {stem}\n\n"
        f"{rows['train']:,} vehicles to train on, {rows['validation']:,} later ones to measure, all"
        f" up to {days['train_to']}.\n\n"
        + table(HEADS, group_rows(entry))
        + "\n"
        + table(("all columns, but", "error", "loss (95% interval)"), other_rows(entry))
        + without_gain(entry)
    )


def group_rows(entry: dict) -> list[tuple[str, ...]]:
    """A row for each group."""
    before, rows = None, []
    for added, left in zip(entry["added"], entry["left_out"]):
        gain = "" if before is None else f"{before - added['mae']:,.0f}"
        before, columns = added["mae"], entry["added"][-1]["columns"] - left["columns"]
        figures = (f"{added['mae']:,.0f}", gain, f"{left['mae']:,.0f}", loss(left))
        rows.append((added["name"], str(columns), *figures))
    return rows


def other_rows(entry: dict) -> list[tuple[str, ...]]:
    """A row for each change that is none of the columns."""
    return [(one["name"], f"{one['mae']:,.0f}", loss(one)) for one in entry["otherwise"]]


def loss(one: dict) -> str:
    """How much worse than the whole."""
    mean, low, high = one["worse"]
    return f"{mean:+,.0f} ({low:+,.0f} to {high:+,.0f})"


def without_gain(entry: dict) -> str:
    """Names the groups that the whole does as well without."""
    names = [one["name"] for one in entry["left_out"] if one["worse"][1] <= 0]
    told = "; ".join(names)
    said = "Left out alone, these are not missed, as far as the interval tells"
    return f"\n{said}: {told}.\n" if names else ""


def table(heads: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """A table in Markdown, its figures to the right."""
    lines = [heads, ("---", *["---:"] * (len(heads) - 1)), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
