"""What nasty bodies and requests are sent to."""

import pytest

from integration_tests.service_under_gunicorn import service_in
from unit_tests.price_service.waiting import wait_for


@pytest.fixture(scope="module", name="service")
def service_with_a_model(tmp_path_factory):
    """One service for the whole of a module, with a model in each worker."""
    with service_in(tmp_path_factory.mktemp("nasty")) as made:
        made.keep_model()
        made.start()
        wait_for(lambda: made.log().count("model version 1 serves") >= 2, "a model in each worker")
        yield made
