"""GET /model/versions: what the registry tells of its versions, and how seldom it is asked."""

from dataclasses import replace

import mlflow
import pytest

from price_service.model import MODEL_NAME
from price_service.registry import MlflowRegistry, RegisteredVersion, RegistryUnreachable
from price_service.version_list import FAILED_SECONDS, FRESH_SECONDS, VersionList

from unit_tests.price_service.fake_registry import FakeRegistry

NULLS = ("created_at", "decision", "reason", "dataset_version", "mae")


@pytest.fixture(scope="module", name="tracking_uri")
def registry_with_three_versions(tmp_path_factory) -> str:
    """One in production, one refused, one that nobody has judged and whose run is gone."""
    folder = tmp_path_factory.mktemp("registry")
    uri = f"sqlite:///{folder / 'mlflow.db'}"
    client = mlflow.MlflowClient(uri, uri)
    experiment = client.create_experiment(MODEL_NAME, folder.as_uri())
    client.create_registered_model(MODEL_NAME)
    tags = [
        {"gate": "accepted", "dataset_version": "0123456789ab"},
        {"gate": "refused", "refused": "worse than the median", "forced": "a test", "x": "y"},
        {},
    ]
    for number, tagged in enumerate(tags, 1):
        run = client.create_run(experiment).info.run_id if tagged else None
        client.create_model_version(MODEL_NAME, folder.as_uri(), run, tags=tagged)
        if run:
            client.log_metric(run, "test_mae", 2_000.5 + number)
    client.set_registered_model_alias(MODEL_NAME, "production", "1")
    client.set_registered_model_alias(MODEL_NAME, "challenger", "2")
    return uri


def test_versions_come_newest_first_with_what_the_gate_said(tracking_uri):
    third, second, first = MlflowRegistry(tracking_uri).versions()
    assert (first.version, first.aliases, first.mae) == ("1", ["production"], 2_001.5)
    assert (first.decision, first.reason, first.dataset_version) == (
        *("accepted", None),
        "0123456789ab",
    )
    assert first.created_at.endswith("+00:00")
    assert (second.aliases, second.decision, second.dataset_version) == (
        *(["challenger"], "refused"),
        None,
    )
    assert second.reason == "worse than the median; promoted by force: a test"
    assert (third.version, third.aliases, third.decision, third.mae) == ("3", [], None, None)


def test_a_registry_without_the_model_has_no_versions(tmp_path):
    assert MlflowRegistry(f"sqlite:///{tmp_path / 'empty.db'}").versions() == []


def test_a_registry_that_is_away_is_unreachable_for_versions_too(monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with pytest.raises(RegistryUnreachable):
        MlflowRegistry("http://127.0.0.1:9").versions()


class Counted(FakeRegistry):
    """A registry that counts how often its versions are asked for."""

    def __init__(self):
        super().__init__()
        self.asked = 0

    def versions(self):
        """One version, if the registry is there."""
        self.asked += 1
        if self.away:
            raise RegistryUnreachable("connection refused")
        return [RegisteredVersion(str(self.asked))]


@pytest.fixture(name="registry")
def counted_registry() -> Counted:
    """A registry that counts."""
    return Counted()


def test_the_registry_is_asked_again_only_after_a_while(registry):
    seconds = [0.0]
    kept = VersionList(registry, lambda: seconds[0])
    assert [kept.current()[0].version for _ in range(3)] == ["1"] * 3
    seconds[0] = FRESH_SECONDS
    assert kept.current()[0].version == "2"


def test_an_absent_registry_is_a_503_that_does_not_ask_at_every_request(app, registry):
    seconds = [0.0]
    kept = VersionList(registry, lambda: seconds[0])
    parts = app.extensions["price_service"]
    app.extensions["price_service"] = replace(parts, versions=kept.current)
    client, registry.away = app.test_client(), True
    for _ in range(3):
        reply = client.get("/model/versions")
        assert reply.status_code == 503 and reply.mimetype == "application/problem+json"
        assert reply.headers["Retry-After"] == "10"
    assert registry.asked == 1
    registry.away, seconds[0] = False, FAILED_SECONDS
    assert client.get("/model/versions").get_json()["versions"][0]["version"] == "2"


def test_an_application_that_was_given_its_model_tells_of_that_one(client):
    (version,) = client.get("/model/versions").get_json()["versions"]
    assert version == {"version": "1", "aliases": [], **dict.fromkeys(NULLS)}
