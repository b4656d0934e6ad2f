"""Checks what a run of a DAG is given; what cannot be used fails its task at once, in a sentence.

Used by the DAGs alone: nothing else of the pipeline imports Airflow.
"""

import re
from collections.abc import Iterable

from airflow.sdk import get_current_context
from airflow.sdk.exceptions import AirflowFailException

DATASET_VERSION = re.compile(r"[0-9a-f]{12}")
WITHOUT_VERSION = (
    "the asset event that started this run names no version of a data set:"
    " trained on the latest data set"
)


def check_parameters() -> None:
    """Raise AirflowFailException if the current run was given a parameter that its DAG has not."""
    context = get_current_context()
    dag = context["dag"]
    refuse_unknown(dag.dag_id, context["dag_run"].conf or {}, dag.params)


def refuse_unknown(dag: str, given: Iterable[str], known: Iterable[str]) -> None:
    """Raise AirflowFailException that names the unknown parameters and the known ones."""
    unknown = sorted(set(given) - set(known))
    if not unknown:
        return
    names = ", ".join(repr(name) for name in unknown)
    has = f"its parameters are {', '.join(known)}" if list(known) else "it has none"
    raise AirflowFailException(f"{dag} does not know the parameter {names}: {has}")


def check_reason(force: bool, reason: str | None) -> None:
    """Raise AirflowFailException if a promotion is to be forced without a reason."""
    if force and not (reason or "").strip():
        raise AirflowFailException(
            "force needs a reason, which is kept with the model: give both, or leave force off"
        )


def required(result: object, step: str) -> str:
    """Return the id that the step before gave; raise AirflowFailException if it gave none.

    A task that was marked as success by hand has run without a result, and one that is cleared
    loses its own.
    """
    if isinstance(result, str) and result.strip():
        return result
    raise AirflowFailException(
        f"the task {step} has left no result (it was marked as success by hand, or cleared):"
        f" clear {step} with all that follows it"
    )


def announced_version(extras: Iterable[dict | None]) -> tuple[str, str]:
    """Return the newest version of a data set that asset events name, and a note if none does.

    An event that was made by hand in Airflow carries no version; both are empty without events.
    """
    extras = list(extras)
    for extra in reversed(extras):
        version = (extra or {}).get("version")
        if isinstance(version, str) and DATASET_VERSION.fullmatch(version):
            return version, ""
    return "", WITHOUT_VERSION if extras else ""
