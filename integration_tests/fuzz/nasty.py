"""What a nasty body is."""

from dataclasses import dataclass, field

YEAR = b'{"year": 2014}'
JSON, CSV = "application/json", "text/csv"


@dataclass(frozen=True)
class Nasty:
    """A body, and what must come of it."""

    name: str
    path: str
    body: bytes = field(repr=False)
    status: int
    kind: str | None = JSON
    headers: dict = field(default_factory=dict)
