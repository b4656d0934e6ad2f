"""The figures of a model card: what they draw are the card's numbers."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from vehicle_pricing.card_plots import (
    as_svg,
    coverage_by_price,
    coverage_by_segment,
    draw,
    gate_difference,
    gate_segments,
    learning_curve,
    predicted_against_actual,
    random_against_honest,
    residuals,
)

from unit_tests.vehicle_pricing.card_world import CURVE, card, scored


@pytest.fixture(name="rows", scope="module")
def scored_rows():
    """Scored test rows."""
    return scored()


@pytest.fixture(name="made", scope="module")
def whole_card(rows) -> dict:
    """Their card."""
    return card(rows)


def panels(figure: Figure) -> list[Axes]:
    """The axes of a figure, from left to right."""
    return [part for part in figure.get_children() if isinstance(part, Axes)]


def names(axis) -> list[str]:
    """The texts at an axis."""
    return [label.get_text() for label in axis.get_ticklabels()]


def test_every_listing_is_in_a_cell_beside_the_line_of_the_truth(rows):
    figure = predicted_against_actual(rows)
    axes = panels(figure)[0]
    assert axes.collections[0].get_array().sum() == len(rows)
    truth = axes.lines[0]
    assert np.array_equal(truth.get_xdata(), truth.get_ydata())
    assert axes.get_xscale() == axes.get_yscale() == "log"
    assert "600 later vehicles" in axes.get_title(loc="left")
    assert axes.get_xlabel() == "actual price (USD)"


def test_residuals_are_those_of_the_card(made):
    both = panels(residuals(made))
    for axes, by in zip(both, ("predicted_price", "age")):
        bands = made["residuals"][by]
        assert axes.lines[0].get_ydata().tolist() == [band["median"] for band in bands]
        drawn = axes.collections[0].get_paths()[0].vertices[:, 1]
        assert drawn.min() == pytest.approx(min(band["low"] for band in bands))
        assert drawn.max() == pytest.approx(max(band["high"] for band in bands))


def test_coverage_by_segment_has_a_dot_and_a_bar_for_each(made):
    axes = panels(coverage_by_segment(made))[0]
    dots, (bars,) = axes.containers[0][0], axes.containers[0][2]
    assert dots.get_xdata().tolist() == [row["coverage"] for row in made["segments"]]
    ends = [segment[:, 0] for segment in bars.get_segments()]
    assert all(low < row["coverage"] <= high for (low, high), row in zip(ends, made["segments"]))
    assert names(axes.yaxis)[0].startswith("0 to 5,000 USD (")
    assert axes.lines[-1].get_xdata() == [0.9, 0.9]


def test_coverage_by_price_shows_share_and_width(made):
    left, right = panels(coverage_by_price(made))
    fifths = made["calibration"]["fifths"]
    assert left.containers[0][0].get_ydata().tolist() == [one["coverage"] for one in fifths]
    assert [bar.get_height() for bar in right.patches] == [one["mean_width"] for one in fifths]


def test_the_learning_curve_names_its_rows_and_errors(made):
    axes = panels(learning_curve(made))[0]
    assert axes.lines[0].get_xdata().tolist() == [point["rows"] for point in CURVE]
    assert axes.lines[0].get_ydata().tolist() == [point["mae"] for point in CURVE]
    assert [text.get_text() for text in axes.texts] == ["$3,400", "$3,150"]


def test_one_fit_is_no_curve(made):
    assert learning_curve(made | {"learning_curve": CURVE[:1]}) is None
    assert learning_curve({name: made[name] for name in made if name != "learning_curve"}) is None


def test_both_splits_and_the_model_have_their_bars(made):
    left, right = panels(random_against_honest(made))
    own = made["metrics"]["test"]
    assert [bar.get_width() for bar in left.patches] == [3_313, 3_771, own["mae"]]
    assert [bar.get_width() for bar in right.patches] == [0.85, 0.735, own["r2"]]
    assert random_against_honest(made | {"random_against_honest": None}) is None


def test_the_gate_shows_the_difference_and_its_interval(made):
    axes = panels(gate_difference(made))[0]
    found = made["gate"]["figures"]
    dot, (line,) = axes.containers[0][0], axes.containers[0][2]
    assert dot.get_xdata() == [found["difference"]]
    ends = line.get_segments()[0][:, 0]
    assert ends == pytest.approx([found["difference_low"], found["difference_high"]])
    assert "version 7 in production" in axes.get_title(loc="left")


def test_the_gate_shows_both_errors_of_each_segment_in_the_order_of_the_bands(made):
    axes = panels(gate_segments(made))[0]
    by_name = {row["value"]: row for row in made["gate"]["figures"]["segments"]}
    order = [by_name[row["value"]] for row in made["segments"]]
    others, mine = axes.lines[:2]
    assert mine.get_xdata().tolist() == [row["mae"] for row in order]
    assert others.get_xdata().tolist() == [row["other_mae"] for row in order]
    assert others.get_label() == "version 7 in production"


def test_without_production_the_gate_shows_the_baseline_and_no_difference(rows):
    found = card(rows, with_production=False)
    assert gate_difference(found) is None
    assert panels(gate_segments(found))[0].lines[0].get_label() == "median by make, model and year"


def test_all_figures_become_small_svg_of_real_text_twice_the_same(made, rows):
    drawn = {name: as_svg(figure) for name, figure in draw(made, rows).items()}
    assert len(drawn) == 8 and sum(map(len, drawn.values())) < 1_000_000
    for svg in drawn.values():
        assert ElementTree.fromstring(svg).tag.endswith("svg")
        assert "<text" in svg and not re.search(r'href="(?!#|data:)', svg)
    assert as_svg(learning_curve(made)) == drawn["learning_curve"]


def test_one_row_can_be_drawn(rows):
    one = rows.head(1)
    for figure in draw(card(one, with_production=False), one).values():
        assert as_svg(figure)


def test_a_name_of_any_script_or_of_dollars_is_drawn_as_it_is(rows):
    strange = rows.assign(type="$x^$ 愛 & <b>")
    svg = as_svg(coverage_by_segment(card(strange)))
    assert "$x^$ 愛 &amp; &lt;b&gt;" in svg
