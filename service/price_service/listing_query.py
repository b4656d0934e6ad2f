"""A listing in the query of an address, its values as a CSV's cells are (pure)."""

import re
from collections.abc import Mapping

from price_service.errors import FieldError, InputRefused
from price_service.validation import ListingValidator, shown

LIMIT = "limit"
USUAL_LIMIT = 20
MOST_LIMIT = 100
WHOLE_NUMBER = re.compile(r"\d{1,3}", re.ASCII)


def read_query(query: Mapping[str, list[str]], validator: ListingValidator) -> tuple[dict, int]:
    """The checked listing, and how many answers are wanted; raises InputRefused."""
    known = validator.names | {LIMIT}
    strange = [name for name in query if name not in known]
    errors = [FieldError(shown(name), "is not a field of a listing") for name in strange]
    doubled = [name for name in query if name in known and len(query[name]) > 1]
    errors += [FieldError(name, "is given more than once") for name in doubled]
    single = {name: values[0] for name, values in query.items()}
    text = single.pop(LIMIT, str(USUAL_LIMIT))
    limit = int(text) if WHOLE_NUMBER.fullmatch(text) else 0
    if not 1 <= limit <= MOST_LIMIT:
        errors.append(FieldError(LIMIT, f"must be a whole number from 1 to {MOST_LIMIT}"))
    listing, wrong, _ = validator.check_cells(single)
    errors += wrong
    if errors:
        told = "; ".join(f"{error.field} {error.message}" for error in errors[:3])
        raise InputRefused(f"The query is wrong: {told}.", errors)
    return listing, limit
