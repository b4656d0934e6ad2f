import numpy as np
import pandas as pd

from vehicle_pricing import vehicles

LISTING = {
    "manufacturer": "ford",
    "model": "f-150",
    "year": 2013.0,
    "odometer": 57923.0,
    "cylinders": "8 cylinders",
    "fuel": "gas",
    "transmission": "automatic",
    "drive": "4wd",
    "type": "pickup",
    "paint_color": "white",
    "vin": None,
}
VIN, OTHER_VIN = "3FA6P0LU6KR225374", "1FTEX1EPXHFC61500"


def grouped(*changes):
    """Numbers of the vehicles of these listings, in order of appearance."""
    rows = [LISTING | change for change in changes]
    frame = pd.DataFrame(rows).astype({"vin": "str", "model": "str", "manufacturer": "str"})
    ids = vehicles.group(
        vehicles.hashes(frame["vin"]),
        vehicles.attribute_keys(frame),
        vehicles.driven(frame).to_numpy(),
        vehicles.hashes(pd.Series([f"listing {number}" for number in range(len(frame))])),
    )
    return pd.factorize(ids)[0].tolist()


def test_the_same_attributes_are_the_same_vehicle_and_another_mileage_is_another():
    assert grouped({}, {}, {"odometer": 57924.0}) == [0, 0, 1]


def test_the_spelling_of_the_model_does_not_matter():
    assert grouped({}, {"model": "f150"}, {"model": "f 150"}) == [0, 0, 0]


def test_the_same_vin_is_the_same_vehicle_whatever_else_differs():
    assert grouped({"vin": VIN}, {"vin": VIN, "odometer": 60_000.0, "paint_color": None}) == [0, 0]


def test_two_vins_are_two_vehicles_even_with_the_same_attributes():
    assert grouped({"vin": VIN}, {"vin": OTHER_VIN}) == [0, 1]


def test_a_copy_without_vin_belongs_to_the_one_with_it_before_or_after():
    assert grouped({}, {"vin": VIN}, {}) == [0, 0, 0]


def test_a_copy_without_mileage_is_not_taken_for_a_vehicle_with_vin():
    assert grouped({"vin": VIN, "odometer": None}, {"odometer": None}) == [0, 1]


def test_listings_that_say_next_to_nothing_are_vehicles_of_their_own():
    blank = dict.fromkeys(LISTING, None) | {"year": 2013.0}
    assert grouped(blank, blank) == [0, 1]
    assert grouped({"odometer": None, "model": None}, {"odometer": None, "model": None}) == [0, 1]


def test_without_mileage_a_full_description_still_tells():
    assert grouped({"odometer": None}, {"odometer": None}) == [0, 0]


def test_hashes_are_the_same_everywhere():
    assert vehicles.hashes(pd.Series(["škoda", None], dtype="str")).tolist() == [
        int(pd.util.hash_array(np.array(["škoda"], dtype=object))[0]),
        0,
    ]
