"""The roles and databases of the stack, made on a real PostgreSQL: who may do what."""

from dataclasses import replace

import psycopg2
import pytest

from unit_tests.compose.compose_files import environment_of
from unit_tests.mlflow_image.postgresql_server import IS_THERE, WHY_NOT, postgresql
from unit_tests.ports import free_port

pytestmark = pytest.mark.skipif(not IS_THERE, reason=WHY_NOT)
OWNERS = {"mlflow": "mlflow", "airflow": "airflow", "predictions": "price_service"}


@pytest.fixture(scope="module")
def server():
    """A server on which the databases are made, and its log's owner has made a table since."""
    with postgresql() as running:
        done = running.make_databases(told(running.password))
        assert done.returncode == 0, done.stderr
        table = "CREATE TABLE late (price int); INSERT INTO late VALUES (18000)"
        running.run("price_service", "predictions", table)
        yield running


def told(password):
    """What Compose tells the job where this is the password in .env."""
    return environment_of("databases", {"POSTGRES_PASSWORD": password})


@pytest.mark.parametrize(("database", "owner"), OWNERS.items())
def test_a_part_may_make_and_change_what_it_likes_in_its_database(server, database, owner):
    server.run(owner, database, "CREATE TABLE own (x int); INSERT INTO own VALUES (1)")
    assert server.run(owner, database, "UPDATE own SET x = 2 RETURNING x") == [(2,)]
    server.run(owner, database, "DROP TABLE own")


@pytest.mark.parametrize(("database", "owner"), OWNERS.items())
def test_nobody_else_may_even_connect_to_a_parts_database(server, database, owner):
    readers = {"log_reader"} if database == "predictions" else set()
    for other in {*OWNERS.values(), "log_reader"} - {owner} - readers:
        with pytest.raises(psycopg2.OperationalError, match="permission denied for database"):
            server.run(other, database, "SELECT 1")


def test_the_reader_reads_what_the_logs_owner_made_after_it(server):
    assert server.run("log_reader", "predictions", "SELECT price FROM late") == [(18000,)]


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO late VALUES (1)",
        "UPDATE late SET price = 1",
        "DELETE FROM late",
        "TRUNCATE late",
        "CREATE TABLE own (x int)",
    ],
)
def test_the_reader_changes_nothing(server, statement):
    with pytest.raises(psycopg2.ProgrammingError, match="permission denied"):
        server.run("log_reader", "predictions", statement)


def test_no_role_of_a_part_rules_the_server(server):
    question = "SELECT rolname FROM pg_roles WHERE rolcanlogin AND (rolsuper OR rolcreaterole)"
    assert server.run("postgres", "postgres", question) == [("postgres",)]


def test_a_wrong_password_opens_nothing(server):
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        server.run("log_reader", "predictions", "SELECT 1", password="wrong")


def test_a_second_run_keeps_what_is_there_and_makes_nothing(server):
    done = server.make_databases(told(server.password))
    assert (done.returncode, done.stderr) == (0, "")
    assert server.run("log_reader", "predictions", "SELECT price FROM late") == [(18000,)]


def test_a_reader_that_came_after_the_log_sees_what_was_there_before(server):
    server.run("postgres", "predictions", "DROP OWNED BY log_reader; DROP ROLE log_reader")
    assert server.make_databases(told(server.password)).returncode == 0
    assert server.run("log_reader", "predictions", "SELECT price FROM late") == [(18000,)]


def test_a_changed_password_is_that_of_every_part_and_the_old_one_opens_nothing(server):
    new, old = "it's-another_1", server.password
    server.run("postgres", "postgres", f"ALTER ROLE postgres PASSWORD {quoted(new)}")
    try:
        assert server.make_databases(told(new)).returncode == 0
        for database, owner in [*OWNERS.items(), ("predictions", "log_reader")]:
            assert server.run(owner, database, "SELECT 1", password=new) == [(1,)]
            with pytest.raises(psycopg2.OperationalError, match="password"):
                server.run(owner, database, "SELECT 1", password=old)
    finally:
        statement = f"ALTER ROLE postgres PASSWORD {quoted(old)}"
        server.run("postgres", "postgres", statement, password=new)
        server.make_databases(told(old))


def quoted(text):
    escaped = text.replace("'", "''")
    return f"'{escaped}'"


def test_a_server_that_refuses_the_password_is_named_with_the_reason(server):
    done = server.make_databases(told("wrong"))
    assert done.returncode == 1
    assert "databases on 127.0.0.1 cannot be made" in done.stderr
    assert "password authentication failed" in done.stderr and "Traceback" not in done.stderr


def test_a_server_that_is_not_there_is_named_with_the_reason(server):
    nowhere = replace(server, port=free_port())
    done = nowhere.make_databases(told("any"))
    assert done.returncode == 1 and "refused" in done.stderr and "Traceback" not in done.stderr


def test_a_master_user_who_is_no_superuser_can_make_all_of_it():
    with postgresql() as running:
        make_master = "CREATE ROLE master LOGIN CREATEDB CREATEROLE PASSWORD 'of-the-master'"
        running.run("postgres", "postgres", make_master)
        master = {"POSTGRES_USER": "master", "POSTGRES_USER_PASSWORD": "of-the-master"}
        for _ in range(2):
            done = running.make_databases(told(running.password) | master)
            assert done.returncode == 0, done.stderr
        running.run("price_service", "predictions", "CREATE TABLE late (price int)")
        assert running.run("log_reader", "predictions", "SELECT price FROM late") == []
