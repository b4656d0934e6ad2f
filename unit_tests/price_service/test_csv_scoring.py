"""CSV files in, the same CSV files with prices out."""

import csv
import io
import json
import time

import jsonschema
import pytest

from price_service import create_app, csv_scoring, csv_table

from unit_tests.price_service.fake_model import EarlierFakeModel

HEADER = "seller,year,manufacturer,model,odometer\n"
GOOD = "ann,2014,ford,f-150,80000\n"


def score(client, text, **options):
    """The reply to a raw CSV body."""
    body = text if isinstance(text, bytes) else text.encode()
    return client.post("/predict/csv", data=body, content_type="text/csv", **options)


def rows_of(reply, delimiter=","):
    """The rows of an answer, which must be 200."""
    text = reply.get_data(as_text=True).removeprefix("\ufeff")
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
        ("warnings", ""),
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
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_the_usual_dialects_are_read(client, prefix, delimiter, line_end):
    text = f"year{delimiter}odometer{line_end}2014{delimiter}80000{line_end}"
    reply = score(client, prefix + text.encode())
    assert reply.data.startswith(prefix + f"year{delimiter}odometer{delimiter}".encode())
    (row,) = rows_of(reply, delimiter)
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
    assert b"".join(pieces).count(b",21300,17040,25560,,\n") == count
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


def test_warnings_stand_in_a_column_of_their_own(client):
    lines = "ann,2014,FoMoCo,f-150,120000 km\nbob,2014,lada,niva,TMU\n"
    known, unknown = rows_of(score(client, HEADER + lines))
    assert known["predicted_price"] == "21463"
    assert known["warnings"].split("; ") == [
        "odometer '120000 km' is read as 74565 miles",
        "manufacturer 'FoMoCo' is read as 'ford'",
    ]
    assert (unknown["predicted_price"], unknown["error"]) == ("21000", "")
    assert unknown["warnings"].split("; ") == [
        "odometer 'TMU' counts as not told",
        "manufacturer 'lada' is unknown: priced as any other manufacturer",
    ]


def test_what_is_recorded_of_a_row_is_its_understood_listing(app):
    rows_of(score(app.test_client(), HEADER + 'ann,2014,FoMoCo,f-150,"89,000"\n'))
    (entry,) = app.extensions["price_service"].outbox.file().oldest(2)
    features = json.loads(entry.body)["features"]
    assert features == {"year": 2014, "manufacturer": "ford", "model": "f-150", "odometer": 89000}


def test_a_model_of_before_reads_a_csv_by_the_names_of_its_features_and_labels(settings):
    app = create_app(settings, EarlierFakeModel())
    (row,) = rows_of(score(app.test_client(), "Make,YEAR,Odometer\nVW,2014,80 000\n"))
    app.extensions["price_service"].outbox.close()
    assert row["predicted_price"] == "21300"
    assert row["warnings"] == "manufacturer 'VW' was not seen in training"


@pytest.mark.parametrize(
    "header",
    [
        "Year,Make,Model,Mileage",
        " YEAR , MANUFACTURER ,Model, Odometer ",
        '"year","Vehicle Make","vehicle_model","miles"',
        "Year,brand,Car Model,ODO-METER",
    ],
)
def test_a_header_may_be_spelt_otherwise(client, header):
    reply = score(client, header + "\n2014,ford,f-150,80000\n")
    assert "X-Unused-Columns" not in reply.headers
    (row,) = rows_of(reply)
    assert (row["predicted_price"], row["warnings"]) == ("21300", "")


def test_columns_that_are_no_field_are_named(client):
    reply = score(client, 'VIN,year,"Größe, cm",,price\n1FT,2014,3,x,9000\n')
    assert reply.headers["X-Unused-Columns"] == "VIN,Gr%C3%B6%C3%9Fe%2C cm,price"
    assert rows_of(reply)[0]["predicted_price"] == "21000"


def test_the_list_of_unused_columns_is_bounded(client):
    names = [f"a column of many: number {number}" for number in range(900)]
    row = dict.fromkeys(names, "x")
    reply = score(client, ",".join([*names, "year"]) + "\n" + ",".join([*row.values(), "2014"]))
    reply.close()
    unused = reply.headers["X-Unused-Columns"]
    assert len(unused) < 2_100 and unused.endswith(",...")


