"""What must stand before any test module is imported."""

import os
import tempfile

import hypothesis

# Airflow makes its home when it is imported: never the user's own.
AIRFLOW_HOME = tempfile.TemporaryDirectory(prefix="airflow-home-")
os.environ["AIRFLOW_HOME"] = AIRFLOW_HOME.name
# MLflow takes the word "true" alone, Evidently any value.
os.environ["DO_NOT_TRACK"] = "true"
os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
# An example that takes long tells of a busy machine, not of a fault.
hypothesis.settings.register_profile("without_deadline", deadline=None)
hypothesis.settings.load_profile("without_deadline")


def pytest_unconfigure():
    """Leave nothing behind."""
    AIRFLOW_HOME.cleanup()
