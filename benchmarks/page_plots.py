"""The plots of benchmarks/README.md, legible on a light and on a dark ground."""

from pathlib import Path

import matplotlib
from matplotlib.figure import Figure

PLOTS = Path(__file__).with_name("plots")
BLUE, ORANGE, GREY = "#3b8fd6", "#e8853a", "#8a8f98"
STYLE = {
    **dict.fromkeys(("text.color", "axes.labelcolor", "xtick.color", "ytick.color"), GREY),
    **{"axes.edgecolor": GREY, "svg.hashsalt": "benchmarks", "font.size": 10},
}
WIDTH, BAR = 7.6, 0.42


def draw(results: dict) -> None:
    """Write every plot."""
    PLOTS.mkdir(exist_ok=True)
    plots = {"over_http": over_http, "stages": stages, "preparation": preparation}
    with matplotlib.rc_context(STYLE):
        for name, plot in (plots | {"training": training}).items():
            figure = plot(results[name if name != "over_http" else "http_service"]["figures"])
            path = PLOTS / f"{name}.svg"
            figure.savefig(path, transparent=True, metadata={"Date": None, "Creator": None})


def bars(values: dict[str, float], label: str, colours: list[str]) -> Figure:
    """A bar for each name, the first at the top, with its value beside it."""
    figure = Figure((WIDTH, 0.9 + BAR * len(values)), layout="constrained")
    axes = figure.add_subplot()
    drawn = axes.barh(list(values), list(values.values()), color=colours)
    axes.bar_label(drawn, fmt="{:,.4g}", padding=4)
    axes.invert_yaxis()
    axes.margins(x=0.12)
    axes.set_xlabel(label)
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def over_http(figures: dict) -> Figure:
    """Requests a second of every contender."""
    rates = {name: one["requests_per_second"] for name, one in figures.items() if name != "ratios"}
    colours = [BLUE if name == "service" else GREY for name in rates]
    return bars(rates, "requests a second", colours)


def stages(figures: dict) -> Figure:
    """The parts of a prediction, the longest first."""
    parts = dict(
        sorted((figures["alone"] | figures["in_turns"]).items(), key=lambda part: -part[1])
    )
    return bars(parts, "microseconds of the processor", [BLUE] * len(parts))


def preparation(figures: dict) -> Figure:
    """Seconds of each way to read an archive."""
    seconds = {
        task: figures[task]["seconds"]
        for task in ("nothing", "download", "prepare", "split", "pandas")
    }
    return bars(seconds, "seconds", [GREY, BLUE, BLUE, BLUE, GREY])


def training(figures: dict) -> Figure:
    """Time and memory over the number of training listings."""
    sizes = {int(name.split()[0]): one for name, one in figures.items() if name != "rounds"}
    figure = Figure((WIDTH, 3.2), layout="constrained")
    left, right = figure.add_subplot(1, 2, 1), figure.add_subplot(1, 2, 2)
    lines = {
        "encoding": ("encoding_seconds", GREY),
        "fit": ("search_fit_seconds", ORANGE),
        "final fit and range": ("final_fit_with_range_seconds", BLUE),
    }
    for label, (column, colour) in lines.items():
        seconds = [one[column] for one in sizes.values()]
        left.plot(list(sizes), seconds, marker="o", color=colour, label=label)
    left.legend(frameon=False, labelcolor=GREY)
    left.set_ylabel("seconds")
    gigabytes = [one["peak_mb"] / 1024 for one in sizes.values()]
    right.plot(list(sizes), gigabytes, marker="o", color=BLUE)
    right.set_ylabel("most memory, GiB")
    for axes in (left, right):
        axes.set_ylim(bottom=0)
        axes.set_xticks(list(sizes), [f"{size // 1000}k" for size in sizes])
        axes.set_xlabel("training listings")
        axes.spines[["top", "right"]].set_visible(False)
    return figure