@pytest.mark.parametrize(
    "above",
    [
        "sep=;\n",
        "sep=;\r\n",
        '"sep=;"\n',
        "Smith Motors, Inc.\n",
        '"Smith" Motors\n\n',
        "Inventory report|2026\nMade by: A, B, C, D, E, F\n;;;\n",
        "\n\n",
        "Model\n",
    ],
)
def test_lines_above_the_header_are_skipped(client, above):
    text = above + "Year;Make;Model;Mileage;Notes, if any\n2014;ford;f-150;80000;none, really\n"
    (row,) = rows_of(score(client, text), ";")
    assert list(row)[:5] == ["Year", "Make", "Model", "Mileage", "Notes, if any"]
    assert row["predicted_price"] == "21300"


def test_a_delimiter_that_is_not_read_is_named(client):
    reply = score(client, "sep=^\nyear^odometer\n2014^80000\n")
    assert reply.status_code == 422
    assert "'^' is not read" in reply.get_json()["detail"]


def test_a_line_that_is_no_csv_is_counted_from_the_file_s_first(client):
    reply = score(client, 'Smith Motors\n\nyear,model\n2014,f-150\n2014,"x"y\n')
    assert "Line 5 is not CSV" in reply.get_json()["detail"]


def test_short_rows_are_padded_and_empty_cells_at_the_end_are_cut(client):
    text = "year,odometer,manufacturer,note\n2014,80000,ford\n2014,80000,ford,,,,\n2014\n"
    rows = rows_of(score(client, text))
    assert [row["predicted_price"] for row in rows] == ["21300", "21300", "21000"]
    assert [row["error"] for row in rows] == [""] * 3
    assert [list(row)[-1] for row in rows] == ["warnings"] * 3


def test_empty_rows_keep_their_place_without_a_price_or_an_error(client):
    text = "year,odometer\n,\n2014,80000\n , \n,,,\n2014,80000\n"
    rows = rows_of(score(client, text))
    assert [row["predicted_price"] for row in rows] == ["", "21300", "", "", "21300"]
    assert {row["error"] + row["warnings"] for row in rows} == {""}


def test_a_file_of_empty_rows_is_answered(client):
    assert len(rows_of(score(client, "year,odometer\n,\n,\n"))) == 2


