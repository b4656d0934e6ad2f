"""How right the model is on vehicles never seen and later than all that it was fitted on.

    python benchmarks/accuracy.py ARCHIVE.zip [--train-to 2021-04-23] [--test-to 2021-04-26]

Trains on the days up to one, tests on those after it, one row a vehicle; prints the errors beside
three baselines, the range, and every segment, and keeps them in results.json under `accuracy`.
Without dates the last three days are the test.
"""

import argparse
import datetime
import os
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from common import kept, pipeline

VALIDATION_SHARE = 0.15
TEST_DAYS = 3
COVERAGE = 0.9
SEED = 42
ONE_BY_ONE = 2_000


def main() -> None:
    """Measure an archive; print and keep the figures."""
    stem, data = asked_for(__doc__)
    entry = measured(*data)
    show(entry)
    kept("accuracy", {stem: entry}, merged=True)


def asked_for(about: str) -> tuple[str, tuple[pd.DataFrame, dict, datetime.date, datetime.date]]:
    """The archive's name; its listings, their card, the last day of training and of the test."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("archive", type=Path, help="a zip like Kaggle's")
    day = datetime.date.fromisoformat
    parser.add_argument("--train-to", type=day, help="the last day of training and validation")
    parser.add_argument("--test-to", type=day, help="the last day of the test")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        listings, card = prepared(chosen.archive, Path(folder))
    test_to = chosen.test_to or listings["posting_date"].max().date()
    train_to = chosen.train_to or test_to - datetime.timedelta(days=TEST_DAYS)
    return chosen.archive.stem, (listings, card, train_to, test_to)


def prepared(archive: Path, folder: Path) -> tuple[pd.DataFrame, dict]:
    """The cleaned listings of an archive, reposts included, and their data set's card."""
    os.environ |= {
        "DATASET": str(archive.resolve()),
        "DATA_URI": str(folder / "data"),
        "PREDICTION_LOG_URL": f"sqlite:///{folder / 'none.db'}",
    }
    steps, storages = pipeline("data_steps"), pipeline("storage")
    settings = pipeline("settings").Settings()
    version = steps.split(settings, steps.prepare(settings, steps.download(settings)))
    storage = storages.Storage.from_settings(settings)
    listings = storage.read_frame(storages.dataset_path(version, "listings.parquet"))
    return listings, storage.dataset_card(version)


def measured(
    listings: pd.DataFrame, card: dict, train_to: datetime.date, test_to: datetime.date
) -> dict:
    """The entry of results.json."""
    splits = by_day(listings, train_to, test_to)
    known, test = pd.concat([splits["train"], splits["validation"]]), splits["test"]
    model, scored, plain_range = ours(splits, described(splits, card, train_to))
    evaluation, rivals = pipeline("evaluation"), pipeline("rivals")
    errors = {
        "the model": evaluation.price_metrics(*prices(scored)),
        "median by make, model and year": rivals.against(test, evaluation.baseline(known, test)),
        "untuned XGBoost on ordinal codes": rivals.against(test, rivals.untuned(known, test, SEED)),
        "the plain way: random split, reposts in both": rivals.plain_way(listings, SEED),
        "the model, regions never seen": unseen_regions(scored, known),
    }
    return {
        "days": {"train_to": train_to.isoformat(), "test_to": test_to.isoformat()},
        "rows": {name: len(frame) for name, frame in splits.items()},
        "errors": errors,
        "r2_interval": evaluation.intervals(scored, SEED)["r2"],
        "range": {"ours": evaluation.metrics(scored), "plain split-conformal": plain_range},
        "questions": by_question(model, known, scored),
        "segments": evaluation.segments(scored) + by_predicted_fifth(scored),
        "familiarity": by_familiarity(model, scored),
        "sense": pipeline("sense").sense(model, scored, SEED),
        "one_listing_milliseconds": one_listing_milliseconds(model, test),
        "command": "python benchmarks/accuracy.py <archive>",
    }


