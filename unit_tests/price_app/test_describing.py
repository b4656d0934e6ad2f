"""Describing a vehicle on the first page: titles, addresses, other spellings, the order of fields."""

from urllib.parse import parse_qsl, urlparse

import pytest

from unit_tests.price_app.conftest import a_category
from unit_tests.price_app.test_price_page import chosen, labels, pressed, said

TITLE = "2014 Ford F-150 diesel 89k miles $18,500"
GUESSED = "Guessed from the listing's title"


def filled_in(form, title: str):
    """The form after this title was pasted and "Fill in" was pressed."""
    form.text_input(key="_title").set_value(title)
    return pressed(form, "Fill in")


def values(form) -> dict:
    """What stands in the fields, the numbers as texts."""
    widgets = [*form.selectbox, *form.text_input]
    return {widget.key: widget.value for widget in widgets if widget.key not in (None, "_title")}


def guesses(form) -> int:
    """How many fields are marked as guessed."""
    return [caption.value for caption in form.caption].count(GUESSED)


def test_a_title_fills_in_the_fields_and_marks_each_as_guessed(form, stand_in):
    filled_in(form.run(), TITLE)
    assert values(form) == {
        "manufacturer": "ford",
        "model": "f-150",
        "year": "2014",
        "odometer": "89000",
        "fuel": "diesel",
        "_asking": "18500",
    }
    assert guesses(form) == 6
    assert "title: make, model, year, odometer (miles), fuel, asking price." in said(form)
    assert form.expander[0].proto.expanded
    assert not stand_in.bodies("/predict")


def test_a_mark_goes_when_the_visitor_changes_the_value_and_does_not_come_back(form):
    filled_in(form.run(), TITLE)
    chosen(form, year=2015, _asking=18000)
    assert guesses(form) == 4
    chosen(form, year=2014)
    assert guesses(form) == 4
    chosen(form, manufacturer="bmw")
    assert guesses(form) == 2


def test_what_a_title_replaces_is_said_and_the_rest_stays(form):
    form.run()
    chosen(form, manufacturer="bmw", model="x5", year=2012, odometer=5)
    filled_in(form, "2014 Ford, asking 9000")
    assert values(form)["odometer"] == "5" and values(form)["model"] is None
    assert "replaced what you had entered: Make BMW, Model X5, Year 2012." in said(form)
    assert guesses(form) == 3


def test_a_second_title_takes_the_guesses_of_the_first_away(form):
    filled_in(form.run(), TITLE)
    filled_in(form, "2012 BMW X5")
    assert values(form) == {
        "manufacturer": "bmw",
        "model": "x5",
        "year": "2012",
        "odometer": "",
        "fuel": "Not known",
        "_asking": "",
    }
    assert "replaced" not in said(form)


@pytest.mark.parametrize("second", ["🚗 $$$ <b>best</b> *deal*", " "])
def test_a_title_of_which_nothing_is_understood_takes_the_guesses_before_away(form, second):
    filled_in(form.run(), TITLE)
    chosen(form, odometer=5)
    filled_in(form, second)
    assert (values(form)["manufacturer"], values(form)["year"]) == (None, "")
    assert values(form)["odometer"] == "5"
    assert guesses(form) == 0


def test_a_second_title_that_says_less_leaves_nothing_of_the_first(form, stand_in):
    filled_in(form.run(), "2012 BMW X5 diesel 40k miles $9,000")
    filled_in(form, "07 f150 slipping transmission")
    pressed(form, "Price it")
    record = {"manufacturer": "ford", "model": "f-150", "year": 2007}
    assert stand_in.bodies("/predict") == [record]


def test_a_title_of_which_nothing_is_understood_leaves_what_was_entered(form):
    form.run()
    chosen(form, year=2012)
    filled_in(form, "🚗 $$$ <b>best</b> *deal*")
    assert "Nothing in this title was understood." in said(form)
    assert values(form)["year"] == "2012"
    filled_in(form, " ")
    assert "Paste a title first." in said(form)


