"""Figures of a model card as texts for people."""

METRICS = {
    "mae": "mean error (MAE)",
    "rmse": "root mean square error (RMSE)",
    "r2": "R²",
    "median_absolute_percentage_error": "median error, share of the price",
    "interval_coverage": "prices in the 90% range",
    "interval_mean_width": "mean width of the range",
}
SHARES = (
    *("median_absolute_percentage_error", "interval_coverage", "coverage"),
    *("share_above_1_percent", "share_above_3_percent"),
)
ABSENT = "–"


def metric(name: str, value: float | None) -> str:
    """A metric in its own unit: dollars, a share in percent, or R²; a dash for none."""
    if value is None:
        return ABSENT
    if name == "r2":
        return f"{value:.3f}"
    return share(value) if name in SHARES else money(value)


def interval(name: str, ends: list[float]) -> str:
    """Both ends of a metric's interval."""
    return " to ".join(metric(name, end) for end in ends)


def count(value: int) -> str:
    """1234 is 1,234."""
    return f"{value:,}"


def money(value: float) -> str:
    """Whole dollars; those below nought have the sign before the dollar."""
    return f"{'-' * (round(value) < 0)}${abs(value):,.0f}"


def share(value: float) -> str:
    """A share in percent."""
    return f"{value:.1%}"


def moment(said: str) -> str:
    """2026-11-24T10:00:00+00:00, always UTC in a card, to the minute."""
    return f"{said[:16].replace('T', ' ')} UTC" if said else "at an unknown time"
