"""A small honest model with the interface of the registered one: a formula instead of boosters."""

PRICE_FACTOR = 1.0
MAKES = ["ford", "citroën"]
SCHEMA = {
    "features": [
        {"name": "manufacturer", "kind": "category", "label": "Make", "help": "", "options": MAKES},
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
        },
        {
            "name": "odometer",
            "kind": "number",
            "label": "Odometer",
            "help": "",
            "unit": "miles",
            "min": 0,
            "max": 500000,
        },
    ],
    "left_out": [{"name": "condition", "reason": "blank in the data set"}],
    "target": {"name": "price", "unit": "USD"},
    "dataset": {"version": "0123456789ab", "synthetic": True, "rows": 1000},
}
CARD = {"model": "vehicle-price", "trained_at": "2021-05-01T00:00:00+00:00", "metrics": {}}


class FakeModel:
    """Prices by age and mileage; warns of makes that it does not know."""

    def __init__(self, price_factor: float = PRICE_FACTOR):
        self.schema = SCHEMA
        self.card = CARD
        self.price_factor = price_factor

    def predict_records(self, records: list[dict]) -> list[dict]:
        """Unrounded dollars and warnings of each record."""
        return [self.predict_one(record) for record in records]

    def predict_one(self, record: dict) -> dict:
        """The result of one record."""
        age, miles = 2021 - record["year"], record.get("odometer", 90_000)
        price = self.price_factor * max(500.4, 30_000.4 - 900 * age - 0.03 * miles)
        warnings = []
        if record.get("manufacturer", "ford") not in MAKES:
            warnings.append(f"manufacturer {record['manufacturer']!r} was not seen in training")
        if "condition" in record:
            warnings.append("condition is not used by this model")
        return {"price": price, "low": 0.8 * price, "high": 1.2 * price, "warnings": warnings}
