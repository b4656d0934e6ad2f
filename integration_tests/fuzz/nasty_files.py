"""CSV files that break services, alone and as a browser's form sends them."""

import csv
import io

from integration_tests.fuzz.nasty import CSV, YEAR, Nasty


def table(*rows: list) -> bytes:
    """Rows as CSV."""
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def tables() -> list[Nasty]:
    """CSV files; a bad row is told in its own line, a bad file is refused."""
    good = table(["year"], [2014])
    bodies = {
        "nothing": (b"", 422),
        "blanks": (b" \n \n", 422),
        "line breaks": (b"\n" * 1000, 422),
        "a header alone": (b"year\n", 422),
        "no header": (b"2014\n2015\n", 422),
        "an open quote": (b'year\n"2014\n', 422),
        "an open quote in the header": (b'"year\n2014\n', 422),
        "text after a quote": (b'year\n"2014"x\n', 422),
        "a quote within": (b'year,model\n2014,f"150\n', 200),
        "1,000 columns": (table([*(f"c{n}" for n in range(999)), "year"], [*"x" * 999, 9]), 200),
        "10,000 columns": (
            table([*(f"c{n}" for n in range(10_000)), "year"], [*"x" * 10_000, 9]),
            422,
        ),
        "100,000 columns of one name": (table(["year"] * 100_000, [9]), 422),
        "1,000 columns of one name": (table(["year"] * 1_000, [9]), 422),
        "many lines above": (b"x\n" * 100 + good, 422),
        "an open quote above": (b'"x\n' + good, 200),
        "a delimiter that is none": (b"sep=\x00\nyear\n2014\n", 422),
        "a workbook": (b"PK\x03\x04" + good, 400),
        "UTF-16 without a mark": ("year\n2014\n".encode("utf-16-le"), 400),
        "rows of nothing": (b"year,model\n" + b",\n" * 1000, 200),
        "separators alone": (b"year\n.\n,\n,,\n'\n1,,1\n1..1\n", 200),
        "a number of points": (b"year\n" + b"1." * 10_000 + b"\n", 200),
        "10,000 cells in a row": (good + b"," * 10_000 + b"\n", 200),
        "a NUL in a cell": (b"year,model\n2014,f\x00150\n", 200),
        "a NUL in the header": (b"ye\x00ar\n2014\n", 422),
        "a cell of a megabyte": (table(["year", "model"], [2014, "a" * 10**6]), 422),
        "a cell of 100 kilobytes": (table(["year", "model"], [2014, "a" * 10**5]), 200),
        "a name of 100 kilobytes": (table(["year", "a" * 10**5], [2014, ""]), 200),
        "formulas": (
            table(["year", "model"], [2014, "=cmd|' /C calc'!A0"], ["=1+1", "@SUM(1)"]),
            200,
        ),
        "CR alone": (b"year\r2014\r2015\r", 200),
        "CR LF and LF": (b"year\r\n2014\n2015\r\n", 200),
        "a column twice": (b"year,year\n2014,2015\n", 422),
        "a column of one's own twice": (b"year,note,note\n2014,a,b\n", 200),
        "a column that is added": (b"year,predicted_price\n2014,1\n", 422),
        "empty names": (b"year,,\n2014,,\n", 200),
        "a BOM": (b"\xef\xbb\xbf" + good, 200),
        "two BOMs": (b"\xef\xbb\xbf" * 2 + good, 200),
        "UTF-16": ("year\n2014\n".encode("utf-16"), 400),
        "Latin-1": ("year,manufacturer\n2014,citro\u00ebn\n".encode("latin-1"), 400),
        "half a character at the end": (b"year,model\n2014,\xf0\x9f", 400),
        "a surrogate": (b"year,model\n2014,\xed\xa0\x80\n", 400),
        "binary": (bytes(range(256)) * 100, 400),
        "JSON": (YEAR, 400),
        "semicolons": (b"year;odometer\n2014;80000\n", 200),
        "tabs": (b"year\todometer\n2014\t80000\n", 200),
        "a year with an exponent": (b"year\n2.014e3\n", 200),
        "a year of 100,000 digits": (b"year\n" + b"1" * 100_000 + b"\n", 200),
        "an exponent of 1,000 digits": (b"year\n1e" + b"9" * 1000 + b"\n", 200),
        "Arabic digits": ("year\n\u0662\u0660\u0661\u0664\n".encode(), 200),
        "underscores": (b"year\n2_014\n", 200),
        "nan and inf": (b"year\nnan\ninf\n-inf\nInfinity\n", 200),
        "no line break at the end": (b"year\n2014", 200),
        "blank lines between": (b"year\n\n\n2014\n\n", 200),
        "a page separator": (b"year,model\n2014,a\x0cb\x1cc\n", 200),
        "line separators": ("year,model\n2014,a\u2028b\u0085c\n".encode(), 200),
    }
    charsets = {"utf-16": 415, "latin-1": 415, "utf8": 200, "UTF-8": 200, "x" * 100: 415}
    return [
        *(Nasty(f"CSV: {name}", "/predict/csv", *each, CSV) for name, each in bodies.items()),
        Nasty("columns of an open quote", "/predict/csv/columns", b'year\n"2014\n', 422, CSV),
        Nasty("columns of nothing", "/predict/csv/columns", b"", 422, CSV),
        Nasty("columns of none", "/predict/csv/columns", b"2014\n2015\n", 200, CSV),
        Nasty("columns of a picture", "/predict/csv/columns", b"\x89PNG\r\n", 400, CSV),
        Nasty("no thousands", "/predict/csv?thousands=%00", good, 422, CSV),
        *(
            Nasty(f"CSV in {name[:20]}", "/predict/csv", good, status, f"text/csv; charset={name}")
            for name, status in charsets.items()
        ),
        Nasty("a CSV as JSON", "/predict/csv", good, 415),
    ]


def part(disposition: bytes, content: bytes = b"year\n2014\n") -> bytes:
    """A form with one part."""
    return b"--b\r\nContent-Disposition: %s\r\n\r\n%s\r\n--b--\r\n" % (disposition, content)


def forms() -> list[Nasty]:
    """Files sent as a browser's form sends them."""
    file = b'form-data; name="file"; filename="%s"'
    bodies = {
        "a file": (part(file % b"a.csv"), 200),
        "a path for a name": (part(file % b"../../etc/passwd"), 200),
        "an empty file": (part(file % b"a.csv", b""), 422),
        "a field, no file": (part(b'form-data; name="file"'), 400),
        "another field": (part(b'form-data; name="other"; filename="a.csv"'), 400),
        "no name": (part(b"form-data"), 400),
        "no end": (part(file % b"a.csv")[:-6], 400),
        "no parts": (b"--b--\r\n", 400),
        "nothing": (b"", 400),
        "no boundary in it": (b"year\n2014\n", 400),
        "a file's name of 100 kilobytes": (part(file % (b"a" * 100_000)), 200),
        "2,000 fields": (part(b'form-data; name="a"')[:-6] * 2_000 + b"--b--\r\n", 400),
        "a field of a megabyte": (part(b'form-data; name="a"', b"a" * 10**6), 413),
    }
    kind = "multipart/form-data; boundary=b"
    return [
        *(Nasty(f"form: {name}", "/predict/csv", *each, kind) for name, each in bodies.items()),
        Nasty("form: no boundary", "/predict/csv", part(file % b"a"), 400, "multipart/form-data"),
    ]
