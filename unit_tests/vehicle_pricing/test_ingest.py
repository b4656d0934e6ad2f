import io
import zipfile

import pandas as pd
import pytest

from vehicle_pricing import ingest, prepare, sample
from vehicle_pricing.errors import ArchiveError, DataSetError

ROWS = 3000


@pytest.fixture(scope="module")
def listings():
    return sample.listings(ROWS)


@pytest.fixture
def run(tmp_path):
    """Prepares a CSV given as frame or text; gives the summary and both files as frames."""

    def prepared(content):
        text = content if isinstance(content, str) else content.to_csv(index=False)
        with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
            archive.writestr("vehicles.csv", text)
        paths = tmp_path / "listings.parquet", tmp_path / "rejected.parquet"
        summary = ingest.run(tmp_path / "a.zip", *paths)
        return summary, *(pd.read_parquet(path) for path in paths)

    return prepared


def test_every_row_is_kept_or_turned_away_with_a_reason(run, listings):
    summary, kept, rejected = run(listings)
    assert summary.rows_read == ROWS == len(kept) + len(rejected)
    assert dict(summary.rejected) == rejected["reason"].value_counts().to_dict()
    assert set(listings["id"].astype(str)) == set(kept["listing_id"]) | set(rejected["id"])
    assert kept["price"].between(500, 250_000).all()
    assert not rejected["reason"].isna().any()


def test_the_columns_are_those_of_the_contract(run, listings):
    _, kept, rejected = run(listings)
    assert list(kept) == ["listing_id", "vehicle_id", *prepare.CLEAN_COLUMNS[1:]]
    assert list(rejected) == [*prepare.RAW_COLUMNS, "line", "reason"]


def test_copies_of_a_vehicle_share_its_id(run, listings):
    _, kept, _ = run(listings)
    vins = listings.set_index(listings["id"].astype(str))["VIN"].reindex(kept["listing_id"])
    of_vin = kept.assign(vin=vins.to_numpy()).dropna(subset="vin").groupby("vin")["vehicle_id"]
    assert (of_vin.nunique() == 1).all()
    assert 0.5 < kept["vehicle_id"].nunique() / len(kept) < 0.85


def test_the_order_of_the_columns_does_not_matter(run, listings):
    _, expected, _ = run(listings)
    _, kept, _ = run(listings[sorted(listings.columns, reverse=True)])
    pd.testing.assert_frame_equal(kept, expected)


def test_a_chunk_boundary_changes_nothing(run, listings, monkeypatch):
    _, expected, _ = run(listings)
    monkeypatch.setattr(ingest, "CHUNK_ROWS", 100)
    monkeypatch.setattr(ingest, "BLOCK_BYTES", 20_000)
    _, kept, _ = run(listings)
    pd.testing.assert_frame_equal(kept, expected)


def test_columns_that_are_not_there_are_named(run, listings):
    with pytest.raises(ArchiveError, match="lack the columns VIN, odometer"):
        run(listings.drop(columns=["odometer", "VIN"]))


@pytest.mark.parametrize("text", ["", "\n", "no header at all\n1\n"])
def test_a_csv_of_something_else_is_refused(run, text):
    with pytest.raises(ArchiveError, match="lack the columns id, price"):
        run(text)


def test_a_blank_column_is_told_and_stays_in_the_data(run, listings):
    summary, kept, _ = run(listings.assign(size=None, condition=None))
    assert summary.blank_columns == ["condition", "size"]
    assert kept["size"].isna().all() and str(kept["size"].dtype) == "str"


def test_a_line_with_too_many_fields_is_turned_away_and_the_others_are_kept(run, listings):
    text = listings.to_csv(index=False) + "1,2,3" + "," * 30 + "\n"
    summary, _, rejected = run(text)
    assert summary.rejected[ingest.BROKEN_LINE] == 1
    assert summary.rows_read == ROWS + 1
    assert rejected["line"].dropna().tolist() == ["1,2,3" + "," * 30]


def test_text_that_is_not_utf_8_is_a_clear_error(tmp_path, listings):
    content = listings.to_csv(index=False).encode().replace(b"ford", b"f\xffrd")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("vehicles.csv", content)
    with pytest.raises(ArchiveError, match="no CSV in UTF-8"):
        ingest.run(tmp_path / "a.zip", tmp_path / "l.parquet", tmp_path / "r.parquet")


def test_an_archive_damaged_in_the_middle_is_a_clear_error(tmp_path, listings):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("vehicles.csv", listings.to_csv(index=False))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(ArchiveError, match="damaged"):
        ingest.run(path, tmp_path / "l.parquet", tmp_path / "r.parquet")


def test_too_many_rows_turned_away_fail_loudly_with_the_counts(run, listings):
    with pytest.raises(DataSetError, match="3,000 of 3,000 .*price not a number: 3,000"):
        run(listings.assign(price="ask"))
    with pytest.raises(DataSetError, match="at least 500 must be left"):
        run(listings.head(100))


def test_a_byte_order_mark_before_the_header_is_no_harm(run, listings):
    text = "\N{ZERO WIDTH NO-BREAK SPACE}" + listings.to_csv(index=False)
    summary, _, _ = run(text)
    assert summary.rows_read == ROWS


def test_line_ends_of_windows_are_no_harm(run, listings):
    buffer = io.StringIO()
    listings.to_csv(buffer, index=False, lineterminator="\r\n")
    summary, _, _ = run(buffer.getvalue())
    assert summary.rows_read == ROWS


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_other_delimiters_change_nothing(run, listings, delimiter):
    _, expected, _ = run(listings)
    _, kept, _ = run(listings.to_csv(index=False, sep=delimiter))
    pd.testing.assert_frame_equal(kept, expected)


@pytest.mark.parametrize("first_line", ["sep=;", "SEP=;\r", "\ufeffsep=;", '"sep=;"', "sep=;;;;"])
def test_the_line_that_names_the_delimiter_for_excel_is_no_harm(run, listings, first_line):
    _, expected, _ = run(listings)
    _, kept, _ = run(f"{first_line}\n" + listings.to_csv(index=False, sep=";"))
    pd.testing.assert_frame_equal(kept, expected)


@pytest.mark.parametrize(
    "rename",
    [str.upper, lambda name: f" {name} ", lambda name: name.replace("_", " ").title()],
    ids=["capitals", "padded", "words"],
)
def test_a_header_written_otherwise_changes_nothing(run, listings, rename):
    _, expected, _ = run(listings)
    _, kept, _ = run(listings.rename(columns=rename).to_csv(index=False, sep=";"))
    pd.testing.assert_frame_equal(kept, expected)


def test_two_columns_of_one_name_are_refused_and_the_exact_one_wins(run, listings):
    _, expected, _ = run(listings)
    _, kept, _ = run(listings.assign(PRICE="1"))
    pd.testing.assert_frame_equal(kept, expected)
    with pytest.raises(ArchiveError, match="two columns price: leave one of each"):
        run(listings.rename(columns={"price": "Price"}).assign(PRICE="1"))


def test_a_header_of_other_columns_names_what_is_missing_for_the_best_delimiter(run, listings):
    text = listings.drop(columns="odometer").to_csv(index=False, sep=";")
    with pytest.raises(ArchiveError, match="lack the columns odometer: .*or a tab between"):
        run(text)
