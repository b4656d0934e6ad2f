"""Bodies that break services, each with a name, where it goes and the status that it must get."""

import csv
import gzip
import io
import json
import zlib
from dataclasses import dataclass, field
from itertools import chain

YEAR = b'{"year": 2014}'
JSON, CSV = "application/json", "text/csv"
IDENTITY = "0" * 32


@dataclass(frozen=True)
class Nasty:
    """A body, and what must come of it."""

    name: str
    path: str
    body: bytes = field(repr=False)
    status: int
    kind: str | None = JSON
    headers: dict = field(default_factory=dict)


def corpus() -> list[Nasty]:
    """All of them."""
    return list(
        chain(
            broken_json(),
            cut_off(),
            nested(),
            numbers(),
            texts(),
            encodings(),
            structures(),
            compressed(),
            content_types(),
            sizes(),
            feedback(),
            tables(),
            forms(),
        )
    )


def everywhere(name: str, body: bytes, status: int) -> list[Nasty]:
    """Wherever a listing is read."""
    return [
        Nasty(f"{name} to {path}", path, body, status)
        for path in ("/predict", "/explain", "/curves")
    ]


def broken_json() -> list[Nasty]:
    """What RFC 8259 does not allow."""
    bodies = {
        "nothing": b"",
        "blanks": b" \t\r\n" * 100,
        "an open object": b'{"year": 2014',
        "one brace too many": b'{"year": 2014}}',
        "two values": b'{"year": 2014}{"year": 2014}',
        "a comma at the end": b'{"year": 2014,}',
        "single quotes": b"{'year': 2014}",
        "a name without quotes": b"{year: 2014}",
        "a comment": b'{"year": 2014 /* mine */}',
        "NaN": b'{"year": NaN}',
        "Infinity": b'{"year": 2014, "odometer": Infinity}',
        "-Infinity": b'{"year": 2014, "odometer": -Infinity}',
        "a name twice": b'{"year": 2014, "year": 2014}',
        "a name twice, once escaped": b'{"year": 2014, "\\u0079ear": 1990}',
        "a control character": b'{"year": 2014, "model": "a\x01b"}',
        "a raw line break": b'{"year": 2014, "model": "a\nb"}',
        "a NUL after it": b'{"year": 2014}\x00',
        "a bad escape": b'{"year": 2014, "model": "\\x41"}',
        "half an escape": b'{"year": 2014, "model": "\\u12"}',
        "a leading zero": b'{"year": 02014}',
        "a hexadecimal number": b'{"year": 0x7DE}',
        "a plus sign": b'{"year": +2014}',
    }
    return [one for name, body in bodies.items() for one in everywhere(name, body, 400)]


def cut_off() -> list[Nasty]:
    """A good listing, cut off after each of its bytes but the last."""
    whole = b'{"year": 2014, "odometer": 80000, "model": "f-150"}'
    return [
        Nasty(f"cut off after {size} bytes", "/predict", whole[:size], 400)
        for size in range(1, len(whole))
    ]


def nested() -> list[Nasty]:
    """Bombs of nesting."""
    deep = 100_000
    bodies = {
        "open lists": (b"[" * deep, 400),
        "lists": (b"[" * deep + b"]" * deep, 400),
        "open objects": (b'{"year":' * deep, 400),
        "objects": (b'{"year":' * deep + b"1" + b"}" * deep, 400),
        "both in turn": (b'[{"a":' * deep, 400),
        "a deep value": (b'{"year": 2014, "model": ' + b"[" * 500 + b"]" * 500 + b"}", 422),
    }
    return [
        one for name, (body, status) in bodies.items() for one in everywhere(name, body, status)
    ]


def numbers() -> list[Nasty]:
    """Years and mileages beyond everything, and ones that only look so."""
    years = {
        b"1" + b"0" * 400: 422,
        b"1" + b"0" * 4299: 422,
        b"1" + b"0" * 10_000: 400,
        b"-1" + b"0" * 10_000: 400,
        b"1e999": 422,
        b"-1e999": 422,
        b"1e" + b"9" * 1000: 422,
        b"2014.0000000000000000000001": 200,
        b"2014." + b"0" * 10_000: 200,
        b"2014e0": 200,
        b"0.2014e4": 200,
        b"201400000e-5": 200,
        b"2014.5": 422,
        b"-0": 422,
        b"-0.0": 422,
        b"true": 422,
        b"null": 422,
        b'"2014"': 422,
        b"[2014]": 422,
        b'{"$numberInt": "2014"}': 422,
    }
    miles = {b"-0": 200, b"-0.0": 200, b"5e-324": 200, b"1e308": 422, b"500000.0000001": 422}
    return [
        *(nasty_number(b'{"year": %s}', text, status) for text, status in years.items()),
        *(nasty_number(b'{"year": 2014, "odometer": %s}', *each) for each in miles.items()),
    ]


