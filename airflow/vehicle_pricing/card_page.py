"""The model card as a page that a person reads: its sections, from the card and its figures."""

from collections.abc import Mapping

from vehicle_pricing import card_data
from vehicle_pricing.card_plots import compared_with
from vehicle_pricing.card_words import METRICS, count, interval, metric, moment, money, share
from vehicle_pricing.markup import (
    Section,
    bullets,
    document,
    figure,
    heading,
    paragraph,
    table,
)

NOT_MEASURED = "Not measured for this model."
KINDS = {"price_band": "actual price", "age_band": "age", "type": "type"}
GATE_FIGURES = {
    "coverage": "prices in the 90% range",
    "mae": "mean error on the test vehicles",
    "rows": "test vehicles",
    "baseline_mae": "mean error of the median by make, model and year",
    "production_version": "version in production",
    "shared_rows": "vehicles that neither has seen",
    "shared_mae": "mean error on these",
    "production_mae": "mean error of production on these",
    "difference": "difference of the two",
    "difference_low": "its 95% interval: low",
    "difference_high": "its 95% interval: high",
    "feedback_rows": "vehicles of recent feedback among these",
    "feedback_mae": "mean error on feedback",
    "production_feedback_mae": "mean error of production on feedback",
    "archive_mae": "mean error on the archive's own listings",
    "production_archive_mae": "mean error of production on the archive's own listings",
}
SENSE = {"mileage": "10,000 more miles", "age": "one more year, up to 25 years"}
CAPTIONS = {
    "predicted_against_actual": "Predicted against actual price of the test vehicles, both on"
    " logarithmic axes: the stronger a cell's colour, the more listings; on the line the price is"
    " exactly right.",
    "residuals": "How far actual prices lie above or below the predicted one, as a share of it: the"
    " median as a line, 5 to 95% of the listings as a band, by predicted price and by age.",
    "coverage_by_segment": "Share of prices in the 90% range by segment, with 95% intervals; the"
    " dashed line is what the range promises over all. By actual price it must be lower at both"
    " ends: the cheapest and dearest of like listings are those that any model prices too high and"
    " too low.",
    "coverage_by_price": "Share of prices in the range, with 95% intervals, and mean width of the"
    " range, by fifth of the predicted price.",
    "learning_curve": "Mean error on validation by rows trained on.",
    "random_against_honest": "Mean error and R² of an untuned XGBoost by a random split and by the"
    " honest splits, beside this model by the honest splits.",
    "gate_difference": "Mean error of this model less that of the model in production, on vehicles"
    " that neither has seen, with its 95% interval (paired bootstrap).",
    "gate_segments": "Mean error by segment of this model and of what it was compared with.",
}


def page(card: dict, drawn: Mapping[str, str]) -> str:
    """The HTML of a card; `drawn` holds the SVG of each figure by its name."""
    figures = {name: figure(svg, CAPTIONS[name]) for name, svg in drawn.items()}
    sections = [
        Section("uses", "What it must not be used for", bullets(card["uses_not_for"])),
        Section("data", "The data", card_data.data(card)),
        Section("errors", "How far off it is", _errors(card, figures)),
        Section("questions", "By what is told", _questions(card)),
        Section("segments", "By kind of vehicle", _segments(card, figures)),
        Section("calibration", "How far its range can be trusted", _calibration(card, figures)),
        Section("sense", "Whether its prices make sense", _sense(card)),
        Section("rows", "What more listings bring", _learning_curve(card, figures)),
        Section("split", "What a random split hides", _split_study(card, figures)),
        Section("gate", "The gate before production", _gate(card, figures)),
        Section("origin", "How it was made", card_data.origin(card)),
    ]
    return document(f"Model card: {card['model']}", _introduction(card), sections)


def _introduction(card: dict) -> str:
    found, data, decision = card["metrics"]["test"], card["dataset"], card["gate"]["decision"]
    synthetic = "It was trained on synthetic data: its prices are made up, and these figures too."
    return (
        paragraph(
            "It estimates what a used vehicle is listed for in the United States, and the range"
            f" that holds nine prices of ten. On {count(found['rows'])} later vehicles that it had"
            f" not seen it is off by {money(found['mae'])} in the mean and by"
            f" {share(found['median_absolute_percentage_error'])} of the price in the median; its"
            f" range holds {share(found['interval_coverage'])} of the prices.",
            "lead",
        )
        + (paragraph(synthetic, "refused") if card["synthetic"] else "")
        + paragraph(f"The gate before production: {decision}.", decision)
        + paragraph(
            f"Trained {moment(card.get('trained_at', ''))} on listings of {data['from']} to"
            f" {data['to']} (data set {data['version']}).",
            "soft",
        )
    )


def _errors(card: dict, figures: Mapping[str, str]) -> str:
    found, ends = card["metrics"]["test"], card["intervals"]["test"]
    other = card["baselines"]["median_by_make_model_year"]
    rows = [
        (
            label,
            metric(name, found[name]),
            interval(name, ends[name]),
            metric(name, other.get(name)),
        )
        for name, label in METRICS.items()
    ]
    columns = ("figure", "this model", "95% interval", "median by make, model and year")
    caption = f"On {count(found['rows'])} test vehicles (bootstrap over vehicles)"
    return (
        table(caption, columns, rows)
        + figures.get("predicted_against_actual", "")
        + figures.get("residuals", "")
    )


