"""The page for a CSV file."""

import json

import pytest

from unit_tests.price_app.page_reading import pressed, said

TABLE = b"year,model\n2014,f-150\nabc,focus\n2016,x5\n"
LONG_TABLE = b"year,model\n" + b"2014,f-150\n" * 1200


def uploaded(page, content: bytes):
    """The page after this file was uploaded."""
    form = page("many").run()
    form.file_uploader[0].set_value(("cars.csv", content, "text/csv")).run()
    return form


def priced(page, content: bytes):
    """The page after this file was uploaded and its rows were sent."""
    return pressed(uploaded(page, content), "Price all rows")


def box(form, label: str):
    """The select box of that label."""
    return next(each for each in form.selectbox if each.label == label)


def test_a_file_is_priced_and_its_bad_row_is_named(page):
    form = priced(page, TABLE)
    assert "2 of 3 rows priced." in said(form)
    assert "1 row has no price: see why" in [each.label for each in form.expander]
    first, errors, results = (each.value for each in form.dataframe)
    assert first.to_dict("list") == {
        "year": ["2014", "abc", "2016"],
        "model": ["f-150", "focus", "x5"],
    }
    assert errors.to_dict("records") == [{"Row": 2, "Why": "year: not a number"}]
    assert list(results["Estimate"].dropna()) == [18250, 18250]
    assert list(results["model"]) == ["f-150", "focus", "x5"]
    assert [button.label for button in form.download_button] == [
        "Empty template",
        "Download with prices",
    ]


def test_results_are_ordered_as_the_visitor_wants(page, stand_in):
    def by_year(body: bytes) -> bytes:
        header, *rows = body.decode().splitlines()
        lines = [f"{header},predicted_price,low,high,error"]
        lines += [f"{row},{row.split(',')[0]},1,9999," for row in rows]
        return "\n".join(lines).encode()

    stand_in.answers["/predict/csv"] = (200, by_year)
    form = priced(page, b"year\n2014\n2019\n1999\n")
    assert list(form.dataframe[-1].value["Estimate"]) == [2014, 2019, 1999]
    box(form, "Order").select("Highest price first").run()
    assert list(form.dataframe[-1].value["Estimate"]) == [2019, 2014, 1999]


def test_columns_of_other_names_are_matched_and_the_guess_is_shown(page, stand_in):
    form = uploaded(page, b"Brand,Yr,Mileage,VIN\nford,2014,89000,A1\n")
    assert "Make from **Brand**, Year from **Yr**, Odometer (miles) from **Mileage**" in said(form)
    assert "not used for the price: VIN." in said(form)
    pressed(form, "Price all rows")
    sent = [body for path, _, body in stand_in.asked if path == "/predict/csv"]
    assert sent == [b"manufacturer,year,odometer\nford,2014,89000\n"]


def test_a_wrong_guess_can_be_changed_and_prices_made_before_are_gone(page, stand_in):
    form = priced(page, b"year,built\n1,2014\n")
    assert "rows priced" in said(form)
    box(form, "Year").select(1).run()
    assert "rows priced" not in said(form)
    pressed(form, "Price all rows")
    assert stand_in.asked[-1][2] == b"year\n2014\n"


def test_without_a_column_that_is_needed_nothing_is_sent(page, stand_in):
    form = uploaded(page, b"built,model\n2014,f-150\n")
    assert "Choose the column for Year" in said(form)
    button = next(each for each in form.button if each.label == "Price all rows")
    assert button.disabled
    box(form, "Year").select(0).run()
    assert "2014" in json.dumps(box(form, "Year").options)
    assert "rows priced" in said(pressed(form, "Price all rows"))
    assert stand_in.asked[-1][2].startswith(b"model,year\n")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no header"),
        (b"year,model\n", "no rows"),
        (b"year,error\n2014,\n", "already has the column error"),
        ("year,model\n2014,citroën\n".encode("latin-1"), "not in UTF-8"),
    ],
)
def test_a_file_that_cannot_be_sent_says_why(page, stand_in, content, words):
    form = uploaded(page, content)
    assert words in said(form)
    assert not form.exception
    assert "/predict/csv" not in [path for path, _, _ in stand_in.asked]


def test_a_file_that_the_service_refuses_shows_its_reason(page, stand_in):
    stand_in.answers["/predict/csv"] = (422, {"detail": "the column year is missing"})
    assert "the column year is missing" in said(priced(page, TABLE))


def test_a_service_that_goes_down_midway_can_be_tried_again_from_there(page, stand_in):
    good = stand_in.answers["/predict/csv"][1]
    sent = []

    def gone_at_the_second(body: bytes) -> bytes:
        sent.append(body.count(b"\n") - 1)
        if len(sent) == 2:
            stand_in.answers["/predict/csv"] = (503, {"detail": "restarting"})
            raise ConnectionError
        return good(body)

    stand_in.answers["/predict/csv"] = (200, gone_at_the_second)
    form = priced(page, LONG_TABLE)
    assert "500 of 1,200 rows are done, and stay so." in said(form)
    stand_in.answers["/predict/csv"] = (200, gone_at_the_second)
    pressed(form, "Try again")
    assert "1,200 of 1,200 rows priced." in said(form)
    assert sent == [500, 500, 500, 200]


def test_a_service_that_is_down_is_said_and_can_be_tried_again(page, stand_in):
    form = uploaded(page, TABLE)
    stand_in.stop()
    pressed(form, "Price all rows")
    assert "cannot be reached" in said(form)
    stand_in.start()
    pressed(form, "Try again")
    assert "2 of 3 rows priced." in said(form)


def test_a_file_that_is_taken_away_leaves_nothing(page):
    form = priced(page, TABLE)
    form.file_uploader[0].set_value([]).run()
    assert not form.dataframe and "rows priced" not in said(form)
