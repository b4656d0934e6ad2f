"""Fields, words and verdicts: what needs no page."""

import pytest

from price_app import texts
from price_app.answer import charts, judgement
from price_app.describe import fields


def a_feature(**changes) -> dict:
    """A child category of `make` with the changes made."""
    options = {"feature": "make", "options": {"ford": ["focus"], "bmw": ["x5"]}}
    feature = {"name": "model", "kind": "category", "label": "Model", "options_by": options}
    return {**feature, **changes}


def the_field(feature: dict) -> fields.Field:
    """The field of one feature."""
    return fields.fields_of({"features": [feature]})[0]


@pytest.mark.parametrize(
    ("parent", "options"), [("ford", ["focus"]), ("bmw", ["x5"]), ("lada", [])]
)
def test_options_follow_the_parent(parent, options):
    assert the_field(a_feature()).options_for(parent) == options


def test_without_a_parent_all_options_are_offered_unless_they_are_too_many():
    assert the_field(a_feature()).options_for(None) == ["focus", "x5"]
    many = {"feature": "make", "options": {"ford": [str(n) for n in range(2000)]}}
    assert the_field(a_feature(options_by=many)).options_for(None) == []


@pytest.mark.parametrize(
    ("value", "parent", "kept"),
    [("x5", "bmw", True), ("x5", "ford", False), ("my own", "ford", True), ("x5", None, True)],
)
def test_a_value_is_kept_unless_it_belongs_to_another_parent(value, parent, kept):
    assert the_field(a_feature()).keeps(value, parent) is kept


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("FOCUS ", "focus"), ("not known", "Not known"), (" My  own ", "My  own"), ("  ", None)],
)
def test_what_is_typed_is_taken_for_the_option_that_it_means(typed, meant):
    assert the_field(a_feature()).meant(typed, "ford") == meant


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("f150", "f-150"),
        ("F 150", "f-150"),
        ("ford f-150", "f-150"),
        ("f-150xlt", "f-150 xlt"),
        ("F-150 Lariat", "F-150 Lariat"),
        ("ford", "ford"),
        ("???", "???"),
    ],
)
def test_letters_and_digits_alone_tell_options_apart(typed, meant):
    options = {"feature": "make", "options": {"ford": ["f-150", "f-150 xlt", "f150"]}}
    assert the_field(a_feature(options_by=options)).meant(typed, "ford") == meant


@pytest.mark.parametrize(
    ("typed", "parent"),
    [("Ford F150", "ford"), ("chevy s10", "chevrolet"), ("ford", None), ("la crosse", None)],
)
def test_a_parent_in_front_of_a_typed_name_is_found(typed, parent):
    options = {"feature": "make", "options": {"ford": [], "chevrolet": [], "la": []}}
    make = {"name": "make", "kind": "category", "other_names": {"chevy": "chevrolet"}}
    *_, model = fields.fields_of({"features": [make, a_feature(options_by=options)]})
    assert model.parent_meant(typed) == parent


def test_spellings_of_one_name_stand_once_and_read_alike():
    models = ["f-150", "f150 xlt", "f-150 xlt", "focus"]
    field = the_field(a_feature(options_by={"feature": "make", "options": {"ford": models}}))
    shown = {"f-150": "F-150", "f150 xlt": "F-150 XLT", "focus": "Focus"}
    assert field.shown_options("ford") == shown


def test_a_label_carries_its_unit_once():
    odometer = {"name": "odometer", "kind": "number", "label": "Odometer", "unit": "miles"}
    year = {"name": "year", "kind": "number", "label": "Year", "unit": "year"}
    assert the_field(odometer).label == "Odometer (miles)"
    assert the_field(year).label == "Year"


def test_whole_bounds_are_whole_numbers_whatever_the_json_said():
    feature = {"name": "year", "kind": "number", "label": "Year", "min": 1950.0, "max": 2022.5}
    assert [repr(bound) for bound in the_field(feature).bounds] == ["1950", "2022.5"]


