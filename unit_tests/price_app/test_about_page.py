"""The page about the model, and what it makes of a card."""

import pytest

from price_app.model import model_card, model_charts

from unit_tests.price_app.page_reading import pressed, said


def card_of(stand_in) -> dict:
    """The card that the service tells."""
    return stand_in.answers["/model"][1]["card"]


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


def test_error_and_range_stand_by_what_is_told(page, stand_in):
    assert "By what you tell" not in [title.value for title in page("about").run().header]
    figures = {"mae": 5_623.4, "median_mae": 5_555.3, "coverage": 0.9124, "mean_width": 23_900.0}
    card_of(stand_in)["questions"] = [{"name": "make_year", "label": "make and year", **figures}]
    form = page("about").run()
    assert "By what you tell" in [title.value for title in form.header]
    (row,) = form.dataframe[0].value.to_dict("records")
    assert list(row.values()) == ["Make and year", 5_623.4, 5_555.3, pytest.approx(91.24), 23_900]


def test_what_it_is_not_for_and_what_taught_it_nothing_are_said(page):
    words = said(page("about").run())
    assert "No decision on lending may rest on it." in words
    assert "1,900 listings (4.5% of those read) taught" in words
    assert "4.0% were below the range, 5.9% above it" in words


def test_the_versions_are_listed_with_the_gates_decisions(page):
    form = page("about").run()
    table = form.dataframe[-1].value
    assert list(table["Version"]) == ["7", "6"]
    assert list(table["Gate"]) == ["accepted", "refused"]
    assert list(table["In use"]) == ["production", ""]
    assert "Version 6, refused: worse than the baseline" in said(form)
    assert table["Made"][0] == "20 November 2026, 14:02 UTC"


@pytest.mark.parametrize("answer", [(503, {"detail": "away"}), (404, {}), (200, {"versions": 1})])
def test_the_page_stands_without_the_list_of_versions(page, stand_in, answer):
    stand_in.answers["/model/versions"] = answer
    form = page("about").run()
    assert "list of versions cannot be had" in said(form)
    assert len(form.metric) == 4 and not form.error and not form.exception


def test_a_registry_without_a_version_is_said_to_be_empty(page, stand_in):
    stand_in.answers["/model/versions"] = (200, {"versions": []})
    assert "No version is registered yet." in said(page("about").run())


def test_a_card_of_another_shape_still_makes_a_page(page, stand_in):
    stand_in.answers["/model"] = (200, {"name": "vehicle-price", "version": "8", "card": {}})
    form = page("about").run()
    assert {metric.value for metric in form.metric} == {"–"}
    assert "Not to be used for lending" in said(form)
    assert not form.exception


def test_a_model_page_that_fails_can_be_tried_again(page, stand_in):
    good = stand_in.answers["/model"]
    stand_in.answers["/model"] = (503, {"detail": "no model"})
    form = page("about").run()
    assert "not ready yet" in said(form)
    stand_in.answers["/model"] = good
    assert "Version 7" in said(pressed(form, "Try again"))


def test_a_metric_says_what_chance_alone_would_move(page, stand_in):
    card_of(stand_in)["intervals"] = {"test": {"mae": [2800.0, 3050.0]}}
    form = page("about").run()
    assert "$2,800 to $3,050" in form.metric[0].help.replace("\\", "")


def test_bands_of_shares_become_dollars(stand_in):
    bands = model_card.price_bands(card_of(stand_in))
    assert bands[["predicted", "low", "median", "high"]].iloc[0].tolist() == [
        2000,
        1200,
        2000,
        3000,
    ]
    spec = model_charts.predicted_against_actual(bands).to_dict()
    assert spec["layer"][0]["encoding"]["y"]["scale"]["domain"] == [1200.0, 60000.0]


def test_coverage_has_the_interval_of_its_rows(stand_in):
    groups = model_card.fifths(card_of(stand_in))
    assert groups["label"][0] == "$500 to $6,000"
    # Wilson's interval of 221 in 240
    assert groups["low"][0] == pytest.approx(0.8788, abs=1e-3)
    assert groups["high"][0] == pytest.approx(0.9481, abs=1e-3)
    assert model_charts.coverage(groups).to_dict()["layer"][0]["mark"]["type"] == "rule"


def test_ages_with_few_vehicles_are_not_drawn(stand_in):
    ages = card_of(stand_in)["residuals"]["age"]
    ages.append({"at": 40.0, "rows": 2, "low": 0.0, "median": 3.0, "high": 6.0})
    found = model_card.age_bands(card_of(stand_in))
    assert list(found["at"]) == [0.0, 1.0]
    assert model_charts.error_by_age(found).to_dict()["layer"]


def test_a_column_that_says_nothing_of_any_version_is_left_out():
    unknown = {"version": "1", "aliases": None, "decision": None, "mae": None}
    assert list(model_card.versions_table([unknown])) == ["Version"]
