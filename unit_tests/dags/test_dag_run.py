"""What a run of a DAG is given, and the sentence with which a task refuses it."""

import pytest

pytest.importorskip("airflow.models")

from airflow.sdk.exceptions import AirflowFailException

from vehicle_pricing import dag_run
from vehicle_pricing.dag_run import WITHOUT_VERSION, announced_version

OLDER, NEWER = "aaaaaaaaaaaa", "bbbbbbbbbbbb"


def test_an_unknown_parameter_is_named_beside_those_that_there_are():
    with pytest.raises(AirflowFailException, match="'Trials', 'seed': its parameters are trials"):
        dag_run.refuse_unknown(
            "train_model", {"Trials": 1, "seed": 2, "rows": 3}, ["trials", "rows"]
        )


def test_a_dag_without_parameters_says_so():
    with pytest.raises(
        AirflowFailException, match="does not know the parameter 'rows': it has none"
    ):
        dag_run.refuse_unknown("create_datasets", {"rows": 600}, {})


def test_known_parameters_pass():
    dag_run.refuse_unknown("train_model", {"rows": 3}, ["trials", "rows"])


@pytest.mark.parametrize("reason", [None, "", "  "])
def test_force_without_a_reason_is_refused(reason):
    with pytest.raises(AirflowFailException, match="force needs a reason"):
        dag_run.check_reason(True, reason)


@pytest.mark.parametrize("force, reason", [(False, None), (False, ""), (True, "to try it")])
def test_force_with_a_reason_and_no_force_pass(force, reason):
    dag_run.check_reason(force, reason)


@pytest.mark.parametrize("result", [None, "", " ", 7, {"run": "a"}])
def test_a_step_that_left_no_id_is_named(result):
    with pytest.raises(AirflowFailException, match="task train has left no result.*clear train"):
        dag_run.required(result, "train")


def test_the_id_of_the_step_before_is_handed_on():
    assert dag_run.required("7", "evaluate") == "7"


@pytest.mark.parametrize(
    "extras, expected",
    [
        ([], ("", "")),
        ([{"version": OLDER}, {"version": NEWER}], (NEWER, "")),
        ([{"version": OLDER}, {}], (OLDER, "")),
        ([{}], ("", WITHOUT_VERSION)),
        ([None], ("", WITHOUT_VERSION)),
        ([{"version": None}], ("", WITHOUT_VERSION)),
        ([{"version": 7}], ("", WITHOUT_VERSION)),
        ([{"version": "latest"}], ("", WITHOUT_VERSION)),
        ([{"Version": OLDER}], ("", WITHOUT_VERSION)),
    ],
)
def test_the_newest_version_that_events_name_counts(extras, expected):
    assert announced_version(extras) == expected
