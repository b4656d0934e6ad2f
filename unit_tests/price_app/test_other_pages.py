"""The page for a CSV file and the page about the model."""

import pytest

TABLE = b"year,model\n2014,f-150\nabc,focus\n2016,x5\n"


def uploaded(page, content: bytes):
    """The page after this file was uploaded and its rows were sent."""
    form = page("many").run()
    form.file_uploader[0].set_value(("cars.csv", content, "text/csv")).run()
    return pressed(form, "Price all rows")


def pressed(form, label: str):
    """The page after the button of that label was pressed."""
    next(button for button in form.button if button.label == label).click().run()
    return form


def said(form) -> str:
    """All words on the page, without the marks that keep Markdown literal."""
    kinds = (form.markdown, form.caption, form.info, form.warning, form.error, form.success)
    return "\n".join(each.value for kind in kinds for each in kind).replace("\\", "")


def test_a_file_is_priced_and_its_bad_row_is_named(page):
    form = uploaded(page, TABLE)
    assert "2 of 3 rows priced." in said(form)
    assert form.expander[0].label == "1 row has no price: see why"
    errors, preview = (each.value for each in form.dataframe)
    assert errors.to_dict("records") == [{"Row": 2, "Why": "year: not a number"}]
    assert list(preview["predicted_price"].dropna()) == [18250, 18250]
    assert [button.label for button in form.download_button] == [
        "Empty template",
        "Download with prices",
    ]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no header"),
        (b"year,model\n", "no rows"),
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
    assert "the column year is missing" in said(uploaded(page, b"model\nf-150\n"))


def test_a_service_that_goes_down_midway_can_be_tried_again(page, stand_in):
    form = page("many").run()
    form.file_uploader[0].set_value(("cars.csv", TABLE, "text/csv")).run()
    stand_in.stop()
    pressed(form, "Price all rows")
    assert "cannot be reached" in said(form)
    stand_in.start()
    pressed(form, "Try again")
    assert "2 of 3 rows priced." in said(form)


def test_the_card_is_shown_with_its_figures(page):
    form = page("about").run()
    figures = {metric.label: metric.value for metric in form.metric}
    assert figures == {
        "Mean error": "$2,931",
        "Median error": "10.4%",
        "Range holds": "90.1%",
        "Range width": "$12,760",
    }
    words = said(form)
    assert "Version 7, trained 20 November 2026, 14:02 UTC on 40,000 listings" in words
    assert "the median by make model year is off by $4,890" in words
    assert "accepted (nothing in production)" in words


def test_drift_is_shown_by_column_against_its_threshold(page):
    form = page("about").run()
    assert "No drift alert: the latest 500 requests" in said(form)
    table = form.dataframe[-1].value
    assert list(table["label"]) == ["Year", "Odometer (miles)", "Predicted price"]
    assert list(table["score"]) == [0.31, 0.02, 0.03]


def test_a_window_that_is_filling_is_said_to_be(page, stand_in):
    stand_in.answers["/drift"][1].update(window_rows=120, columns=[], alert=False)
    assert "Too few recent requests to judge: 120 of 500." in said(page("about").run())


def test_a_card_of_another_shape_still_makes_a_page(page, stand_in):
    stand_in.answers["/model"] = (200, {"name": "vehicle-price", "version": "8", "card": {}})
    form = page("about").run()
    assert {metric.value for metric in form.metric} == {"–"}
    assert not form.exception


def test_a_model_page_that_fails_can_be_tried_again(page, stand_in):
    good = stand_in.answers["/model"]
    stand_in.answers["/model"] = (503, {"detail": "no model"})
    form = page("about").run()
    assert "not ready yet" in said(form)
    stand_in.answers["/model"] = good
    assert "Version 7" in said(pressed(form, "Try again"))
