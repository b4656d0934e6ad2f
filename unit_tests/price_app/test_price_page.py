"""The first page, run as Streamlit runs it against a service on a real port."""

import pytest
from streamlit.testing.v1 import AppTest

NOT_KNOWN = "Not known"
TEXTS = ("year", "odometer", "_asking")


def chosen(form: AppTest, **values) -> AppTest:
    """The form after the visitor filled in these fields, one after another."""
    for name, value in values.items():
        if isinstance(value, int) or name in TEXTS:
            form.text_input(key=name).set_value(str(value)).run()
        else:
            form.selectbox(key=name).set_value(value).run()
    return form


def pressed(form: AppTest, label: str) -> AppTest:
    """The form after the button of that label was pressed."""
    next(button for button in form.button if button.label == label).click().run()
    return form


def said(form: AppTest) -> str:
    """All words on the page, without the marks that keep Markdown literal."""
    kinds = (form.title, form.subheader, form.markdown, form.caption)
    boxes = (form.info, form.warning, form.error, form.success)
    words = (element.value for kind in (*kinds, *boxes) for element in kind)
    return "\n".join(words).replace("\\", "")


def labels(form: AppTest) -> list[str]:
    """The labels of the buttons on the page."""
    return [button.label for button in form.button]


def test_the_fields_are_those_of_the_schema(form):
    form.run()
    assert [box.label for box in form.selectbox] == ["Make", "Model", "Fuel"]
    year, odometer = form.text_input(key="year"), form.text_input(key="odometer")
    assert (year.label, year.value) == ("Year", "")
    assert (odometer.label, odometer.value) == ("Odometer (miles)", "")
    assert form.selectbox(key="manufacturer").options == [NOT_KNOWN, "Ford", "BMW"]
    assert form.selectbox(key="fuel").options == [NOT_KNOWN, "Gas", "Diesel"]
    assert not form.exception


def test_a_feature_that_the_model_lacks_is_not_asked_for(form, stand_in):
    schema = stand_in.answers["/schema"][1]
    schema["features"] = [each for each in schema["features"] if each["name"] != "fuel"]
    form.run()
    assert [box.label for box in form.selectbox] == ["Make", "Model"]
    assert not form.expander


def test_choosing_a_make_offers_its_models_and_drops_another_makes(form):
    form.run()
    chosen(form, manufacturer="ford")
    assert form.selectbox(key="model").options == [NOT_KNOWN, "F-150", "Focus"]
    chosen(form, model="f-150", manufacturer="bmw")
    assert form.selectbox(key="model").options == [NOT_KNOWN, "X5"]
    assert form.selectbox(key="model").value is None


def test_a_model_that_is_not_listed_is_sent_as_typed(form, stand_in):
    form.session_state["manufacturer"] = "ford"
    form.session_state["model"] = "GT40 replica"
    form.run()
    chosen(form, year=2014)
    pressed(form, "Price it")
    assert stand_in.bodies("/predict") == [
        {"manufacturer": "ford", "model": "GT40 replica", "year": 2014}
    ]


def test_an_answer_shows_price_range_warning_count_and_date(form):
    form.run()
    chosen(form, manufacturer="ford", model="f-150", year=2014, odometer=89000)
    pressed(form, "Price it")
    words = said(form)
    assert "2014 Ford F-150" in words
    assert "$18,250" in [title.value.replace("\\", "") for title in form.title]
    assert "**$15,900** to **$20,800**" in words
    assert "Odometer is above anything seen in training" in words
    assert "trained on 567 vehicles of the kind Ford F-150" in words
    assert "Prices as of April 2021" in words


def test_dollars_are_never_read_as_formulas(form):
    form.run()
    chosen(form, year=2014)
    pressed(form, "Price it")
    bare = [text.value.replace("\\$", "") for text in (*form.title, *form.markdown)]
    assert not [text for text in bare if "$" in text]


def test_fields_left_open_are_left_out_of_the_request(form, stand_in):
    form.run()
    chosen(form, year=2014, manufacturer=NOT_KNOWN)
    pressed(form, "Price it")
    assert stand_in.bodies("/predict") == [{"year": 2014}]


def test_predictions_carry_the_forms_source_and_its_key(form, stand_in):
    form.run()
    chosen(form, year=2014)
    pressed(form, "Price it")
    headers = next(headers for path, headers, _ in stand_in.asked if path == "/predict")
    assert (headers["X-Source"], headers["X-API-Key"]) == ("form", "secret")


def test_a_required_field_is_asked_for_before_anything_is_sent(form, stand_in):
    form.run()
    pressed(form, "Price it")
    assert "Enter the year first." in said(form)
    assert not stand_in.bodies("/predict")


def test_an_asking_price_gets_a_verdict_without_another_prediction(form, stand_in):
    form.run()
    chosen(form, year=2014)
    pressed(form, "Price it")
    chosen(form, _asking=25000)
    assert "$25,000 is **well above what such vehicles are listed for**" in said(form)
    assert len(stand_in.bodies("/predict")) == 1


def test_an_answer_says_when_the_description_has_changed_since(form):
    form.run()
    chosen(form, year=2014)
    pressed(form, "Price it")
    assert "has changed since" not in said(form)
    chosen(form, year=2015)
    assert "has changed since" in said(form)


def test_a_service_that_is_down_from_the_start_is_said_and_retried(form, stand_in):
    stand_in.stop()
    form.run()
    assert "cannot be reached" in form.error[0].value
    assert labels(form) == ["Try again"]
    stand_in.start()
    pressed(form, "Try again")
    assert not form.error
    assert form.text_input(key="year").label == "Year"


