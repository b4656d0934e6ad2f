"""Makes the databases of the stack and the roles that use them, and brings old ones up to date.

Each part owns its own database and has a password of its own; `log_reader` may read the prediction
log, and that alone.
"""

import logging
import os
import sys

import psycopg2
from psycopg2 import sql

logger = logging.getLogger("make_databases")
OWNERS = {"mlflow": "mlflow", "airflow": "airflow", "predictions": "price_service"}
LOG, LOG_OWNER, LOG_READER = "predictions", OWNERS["predictions"], "log_reader"
# Every role may connect to these unless that is taken from them.
OF_THE_SERVER = ("postgres", "template1")


def main(variables: dict[str, str]) -> int:
    """Make what is missing on POSTGRES_HOST, as POSTGRES_USER; the exit status.

    That user may make roles and databases, and need not be a superuser. Each role of the stack gets
    its variable's password, such as POSTGRES_LOG_READER_PASSWORD, whether it is new or not.
    """
    server = {"host": variables["POSTGRES_HOST"], "user": variables["POSTGRES_USER"]}
    server["password"] = variables["POSTGRES_USER_PASSWORD"]
    roles = (*OWNERS.values(), LOG_READER)
    passwords = {name: variables[f"POSTGRES_{name.upper()}_PASSWORD"] for name in roles}
    try:
        make_all({**server, "connect_timeout": "10"}, passwords)
    except psycopg2.Error as error:
        logger.error("the databases on %s cannot be made: %s", server["host"], error)
        return 1
    return 0


def make_all(server: dict, passwords: dict[str, str]) -> None:
    """Make roles, databases, and who may do what in them."""
    run_on(server, "postgres", *(role(name, password) for name, password in passwords.items()))
    run_on(server, "postgres", *(closing(database) for database in OF_THE_SERVER))
    for database, owner in OWNERS.items():
        if not exists(server, database):
            run_on(server, "postgres", _filled("CREATE DATABASE {}", database))
            logger.info("made the database %s", database)
        run_on(server, database, *ownership(database, owner))
    run_on(server, LOG, *reading())


def role(name: str, password: str) -> sql.Composed:
    """A role that may sign in with the password, whether it was there or not."""
    # PostgreSQL has no CREATE ROLE IF NOT EXISTS.
    return sql.SQL(
        "DO $$ BEGIN CREATE ROLE {0}; EXCEPTION WHEN duplicate_object THEN NULL; END $$;"
        " ALTER ROLE {0} LOGIN PASSWORD {1}"
    ).format(sql.Identifier(name), sql.Literal(password))


def closing(database: str) -> sql.Composed:
    """Nobody connects who was not let in by name; a warning where the database is not one's own."""
    return _filled("REVOKE ALL ON DATABASE {} FROM PUBLIC", database)


def ownership(database: str, owner: str) -> list[sql.Composed]:
    """The owner may do everything in its database, and nobody else may connect to it."""
    return [
        closing(database),
        _filled("GRANT ALL ON DATABASE {} TO {}", database, owner),
        _filled("GRANT ALL ON SCHEMA public TO {}", owner),
    ]


def reading() -> list[sql.Composed]:
    """The reader sees what the log's owner has made and will make."""
    return [
        # To speak for the owner one must be a member of it, unless one is a superuser.
        _filled("GRANT {} TO CURRENT_USER", LOG_OWNER),
        _filled("GRANT CONNECT ON DATABASE {} TO {}", LOG, LOG_READER),
        _filled("GRANT USAGE ON SCHEMA public TO {}", LOG_READER),
        _filled("GRANT SELECT ON ALL TABLES IN SCHEMA public TO {}", LOG_READER),
        _filled(
            "ALTER DEFAULT PRIVILEGES FOR ROLE {} IN SCHEMA public GRANT SELECT ON TABLES TO {}",
            LOG_OWNER,
            LOG_READER,
        ),
    ]


def exists(server: dict, database: str) -> bool:
    """Whether the database is there."""
    question = "SELECT FROM pg_database WHERE datname = %s"
    connection = psycopg2.connect(**server, dbname="postgres")
    try:
        with connection.cursor() as cursor:
            cursor.execute(question, (database,))
            return cursor.fetchone() is not None
    finally:
        connection.close()


def run_on(server: dict, database: str, *statements: sql.Composed) -> None:
    """Execute statements in a database, each by itself."""
    connection = psycopg2.connect(**server, dbname=database)
    connection.autocommit = True  # CREATE DATABASE takes part in no transaction
    try:
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
    finally:
        connection.close()


def _filled(text: str, *names: str) -> sql.Composed:
    return sql.SQL(text).format(*(sql.Identifier(name) for name in names))


if __name__ == "__main__":
    logging.basicConfig(format="%(message)s")
    logger.setLevel(logging.INFO)
    sys.exit(main(dict(os.environ)))
