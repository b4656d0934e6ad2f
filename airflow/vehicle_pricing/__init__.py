"""The pipeline: from an archive of listings to a judged, registered model of their price."""

import os

# MLflow reports its use to its makers unless these stand before it is imported. Who has set one
# of them, decides.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("DO_NOT_TRACK", "true")
