"""A small honest model with the interface of the registered one: a formula instead of boosters."""

import unicodedata

PRICE_FACTOR = 1.0
MAKES = ["ford", "citroën"]
SCHEMA = {
    "features": [
        {
            "name": "manufacturer",
            "kind": "category",
            "label": "Make",
            "help": "",
            "options": MAKES,
            "other_names": {"fomoco": "ford", "citroen": "citroën"},
            "column_names": ["make", "brand"],
        },
        {
            "name": "model",
            "kind": "category",
            "label": "Model",
            "help": "As in the listing",
            "options_by": {
                "feature": "manufacturer",
                "options": {"ford": ["f-150", "focus"], "citroën": ["2cv"]},
            },
        },
        {
            "name": "year",
            "kind": "number",
            "label": "Year",
            "help": "Model year",
            "unit": "year",
            "min": 1950,
            "max": 2022,
            "required": True,
            "column_names": ["model year"],
        },
        {
            "name": "odometer",
            "kind": "number",
            "label": "Odometer",
            "help": "",
            "unit": "miles",
            "min": 0,
            "max": 500000,
            "column_names": ["mileage", "miles"],
        },
    ],
    "blank_words": ["", "-", "n/a", "tmu", "unknown"],
    "left_out": [{"name": "condition", "reason": "blank in the data set"}],
    "target": {"name": "price", "unit": "USD"},
    "dataset": {"version": "0123456789ab", "synthetic": True, "rows": 1000},
}
CARD = {"model": "vehicle-price", "trained_at": "2021-05-01T00:00:00+00:00", "metrics": {}}


class FakeModel:
    """Prices by age and mileage; reads other names of makes, and warns of makes it does not know."""

    def __init__(self, price_factor: float = PRICE_FACTOR, schema: dict | None = None):
        self.schema = schema or SCHEMA
        self.card = CARD
        self.price_factor = price_factor

    def understood(self, record: dict) -> tuple[dict, list[dict]]:
        """Return the record with options for other names and without blanks, and its changes."""
        listing, warnings = dict(record), []
        for feature in self.schema["features"]:
            name = feature["name"]
            if feature["kind"] != "category" or name not in record:
                continue
            value = record[name].strip().casefold()
            listing[name] = feature.get("other_names", {}).get(squashed(value), value)
            told = {"field": name, "value": record[name]}
            if value in feature.get("options", ()):
                listing[name] = value
            elif listing[name] != value:
                message = f"{name} '{record[name]}' is read as '{listing[name]}'"
                warnings.append({"code": "read_as", "message": message} | told)
                warnings[-1]["read_as"] = listing[name]
            elif value in self.schema.get("blank_words", ()):
                del listing[name]
                message = f"{name} '{record[name]}' counts as not told"
                warnings.append({"code": "blank", "message": message} | told)
        return listing, warnings

    def predict_records(self, records: list[dict]) -> list[dict]:
        """Return unrounded dollars, warnings and the understood listing of each record."""
        return [self.predict_one(*self.understood(record)) for record in records]

    def predict_one(self, record: dict, warnings: list[dict]) -> dict:
        """Return the result of one understood record."""
        make = record.get("manufacturer", "ford")
        if make not in MAKES:
            message = f"manufacturer '{make}' is unknown: priced as any other manufacturer"
            told = {"field": "manufacturer", "value": make}
            warnings.append({"code": "unknown_option", "message": message} | told)
        if "condition" in record and self.schema is SCHEMA:
            told = {"field": "condition", "value": record["condition"]}
            warnings.append({"code": "not_used", "message": "condition is not used"} | told)
        return priced(record, self.price_factor) | {"warnings": warnings, "listing": record}


class EarlierFakeModel:
    """The same as it was registered before: no `understood`, no hints, sentences for warnings."""

    def __init__(self):
        hints = ("other_names", "column_names")
        features = [
            {key: value for key, value in feature.items() if key not in hints}
            for feature in SCHEMA["features"]
        ]
        self.schema = {key: value for key, value in SCHEMA.items() if key != "blank_words"}
        self.schema |= {"features": features}
        self.card = CARD

    def predict_records(self, records: list[dict]) -> list[dict]:
        """Return unrounded dollars and warnings of each record."""
        return [priced(one, 1.0) | {"warnings": self.warnings(one)} for one in records]

    def warnings(self, record: dict) -> list[str]:
        """Return the sentences for one record."""
        make = record.get("manufacturer", "ford")
        return [] if make in MAKES else [f"manufacturer {make!r} was not seen in training"]


def priced(record: dict, factor: float) -> dict:
    """Return price and range of a record."""
    age, miles = 2021 - record["year"], record.get("odometer", 90_000)
    price = factor * max(500.4, 30_000.4 - 900 * age - 0.03 * miles)
    return {"price": price, "low": 0.8 * price, "high": 1.2 * price}


def squashed(text: str) -> str:
    """Return the letters and digits alone, in one case."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", text).casefold()))
