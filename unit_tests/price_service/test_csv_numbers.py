"""Numbers in the cells of CSV files, as people and programs write them."""

import pytest

from price_service.csv_numbers import (
    NumberAmbiguous,
    NumberFormat,
    NumberRefused,
    PointEvidence,
    read_number,
)

MILES = NumberFormat("miles")
READ = {
    # plain
    **{"89000": 89_000, "0": 0, "89000.0": 89_000, "2014.0": 2014, "8.0e4": 80_000, "1E3": 1000},
    **{"+5": 5, "-1": -1, "−5": -5, ".5": 0.5, "5.": 5, "0.500": 0.5, "000.500": 0.5},
    **{"1234.567": 1234.567, "80.0000": 80, "80.00": 80, " 89000 ": 89_000, "089000": 89_000},
    # thousands
    **{"89,000": 89_000, "1,234,567": 1_234_567, "1,234.5": 1234.5, "1,23,456": 123_456},
    **{"12,34,567": 1_234_567, "500,000": 500_000, "2,014": 2014},
    **{"80 000": 80_000, "80\u00a0000": 80_000, "80\u2009000": 80_000, "80\u202f000": 80_000},
    **{"80\u2007000": 80_000, "1 234 567": 1_234_567, "80 000,5": 80_000.5, "80 000.5": 80_000.5},
    **{"80'000": 80_000, "80’000": 80_000, "80`000": 80_000, "1'234'567.25": 1_234_567.25},
    **{"80.000,50": 80_000.5, "1.234.567": 1_234_567, "1.234.567,8": 1_234_567.8},
    **{"80.000,5": 80_000.5, "1.234,567": 1234.567},
    # decimal commas
    **{"80000,5": 80_000.5, "12,5": 12.5, "12,34": 12.34, "0,500": 0.5, "1234,567": 1234.567},
    # k
    **{"89k": 89_000, "89K": 89_000, "89 k": 89_000, "89.5k": 89_500, "89,5k": 89_500},
    **{"89.3k": 89_300, "0.5k": 500, "100k": 100_000, "89 thousand": 89_000, "89 thou": 89_000},
    **{"89kmi": 89_000, "89k mi": 89_000, "89k miles": 89_000, "1.25k": 1250},
    # miles
    **{"51,000 mi.": 51_000, "52,777 miles": 52_777, "52777mi": 52_777, "1 mile": 1, "5 MI": 5},
    **{"89,000 Miles": 89_000, "89000 mls": 89_000, "89 000 mi": 89_000, "80.000,0 mi": 80_000},
    **{"52,777\u00a0mi": 52_777, "12.5 mi": 12.5},
}
SAID = {
    # kilometres, in whole miles
    **{"120000 km": 74_565, "120,000 km": 74_565, "120 000 km": 74_565, "120000km": 74_565},
    **{"120000 KM": 74_565, "120000 kms": 74_565, "120000 kilometers": 74_565, "120k km": 74_565},
    **{"120000 kilometres": 74_565, "1 kilometer": 1, "89km": 55, "80.000,5 km": 49_710},
    **{"120'000 km.": 74_565, "~120000 km": 74_565},
    # about
    **{"~89k": 89_000, "~ 89,000": 89_000, "about 89,000": 89_000, "approx. 89k": 89_000},
    **{
        "100k+": 100_000,
        "100,000+ miles": 100_000,
        "100k+ mi": 100_000,
        "100,000 miles+": 100_000,
        "ca. 80 000": 80_000,
    },
    # money
    **{"$18,500": 18_500, "$18500": 18_500, "$ 18,500.00": 18_500, "18500 USD": 18_500},
    **{"US$18,500": 18_500, "USD 18,500": 18_500, "18500$": 18_500},
}
AMBIGUOUS = (
    "80.000",
    "1.234",
    "120.500 km",
    "-80.000",
    "$18.500",
    "89,000k",
    "89.500k",
    "80.000 mi",
)
NO_NUMBERS = (
    *("", "abc", "nan", "inf", "-", "$", "k", "mi", "٣", "２０１４", "2_014", "0x10", "1e99999"),
    *("80 00", "8 0000", "1,2,3", "1.2.3", "80,00,0", "1,2345,678", "1.234.56", "80'00", "1 2"),
    *("12 miles 3", "89,xxx", "89xxx", "see text", "80-90k", "80000/90000", "€18.500", "(1,234)"),
    *("$18,500 USD$", "1,234,5", "1.234,5.6", "80 000'000", "9" * 61 + " mi", "89kk", "89 m"),
    *("--5", "5 %", "80,000.000,000"),
)


