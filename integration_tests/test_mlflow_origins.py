"""The pages that MLflow answers, as local/Procfile starts it: those of its own address, no others."""

import urllib.parse

import pytest
import requests

API = "api/2.0/mlflow"
ARTIFACT = "api/2.0/mlflow-artifacts/artifacts/0/page.txt"
FOREIGN = (
    *("http://127.0.0.1:8085", "http://localhost:8085", "http://[::1]:8085", "http://127.0.0.1"),
    *("https://127.0.0.1:8085", "http://[::1]", "https://example.com", "null"),
)


def ask(mlflow_url, method, path, **headers):
    """Return the answer to a request with these headers, and where it needs one a body."""
    body = {"name": "made-by-a-page"} if method in ("POST", "PUT") else None
    address = f"{mlflow_url}/{path}"
    return requests.request(method, address, json=body, headers=headers, timeout=20)


def preflight(mlflow_url, method, path, origin):
    """Return the answer to what a browser asks before such a request."""
    asked = {"Access-Control-Request-Method": method, "Access-Control-Request-Headers": "x-any"}
    return ask(mlflow_url, "OPTIONS", path, Origin=origin, **asked)


@pytest.mark.parametrize("origin", FOREIGN)
def test_a_page_of_another_origin_reads_nothing_and_changes_nothing(mlflow_url, origin):
    answers = [
        preflight(mlflow_url, "POST", f"{API}/experiments/create", origin),
        preflight(mlflow_url, "PUT", ARTIFACT, origin),
        ask(mlflow_url, "GET", f"{API}/experiments/get?experiment_id=0", Origin=origin),
        ask(mlflow_url, "GET", "version", Origin=origin),
        ask(mlflow_url, "POST", f"{API}/experiments/create", Origin=origin),
        ask(mlflow_url, "PUT", ARTIFACT, Origin=origin),
        ask(mlflow_url, "DELETE", ARTIFACT, Origin=origin),
        ask(mlflow_url, "POST", "graphql", Origin=origin),
    ]
    assert [answer.status_code for answer in answers] == [403] * len(answers)
    for answer in answers:
        assert not [name for name in answer.headers if name.lower().startswith("access-control")]
    made = f"{API}/experiments/get-by-name?experiment_name=made-by-a-page"
    assert ask(mlflow_url, "GET", made).status_code == 404
    assert ask(mlflow_url, "GET", ARTIFACT).status_code != 200


def test_its_own_pages_and_programs_read_and_change(mlflow_url):
    port = urllib.parse.urlparse(mlflow_url).port
    for origin in (f"http://127.0.0.1:{port}", f"http://localhost:{port}", None):
        sent = {"Origin": origin} if origin else {}
        assert ask(mlflow_url, "GET", "", **sent).status_code == 200
        assert ask(mlflow_url, "GET", f"{API}/experiments/get?experiment_id=0", **sent).ok
        assert ask(mlflow_url, "PUT", ARTIFACT, **sent).ok
        assert ask(mlflow_url, "DELETE", ARTIFACT, **sent).ok


@pytest.mark.parametrize("host", ["example.com", "10.example.com", "192.168.example.com:5000"])
def test_a_page_whose_name_was_turned_to_this_machine_reads_nothing(mlflow_url, host):
    answer = ask(mlflow_url, "GET", f"{API}/experiments/get?experiment_id=0", Host=host)
    assert answer.status_code == 403
