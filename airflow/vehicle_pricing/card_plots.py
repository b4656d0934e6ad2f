"""The figures of a model card, drawn with no state outside themselves, and their SVG."""

import io
import warnings

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from vehicle_pricing.calibration import share_interval

# Legible on a light and on a dark ground. Texts are black, which an SVG leaves to the page.
BLUE, ORANGE, GREY = "#3b8fd6", "#e8853a", "#8a8f98"
DENSITY = LinearSegmentedColormap.from_list("density", [f"{BLUE}33", f"{BLUE}ff"])
NOMINAL = 0.9
TICKS = (500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 200_000)
WIDTH, ROW, MOST_CHARACTERS = 7.6, 0.27, 40
DOLLARS = FuncFormatter(lambda value, _: f"${value:,.0f}")
SHARE = FuncFormatter(lambda value, _: f"{round(100 * value, 1):g}%")
SVG_STYLE = {"svg.fonttype": "none", "svg.hashsalt": "card"}
RASTER_DPI = 180


def draw(card: dict, scored: pd.DataFrame) -> dict[str, Figure]:
    """Name → figure of all that the card holds figures for; `scored` are the test rows."""
    drawn = {
        "predicted_against_actual": predicted_against_actual(scored),
        "residuals": residuals(card),
        "coverage_by_segment": coverage_by_segment(card),
        "coverage_by_price": coverage_by_price(card),
        "gate_segments": gate_segments(card),
        "gate_difference": gate_difference(card),
        "learning_curve": learning_curve(card),
        "random_against_honest": random_against_honest(card),
    }
    return {name: figure for name, figure in drawn.items() if figure is not None}


def as_svg(figure: Figure) -> str:
    """The figure as an SVG of real text on no ground, with its clouds of points as one image."""
    target = io.StringIO()
    with matplotlib.rc_context(SVG_STYLE), warnings.catch_warnings():
        # Whatever the listings' script: the reader's fonts draw it, not those known here.
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        about = {"Date": None, "Creator": None}
        figure.savefig(target, format="svg", dpi=RASTER_DPI, facecolor="none", metadata=about)
    return target.getvalue()


def predicted_against_actual(scored: pd.DataFrame) -> Figure:
    """How many listings lie where; on the line the price is exactly right."""
    figure, (axes,) = _figure(5.6)
    actual, predicted = scored["price"], scored["predicted_price"]
    ends = min(actual.min(), predicted.min()) * 0.9, max(actual.max(), predicted.max()) * 1.1
    cells = axes.hexbin(
        actual,
        predicted,
        gridsize=70,
        xscale="log",
        yscale="log",
        bins="log",
        mincnt=1,
        cmap=DENSITY,
        linewidths=0,
        extent=2 * tuple(np.log10(ends)),
    )
    cells.set_rasterized(True)
    axes.plot(ends, ends, color=ORANGE, linewidth=1.2, label="predicted = actual")
    axes.set(xlim=ends, ylim=ends, xlabel="actual price (USD)", ylabel="predicted price (USD)")
    _log_dollars(axes.xaxis)
    _log_dollars(axes.yaxis)
    scale = figure.colorbar(cells, ax=axes, shrink=0.7)
    scale.ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    scale.ax.yaxis.set_minor_locator(NullLocator())
    scale.set_label("listings in a cell")
    scale.ax.patch.set_alpha(0)
    scale.outline.set_visible(False)
    axes.legend(frameon=False, loc="upper left")
    axes.set_title(f"Predicted against actual price of {len(scored):,} later vehicles", loc="left")
    return figure


def residuals(card: dict) -> Figure:
    """Median and 5 to 95% of what prices are above or below the predicted one."""
    figure, panels = _figure(3.8, 2)
    named = {"predicted_price": "predicted price (USD)", "age": "age (years)"}
    for axes, (by, label) in zip(panels, named.items()):
        bands = pd.DataFrame(card["residuals"][by])
        axes.fill_between(
            bands["at"], bands["low"], bands["high"], color=BLUE, alpha=0.3, linewidth=0
        )
        axes.plot(bands["at"], bands["median"], color=BLUE, linewidth=1.8)
        axes.axhline(0, color=GREY, linewidth=1, linestyle="--")
        axes.yaxis.set_major_formatter(SHARE)
        axes.set_xlabel(label)
    panels[0].set_xscale("log")
    _log_dollars(panels[0].xaxis)
    panels[0].tick_params(axis="x", rotation=35)
    panels[0].set_ylabel("actual above predicted price")
    panels[0].set_title("Residuals by price", loc="left")
    panels[1].set_title("Residuals by age", loc="left")
    return figure


