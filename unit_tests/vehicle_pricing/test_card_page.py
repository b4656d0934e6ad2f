"""The page of a model card: every section and figure of the card, safe and self-contained."""

import re
from html.parser import HTMLParser

import pytest

from vehicle_pricing.card_page import CAPTIONS, page
from vehicle_pricing.model_card import USES_NOT_FOR

from unit_tests.vehicle_pricing.card_world import card, scored

SVG = '<?xml version="1.0"?><svg id="whole"><g id="used"/><use href="#used"/></svg>'
VOID = {"meta", "br", "use"}


class Reader(HTMLParser):
    """Collects the texts of a page, and the elements that were not closed in order."""

    def __init__(self, html: str):
        super().__init__()
        self.texts, self.open, self.ids, self.misplaced = [], [], [], []
        self.feed(html)
        self.said = re.sub(r"\s+", " ", " ".join(self.texts))

    def handle_starttag(self, tag, attrs):
        self.ids += [value for name, value in attrs if name == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.ids += [value for name, value in attrs if name == "id"]

    def handle_endtag(self, tag):
        if self.open.pop() != tag:
            self.misplaced.append(tag)

    def handle_data(self, data):
        self.texts.append(data)


@pytest.fixture(name="made", scope="module")
def whole_card() -> dict:
    """A card of a model that was compared with version 7 in production."""
    return card(scored())


def cells(html: str, first: str) -> list[str]:
    """The texts beside the row of that name."""
    row = html[html.index(f">{first}</th>") :]
    return re.findall(r"<td[^>]*>([^<]*)</td>", row[: row.index("</tr>")])


def test_the_page_has_every_section_and_is_well_formed(made):
    html = page(made, {})
    read = Reader(html)
    assert not read.open and not read.misplaced
    assert len(read.ids) == len(set(read.ids)) == 22
    for name in re.findall(r'href="#([^"]+)"', html):
        assert name in read.ids
    for title in ("must not be used for", "The data", "How far off", "kind of vehicle", "trusted"):
        assert title in read.said
    for title in ("more listings bring", "random split hides", "The gate", "How it was made"):
        assert title in read.said


def test_every_use_that_it_must_not_be_put_to_is_named(made):
    said = Reader(page(made, {})).said
    assert len(USES_NOT_FOR) == 8 and all(use in said for use in USES_NOT_FOR)


def test_each_reason_stands_with_its_count_and_share():
    rejected = {"price below 500": 21_243, "year before 1950": 521}
    html = page(card(scored(), rejected=rejected, rows_read=231_123), {})
    assert cells(html, "price below 500") == ["21,243", "9.2%"]
    assert cells(html, "year before 1950") == ["521", "0.2%"]
    assert cells(html, "all reasons") == ["21,764", "9.4%"]


def test_each_split_stands_with_its_dates_and_vehicles(made):
    html = page(made, {})
    assert cells(html, "train") == ["2021-04-04", "2021-04-18", "1,600", "0"]
    assert cells(html, "test") == ["2021-04-21", "2021-04-24", "600", "0"]


def test_feedback_is_counted_with_what_became_of_it():
    counts = {"labelled": 40, "held_back": 3, "held_back_by": {"unknown make": 3}, "rows": 37}
    html = page(card(scored(), feedback=counts), {})
    assert cells(html, "labelled") == ["40"] and cells(html, "held back: unknown make") == ["3"]


def test_metrics_stand_beside_their_intervals_and_the_baseline(made):
    figures, ends = made["metrics"]["test"], made["intervals"]["test"]["mae"]
    found = cells(page(made, {}), "mean error (MAE)")
    assert found[0] == f"${figures['mae']:,.0f}"
    assert found[1] == f"${ends[0]:,.0f} to ${ends[1]:,.0f}"
    other = made["baselines"]["median_by_make_model_year"]["mae"]
    assert found[2] == f"${other:,.0f}"


def test_every_segment_has_its_row(made):
    html = page(made, {})
    for row in made["segments"]:
        assert cells(html, row["value"])[0] == f"{row['rows']:,}"


def test_every_question_has_its_row(made):
    (figures,) = made["questions"]
    found = cells(page(made, {}), "make and year")
    assert found[:2] == [f"${figures['mae']:,.0f}", f"${figures['median_mae']:,.0f}"]
    assert found[2] == f"{figures['coverage']:.1%}" and found[4] == f"${figures['mean_width']:,.0f}"


def test_the_studies_stand_with_their_figures(made):
    html = page(made, {})
    assert cells(html, "500") == ["$3,150"]
    assert cells(html, "untuned XGBoost, honest splits") == ["$3,771", "$7,027", "0.735", "17,240"]


def test_prices_that_rise_with_mileage_or_age_are_told_as_shares(made):
    html = page(made, {})
    assert cells(html, "10,000 more miles") == ["967", "5.1%", "1.9%"]
    assert cells(html, "one more year, up to 25 years") == ["0", "–", "–"]


def test_what_was_not_measured_is_said(made):
    html = page(
        made
        | {"learning_curve": [], "random_against_honest": None, "sense": None, "questions": []},
        {},
    )
    assert Reader(html).said.count("Not measured for this model.") == 4


def test_the_gate_compares_with_the_version_in_production(made):
    html = page(made, {})
    assert "Compared with: version 7 in production." in html
    assert cells(html, "vehicles that neither has seen") == ["600"]
    assert cells(html, "difference of the two")[0].startswith("-$")


def test_a_card_without_production_says_so():
    html = page(card(scored(), with_production=False), {})
    assert "Compared with: median by make, model and year." in html
    assert "no model is in production yet" in html
    assert "difference of the two" not in html


def test_a_model_of_synthetic_data_says_so(made):
    assert "synthetic data" not in page(made, {})
    assert "its prices are made up" in page(card(scored(), synthetic=True), {})


def test_hostile_texts_are_only_texts():
    hostile = '<script>alert("x")</script>'
    rows = scored()
    rows["type"] = rows["type"].fillna(hostile)
    found = card(rows, rejected={hostile: 3}, source=hostile) | {"code_revision": hostile}
    found["parameters"] = {hostile: hostile}
    found["gate"]["reasons"].append(hostile)
    html = page(found, {"residuals": SVG})
    assert "<script" not in html
    assert html.count("&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;") >= 6


def test_figures_are_part_of_the_page_and_named_for_those_who_see_not(made):
    html = page(made, {name: SVG for name in CAPTIONS})
    assert html.count('<svg role="img" aria-label="') == html.count("<figcaption>") == 8
    assert "<?xml" not in html
    assert "whole" not in Reader(html).ids, "an id that nothing refers to is not repeated"


def test_nothing_comes_from_elsewhere(made):
    html = page(made, {"residuals": SVG})
    assert not re.search(r"(?:src|href)=\"(?!#)|url\((?!#)|@import", html)
    assert html.startswith('<!DOCTYPE html>\n<html lang="en">')
    assert "prefers-color-scheme: dark" in html
