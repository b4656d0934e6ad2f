"""An explanation as the bars of a waterfall, and in words.                             (pure)"""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from price_app import texts
from price_app.answer import labels
from price_app.answers import Explanation
from price_app.describe.fields import Field

# More bars than this do not fit beside one another's labels on a telephone.
MOST_BARS = 8
# Less than this share of the price is a small line.
SMALL_SHARE = 0.005
START, END, OTHERS = "A typical vehicle", "This vehicle", "Other details"


def lines(
    explanation: Explanation, fields: list[Field], record: Mapping[str, Any]
) -> list[tuple[str, int]]:
    """Label and dollars of every contribution."""
    return [
        (
            labels.told(line.features, fields, record) or labels.named(line.features, fields),
            line.dollars,
        )
        for line in explanation.contributions
    ]


def gathered(all_lines: list[tuple[str, int]], price: int) -> list[tuple[str, int]]:
    """At most MOST_BARS lines: the small ones and those past the limit are one line."""
    large = [line for line in all_lines if abs(line[1]) >= SMALL_SHARE * price]
    if len(large) == len(all_lines) <= MOST_BARS:
        return all_lines
    shown = large[: MOST_BARS - 1]
    rest = [line for line in all_lines if line not in shown]
    return [*shown, rest[0] if len(rest) == 1 else (OTHERS, sum(dollars for _, dollars in rest))]


def bars(explanation: Explanation, some_lines: list[tuple[str, int]]) -> pd.DataFrame:
    """One row per bar from the baseline to the price.

    Columns: label (unique), start and end (dollars), kind ("whole", "more" or "less"), amount.
    """
    level = explanation.baseline_price
    rows = [(START, 0, level, "whole", texts.money(level))]
    for label, dollars in some_lines:
        kind = "less" if dollars < 0 else "more"
        rows.append((label, level, level + dollars, kind, texts.signed_money(dollars)))
        level += dollars
    rows.append((END, 0, level, "whole", texts.money(level)))
    table = pd.DataFrame(rows, columns=["label", "start", "end", "kind", "amount"])
    doubles = table.groupby("label").cumcount()
    return table.assign(label=table["label"] + doubles.map(lambda n: "\u200b" * n))


def in_words(
    explanation: Explanation, some_lines: list[tuple[str, int]], fields: list[Field]
) -> str:
    """What the waterfall shows, for those who do not see it."""
    between = ", ".join(f"{label} {texts.signed_money(dollars)}" for label, dollars in some_lines)
    return (
        f"{labels.typical(explanation.baseline_listing, fields)}: "
        f"{texts.money(explanation.baseline_price)}. {between}. "
        f"Together {texts.money(explanation.price)}"
    )
