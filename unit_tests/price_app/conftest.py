"""A small price service and drift monitor on a real port, and the form's pages against it."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import streamlit
from streamlit.testing.v1 import AppTest

from price_app.api_client import PriceService

from unit_tests.price_app.told_details import an_explanation, some_comparables, some_curves

APP = Path(__file__).parents[2] / "streamlit" / "app.py"
PREDICTION_ID = "0123456789abcdef0123456789abcdef"


def a_category(name: str, label: str, **rest: object) -> dict:
    """One optional category of a schema."""
    return {"name": name, "kind": "category", "label": label, "required": False, **rest}


def a_number(name: str, label: str, **rest: object) -> dict:
    """One number of a schema."""
    return {"name": name, "kind": "number", "label": label, **rest}


def a_schema() -> dict:
    """A schema of every kind of feature, small enough to read."""
    models = {"ford": ["f-150", "focus"], "bmw": ["x5"]}
    year = {"unit": "year", "min": 1950, "max": 2022, "required": True, "help": "Model year."}
    odometer = {"unit": "miles", "min": 0, "max": 500000, "required": False}
    return {
        "features": [
            a_category("manufacturer", "Make", options=["ford", "bmw"]),
            a_category("model", "Model", options_by={"feature": "manufacturer", "options": models}),
            a_number("year", "Year", **year),
            a_number("odometer", "Odometer", **odometer),
            a_category("fuel", "Fuel", options=["gas", "diesel"]),
        ],
        "target": {"name": "price", "unit": "USD"},
        "dataset": a_dataset(),
        "counts": {
            "manufacturer": {"ford": 1234, "bmw": 80},
            "model": {"ford": {"f-150": 567, "focus": 90}, "bmw": {"x5": 33}},
        },
    }


def a_dataset() -> dict:
    """What schema and card say of the data."""
    dates = {"from": "2021-04-04", "to": "2021-04-27"}
    counts = {"rows": 40000, "rows_read": 42000, "rejected": {"price below 500": 1900}}
    return {"version": "abc123", "synthetic": False, **counts, **dates}


def an_estimate() -> dict:
    """What `POST /predict` answers."""
    return {
        "prediction_id": PREDICTION_ID,
        "price": 18250,
        "low": 15900,
        "high": 20800,
        "currency": "USD",
        "model_version": "7",
        "warnings": [{"code": "other", "message": "odometer is above anything seen in training"}],
    }


def a_model() -> dict:
    """What `GET /model` answers."""
    return {
        "name": "vehicle-price",
        "version": "7",
        "trained_at": "2026-11-20T14:02:00+00:00",
        "loaded_at": "2026-11-20T14:03:00+00:00",
        "card": {
            "dataset": a_dataset(),
            "metrics": {
                "test": {
                    "mae": 2931.4,
                    "median_absolute_percentage_error": 0.104,
                    "interval_coverage": 0.901,
                    "interval_mean_width": 12760.0,
                    "rows": 5321,
                }
            },
            "baselines": {"median_by_make_model_year": {"mae": 4890.1}},
            "segments": [
                {"segment": "price_band", "value": "500-5000", "rows": 9, "mae": 1, "coverage": 0.9}
            ],
            "gate": {"decision": "accepted", "reasons": ["nothing in production"], "figures": {}},
            **what_the_range_holds(),
            "uses_not_for": ["No decision on lending may rest on it."],
        },
    }


def what_the_range_holds() -> dict:
    """The part of a card about its range and about prices above and below the predicted one."""
    fifth = {"from": 500.0, "to": 6000.0, "rows": 240, "mae": 900.0, "coverage": 0.92}
    band = {"rows": 60, "low": -0.4, "median": 0.0, "high": 0.5}
    return {
        "calibration": {
            "below": 0.04,
            "above": 0.059,
            "fifths": [{"value": "1 of 5", **fifth, "mean_width": 3200.0}],
        },
        "residuals": {
            "predicted_price": [{"at": 2000.0, **band}, {"at": 40_000.0, **band}],
            "age": [{"at": 0.0, **band}, {"at": 1.0, **band}, {"at": 9.0, **band}],
        },
    }


def a_drift(alert: bool = False) -> dict:
    """What `GET /drift` answers when the window is full."""
    return {
        "model_version": "7",
        "window_rows": 500,
        "window_needed": 500,
        "drift_share": 0.5 if alert else 0.0,
        "threshold": 0.2,
        "alert": alert,
        "since": "2026-11-23T14:50:00+00:00" if alert else None,
        "columns": [
            {
                **{"name": "year", "score": 0.31, "threshold": 0.1, "drifted": alert},
                "explanation": "year: median 2018 now, 2011 in the reference",
            },
            {"name": "odometer", "score": 0.02, "threshold": 0.1, "drifted": False},
        ],
        "prediction": {
            **{"score": 0.03, "threshold": 0.1, "drifted": False},
            "explanation": "predicted price: median 11,006 now, 11,217 in the reference",
        },
        "actual": {
            **{"rows": 1204, "mae": 3310.4, "interval_coverage": 0.874},
            **{"reference_mae": 2931.4, "reference_interval_coverage": 0.901},
        },
    }


def distributions() -> dict:
    """What `GET /distributions` answers when the window is full."""
    year = {"bins": [2000, 2010, 2020], "reference": [0.5, 0.5], "recent": [0.1, 0.9]}
    fuel = {"values": ["gas", "other"], "reference": [0.9, 0.1], "recent": [0.2, 0.8]}
    return {
        "model_version": "7",
        "window_rows": 500,
        "columns": [
            {"name": "fuel", "kind": "category", **fuel},
            {"name": "year", "kind": "number", **year},
        ],
    }


def versions() -> list[dict]:
    """The list that `GET /model/versions` answers with, newest first."""
    seventh = {
        "version": "7",
        "created_at": "2026-11-20T14:02:00+00:00",
        "aliases": ["production"],
        "decision": "accepted",
        "reason": "no model is in production yet",
        "dataset_version": "abc123",
        "mae": 2931.4,
    }
    sixth = {**dict.fromkeys(seventh), "version": "6", "aliases": [], "decision": "refused"}
    return [seventh, {**sixth, "reason": "worse than the baseline"}]


COLUMN_NAMES = {
    "brand": "manufacturer",
    "make": "manufacturer",
    "yr": "year",
    "mileage": "odometer",
}


def some_columns(body: bytes) -> dict:
    """How a table would be read, matched by names alone, its numbers by one column's look."""
    text = body.decode("utf-8-sig", errors="replace")
    skipped = 1 if text.startswith("sep=") else 0
    lines = [line for line in text.splitlines()[skipped:] if line]
    delimiter = max(",;|\t", key=lines[0].count) if lines else ","
    header, *rows = (line.split(delimiter) for line in lines or [""])
    names = [COLUMN_NAMES.get(name.strip().casefold(), name.strip().casefold()) for name in header]
    known = {feature["name"] for feature in a_schema()["features"]}
    columns = {name: number for number, name in enumerate(names) if name in known}
    odometer = columns.get("odometer")
    has_points = any(odometer is not None and row[odometer].endswith(".000") for row in rows)
    return {
        **{"delimiter": delimiter, "skipped_lines": skipped, "header": header, "columns": columns},
        **{"rows": len(rows), "empty_rows": 0, "encoding": "utf-8", "bom": False},
        "unused": [n for n, name in enumerate(names) if name not in known],
        "notes": ["“title” holds names of vehicles, no title status."] if "title" in names else [],
        "thousands": {"odometer": "."} if has_points else {},
        "units": {},
    }


