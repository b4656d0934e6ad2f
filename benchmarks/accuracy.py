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
from pathlib import Path

import numpy as np
import pandas as pd
import xgboost
from common import kept, pipeline

VALIDATION_SHARE = 0.15
TEST_DAYS = 3
RANDOM_TEST_SHARE = 0.1
DRAWS = 1_000
COVERAGE = 0.9
SEED = 42


def main() -> None:
    """Measure an archive; print and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("archive", type=Path, help="a zip like Kaggle's")
    day = datetime.date.fromisoformat
    parser.add_argument("--train-to", type=day, help="the last day of training and validation")
    parser.add_argument("--test-to", type=day, help="the last day of the test")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        listings, card = prepared(chosen.archive, Path(folder))
    test_to = chosen.test_to or listings["posting_date"].max().date()
    train_to = chosen.train_to or test_to - datetime.timedelta(days=TEST_DAYS)
    entry = measured(listings, card, train_to, test_to)
    show(entry)
    kept("accuracy", {chosen.archive.stem: entry}, merged=True)


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
    scored, plain_range = ours(splits, card | {"to": train_to.isoformat()})
    rival = pipeline("evaluation")
    errors = {
        "the model": rival.price_metrics(*prices(scored)),
        "median by make, model and year": against(test, rival.baseline(known, test)),
        "untuned XGBoost on ordinal codes": against(test, untuned(known, test)),
        "the plain way: random split, reposts in both": plain_way(listings),
        "the model, regions never seen": unseen_regions(scored, known),
    }
    return {
        "days": {"train_to": train_to.isoformat(), "test_to": test_to.isoformat()},
        "rows": {name: len(frame) for name, frame in splits.items()},
        "errors": errors,
        "r2_interval": r2_interval(*prices(scored)),
        "range": {"ours": rival.metrics(scored), "plain split-conformal": plain_range},
        "segments": rival.segments(scored) + by_predicted_fifth(scored),
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


def ours(splits: dict[str, pd.DataFrame], card: dict) -> tuple[pd.DataFrame, dict]:
    """The test rows as the serving model prices them, and what a plain range would be there."""
    training = pipeline("training")
    known = [splits["train"], splits["validation"]]
    spelled = pipeline("features").common_spellings(pd.concat(known, ignore_index=True))
    schema = pipeline("schema").build(spelled, card)
    matrices = training.prepare_matrices(*known, schema)
    parameters = training.DEFAULTS | {"learning_rate": training.FINAL_RATE}
    found = training.fit_price(matrices, parameters, training.FINAL_ROUNDS, SEED)
    scored = pipeline("candidate").score(fitted(known, schema, found), splits["test"])
    off = np.abs(found.booster.predict(matrices.validation) - matrices.validation.get_label())
    return scored, constant_ratio(scored, float(np.quantile(off, COVERAGE)))


def fitted(known: list[pd.DataFrame], schema: dict, found):
    """The serving model of training and validation rows with the rounds that were found."""
    final = pipeline("final_fit").fit_final(*known, schema, found, SEED)
    model = pipeline("serving_model").VehiclePrice()
    model.schema = schema
    model.use(final.encoding, pipeline("onnx_form").onnx_forms(final.boosters))
    return model


def constant_ratio(scored: pd.DataFrame, margin: float) -> dict:
    """Coverage and mean width of one margin, in log price, for all (Lei et al. 2018)."""
    actual, predicted = prices(scored)
    low, high = predicted * np.exp(-margin), predicted * np.exp(margin)
    return {
        "interval_coverage": float(((low <= actual) & (actual <= high)).mean()),
        "interval_mean_width": float((high - low).mean()),
    }


def untuned(known: pd.DataFrame, test: pd.DataFrame, log_price: bool = True) -> np.ndarray:
    """Prices of XGBoost as it comes, texts as the numbers of their alphabetical order."""
    target = np.log(known["price"]) if log_price else known["price"]
    model = xgboost.XGBRegressor(random_state=SEED)
    model.fit(codes(known, known), target)
    found = model.predict(codes(test, known))
    return np.exp(found) if log_price else found


def codes(rows: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    """Features as numbers; a text that the known rows lack is -1."""
    found = {}
    for feature in pipeline("schema").FEATURES:
        values = rows[feature.name]
        if feature.kind == "category":
            texts = pd.Index(sorted(known[feature.name].dropna().unique()))
            values = texts.get_indexer(values)
        found[feature.name] = np.asarray(values, dtype=float)
    return pd.DataFrame(found)


def plain_way(listings: pd.DataFrame) -> dict:
    """The figure that a random split of all rows shows: copies of a vehicle are in both parts."""
    is_test = np.random.default_rng(SEED).random(len(listings)) < RANDOM_TEST_SHARE
    test = listings[is_test]
    return against(test, untuned(listings[~is_test], test, log_price=False))


def against(rows: pd.DataFrame, predicted: np.ndarray) -> dict:
    """Errors of these prices of the rows."""
    return pipeline("evaluation").price_metrics(rows["price"].to_numpy(float), predicted)


def prices(scored: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Actual and predicted."""
    return scored["price"].to_numpy(float), scored["predicted_price"].to_numpy(float)


def r2_interval(actual: np.ndarray, predicted: np.ndarray) -> list[float]:
    """95% bootstrap interval of R² over vehicles."""
    rng, size = np.random.default_rng(SEED), len(actual)
    draws = (rng.integers(0, size, size) for _ in range(DRAWS))
    measure = pipeline("evaluation").price_metrics
    found = [measure(actual[draw], predicted[draw])["r2"] for draw in draws]
    return [float(end) for end in np.quantile(found, (0.025, 0.975))]


def unseen_regions(scored: pd.DataFrame, known: pd.DataFrame) -> dict | None:
    """Errors where nothing was listed before; None where there is no such region."""
    pairs = pd.MultiIndex.from_frame(known[["state", "region"]]).unique()
    rows = scored[~pd.MultiIndex.from_frame(scored[["state", "region"]]).isin(pairs)]
    return pipeline("evaluation").price_metrics(*prices(rows)) if len(rows) else None


def by_predicted_fifth(scored: pd.DataFrame) -> list[dict]:
    """Rows, error and coverage of each fifth of the predicted prices."""
    evaluation, found = pipeline("evaluation"), []
    fifths = pd.qcut(scored["predicted_price"], 5, labels=False)
    for fifth, rows in scored.groupby(fifths):
        figures = evaluation.metrics(rows)
        found.append(
            {
                "segment": "predicted_fifth",
                "value": f"{int(fifth) + 1} of 5",
                "rows": len(rows),
                "mae": figures["mae"],
                "coverage": figures["interval_coverage"],
            }
        )
    return found


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
    for one in entry["segments"]:
        named, figures = f"{one['segment']} {one['value']}", (one["mae"], one["coverage"])
        print(
            f"{named:>46}: MAE {figures[0]:7,.0f}  in range {figures[1]:6.1%}  rows {one['rows']:,}"
        )


if __name__ == "__main__":
    main()
