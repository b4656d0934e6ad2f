"""The section that says what makes the price what it is."""

from typing import Any

import pandas as pd
import streamlit as st

from price_app import texts
from price_app.answer import detail_charts, labels, waterfall
from price_app.answers import Explanation
from price_app.describe.fields import Field


def show_why(explanation: Explanation, fields: list[Field], record: dict[str, Any]) -> None:
    """The waterfall from a typical vehicle to this one, and what it does not say."""
    baseline = labels.typical(explanation.baseline_listing, fields)
    st.markdown(
        texts.escaped(
            f"{baseline} of which nothing else is known: about "
            f"{texts.round_money(explanation.baseline_price)}. "
            "From there, what you told leads to the price:"
        )
    )
    every_line = waterfall.lines(explanation, fields, record)
    lines = waterfall.gathered(every_line, explanation.price)
    st.altair_chart(
        detail_charts.waterfall(waterfall.bars(explanation, lines)),
        width="stretch",
        alt=waterfall.in_words(explanation, lines, fields),
    )
    st.caption(
        "How the model came to its price, not what causes prices: what goes together in the "
        "listings, such as age and mileage, is shared out between the bars. Repairing, painting "
        "or moving a vehicle need not change its price by these amounts."
    )
    with st.expander("The same as a table"):
        st.table(_table(explanation, every_line, fields), border="horizontal", hide_index=True)


def _table(
    explanation: Explanation, lines: list[tuple[str, int]], fields: list[Field]
) -> pd.DataFrame:
    start = (labels.typical(explanation.baseline_listing, fields), explanation.baseline_price)
    rows = [
        (start[0], texts.money(start[1])),
        *((label, texts.signed_money(dollars)) for label, dollars in lines),
        ("Price", texts.money(explanation.price)),
    ]
    written = [(texts.escaped(label), texts.escaped(amount)) for label, amount in rows]
    return pd.DataFrame(written, columns=["What", "Dollars"])
