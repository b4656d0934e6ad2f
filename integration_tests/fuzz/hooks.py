"""What schemathesis cannot make from a description: tables of listings as CSV."""

import csv
import io

import schemathesis
from hypothesis import strategies as st

TEXT = st.text(st.characters(codec="utf-8"), max_size=40)
CELLS = {
    "year": st.integers(1950, 2022) | st.integers() | TEXT,
    "odometer": st.integers(0, 500_000)
    | st.floats()
    | st.from_regex(r"[$~]?[0-9]{1,3}([.,' ][0-9]{3}){0,2}([.,][0-9]{1,2})?( ?k)?( ?(km|mi))?\+?")
    | TEXT,
    "manufacturer": st.sampled_from(["ford", "toyota"]) | TEXT,
    "model": st.sampled_from(["f-150", "camry"]) | TEXT,
    "a column of one's own": TEXT,
}


@st.composite
def tables(draw) -> bytes:
    """A header with the year among its columns, and rows that may be wrong in any cell."""
    others = st.lists(st.sampled_from(sorted(CELLS.keys() - {"year"})), unique=True)
    header = draw(st.permutations(["year", *draw(others)]))
    good = st.tuples(*(CELLS[name] for name in header))
    rows = draw(st.lists(good | st.lists(TEXT, min_size=1, max_size=9), min_size=1, max_size=20))
    text = io.StringIO()
    csv.writer(text).writerows([header, *rows])
    return text.getvalue().encode()


# The bodies of /predict/csv and of /predict/csv/columns.
schemathesis.openapi.media_type("text/csv", tables())
