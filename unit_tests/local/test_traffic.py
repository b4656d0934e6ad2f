"""Traffic is what it says, at the rate asked for, and says clearly what is down."""

import shlex
import subprocess
import threading
import time
from io import BytesIO, StringIO
from types import SimpleNamespace

import pandas as pd
import pytest
from flask import Flask, abort, request
from rich.console import Console
from werkzeug.serving import make_server

from local import traffic

SCHEMA = {
    "features": [
        {"name": "year", "kind": "number"},
        {"name": "odometer", "kind": "number"},
        {"name": "fuel", "kind": "category", "options": ["gas", "diesel", "electric"]},
        {"name": "state", "kind": "category", "options": ["ca", "tx", "wy"]},
    ]
}
REFERENCE = pd.DataFrame(
    {
        "year": [2010.0, 2015.0, 2020.0],
        "odometer": [100_001.0, None, 20_000.0],
        "fuel": ["gas", None, "diesel"],
        "state": ["ca", "tx", "ca"],
        "predicted_price": [9000.5, 15_000.5, 30_000.5],
        "low": [8000.0, 12_000.0, 25_000.0],
        "high": [10_000.0, 18_000.0, 35_000.0],
        "price": [9000.0, 15_000.0, 30_000.0],
    }
)
VARIABLES = {"SERVICE_URL": "http://127.0.0.1:1", "MLFLOW_TRACKING_URI": "http://127.0.0.1:1"}


def make_stand_in(posted, login):
    """The service and MLflow's registry in one; keeps what was posted. `login`: what MLflow wants."""
    app = Flask("stand_in")

    def check_login():
        given = request.authorization
        if login and (given is None or [given.username, given.password] != login):
            abort(401)

    @app.get("/schema")
    def schema():
        return SCHEMA

    @app.get("/api/2.0/mlflow/registered-models/alias")
    def alias():
        check_login()
        return {"model_version": {"version": "3"}}

    @app.get("/model-versions/get-artifact")
    def artifact():
        check_login()
        wanted = {"name": "vehicle-price", "version": "3", "path": "artifacts/reference.parquet"}
        if request.args.to_dict() != wanted:
            abort(404)
        buffer = BytesIO()
        REFERENCE.to_parquet(buffer)
        return buffer.getvalue()

    @app.post("/predict")
    def predict():
        posted.append(("/predict", request.json, request.headers.get("X-API-Key")))
        return [{"prediction_id": f"id-{row}"} for row in range(len(request.json))]

    @app.post("/feedback")
    def feedback():
        posted.append(("/feedback", request.json, request.headers.get("X-API-Key")))
        return {"status": "accepted"}

    return app