def test_a_service_that_goes_down_keeps_the_input_and_a_retry_prices_it(form, stand_in):
    form.run()
    chosen(form, manufacturer="ford", model="f-150", year=2014)
    stand_in.stop()
    pressed(form, "Price it")
    assert "cannot be reached" in form.error[0].value
    assert form.selectbox(key="model").value == "f-150"
    assert not form.exception
    stand_in.start()
    pressed(form, "Try again")
    assert "$18,250" in said(form)
    assert stand_in.bodies("/predict")[-1]["model"] == "f-150"


def test_a_service_without_a_model_says_so_in_its_own_words(form, stand_in):
    stand_in.answers["/schema"] = (503, {"title": "Not ready", "detail": "No model yet"})
    form.run()
    assert "not ready yet" in said(form) and "No model yet" in said(form)


def test_a_refused_description_names_each_field_by_its_label(form, stand_in):
    errors = [{"field": "odometer", "message": "must be at most 400000"}]
    stand_in.answers["/predict"] = (422, {"detail": "1 wrong value", "errors": errors})
    form.run()
    chosen(form, year=2014, odometer=450000)
    pressed(form, "Price it")
    assert "- **Odometer**: must be at most 400000" in said(form)
    assert form.text_input(key="odometer").value == "450000"


def test_a_wrong_key_is_said_without_the_key(form, stand_in):
    stand_in.answers["/predict"] = (401, {"detail": "wrong key"})
    form.run()
    chosen(form, year=2014)
    pressed(form, "Price it")
    assert "refused this form's key" in said(form)
    assert "secret" not in said(form)


def test_an_answer_of_another_form_is_a_sentence_and_no_traceback(form, stand_in):
    stand_in.answers["/predict"] = (200, b"<html>a proxy's page</html>")
    form.run()
    chosen(form, year=2014)
    pressed(form, "Price it")
    assert "an answer that this form does not understand" in said(form)
    assert not form.exception


def test_a_new_schema_drops_or_names_what_it_no_longer_offers(form, stand_in):
    form.run()
    chosen(form, fuel="diesel", odometer=450000, year=2014)
    features = {each["name"]: each for each in stand_in.answers["/schema"][1]["features"]}
    features["fuel"]["options"] = ["gas"]
    features["odometer"]["max"] = 400000
    stand_in.answers["/predict"] = (422, {"detail": "the model has changed"})
    pressed(form, "Price it")
    form.run()
    assert form.selectbox(key="fuel").value == NOT_KNOWN
    assert "450,000 is not between 0 and 400,000." in said(form)
    assert form.text_input(key="year").value == "2014"
    assert not form.exception


def test_feedback_is_sent_once_and_thanked(form, stand_in):
    form.run()
    chosen(form, year=2014)
    pressed(form, "Price it")
    form.text_input[-1].set_value("17.9k")
    pressed(form, "Send")
    assert "Thank you" in said(form)
    assert "Send" not in labels(form)
    form.run()
    [sent] = stand_in.bodies("/feedback")
    assert sent["price"] == 17900 and len(sent["prediction_id"]) == 32


def test_feedback_that_did_not_arrive_can_be_sent_again(form, stand_in):
    form.run()
    chosen(form, year=2014)
    pressed(form, "Price it")
    stand_in.answers["/feedback"] = (503, {"detail": "the disk is full"})
    form.text_input[-1].set_value("17.9k")
    pressed(form, "Send")
    assert "It was not sent" in said(form) and "Thank you" not in said(form)
    stand_in.answers["/feedback"] = (202, {})
    pressed(form, "Send")
    assert "Thank you" in said(form)


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("89k", 89000),
        ("89,000", 89000),
        ("80 000", 80000),
        ("51,000 mi.", 51000),
        ("80000.0", 80000),
    ],
)
def test_a_number_counts_as_people_write_it(form, stand_in, typed, sent):
    form.run()
    chosen(form, year=2014, odometer=typed, _asking="$18.5k")
    pressed(form, "Price it")
    assert stand_in.bodies("/predict") == [{"year": 2014, "odometer": sent}]
    assert "$18,500 is" in said(form)


def test_a_number_that_may_be_two_is_asked_for_again_and_nothing_is_priced(form, stand_in):
    form.run()
    chosen(form, year=2014, odometer="80.000")
    assert "“80.000” may mean 80 or 80,000: write it without the point." in said(form)
    pressed(form, "Price it")
    assert "Look at the odometer (miles) first" in said(form)
    assert not stand_in.bodies("/predict")


def test_a_word_for_a_blank_is_no_number_and_no_problem(form, stand_in):
    stand_in.answers["/schema"][1]["blank_words"] = ["tmu", "n/a"]
    form.run()
    chosen(form, year=2014, odometer="TMU")
    pressed(form, "Price it")
    assert stand_in.bodies("/predict") == [{"year": 2014}]


def test_kilometres_are_converted_and_that_is_said(form, stand_in):
    form.run()
    chosen(form, year=2014, odometer="100,000 km")
    assert "“100,000 km” was taken as 62,137 miles." in said(form)
    pressed(form, "Price it")
    assert stand_in.bodies("/predict")[0]["odometer"] == 62137


def test_feedback_that_is_no_number_is_not_sent(form, stand_in):
    form.run()
    chosen(form, year=2014)
    pressed(form, "Price it")
    form.text_input[-1].set_value("17.900")
    pressed(form, "Send")
    assert "may mean 17.9 or 17,900" in said(form)
    assert not stand_in.bodies("/feedback")


def test_feedback_can_be_switched_off(form, monkeypatch):
    monkeypatch.setenv("FORM_FEEDBACK", "false")
    form.run()
    chosen(form, year=2014)
    pressed(form, "Price it")
    assert "Real prices are not taken here." in said(form)
    assert "Send" not in labels(form)
