"""What the service is measured against: an echo, and a DataFrame and a DMatrix a request."""

import os
from pathlib import Path

import pandas as pd
import xgboost
from flask import Flask, Response, request
from mlflow import pyfunc


def echo() -> Flask:
    """Answers with the body that it was sent."""
    app = Flask("echo")

    @app.post("/predict")
    def predict() -> Response:
        return Response(request.get_data(), content_type="application/json")

    return app


def frame_and_matrix() -> Flask:
    """The price alone, the straightforward way: no checks, no range, nothing recorded."""
    app = Flask("plain")
    folder = Path(os.environ["MODEL_FOLDER"])
    encoder = pyfunc.load_model(str(folder)).unwrap_python_model().encoder
    booster = xgboost.Booster(model_file=str(folder / "artifacts" / "model.ubj"))

    @app.post("/predict")
    def predict() -> dict:
        frame = pd.DataFrame([request.get_json()])
        rows = encoder.encode(frame.to_dict("records"))
        matrix = xgboost.DMatrix(pd.DataFrame(rows, columns=encoder.names))
        return {"log_price": float(booster.predict(matrix)[0])}

    return app
