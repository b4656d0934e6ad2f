"""No credential of an address reaches a log, an answer or a metric of the service."""

import logging

import pytest

from price_service.__main__ import main
from price_service.redaction import RedactingFormatter, redact
from price_service.settings import Settings

from unit_tests.price_service.growth import assert_grows_with_its_input

SECRET = "S3cretPw"
TEXTS = {
    f"at http://admin:{SECRET}@127.0.0.1:9/api": "at http://127.0.0.1:9/api",
    f"'postgresql+psycopg2://u:{SECRET}@h/d'": "'postgresql+psycopg2://h/d'",
    f"http://u:{SECRET}/with/slashes@and@signs@h": "http://h",
    f"s3://{SECRET}@bucket/key, s3://bucket": "s3://bucket/key, s3://bucket",
    f"postgresql://h/d?user=u&password={SECRET}&x=1": "postgresql://h/d?user=u&password=***&x=1",
    f"https://b.s3/k?X-Amz-Credential={SECRET}&X-Amz-Signature={SECRET}": (
        "https://b.s3/k?X-Amz-Credential=***&X-Amz-Signature=***"
    ),
    "mail ada@example.com; see http://h/p": "mail ada@example.com; see http://h/p",
    f"a URI: 'user:{SECRET}@bucket/models'": "a URI: bucket/models'",
    "two\n  lines\tas they were": "two\n  lines\tas they were",
}


@pytest.mark.parametrize("text, shown", TEXTS.items())
def test_an_address_is_shown_without_its_credentials_and_another_text_as_it_is(text, shown):
    assert redact(text) == shown


@pytest.mark.parametrize("piece", ["/", "a", "@", "//a@", "?key=", "?passs"])
def test_redacting_costs_no_more_than_the_text_deserves(piece):
    assert_grows_with_its_input(redact, lambda size: piece * (size // len(piece)), 300_000)


@pytest.mark.parametrize("name", ["MODEL_FALLBACK_URI", "SERVICE_PORT", "MAX_BODY_BYTES"])
def test_a_setting_that_is_refused_is_not_repeated(monkeypatch, name):
    monkeypatch.setenv(name, f"ftp://user:{SECRET}@host/path")
    with pytest.raises(ValueError) as raised:
        Settings()
    assert SECRET not in str(raised.value)


def test_a_traceback_is_redacted_too():
    formatter = RedactingFormatter("%(message)s")
    try:
        raise ConnectionError(f"http://admin:{SECRET}@127.0.0.1:9 refused")
    except ConnectionError as error:
        record = logging.LogRecord("a", logging.ERROR, "p", 1, "%s", ("failed",), None)
        record.exc_info = (type(error), error, error.__traceback__)
    assert "http://127.0.0.1:9 refused" in formatter.format(record)
    assert SECRET not in formatter.format(record)


def test_a_command_that_fails_names_no_credential(monkeypatch, capsys):
    monkeypatch.setenv("PREDICTION_LOG_URL", f"postgresql://u:{SECRET}@127.0.0.1:9/log")
    assert main(["migrate"]) == 1
    output = "".join(capsys.readouterr())
    assert "127.0.0.1" in output and SECRET not in output
