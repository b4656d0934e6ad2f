"""Waterfalls, labels, likeness, choices and cautions: what needs no page."""

import pytest

from price_app.answer import alternatives, cautions, detail_charts, labels, likeness, waterfall
from price_app.answers import Comparables, Curves, Explanation
from price_app.describe import fields

from unit_tests.price_app.conftest import a_category, a_number, a_schema
from unit_tests.price_app.told_details import a_listing, an_explanation, priced, some_curves

RECORD = {"manufacturer": "ford", "model": "f-150", "year": 2014, "odometer": 89000}
PLACES = {"feature": "state", "options": {"tx": ["dallas"], "ok": ["tulsa"]}}


def all_fields() -> list[fields.Field]:
    """Those of the stand-in's schema, and a condition and a place."""
    more = [
        a_category("condition", "Condition", options=["good", "fair"]),
        a_category("type", "Body type", options=["suv"]),
        a_category("state", "State", options=["tx", "ok"]),
        a_category("region", "Region", options_by=PLACES),
        a_number("doors", "Doors"),
    ]
    return fields.fields_of({"features": [*a_schema()["features"], *more]})


@pytest.mark.parametrize(
    ("record", "words"),
    [
        ({"manufacturer": "ford", "model": "f-150"}, "Ford F-150"),
        ({"manufacturer": "bmw"}, "BMW"),
        ({"year": 2014}, "Year 2014"),
        ({"odometer": 89000}, "89,000 miles"),
        ({"odometer": 1234567}, "1,234,567 miles"),
        ({"state": "tx", "region": "dallas"}, "Texas, Dallas"),
        ({"state": "zz"}, "zz"),
        ({"condition": "good"}, "Condition: good"),
        ({"type": "suv"}, "Body type: SUV"),
        ({"doors": 4}, "Doors 4"),
        ({"unheard": "of"}, "unheard: of"),
        ({}, ""),
    ],
)
def test_what_was_told_is_labelled_as_people_think_of_it(record, words):
    assert labels.told(list(record), all_fields(), record) == words


def test_a_line_of_what_was_not_told_is_named_by_its_features():
    assert labels.named(["state", "region", "new"], all_fields()) == "State and Region and new"


@pytest.mark.parametrize(
    ("listing", "words"),
    [
        (
            {"year": 2013, "odometer": 92000, "manufacturer": "ford", "model": "f-150"},
            "A typical vehicle, a 2013 Ford F-150 with 92,000 miles",
        ),
        ({"manufacturer": "ford"}, "A typical vehicle, a Ford"),
        ({"year": 2013, "odometer": 92000}, "A typical vehicle of 2013 with 92,000 miles"),
        ({"year": 2013}, "A typical vehicle of 2013"),
        ({}, "A typical vehicle"),
    ],
)
def test_a_baseline_is_stated_by_what_is_known_of_it(listing, words):
    assert labels.typical(listing, all_fields()) == words


def an_explanation_of(*dollars: int) -> Explanation:
    """One contribution per amount, from a baseline of $10,000."""
    lines = [{"features": [f"f{n}"], "dollars": each} for n, each in enumerate(dollars)]
    answer = {**an_explanation(), "price": 10_000 + sum(dollars), "contributions": lines}
    answer["baseline"] = {"price": 10_000, "listing": {}}
    return Explanation.from_json(answer)


@pytest.mark.parametrize(
    "dollars", [(), (4000, -500), (5000, *[300] * 12), (4000, 3, -2, 1), (-9000, 20), (0, 0)]
)
def test_bars_lead_from_the_baseline_to_the_price_exactly(dollars):
    explanation = an_explanation_of(*dollars)
    lines = waterfall.gathered(waterfall.lines(explanation, [], {}), explanation.price)
    bars = waterfall.bars(explanation, lines)
    assert len(lines) <= waterfall.MOST_BARS
    assert bars.iloc[-1]["end"] == explanation.price == 10_000 + sum(dollars)
    inner = bars.iloc[1:-1]
    assert list(inner["start"]) == [10_000, *inner["end"]][: len(inner)]
    assert bars["label"].is_unique


