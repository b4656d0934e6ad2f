"""Boosters in the form of ONNX, by which one listing is priced many times faster."""

import zlib

import onnxmltools
import xgboost
from onnx import ModelProto, NodeProto, TensorProto, helper
from onnxmltools.convert.common.data_types import FloatTensorType

OPSET = 15
INPUT, OUTPUT = "rows", "log_prices"
NAME = "vehicle-price"  # else one made up each time
ENDS = ("low", "high")


def onnx_form(booster: xgboost.Booster) -> ModelProto:
    """The booster as an ONNX model: `rows` (float32, rows by features) in, one output a row.

    The converter mistakes a booster of several outputs: one booster an output.
    """
    shape = FloatTensorType([None, booster.num_features()])
    return onnxmltools.convert_xgboost(
        booster, NAME, initial_types=[(INPUT, shape)], target_opset=OPSET
    )


def pricing_form(boosters: dict[str, xgboost.Booster]) -> bytes:
    """One ONNX model of the price and the ends of its range, as `VehiclePrice.use` takes it.

    `rows` (float32, rows by features) in; out, for each, the log price, and the lower and the
    upper end: the log price, which is their boosters' last feature, plus what these predict.
    """
    model = onnx_form(boosters["model"])
    nodes = [
        trees(model, INPUT, "price"),
        helper.make_node("Concat", [INPUT, "price"], ["given"], axis=1),
        *(trees(onnx_form(boosters[end]), "given", end) for end in ENDS),
        helper.make_node("Min", ENDS, ["below"]),
        helper.make_node("Max", ENDS, ["above"]),
        helper.make_node("Add", ["price", "below"], ["lower"]),
        helper.make_node("Add", ["price", "above"], ["upper"]),
        helper.make_node("Concat", ["price", "lower", "upper"], [OUTPUT], axis=1),
    ]
    output = helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, [None, 1 + len(ENDS)])
    graph = helper.make_graph(nodes, NAME, model.graph.input, [output])
    opsets = [*model.opset_import, helper.make_opsetid("", OPSET)]
    return helper.make_model(
        graph, opset_imports=opsets, ir_version=model.ir_version
    ).SerializeToString()


def trees(model: ModelProto, given: str, found: str) -> NodeProto:
    """The trees of a booster's model, between other names."""
    node = NodeProto()
    node.CopyFrom(model.graph.node[0])
    node.input[:], node.output[:], node.name = [given], [found], found
    return node


def booster_files(boosters: dict[str, xgboost.Booster]) -> dict[str, bytes]:
    """File name → content: all boosters in ONNX, packed, and the price's as XGBoost keeps it."""
    files = {"prices.onnx.zlib": packed(pricing_form(boosters))}
    return files | {"model.ubj": bytes(boosters["model"].save_raw("ubj"))}


def packed(content: bytes) -> bytes:
    """The content in zlib's form; not gzip, which MLflow's server has its clients unpack."""
    return zlib.compress(content)