def nasty_number(body: bytes, text: bytes, status: int) -> Nasty:
    """A listing with that number."""
    name = f"{(body % text)[:40].decode()} of {len(text)} characters"
    return Nasty(name, "/predict", body % text, status)


def texts() -> list[Nasty]:
    """Models as nobody calls them."""
    models = {
        "a lone high surrogate": (b"\\ud800", 422),
        "a lone low surrogate": (b"\\udfff", 422),
        "surrogates in the wrong order": (b"\\ude00\\ud83d", 422),
        "a pair of surrogates": (b"\\ud83d\\ude97", 200),
        "NUL": (b"f\\u0000150", 422),
        "DEL and C1": (b"\\u007f\\u0085\\u009f", 200),
        "bell and escape": (b"\\u0007\\u001b[31m", 200),
        "right to left": ("\u202ef-150\u2066".encode(), 200),
        "zero width": ("f\u200b-\ufeff150".encode(), 200),
        "a hundred accents": (("a" + "\u0301" * 100).encode(), 200),
        "not a character": (b"\\uffff", 200),
        "301 letters": (b"a" * 301, 422),
        "300 emoji": ("\U0001f697".encode() * 300, 200),
        "ligatures that grow": ("\ufdfa".encode() * 300, 200),
        "a dotless i": ("\u0130\u0131".encode(), 200),
        "SQL": (b"'; DROP TABLE predictions; --", 200),
        "a template": (b"{{7*7}} ${7*7} %s %n {0.__class__}", 200),
        "a lookup": (b"${jndi:ldap://127.0.0.1/a}", 200),
        "a path": (b"../../../../etc/passwd", 200),
        "markup": (b"<script>alert(1)</script>", 200),
        "a formula": (b"=cmd|' /C calc'!A0", 200),
        "a header": (b"a\\r\\nX-Injected: 1", 200),
        "a bell of blanks": (b" " * 300, 200),
    }
    return [
        Nasty(f"{name} for a model", "/predict", b'{"year": 2014, "model": "%s"}' % text, status)
        for name, (text, status) in models.items()
    ]


def encodings() -> list[Nasty]:
    """JSON in something else than UTF-8."""
    text = YEAR.decode()
    bodies = {
        "a BOM": b"\xef\xbb\xbf" + YEAR,
        "UTF-16 with a BOM": text.encode("utf-16"),
        "UTF-16 LE": text.encode("utf-16-le"),
        "UTF-16 BE": text.encode("utf-16-be"),
        "UTF-32": text.encode("utf-32"),
        "UTF-7": b"+AHs-+ACI-year+ACI-: 2014+AH0-",
        "Latin-1": '{"year": 2014, "manufacturer": "citro\u00ebn"}'.encode("latin-1"),
        "an overlong slash": b'{"year": 2014, "model": "\xc0\xaf"}',
        "an overlong NUL": b'{"year": 2014, "model": "\xc0\x80"}',
        "a surrogate in UTF-8": b'{"year": 2014, "model": "\xed\xa0\x80"}',
        "half a character": b'{"year": 2014, "model": "\xf0\x9f\x9a"}',
        "beyond Unicode": b'{"year": 2014, "model": "\xf4\x90\x80\x80"}',
        "five bytes": b'{"year": 2014, "model": "\xf8\x88\x80\x80\x80"}',
        "0xFF": b"\xff" * 1000,
    }
    return [Nasty(f"{name} as JSON", "/predict", body, 400) for name, body in bodies.items()]


def structures() -> list[Nasty]:
    """Readable JSON that is no listing."""
    long_name = "a" * 1_000_000
    every = {f"field {number}": number for number in range(100_000)}
    bodies = {
        "null": (b"null", 422),
        "true": (b"true", 422),
        "a number": (b"2014", 422),
        "a text": (b'"ford"', 422),
        "an empty list": (b"[]", 422),
        "an empty object": (b"{}", 422),
        "a list of nulls": (b"[null]", 422),
        "a list of lists": (b"[[]]", 422),
        "a list for a value": (b'{"year": 2014, "model": []}', 422),
        "an object for a value": (b'{"year": 2014, "model": {}}', 422),
        "__proto__": (b'{"year": 2014, "__proto__": {"year": 1}}', 422),
        "constructor": (b'{"year": 2014, "constructor": {"prototype": {}}}', 422),
        "__class__": (b'{"year": 2014, "__class__": "Flask"}', 422),
        "an empty name": (b'{"year": 2014, "": 1}', 422),
        "a surrogate for a name": (b'{"year": 2014, "\\ud800": 1}', 422),
        "a name of a megabyte": (json.dumps({"year": 2014, long_name: 1}).encode(), 422),
        "100,000 names": (json.dumps({"year": 2014} | every).encode(), 422),
        "a name in other case": (b'{"Year": 2014}', 422),
        "a name with a blank": (b'{"year ": 2014}', 422),
    }
    found = [
        one for name, (body, status) in bodies.items() for one in everywhere(name, body, status)
    ]
    return found + [
        Nasty("a list to /explain", "/explain", b"[" + YEAR + b"]", 422),
        Nasty("10,000 empty listings", "/predict", json.dumps([{}] * 10_000).encode(), 422),
        Nasty("10,001 listings", "/predict", json.dumps([{"year": 2014}] * 10_001).encode(), 422),
        Nasty("a million nulls", "/predict", b"[" + b"null," * 999_999 + b"null]", 422),
    ]


