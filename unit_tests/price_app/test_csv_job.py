"""A visitor's table on its way through the service, in pieces."""

import csv
import io
import threading
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from price_app import errors
from price_app.many import csv_file
from price_app.many.columns import titles
from price_app.many.csv_charts import MOST_BINS, price_counts, price_histogram
from price_app.many.csv_file import Layout
from price_app.many.csv_job import MOST_ERRORS, PricingJob, RowError, rows_a_piece
from price_app.many.priced_rows import WAYS_TO_SORT

STATUS = Path("/proc/self/status")
CLEAR_REFS = Path("/proc/self/clear_refs")
MEBIBYTE_KIBIBYTES = 1024


def priced_by(text: bytes, _hints: object = None) -> str:
    """A service's answer: every row priced but those whose first field is `bad`."""
    header, *rows = csv.reader(io.StringIO(text.decode()))
    answer = io.StringIO()
    writer = csv.writer(answer)
    writer.writerow([*header, *csv_file.ADDED_COLUMNS])
    for row in rows:
        warning = "km" if row[0] == "odd" else ""
        added = ["", "", "", "bad", ""] if row[0] == "bad" else [2, 1, 3, "", warning]
        writer.writerow([*row, *added])
    return answer.getvalue()


def a_job(content: bytes, layout: Layout = Layout(), **columns: int) -> PricingJob:
    """A job for the table; its first column is the year where nothing is said."""
    return PricingJob(csv_file.opened(content, layout), columns or {"year": 0})


def finished(content: bytes, layout: Layout = Layout(), **columns: int) -> PricingJob:
    """A job that went through."""
    job = a_job(content, layout, **columns)
    job.go_on(priced_by, lambda done: None)
    assert job.is_finished and job.failure is None
    return job


def answer_of(job: PricingJob) -> list[dict]:
    """The download, read again."""
    text = io.StringIO(job.rows.content().decode("utf-8-sig"))
    return list(csv.DictReader(text, delimiter=job.table.layout.delimiter))


def test_a_table_in_pieces_comes_back_whole_in_order_with_its_errors():
    rows = ["bad" if number in (7, 1234) else str(number) for number in range(1, 1301)]
    told: list[int] = []
    job = a_job(("id\n" + "\n".join(rows) + "\n").encode())
    job.go_on(priced_by, told.append)
    assert [row["id"] for row in answer_of(job)] == rows
    assert job.errors == [RowError(7, "bad"), RowError(1234, "bad")]
    assert told == [500, 1000, 1300]


def test_only_matched_columns_are_sent_by_their_field_and_all_come_back_as_they_were():
    sent: list[bytes] = []

    def service(text: bytes, _hints: object) -> str:
        sent.append(text)
        return priced_by(text)

    job = a_job(b"vin,Mileage,odometer,Built\nA1,9,1,2014\n", year=3, odometer=1)
    job.go_on(service, lambda done: None)
    assert sent == [b"year,odometer\n2014,9\n"]
    header, row = job.rows.content().decode().splitlines()
    assert header == "\ufeffvin,Mileage,odometer,Built,predicted_price,low,high,error,warnings"
    assert row == "A1,9,1,2014,2,1,3,,"


def test_quotes_line_breaks_commas_and_accents_survive():
    job = finished('\ufeffid,note\r\n1,"a, ""b""\nc"\r\n\r\n2,é\r\n'.encode())
    expected = [("1", 'a, "b"\nc'), ("2", "é")]
    assert [(row["id"], row["note"]) for row in answer_of(job)] == expected
    assert [tuple(row[:2]) for row in job.rows.first(5, WAYS_TO_SORT[0])] == expected


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_another_delimiter_is_kept_and_lines_above_the_header_are_skipped(delimiter):
    text = (
        f"A dealer, Inc.\nsep={delimiter}\nid{delimiter}note\n1{delimiter}a, b\nbad{delimiter}c\n"
    )
    job = finished(text.encode(), Layout(delimiter=delimiter, skipped_lines=2))
    first, second = answer_of(job)
    assert (first["note"], first["predicted_price"], second["error"]) == ("a, b", "2", "bad")