@pytest.fixture(name="stack")
def stand_in():
    """A stand-in for the stack on a free port."""
    posted, login = [], []
    server = make_server("127.0.0.1", 0, make_stand_in(posted, login), threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    url = f"http://127.0.0.1:{server.server_port}"
    yield SimpleNamespace(url=url, posted=posted, login=login)
    server.shutdown()
    server.server_close()
    thread.join()


def run(stack, *given):
    """Run the command against the stand-in; the rows that it says were sent."""
    urls = {"SERVICE_URL": stack.url, "MLFLOW_TRACKING_URI": stack.url, "API_KEY": "secret"}
    options = traffic.arguments(urls, list(given))
    return traffic.run(options, Console(file=StringIO()))


def sent(stack, path="/predict"):
    """The bodies posted to a path."""
    return [body for posted, body, _ in stack.posted if posted == path]


def test_usual_traffic_is_drawn_from_the_reference(stack):
    assert run(stack, "--rate", "1000", "--count", "120", "--seed", "1") == 120
    batches = sent(stack)
    assert [len(batch) for batch in batches] == [50, 50, 20]
    known = [
        {"year": 2010, "odometer": 100_001, "fuel": "gas", "state": "ca"},
        {"year": 2015, "state": "tx"},
        {"year": 2020, "odometer": 20_000, "fuel": "diesel", "state": "ca"},
    ]
    assert all(listing in known for batch in batches for listing in batch)
    assert {key for _, _, key in stack.posted} == {"secret"}


def test_traffic_of_another_world_is_electric_half_as_far_and_from_one_state(stack):
    run(stack, "--rate", "1000", "--count", "60", "--drift")
    listings = [listing for batch in sent(stack) for listing in batch]
    assert {listing["fuel"] for listing in listings} == {"electric"}
    assert {listing["state"] for listing in listings} == {"wy"}
    assert {listing.get("odometer") for listing in listings} == {50_000, 10_000, None}


def test_one_in_four_usual_listings_gets_its_actual_price(stack):
    run(stack, "--rate", "1000", "--count", "120", "--seed", "1")
    prices = {2010: 9000.0, 2015: 15_000.0, 2020: 30_000.0}
    listings = [listing for batch in sent(stack) for listing in batch]
    told = [body["price"] for body in sent(stack, "/feedback")]
    assert told == [prices[listing["year"]] for listing in listings[::4]]


def test_vehicles_of_the_other_world_get_no_actual_price_unless_asked(stack):
    run(stack, "--rate", "1000", "--count", "60", "--drift")
    assert not sent(stack, "/feedback")


def test_actual_prices_go_to_each_prediction(stack):
    run(stack, "--rate", "1000", "--count", "4", "--actual-prices", "--seed", "1")
    labels = sent(stack, "/feedback")
    assert [label["prediction_id"] for label in labels] == [f"id-{row}" for row in range(4)]
    assert {label["price"] for label in labels} <= {9000.0, 15_000.0, 30_000.0}


def test_vehicles_of_the_other_world_are_a_third_dearer(stack):
    run(stack, "--rate", "1000", "--count", "4", "--drift", "--actual-prices")
    prices = {label["price"] for label in sent(stack, "/feedback")}
    assert prices <= {12_000.0, 20_000.0, 40_000.0}


@pytest.mark.parametrize(
    "said, on",
    [("1", True), ("yes", True), ("True", True), ("0", False), ("no", False), ("false", False)]
    + [("OFF", False), ("", False), (None, False)],
)
def test_make_sends_actual_prices_only_where_they_are_asked_for(request, said, on):
    given = [] if said is None else [f"ACTUAL_PRICES={said}"]
    make = ["make", "--no-print-directory", "-n", "drift_traffic", *given]
    printed = subprocess.run(
        make, cwd=request.config.rootpath, capture_output=True, text=True, check=True
    ).stdout.replace("\\\n", " ")
    words = shlex.split(printed)
    options = traffic.arguments({}, words[words.index("local.traffic") + 1 :])
    assert (options.drift, options.actual_prices) == (True, on)
    assert traffic.prices_told(options) == (1 if on else 0)


def test_a_switch_that_is_neither_yes_nor_no_is_refused(capsys):
    with pytest.raises(SystemExit):
        traffic.arguments({}, ["--actual-prices", "perhaps"])
    assert "perhaps: 1 (yes) or 0 (no)" in capsys.readouterr().err


def test_no_message_shows_a_login_in_an_address(stack, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["traffic", "--rate", "1000", "--count", "8"])
    monkeypatch.setenv("MONITOR_URL", "http://me:S3cretPw@monitor:8085")
    monkeypatch.setenv("SERVICE_URL", stack.url)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", stack.url)
    assert traffic.main() == 0
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://me:S3cretPw@127.0.0.1:9")
    assert traffic.main() == 1
    monkeypatch.setenv("SERVICE_URL", "http://me:S3cretPw@127.0.0.1:9")
    assert traffic.main() == 1
    shown = capsys.readouterr().out
    assert shown.count("Stopped") == 2 and "monitor:8085" in shown
    assert "S3cretPw" not in shown


def test_the_rate_is_kept(stack):
    start = time.monotonic()
    run(stack, "--rate", "40", "--count", "30")
    assert [len(batch) for batch in sent(stack)] == [10, 10, 10]
    assert 0.5 <= time.monotonic() - start < 5


def test_a_service_that_is_down_is_said_with_what_to_do():
    options = traffic.arguments(VARIABLES, [])
    said = r"127\.0\.0\.1:1 .*[\s\S]*Is the stack running \(make demo or make build\)\?"
    with pytest.raises(traffic.TrafficFailed, match=said):
        traffic.run(options, Console())


def test_a_registry_without_a_model_is_said(stack):
    with pytest.raises(traffic.TrafficFailed, match="no model in production"):
        traffic.reference_rows(f"{stack.url}/nothing")


def test_where_mlflow_asks_for_a_login_it_gets_that_of_the_environment(stack):
    stack.login.extend(["reader", "secret"])
    address = {"SERVICE_URL": stack.url, "MLFLOW_TRACKING_URI": stack.url}
    with pytest.raises(traffic.TrafficFailed, match="401"):
        traffic.run(traffic.arguments(address, ["--count", "1"]), Console(file=StringIO()))
    login = {"MLFLOW_TRACKING_USERNAME": "reader", "MLFLOW_TRACKING_PASSWORD": "secret"}
    options = traffic.arguments(address | login, ["--count", "1"])
    assert traffic.run(options, Console(file=StringIO())) == 1


def test_the_environment_says_where_the_parts_are():
    variables = VARIABLES | {"MONITOR_URL": "http://monitor:8085", "API_KEY": "secret"}
    found = traffic.arguments(variables, [])
    assert (found.service_url, found.mlflow_url) == ("http://127.0.0.1:1", "http://127.0.0.1:1")
    assert (found.monitor_url, found.api_key) == ("http://monitor:8085", "secret")


@pytest.mark.parametrize("variables", [{}, dict.fromkeys(traffic.DEFAULTS, "")])
def test_without_an_environment_the_parts_are_on_this_machine(variables):
    found = traffic.arguments(variables, [])
    assert found.service_url == "http://127.0.0.1:9696"
    assert found.mlflow_url == "http://127.0.0.1:5000"
    assert found.monitor_url == "http://127.0.0.1:8085"
    assert found.api_key == ""


def test_the_command_sends_what_the_environment_names(stack, monkeypatch, capsys):
    monkeypatch.setenv("SERVICE_URL", stack.url)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", stack.url)
    monkeypatch.setenv("MONITOR_URL", "http://monitor:8085")
    monkeypatch.setattr("sys.argv", ["traffic", "--rate", "1000", "--count", "8"])
    assert traffic.main() == 0
    assert [len(batch) for batch in sent(stack)] == [8]
    assert (
        "8 listings sent. What the monitor says: http://monitor:8085/drift"
        in capsys.readouterr().out
    )


@pytest.mark.parametrize("given", [["--rate", "0"], ["--rate", "5000"], ["--count", "0.5"]])
def test_rate_and_count_are_bounded(given, capsys):
    with pytest.raises(SystemExit):
        traffic.arguments(VARIABLES, given)
    assert given[1] in capsys.readouterr().err
