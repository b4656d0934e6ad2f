"""Boosters in the form of ONNX, by which one listing is priced many times faster."""

import zlib

import onnxmltools
import xgboost
from onnxmltools.convert.common.data_types import FloatTensorType

OPSET = 15
INPUT = "rows"
NAME = "vehicle-price"  # else one made up each time


def onnx_form(booster: xgboost.Booster) -> bytes:
    """The booster as an ONNX model: `rows` (float32, rows by features) in, one output a row.

    The converter mistakes a booster of several outputs: one booster an output.
    """
    shape = FloatTensorType([None, booster.num_features()])
    model = onnxmltools.convert_xgboost(
        booster, NAME, initial_types=[(INPUT, shape)], target_opset=OPSET
    )
    return model.SerializeToString()


def onnx_forms(boosters: dict[str, xgboost.Booster]) -> dict[str, bytes]:
    """Each booster in ONNX, as `VehiclePrice.use` takes them."""
    return {name: onnx_form(booster) for name, booster in boosters.items()}


def booster_files(boosters: dict[str, xgboost.Booster]) -> dict[str, bytes]:
    """File name → content: each booster in ONNX, packed, and the price's as XGBoost keeps it."""
    files = {f"{name}.onnx.zlib": packed(form) for name, form in onnx_forms(boosters).items()}
    return files | {"model.ubj": bytes(boosters["model"].save_raw("ubj"))}


def packed(content: bytes) -> bytes:
    """The content in zlib's form; not gzip, which MLflow's server has its clients unpack."""
    return zlib.compress(content)
