import socket

import pytest

from local.ports import PortTaken, is_free, require_free


@pytest.fixture
def taken():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def test_a_port_that_is_listened_on_is_not_free(taken):
    assert not is_free(taken)


def test_a_taken_port_is_named_with_its_setting_and_another_is_proposed(taken):
    with pytest.raises(PortTaken) as error:
        require_free({"SERVICE_PORT": taken})
    assert f"port {taken} (SERVICE_PORT)" in str(error.value)
    assert f"make demo SERVICE_PORT={taken + 1}" in str(error.value)


def test_free_ports_are_passed_in_silence(taken):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free = probe.getsockname()[1]
    assert require_free({"SERVICE_PORT": free}) is None
