"""What a title or an address says about a vehicle.                                    (pure)"""

from dataclasses import dataclass, field
from typing import Any

# Longer text is no title and no name of a model; the service takes no longer one either.
MOST_CHARACTERS = 300
MOST_DOLLARS = 10_000_000


@dataclass(frozen=True)
class Description:
    """Values by feature name, the asking price, and sentences on what to know about them."""

    values: dict[str, Any] = field(default_factory=dict)
    asking: int | None = None
    notes: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.values) or self.asking is not None