def compressed() -> list[Nasty]:
    """Bodies that are, or claim to be, packed."""
    bomb = gzip.compress(b" " * 50 * 2**20)
    packed = {
        "gzip": gzip.compress(YEAR),
        "deflate": zlib.compress(YEAR),
        "br": YEAR,
        "x-gzip": bomb,
    }
    return [
        *(
            Nasty(f"{how} to {path}", path, body, 415, kind, {"Content-Encoding": how})
            for how, body in packed.items()
            for path, kind in (("/predict", JSON), ("/feedback", JSON), ("/predict/csv", CSV))
        ),
        Nasty("gzip that is not said", "/predict", packed["gzip"], 400),
        Nasty("a bomb that is not said", "/predict", bomb, 400),
        Nasty("a bomb for a CSV", "/predict/csv", bomb, 400, CSV),
        Nasty("two encodings", "/predict", bomb, 415, JSON, {"Content-Encoding": "gzip, gzip"}),
        Nasty("identity", "/predict", YEAR, 200, JSON, {"Content-Encoding": "identity"}),
    ]


def content_types() -> list[Nasty]:
    """JSON under other names."""
    kinds = {
        None: 415,
        "": 415,
        "text/plain": 415,
        "text/xml": 415,
        "application/x-www-form-urlencoded": 415,
        "multipart/form-data": 415,
        "multipart/form-data; boundary=" + "b" * 5000: 415,
        "application/jsonp": 415,
        "application/problem+json": 415,
        "application/json, text/xml": 415,
        "application": 415,
        "/": 415,
        ";;;": 415,
        "application/json; charset=utf-16": 200,
        "APPLICATION/JSON": 200,
    }
    return [
        Nasty(f"content type {str(kind)[:40]!r}", "/predict", YEAR, status, kind)
        for kind, status in kinds.items()
    ]


def sizes() -> list[Nasty]:
    """Past the limits."""
    seventeen = b" " * 17 * 2**20
    return [
        Nasty(f"17 MiB to {path}", path, seventeen, 413)
        for path in ("/predict", "/explain", "/curves", "/feedback")
    ]


def feedback() -> list[Nasty]:
    """Prices that nobody paid."""
    bodies = {
        b"{}": 422,
        b"[]": 422,
        b"null": 422,
        b"": 400,
        b'{"prediction_id": null, "price": 1}': 422,
        b'{"prediction_id": ["' + IDENTITY.encode() + b'"], "price": 1}': 422,
        b'{"prediction_id": "../../etc/passwd", "price": 1}': 422,
        b'{"prediction_id": "' + b"0" * 10**6 + b'", "price": 1}': 422,
        '{"prediction_id": "%s", "price": 1}'.encode() % ("\uff10" * 32).encode(): 422,
        b'{"prediction_id": "%s", "price": 1e999}' % IDENTITY.encode(): 422,
        b'{"prediction_id": "%s", "price": 1%s}' % (IDENTITY.encode(), b"0" * 400): 422,
        b'{"prediction_id": "%s", "price": 5e-324}' % IDENTITY.encode(): 202,
        b'{"prediction_id": "%s", "price": -0}' % IDENTITY.encode(): 422,
        b'{"prediction_id": "%s", "price": NaN}' % IDENTITY.encode(): 400,
        b'{"prediction_id": "%s", "price": "1"}' % IDENTITY.encode(): 422,
        b'{"prediction_id": "%s", "price": 1, "price": 2}' % IDENTITY.encode(): 400,
        b'{"prediction_id": "%s", "price": 1, "__proto__": {}}' % IDENTITY.encode(): 422,
    }
    return [
        Nasty(f"feedback {number}: {body[-40:]!r}", "/feedback", body, status)
        for number, (body, status) in enumerate(bodies.items())
    ]


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
        "10,000 columns": (
            table([*(f"c{n}" for n in range(10_000)), "year"], [*"x" * 10_000, 9]),
            200,
        ),
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
        "two BOMs": (b"\xef\xbb\xbf" * 2 + good, 422),
        "UTF-16": ("year\n2014\n".encode("utf-16"), 400),
        "Latin-1": ("year,manufacturer\n2014,citro\u00ebn\n".encode("latin-1"), 400),
        "half a character at the end": (b"year,model\n2014,\xf0\x9f", 400),
        "a surrogate": (b"year,model\n2014,\xed\xa0\x80\n", 400),
        "binary": (bytes(range(256)) * 100, 400),
        "JSON": (YEAR, 422),
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
