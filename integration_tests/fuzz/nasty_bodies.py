"""Bodies that break services, each with a name, where it goes and the status that it must get."""

import gzip
import json
import zlib
from itertools import chain

from integration_tests.fuzz.nasty import CSV, JSON, YEAR, Nasty
from integration_tests.fuzz.nasty_files import forms, tables

IDENTITY = "0" * 32


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
        "100,000 names": (json.dumps({"year": 2014} | every).encode(), 400),
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
        Nasty("a million nulls", "/predict", b"[" + b"null," * 999_999 + b"null]", 413),
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
