"""CSV files in, the same CSV files with prices out."""

import csv
import io
import json

import pytest

from price_service import csv_scoring

HEADER = "seller,year,manufacturer,model,odometer\n"
GOOD = "ann,2014,ford,f-150,80000\n"


def score(client, text, **options):
    """The reply to a raw CSV body."""
    body = text if isinstance(text, bytes) else text.encode()
    return client.post("/predict/csv", data=body, content_type="text/csv", **options)


def rows_of(reply, delimiter=","):
    """The rows of an answer, which must be 200."""
    text = reply.get_data(as_text=True)
    reply.close()
    assert reply.status_code == 200, text
    return list(csv.DictReader(io.StringIO(text), delimiter=delimiter))


def test_a_csv_comes_back_with_prices_beside_its_columns(client):
    (row,) = rows_of(score(client, HEADER + GOOD))
    assert list(row.items()) == [
        ("seller", "ann"),
        ("year", "2014"),
        ("manufacturer", "ford"),
        ("model", "f-150"),
        ("odometer", "80000"),
        ("predicted_price", "21300"),
        ("low", "17040"),
        ("high", "25560"),
        ("error", ""),
    ]


def test_a_csv_may_come_as_a_form_field(client):
    form = {"file": (io.BytesIO((HEADER + GOOD).encode()), "listings.csv", "text/csv")}
    (row,) = rows_of(client.post("/predict/csv", data=form))
    assert row["predicted_price"] == "21300"


def test_a_form_without_the_field_is_refused(client):
    form = {"upload": (io.BytesIO(b"year\n2014\n"), "listings.csv", "text/csv")}
    reply = client.post("/predict/csv", data=form)
    assert reply.status_code == 400
    assert reply.get_json()["errors"][0]["field"] == "file"


@pytest.mark.parametrize(
    "bad, reason",
    [
        ("bob,abc,ford,f-150,80000\n", "year must be a number"),
        ("bob,,ford,f-150,80000\n", "year is required"),
        ("bob,1900,ford,f-150,80000\n", "year must be at least 1950"),
        ("bob,2014.5,ford,f-150,80000\n", "year must be a whole number"),
        ("bob,2014,ford,f-150,nan\n", "odometer must be a number"),
        ("bob,2014,ford,f-150,1e999\n", "odometer must be a finite number"),
        ("bob,2014,ford,f-150,٣\n", "odometer must be a number"),
        ("bob,2014,ford,f-150,-1\n", "odometer must be at least 0"),
        (f"bob,2014,ford,{'x' * 301},1\n", "model must be at most 300 characters long"),
        ("bob,2014,ford\n", "the row has 3 cells, the header has 5"),
        ("bob,2014,ford,f-150,1,2,3\n", "the row has 7 cells, the header has 5"),
    ],
)
def test_a_bad_row_is_named_and_the_others_are_priced(client, bad, reason):
    rows = rows_of(score(client, HEADER + GOOD + bad + GOOD))
    assert [row["error"] for row in rows] == ["", reason, ""]
    assert [row["predicted_price"] for row in rows] == ["21300", "", "21300"]
    assert rows[1]["seller"] == "bob"


def test_numbers_may_be_written_as_pandas_writes_them(client):
    (row,) = rows_of(score(client, HEADER + "ann,2014.0,ford,f-150,8.0e4\n"))
    assert (row["predicted_price"], row["odometer"]) == ("21300", "8.0e4")


def test_quoted_line_breaks_and_names_outside_ascii_are_kept(client):
    row = '"ann\nof ""here"", south",2014,citroën,"2cv, 日本",80000\n'
    (answer,) = rows_of(score(client, HEADER + row))
    assert answer["seller"] == 'ann\nof "here", south'
    assert answer["model"] == "2cv, 日本"
    assert answer["predicted_price"] == "21300"


@pytest.mark.parametrize("prefix", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_the_usual_dialects_are_read(client, prefix, delimiter, line_end):
    text = f"year{delimiter}odometer{line_end}2014{delimiter}80000{line_end}"
    (row,) = rows_of(score(client, prefix + text.encode()), delimiter)
    assert (row["year"], row["predicted_price"]) == ("2014", "21300")


def test_blank_lines_are_no_rows(client):
    assert len(rows_of(score(client, HEADER + GOOD + "\n" + GOOD + "\n\n"))) == 2


@pytest.mark.parametrize(
    "body, status, said",
    [
        (b"", 422, "empty"),
        (b"\n\n", 422, "empty"),
        (HEADER.encode(), 422, "no rows"),
        (GOOD.encode(), 422, "year is a required column"),
        (b"seller,model\nann,f-150\n", 422, "year is a required column"),
        (b"year,year\n2014,2015\n", 422, "year is a column more than once"),
        (b"year,error\n2014,\n", 422, "error is a column that the answer adds"),
        (b'year,model\n2014,"f-150\n2015,focus\n', 422, "Line 3 is not CSV"),
        (b"year,model\n2014,\xff\xfe\n", 400, "not UTF-8"),
        (b"year,model\n2014,\xc3", 400, "not UTF-8"),
    ],
)
def test_what_is_no_table_of_listings_is_refused_before_the_answer_begins(
    client, body, status, said
):
    reply = score(client, body)
    assert reply.status_code == status
    assert reply.mimetype == "application/problem+json"
    assert said in reply.get_json()["detail"]


def test_another_charset_is_refused(client):
    reply = client.post(
        "/predict/csv", data=b"year\n2014\n", content_type="text/csv; charset=latin-1"
    )
    assert reply.status_code == 415


def test_a_long_file_is_answered_in_pieces_and_recorded_as_csv(app):
    count = 3 * csv_scoring.CHUNK_ROWS + 1
    reply = score(app.test_client(), HEADER + GOOD * count)
    pieces = list(reply.response)
    reply.close()
    assert len(pieces) == 4
    assert b"".join(pieces).count(b",21300,17040,25560,") == count
    entries = app.extensions["price_service"].outbox.file().oldest(count + 1)
    assert {json.loads(entry.body)["source"] for entry in entries} == {"csv"}
    assert len(entries) == count


def test_rows_that_cannot_be_recorded_midway_have_no_price(app):
    parts = app.extensions["price_service"]
    count = 20 * csv_scoring.CHUNK_ROWS
    parts.outbox.close()
    parts.outbox.folder.mkdir(exist_ok=True)
    small = type(parts.outbox)(parts.outbox.folder, 2_000_000)
    parts.outbox.append = small.append
    rows = rows_of(score(app.test_client(), HEADER + GOOD * count))
    small.close()
    assert len(rows) == count
    assert (rows[0]["predicted_price"], rows[0]["error"]) == ("21300", "")
    assert (rows[-1]["predicted_price"], rows[-1]["error"][:30]) == (
        "",
        "The request cannot be recorded",
    )
