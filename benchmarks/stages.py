"""Where the time of one prediction goes: the processor's microseconds of each of its parts.

    python benchmarks/stages.py

Each part alone, again and again in one process, on listings with all that they say: what it costs
at best, with everything it needs in the processor's caches. Then the application as it answers,
without a server, and an application that echoes; and how much faster it is without its trees, its
outbox, its tables: what these cost in turns with all else.
"""

import argparse
import io
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import http_service
import plain_apps
from common import kept, part, served_model
from flask import Flask
from werkzeug.test import EnvironBuilder

TURNS = 7


def microseconds(work: Callable[[Any], Any], items: Sequence) -> float:
    """The processor's time of one item, the least of some turns."""
    least = float("inf")
    for _ in range(TURNS):
        began = time.process_time()
        for item in items:
            work(item)
        least = min(least, time.process_time() - began)
    return round(1e6 * least / len(items), 1)


@contextmanager
def of_service(model: Path) -> Iterator[tuple[Any, Any, Flask]]:
    """The model as it is served, its pricing with an outbox, and the application around both."""
    with tempfile.TemporaryDirectory() as scratch:
        os.environ |= {"PROMETHEUS_MULTIPROC_DIR": scratch, "API_KEY": ""}
        served = part("service", "price_service.model").load("1", model)
        outbox = part("service", "price_service.outbox").Outbox(Path(scratch) / "outbox")
        metrics = part("service", "price_service.metrics").Metrics()
        pricing = part("service", "price_service.pricing").Pricing(served, outbox, metrics, "api")
        settings = part("service", "price_service.settings").Settings(
            outbox_dir=Path(scratch) / "own_outbox", model_cache_dir=Path(scratch) / "cache"
        )
        yield served, pricing, part("service", "price_service.wiring").create_app(
            settings, served.model
        )
        outbox.close()


def parts_alone(served, pricing, texts: list[str]) -> dict[str, float]:
    """Part of the work on a request → its microseconds."""
    body = part("service", "price_service.request_body")
    checked = part("service", "price_service.pricing").checked
    encoder, count = served.model.encoder, pricing.metrics.requests.answered
    parsed = [body.parse_json(text) for text in texts]
    clean = [checked(served, one)[0] for one in parsed]
    rows = [encoder.encode([listing]) for listing in clean]
    results = [pricing.price([listing])[0] for listing in clean]
    return {
        "JSON read": microseconds(body.parse_json, texts),
        "validation": microseconds(lambda one: checked(served, one), parsed),
        "encoding": microseconds(lambda listing: encoder.encode([listing]), clean),
        "trees": microseconds(served.model.trees.predict, rows),
        "metrics": microseconds(lambda _: count("/predict", "POST", 200, 0.001), results),
        "JSON written": microseconds(json.dumps, results),
    }


def skipped(served, app: Flask, listing: dict) -> dict[str, tuple[object, str, Callable]]:
    """Part → whose method it is, and what takes the method's place where the part is skipped."""
    model, outbox = served.model, app.extensions["price_service"].outbox
    row = model.encoder.encode([listing])
    logs, results = model.trees.predict(row), model.predict_records([listing])
    return {
        "trees": (model.trees, "predict", lambda rows: logs),
        "outbox": (outbox, "append", lambda kind, rows: None),
        "encoding": (model.encoder, "rows", lambda listings, count: row),
        "range and warnings": (model, "predict_records", lambda records: results),
    }


def in_turns(served, app: Flask, texts: list[str]) -> dict[str, float]:
    """Part → by how many microseconds the application is faster where it is skipped, too."""
    found, before = {}, answered(app, texts)
    with ExitStack() as until_measured:
        for name, instead in skipped(served, app, json.loads(texts[0])).items():
            until_measured.enter_context(patch.object(*instead))
            now = answered(app, texts)
            found[name], before = round(before - now, 1), now
    return found


def answered(app: Flask, texts: list[str]) -> float:
    """Microseconds of the application for one request, without a server."""
    usual = EnvironBuilder("/predict", method="POST", content_type="application/json").get_environ()

    def answer(content: bytes) -> None:
        asked = {"wsgi.input": io.BytesIO(content), "CONTENT_LENGTH": str(len(content))}
        pieces = app(usual | asked, lambda *_: None)
        b"".join(pieces)
        pieces.close()

    return microseconds(answer, [text.encode() for text in texts])


def main() -> None:
    """Measure, print, keep."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--model", type=Path, help="folder of a model, as the service keeps it")
    model = (arguments.parse_args().model or served_model()).resolve()
    texts = [json.dumps(listing) for listing in http_service.listings(model)]
    with of_service(model) as (served, pricing, app):
        parts = parts_alone(served, pricing, texts)
        whole, echo = answered(app, texts), answered(plain_apps.echo(), texts)
        turns = in_turns(served, app, texts)
    turns["Flask, as for an echo"] = echo
    rest = whole - sum((parts | turns).values())
    turns["checks of the request, and the rest"] = round(rest, 1)
    print(f"alone: {parts}\nin turns: {turns}\nthe application {whole} us, an echo {echo} us")
    figures = {"alone": parts, "in_turns": turns, "application": whole, "echo": echo}
    unit = "processor's time of the application for one prediction over that of an echo"
    kept("stages", {"ratio": round(whole / echo, 1), "unit": unit, "figures": figures})


if __name__ == "__main__":
    main()
