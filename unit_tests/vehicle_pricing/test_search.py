"""A search that is cut short anywhere and continued tries and finds what one that ran through does."""

import pytest

from vehicle_pricing import schema as schemas
from vehicle_pricing.search import search
from vehicle_pricing.study import SPACE, Tried, as_optuna, parameters_of, search_key
from vehicle_pricing.training import prepare_matrices

from unit_tests.vehicle_pricing.model_world import card, splits

TRIALS, SEED = 7, 5


class Killed(Exception):
    """The process ends here."""


class Diary:
    """Keeps what a search tells of its trials; kills the search when told of a certain one."""

    def __init__(self, killed_at: int | None = None):
        self.killed_at = killed_at
        self.tried: list[Tried] = []

    def __call__(self, number: int, fit, pruned: bool) -> None:
        parameters = {name: fit.parameters[name] for name in SPACE}
        self.tried.append(Tried(number, parameters, fit.curve, pruned))
        if number == self.killed_at:
            raise Killed


@pytest.fixture(scope="module", name="prepared")
def world_prepared():
    """The encoded splits of a small world."""
    frames = splits()
    schema = schemas.build(frames["train"], card())
    return prepare_matrices(frames["train"].head(700), frames["validation"], schema)


@pytest.fixture(scope="module", name="through")
def search_that_ran_through(prepared):
    """What a search without a cut tried and found."""
    diary = Diary()
    return diary.tried, search(prepared, TRIALS, SEED, diary)


def test_trials_are_given_up_and_differ(through):
    tried, _ = through
    assert {trial.pruned for trial in tried} == {True, False}, "else the next tests show less"
    assert len({str(trial.parameters) for trial in tried}) == TRIALS


@pytest.mark.parametrize("killed_at", [0, 1, 4, 6])
def test_a_search_that_was_cut_tries_and_finds_the_same(prepared, through, killed_at):
    first, second = Diary(killed_at), Diary()
    with pytest.raises(Killed):
        search(prepared, TRIALS, SEED, first)
    best = search(prepared, TRIALS, SEED, second, kept=first.tried)
    assert (first.tried + second.tried, best) == through
    assert [trial.number for trial in second.tried] == list(range(killed_at + 1, TRIALS))


def test_a_longer_search_begins_as_a_shorter_one(prepared, through):
    tried, best = through
    diary = Diary()
    assert search(prepared, TRIALS, SEED, diary, kept=tried[:3]) == best
    assert diary.tried == tried[3:]


def test_a_search_is_not_swayed_by_trials_beyond_its_number(prepared, through):
    tried, _ = through
    diary = Diary()
    best = search(prepared, 1, SEED, diary, kept=tried)
    assert best == tried[0].parameters and not diary.tried


def test_another_seed_tries_others(prepared, through):
    diary = Diary(killed_at=1)
    with pytest.raises(Killed):
        search(prepared, TRIALS, SEED + 1, diary)
    assert diary.tried[1].parameters != through[0][1].parameters


def test_a_trial_is_rebuilt_with_the_errors_that_the_pruner_compares():
    parameters = {
        "max_depth": 7,
        "min_child_weight": 15.5,
        "subsample": 0.7,
        "colsample_bytree": 0.4,
        "reg_lambda": 2.5,
    }
    curve = [float(900 - step) for step in range(41)]
    complete = as_optuna(Tried(0, parameters, curve[:35] + [2_000.0], False))
    assert complete.intermediate_values == {0: 900.0, 10: 890.0, 20: 880.0, 30: 870.0}
    assert complete.value == 866.0 and complete.params == parameters
    pruned = as_optuna(Tried(1, parameters, curve, True))
    assert pruned.state.name == "PRUNED" and pruned.value == 860.0


def test_parameters_come_back_from_their_texts_exactly(through):
    for trial in through[0]:
        texts = {name: str(value) for name, value in trial.parameters.items()}
        back = parameters_of(texts | {"learning_rate": "0.1"})
        assert back == trial.parameters
        assert isinstance(back["max_depth"], int)


def test_only_the_same_data_rows_and_seed_share_a_key():
    same = search_key("aaaaaaaaaaaa", 900, 42)
    assert search_key("aaaaaaaaaaaa", 900, 42) == same
    others = {
        search_key("bbbbbbbbbbbb", 900, 42),
        search_key("aaaaaaaaaaaa", 901, 42),
        search_key("aaaaaaaaaaaa", 900, 43),
    }
    assert len(others | {same}) == 4