def test_short_rows_are_padded_empty_ones_skipped_and_long_ones_told():
    job = finished(b"id,note\n1,a\n2\n3,b,c\n,\n4,d,\n\n  , \n")
    assert job.errors == [RowError(3, "the row has 3 cells, the header has 2")]
    prices = [row["predicted_price"] for row in answer_of(job)]
    assert prices == ["2", "2", "", "", "2", ""]
    assert (job.table.rows, job.table.empty_rows) == (6, 2)


def test_warnings_are_kept_beside_the_prices_and_counted():
    job = finished(b"id\n1\nodd\n")
    assert [row["warnings"] for row in answer_of(job)] == ["", "km"]
    assert job.warning_count == 1


def test_a_service_of_before_adds_no_warnings():
    def of_before(text: bytes, _hints: object) -> str:
        lines = text.decode().splitlines()
        return "\n".join([f"{lines[0]},predicted_price,low,high,error", f"{lines[1]},2,1,3,"])

    job = a_job(b"id\n1\n")
    job.go_on(of_before, lambda done: None)
    assert [(row["predicted_price"], row["warnings"]) for row in answer_of(job)] == [("2", "")]


def test_what_the_whole_file_says_of_a_number_goes_with_each_piece_of_that_column():
    hints = {"thousands": {"odometer": "."}, "units": {"odometer": "km"}}
    layout = Layout(columns={"year": 0, "odometer": 1}, hints=hints)
    heard: list[object] = []

    def service(text: bytes, given: object) -> str:
        heard.append(given)
        return priced_by(text)

    for columns in ({"year": 0, "odometer": 1}, {"year": 0, "odometer": 2}):
        job = a_job(b"year,km,miles\n2014,80.000,9\n", layout, **columns)
        job.go_on(service, lambda done: None)
    assert heard == [hints, {"thousands": {}, "units": {}}]


def test_a_failure_midway_is_kept_and_the_next_try_goes_on_from_there():
    rows = [str(number) for number in range(1200)]
    job = a_job(("id\n" + "\n".join(rows) + "\n").encode())
    pieces: list[int] = []

    def failing_once(text: bytes, _hints: object) -> str:
        pieces.append(text.count(b"\n") - 1)
        if len(pieces) == 2:
            raise errors.ServiceUnreachable("gone")
        return priced_by(text)

    job.go_on(failing_once, lambda done: None)
    assert isinstance(job.failure, errors.ServiceUnreachable)
    assert (job.done, job.is_finished) == (500, False)
    job.go_on(failing_once, lambda done: None)
    assert job.failure is None and job.is_finished
    assert pieces == [500, 500, 500, 200]
    assert [row["id"] for row in answer_of(job)] == rows


def test_a_page_that_is_left_midway_ends_its_piece_before_the_next_one_goes_on():
    job = a_job(("id\n" + "1\n" * 1000).encode())
    asked, answer_now = threading.Event(), threading.Event()

    class Left(BaseException):
        """What ends a page's script at its next mark on the page."""

    def slow(text: bytes, _hints: object) -> str:
        asked.set()
        answer_now.wait(10)
        return priced_by(text)

    def leave(_done: int) -> None:
        raise Left

    def first_run() -> None:
        with pytest.raises(Left):
            job.go_on(slow, leave)

    runs = [
        threading.Thread(target=first_run),
        threading.Thread(target=job.go_on, args=(priced_by, lambda done: None)),
    ]
    runs[0].start()
    assert asked.wait(10)
    runs[1].start()
    answer_now.set()
    for run in runs:
        run.join(10)
    assert (job.done, job.is_finished) == (1000, True)


@pytest.mark.parametrize("answer", ["", "id,error\n", "id,predicted_price,low,high,error\n"])
def test_a_table_that_lost_rows_or_columns_is_not_passed_on(answer):
    job = a_job(b"id\n1\n")
    job.go_on(lambda piece, hints: answer, lambda done: None)
    assert isinstance(job.failure, errors.UnexpectedAnswer)
    assert job.done == 0


