"""The roles and databases of the stack, made on a real PostgreSQL: who may do what."""

from dataclasses import replace

import psycopg2
import pytest

from unit_tests.compose.compose_files import environment_of
from unit_tests.mlflow_image.postgresql_server import IS_THERE, ROLES, WHY_NOT, postgresql
from unit_tests.ports import free_port

pytestmark = pytest.mark.skipif(not IS_THERE, reason=WHY_NOT)
OWNERS = {"mlflow": "mlflow", "airflow": "airflow", "predictions": "price_service"}
OWN_DATABASES = {role: {database} for database, role in OWNERS.items()}
OWN_DATABASES["log_reader"] = {"predictions"}
SIGN_IN_REFUSED = "password authentication failed"


@pytest.fixture(scope="module")
def server():
    """A server on which the databases are made, and its log's owner has made a table since."""
    with postgresql() as running:
        done = running.make_databases(told(running))
        assert done.returncode == 0, done.stderr
        table = "CREATE TABLE late (price int); INSERT INTO late VALUES (18000)"
        running.run("price_service", "predictions", table)
        yield running


def told(server, **changes):
    """What Compose tells the job where .env has the server's passwords, but for the changes."""
    return environment_of("databases", server.settings | changes)


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


def test_a_roles_password_opens_its_databases_and_nothing_else(server):
    passwords = {role: server.password_of(role) for role in ROLES} | {"postgres": server.password}
    databases = [*OWNERS, "postgres", "template1"]
    opened = {
        (owner, role, database)
        for owner, password in passwords.items()
        for role in passwords
        for database in databases
        if signs_in(server, role, database, password)
    }
    assert opened == {
        (role, role, database)
        for role in passwords
        for database in OWN_DATABASES.get(role, databases)
    }


def signs_in(server, role, database, password):
    """Whether PostgreSQL lets the role with this password into the database."""
    try:
        return server.run(role, database, "SELECT 1", password=password) == [(1,)]
    except psycopg2.OperationalError as error:
        assert SIGN_IN_REFUSED in str(error) or "permission denied for database" in str(error)
        return False


def test_a_second_run_keeps_what_is_there_and_makes_nothing(server):
    done = server.make_databases(told(server))
    assert (done.returncode, done.stderr) == (0, "")
    assert server.run("log_reader", "predictions", "SELECT price FROM late") == [(18000,)]


def test_a_reader_that_came_after_the_log_sees_what_was_there_before(server):
    server.run("postgres", "predictions", "DROP OWNED BY log_reader; DROP ROLE log_reader")
    assert server.make_databases(told(server)).returncode == 0
    assert server.run("log_reader", "predictions", "SELECT price FROM late") == [(18000,)]


def test_roles_that_shared_the_superusers_password_are_each_given_their_own(server):
    """As the volumes of older releases have them."""
    for role in ROLES:
        server.run("postgres", "postgres", f"ALTER ROLE {role} PASSWORD '{server.password}'")
    assert signs_in(server, "mlflow", "mlflow", server.password)
    assert server.make_databases(told(server)).returncode == 0
    for database, role in [*OWNERS.items(), ("predictions", "log_reader")]:
        assert not signs_in(server, role, database, server.password)
        assert signs_in(server, role, database, server.password_of(role))


def test_a_changed_password_is_that_of_its_role_and_the_old_one_opens_nothing(server):
    new = "it's-another_1"
    try:
        assert server.make_databases(told(server, POSTGRES_MLFLOW_PASSWORD=new)).returncode == 0
        assert signs_in(server, "mlflow", "mlflow", new)
        assert not signs_in(server, "mlflow", "mlflow", server.password_of("mlflow"))
        assert signs_in(server, "airflow", "airflow", server.password_of("airflow"))
    finally:
        server.make_databases(told(server))


def test_a_server_that_refuses_the_password_is_named_with_the_reason(server):
    done = server.make_databases(told(server, POSTGRES_PASSWORD="wrong"))
    assert done.returncode == 1
    assert "databases on 127.0.0.1 cannot be made" in done.stderr
    assert "password authentication failed" in done.stderr and "Traceback" not in done.stderr


def test_a_server_that_is_not_there_is_named_with_the_reason(server):
    nowhere = replace(server, port=free_port())
    done = nowhere.make_databases(told(server))
    assert done.returncode == 1 and "refused" in done.stderr and "Traceback" not in done.stderr


def test_a_master_user_who_is_no_superuser_can_make_all_of_it():
    with postgresql() as running:
        make_master = "CREATE ROLE master LOGIN CREATEDB CREATEROLE PASSWORD 'of-the-master'"
        running.run("postgres", "postgres", make_master)
        master = {"POSTGRES_USER": "master", "POSTGRES_USER_PASSWORD": "of-the-master"}
        for _ in range(2):
            done = running.make_databases(told(running) | master)
            assert done.returncode == 0, done.stderr
        running.run("price_service", "predictions", "CREATE TABLE late (price int)")
        assert running.run("log_reader", "predictions", "SELECT price FROM late") == []
