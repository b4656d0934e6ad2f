"""`python imgs/draw_architecture.py`: draws the parts and what passes between them."""

from dataclasses import dataclass
from pathlib import Path

from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

TARGET = Path(__file__).with_name("project_architecture.png")
WIDTH, HEIGHT, DOTS_PER_INCH = 16, 9.2, 110
INK = "#1f2933"
COLOURS = {
    "make": "#dbeafe",
    "serve": "#dcfce7",
    "watch": "#fef3c7",
    "store": "#ede9fe",
    "out": "#f1f5f9",
}


LEGEND = (
    ("make", "Airflow and MLflow"),
    ("serve", "serving"),
    ("watch", "watching"),
    ("store", "stores"),
)


@dataclass(frozen=True)
class Box:
    """A part: its middle, its size, what it is called and what it is."""

    x: float
    y: float
    name: str
    about: str
    kind: str
    width: float = 2.5
    height: float = 0.95


BOXES = {
    "kaggle": Box(1.5, 7.6, "Kaggle", "Craigslist listings", "out"),
    "create": Box(4.8, 7.6, "create_datasets", "download, prepare, split", "make"),
    "train": Box(8.2, 7.6, "train_model", "search, fit, evaluate, gate", "make"),
    "mlflow": Box(11.6, 7.6, "MLflow", "runs, registry: @production", "make"),
    "s3": Box(9.25, 5.9, "S3", "archives, data sets, artifacts", "store", width=3.7),
    "service": Box(11.6, 4.1, "price service", "Flask, Gunicorn, outbox", "serve"),
    "form": Box(14.6, 4.1, "web form", "Streamlit", "serve", width=2.0),
    "log": Box(8.2, 4.1, "prediction log", "PostgreSQL", "store"),
    "monitor": Box(8.2, 2.4, "drift monitor", "Evidently, calibrated", "watch"),
    "watch": Box(4.8, 4.1, "watch_drift", "every five minutes", "make"),
    "prometheus": Box(11.6, 2.4, "Prometheus", "metrics, alert rules", "watch"),
    "grafana": Box(14.6, 2.4, "Grafana", "dashboards", "watch", width=2.0),
    "alerts": Box(11.6, 0.85, "Alertmanager", "groups, mutes, sends", "watch"),
    "operator": Box(14.6, 0.85, "operator", "mail, Slack, webhook", "out", width=2.0),
}
# from, to, what passes, and which way the arrow bends
ARROWS = (
    ("kaggle", "create", "zip", 0),
    ("create", "train", "new version", 0),
    ("train", "mlflow", "model", 0),
    ("create", "s3", "", 0),
    ("train", "s3", "Parquet", 0),
    ("mlflow", "s3", "", 0),
    ("mlflow", "service", "the model", 0),
    ("service", "form", "HTTP", 0),
    ("service", "log", "every price", 0),
    ("log", "monitor", "window", 0),
    ("log", "create", "actual prices", 0),
    ("monitor", "watch", "GET /drift", 0),
    ("watch", "create", "retrain", 0),
    ("monitor", "prometheus", "gauges", 0),
    ("service", "prometheus", "metrics", 0),
    ("prometheus", "grafana", "", 0),
    ("prometheus", "alerts", "alerts", 0),
    ("alerts", "operator", "", 0),
)


def draw_box(axes, box: Box) -> None:
    """A rounded box with its name and what it is."""
    corner = (box.x - box.width / 2, box.y - box.height / 2)
    style = "round,pad=0.02,rounding_size=0.12"
    axes.add_patch(
        FancyBboxPatch(
            corner, box.width, box.height, boxstyle=style, fc=COLOURS[box.kind], ec=INK, lw=1.2
        )
    )
    axes.text(
        box.x, box.y + 0.15, box.name, ha="center", va="center", weight="bold", size=12.5, color=INK
    )
    axes.text(box.x, box.y - 0.22, box.about, ha="center", va="center", size=9.5, color=INK)


def edge(box: Box, towards: Box) -> tuple[float, float]:
    """Where a line to another box leaves this one: straight up or down where they overlap."""
    over = min(box.x + box.width / 2, towards.x + towards.width / 2)
    under = max(box.x - box.width / 2, towards.x - towards.width / 2)
    if over > under and abs(towards.y - box.y) > box.height:
        sign = 1 if towards.y > box.y else -1
        return ((over + under) / 2, box.y + sign * box.height / 2)
    sign = 1 if towards.x > box.x else -1
    return (box.x + sign * box.width / 2, box.y)


def draw_arrow(axes, start: Box, end: Box, text: str, bend: float) -> None:
    """An arrow between two boxes, with what passes along it."""
    begin, target = edge(start, end), edge(end, start)
    path = f"arc3,rad={bend}"
    axes.add_patch(
        FancyArrowPatch(
            begin,
            target,
            connectionstyle=path,
            arrowstyle="-|>",
            mutation_scale=14,
            color=INK,
            lw=1.3,
        )
    )
    x, y = (begin[0] + target[0]) / 2, (begin[1] + target[1]) / 2
    background = {"fc": "white", "ec": "none", "pad": 1.2, "alpha": 0.9}
    axes.text(
        x,
        y + (0.16 if begin[1] == target[1] else 0),
        text,
        ha="center",
        va="center",
        size=8.5,
        color=INK,
        bbox=background if text else None,
    )


def draw_legend(axes) -> None:
    """What the colours mean."""
    for number, (kind, text) in enumerate(LEGEND):
        y = 2.6 - 0.45 * number
        axes.add_patch(
            FancyBboxPatch(
                (0.4, y), 0.4, 0.22, boxstyle="round,pad=0.02", fc=COLOURS[kind], ec=INK, lw=0.8
            )
        )
        axes.text(1.0, y + 0.11, text, va="center", size=10, color=INK)


def draw() -> Figure:
    """The whole picture."""
    figure = Figure(figsize=(WIDTH, HEIGHT), dpi=DOTS_PER_INCH, facecolor="white")
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(0, WIDTH)
    axes.set_ylim(0, HEIGHT)
    axes.axis("off")
    axes.text(0.25, 8.75, "Vehicle price", size=19, weight="bold", color=INK)
    axes.text(
        2.75, 8.76, "how a listing becomes a price, and drift a new model", size=12, color=INK
    )
    for start, end, text, bend in ARROWS:
        draw_arrow(axes, BOXES[start], BOXES[end], text, bend)
    for box in BOXES.values():
        draw_box(axes, box)
    draw_legend(axes)
    return figure


if __name__ == "__main__":
    draw().savefig(TARGET)
