"""The fake model written to disk as MLflow keeps the registered one: models from code."""

from importlib import import_module
from pathlib import Path

from unit_tests.price_service import fake_model

PYFUNC = """

import mlflow
import pandas

class FakePyfunc(FakeModel, mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input: pandas.DataFrame, params=None):
        return self.predict_records(model_input.to_dict("records"))

mlflow.models.set_model(FakePyfunc())
"""


def save_model(folder: Path, price_factor: float = 1.0) -> None:
    """Write the fake model, its prices multiplied by a factor, into a folder to be made."""
    source = Path(fake_model.__file__).read_text(encoding="utf-8")
    source = source.replace("PRICE_FACTOR = 1.0", f"PRICE_FACTOR = {price_factor}")
    code = folder.parent / f"{folder.name}.py"
    code.write_text(source + PYFUNC, encoding="utf-8")
    save = import_module("mlflow.pyfunc").save_model
    save(folder, python_model=str(code), pip_requirements=["mlflow"])