def a_priced_csv(body: bytes) -> bytes:
    """The table with price columns; a year that is no number gets an error instead."""
    header, *rows = body.decode().splitlines()
    year = header.split(",").index("year")
    lines = [header + ",predicted_price,low,high,error,warnings"]
    for row in rows:
        good = row.split(",")[year].isdigit()
        lines.append(row + (",18250,15900,20800,," if good else ",,,,year: not a number,"))
    return "\n".join(lines).encode() + b"\n"


class StandIn:
    """A stand-in of the service and of the monitor: what it answers, and what it was asked.

    `answers` holds (status, content) by path without its query; `asked` holds (path, headers, body).
    """

    def __init__(self) -> None:
        self.answers: dict[str, tuple[int, object]] = {
            "/schema": (200, a_schema()),
            "/model": (200, a_model()),
            "/predict": (200, an_estimate()),
            "/feedback": (202, {"status": "kept"}),
            "/explain": (200, an_explanation()),
            "/curves": (200, some_curves()),
            "/comparables": (200, some_comparables()),
            "/predict/csv": (200, a_priced_csv),
            "/predict/csv/columns": (200, some_columns),
            "/model/versions": (200, {"versions": versions()}),
            "/drift": (200, a_drift()),
            "/distributions": (200, distributions()),
        }
        self.asked: list[tuple[str, dict, bytes]] = []
        self._server: ThreadingHTTPServer | None = None
        self._port = 0

    @property
    def url(self) -> str:
        """Where it listens; the same after a stop and a start."""
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Listen, on the port of before where there was one."""
        self._server = ThreadingHTTPServer(("127.0.0.1", self._port), _handler(self))
        self._server.daemon_threads = True
        self._port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        """Listen no more."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def bodies(self, path: str) -> list:
        """The JSON bodies that were sent to a path."""
        return [json.loads(body) for asked, _, body in self.asked if asked == path]


