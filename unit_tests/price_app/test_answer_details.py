"""What stands under an answer: why, what if and similar listings, as Streamlit runs them."""

from urllib.parse import parse_qs, urlsplit

import pytest

from unit_tests.price_app.told_details import a_listing

DETAIL_PATHS = ("/explain", "/curves", "/comparables")
F_150 = {"manufacturer": "ford", "model": "f-150", "year": 2014, "odometer": 89000}


@pytest.fixture(name="priced")
def _priced(form):
    """A function that fills the form in and presses its button; gives the form."""

    def priced(**values):
        for name, value in (values or F_150).items():
            form.session_state[name] = str(value)
        form.run()
        return pressed(form, "Price it")

    return priced


def pressed(form, label: str):
    """The form after the button of that label was pressed."""
    next(button for button in form.button if button.label == label).click().run()
    return form


def said(form) -> str:
    """All words on the page, without the marks that keep Markdown literal."""
    kinds = (form.markdown, form.caption, form.info, form.warning, form.error)
    return "\n".join(each.value for kind in kinds for each in kind).replace("\\", "")


def charts_in_words(form) -> str:
    """The text alternatives of all charts."""
    return "\n".join(chart.proto.alt for chart in form.get("vega_lite_chart"))


def cells(form) -> str:
    """The text of all tables."""
    tables = (str(table.value.to_dict("list")) for table in form.table)
    return "\n".join(tables).replace("\\", "")


def asked(stand_in) -> list[str]:
    """The paths of the details that were asked for."""
    paths = [path.partition("?")[0] for path, _, _ in stand_in.asked]
    return [path for path in paths if path in DETAIL_PATHS]


def test_the_details_are_asked_for_once_after_the_price(priced, stand_in):
    form = priced()
    form.text_input(key="_asking").set_value("20000").run()
    form.selectbox(key="_compared_by").set_value("fuel").run()
    assert sorted(asked(stand_in)) == sorted(DETAIL_PATHS)
    paths = [path.partition("?")[0] for path, _, _ in stand_in.asked]
    assert paths.index("/predict") < min(paths.index(path) for path in DETAIL_PATHS)


def test_comparables_are_asked_for_with_the_description_as_parameters(priced, stand_in):
    priced()
    [path] = [path for path, _, _ in stand_in.asked if path.startswith("/comparables")]
    asked_for = {name: value for name, [value] in parse_qs(urlsplit(path).query).items()}
    expected = {name: str(value) for name, value in F_150.items()}
    assert asked_for == {**expected, "limit": "20"}


def test_depreciation_is_one_line_in_round_dollars(priced):
    assert "A year older: about −\u2060$1,100 · 10,000 miles more: about −\u2060$640" in said(
        priced()
    )


def test_what_else_would_narrow_the_range_most_is_said_with_by_how_much(priced, stand_in):
    assert "narrower" not in said(priced())
    status, answer = stand_in.answers["/explain"]
    untold = [
        {"features": ["state", "region"], "dollars": 1_240},
        {"features": ["drive"], "dollars": 600},
    ]
    stand_in.answers["/explain"] = (status, {**answer, "untold": untold})
    words = said(priced(**F_150, fuel="gas"))
    assert "With the state and region told too, the range would be about $1,200 narrower." in words


def test_why_starts_at_the_typical_vehicle_and_names_what_people_told(priced):
    form = priced(**F_150, fuel="gas")
    baseline = "A typical vehicle, a 2013 Kia Soul with 92,000 miles of which nothing else is known"
    assert f"{baseline}: about $14,900." in said(form)
    assert (
        "Ford F-150 +$4,100, Year 2014 +$1,200, 89,000 miles −$950, Fuel: gas −$1,000. "
        "Together $18,250" in charts_in_words(form)
    )
    assert "Fuel: gas" in cells(form) and "not what causes prices" in said(form)


def test_what_if_tells_curves_and_choices_also_in_words(priced):
    words = charts_in_words(priced())
    assert "Price by mileage: about $22,000 at 0 miles and about $10,000 at 300,000" in words
    assert "yours $18,250" in words
    assert "Price by model, dearest first: F150 XLT $19,700, F-150 (yours) $18,300" in words


def test_another_feature_can_be_compared(priced):
    form = priced()
    assert form.selectbox(key="_compared_by").options == ["model", "fuel"]
    form.selectbox(key="_compared_by").set_value("fuel").run()
    words = "Price by fuel, dearest first: diesel $24,100, Not known (yours) $18,300, gas $18,300"
    assert words in charts_in_words(form)