def coverage_by_segment(card: dict) -> Figure:
    """The share of prices in the 90% range, with what chance alone would move it by."""
    rows = card["segments"]
    figure, (axes,) = _figure(1.2 + ROW * len(rows))
    _shares(axes, rows, np.arange(len(rows)), horizontal=True)
    axes.axvline(NOMINAL, color=ORANGE, linewidth=1.2, linestyle="--")
    _name_rows(axes, [f"{_named(row)} ({row['rows']:,})" for row in rows])
    axes.xaxis.set_major_formatter(SHARE)
    axes.set_xlabel("share of prices in the 90% range (95% interval)")
    axes.set_title("Coverage by segment (listings)", loc="left")
    return figure


def coverage_by_price(card: dict) -> Figure:
    """Coverage, and mean width of the range, by fifth of the predicted price."""
    figure, (left, right) = _figure(3.8, 2)
    fifths = card["calibration"]["fifths"]
    places = np.arange(len(fifths))
    _shares(left, fifths, places, horizontal=False)
    left.axhline(NOMINAL, color=ORANGE, linewidth=1.2, linestyle="--")
    left.yaxis.set_major_formatter(SHARE)
    left.set_ylabel("share of prices in the range")
    left.set_title("Coverage by fifth of the price", loc="left")
    right.bar(places, [fifth["mean_width"] for fifth in fifths], color=BLUE, width=0.6)
    right.yaxis.set_major_formatter(DOLLARS)
    right.set_ylabel("mean width of the range (USD)")
    right.set_title("Width by fifth of the price", loc="left")
    names = [_plain(f"up to ${fifth['to'] / 1_000:,.1f}k") for fifth in fifths]
    for axes in (left, right):
        axes.set_xticks(places, names, rotation=35)
        axes.set_xlabel("predicted price (USD)")
    return figure


def learning_curve(card: dict) -> Figure | None:
    """Error on the validation split by rows trained on; None of fewer than two fits."""
    curve = card.get("learning_curve") or []
    if len(curve) < 2:
        return None
    figure, (axes,) = _figure(3.6)
    rows, errors = ([point[name] for point in curve] for name in ("rows", "mae"))
    axes.plot(rows, errors, color=BLUE, marker="o", linewidth=1.8)
    for count, error in zip(rows, errors):
        axes.annotate(f"${error:,.0f}", (count, error), (0, 8), textcoords="offset points")
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(FixedLocator(rows))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.yaxis.set_major_formatter(DOLLARS)
    axes.margins(0.08, 0.25)
    axes.set(xlabel="training listings, the most recent", ylabel="mean error on validation (USD)")
    axes.set_title("What more listings bring", loc="left")
    return figure


def random_against_honest(card: dict) -> Figure | None:
    """One untuned model by a random split and by the honest one, and this model."""
    study = card.get("random_against_honest")
    if not study:
        return None
    figure, (left, right) = _figure(2.6, 2)
    bars = {
        "untuned XGBoost, random split": (study["random"], GREY),
        "untuned XGBoost, honest split": (study["honest"], ORANGE),
        "this model, honest split": (card["metrics"]["test"], BLUE),
    }
    colours = [colour for _, colour in bars.values()]
    errors, shares = ([found[name] for found, _ in bars.values()] for name in ("mae", "r2"))
    left.bar_label(left.barh(list(bars), errors, color=colours), fmt="${:,.0f}", padding=4)
    right.bar_label(right.barh(list(bars), shares, color=colours), fmt="{:.3f}", padding=4)
    left.xaxis.set_major_formatter(DOLLARS)
    left.set_xlabel("mean error (USD)")
    right.set(xlabel="R²", yticklabels=[])
    for axes in (left, right):
        axes.invert_yaxis()
        axes.margins(x=0.3)
        axes.locator_params(axis="x", nbins=4)
    left.set_title("What a random split hides", loc="left")
    return figure