def test_small_lines_are_gathered_and_a_single_one_keeps_its_name():
    several = an_explanation_of(4000, 3, -2)
    lines = waterfall.gathered(waterfall.lines(several, [], {}), several.price)
    assert lines == [("f0", 4000), ("Other details", 1)]
    single = an_explanation_of(4000, 3)
    lines = waterfall.gathered(waterfall.lines(single, [], {}), single.price)
    assert lines == [("f0", 4000), ("f1", 3)]


def test_a_waterfall_in_words_tells_every_bar():
    explanation = Explanation.from_json(an_explanation())
    lines = waterfall.lines(explanation, all_fields(), {**RECORD, "fuel": "gas"})
    words = waterfall.in_words(explanation, lines, all_fields())
    assert "$14,900. Ford F-150 +$4,100" in words and "Together $18,250" in words
    spec = detail_charts.waterfall(waterfall.bars(explanation, lines)).to_dict()
    assert spec["layer"][0]["encoding"]["x"]["scale"]["domain"][0] == 0


def curves_with(**choices: list) -> Curves:
    """The stand-in's curves with other choices."""
    return Curves.from_json({**some_curves(), "choices": choices})


def test_at_most_twelve_choices_are_shown_with_the_visitors_own_among_them():
    curves = curves_with(state=[priced(f"s{n:02}", 10_000 + n) for n in range(50)])
    field = next(each for each in all_fields() if each.name == "state")
    every = alternatives.side_by_side(curves, field, "s40")
    shown = alternatives.most_shown(every)
    assert (len(every), len(shown)) == (50, 12)
    assert list(shown["price"]) == sorted(shown["price"], reverse=True)
    assert list(shown[shown["whose"] == "This vehicle"]["label"]) == ["s40 (yours)"]


def test_a_vehicles_own_choice_is_found_in_another_spelling():
    curves = curves_with(model=[priced("f-150", 1), priced("focus", 2)])
    field = next(each for each in all_fields() if each.name == "model")
    labelled = list(alternatives.side_by_side(curves, field, "F150")["label"])
    assert labelled == ["F150 (yours)", "Focus"]


def test_what_is_compared_first_is_what_sellers_ask_first():
    two = [priced("a", 1), priced("b", 2)]
    curves = curves_with(fuel=two, state=two, condition=two, model=two[:1])
    names = [field.name for field in alternatives.comparable_fields(curves, all_fields())]
    assert names == ["condition", "state", "fuel"]


def compared(*listings: dict):
    """The listings as the client gives them."""
    return Comparables.from_json({"listings": list(listings)}).listings


@pytest.mark.parametrize(
    ("differs", "words"),
    [
        ({"year": 2, "odometer": 12_345, "state": "ok"}, "2 years newer, 12,000 more miles, in"),
        ({"year": -1, "odometer": -700}, "1 year older, 1,000 fewer miles"),
        ({"state": "ok", "region": "tulsa"}, "In Oklahoma, Tulsa"),
        ({"fuel": "diesel"}, "Fuel: diesel"),
        ({"model": "focus"}, "Ford F-150"),
        ({"doors": -2}, "Doors less by 2"),
        ({"odometer": 300, "year": 0}, "Nothing that you told"),
    ],
)
def test_differences_are_told_from_the_visitors_vehicle(differs, words):
    [listing] = compared(a_listing("model", differs))
    assert likeness.differences(listing, all_fields()).startswith(words)


@pytest.mark.parametrize(
    ("kinds", "record", "words"),
    [
        (["model"] * 3, RECORD, "The nearest listings: 3 of the same make and model."),
        (["model", "family", "make"], RECORD, "1 of a model of like name and 1 only of the same"),
        (["make"], RECORD, "only of the same make"),
        (["make"], {"manufacturer": "ford"}, "tell the model for closer ones"),
        (["none"], RECORD, "No listing is of this make"),
        (["none"], {"year": 2014}, "Without a make"),
        ([], RECORD, "no listing to compare with"),
    ],
)
def test_how_far_the_search_had_to_go_is_said(kinds, record, words):
    assert words in likeness.who_is_alike(compared(*(a_listing(k, {}) for k in kinds)), record)


