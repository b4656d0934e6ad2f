"""Archives that are broken, hostile or unusual: what the pipeline says of them, and what stays."""

import struct
import zipfile
from types import SimpleNamespace

import pandas as pd
import pytest

from vehicle_pricing import data_steps, sample
from vehicle_pricing.errors import ArchiveError, DownloadError
from vehicle_pricing.settings import Settings

CSV = "vehicles.csv"
ROWS = 3_000


@pytest.fixture(scope="module", name="listings")
def listings_of_a_sample():
    """Raw listings, with a word outside ASCII among them."""
    found = sample.listings(ROWS)
    return found.assign(model=found["model"].where(found.index % 100 != 0, "citroën ds"))


@pytest.fixture(name="world")
def data_with_a_set_from_before(tmp_path, listings):
    """A folder with a data set in it, and what the pipeline is called with."""
    world = SimpleNamespace(path=tmp_path / "a.zip", data=tmp_path / "data")
    log = f"sqlite:///{tmp_path}/log.db"
    world.settings = Settings(
        dataset=str(world.path), data_uri=str(world.data), prediction_log_url=log
    )
    zip_of(world.path, text_of(listings))
    world.version = make(world.settings)
    world.rows = prepared(world, world.version)
    return world


def text_of(listings):
    """The listings as a CSV."""
    return listings.to_csv(index=False).encode()


def zip_of(path, content, name=CSV):
    """An archive with one member."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)


def make(settings):
    """A data set by its three steps: its version."""
    return data_steps.split(settings, data_steps.prepare(settings, data_steps.download(settings)))


def prepared(world, version):
    """The clean listings of a data set."""
    return pd.read_parquet(world.data / "datasets" / version / "listings.parquet")


def kept(world):
    """Name → content of everything in the folder."""
    return {path: path.read_bytes() for path in world.data.rglob("*") if path.is_file()}


def expect_refusal(world, error, message):
    """The pipeline refuses the archive with that sentence; no data set comes of it."""
    before = kept(world)
    with pytest.raises(error, match=message):
        make(world.settings)
    after = kept(world)
    assert before.items() <= after.items()
    assert {path.parts[-3] for path in after.keys() - before.keys()} <= {"data"}
    assert not [path for path in after if ".part-" in str(path)]


@pytest.mark.parametrize("share", [0.0, 0.001, 0.3, 0.6, 0.99, 0.9999])
def test_an_archive_cut_short_anywhere_says_to_fetch_it_again(world, share):
    whole = world.path.read_bytes()
    world.path.write_bytes(whole[: int(share * len(whole))])
    expect_refusal(world, ArchiveError, "no zip, or is cut short.*fetch it again")


def test_a_bomb_whose_header_tells_its_size_is_refused_unopened(world):
    with zipfile.ZipFile(world.path, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open(CSV, "w") as member:
            for _ in range(300):
                member.write(bytes(1 << 20))
    expect_refusal(world, ArchiveError, "unpacks to .* times its size: a bomb")


def test_a_bomb_whose_header_lies_is_found_while_it_is_read(world):
    with zipfile.ZipFile(world.path, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open(CSV, "w") as member:
            for _ in range(60):
                member.write(bytes(1 << 20))
    content = bytearray(world.path.read_bytes())
    real, told = struct.pack("<L", 60 << 20), struct.pack("<L", 5_000)
    assert content.count(real) == 2
    world.path.write_bytes(content.replace(real, told))
    expect_refusal(world, ArchiveError, "damaged or cut short.*fetch it again")


def test_an_archive_that_says_it_holds_terabytes_is_refused_unopened(world):
    content = bytearray(world.path.read_bytes())
    with zipfile.ZipFile(world.path) as archive:
        real = struct.pack("<L", archive.infolist()[0].file_size)
    place = content.rindex(real)
    content[place : place + 4] = struct.pack("<L", 0xFFFFFFFE)
    world.path.write_bytes(content)
    expect_refusal(world, ArchiveError, "a bomb|not this data set")


def test_an_encrypted_archive_says_to_take_one_that_is_not(world):
    content = bytearray(world.path.read_bytes())
    for header, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(header) + flags] |= 1
    world.path.write_bytes(content)
    expect_refusal(
        world, ArchiveError, "vehicles.csv in the archive is encrypted: take one that is not"
    )


def test_two_csvs_are_not_guessed_between(world):
    with zipfile.ZipFile(world.path, "w") as archive:
        archive.writestr("2020.csv", "a")
        archive.writestr("2021.csv", "b")
    expect_refusal(world, ArchiveError, "should hold one vehicles.csv and holds 2020.csv, 2021.csv")


def test_a_folder_in_place_of_the_csv_says_what_is_there(world):
    zip_of(world.path, b"", name=f"{CSV}/")
    expect_refusal(world, ArchiveError, "should hold one vehicles.csv and holds vehicles.csv/")


def test_a_folder_in_place_of_the_archive_is_said_to_be_one(world):
    world.path.unlink()
    world.path.mkdir()
    expect_refusal(world, DownloadError, "is a folder; use kaggle, sample, or the path")


def test_wrong_columns_are_named(world, listings):
    zip_of(world.path, text_of(listings.rename(columns={"odometer": "mileage", "VIN": "vin"})))
    expect_refusal(
        world, ArchiveError, "lack the columns odometer: the first line should name those"
    )


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32"])
def test_wide_characters_say_that_it_should_be_utf_8(world, listings, encoding):
    zip_of(world.path, text_of(listings).decode().encode(encoding))
    expect_refusal(world, ArchiveError, rf"in UTF-(8|{encoding[4:6]}).*save it as (CSV in )?UTF-8")


def test_latin_1_says_that_it_should_be_utf_8(world, listings):
    zip_of(world.path, text_of(listings).decode().encode("latin-1", errors="replace"))
    expect_refusal(world, ArchiveError, "no CSV in UTF-8.*save it as UTF-8")


CHANGES = {
    "columns_in_another_order": lambda frame: text_of(frame[sorted(frame.columns)]),
    "further_columns": lambda frame: text_of(frame.assign(colour_of_roof="red")),
    "a_byte_order_mark": lambda frame: b"\xef\xbb\xbf" + text_of(frame),
    "line_ends_of_windows": lambda frame: text_of(frame).replace(b"\n", b"\r\n"),
    "every_field_in_quotes": lambda frame: frame.to_csv(index=False, quoting=1).encode(),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_means_the_same_gives_the_same_rows(world, listings, change):
    before = kept(world)
    zip_of(world.path, CHANGES[change](listings))
    version = make(world.settings)
    assert version != world.version
    pd.testing.assert_frame_equal(prepared(world, version), world.rows)
    assert before.items() <= kept(world).items()
