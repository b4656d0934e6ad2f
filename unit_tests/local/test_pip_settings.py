"""pip and uv behind a company's mirror: an index over TLS whose certificate no machine knows."""

import hashlib
import os
import shutil
import ssl
import subprocess
import threading
import zipfile
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ROOT / ".venv" / "tools" / "bin"
WHEEL = "mirrored-1.0-py3-none-any.whl"
INSTALL = {
    "pip": [str(TOOLS / "python"), "-m", "pip", "install", "--no-cache-dir", "--retries", "0"],
    "uv": [str(TOOLS / "uv"), "pip", "install", "--no-cache"],
}
# What a machine may have set for its own mirror must not help these.
OWN = ("PIP_", "UV_", "SSL_", "REQUESTS_", "CURL_")

pytestmark = pytest.mark.skipif(
    not (shutil.which("openssl") and (TOOLS / "uv").exists()), reason="openssl or uv is not here"
)


class Mirror(NamedTuple):
    """An index with one package, and the certificate that vouches for it."""

    url: str
    certificate: Path
    requirements: Path


class QuietHandler(SimpleHTTPRequestHandler):
    """Serve files without a word."""

    def log_message(self, *_words):
        """Write nothing to the terminal."""


def write_index(folder: Path) -> str:
    """Write an index with one wheel; the wheel's SHA-256."""
    page = folder / "simple" / "mirrored"
    page.mkdir(parents=True)
    about = "mirrored-1.0.dist-info"
    with zipfile.ZipFile(page / WHEEL, "w") as wheel:
        wheel.writestr("mirrored.py", "")
        wheel.writestr(f"{about}/METADATA", "Metadata-Version: 2.1\nName: mirrored\nVersion: 1.0\n")
        wheel.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        wheel.writestr(f"{about}/RECORD", f"mirrored.py,,\n{about}/METADATA,,\n{about}/WHEEL,,\n")
    (page / "index.html").write_text(f'<a href="{WHEEL}">{WHEEL}</a>')
    return hashlib.sha256((page / WHEEL).read_bytes()).hexdigest()


@pytest.fixture(name="mirror", scope="module")
def index_over_tls(tmp_path_factory):
    """A running index on the loopback with a certificate that it has signed itself."""
    folder = tmp_path_factory.mktemp("mirror")
    digest = write_index(folder / "served")
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    command += ["-keyout", str(key), "-out", str(certificate), "-subj", "/CN=localhost"]
    command += ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    command += ["-addext", "basicConstraints=critical,CA:FALSE"]
    subprocess.run(command, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    handler = partial(QuietHandler, directory=str(folder / "served"))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    wanted = folder / "requirements.txt"
    wanted.write_text(f"mirrored==1.0 --hash=sha256:{digest}\n")
    yield Mirror(f"https://127.0.0.1:{server.server_port}/simple", certificate, wanted)
    server.shutdown()
    server.server_close()


def settings(mirror: Mirror, way: str, folder: Path) -> dict[str, str]:
    """What a user sets so that pip takes the mirror: variables, or pip.conf."""
    if way == "variables":
        index = {"PIP_CONFIG_FILE": os.devnull, "PIP_INDEX_URL": mirror.url}
        return index | {"SSL_CERT_FILE": str(mirror.certificate)}
    text = f"[global]\nindex-url = {mirror.url}\ncert = {mirror.certificate}\n"
    (folder / "pip.conf").write_text(text)
    return {"PIP_CONFIG_FILE": str(folder / "pip.conf")}


def install(tool: str, mirror: Mirror, target: Path, variables: dict[str, str]):
    """Install the mirror's package into a folder; the ended process."""
    outside = {name: value for name, value in os.environ.items() if not name.startswith(OWN)}
    script = str(ROOT / "local" / "with_pip_settings.sh")
    options = ["--target", str(target), "--require-hashes", "-r", str(mirror.requirements)]
    options += ["--python", str(TOOLS / "python")] if tool == "uv" else []
    command = [script, *INSTALL[tool], *options]
    pipes = {"capture_output": True, "text": True, "check": False, "timeout": 120}
    return subprocess.run(command, env=outside | variables, **pipes)


@pytest.mark.parametrize("way", ["variables", "pip.conf"])
@pytest.mark.parametrize("tool", INSTALL)
def test_packages_come_from_the_index_that_pip_is_set_to(mirror, tool, way, tmp_path):
    done = install(tool, mirror, tmp_path / "target", settings(mirror, way, tmp_path))
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "target" / "mirrored.py").exists()


@pytest.mark.parametrize("tool", INSTALL)
def test_a_certificate_that_nobody_vouches_for_is_refused(mirror, tool, tmp_path):
    variables = settings(mirror, "variables", tmp_path)
    del variables["SSL_CERT_FILE"]
    done = install(tool, mirror, tmp_path / "target", variables)
    assert done.returncode != 0 and "certificate" in (done.stdout + done.stderr).lower()
    assert not (tmp_path / "target" / "mirrored.py").exists()
