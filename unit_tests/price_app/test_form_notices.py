"""The notices that every page shows."""

import pytest

PAGES = ("price", "many", "about", "health")


def warnings(page) -> str:
    """The words of the page's warnings."""
    return "\n".join(warning.value for warning in page.warning)


@pytest.mark.parametrize("name", PAGES)
def test_every_page_says_when_the_data_was_synthetic(page, stand_in, name):
    stand_in.answers["/schema"][1]["dataset"]["synthetic"] = True
    assert "Trained on synthetic data" in warnings(page(name).run())


@pytest.mark.parametrize("name", PAGES)
def test_no_page_speaks_of_synthetic_data_or_drift_without_reason(page, name):
    assert warnings(page(name).run()) == ""


@pytest.mark.parametrize("name", PAGES)
def test_every_page_says_when_drift_is_active_and_since_when(page, stand_in, name):
    stand_in.answers["/drift"][1].update(alert=True, since="2026-11-23T14:50:00+00:00")
    words = warnings(page(name).run())
    assert "differ from those the model was trained on" in words
    assert "since 23 November 2026, 14:50 UTC" in words


@pytest.mark.parametrize("answer", [(500, b"oops"), (200, b"[]"), (503, {"detail": "starting"})])
def test_a_monitor_without_a_status_does_not_disturb_the_form(page, stand_in, answer):
    stand_in.answers["/drift"] = answer
    form = page("price").run()
    assert form.text_input(key="year").label == "Year"
    assert not form.warning and not form.error and not form.exception


def test_a_monitor_that_is_down_does_not_disturb_the_form(page, monkeypatch, caplog):
    monkeypatch.setenv("MONITOR_URL", "http://127.0.0.1:9")
    form = page("price").run()
    assert form.text_input(key="year").label == "Year"
    assert not form.warning and not form.error
    assert "no drift status from http://127.0.0.1:9" in caplog.text
