import re
import zipfile

import pytest

from vehicle_pricing import archive
from vehicle_pricing.errors import ArchiveError

CONTENT = b"id,price\n" + b"7300000001,12500\n" * 5000


def zip_of(path, members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in members.items():
            target.writestr(name, content)
    return path


def test_a_whole_archive_passes_and_can_be_read(tmp_path):
    path = zip_of(tmp_path / "a.zip", {"vehicles.csv": CONTENT})
    archive.verify(path)
    with archive.open_listings(path) as stream:
        assert stream.read() == CONTENT


def test_vehicles_csv_is_taken_from_among_others(tmp_path):
    path = zip_of(
        tmp_path / "a.zip", {"readme": "hi", "data/vehicles.csv": CONTENT, "other.csv": b"x\n"}
    )
    with archive.open_listings(path) as stream:
        assert stream.read() == CONTENT


def test_the_copies_that_macs_add_do_not_count(tmp_path):
    path = zip_of(tmp_path / "a.zip", {"cars.csv": CONTENT, "__MACOSX/cars.csv": b"x"})
    with archive.open_listings(path) as stream:
        assert stream.read() == CONTENT


@pytest.mark.parametrize("members", [{}, {"readme": "x"}, {"a.csv": CONTENT, "b.csv": CONTENT}])
def test_an_archive_without_one_csv_says_what_it_holds(tmp_path, members):
    with pytest.raises(ArchiveError, match="should hold one vehicles.csv and holds"):
        archive.verify(zip_of(tmp_path / "a.zip", members))


def test_a_web_page_is_no_archive(tmp_path):
    (tmp_path / "a.zip").write_text("<html>please log in</html>")
    with pytest.raises(ArchiveError, match="web page, such as a login.*<html>please log"):
        archive.verify(tmp_path / "a.zip")


def test_an_archive_that_is_cut_short_is_refused(tmp_path):
    path = zip_of(tmp_path / "a.zip", {"vehicles.csv": CONTENT})
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(ArchiveError, match="fetch it again"):
        archive.verify(path)


@pytest.mark.parametrize("position", [60, 120, 200])
def test_a_byte_that_changed_is_found(tmp_path, position):
    path = zip_of(tmp_path / "a.zip", {"vehicles.csv": CONTENT})
    content = bytearray(path.read_bytes())
    content[position] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(ArchiveError, match="damaged or cut short"):
        archive.verify(path)


@pytest.mark.parametrize(
    "content, kind",
    [
        (b"\x1f\x8b\x08\x00", "gzip, such as a .tar.gz: unpack it"),
        (b"vehicles.csv".ljust(257, b"\0") + b"ustar\x0000", "a tar archive: unpack it"),
        (b"7z\xbc\xaf\x27\x1c\0", "a 7z archive: unpack it"),
        (b"Rar!\x1a\x07", "a RAR archive: unpack it"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", r"\(.xls\): open it and save it as CSV"),
        (b"\xef\xbb\xbf  \n<!DOCTYPE HTML><title>Sign in", "a web page, such as a login"),
        (b"\xff\xfei\0d\0", "text in UTF-16: open it and save it as CSV in UTF-8"),
    ],
)
def test_what_is_given_instead_of_listings_is_named_with_the_remedy(tmp_path, content, kind):
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(ArchiveError, match=f"a.zip is .*{kind}"):
        archive.verify(tmp_path / "a.zip")
    with pytest.raises(ArchiveError, match=f"the CSV in b.zip is .*{kind}"):
        archive.verify(zip_of(tmp_path / "b.zip", {"vehicles.csv": content}))


@pytest.mark.parametrize(
    "members, message",
    [
        ({"data/archive.zip": b"PK"}, "holds another one, data/archive.zip: unpack it and give"),
        ({"vehicles.csv.gz": b"x"}, "holds another one, vehicles.csv.gz"),
        ({"vehicles.TAR": b"x"}, "holds another one, vehicles.TAR"),
        ({"[Content_Types].xml": b"x", "xl/workbook.xml": b"x"}, "a workbook, such as an .xlsx"),
    ],
)
def test_what_is_packed_twice_is_named(tmp_path, members, message):
    with pytest.raises(ArchiveError, match=re.escape(message)):
        archive.verify(zip_of(tmp_path / "a.zip", members))


@pytest.mark.parametrize("name", ["Vehicles.CSV", "vehicles.tsv", "export.txt"])
def test_a_text_by_another_name_is_taken(tmp_path, name):
    archive.verify(zip_of(tmp_path / "a.zip", {name: CONTENT, "licence.pdf": b"x"}))


def test_an_empty_csv_is_refused(tmp_path):
    with pytest.raises(ArchiveError, match="empty"):
        archive.verify(zip_of(tmp_path / "a.zip", {"vehicles.csv": b""}))


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path):
    path = zip_of(tmp_path / "a.zip", {"vehicles.csv": b"0" * (60 * 1024**2)})
    with pytest.raises(ArchiveError, match="a bomb"):
        archive.verify(path)


def test_an_archive_that_says_it_is_huge_is_refused():
    member = zipfile.ZipInfo("vehicles.csv")
    member.file_size, member.compress_size = 21 * 1024**3, 20 * 1024**3
    with pytest.raises(ArchiveError, match="not this data set"):
        archive.listings_member(FakeArchive(member))


@pytest.mark.parametrize(
    "change, message",
    [({"flag_bits": 1}, "encrypted"), ({"compress_type": zipfile.ZIP_LZMA}, "repack it")],
)
def test_an_archive_that_cannot_be_opened_says_why(change, message):
    member = zipfile.ZipInfo("vehicles.csv")
    for name, value in change.items():
        setattr(member, name, value)
    with pytest.raises(ArchiveError, match=message):
        archive.listings_member(FakeArchive(member))


class FakeArchive:
    """A zip with one member, without its bytes."""

    def __init__(self, member):
        self.member = member

    def infolist(self):
        return [self.member]

    def namelist(self):
        return [self.member.filename]