def _handler(stand_in: StandIn) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        """Answers what the stand-in holds for the path."""

        def log_message(self, *_: object) -> None:
            """Keep the tests' output clean."""

        def answer(self) -> None:
            """Note the request and answer it."""
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            stand_in.asked.append((self.path, dict(self.headers), body))
            path = self.path.partition("?")[0]
            status, content = stand_in.answers.get(path, (404, {"detail": "unknown"}))
            content = content(body) if callable(content) else content
            data = content if isinstance(content, bytes) else json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = answer

    return Handler


@pytest.fixture(name="stand_in")
def _stand_in() -> Iterator[StandIn]:
    server = StandIn()
    server.start()
    yield server
    server.stop()


@pytest.fixture(name="client")
def _client(stand_in: StandIn) -> PriceService:
    return PriceService(stand_in.url, api_key="secret", timeout_seconds=5)


@pytest.fixture(autouse=True)
def _environment(stand_in: StandIn, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("SERVICE_URL", stand_in.url)
    monkeypatch.setenv("MONITOR_URL", stand_in.url)
    monkeypatch.setenv("API_KEY", "secret")
    switches = ("FORM_FEEDBACK", "FORM_UPLOADS")
    for name in ("GRAFANA_URL", "MLFLOW_URL", "AIRFLOW_URL", *switches):
        monkeypatch.delenv(name, raising=False)
    streamlit.cache_data.clear()
    yield
    streamlit.cache_data.clear()


@pytest.fixture(name="form")
def _form() -> AppTest:
    """The whole form on its first page, not yet run."""
    return AppTest.from_file(str(APP), default_timeout=20)


@pytest.fixture(name="page")
def _page() -> Callable[[str], AppTest]:
    """One page of the form by its module's name, not yet run."""

    def of(name: str) -> AppTest:
        script = (
            "from importlib import import_module\n"
            "from price_app.backend import Backend\n"
            "from price_app.settings import Settings\n"
            f"import_module('price_app.pages.{name}').show(Backend(Settings()))\n"
        )
        return AppTest.from_string(script, default_timeout=20)

    return of