@pytest.mark.parametrize(
    "body, said",
    [
        (b"PK\x03\x04\x14\x00\x06\x00[Content_Types].xml\xff", "an Excel workbook (.xlsx)"),
        (b"PK\x03\x04\x14\x00\x00\x00listings.csv year", "a zip archive"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an Excel workbook (.xls)"),
        (b"\x1f\x8b\x08\x00", "gzip-compressed"),
        (b"%PDF-1.7\nyear\n2014\n", "a PDF document"),
        (b"PAR1\x15\x04", "a Parquet file"),
        (b"<html><table><tr><td>year</td></tr></table></html>", "an HTML page"),
        (b"\n <!DOCTYPE html>\n", "an HTML page"),
        (b'<?xml version="1.0"?><Workbook/>', "an XML document"),
        (b'[{"year": 2014}]', "JSON"),
        ("year\n2014\n".encode("utf-16"), "UTF-16"),
        ("year\n2014\n".encode("utf-16-le"), "UTF-16"),
        ("year\n2014\n".encode("utf-32"), "UTF-32"),
        ("year;model\n2014;Citroën\n".encode("cp1252"), "Windows-1252"),
        (bytes(range(256)), "binary"),
    ],
)
def test_a_file_of_another_kind_is_named_with_how_to_save_it(client, body, said):
    for path in ("/predict/csv", "/predict/csv/columns"):
        reply = client.post(path, data=body, content_type="text/csv")
        assert reply.status_code == 400
        detail = reply.get_json()["detail"]
        assert said in detail and "save it as CSV in UTF-8" in detail


def test_a_header_without_the_required_field_names_the_columns_that_came(client):
    reply = score(client, "Company\nMake,Model,Listed on\nford,f-150,2026-01-01\n")
    body = reply.get_json()
    assert reply.status_code == 422
    assert [error["field"] for error in body["errors"]] == ["year"]
    assert "“Make”, “Model”, “Listed on”" in body["detail"]


def test_more_columns_than_any_table_has_are_refused(client):
    names = ",".join(["year", *(f"c{number}" for number in range(1_000))])
    reply = score(client, f"{names}\n2014\n")
    assert (reply.status_code, "1,001 columns" in reply.get_json()["detail"]) == (422, True)


def test_thousands_with_a_point_are_read_where_the_file_shows_it(client):
    text = "year;mileage\n2014;80.000\n2013;120.500\n2012;950\n"
    rows = rows_of(score(client, text), ";")
    assert [row["predicted_price"] for row in rows] == ["21300", "19185", "21872"]
    assert rows[0]["warnings"] == "odometer '80.000' is read as 80000 miles"


def test_thousands_with_a_point_are_refused_where_nothing_shows_it(client):
    rows = rows_of(score(client, "year;mileage\n2014;80.000\n2013;120500\n"), ";")
    assert [row["predicted_price"] for row in rows] == ["", "19185"]
    assert rows[0]["error"] == (
        "odometer is ambiguous: '80.000' may mean 80000 or 80.0; write one of these"
    )


def test_what_the_whole_file_shows_can_be_said_of_a_piece(client):
    text = "year,odometer\n2014,80.000\n2014,100.000\n2014,80000\n"
    told = client.post(
        "/predict/csv?thousands=odometer:.&units=odometer:km", data=text, content_type="text/csv"
    )
    rows = rows_of(told)
    assert [row["predicted_price"] for row in rows] == ["22209", "21836", "22209"]
    assert "is read as 49710 miles" in rows[0]["warnings"]


@pytest.mark.parametrize(
    "query",
    ["thousands=odometer", "thousands=model:.", "thousands=odometer:x", "units=year:km", "units="],
)
def test_a_wrong_word_on_numbers_is_refused(client, query):
    reply = client.post(f"/predict/csv?{query}", data=HEADER + GOOD, content_type="text/csv")
    assert reply.status_code == 422
    assert reply.get_json()["errors"][0]["field"] == query.partition("=")[0]


def test_kilometres_in_a_column_s_name_are_converted_and_said(client):
    (row,) = rows_of(score(client, "year,Odometer (km)\n2014,128748\n"))
    assert row["predicted_price"] == "21300"
    assert row["warnings"] == "odometer '128748' is read as 80000 miles"


def test_how_a_file_would_be_read_is_told_and_nothing_is_priced(app):
    text = "\ufeffSmith Motors\nMODEL YEAR;Make;Mileage;Stock\n2014;ford;80.000;1\n;;;\n2015;;95.500;2\n"
    reply = app.test_client().post(
        "/predict/csv/columns", data=text.encode(), content_type="text/csv"
    )
    assert reply.get_json() == {
        "delimiter": ";",
        "skipped_lines": 1,
        "rows": 3,
        "empty_rows": 1,
        "header": ["MODEL YEAR", "Make", "Mileage", "Stock"],
        "columns": {"year": 0, "manufacturer": 1, "odometer": 2},
        "unused": [3],
        "notes": [],
        "thousands": {"odometer": "."},
        "units": {},
        "encoding": "utf-8",
        "bom": True,
    }
    assert app.extensions["price_service"].outbox.file().oldest(2) == []


def test_a_file_without_the_required_column_is_described_all_the_same(client):
    reply = client.post("/predict/csv/columns", data="a;b\n1;2\n", content_type="text/csv")
    told = reply.get_json()
    assert (told["delimiter"], told["header"], told["columns"]) == (";", ["a", "b"], {})


def test_the_answer_is_as_it_is_described(client):
    description = client.get("/openapi.json").get_json()
    told = client.post("/predict/csv/columns", data=HEADER + GOOD, content_type="text/csv")
    schema = {"components": description["components"], "$ref": "#/components/schemas/CsvColumns"}
    jsonschema.validate(told.get_json(), schema)


def seconds_of_header(client, columns: int) -> float:
    """The least time of three in which a header of so many columns is read."""
    names = [name for number in range(columns // 2) for name in (f"c{number}", "year")]
    body = (",".join(names) + "\n2014\n").encode()
    seconds = []
    for _ in range(3):
        started = time.perf_counter()
        client.post("/predict/csv", data=body, content_type="text/csv").close()
        seconds.append(time.perf_counter() - started)
    return min(seconds)


def test_a_header_twice_as_long_costs_twice_as_much(client, monkeypatch):
    monkeypatch.setattr(csv_table, "MAX_COLUMNS", 10**6)
    short, long = (seconds_of_header(client, columns) for columns in (10_000, 20_000))
    assert long < 3 * short
