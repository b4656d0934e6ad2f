"""Windows take the form of the reference before they are compared."""

import numpy as np
import pandas as pd

from drift_monitor.window import (
    MISSING,
    MOST_VALUES,
    OTHER,
    Columns,
    columns_of,
    comparable,
    window_of,
)


def test_categories_are_compared_as_the_model_takes_them():
    columns = Columns((), {"fuel": ("gas", "electric")})
    records = [{"fuel": " Gas "}, {"fuel": "ELECTRIC"}, {"fuel": "steam"}, {"fuel": ""}, {}]
    frame = window_of(records, columns).frame
    assert frame["fuel"].tolist() == ["gas", "electric", OTHER, MISSING, MISSING]


def test_numbers_that_are_none_are_missing():
    columns = Columns(("odometer",), {})
    records = [{"odometer": 5}, {"odometer": None}, {"odometer": float("inf")}, {}]
    values = window_of(records, columns).frame["odometer"]
    assert values.tolist()[0] == 5.0
    assert values.isna().tolist() == [False, True, True, True]


def test_only_the_most_frequent_values_stand_for_themselves(schema, world):
    columns = columns_of(schema, world(8000))
    assert len(columns.categories["model"]) == MOST_VALUES
    assert "model 0" in columns.categories["model"]
    assert "model 399" not in columns.categories["model"]
    assert len(columns.categories["fuel"]) == 3


def test_a_category_missing_everywhere_is_still_compared(schema, world):
    rows = world(50).assign(fuel=pd.Series([pd.NA] * 50, dtype="str"))
    columns = columns_of(schema, rows)
    assert set(comparable(rows, columns)["fuel"]) == {MISSING}


def test_a_number_missing_everywhere_in_the_reference_is_left_out(schema, world):
    columns = columns_of(schema, world(50).assign(odometer=np.nan))
    assert columns.numbers == ("year",)


def test_a_feature_that_the_reference_lacks_is_left_out(schema, world):
    assert "state" not in columns_of(schema, world(50).drop(columns="state")).names