def test_open_answers_are_left_out_and_zero_is_not():
    answers = {"a": None, "b": texts.NOT_KNOWN, "c": " ", "d": 0, "e": " x "}
    assert fields.known(answers) == {"d": 0, "e": "x"}


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("ford", "Ford"),
        ("bmw", "BMW"),
        ("f-150 xlt", "F-150 XLT"),
        ("f-150 xl", "F-150 XL"),
        ("st louis", "St Louis"),
        ("mercedes-benz", "Mercedes-Benz"),
        ("ca", "CA"),
        ("tacoma 4x4", "Tacoma 4x4"),
        ("citroën", "Citroën"),
        ("san josé / monterey", "San José / Monterey"),
    ],
)
def test_names_are_written_as_people_write_them(value, shown):
    assert texts.proper_name(value) == shown


@pytest.mark.parametrize(
    ("dollars", "text"), [(18250, "$18,250"), (0, "$0"), (-1100.4, "-$1,100"), (999.6, "$1,000")]
)
def test_money_has_a_sign_a_dollar_and_thousands(dollars, text):
    assert texts.money(dollars) == text


@pytest.mark.parametrize(
    ("dollars", "text"), [(18250, "$18,300"), (18249, "$18,200"), (947, "$950"), (-1149, "-$1,100")]
)
def test_what_is_not_known_to_the_dollar_is_written_in_round_figures(dollars, text):
    assert texts.round_money(dollars) == text


def test_markdown_and_latex_marks_are_made_literal():
    assert texts.escaped("$5 and $6 *x* [y]") == r"\$5 and \$6 \*x\* \[y\]"


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("a\n===", r"a \=\=\="),
        ("    four blanks", "four blanks"),
        ("www.x.y", "w\u2060ww\\.x\\.y"),
        ("_WWW.x.y", "\\_W\u2060WW\\.x\\.y"),
        ("https://x.y", "h\u2060ttps\\:\\/\\/x\\.y"),
        ("a@x.y", "a\u2060\\@\u2060x\\.y"),
    ],
)
def test_texts_of_others_become_no_heading_no_code_and_no_link(text, escaped):
    assert texts.escaped(text) == escaped


def test_dates_are_written_in_words_and_nonsense_is_left_alone():
    assert texts.month("2021-04-27") == "April 2021"
    assert texts.moment("2026-11-23T14:50:00Z") == "23 November 2026, 14:50 UTC"
    assert texts.month("soon") == "soon"


@pytest.mark.parametrize(
    ("asking", "words"),
    [
        (9_999, "well below what such vehicles are listed for"),
        (10_000, "a fair price, on the low side"),
        (15_000, "a fair price"),
        (20_000, "a fair price, on the high side"),
        (20_001, "well above what such vehicles are listed for"),
    ],
)
def test_a_verdict_follows_where_the_price_falls_in_the_range(asking, words):
    assert judgement.verdict(asking, 10_000, 20_000) == words


def training_words(**record) -> str | None:
    """What is said of a record with these features."""
    make = {"name": "make", "kind": "category", "label": "Make", "options": ["ford"]}
    counts = {"make": {"ford": 1000}, "model": {"ford": {"focus": 90, "gt": 1}}}
    schema = {"features": [make, a_feature()], "counts": counts}
    return judgement.training_words(schema, fields.fields_of(schema), record)


@pytest.mark.parametrize(
    ("record", "words"),
    [
        ({"make": "ford", "model": "focus"}, "trained on 90 vehicles of the kind Ford Focus."),
        ({"make": "ford", "model": "fo-cus"}, "trained on 90 vehicles of the kind"),
        ({"make": "Ford", "model": " GT"}, "trained on 1 vehicle of the kind Ford"),
        ({"make": "ford", "model": "edsel"}, "leans on 1,000 other vehicles of Ford."),
        ({"make": "lada", "model": "niva"}, "counted no Lada Niva in training."),
        ({"make": "ford"}, "trained on 1,000 vehicles of the kind Ford."),
    ],
)
def test_the_number_of_such_vehicles_in_training_is_said(record, words):
    assert words in training_words(**record)


def test_nothing_is_said_of_vehicles_that_nobody_counted():
    assert training_words(fuel="gas") is None


def test_the_band_holds_its_range_and_the_asking_price():
    spec = charts.price_band(15900, 18250, 20800, 25000).to_dict()
    domain = spec["layer"][0]["encoding"]["x"]["scale"]["domain"]
    assert domain[0] < 15900 and domain[1] > 25000
    assert "asking price $25,000" in charts.band_in_words(15900, 18250, 20800, 25000)