def test_what_was_said_of_a_title_goes_when_a_price_is_asked_for(form):
    filled_in(form.run(), "2014 Ford 100,000 km")
    assert "“100,000 km” was taken as 62,137 miles." in said(form)
    pressed(form, "Price it")
    assert "taken as" not in said(form)


def test_a_title_and_its_guesses_outlive_another_page_and_a_failure(form, stand_in):
    filled_in(form.run(), TITLE)
    stand_in.stop()
    pressed(form, "Price it")
    assert form.error and guesses(form) == 6
    assert form.text_input(key="_title").value == TITLE


def test_a_price_puts_the_description_into_the_address(form):
    filled_in(form.run(), TITLE)
    assert not form.query_params
    pressed(form, "Price it")
    assert form.query_params == {
        "manufacturer": "ford",
        "model": "f-150",
        "year": "2014",
        "odometer": "89000",
        "fuel": "diesel",
        "asking_price": "18500",
    }
    assert dict(parse_qsl(urlparse(form.code[0].value).query)) == form.query_params


def test_the_address_keeps_to_what_was_priced(form):
    form.run()
    chosen(form, year=2014)
    pressed(form, "Price it")
    chosen(form, year=2015)
    assert form.query_params["year"] == "2014"
    chosen(form, _asking=9000)
    assert form.query_params == {"year": "2014", "asking_price": "9000"}
    pressed(form, "Price it")
    assert form.query_params == {"year": "2015", "asking_price": "9000"}


def test_a_price_that_was_not_given_leaves_the_address_alone(form, stand_in):
    form.run()
    pressed(form, "Price it")
    stand_in.stop()
    chosen(form, year=2014)
    pressed(form, "Price it")
    assert not form.query_params


def opened(form, **query):
    """The form opened by an address with these parameters."""
    for name, value in query.items():
        form.query_params[name] = value
    return form.run()


def test_an_address_fills_in_the_fields_and_prices_at_once(form, stand_in):
    opened(form, manufacturer="ford", model="f150", year="2014", asking_price="25000")
    record = {"manufacturer": "ford", "model": "f-150", "year": 2014}
    assert stand_in.bodies("/predict") == [record]
    assert "$25,000 is **well above" in said(form)
    assert guesses(form) == 0
    form.run()
    assert len(stand_in.bodies("/predict")) == 1


def test_nonsense_in_an_address_is_named_and_the_rest_is_priced(form, stand_in):
    opened(form, year="2014", fuel="<b>steam</b>", odometer="-3")
    assert stand_in.bodies("/predict") == [{"year": 2014}]
    assert "cannot use a part of the address: Fuel “<b>steam</b>”, Odometer" in said(form)
    assert form.query_params == {"year": "2014"}
    assert not form.exception


def test_an_address_of_nothing_but_nonsense_asks_for_no_price(form, stand_in):
    opened(form, yaer="5")
    assert "yaer “5”" in said(form)
    assert not stand_in.bodies("/predict")
    assert "Enter the year first." not in said(form)


def test_an_address_without_the_year_asks_for_it(form):
    opened(form, manufacturer="ford")
    assert "Enter the year first." in said(form)
    assert values(form)["manufacturer"] == "ford"


def test_an_address_opened_while_the_service_is_down_is_priced_by_a_retry(form, stand_in):
    stand_in.stop()
    opened(form, year="2014")
    assert labels(form) == ["Try again"]
    stand_in.start()
    pressed(form, "Try again")
    assert "$18,250" in said(form)


def test_another_address_takes_the_place_of_what_stood_in_the_fields(form, stand_in):
    opened(form, year="2014", fuel="gas")
    form.query_params.clear()
    opened(form, year="2015", model="focus")
    assert stand_in.bodies("/predict")[-1] == {"year": 2015, "model": "focus"}


