"""The HTTP clients against a real port."""

import socket
import threading

import pytest

from price_app import errors
from price_app.api_client import DriftMonitor, Estimate, PriceService


def test_a_prediction_comes_back_as_an_estimate(client):
    estimate = client.predict({"year": 2014})
    assert (estimate.low, estimate.price, estimate.high) == (15900, 18250, 20800)
    message = "odometer is above anything seen in training"
    assert estimate.warnings == ({"code": "other", "message": message},)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, errors.ListingRefused),
        (401, errors.KeyRefused),
        (404, errors.UnexpectedAnswer),
        (413, errors.TooLarge),
        (422, errors.ListingRefused),
        (500, errors.UnexpectedAnswer),
        (503, errors.NotReady),
    ],
)
def test_each_status_has_its_own_error_with_the_services_words(client, stand_in, status, kind):
    stand_in.answers["/predict"] = (status, {"title": "t", "detail": "the service's words"})
    with pytest.raises(kind, match="the service's words"):
        client.predict({"year": 2014})


@pytest.mark.parametrize("body", [b"", b"nonsense", b"[]", b'{"price": 1}', b'{"price": "x"}'])
def test_an_answer_that_is_no_estimate_is_an_error_of_ours(client, stand_in, body):
    stand_in.answers["/predict"] = (200, body)
    with pytest.raises(errors.UnexpectedAnswer):
        client.predict({"year": 2014})


def test_refused_fields_are_named(client, stand_in):
    named = [{"field": "year", "message": "must be at least 1950"}, "nonsense"]
    stand_in.answers["/predict"] = (422, {"detail": "wrong", "errors": named})
    with pytest.raises(errors.ListingRefused) as refused:
        client.predict({"year": 1})
    assert refused.value.fields == (errors.FieldError("year", "must be at least 1950"),)


def test_warnings_of_a_model_of_before_are_sentences_without_a_code(client, stand_in):
    stand_in.answers["/predict"][1]["warnings"] = ["year 1952 is below anything"]
    [warning] = client.predict({"year": 1952}).warnings
    assert warning == {"code": "other", "message": "year 1952 is below anything"}


def test_a_service_that_is_down_is_unreachable(client, stand_in):
    stand_in.stop()
    with pytest.raises(errors.ServiceUnreachable):
        client.schema()


def test_a_service_that_never_answers_is_slow():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(errors.ServiceSlow):
            PriceService(url, timeout_seconds=0.2).predict({"year": 2014})
        assert DriftMonitor(url, timeout_seconds=0.2).drift() is None


@pytest.mark.parametrize("detail", ["explain", "curves", "comparables"])
def test_details_that_never_come_are_slow(detail):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(errors.ServiceSlow):
            getattr(PriceService(url, timeout_seconds=0.2), detail)({"year": 2014})


def test_a_connection_that_breaks_is_unreachable():
    with socket.create_server(("127.0.0.1", 0)) as server:

        def hang_up() -> None:
            server.accept()[0].close()

        thread = threading.Thread(target=hang_up)
        thread.start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        with pytest.raises(errors.ServiceUnreachable):
            PriceService(url).predict({"year": 2014})
        thread.join()


@pytest.mark.parametrize("body", [{}, {"versions": None}, {"versions": ["7"]}, []])
def test_versions_that_are_no_list_are_an_error_of_ours(client, stand_in, body):
    stand_in.answers["/model/versions"] = (200, body)
    with pytest.raises(errors.UnexpectedAnswer):
        client.model_versions()


@pytest.mark.parametrize("answer", [(404, {"detail": "unknown"}), (200, {"window_rows": 0})])
def test_a_monitor_of_before_has_no_distributions(stand_in, caplog, answer):
    stand_in.answers["/distributions"] = answer
    assert DriftMonitor(stand_in.url).distributions() is None
    assert "no distributions from" in caplog.text


def test_without_a_key_no_key_is_sent(stand_in):
    PriceService(stand_in.url).schema()
    assert "X-API-Key" not in stand_in.asked[0][1]


def test_an_estimate_needs_all_its_figures():
    with pytest.raises(errors.UnexpectedAnswer, match="price"):
        Estimate.from_json({"prediction_id": "a"})
