"""The page on the model's health."""

import pytest

from price_app.backend import links_of
from price_app.model import health_charts
from price_app.settings import Settings

from unit_tests.price_app.page_reading import said


def test_drift_is_shown_by_column_against_its_threshold(page):
    form = page("health").run()
    assert "No drift alert: the latest 500 requests" in said(form)
    table = form.dataframe[-1].value
    assert list(table["label"]) == ["Year", "Odometer (miles)", "Predicted price"]
    assert list(table["score"]) == [0.31, 0.02, 0.03]


def test_a_window_that_is_filling_is_said_to_be(page, stand_in):
    stand_in.answers["/drift"][1].update(window_rows=120, columns=[], alert=False)
    stand_in.answers["/distributions"][1].update(columns=[])
    form = page("health").run()
    assert "Too few recent requests to judge: 120 of 500." in said(form)
    assert not form.selectbox and not form.exception


def test_the_live_error_stands_beside_that_at_test(page):
    form = page("health").run()
    assert {metric.label: metric.value for metric in form.metric} == {
        "Mean error lately": "$3,310",
        "Mean error at test": "$2,931",
        "Range holds lately": "87.4%",
        "Range held at test": "90.1%",
    }
    assert "from 1,204 actual prices" in said(form)


def test_without_an_actual_price_there_is_no_live_error(page, stand_in):
    actual = {"rows": 0, "mae": None, "interval_coverage": None, "reference_mae": 2931.4}
    stand_in.answers["/drift"][1]["actual"] = actual
    form = page("health").run()
    assert [metric.value for metric in form.metric] == ["–", "$2,931", "–", "–"]
    assert "Nobody has told an actual price" in said(form)


def test_what_changed_is_told_without_the_name_that_the_label_stands_for(page):
    (table,) = page("health").run().dataframe
    told = dict(zip(table.value["label"], table.value["explanation"]))
    assert told["Year"] == "median 2018 now, 2011 in the reference"
    assert told["Predicted price"] == "median 11,006 now, 11,217 in the reference"
    assert told["Odometer (miles)"] == ""


def test_the_column_that_drifted_most_is_drawn_first(page):
    box = page("health").run().selectbox[0]
    assert (box.value, box.options) == ("year", ["Year", "Fuel"])


def test_a_column_without_a_value_lately_comes_before_all(page, stand_in):
    gone = {"name": "fuel", "score": None, "threshold": 0.1, "drifted": True}
    stand_in.answers["/drift"][1]["columns"].append(gone)
    form = page("health").run()
    assert form.selectbox[0].value == "fuel"
    assert not form.exception


@pytest.mark.parametrize("path", ["/drift", "/distributions"])
def test_the_page_stands_where_the_monitor_tells_half(page, stand_in, path):
    stand_in.answers[path] = (503, {"detail": "starting"})
    form = page("health").run()
    assert not form.exception and not form.error
    assert form.title[0].value == "Health of the model"


def test_a_monitor_that_is_away_is_said_to_be(page, stand_in):
    for path in ("/drift", "/distributions"):
        stand_in.answers[path] = (503, {"detail": "starting"})
    assert "The drift monitor gives no answer just now." in said(page("health").run())


def test_a_link_leads_where_an_address_is_set():
    settings = Settings(grafana_url="http://127.0.0.1:3000/", mlflow_url="", airflow_url="")
    assert links_of(settings) == {
        "Grafana: dashboards": "http://127.0.0.1:3000/d/vehicle-price-drift"
    }
    assert links_of(Settings()) == {}


def test_the_links_are_on_the_page(page, monkeypatch):
    monkeypatch.setenv("MLFLOW_URL", "http://127.0.0.1:5000")
    form = page("health").run()
    assert [link.proto.url for link in form.get("link_button")] == [
        "http://127.0.0.1:5000/#/models/vehicle-price"
    ]


def test_a_number_and_a_category_are_drawn_in_both_frames(stand_in):
    fuel, year = stand_in.answers["/distributions"][1]["columns"]
    shares = health_charts.number_shares(year)
    assert shares.to_dict("list") == {
        "low": [2000, 2010] * 2,
        "high": [2010, 2020] * 2,
        "what": ["Test data"] * 2 + ["Lately"] * 2,
        "share": [0.5, 0.5, 0.1, 0.9],
    }
    axis = health_charts.spread(year, "Year", is_year=True).to_dict()["layer"][0]["encoding"]["x"]
    assert axis["axis"]["format"] == "d"
    assert list(health_charts.value_shares(fuel)["value"]) == ["gas", "other"] * 2
    assert health_charts.spread(fuel, "Fuel").to_dict()["mark"]["type"] == "bar"
