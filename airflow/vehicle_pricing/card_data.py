"""The sections of a model card's page on what went into the model: data, splits, parameters."""

from pathlib import PurePosixPath

from vehicle_pricing.card_words import count, share
from vehicle_pricing.markup import paragraph, table


def data(card: dict) -> str:
    """Listings kept and turned away, splits, feedback."""
    found = card["dataset"]
    return (
        paragraph(
            f"{count(found['rows'])} listings posted from {found['from']} to {found['to']} were"
            f" kept of {count(_read(found))} that were read; source: {_source(found)}."
        )
        + _vehicles(found)
        + _turned_away(found)
        + _splits(found.get("splits", {}))
        + _feedback(found.get("feedback", {}))
    )


def origin(card: dict) -> str:
    """Code, archive and parameters."""
    rows = [("code revision", card.get("code_revision", "unknown"))]
    rows += [("archive (SHA-256)", card["dataset"].get("archive", "unknown"))]
    rows += [(name.replace("_", " "), str(value)) for name, value in card["parameters"].items()]
    return table("Code, archive and parameters", ("what", "value"), rows)


def _read(found: dict) -> int:
    return found.get("rows_read") or found["rows"] + sum(found["rejected"].values())


def _source(found: dict) -> str:
    """Of an archive its name alone: where it stood concerns no reader."""
    return PurePosixPath(found.get("source", "unknown")).name


def _vehicles(found: dict) -> str:
    said = ""
    if found.get("vehicles"):
        said += paragraph(
            f"They are of {count(found['vehicles'])} vehicles: the others are copies, posted again"
            " or in other regions. A split holds one row a vehicle, and no vehicle is in two."
        )
    if found.get("blank_columns"):
        blank = ", ".join(found["blank_columns"])
        said += paragraph(f"Blank in all listings, and therefore not used: {blank}.")
    return said


def _turned_away(found: dict) -> str:
    counts = found["rejected"] | {"all reasons": sum(found["rejected"].values())}
    rows = [(why, count(rows), share(rows / _read(found))) for why, rows in counts.items()]
    columns = ("reason", "listings", "share of all read")
    return table("Listings turned away, by the first reason that held", columns, rows)


def _splits(splits: dict) -> str:
    rows = [
        (name, found["from"], found["to"], count(found["rows"]), count(found["feedback"]))
        for name, found in splits.items()
    ]
    columns = ("split", "from", "to", "vehicles", "of these, feedback")
    return table("The splits, by time of posting", columns, rows) if rows else ""


def _feedback(counts: dict) -> str:
    if not counts.get("labelled"):
        return paragraph("No feedback with a known price was among the data.")
    rows = [
        (name.replace("_", " "), count(number))
        for name, number in counts.items()
        if isinstance(number, int)
    ]
    rows += [(f"held back: {why}", count(rows)) for why, rows in counts["held_back_by"].items()]
    return table("Feedback: listings whose price was told", ("what became of it", "listings"), rows)
