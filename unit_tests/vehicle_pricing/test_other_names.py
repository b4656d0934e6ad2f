"""Other names of values: what they mean, and that no name means two things."""

import pytest

from vehicle_pricing import other_names as names

MEANT = {
    "manufacturer": {
        "volkswagen": ["VW", "V.W.", "Volkswagon"],
        "chevrolet": ["Chevy", "CHEV", "Chevy Trucks"],
        "mercedes-benz": ["Mercedes", "Benz", "Mercedes Benz", "MERZ", "Mercedes-AMG"],
        "rover": ["Range Rover"],
        "land rover": ["Landrover", "LAND ROVER"],
        "infiniti": ["Infinity"],
        "alfa-romeo": ["Alfa", "Alfa Romeo"],
        "aston-martin": ["Aston"],
        "harley-davidson": ["Harley"],
        "škoda": ["Skoda", "ŠKODA"],
        "citroën": ["Citroen"],
        "hyundai": ["Hundai", "Hyundia"],
    },
    "condition": {
        "good": ["Very Good", "VERY_GOOD", "Used - Good", "average"],
        "like new": ["mint", "Like-New", "showroom condition"],
        "fair": ["Fair condition", "Poor"],
    },
    "cylinders": {
        "8 cylinders": ["8", "8.0", "8 cyl", "8-cyl.", "V8", "V-8", "eight", "Eight Cylinder"],
        "4 cylinders": ["I4", "Inline 4", "4 Cylinder Engine", "flat-4", "L4"],
    },
    "fuel": {
        "gas": [
            "Gasoline",
            "Petrol",
            "unleaded",
            "Regular",
            "Gas Engine",
            "E85",
            "Flex-Fuel",
            "FFV",
        ],
        "diesel": ["Diesel Fuel", "Bio Diesel", "TDI"],
        "hybrid": ["HEV", "Plug-in Hybrid", "PHEV", "Gas/Electric Hybrid", "PLUGIN_HYBRID"],
        "electric": ["EV", "BEV", "Battery Electric", "Electric Fuel System"],
        "other": ["Compressed Natural Gas (CNG)", "Propane"],
    },
    "title_status": {
        "clean": ["clean title", "Clear", "Clear Title", "Title: Clean"],
        "rebuilt": ["Rebuilt Title", "Reconstructed", "restored", "Prior Salvage"],
        "salvage": ["Salvaged", "Salvage Certificate", "Total Loss", "Flood"],
        "parts only": ["Junk", "Non-Repairable", "Certificate of Destruction", "for parts"],
        "lien": ["Lienholder", "Lien Holder", "lien on title"],
        "missing": ["No Title", "Bill of Sale", "lost title"],
    },
    "transmission": {
        "automatic": [
            *("Auto", "A", "AT", "A/T", "CVT", "Dual Clutch", "DCT", "Automatic 6-Speed"),
            *("6-Speed Automatic", "8-speed A/T", "Continuously Variable Transmission (CVT)"),
            *("Auto(S8)", "Automatic (AM-S7)", "10-Spd Automatic", "Six-Speed Automatic"),
        ],
        "manual": ["M", "MT", "Stick", "5-Speed Manual", "Manual/Standard", "6MT", "5 spd manual"],
    },
    "drive": {
        "4wd": [
            "AWD",
            "4x4",
            "Four Wheel Drive",
            "All-Wheel Drive",
            "4WD/4-Wheel Drive/4x4",
            "FOUR_WD",
        ],
        "fwd": ["F.W.D.", "Front Wheel Drive", "front-wheel", "FWD/Front-Wheel Drive", "Front"],
        "rwd": ["Rear-Wheel Drive", "rear"],
    },
    "size": {
        "full-size": ["Full Size", "Large Cars"],
        "mid-size": ["Midsize"],
        "compact": ["small"],
    },
    "type": {
        "sedan": ["4dr Sedan", "Saloon", "Sedan/Saloon", "Sedan 4D"],
        "suv": ["Sport Utility", "Crossover", "CUV", "SUV 4D", "4DR SPOR"],
        "pickup": ["Crew Cab Pickup", "pick-up", "Crew Cab", "SuperCrew", "Pickup Truck"],
        "mini-van": ["Minivan", "Mini Van", "Passenger Minivan"],
        "hatchback": ["Hatch", "Hatchback/Liftback/Notchback", "HATCHBAC"],
        "wagon": ["Estate", "Station Wagon"],
        "convertible": ["Cabriolet", "Roadster", "Convertible/Cabriolet"],
        "coupe": ["Coupé", "2dr Car"],
        "van": ["Cargo Van"],
        "offroad": ["Off-Road"],
    },
    "paint_color": {"grey": ["Gray", "Gray Metallic", "charcoal"], "white": ["Pearl White", "WHT"]},
    "state": {"ca": ["California", "US-CA"], "dc": ["Washington, D.C."], "wa": ["Washington"]},
}
# What says neither one thing nor the other counts as not told.
NOT_MEANT = {
    "drive": ["2WD", "4x2", "TWO_WD"],
    "condition": ["Used", "CPO", "Pre-owned"],
    "type": ["Used", "New", "4dr", "MPV"],
    "title_status": ["branded", "yes", "2014 Ford F-150 XLT"],
    "transmission": ["6-Speed", "V6"],
    "state": ["USED"],
    "manufacturer": ["merc", "gm"],
    "fuel": ["steam"],
}


@pytest.mark.parametrize("name", MEANT)
def test_what_feeds_and_people_write_is_the_option_that_they_mean(name):
    own = {names.squashed(option): option for option in names.KAGGLE_OPTIONS[name]}
    known = own | names.other_names(name, names.KAGGLE_OPTIONS[name])
    for option, others in MEANT[name].items():
        assert {other: known.get(names.squashed(other)) for other in others} == dict.fromkeys(
            others, option
        )


@pytest.mark.parametrize("name", NOT_MEANT)
def test_what_is_ambiguous_is_no_other_name(name):
    known = names.other_names(name, names.KAGGLE_OPTIONS[name])
    assert not [other for other in NOT_MEANT[name] if names.squashed(other) in known]


@pytest.mark.parametrize("name", names.KAGGLE_OPTIONS)
def test_no_name_means_two_options_and_all_mean_one(name):
    meant = {}
    for targets, others in names.groups_of(name):
        for other in map(names.squashed, (*targets[:1], *others)):
            assert other and meant.setdefault(other, targets[0]) == targets[0], other
    known = names.other_names(name, names.KAGGLE_OPTIONS[name])
    assert set(known.values()) <= set(names.KAGGLE_OPTIONS[name])
    assert not set(known) & {names.squashed(option) for option in names.KAGGLE_OPTIONS[name]}


def test_a_data_set_with_an_option_of_its_own_for_it_keeps_awd_apart():
    assert names.other_names("drive", ["4wd", "awd", "fwd"])["allwheeldrive"] == "awd"
    assert names.other_names("drive", ["awd", "fwd"])["4x4"] == "awd"
    assert "4x4" not in names.other_names("drive", ["fwd", "rwd"])


def test_a_merc_is_a_mercedes_where_there_is_no_mercury():
    assert names.other_names("manufacturer", ["mercedes-benz"])["merc"] == "mercedes-benz"
    assert "merc" not in names.other_names("manufacturer", ["mercury", "mercedes-benz"])


def test_range_rovers_are_the_make_that_is_there():
    assert names.other_names("manufacturer", ["land rover"])["rangerover"] == "land rover"
    assert names.other_names("manufacturer", ["rover"])["landrover"] == "rover"