@pytest.mark.parametrize(
    ("asking", "words"),
    [
        (None, "1 of the 2 was listed for less than this price of $18,250."),
        (30_000, "2 of the 2 were listed for less than the asking price of $30,000."),
        (100, "None of the 2 were listed for less than the asking price of $100."),
    ],
)
def test_where_a_price_falls_among_the_listings(asking, words):
    listings = compared(a_listing("model", {}, price=17_900), a_listing("model", {}, price=19_100))
    assert likeness.where_it_falls(listings, 18_250, asking) == words


def test_a_scatter_keeps_to_the_mileages_of_the_listings():
    listings = compared(a_listing("model", {}, odometer=80_000), a_listing("model", {}))
    curve = alternatives.curve(Curves.from_json(some_curves()).curves["odometer"])
    points = likeness.points(listings, all_fields())
    spec = detail_charts.comparables(points, curve, curve.head(0)).to_dict()
    assert spec["layer"][1]["encoding"]["x"]["scale"]["domain"] == [78_000, 91_000]
    drawn = spec["datasets"][spec["layer"][0]["data"]["name"]]
    assert [point["value"] for point in drawn] == [70_000, 80_000, 90_000, 100_000]


def a_warning(code: str, field: str, value: object, **rest: object) -> dict:
    """A warning as the service gives it."""
    return {"code": code, "field": field, "value": value, "message": f"{field} {value}: x", **rest}


@pytest.mark.parametrize(
    ("warning", "words"),
    [
        (
            a_warning("above_training", "odometer", 480000, limit=389112),
            "there was no vehicle with more than 389,112 miles",
        ),
        (a_warning("below_training", "year", 1952, limit=1960), "no vehicle older than 1960"),
        (
            a_warning("unknown_option", "fuel", "steam"),
            "does not know the fuel steam: it counts as not told",
        ),
        (
            a_warning("unknown_option", "manufacturer", "tatra"),
            "does not know the make Tatra: priced as if it were any other",
        ),
        (
            a_warning("unknown_model", "model", "f-150"),
            "There was no Ford F-150 of that very name in training",
        ),
        (
            a_warning("few_vehicles", "model", "f-150", count=4),
            "Only 4 vehicles were of the kind Ford F-150 in training",
        ),
        (a_warning("not_used", "condition", "good"), "Condition makes no difference"),
        (
            a_warning("read_as", "manufacturer", "VW", read_as="volkswagen"),
            "Make “VW” was taken as Volkswagen",
        ),
        (a_warning("read_as", "odometer", "80 km", read_as=50), "was taken as 50 miles"),
        (a_warning("blank", "fuel", "N/A"), "Fuel “N/A” counts as not told"),
        (a_warning("of_tomorrow", "fuel", "x"), "Fuel x: x"),
        (a_warning("above_training", "odometer", 480000), "Odometer 480000: x"),
        ({"code": "other", "message": "something new"}, "Something new"),
    ],
)
def test_warnings_of_the_model_become_sentences_for_people(warning, words):
    [sentence] = cautions.sentences([warning], all_fields(), RECORD, None)
    assert words in sentence


def test_few_vehicles_are_told_once():
    warning = a_warning("few_vehicles", "model", "f-150", count=4)
    assert len(cautions.sentences([warning], all_fields(), RECORD, 4)) == 1
    of_before = {"code": "other", "message": "model 'f-150': few vehicles in training (4)"}
    assert len(cautions.sentences([of_before], all_fields(), RECORD, 4)) == 1
    [sentence] = cautions.sentences([], all_fields(), RECORD, 1)
    assert "Only one vehicle was of the kind Ford F-150" in sentence
    assert not cautions.sentences([], all_fields(), RECORD, 30)
