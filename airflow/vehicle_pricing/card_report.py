"""Writes a model card's page and its figures as files."""

from pathlib import Path

import pandas as pd

from vehicle_pricing.card_page import page
from vehicle_pricing.card_plots import as_svg, draw

PAGE = "model_card.html"
PLOTS = "plots"
GROUND = '<svg style="background: #ffffff"'


def write_report(card: dict, scored: pd.DataFrame, folder: Path) -> Path:
    """The folder, with model_card.html and plots/*.svg of the card and its scored test rows."""
    drawn = {name: as_svg(figure) for name, figure in draw(card, scored).items()}
    (folder / PLOTS).mkdir(parents=True)
    for name, svg in drawn.items():
        # A file of its own has no page behind it: its black texts need a white ground.
        text = svg.replace("<svg", GROUND, 1)
        (folder / PLOTS / f"{name}.svg").write_text(text, encoding="utf-8")
    (folder / PAGE).write_text(page(card, drawn), encoding="utf-8")
    return folder
