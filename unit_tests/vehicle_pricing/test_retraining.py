import json
import threading
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from vehicle_pricing.errors import MonitorError
from vehicle_pricing.retraining import DatasetMade, Drift, ask_monitor, decide, weigh
from vehicle_pricing.settings import Settings

NOW = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)
LONG_AGO = DatasetMade(NOW - timedelta(days=7), has_feedback=True)
DRIFT = {
    "alert": True,
    "window_rows": 500,
    "columns": [{"name": "fuel", "drifted": True}, {"name": "state", "drifted": False}],
}


def settings(**changes):
    return Settings(retrain_min_labels=500, retrain_cooldown_minutes=60, **changes)


@pytest.fixture
def monitor():
    """A monitor that answers with what `answer` holds."""
    answer = {"alert": False, "window_rows": 12, "columns": []}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            body = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", answer
    server.shutdown()
    thread.join()
    server.server_close()


def test_drift_with_enough_labels_and_outside_the_cool_down_is_a_reason_to_retrain():
    decision = weigh(Drift.model_validate(DRIFT), LONG_AGO, 500, settings(), NOW)
    assert decision.retrain
    assert "fuel drifted" in decision.reason and "state" not in decision.reason


def test_too_few_labels_are_counted_and_the_way_to_send_them_is_named():
    decision = weigh(Drift.model_validate(DRIFT), LONG_AGO, 499, settings(), NOW)
    assert not decision.retrain
    assert "499" in decision.reason and "500" in decision.reason
    assert "/feedback" in decision.reason


def test_within_the_cool_down_nothing_is_started_however_many_labels_came():
    lately = DatasetMade(NOW - timedelta(minutes=59), has_feedback=True)
    decision = weigh(Drift.model_validate(DRIFT), lately, 10_000, settings(), NOW)
    assert not decision.retrain
    assert "1 min to wait" in decision.reason


def test_a_data_set_of_the_archive_alone_starts_no_cool_down():
    lately = DatasetMade(NOW - timedelta(minutes=1), has_feedback=False)
    assert weigh(Drift.model_validate(DRIFT), lately, 500, settings(), NOW).retrain


def test_without_an_alert_neither_storage_nor_log_is_asked(monitor, tmp_path):
    url, _ = monitor
    decision = decide(settings(monitor_url=url, data_uri=str(tmp_path)), NOW)
    assert not decision.retrain
    assert "12 rows" in decision.reason


def test_an_alert_without_any_label_says_what_is_missing(monitor, tmp_path):
    url, answer = monitor
    answer.update(DRIFT)
    log = f"sqlite:///{tmp_path / 'log.db'}"
    chosen = settings(monitor_url=url, data_uri=str(tmp_path / "data"), prediction_log_url=log)
    decision = decide(chosen, NOW)
    assert not decision.retrain
    assert "only 0 new listings" in decision.reason


@pytest.mark.parametrize("lacking", ["alert", "window_rows", "columns"])
def test_an_answer_that_lacks_something_is_named_and_no_key_error(monitor, lacking):
    url, answer = monitor
    del answer[lacking]
    with pytest.raises(MonitorError, match=rf"not understood \({lacking}: .*MONITOR_URL"):
        ask_monitor(url)


def test_a_monitor_that_is_down_is_named_with_its_address():
    with pytest.raises(MonitorError, match="http://127.0.0.1:1 does not answer"):
        ask_monitor("http://127.0.0.1:1")
