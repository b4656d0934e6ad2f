import pytest

pytest.importorskip("airflow.models")


@pytest.fixture(scope="module")
def dags(request):
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(request.config.rootpath / "airflow" / "dags")
    assert bag.import_errors == {}
    return bag.dags


def test_the_three_dags_are_read_without_an_error_and_carry_docs(dags):
    assert set(dags) == {"create_datasets", "train_model", "watch_drift"}
    assert all(dag.doc_md for dag in dags.values())


def test_each_dag_runs_once_at_a_time_and_never_catches_up(dags):
    assert {dag.max_active_runs for dag in dags.values()} == {1}
    assert not any(dag.catchup for dag in dags.values())


def test_the_steps_follow_one_another(dags):
    assert dags["create_datasets"].task_dict["prepare"].upstream_task_ids == {"download"}
    assert dags["create_datasets"].task_dict["split"].upstream_task_ids == {"prepare"}
    assert dags["train_model"].task_dict["promote"].upstream_task_ids == {"evaluate"}
    assert (
        dags["watch_drift"].task_dict["start_create_datasets"].trigger_dag_id == "create_datasets"
    )


def test_training_can_be_started_with_a_form(dags):
    names = {"trials", "rows", "dataset_version", "dry_run", "force", "reason"}
    assert names <= set(dags["train_model"].params)


def test_only_the_last_step_of_a_data_set_announces_it(dags):
    announcing = [task.task_id for task in dags["create_datasets"].tasks if task.outlets]
    assert announcing == ["split"]


@pytest.mark.parametrize("name", ["create_datasets", "train_model", "watch_drift"])
def test_each_default_may_be_triggered_as_the_page_opens(dags, name):
    # Airflow's page keeps the button disabled for a string that is not null and empty.
    for parameter, value in dags[name].params.items():
        schema = dags[name].params.get_param(parameter).schema
        assert value != "" and (value is not None or "null" in schema["type"])