def gate_difference(card: dict) -> Figure | None:
    """The paired difference to the model in production; None where there was none to compare."""
    found = card["gate"]["figures"]
    if "difference" not in found:
        return None
    figure, (axes,) = _figure(1.9)
    middle, low, high = (found[f"difference{end}"] for end in ("", "_low", "_high"))
    axes.errorbar(
        [middle],
        [0],
        xerr=[[max(middle - low, 0)], [max(high - middle, 0)]],
        fmt="o",
        color=BLUE,
        capsize=6,
    )
    axes.axvline(0, color=ORANGE, linewidth=1.2, linestyle="--")
    axes.set(yticks=[], ylim=(-1, 1), xlabel="left of the line this model is the better one (USD)")
    axes.margins(x=0.3)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    version = _plain(str(found["production_version"]))
    axes.set_title(f"Mean error less that of version {version} in production", loc="left")
    return figure


def gate_segments(card: dict) -> Figure | None:
    """The errors by segment of this model and of what the gate compared it with."""
    rows = _in_order(card["gate"]["figures"].get("segments") or [], card["segments"])
    if not rows:
        return None
    figure, (axes,) = _figure(1.5 + ROW * len(rows))
    places = np.arange(len(rows))
    mine, others = ([row[name] for row in rows] for name in ("mae", "other_mae"))
    axes.hlines(places, mine, others, color=GREY, linewidth=1.2, alpha=0.6)
    ring = {"fillstyle": "none", "markersize": 9}
    axes.plot(others, places, "o", color=ORANGE, label=compared_with(card), **ring)
    axes.plot(mine, places, "o", color=BLUE, label="this model")
    _name_rows(axes, [f"{_named(row)} ({row['rows']:,})" for row in rows])
    axes.set_xlim(left=0)
    axes.xaxis.set_major_formatter(DOLLARS)
    axes.set_xlabel("mean error (USD)")
    axes.set_title("Error by segment (listings that both can be judged on)", loc="left")
    figure.legend(loc="outside lower center", ncols=2, frameon=False)
    return figure


def compared_with(card: dict) -> str:
    """What the gate held the model against."""
    figures = card["gate"]["figures"]
    if "difference" in figures:
        return f"version {figures['production_version']} in production"
    return "median by make, model and year"


def _figure(height: float, panels: int = 1) -> tuple[Figure, list[Axes]]:
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    axes = [figure.add_subplot(1, panels, number + 1) for number in range(panels)]
    for one in axes:
        _frame(one)
    return figure, axes


def _frame(axes: Axes) -> None:
    """Grey for all that is neither data nor text, and a frame of two sides."""
    axes.patch.set_alpha(0)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[:].set_color(GREY)
    axes.tick_params(color=GREY, which="both", labelsize=9)


def _log_dollars(axis) -> None:
    axis.set_major_locator(FixedLocator(TICKS))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(DOLLARS)


def _shares(axes: Axes, rows: list[dict], places: np.ndarray, horizontal: bool) -> None:
    """Dots of coverage with their 95% intervals, along x or along y."""
    shares = np.array([row["coverage"] for row in rows])
    ends = np.array([share_interval(row["coverage"], row["rows"]) for row in rows])
    off = np.abs(ends.T - shares)
    points = {"x": shares, "y": places, "xerr": off} if horizontal else {}
    points = points or {"x": places, "y": shares, "yerr": off}
    axes.errorbar(**points, fmt="o", color=BLUE, ecolor=BLUE, elinewidth=1.4, markersize=5)


def _name_rows(axes: Axes, names: list[str]) -> None:
    axes.set_yticks(np.arange(len(names)), [_plain(name) for name in names])
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.grid(axis="y", color=GREY, alpha=0.2)


def _named(row: dict) -> str:
    kind = {"price_band": "", "age_band": "", "type": "type "}.get(row["segment"], "")
    return f"{kind}{row['value']}"[:MOST_CHARACTERS]


def _in_order(rows: list[dict], order: list[dict]) -> list[dict]:
    """The rows in the order in which the card has the same segments."""
    known = [(row["segment"], row["value"]) for row in order]
    return sorted(rows, key=lambda row: known.index((row["segment"], row["value"])))


def _plain(text: str) -> str:
    """A text of the data's: no dollar in it begins a formula."""
    return text.replace("$", r"\$")
