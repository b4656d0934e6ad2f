"""No input costs more than its length deserves."""

import pytest

from price_service.csv_numbers import PLAIN, NumberRefused, read_number
from price_service.errors import BodyUnreadable
from price_service.request_body import MAX_JSON_VALUES, parse_json
from price_service.validation import ListingValidator

from unit_tests.price_service.fake_model import SCHEMA
from unit_tests.price_service.growth import assert_grows_with_its_input


def object_of(count: int, last: str) -> str:
    """An object of so many names, and a last one."""
    return "{" + "".join(f'"n{number}": 0, ' for number in range(count)) + f'"{last}": 0}}'


def refused(text: str) -> None:
    """Parse what is refused."""
    with pytest.raises(BodyUnreadable):
        parse_json(text)


SHAPES = {
    "a name given twice, at the end": lambda size: object_of(size // 200, f"n{size // 200 - 1}"),
    "many objects with one": lambda size: "[" + '{"a": 0, "a": 1}, ' * (size // 20) + "0]",
    "more names than a listing has": lambda size: object_of(size, "n"),
    "lists of nothing": lambda size: "[" + "[], " * (4 * size) + "[]]",
    "an unended text": lambda size: '{"model": "' + "\\u00e4" * size,
    "a number of many digits": lambda size: '{"year": ' + "1" * (size + 5_000),
    "blanks": lambda size: " " * (20 * size) + "x",
}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_json_that_is_refused_costs_no_more_than_its_length(shape):
    assert_grows_with_its_input(refused, shape, 100_000)


@pytest.mark.parametrize("cell", ["{ones}x", "{ones}.{ones}x", "{ones}e{ones}", "+{ones} 1"])
def test_a_csv_cell_of_many_digits_costs_no_more_than_its_length(cell):
    def read(text):
        assert PLAIN.fullmatch(text) is None
        with pytest.raises(NumberRefused):
            read_number(text)

    assert_grows_with_its_input(read, lambda size: cell.format(ones="1" * size), 200_000)


def test_a_listing_of_many_unknown_fields_costs_no_more_than_its_length():
    assert_grows_with_its_input(
        ListingValidator(SCHEMA).check, lambda size: {f"n{n}": 0 for n in range(size)}, 20_000
    )


UPLOADS = {
    "line ends": b"\r\n",
    "half a boundary": b"\r\n--bound",
    "a long line": b"2014",
    "carriage returns": b"\r",
}


@pytest.mark.parametrize("piece", UPLOADS.values(), ids=UPLOADS)
def test_an_uploaded_form_costs_no_more_than_its_length(client, piece):
    head = b'--boundary\r\nContent-Disposition: form-data; name="other"; filename="a"\r\n\r\n'

    def send(content):
        body = head + content + b"\r\n--boundary--\r\n"
        kind = "multipart/form-data; boundary=boundary"
        assert client.post("/predict/csv", data=body, content_type=kind).status_code == 400

    assert_grows_with_its_input(send, lambda size: piece * (size // len(piece)), 4_000_000)


@pytest.mark.parametrize("value", ["[]", "{}", "0", '""'])
def test_more_values_than_the_largest_list_of_listings_has_are_refused_unparsed(value):
    at_most = f"[{f'{value},' * (MAX_JSON_VALUES // 2 - 1)}{value}]"
    assert len(parse_json(at_most)) == MAX_JSON_VALUES // 2
    refused(f"[{f'{value},' * MAX_JSON_VALUES}{value}]")