@pytest.mark.parametrize(
    "content",
    [b"", b"\n\n", b"id\n", b"\xff\xfe", b'id\n"a"b\n', b"id,low\n1,2\n", b"id\n1\n\xff\n"],
)
def test_what_is_no_table_is_refused(content):
    with pytest.raises(errors.CsvUnreadable):
        csv_file.opened(content)


def test_rows_come_in_the_order_of_their_prices_and_those_without_are_last():
    job = a_job(b"id\n1\n2\nbad\n3\n")
    prices = iter(
        [
            ["500", "1", "2", "", ""],
            ["90", "1", "2", "", ""],
            ["", "", "", "x", ""],
            ["7", *[""] * 4],
        ]
    )
    job.rows.append([row, *next(prices)] for row in "1234")
    by_way = {way: [row[0] for row in job.rows.first(9, way)] for way in WAYS_TO_SORT}
    assert list(by_way.values()) == [list("1234"), list("1243"), list("4213")]
    assert [row[0] for row in job.rows.first(1, WAYS_TO_SORT[1])] == ["1"]


def test_errors_beyond_the_first_are_counted_and_not_kept():
    job = finished(("id\n" + "bad\n" * (MOST_ERRORS + 500)).encode())
    assert (job.error_count, len(job.errors)) == (MOST_ERRORS + 500, MOST_ERRORS)


def test_pieces_grow_with_the_table():
    assert [rows_a_piece(rows) for rows in (3, 100_000, 10_000_000)] == [500, 2000, 5000]


@pytest.mark.skipif(not CLEAR_REFS.exists(), reason="needs Linux's /proc")
def test_a_hundred_thousand_rows_take_little_memory_beside_the_file():
    line = f"2014,ford,f-150,89000,{'words of the seller ' * 5}\n"
    job = a_job(("year,make,model,odometer,note\n" + line * 100_000).encode(), year=0)
    CLEAR_REFS.write_text("5", encoding="ascii")  # the peak begins anew
    before = memory_kibibytes("VmRSS")
    job.go_on(priced_by, lambda done: None)
    assert job.is_finished
    assert (memory_kibibytes("VmHWM") - before) / MEBIBYTE_KIBIBYTES < 30


def test_twice_the_header_takes_no_more_than_twice_the_time():
    def seconds(count: int) -> float:
        table = csv_file.opened(("a," * count + "a\n" + "1," * count + "1\n").encode())
        start = time.process_time()
        assert len(titles(table)) == count + 1
        return time.process_time() - start

    once = min(seconds(50_000) for _ in range(5))
    twice = min(seconds(100_000) for _ in range(5))
    # Four times is what a look through all earlier names would take.
    assert twice < 3 * once


def test_no_two_columns_have_one_title():
    table = csv_file.opened(b"x,x (column 3),x,,\n1,2,3,4,5\n")
    assert len(set(titles(table))) == 5


def memory_kibibytes(name: str) -> int:
    """A figure of this process, in KiB."""
    lines = STATUS.read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name))


def test_the_histogram_counts_every_price_in_round_bins():
    prices = pd.Series([*np.linspace(1_000, 60_000, 500), 900_000, np.nan])
    counts = price_counts(prices)
    assert counts["vehicles"].sum() == 501
    assert len(counts) <= MOST_BINS
    assert set((counts["high"] - counts["low"]).round(6)) == {2500.0}
    assert price_histogram(counts).to_dict()["mark"]["type"] == "bar"


@pytest.mark.parametrize("prices", [[5000.0], [5000.0] * 9, [0.5, 3e6, 9e6]])
def test_prices_that_are_alike_or_far_apart_still_make_a_histogram(prices):
    assert price_counts(pd.Series(prices))["vehicles"].sum() == len(prices)


def test_without_a_price_there_is_no_bin():
    assert price_counts(pd.Series([np.nan])).empty
