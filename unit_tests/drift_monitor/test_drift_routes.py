"""What the monitor says over HTTP."""

from dataclasses import replace

import pytest

from drift_monitor.board import (
    Alert,
    Board,
    ColumnDrift,
    FeatureDrift,
    Labels,
    PredictionDrift,
    Status,
)
from drift_monitor.distributions import Distribution
from drift_monitor.errors import MonitorError
from drift_monitor.report import Report
from drift_monitor.routes import make_app
from drift_monitor.settings import Settings

FUEL = ColumnDrift("fuel", 0.7, 0.1, True, 0.25, "fuel: electric 100% now, 2% in the reference")
YEAR = ColumnDrift("year", 0.05, 0.2, False, 0.0, "year: median 2012 now, 2013 in the reference")
GONE = ColumnDrift("odometer", None, 0.1, True, 1.0, "odometer: missing 100% now, 5%")
SPREAD = (
    Distribution("year", "number", (2000.0, 2010.0, 2020.0), (0.5, 0.5), (0.25, 0.75)),
    Distribution("fuel", "category", ("gas", "electric"), (0.98, 0.02), (0.0, 1.0)),
)
DRIFTED = Status(
    window_needed=500,
    window_rows=500,
    model_version="7",
    features=FeatureDrift(0.2, 2 / 3, (YEAR, FUEL, GONE), SPREAD),
    prediction=PredictionDrift(
        *(500, 0.3, 0.1, "predicted price: median 9 now"),
        {"window": {0.5: 9000.0, 0.9: 20_000.0}, "reference": {0.5: 12_000.0}},
    ),
    labels=Labels(12, 3100.0, 0.75, 2900.0, 0.9),
    alert=Alert(True, "2026-11-23T03:00:00+00:00"),
    last_run_seconds=1_795_000_000.0,
    model_versions={"promoted": 2, "refused": 1, "forced": 0},
)


LINKED = ("/drift", "/distributions", "/report", "/metrics", "/health")


@pytest.fixture(name="board")
def empty_board():
    """A board before the first run."""
    return Board(500)


@pytest.fixture(name="client")
def client_of_board(board):
    """A client of the monitor, whose thread runs."""
    return make_app(board, lambda: True, Settings()).test_client()


def samples(client):
    """The lines of /metrics that hold values."""
    lines = client.get("/metrics").get_data(as_text=True).splitlines()
    return dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))


def test_drift_before_the_first_run_is_an_answer(client):
    drift = client.get("/drift").get_json()
    assert {"model_version", "window_rows", "window_needed", "alert"} <= set(drift)
    assert (drift["alert"], drift["window_needed"], drift["rows_missing"]) == (False, 500, 500)


def test_drift_names_what_drifted_how_far_and_since_when(client, board):
    board.show(DRIFTED)
    drift = client.get("/drift").get_json()
    assert (drift["alert"], drift["since"]) == (True, "2026-11-23T03:00:00+00:00")
    assert drift["drift_share"] == pytest.approx(2 / 3)
    assert drift["explanation"] == [GONE.explanation, FUEL.explanation]
    assert drift["columns"][1]["name"] == "fuel"
    assert (drift["columns"][1]["score"], drift["columns"][1]["threshold"]) == (0.7, 0.1)
    assert drift["prediction"]["drifted"] is True
    assert drift["actual"]["mae"] == 3100.0
    assert "POST /feedback" in drift["advice"]


def test_the_distributions_are_told_of_numbers_by_bin_and_of_categories_by_value(client, board):
    board.show(DRIFTED)
    told = client.get("/distributions").get_json()
    year, fuel = told["columns"]
    assert year == {
        "name": "year",
        "kind": "number",
        "bins": [2000.0, 2010.0, 2020.0],
        "reference": [0.5, 0.5],
        "recent": [0.25, 0.75],
    }
    assert (fuel["kind"], fuel["values"], fuel["recent"]) == (
        "category",
        ["gas", "electric"],
        [0.0, 1.0],
    )
    assert (told["model_version"], told["window_rows"]) == ("7", 500)


def test_before_the_window_is_full_there_is_no_distribution(client):
    answer = client.get("/distributions")
    assert answer.status_code == 200
    assert answer.get_json()["columns"] == []