@pytest.mark.parametrize("act", ["enter", "press"])
def test_an_address_that_the_browser_tells_late_takes_nothing_back(form, stand_in, act):
    opened(form, year="2014")
    chosen(form, year=2015)
    pressed(form, "Price it")
    # The browser had not heard of the new address yet.
    form.query_params["year"] = "2014"
    if act == "enter":
        chosen(form, year=2016)
        pressed(form, "Price it")
    else:
        pressed(form, "Price it")
    expected = {"enter": 2016, "press": 2015}[act]
    assert values(form)["year"] == str(expected)
    assert stand_in.bodies("/predict")[-1] == {"year": expected}
    assert form.query_params == {"year": str(expected)}


def test_going_back_to_an_earlier_address_prices_that_one_again(form, stand_in):
    opened(form, year="2014")
    chosen(form, year=2015)
    pressed(form, "Price it")
    form.query_params["year"] = "2014"
    form.run()
    assert values(form)["year"] == "2014"
    assert stand_in.bodies("/predict")[-1] == {"year": 2014}


def test_going_back_to_the_bare_address_is_possible(form):
    opened(form, year="2014")
    form.query_params.clear()
    form.run()
    assert not form.query_params
    assert "$18,250" in said(form)


def typed(form, text: str, key: str = "model"):
    """The form after this was typed into a box; tests can choose only what a list holds."""
    box = form.selectbox(key=key)
    box.options.append(box.format_func(text))
    box.set_value(text).run()
    return form


def test_a_typed_model_is_taken_for_the_option_that_it_means(form):
    form.run()
    chosen(form, manufacturer="ford")
    for text, value in [("f150", "f-150"), ("Ford F 150", "f-150"), ("ford GT", "GT")]:
        typed(form, text)
        assert form.selectbox(key="model").value == value


def test_a_beginning_that_one_option_has_is_that_option(form, stand_in):
    features = stand_in.answers["/schema"][1]["features"]
    features[0]["options"] = ["ford", "bmw", "tesla", "mercury", "mercedes-benz"]
    features[0]["other_names"] = {"chevy": "ford", "benz": "mercedes-benz"}
    features[1]["options_by"]["options"]["ford"] = ["f-150", "f-150 xlt", "focus", "focus se"]
    form.run()
    expected = {"Tesl": "tesla", "Mer": "Mer", "benz": "mercedes-benz", "N/A": "N/A", "fo": "ford"}
    for text, value in expected.items():
        assert typed(form, text, "manufacturer").selectbox(key="manufacturer").value == value
    for text, value in [("Foc", "focus"), ("F-1", "F-1"), ("f150 x", "f-150 xlt")]:
        assert typed(form, text).selectbox(key="model").value == value


def test_a_model_typed_with_its_make_chooses_the_make_too(form):
    typed(form.run(), "Ford F150")
    assert (values(form)["manufacturer"], values(form)["model"]) == ("ford", "f-150")


def test_a_model_that_is_not_listed_is_said_to_be_priced_by_its_words(form):
    form.run()
    chosen(form, manufacturer="ford")
    typed(form, "GT40 replica")
    assert "Not in the list: priced by the words as they stand here" in said(form)
    chosen(form, model="focus")
    assert "Not in the list" not in said(form)


def test_details_come_as_a_seller_thinks_of_them_and_what_is_new_at_the_end(form, stand_in):
    features = stand_in.answers["/schema"][1]["features"]
    for name in ("sunroof", "paint_color", "title_status", "condition"):
        features.insert(0, a_category(name, name, options=["a"]))
    form.run()
    assert [box.key for box in form.selectbox] == [
        *("manufacturer", "model"),
        *("condition", "title_status", "fuel", "paint_color", "sunroof"),
    ]
    assert not form.expander[0].proto.expanded
    inside = [box.key for box in form.expander[0].selectbox]
    assert inside == ["condition", "title_status", "fuel", "paint_color", "sunroof"]


def test_help_tells_the_bounds(form):
    form.run()
    assert form.text_input(key="year").help == "Model year. From 1950 to 2022."
    assert form.text_input(key="odometer").help == "From 0 to 500,000."