def by_day(
    listings: pd.DataFrame, train_to: datetime.date, test_to: datetime.date
) -> dict[str, pd.DataFrame]:
    """Train, validation (the latest rows of the training days) and test; no vehicle in two."""
    days = listings["posting_date"].dt.date
    rows = listings[days <= test_to].sort_values(["posting_date", "listing_id"])
    before = int((rows["posting_date"].dt.date <= train_to).sum())
    ends = [round(before * (1 - VALIDATION_SHARE)), before]
    number = np.searchsorted(ends, np.arange(len(rows)), side="right")
    return pipeline("split").apart(rows, pd.Series(number, index=rows.index))


def described(splits: dict[str, pd.DataFrame], card: dict, train_to: datetime.date) -> dict:
    """The schema of the rows that are known before the test."""
    known = pd.concat([splits["train"], splits["validation"]], ignore_index=True)
    spelled = pipeline("features").common_spellings(known)
    return pipeline("schema").build(spelled, card | {"to": train_to.isoformat()})


def ours(splits: dict[str, pd.DataFrame], schema: dict):
    """The serving model, the test rows as it prices them, and what a plain range would be there."""
    training, known = pipeline("training"), [splits["train"], splits["validation"]]
    matrices = training.prepare_matrices(*known, schema)
    parameters = training.DEFAULTS | {"learning_rate": training.FINAL_RATE}
    found = training.fit_price(matrices, parameters, training.FINAL_ROUNDS, SEED)
    model = fitted(known, schema, found)
    scored = pipeline("candidate").score(model, splits["test"])
    off = np.abs(found.booster.predict(matrices.validation) - matrices.validation.get_label())
    whole = off[: len(splits["validation"])]  # before their copies, of which less is told
    return model, scored, constant_ratio(scored, float(np.quantile(whole, COVERAGE)))


def fitted(known: list[pd.DataFrame], schema: dict, found):
    """The serving model of training and validation rows with the rounds that were found."""
    final = pipeline("final_fit").fit_final(*known, schema, found, SEED)
    model = pipeline("serving_model").VehiclePrice()
    model.schema = schema
    model.use(final.encoding, pipeline("onnx_form").pricing_form(final.boosters))
    return model


def constant_ratio(scored: pd.DataFrame, margin: float) -> dict:
    """Coverage and mean width of one margin, in log price, for all (Lei et al. 2018)."""
    actual, predicted = prices(scored)
    low, high = predicted * np.exp(-margin), predicted * np.exp(margin)
    return {
        "interval_coverage": float(((low <= actual) & (actual <= high)).mean()),
        "interval_mean_width": float((high - low).mean()),
    }


