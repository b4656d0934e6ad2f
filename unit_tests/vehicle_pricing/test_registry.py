"""Aliases of the registry: promotion that may be cut short, rollback, pause, signature."""

import shutil

import mlflow
import pytest

from vehicle_pricing import schema as schemas
from vehicle_pricing.errors import RegistryError
from vehicle_pricing.model_card import MODEL_NAME
from vehicle_pricing.registry import PREVIOUS, PRODUCTION, Registry, signature

from unit_tests.vehicle_pricing.model_world import card, listings


class CutShort:
    """An MLflow client that dies when it is asked to move an alias for the nth time."""

    def __init__(self, client, calls: int):
        self.client, self.calls = client, calls

    def __getattr__(self, name):
        return getattr(self.client, name)

    def set_registered_model_alias(self, *arguments):
        """Move the alias, or die."""
        self.calls -= 1
        if self.calls < 0:
            raise ConnectionResetError("cut short")
        self.client.set_registered_model_alias(*arguments)


@pytest.fixture(scope="module", name="template")
def template_database(tmp_path_factory):
    """A database with three versions of the model, none named by an alias."""
    path = tmp_path_factory.mktemp("registry") / "mlflow.db"
    client = mlflow.MlflowClient(f"sqlite:///{path}", f"sqlite:///{path}")
    client.create_registered_model(MODEL_NAME)
    for _ in range(3):
        client.create_model_version(MODEL_NAME, source=path.parent.as_uri())
    return path


@pytest.fixture(name="registry")
def fresh_registry(template, tmp_path):
    """A registry with three versions."""
    shutil.copy(template, tmp_path / "mlflow.db")
    return Registry(f"sqlite:///{tmp_path / 'mlflow.db'}")


def aliases(registry) -> tuple[str | None, str | None]:
    """The versions named production and previous."""
    found = [registry.named(alias) for alias in (PRODUCTION, PREVIOUS)]
    return tuple(str(version.version) if version else None for version in found)


def test_the_first_promotion_replaces_nothing(registry):
    registry.put_into_production("1")
    assert aliases(registry) == ("1", None)


def test_a_promotion_keeps_what_it_replaced_as_previous(registry):
    registry.put_into_production("1")
    registry.put_into_production("2")
    assert aliases(registry) == ("2", "1")
    assert registry.version("2").current_stage == "Production"
    assert registry.version("1").current_stage == "Archived"


def test_promoting_twice_is_promoting_once(registry):
    for number in ("1", "2", "2"):
        registry.put_into_production(number)
    assert aliases(registry) == ("2", "1")


@pytest.mark.parametrize("calls", [0, 1])
def test_a_promotion_cut_short_leaves_production_whole_and_can_be_repeated(registry, calls):
    registry.put_into_production("1")
    client, registry.client = registry.client, CutShort(registry.client, calls)
    with pytest.raises(ConnectionResetError):
        registry.put_into_production("2")
    registry.client = client
    assert aliases(registry)[0] == "1"
    registry.put_into_production("2")
    assert aliases(registry) == ("2", "1")


def test_a_rollback_puts_previous_back_tags_and_pauses(registry):
    registry.put_into_production("1")
    registry.put_into_production("2")
    assert registry.roll_back() == ("2", "1")
    assert aliases(registry)[0] == "1"
    assert "rolled_back" in registry.version("2").tags
    assert registry.paused().startswith("rolled back from version 2 to 1")
    assert registry.version("1").current_stage == "Production"


def test_a_rollback_repeated_goes_no_further(registry):
    for number in ("1", "2", "3"):
        registry.put_into_production(number)
    registry.roll_back()
    assert registry.roll_back() == ("2", "2")
    assert aliases(registry)[0] == "2"


@pytest.mark.parametrize("calls", [0, 1])
def test_a_rollback_cut_short_has_paused_promotion_already(registry, calls):
    registry.put_into_production("1")
    registry.put_into_production("2")
    client, registry.client = registry.client, CutShort(registry.client, calls)
    with pytest.raises(ConnectionResetError):
        registry.roll_back()
    assert aliases(registry)[0] == "2"
    assert registry.paused()
    registry.client = client
    assert registry.roll_back() == ("2", "1")


def test_there_is_nothing_to_roll_back_to_after_the_first_promotion(registry):
    registry.put_into_production("1")
    with pytest.raises(RegistryError, match="nothing to roll back to"):
        registry.roll_back()


