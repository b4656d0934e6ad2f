"""The pipeline: from an archive of listings to a judged, registered model of their price."""

import os

# MLflow and ONNX Runtime report their use to their makers unless these stand before they are
# imported. Who has set one of them, decides.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("DO_NOT_TRACK", "true")
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
