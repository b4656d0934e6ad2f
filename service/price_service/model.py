"""The model that is served: loading it from its folder, trying it, and the slot that holds it."""

import json
import logging
import math
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

from price_service.csv_columns import ColumnMatcher
from price_service.errors import NoModelYet
from price_service.reference import REFERENCE_FILE, Reference, read_reference
from price_service.typical_vehicle import typical_name
from price_service.usual_listing import usual_listing
from price_service.validation import ListingValidator

MODEL_NAME = "vehicle-price"
COMING_SECONDS = 10
logger = logging.getLogger(__name__)


class ModelRefused(Exception):
    """A model's folder does not hold a model that can serve."""


class PriceModel(Protocol):
    """What the registered model offers once it is unwrapped."""

    schema: dict
    card: dict

    def understood(self, record: dict) -> tuple[dict, list[dict]]:
        """Return the checked record as the model reads it, and a warning for each change."""

    def predict_records(self, records: list[dict]) -> list[dict]:
        """Return price, low, high (dollars, unrounded), warnings and listing of each record."""


class EarlierModel:
    """Adapt a model registered before `understood`: it reads a record as it is, and its warnings
    are sentences."""

    def __init__(self, model):
        self.schema: dict = model.schema
        self.card: dict = model.card
        self._predict_records = model.predict_records

    def understood(self, record: dict) -> tuple[dict, list[dict]]:
        """See PriceModel.understood."""
        return record, []

    def predict_records(self, records: list[dict]) -> list[dict]:
        """See PriceModel.predict_records."""
        return [
            result
            | {"listing": record}
            | {"warnings": [{"code": "other", "message": text} for text in result["warnings"]]}
            for result, record in zip(self._predict_records(records), records, strict=True)
        ]


def adapted(model) -> PriceModel:
    """Return the model with the interface of today's."""
    return model if hasattr(model, "understood") else EarlierModel(model)


@dataclass(frozen=True)
class ServedModel:
    """One version of the model, ready; a request keeps the one that it began with."""

    version: str
    model: PriceModel
    validator: ListingValidator
    schema_json: str
    loaded_at: str
    folder: Path | None = None

    def predict(self, listings: list[dict]) -> list[dict]:
        """See PriceModel.predict_records."""
        return self.model.predict_records(listings)

    def understood(self, listing: dict) -> tuple[dict, list[dict]]:
        """See PriceModel.understood."""
        return self.model.understood(listing)

    @cached_property
    def column_matcher(self) -> ColumnMatcher:
        """Which columns of a CSV file are which fields, made when first asked for."""
        return ColumnMatcher(self.model.schema)

    @cached_property
    def reference(self) -> Reference | None:
        """The listings that it was tested on, read when first asked for; None for a model that
        came from no folder. Raises ReferenceUnreadable."""
        if self.folder is None:
            return None
        return read_reference(self.folder / REFERENCE_FILE, self.model.schema)

    @cached_property
    def typical_name(self) -> dict:
        """Make and model that an explanation sets out from, found when first asked for."""
        return typical_name(self.predict, self.model.schema)

    @property
    def card(self) -> dict:
        """The model card."""
        return self.model.card

    @property
    def description(self) -> dict:
        """What GET /model answers."""
        return {
            "name": MODEL_NAME,
            "version": self.version,
            "trained_at": self.card.get("trained_at"),
            "loaded_at": self.loaded_at,
            "card": self.card,
        }


class ModelSlot:
    """The one reference to the served model; swapping it is atomic.

    `is_coming` says whether the first model is on its way, as another worker serves one already:
    a request then waits for it rather than be turned away by the worker that it came to.
    """

    def __init__(
        self, served: ServedModel | None = None, is_coming: Callable[[], bool] = lambda: False
    ):
        self._served = served
        self._is_coming = is_coming
        self._filled = threading.Event()

    def current(self) -> ServedModel:
        """The model in service; raises NoModelYet before the first."""
        if self._served is None and self._is_coming():
            self._filled.wait(COMING_SECONDS)
        if self._served is None:
            raise NoModelYet("No model has been loaded yet. Try again in a moment.")
        return self._served

    def swap(self, served: ServedModel) -> None:
        """Serve another version from the next request on."""
        self._served = served
        self._filled.set()

    @property
    def empty(self) -> bool:
        """Whether nothing is served."""
        return self._served is None


def serve(version: str, model: Any, folder: Path | None = None) -> ServedModel:
    """The model ready for service, after a trial prediction, in which its code and its engine may
    raise anything; raises ModelRefused."""
    try:
        model = adapted(model)
        validator = ListingValidator(model.schema)
        results = model.predict_records([usual_listing(model.schema)])
        check_result(results)
        schema_json = json.dumps(model.schema, allow_nan=False)
    except Exception as error:
        raise ModelRefused(f"its trial prediction failed: {error!r}") from error
    loaded_at = datetime.now(timezone.utc).isoformat(timespec="seconds")
    return ServedModel(version, model, validator, schema_json, loaded_at, folder)


def check_result(results: list[dict]) -> None:
    """Raise ValueError unless there is one result with a finite, ordered price and range."""
    if len(results) != 1:
        raise ValueError(f"{len(results)} results for one listing")
    low, price, high = (float(results[0][name]) for name in ("low", "price", "high"))
    if not (math.isfinite(high) and 0 < low <= price <= high):
        raise ValueError(f"low {low}, price {price}, high {high}")


def load(version: str, folder: Path) -> ServedModel:
    """Load the MLflow model of a folder aside and try it; raises ModelRefused."""
    return serve(version, unwrapped(folder), folder)


def unwrapped(folder: Path) -> Any:
    """The Python object inside the MLflow model, whose code is its own and may raise anything."""
    pyfunc = import_module("mlflow.pyfunc")  # takes seconds, so not before a model is loaded
    try:
        return pyfunc.load_model(str(folder)).unwrap_python_model()
    except Exception as error:
        raise ModelRefused(f"it does not load: {error!r}") from error