DELETED, WITHOUT_ALIAS, THERE = "deleted", "without alias", "there"
# Versions 1, 2 and 3 were promoted in turn; what became of production (3), previous (2) and 1.
BEHIND_ITS_BACK = [
    (THERE, THERE, THERE, ("3", "2")),
    (THERE, THERE, DELETED, ("3", "2")),
    (THERE, WITHOUT_ALIAS, THERE, ("3", "2")),
    (THERE, DELETED, THERE, ("3", "1")),
    (THERE, DELETED, DELETED, "no other version than 3 has been in production"),
    (DELETED, THERE, THERE, (None, "2")),
    (DELETED, THERE, DELETED, (None, "2")),
    (DELETED, WITHOUT_ALIAS, THERE, (None, "2")),
    (DELETED, DELETED, THERE, (None, "1")),
    (DELETED, DELETED, DELETED, "no version that is there has been in production"),
    (WITHOUT_ALIAS, THERE, THERE, (None, "2")),
    (WITHOUT_ALIAS, DELETED, DELETED, (None, "3")),
]


def do_behind_its_back(registry, number: str, alias: str | None, deed: str) -> None:
    """Delete a version, or its alias, as a person would in MLflow's pages."""
    if deed == DELETED:
        registry.client.transition_model_version_stage(MODEL_NAME, number, "Archived")
        registry.client.delete_model_version(MODEL_NAME, number)
    elif deed == WITHOUT_ALIAS:
        registry.client.delete_registered_model_alias(MODEL_NAME, alias)


@pytest.mark.filterwarnings("ignore:.*transition_model_version_stage.*:FutureWarning")
@pytest.mark.parametrize("production, previous, oldest, expected", BEHIND_ITS_BACK)
def test_a_rollback_finds_the_version_that_is_there(
    registry, production, previous, oldest, expected
):
    for number in ("1", "2", "3"):
        registry.put_into_production(number)
    do_behind_its_back(registry, "3", PRODUCTION, production)
    do_behind_its_back(registry, "2", PREVIOUS, previous)
    do_behind_its_back(registry, "1", None, oldest)
    if isinstance(expected, str):
        with pytest.raises(RegistryError, match=expected):
            registry.roll_back()
        assert registry.paused() == ""
        return
    assert registry.roll_back() == expected
    assert aliases(registry) == (expected[1], expected[1])
    assert registry.paused().startswith("rolled back from version")
    assert registry.roll_back() == (expected[1], expected[1]), "no further"


def test_a_rollback_does_not_return_to_what_was_rolled_back(registry):
    registry.put_into_production("1")
    registry.put_into_production("2")
    registry.roll_back()
    registry.client.delete_registered_model_alias(MODEL_NAME, PREVIOUS)
    with pytest.raises(RegistryError, match="production, 2, were rolled back themselves"):
        registry.roll_back()
    assert aliases(registry)[0] == "1"


def test_a_rollback_of_a_model_that_is_not_there_says_so(tmp_path):
    registry = Registry(f"sqlite:///{tmp_path / 'empty.db'}")
    with pytest.raises(RegistryError, match="no version that is there has been in production"):
        registry.roll_back()


def test_resuming_takes_the_pause_away_and_may_be_repeated(registry):
    registry.pause("for a look")
    registry.resume()
    registry.resume()
    assert registry.paused() == ""


def test_a_version_that_is_not_there_is_named(registry):
    with pytest.raises(RegistryError, match="find version 99 of vehicle-price.*MLflow answers"):
        registry.version("99")


def test_no_alias_in_an_empty_registry_is_no_error(tmp_path):
    assert Registry(f"sqlite:///{tmp_path / 'empty.db'}").named(PRODUCTION) is None


def test_a_registry_out_of_reach_is_named_with_what_to_do():
    with pytest.raises(RegistryError, match=r"127\.0\.0\.1:9.*check that MLflow runs there"):
        Registry("http://127.0.0.1:9").version("1")


def test_the_signature_has_every_feature_and_requires_none():
    inputs = signature(schemas.build(listings(300), card())).inputs
    assert [column.name for column in inputs][:3] == ["manufacturer", "model", "year"]
    assert not any(column.required for column in inputs)
    assert {str(column.type) for column in inputs} == {"DataType.string", "DataType.double"}