def test_without_a_mileage_no_vehicle_is_marked_on_its_curve(priced):
    assert "You gave no mileage: your vehicle is not marked." in said(priced(year=2014))


def test_similar_listings_are_described_and_the_price_falls_among_them(priced):
    form = priced()
    assert "1 of the same make and model and 1 only of the same make" in said(form)
    assert "1 of the 2 was listed for less than this price of $18,250" in said(form)
    assert "2014, 91,000 miles" in cells(form)
    assert "2,000 more miles, fuel: diesel" in cells(form).lower()
    assert "Ford Focus, 2 years newer, 12,000 fewer miles" in cells(form)


def test_an_asking_price_is_what_the_listings_are_compared_with(priced):
    form = priced()
    form.text_input(key="_asking").set_value("25000").run()
    assert "2 of the 2 were listed for less than the asking price of $25,000" in said(form)


def test_listings_of_the_make_only_are_said_to_be_that(priced, stand_in):
    listings = [a_listing("make", {})]
    stand_in.answers["/comparables"] = (200, {"model_version": "7", "listings": listings})
    assert "No listing is of this model: these are only of the same make." in said(priced())


def test_without_any_listing_the_section_says_so(priced, stand_in):
    stand_in.answers["/comparables"] = (200, {"model_version": "7", "listings": []})
    assert "There is no listing to compare with." in said(priced())


@pytest.mark.parametrize("path", DETAIL_PATHS)
def test_a_detail_that_fails_leaves_price_and_others_and_is_retried_alone(priced, stand_in, path):
    good = stand_in.answers[path]
    stand_in.answers[path] = (503, {"detail": "no details now"})
    form = priced()
    assert "$18,250" in form.title[1].value.replace("\\", "")
    assert "not ready yet. It says: no details now" in said(form)
    stand_in.answers[path] = good
    pressed(form, "Try again")
    assert not form.error and not form.exception
    assert sorted(asked(stand_in)) == sorted([*DETAIL_PATHS, path])


@pytest.mark.parametrize("answer", [b"<html></html>", b"{}", b"[]", b'{"listings": [1]}'])
def test_details_of_another_form_are_sentences_and_no_traceback(priced, stand_in, answer):
    for path in DETAIL_PATHS:
        stand_in.answers[path] = (200, answer)
    form = priced()
    assert len(form.error) == 3 and not form.exception
    assert "an answer that this form does not understand" in form.error[0].value


def test_a_service_that_stops_after_the_price_is_said_in_each_section(priced, stand_in):
    def priced_and_gone(_: bytes) -> dict:
        for path in DETAIL_PATHS:
            stand_in.answers[path] = (500, {"detail": "gone"})
        return estimate

    _, estimate = stand_in.answers["/predict"]
    stand_in.answers["/predict"] = (200, priced_and_gone)
    form = priced()
    assert len(form.error) == 3
    assert form.text_input(key="odometer").value == "89000"


def test_details_refused_by_a_newer_model_bring_its_schema_and_keep_the_input(priced, stand_in):
    def refused(_: bytes) -> dict:
        year["max"] = 2030
        return {"detail": "the model has changed"}

    year = stand_in.answers["/schema"][1]["features"][2]
    stand_in.answers["/explain"] = (422, refused)
    form = priced()
    assert "the model has changed" in said(form)
    form.run()
    assert "From 1950 to 2030" in form.text_input(key="year").help
    assert form.text_input(key="year").value == "2014"


def test_details_of_a_newer_model_say_so(priced, stand_in):
    stand_in.answers["/explain"][1]["model_version"] = "8"
    assert "There is a new model since this price was given" in said(priced())


def test_a_drift_alert_is_told_beside_the_price_too(priced, stand_in):
    stand_in.answers["/drift"][1]["alert"] = True
    assert "priced further off than this range says" in said(priced())


def test_few_such_vehicles_in_training_are_warned_of(priced, stand_in):
    stand_in.answers["/schema"][1]["counts"]["model"]["ford"]["f-150"] = 12
    stand_in.answers["/predict"][1]["warnings"] = []
    words = "Only 12 vehicles were of the kind Ford F-150 in training"
    assert words in said(priced())


def test_the_range_in_words_is_no_more_exact_than_it_is_known(priced, stand_in):
    stand_in.answers["/predict"][1].update(low=15873, high=20849)
    assert "listed for **$15,900** to **$20,800**" in said(priced())


def test_feedback_asks_whether_the_vehicle_was_listed_or_sold(priced):
    [radio] = priced().radio
    assert radio.options == ["It was listed for", "It was sold for"]