def prices(scored: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Actual and predicted."""
    return scored["price"].to_numpy(float), scored["predicted_price"].to_numpy(float)


def unseen_regions(scored: pd.DataFrame, known: pd.DataFrame) -> dict | None:
    """Errors where nothing was listed before; None where there is no such region."""
    pairs = pd.MultiIndex.from_frame(known[["state", "region"]]).unique()
    rows = scored[~pd.MultiIndex.from_frame(scored[["state", "region"]]).isin(pairs)]
    return pipeline("evaluation").price_metrics(*prices(rows)) if len(rows) else None


def by_predicted_fifth(scored: pd.DataFrame) -> list[dict]:
    """Rows, error and coverage of each fifth of the predicted prices."""
    kept_figures = ("value", "rows", "mae", "coverage")
    return [
        {"segment": "predicted_fifth"} | {name: fifth[name] for name in kept_figures}
        for fifth in pipeline("calibration").by_predicted_fifth(scored)
    ]


def by_question(model, known: pd.DataFrame, scored: pd.DataFrame) -> list[dict]:
    """Errors and ranges of all test rows by what is told of them."""
    answers = pipeline("candidate").answers(model, known, scored, SEED, most=len(scored))
    return [one.figures() for one in answers]


def by_familiarity(model, scored: pd.DataFrame) -> list[dict]:
    """Error, coverage and width (share of the price) by the training vehicles of the same model.

    And of the years before 2000: what is rare or old is to have a wide range.
    """
    keys, tidy = pipeline("serving_model").keys, pipeline("serving_model").tidy
    listings = pipeline("features").records(scored, ("manufacturer", "model", "year"))
    known = model.encoder.tables["text"]
    seen = pd.Series([known.get(keys(tidy(one))["text"], (0, 0))[1] for one in listings])
    groups = {
        "of no vehicle in training": seen == 0,
        "of 1 to 9": seen.between(1, 9),
        "of 10 and more": seen > 9,
        "of years before 2000": scored["year"] < 2000,
    }
    return [familiar(name, scored[chosen]) for name, chosen in groups.items() if chosen.any()]


def familiar(name: str, rows: pd.DataFrame) -> dict:
    """The figures of a group."""
    figures = pipeline("evaluation").metrics(rows)
    width = (rows["high"] - rows["low"]) / rows["predicted_price"]
    kept_figures = {key: figures[key] for key in ("rows", "mae", "interval_coverage")}
    return {"group": name} | kept_figures | {"median_relative_width": float(width.median())}


def one_listing_milliseconds(model, test: pd.DataFrame) -> float:
    """Median time to encode and price one listing, on one core."""
    listings = pipeline("features").records(test.head(ONE_BY_ONE), sorted(model.encoder.columns))
    seconds = []
    for listing in listings:
        started = time.perf_counter()
        model.predict_records([listing])
        seconds.append(time.perf_counter() - started)
    return float(np.median(seconds)) * 1_000


def show(entry: dict) -> None:
    """Print the figures as tables."""
    print("days", entry["days"], "rows", entry["rows"])
    for name, one in entry["errors"].items():
        if one:
            print(
                f"{name:>46}: MAE {one['mae']:7,.0f}  RMSE {one['rmse']:7,.0f}  R2 {one['r2']:6.3f}"
                f"  median APE {one['median_absolute_percentage_error']:6.1%}  rows {one['rows']:,}"
            )
    low, high = entry["r2_interval"]
    print(f"{'R2 of the model, 95% interval':>46}: {low:.3f} to {high:.3f}")
    for name, one in entry["range"].items():
        coverage, width = one["interval_coverage"], one["interval_mean_width"]
        print(f"{name:>46}: the range holds {coverage:.1%}, {width:,.0f} USD wide on average")
    show_questions(entry["questions"])
    show_sense(entry["sense"])
    show_familiarity(entry["familiarity"])
    print(f"{'one listing, encoded and priced':>46}: {entry['one_listing_milliseconds']:.3f} ms")
    for one in entry["segments"]:
        named, figures = f"{one['segment']} {one['value']}", (one["mae"], one["coverage"])
        print(
            f"{named:>46}: MAE {figures[0]:7,.0f}  in range {figures[1]:6.1%}  rows {one['rows']:,}"
        )


def show_questions(questions: list[dict]) -> None:
    """Print errors and ranges by what is told."""
    for one in questions:
        fifths, ratio = one["coverage_by_fifth"], one["mae"] / one["median_mae"]
        print(
            f"{'told: ' + one['label']:>46}: MAE {one['mae']:7,.0f}"
            f"  of the group's median {one['median_mae']:7,.0f} ({ratio:.2f})"
            f"  in range {one['coverage']:6.1%}"
            f"  by fifth {min(fifths):.1%} to {max(fifths):.1%}"
            f"  width {one['mean_width']:7,.0f}"
        )


def show_familiarity(groups: list[dict]) -> None:
    """Print errors and ranges by how well the model of a vehicle is known."""
    for one in groups:
        print(
            f"{one['group']:>46}: MAE {one['mae']:7,.0f}  in range {one['interval_coverage']:6.1%}"
            f"  width {one['median_relative_width']:5.0%} of the price  rows {one['rows']:,}"
        )


def show_sense(found: dict) -> None:
    """Print how many prices rise with mileage and with age."""
    for name, one in found.items():
        if one["rows"]:
            named = f"the price rises with more {name}"
            above = (one["share_above_1_percent"], one["share_above_3_percent"])
            print(
                f"{named:>46}: above 1% {above[0]:6.1%}  above 3% {above[1]:6.1%}"
                f"  rows {one['rows']:,}"
            )


if __name__ == "__main__":
    main()
