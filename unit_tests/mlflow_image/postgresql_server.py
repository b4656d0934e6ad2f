"""A real PostgreSQL for tests, where the machine has one: in a folder of its own, on a free port."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg2

from unit_tests.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
MAKE_DATABASES = ROOT / "mlflow" / "make_databases.py"
BY_DEBIAN = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parts[4]))
PROGRAMS = os.pathsep.join([*map(str, reversed(BY_DEBIAN)), os.environ.get("PATH", os.defpath)])
INITDB, PG_CTL = shutil.which("initdb", path=PROGRAMS), shutil.which("pg_ctl", path=PROGRAMS)
IS_THERE = bool(INITDB and PG_CTL)
WHY_NOT = "PostgreSQL's server is not installed"
ROLES = ("mlflow", "airflow", "price_service", "log_reader")  # of the stack, beside `postgres`
NOBODY = 65534  # the server refuses to run as root
# A server that is killed, on a machine that goes on, keeps what it has committed all the same...
QUICK = "-c fsync=off -c full_page_writes=off -c listen_addresses=127.0.0.1"
# ...but for this, by which the last half second may be lost.
QUICKER = f"{QUICK} -c synchronous_commit=off"


@dataclass(frozen=True)
class Server:
    """Where the server listens, and the password of `postgres`, who may do everything."""

    port: int
    password: str
    folder: Path
    flags: str

    @property
    def is_running(self) -> bool:
        """Whether it has been started and not stopped."""
        return (self.folder / "data" / "postmaster.pid").exists()

    def start(self) -> None:
        """Start it, unless it runs, and wait until it takes connections."""
        if self.is_running:
            return
        where = f"-c port={self.port} -c unix_socket_directories={self.folder}"
        log = str(self.folder / "log")
        self._control("start", "-w", "-l", log, "-o", f"{self.flags} {where}")

    def stop(self) -> None:
        """Stop it, if it runs, without a word to those that are connected."""
        if self.is_running:
            self._control("stop", "-m", "immediate")

    def _control(self, *arguments: str) -> None:
        as_nobody(PG_CTL, *arguments, "-D", str(self.folder / "data"))

    def password_of(self, user: str) -> str:
        """The password that tests give a role; that of `postgres` was given at the start."""
        return self.password if user == "postgres" else f"of-{user}"

    @property
    def settings(self) -> dict[str, str]:
        """The passwords as they stand in .env."""
        roles = {f"POSTGRES_{role.upper()}_PASSWORD": self.password_of(role) for role in ROLES}
        return {"POSTGRES_PASSWORD": self.password} | roles

    def url(self, user: str, database: str, password: str = "") -> str:
        """SQLAlchemy's URL of a database for a user."""
        word = password or self.password_of(user)
        return f"postgresql+psycopg2://{user}:{word}@127.0.0.1:{self.port}/{database}"

    def run(self, user: str, database: str, statement: str, password: str = "") -> list[tuple]:
        """The rows of a statement, which is committed."""
        names = {"user": user, "dbname": database, "password": password or self.password_of(user)}
        connection = psycopg2.connect(host="127.0.0.1", port=self.port, **names)
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(statement)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def make_databases(self, told: dict[str, str]) -> subprocess.CompletedProcess:
        """Run the job of the containers, told what Compose tells it, on this server."""
        here = {"POSTGRES_HOST": "127.0.0.1", "PGPORT": str(self.port)}
        command = [sys.executable, str(MAKE_DATABASES)]
        options = {"capture_output": True, "text": True, "check": False}
        return subprocess.run(command, env=os.environ | told | here, **options)


@contextmanager
def postgresql(durable: bool = False) -> Iterator[Server]:
    """A server with nothing in it, which asks everybody for a password; a durable one keeps what
    it has committed when it is stopped."""
    with tempfile.TemporaryDirectory(prefix="postgresql-") as name:  # pytest's are root's alone
        folder = Path(name)
        server = Server(free_port(), "of-the-superuser", folder, QUICK if durable else QUICKER)
        password, data = folder / "password", folder / "data"
        password.write_text(server.password, encoding="utf-8")
        if os.geteuid() == 0:
            for path in (folder, password):
                os.chown(path, NOBODY, NOBODY)
        make = ["-D", str(data), "-U", "postgres", "-E", "UTF8", "--no-locale", "--no-sync"]
        as_nobody(INITDB, *make, "-A", "scram-sha-256", f"--pwfile={password}")
        try:
            server.start()
            yield server
        finally:
            server.stop()


def as_nobody(program: str | None, *arguments: str) -> None:
    """Run a program of PostgreSQL, without root's rights; raises CalledProcessError."""
    user = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
    options = {"stdout": subprocess.DEVNULL, "cwd": "/", "check": True}
    subprocess.run([str(program), *arguments], **options, **user)