@pytest.mark.parametrize("text, number", READ.items())
def test_a_number_is_read_as_people_write_it(text, number):
    assert read_number(text, MILES) == (number, False)


@pytest.mark.parametrize("text, number", SAID.items())
def test_what_was_converted_or_guessed_is_said(text, number):
    assert read_number(text, MILES) == (number, True)


@pytest.mark.parametrize("text", AMBIGUOUS)
def test_a_number_that_may_be_two_is_refused_with_both(text):
    with pytest.raises(NumberAmbiguous, match=r"may mean \d+ or \d+(\.\d)?; write one of these"):
        read_number(text, MILES)


@pytest.mark.parametrize("text", NO_NUMBERS)
def test_what_is_no_number_is_refused(text):
    with pytest.raises(NumberRefused, match="must be a number"):
        read_number(text, MILES)


@pytest.mark.parametrize("text", ["89 mi", "89 km", "2014km"])
def test_a_field_without_such_a_unit_refuses_it(text):
    with pytest.raises(NumberRefused):
        read_number(text, NumberFormat("year"))


@pytest.mark.parametrize(
    "text, number",
    [("80.000", 80_000), ("-1.500", -1500), ("80.000 mi", 80_000), ("120.000 km", 74_565)],
)
def test_a_point_that_groups_in_its_column_groups_and_is_said(text, number):
    assert read_number(text, NumberFormat("miles", thousands=".")) == (number, True)


@pytest.mark.parametrize("text", ["80.5", "80.00", "1,234.5", "80,000"])
def test_what_contradicts_the_column_is_refused(text):
    with pytest.raises(NumberRefused):
        read_number(text, NumberFormat("miles", thousands="."))


@pytest.mark.parametrize("text", ["950", "80000", "1.234,5", "80 000"])
def test_what_does_not_contradict_the_column_is_read_unsaid(text):
    plain = text.replace(".", "").replace(",", ".").replace(" ", "")
    assert read_number(text, NumberFormat("miles", thousands=".")) == (float(plain), False)


def test_a_column_in_kilometres_is_converted_but_where_a_cell_says_miles():
    column = NumberFormat("miles", written_unit="km")
    assert read_number("128748", column) == (80_000, True)
    assert read_number("128,748", column) == (80_000, True)
    assert read_number("1.28748e5", column) == (80_000, True)
    assert read_number("80000 mi", column) == (80_000, False)
    assert read_number("80000 mi", NumberFormat("km")) == (128_748, True)


@pytest.mark.parametrize(
    "texts, groups",
    [
        (["80.000", "120.500"], True),
        (["80.000", "120.500", "950", "", "n/a"], True),
        (["80.000 km", "120.500 km"], True),
        (["80.000,50"], True),
        (["80.000,50", "80000"], True),
        (["1.234.567"], True),
        (["80.000"], False),
        (["80.000", "80.000", "80.000"], False),
        (["80.000", "120.500", "95000"], False),
        (["80.000", "120.500", "95.5"], False),
        (["80.000", "120.500", "95,000"], False),
        (["0.500", "80.000", "90.100"], False),
        (["80000.000", "80.000", "90.100"], False),
        (["80,000", "95,500"], False),
        ([], False),
    ],
)
def test_the_point_groups_thousands_where_a_column_shows_it(texts, groups):
    evidence = PointEvidence()
    for text in texts:
        evidence.add(text)
    assert evidence.groups is groups