def test_the_gauges_are_of_the_version_in_production(client, board):
    board.show(DRIFTED)
    found = samples(client)
    version = 'model_version="7"'
    assert found[f"vehicle_price_drift_share{{{version}}}"] == "0.6666666666666666"
    assert found[f"vehicle_price_drift_share_threshold{{{version}}}"] == "0.2"
    assert found[f'vehicle_price_column_drift_score{{column="fuel",{version}}}'] == "0.7"
    assert found[f'vehicle_price_column_drift_threshold{{column="fuel",{version}}}'] == "0.1"
    assert found[f'vehicle_price_column_drifted{{column="year",{version}}}'] == "0.0"
    assert found[f'vehicle_price_missing_share{{column="fuel",{version}}}'] == "0.25"
    assert found[f"vehicle_price_prediction_drift_score{{{version}}}"] == "0.3"
    assert found[f"vehicle_price_window_rows{{{version}}}"] == "500.0"
    assert found[f"vehicle_price_window_needed{{{version}}}"] == "500.0"
    assert found[f"vehicle_price_actual_mae{{{version}}}"] == "3100.0"
    assert found[f"vehicle_price_interval_coverage{{{version}}}"] == "0.75"
    assert found[f"vehicle_price_monitor_last_run_timestamp_seconds{{{version}}}"] == "1.795e+09"


def test_the_quantiles_of_predicted_prices_are_told_by_where_they_are_from(client, board):
    board.show(DRIFTED)
    found = samples(client)
    name = "vehicle_price_prediction_quantile"
    assert found[f'{name}{{frame="window",model_version="7",quantile="0.9"}}'] == "20000.0"
    assert found[f'{name}{{frame="reference",model_version="7",quantile="0.5"}}'] == "12000.0"


def test_the_registered_versions_are_told_by_decision(client, board):
    board.show(DRIFTED)
    found = samples(client)
    assert found['vehicle_price_model_versions{decision="promoted"}'] == "2.0"
    assert found['vehicle_price_model_versions{decision="forced"}'] == "0.0"


def test_the_gauges_of_a_retired_version_are_gone(client, board):
    board.show(DRIFTED)
    board.show(replace(DRIFTED, model_version="8"))
    assert not [name for name in samples(client) if 'model_version="7"' in name]


def test_a_figure_that_is_not_known_has_no_sample(client, board):
    board.show(Status(500, 20, "7"))
    names = {name.split("{")[0] for name in samples(client)}
    assert names == {
        "vehicle_price_window_rows",
        "vehicle_price_window_needed",
        "vehicle_price_actual_rows",
        "vehicle_price_monitor_failures_total",
    }


def test_failures_are_counted_by_part(client, board):
    board.failures["registry"] += 3
    found = samples(client)
    parts = {error.part for error in MonitorError.__subclasses__()}
    counts = {
        part: found[f'vehicle_price_monitor_failures_total{{part="{part}"}}'] for part in parts
    }
    assert counts == dict.fromkeys(parts, "0.0") | {"registry": "3.0"}


def test_without_a_report_the_answer_is_a_problem(client):
    answer = client.get("/report")
    assert (answer.status_code, answer.mimetype) == (503, "application/problem+json")
    assert "There is no report yet" in answer.get_json()["detail"]


def test_the_report_is_rendered_once(client, board):
    rendered = []
    board.report = Report(lambda: rendered.append(1) or "<html>page</html>")
    answers = [client.get("/report") for _ in range(2)]
    assert [answer.get_data(as_text=True) for answer in answers] == ["<html>page</html>"] * 2
    assert answers[0].mimetype == "text/html"
    assert len(rendered) == 1


def test_problems_are_said_beside_the_last_result(client, board):
    board.show(DRIFTED)
    board.note_problems(("The prediction log cannot be read",))
    drift = client.get("/drift").get_json()
    assert drift["problems"] == ["The prediction log cannot be read"]
    assert drift["alert"] is True


def test_the_index_links_every_page(client):
    page = client.get("/").get_data(as_text=True)
    assert all(f'href="{path}"' in page for path in LINKED)


@pytest.mark.parametrize(
    "method, path, status", [("GET", "/nothing", 404), ("POST", "/drift", 405)]
)
def test_wrong_requests_get_a_problem(client, method, path, status):
    answer = client.open(path, method=method)
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    assert answer.get_json()["status"] == status
    assert {"type", "title", "detail", "errors"} <= set(answer.get_json())


def test_health_is_of_the_thread(board, client):
    assert client.get("/health").status_code == 200
    ended = make_app(board, lambda: False, Settings()).test_client().get("/health")
    assert (ended.status_code, ended.mimetype) == (503, "application/problem+json")
