"""The page for a CSV file."""

import json

import pytest
from streamlit.testing.v1 import AppTest

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
        lines = [f"{header},predicted_price,low,high,error,warnings"]
        lines += [f"{row},{row.split(',')[0]},1,9999,," for row in rows]
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


def test_notes_of_the_service_and_unused_columns_are_shown(page):
    form = uploaded(page, b"title,year\n2014 Ford F-150,2014\n")
    assert "“title” holds names of vehicles, no title status." in said(form)
    assert "not used for the price: title." in said(form)


def test_what_the_whole_file_says_of_its_numbers_is_sent_with_each_piece(page, stand_in):
    form = uploaded(page, b"sep=;\nyear;mileage\n2014;80.000\n")
    assert "1 line above the header skipped." in said(form)
    pressed(form, "Price all rows")
    path, _, body = stand_in.asked[-1]
    assert path == "/predict/csv?thousands=odometer%3A."
    assert body == b"year,odometer\n2014,80.000\n"


def test_empty_rows_are_counted_and_warnings_stand_beside_the_prices(page, stand_in):
    def warned(body: bytes) -> bytes:
        header, *rows = body.decode().splitlines()
        lines = [f"{header},predicted_price,low,high,error,warnings"]
        return "\n".join(lines + [f"{row},5,4,6,,read as miles" for row in rows]).encode()

    stand_in.answers["/predict/csv"] = (200, warned)
    form = priced(page, b"year,model\n2014,f-150\n,\n2015\n")
    assert "3 rows, 1 of them empty" in said(form)
    assert "2 of 3 rows priced. 1 empty row skipped." in said(form)
    assert "2 rows have warnings" in said(form)
    assert list(form.dataframe[-1].value["Warnings"]) == ["read as miles", "", "read as miles"]


def test_a_service_of_before_leaves_the_columns_to_the_visitor(page, stand_in):
    stand_in.answers["/predict/csv/columns"] = (404, {"detail": "unknown"})
    form = uploaded(page, b"year,Brand\n2014,ford\n")
    assert "Read as: Year from **year**." in said(form)
    assert "rows priced" in said(pressed(form, "Price all rows"))


def pages_in_turn() -> AppTest:
    """The page of many vehicles; another one while the session's `page` names it."""
    return AppTest.from_string(
        "from importlib import import_module\n"
        "import streamlit as st\n"
        "from price_app.backend import Backend\n"
        "from price_app.settings import Settings\n"
        "name = st.session_state.get('page', 'many')\n"
        "import_module(f'price_app.pages.{name}').show(Backend(Settings()))\n",
        default_timeout=20,
    )


def left_and_come_back(form: AppTest) -> None:
    """The visitor looks at another page and comes back."""
    form.session_state["page"] = "about"
    form.run()
    assert not form.file_uploader
    form.session_state["page"] = "many"
    form.run()


def test_a_page_that_is_left_comes_back_with_its_file_columns_and_prices():
    form = pages_in_turn().run()
    form.file_uploader[0].set_value(("cars.csv", b"year,built\n1,2014\n", "text/csv")).run()
    box(form, "Year").select(1).run()
    left_and_come_back(form)
    assert "**cars.csv** is still here." in said(form)
    assert "Year from **built**" in said(form)
    pressed(form, "Price all rows")
    left_and_come_back(form)
    assert "1 of 1 rows priced." in said(form)
    pressed(form, "Remove it")
    assert "cars.csv" not in said(form) and "rows priced" not in said(form)


def test_a_page_that_is_left_half_way_goes_on_from_there(stand_in):
    form = pages_in_turn().run()
    form.file_uploader[0].set_value(("cars.csv", LONG_TABLE, "text/csv")).run()
    good = stand_in.answers["/predict/csv"][1]

    def once(body: bytes) -> bytes:
        stand_in.answers["/predict/csv"] = (503, {"detail": "restarting"})
        return good(body)

    stand_in.answers["/predict/csv"] = (200, once)
    pressed(form, "Price all rows")
    left_and_come_back(form)
    assert "500 of 1,200 rows are done, and stay so." in said(form)
    stand_in.answers["/predict/csv"] = (200, good)
    pressed(form, "Try again")
    assert "1,200 of 1,200 rows priced." in said(form)


def test_uploads_can_be_switched_off(page, monkeypatch):
    monkeypatch.setenv("FORM_UPLOADS", "false")
    form = page("many").run()
    assert "Files are not taken here." in said(form)
    assert not form.file_uploader and not form.button


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