def _questions(card: dict) -> str:
    """Error and range by what is told of the vehicle."""
    found = card.get("questions")
    if not found:
        return paragraph(NOT_MEASURED)
    rows = [
        (
            one["label"],
            money(one["mae"]),
            money(one["median_mae"]),
            share(one["coverage"]),
            f"{share(min(one['coverage_by_fifth']))} to {share(max(one['coverage_by_fifth']))}",
            money(one["mean_width"]),
        )
        for one in found
    ]
    columns = (
        *("told", "mean error", "of the group's median"),
        *("in the 90% range", "by fifth of the predicted price", "mean width"),
    )
    said = "The same test vehicles, of which less and less is told. The group is that of the year,"
    return paragraph(
        f"{said} the make and the model, as far as they are told; its median is of the vehicles"
        " that the model was fitted on."
    ) + table(f"On {count(found[0]['rows'])} test vehicles", columns, rows)


def _segments(card: dict, figures: Mapping[str, str]) -> str:
    tables = "".join(_segment_table(card, kind, label) for kind, label in KINDS.items())
    return tables + figures.get("coverage_by_segment", "")


def _segment_table(card: dict, kind: str, label: str) -> str:
    rows = [
        (row["value"], count(row["rows"]), money(row["mae"]), share(row["coverage"]))
        for row in card["segments"]
        if row["segment"] == kind
    ]
    columns = (label, "vehicles", "mean error", "in the 90% range")
    return table(f"By {label}", columns, rows) if rows else ""


def _calibration(card: dict, figures: Mapping[str, str]) -> str:
    found = card["calibration"]
    rows = [
        (
            f"{money(fifth['from'])} to {money(fifth['to'])}",
            count(fifth["rows"]),
            money(fifth["mae"]),
            share(fifth["coverage"]),
            money(fifth["mean_width"]),
        )
        for fifth in found["fifths"]
    ]
    columns = ("predicted price", "vehicles", "mean error", "in the range", "mean width")
    below, above = share(found["below"]), share(found["above"])
    return (
        paragraph(
            f"{below} of the prices lie below their range, {above} above it; 5% each are meant."
        )
        + table("By fifth of the predicted price", columns, rows)
        + figures.get("coverage_by_price", "")
    )


def _sense(card: dict) -> str:
    found = card.get("sense")
    if not found:
        return paragraph(NOT_MEASURED)
    rows = [
        (
            SENSE[name],
            count(one["rows"]),
            metric("share_above_1_percent", one["share_above_1_percent"]),
            metric("share_above_3_percent", one["share_above_3_percent"]),
        )
        for name, one in found.items()
    ]
    columns = ("the same vehicle with", "vehicles", "price rises by more than 1%", "more than 3%")
    return paragraph(
        "More miles or more years should not make a vehicle dearer. Test vehicles are priced twice,"
        " the second time so changed."
    ) + table("Prices that rise where they should not", columns, rows)


def _learning_curve(card: dict, figures: Mapping[str, str]) -> str:
    curve = card.get("learning_curve")
    if not curve:
        return paragraph(NOT_MEASURED)
    rows = [(count(point["rows"]), money(point["mae"])) for point in curve]
    return (
        paragraph(
            "Quick fits on the most recent part of the training split, each measured on the same"
            " validation split. The model itself is fitted longer, and on both splits."
        )
        + table("Error by rows", ("training listings", "mean error on validation"), rows)
        + figures.get("learning_curve", "")
    )


def _split_study(card: dict, figures: Mapping[str, str]) -> str:
    study = card.get("random_against_honest")
    if not study:
        return paragraph(NOT_MEASURED)
    compared = {
        "untuned XGBoost, random split of all listings": study["random"],
        "untuned XGBoost, honest splits": study["honest"],
        "this model, honest splits": card["metrics"]["test"],
    }
    rows = [
        (name, *(metric(one, found[one]) for one in ("mae", "rmse", "r2")), count(found["rows"]))
        for name, found in compared.items()
    ]
    columns = ("measured", "mean error", "RMSE", "R²", "test rows")
    return (
        paragraph(
            "Listings are posted again and again. Split at random, copies of one vehicle are in"
            " both parts, and a model that remembers looks like one that understands. The honest"
            " splits test on later days, and on vehicles that were never trained on."
        )
        + table("The same untuned XGBoost on ordinal codes, measured in both ways", columns, rows)
        + figures.get("random_against_honest", "")
    )


def _gate(card: dict, figures: Mapping[str, str]) -> str:
    gate = card["gate"]
    said = paragraph(f"Decision: {gate['decision']}.", gate["decision"])
    for title, texts in (("Reasons", gate["reasons"]), ("Notes", gate["notes"])):
        said += heading(title) + bullets(texts) if texts else ""
    rows = [
        (label, _gate_figure(name, gate["figures"][name]))
        for name, label in GATE_FIGURES.items()
        if name in gate["figures"]
    ]
    return (
        said
        + table("Figures of the decision", ("figure", "value"), rows)
        + paragraph(f"Compared with: {compared_with(card)}.")
        + figures.get("gate_difference", "")
        + figures.get("gate_segments", "")
    )


def _gate_figure(name: str, value: float | int | str) -> str:
    if isinstance(value, float):
        return metric(name, value)
    return count(value) if isinstance(value, int) else value
