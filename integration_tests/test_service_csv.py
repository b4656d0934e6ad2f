"""CSV files against the real service."""

import csv
import io
from pathlib import Path

import requests

from integration_tests.service_under_gunicorn import service_in
from unit_tests.price_service.waiting import wait_for

LONG_ROWS = 100_000


def score(url: str, text: str) -> requests.Response:
    """POST /predict/csv with a raw body."""
    headers = {"Content-Type": "text/csv"}
    return requests.post(f"{url}/predict/csv", data=text.encode(), headers=headers, timeout=60)


def test_a_bad_row_is_named_and_the_others_get_the_prices_of_predict(service_url):
    text = "note,year,odometer\na,2014,80000\nb,abc,80000\nc,2010,\n"
    answer = list(csv.DictReader(io.StringIO(score(service_url, text).text)))
    listings = [{"year": 2014, "odometer": 80000}, {"year": 2010}]
    results = requests.post(f"{service_url}/predict", json=listings, timeout=20).json()
    assert list(answer[0]) == [
        *("note", "year", "odometer"),
        *("predicted_price", "low", "high", "error", "warnings"),
    ]
    assert [row["note"] for row in answer] == ["a", "b", "c"]
    assert [row["predicted_price"] for row in answer] == [
        str(results[0]["price"]),
        "",
        str(results[1]["price"]),
    ]
    assert "year" in answer[1]["error"]


def test_a_form_field_gets_the_same_answer_as_a_raw_body(service_url):
    text = "year,odometer\n2014,80000\n"
    files = {"file": ("listings.csv", text.encode(), "text/csv")}
    form = requests.post(f"{service_url}/predict/csv", files=files, timeout=20)
    assert form.text == score(service_url, text).text


def test_an_empty_file_and_a_missing_column_are_problems(service_url):
    for text in ("", "model\nf-150\n"):
        reply = score(service_url, text)
        assert reply.status_code == 422
        assert reply.headers["Content-Type"] == "application/problem+json"


def peak_bytes(pid: int) -> int:
    """The most memory that a process has had."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


def test_memory_does_not_grow_with_the_file(tmp_path):
    with service_in(tmp_path) as service:
        service.keep_model()
        service.migrate()
        service.start()
        wait_for(lambda: service.log().count("model version 1 serves") == 2, "both workers")
        before = max(map(peak_bytes, service.workers()))
        text = "year,odometer,note\n" + f"2014,80000,{'x' * 100}\n" * LONG_ROWS
        lines = score(service.url, text).text.splitlines()
        after = max(map(peak_bytes, service.workers()))
    assert len(lines) == LONG_ROWS + 1
    assert lines[-1].endswith(",21300,17040,25560,,")
    assert after - before < 40 * 2**20
