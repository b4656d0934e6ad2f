"""What the stand-in of the service tells about a priced vehicle beside its price."""

PRICED = {"price": 18250, "low": 15900, "high": 20800, "currency": "USD", "model_version": "7"}
TYPICAL = {"year": 2013, "manufacturer": "kia", "model": "soul", "odometer": 92000}


def an_explanation() -> dict:
    """What `POST /explain` answers of a 2014 Ford F-150 with 89,000 miles on gas."""
    lines = [
        ("model", ["manufacturer", "model"], 4100),
        ("year", ["year"], 1200),
        ("odometer", ["odometer"], -950),
        ("fuel", ["fuel"], -1000),
    ]
    return {
        **PRICED,
        "warnings": [],
        "baseline": {"price": 14900, "listing": TYPICAL},
        "contributions": [
            {"name": name, "features": features, "dollars": dollars}
            for name, features, dollars in lines
        ],
    }


def some_curves() -> dict:
    """What `POST /curves` answers of it."""
    return {
        **PRICED,
        "curves": {
            "odometer": [priced(miles, 22000 - miles // 25) for miles in range(0, 300_001, 10_000)],
            "year": [priced(year, 18250 + 1100 * (year - 2014)) for year in range(2000, 2022)],
        },
        "steps": {
            "year": {"change": -1, "dollars": -1104},
            "odometer": {"change": 10000, "dollars": -643},
        },
        "choices": {
            "model": [priced("f-150", 18250), priced("f150 xlt", 19700)],
            "fuel": [priced("gas", 18250), priced("diesel", 24100)],
        },
    }


def some_comparables() -> dict:
    """What `GET /comparables` answers of it."""
    near = {"odometer": 2000, "fuel": "diesel"}
    far = {"year": 2, "odometer": -12345, "model": "focus"}
    return {
        "model_version": "7",
        "count": 2,
        "listings": [
            a_listing("model", near, price=17900, odometer=91000, fuel="diesel"),
            a_listing("make", far, price=19100, odometer=76655, year=2016, model="focus"),
        ],
    }


def a_listing(same: str, differs: dict, price: int = 17900, **features: object) -> dict:
    """One listing like it."""
    own = {"year": 2014, "manufacturer": "ford", "model": "f-150", "odometer": 89000}
    return {
        "price": price,
        "posted": "2021-04-20",
        "distance": 0.12,
        "same": same,
        "features": {**own, **features},
        "differs": differs,
    }


def priced(value: object, price: int) -> dict:
    """One point of a curve, or one choice."""
    return {"value": value, "price": price, "low": price - 2300, "high": price + 2500}
