"""What the two Compose files promise of every container, read as YAML: no Docker is needed."""

import os
import re
import subprocess
import sys
from itertools import chain, combinations

import pytest
import yaml
from dotenv import dotenv_values

from drift_monitor.settings import AlertSettings
from drift_monitor.settings import Settings as MonitorSettings
from price_app.settings import Settings as FormSettings
from price_service.settings import Settings as ServiceSettings
from vehicle_pricing.settings import Settings as PipelineSettings

from local.pages import COMPOSE_PAGES
from unit_tests.compose.compose_files import (
    EXACT_IMAGE,
    LISTED,
    MADE,
    NAME_IN_LIST,
    ROOT,
    VARIABLE,
    environment_of,
    filled,
    named,
    read_files,
    strings,
)

# Without a profile nobody waits for it: it is run by hand, on top of a stack that is healthy.
RUN_BY_HAND = "launcher"
CHOSEN_BY_COMPOSE_SH = ("local-postgres", "local-s3", "local-mlflow", "celery")
DEFAULT_PROFILES = {"local-postgres", "local-s3", "local-mlflow"}
PROFILE_SETS = [
    set(profiles)
    for count in range(len(CHOSEN_BY_COMPOSE_SH) + 1)
    for profiles in combinations(CHOSEN_BY_COMPOSE_SH, count)
]
# What all containers that stay may use together; most use far less than their limit.
MOST_MEMORY_MEBIBYTES = 8 * 1024
TOLD_BY_TERRAFORM = {"HOST_ADDRESS", "SERVICE_TASKS"}
DATA_KEEPERS = ("postgres", "seaweedfs", "valkey")
REQUIRED = re.compile(r"\$\{(\w+):?\?")
DEFAULT = re.compile(r"\$\{(\w+):?-([^${}]*)\}")
PUBLISHED = re.compile(r"127\.0\.0\.1:\$\{(\w+_PORT):-(\d+)\}:(\d+)")
MEBIBYTES = {"m": 1, "g": 1024}
REQUIRED_OF_AIRFLOW = (
    *("AIRFLOW_ADMIN_PASSWORD", "AIRFLOW_SECRET_KEY", "AIRFLOW_JWT_SECRET", "AIRFLOW_FERNET_KEY"),
    *("POSTGRES_AIRFLOW_PASSWORD", "VALKEY_PASSWORD"),
)
AIRFLOW = {f"airflow-{part}" for part in ("init", "api", "scheduler", "dags", "worker")}
PIPELINE = {"airflow-scheduler", "airflow-worker", "launcher"}
# Every secret that is made, and the containers that are given it.
GIVEN_TO = {
    "AIRFLOW_ADMIN_PASSWORD": AIRFLOW | {"launcher"},
    "AIRFLOW_SECRET_KEY": AIRFLOW,
    "AIRFLOW_JWT_SECRET": AIRFLOW,
    "AIRFLOW_FERNET_KEY": AIRFLOW,
    "POSTGRES_PASSWORD": {"postgres", "databases"},
    "POSTGRES_MLFLOW_PASSWORD": {"databases", "mlflow"},
    "POSTGRES_AIRFLOW_PASSWORD": {"databases"} | AIRFLOW,
    "POSTGRES_PRICE_SERVICE_PASSWORD": {"databases", "log-migrate", "service"},
    "POSTGRES_LOG_READER_PASSWORD": {"databases", "monitor"} | PIPELINE,
    "VALKEY_PASSWORD": {"valkey"} | AIRFLOW,
    "S3_ACCESS_KEY": {"bucket", "mlflow"} | PIPELINE,
    "S3_SECRET_KEY": {"bucket", "mlflow"} | PIPELINE,
    "GRAFANA_ADMIN_PASSWORD": {"grafana"},
}
ON_AWS_ALONE = {"MLFLOW_ADMIN_PASSWORD", "MLFLOW_READER_PASSWORD", "MLFLOW_SECRET_KEY"}
# SeaweedFS becomes a user without rights by itself, once its volume is that user's.
CAPABILITIES = {"seaweedfs": ["CHOWN", "SETGID", "SETUID"]}
# Compose copies a config into it.
WRITES_TO_ITS_IMAGE = {"seaweedfs"}
SWITCHED_OFF = {
    "grafana": {
        "GF_ANALYTICS_REPORTING_ENABLED": "false",
        "GF_ANALYTICS_CHECK_FOR_UPDATES": "false",
        "GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES": "false",
        "GF_NEWS_NEWS_FEED_ENABLED": "false",
        "GF_PLUGINS_PREINSTALL_DISABLED": "true",
        "GF_PLUGINS_PREINSTALL_AUTO_UPDATE": "false",
        "GF_PLUGINS_PUBLIC_KEY_RETRIEVAL_DISABLED": "true",
        "GF_SECURITY_DISABLE_GRAVATAR": "true",
        "GF_SNAPSHOTS_EXTERNAL_ENABLED": "false",
    },
    "mailpit": {"MP_DISABLE_VERSION_CHECK": "true"},
}
READ_BY = {
    "airflow-scheduler": PipelineSettings,
    "service": ServiceSettings,
    "monitor": MonitorSettings,
    "alertmanager-config": AlertSettings,
    "form": FormSettings,
}
ENDPOINT_OF_MLFLOW = """
import sys
from mlflow.store.artifact.s3_artifact_repo import S3ArtifactRepository
print(S3ArtifactRepository(sys.argv[1])._get_s3_client().meta.endpoint_url)
"""
# Read by the programs themselves, not by our settings.
OF_LIBRARIES = re.compile(r"AIRFLOW_.*|MLFLOW_DISABLE_TELEMETRY|GIT_PYTHON_REFRESH|TMPDIR")


@pytest.fixture(scope="module")
def files():
    """Both files, anchors and merges resolved, variables as they are written."""
    return read_files()


@pytest.fixture(scope="module")
def services(files):
    """Name → service, of both files."""
    first, second = (file["services"] for file in files)
    assert not first.keys() & second.keys()
    return first | second


@pytest.fixture(scope="module")
def texts(files):
    """Every text in the files in which Compose fills in variables."""
    return [text.replace("$$", "") for text in strings(files)]


@pytest.fixture(scope="module")
def example():
    """The settings of .env.example."""
    return dotenv_values(ROOT / ".env.example")


def ours(services):
    return {name: service for name, service in services.items() if "build" in service}


def staying(services):
    return {name: service for name, service in services.items() if "restart" in service}


def started(services, profiles):
    """What `up` starts with these profiles."""
    return {
        name: service
        for name, service in services.items()
        if not service.get("profiles") or profiles & set(service["profiles"])
    }


def awaited(services):
    """The services for whose end another waits."""
    return {
        name
        for service in services.values()
        for name, wait in service.get("depends_on", {}).items()
        if wait["condition"] == "service_completed_successfully"
    }


def mebibytes(limit):
    return int(limit[:-1]) * MEBIBYTES[limit[-1]]


def test_both_files_are_one_project_in_the_format_of_today(files):
    assert [file["name"] for file in files] == ["vehicle-price"] * 2
    assert not any("version" in file for file in files)


def test_a_container_that_stays_is_watched_and_restarted(services):
    found = {
        (service["restart"], "healthcheck" in service) for service in staying(services).values()
    }
    assert found == {("unless-stopped", True)}


def test_a_health_check_gives_up_in_its_time(services):
    lacking = {
        name: {"interval", "timeout", "retries"} - service["healthcheck"].keys()
        for name, service in staying(services).items()
    }
    assert not any(lacking.values()), lacking


def test_every_container_has_a_memory_limit(services):
    assert [name for name, service in services.items() if "mem_limit" not in service] == []


def test_what_stays_by_default_may_use_8_gibibytes_together_at_most(services):
    running = staying(started(services, DEFAULT_PROFILES))
    total = sum(mebibytes(service["mem_limit"]) for service in running.values())
    assert total <= MOST_MEMORY_MEBIBYTES


@pytest.mark.parametrize("profiles", PROFILE_SETS, ids=lambda chosen: "+".join(sorted(chosen)))
def test_whatever_starts_once_is_waited_for_by_what_starts_with_it(services, profiles):
    running = started(services, profiles)
    once = running.keys() - staying(running).keys()
    assert once == awaited(running) & running.keys()  # else `up --wait` takes its end for a failure


@pytest.mark.parametrize("profiles", PROFILE_SETS, ids=lambda chosen: "+".join(sorted(chosen)))
def test_whatever_is_needed_starts_too(services, profiles):
    running = started(services, profiles)
    needed = {
        name
        for service in running.values()
        for name, wait in service.get("depends_on", {}).items()
        if wait.get("required", True)
    }
    assert needed <= running.keys()


def test_the_launcher_is_run_by_hand_alone(services):
    profiles = services[RUN_BY_HAND]["profiles"]
    assert profiles == ["tools"] and "tools" not in CHOSEN_BY_COMPOSE_SH


def test_every_dependency_names_a_service_and_what_is_waited_for(services):
    waits = [
        wait for service in services.values() for wait in service.get("depends_on", {}).items()
    ]
    assert {name for name, _ in waits} <= services.keys()
    assert {wait["condition"] for _, wait in waits} == {
        "service_healthy",
        "service_completed_successfully",
    }


def test_nothing_waits_for_the_health_of_what_has_no_health_check(services):
    healthy = {
        name
        for service in services.values()
        for name, wait in service.get("depends_on", {}).items()
        if wait["condition"] == "service_healthy"
    }
    assert [name for name in healthy if "healthcheck" not in services[name]] == []


def test_every_published_port_is_on_the_loopback_with_the_default_of_the_example(services, example):
    ports = [port for service in services.values() for port in service.get("ports", [])]
    found = [PUBLISHED.fullmatch(port) for port in ports]
    assert None not in found, ports
    assert {match[1]: match[2] for match in found} == {
        name: value for name, value in example.items() if name.endswith("_PORT") and value
    }


def test_every_page_that_is_shown_has_its_port_published_and_told_to_the_launcher(services):
    ports = named(VARIABLE, strings([service.get("ports", []) for service in services.values()]))
    shown = {setting for _title, setting, _path in COMPOSE_PAGES}
    assert shown == ports
    assert shown <= services[RUN_BY_HAND]["environment"].keys()


def test_images_of_others_have_their_whole_version(services):
    images = {service["image"] for service in services.values() if "build" not in service}
    assert {image for image in images if not EXACT_IMAGE.fullmatch(image)} == set()


def test_what_stands_in_for_aws_in_the_tests_has_the_same_versions(services):
    path = ROOT / "integration_tests" / "compose" / "docker-compose-elsewhere.yml"
    stand_ins = yaml.safe_load(path.read_text(encoding="utf-8"))["services"]
    assert {each["image"] for each in stand_ins.values()} == {
        services[name]["image"] for name in ("postgres", "seaweedfs")
    }


def test_containers_that_share_a_folder_of_ours_share_its_image(services):
    pairs = {(service["build"], service["image"]) for service in ours(services).values()}
    folders, images = zip(*pairs, strict=True)
    assert len(set(folders)) == len(set(images)) == len(pairs)
    assert all((ROOT / folder / "Dockerfile").is_file() for folder in folders)


def test_a_container_writes_to_no_image_and_gains_no_right(services):
    wanted = {
        "read_only": True,
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges:true"],
    }
    assert WRITES_TO_ITS_IMAGE.isdisjoint(ours(services))
    for name, service in services.items():
        expected = wanted | {"read_only": name not in WRITES_TO_ITS_IMAGE}
        assert {key: service.get(key) for key in wanted} == expected, name
        assert service.get("cap_add") == CAPABILITIES.get(name), name


def test_the_log_of_every_container_is_bounded(services):
    logs = {name: service["logging"] for name, service in services.items()}
    bounded = {"driver": "json-file", "options": {"max-size": "20m", "max-file": "3"}}
    assert {name: log for name, log in logs.items() if log != bounded} == {}


def test_no_container_has_the_network_or_the_rights_of_the_machine(services):
    forbidden = ("privileged", "pid", "ipc", "devices", "userns_mode")
    assert [name for name, service in services.items() if service.keys() & set(forbidden)] == []
    modes = {service.get("network_mode") for service in services.values()}
    assert modes == {None, "none"}


def test_what_lies_in_memory_is_bounded_in_the_containers_of_ours(services):
    mounts = [mount for service in ours(services).values() for mount in service["tmpfs"]]
    assert mounts and [mount for mount in mounts if not re.search(r"\bsize=\d+m\b", mount)] == []


def test_uploads_wait_on_the_volume_of_the_service(services):
    folder = re.search(r"SPOOL_DIR=(\S+)/spool", (ROOT / "service/Dockerfile").read_text())[1]
    assert f"service:{folder}" in services["service"]["volumes"]


@pytest.mark.parametrize("name", SWITCHED_OFF)
def test_an_image_of_others_calls_nobody(services, name):
    told = services[name]["environment"]
    assert {key: told.get(key) for key in SWITCHED_OFF[name]} == SWITCHED_OFF[name]


# --- secrets -------------------------------------------------------------------------------------


def test_a_secret_is_given_to_the_containers_that_need_it_and_to_no_other(services, example):
    made = MADE.findall((ROOT / ".env.example").read_text(encoding="utf-8"))
    given = {
        name: {
            container
            for container, service in services.items()
            if name in named(VARIABLE, strings([service.get("environment", {})]))
        }
        for name in made
    }
    # The master user is by default the superuser: the name stands in a default.
    assert given == GIVEN_TO | dict.fromkeys(ON_AWS_ALONE, set())


def test_no_password_stands_on_a_command_line(services):
    commands = [service.get("command", "") for service in services.values()]
    secrets = set(MADE.findall((ROOT / ".env.example").read_text(encoding="utf-8")))
    assert named(VARIABLE, strings(commands)).isdisjoint(secrets)


def test_the_queue_wants_the_password_that_celery_gives(services):
    told = environment_of("airflow-worker", dict.fromkeys(GIVEN_TO, "word"))
    assert told["AIRFLOW__CELERY__BROKER_URL"] == "redis://:word@valkey:6379/0"
    queue = environment_of("valkey", {"VALKEY_PASSWORD": "word"})
    assert queue == {"REDISCLI_AUTH": "word"}
    assert "requirepass $$REDISCLI_AUTH" in services["valkey"]["command"][-1]


def test_airflow_signs_sessions_and_tokens_and_encrypts_with_a_key_each(services):
    keys = {name: f"of {name}" for name in GIVEN_TO}
    told = [environment_of(name, keys) for name in sorted(AIRFLOW)]
    names = ("API__SECRET_KEY", "API_AUTH__JWT_SECRET", "CORE__FERNET_KEY")
    signed = [tuple(each[f"AIRFLOW__{name}"] for name in names) for each in told]
    assert set(signed) == {
        ("of AIRFLOW_SECRET_KEY", "of AIRFLOW_JWT_SECRET", "of AIRFLOW_FERNET_KEY")
    }


def test_mlflow_answers_the_pages_of_its_own_address_alone():
    told = environment_of("mlflow", dict.fromkeys(GIVEN_TO, "word") | {"MLFLOW_PORT": "5001"})
    origins = told["MLFLOW_SERVER_CORS_ALLOWED_ORIGINS"].split(",")
    assert origins == ["http://127.0.0.1:5001", "http://localhost:5001"]


# --- networks and volumes ------------------------------------------------------------------------


def test_what_keeps_data_is_on_the_inner_network_alone(services, files):
    assert {name: services[name]["networks"] for name in DATA_KEEPERS} == dict.fromkeys(
        DATA_KEEPERS, ["data"]
    )
    assert [file["networks"]["data"] for file in files] == [{"internal": True}] * 2


def test_the_registry_is_not_on_the_network_of_the_pages(services):
    assert "front" not in services["mlflow"]["networks"]


def test_every_network_and_volume_is_declared_and_both_files_agree(services, files):
    assert files[0]["networks"] == files[1]["networks"]
    used = {net for service in services.values() for net in service.get("networks", [])}
    assert used == files[0]["networks"].keys()
    declared = files[0]["volumes"] | files[1]["volumes"]
    assert {source for source in sources(services) if not source.startswith("./")} == set(declared)


def test_bind_mounts_are_files_of_the_repository_and_read_only(services):
    mounts = [mount for mount in all_mounts(services) if mount.startswith("./")]
    absent = [mount for mount in mounts if not (ROOT / mount.partition(":")[0]).exists()]
    assert mounts and absent == []
    assert [mount for mount in mounts if not mount.endswith(":ro")] == []


def all_mounts(services):
    """The volumes of all services, variables at their defaults."""
    found = chain.from_iterable(service.get("volumes", []) for service in services.values())
    return [filled(mount, {}) for mount in found]


def sources(services):
    return {mount.partition(":")[0] for mount in all_mounts(services)}


def test_every_variable_is_in_the_example_or_in_a_list_of_the_settings_page(texts, example):
    page = (ROOT / "setup" / "setup_env.md").read_text(encoding="utf-8")
    listed = named(NAME_IN_LIST, LISTED.findall(page))
    set_by_the_script = {"DATASET_FOLDER"}  # from DATASET, by local/compose.sh
    unknown = named(VARIABLE, texts) - example.keys() - listed - set_by_the_script
    assert sorted(unknown) == []


def test_a_variable_is_written_with_braces(texts):
    assert [text for text in texts if re.search(r"\$(?!\{\w)", text)] == []


def test_whatever_must_be_set_is_made_with_the_settings_file(texts):
    made = set(MADE.findall((ROOT / ".env.example").read_text(encoding="utf-8")))
    on_aws = set(REQUIRED.findall((ROOT / "docker-compose-aws.yml").read_text(encoding="utf-8")))
    assert named(REQUIRED, texts) | on_aws - TOLD_BY_TERRAFORM == made


def test_a_default_is_that_of_the_example(texts, example):
    defaults = {pair for text in texts for pair in DEFAULT.findall(text)}
    other = {name: value for name, value in defaults if example.get(name) not in (None, "", value)}
    assert other == {}


def test_a_variable_has_one_default(texts):
    defaults = sorted({pair for text in texts for pair in DEFAULT.findall(text)})
    names = [name for name, _default in defaults]
    assert len(names) == len(set(names)), defaults


@pytest.mark.parametrize("name", READ_BY)
def test_what_a_container_is_told_is_what_its_settings_read(services, name):
    told = {key for key in services[name]["environment"] if not OF_LIBRARIES.fullmatch(key)}
    assert told <= {field.upper() for field in READ_BY[name].model_fields}


def test_what_the_tasks_read_is_told_to_the_launcher_too(services):
    tasks = {
        key
        for key in services["airflow-scheduler"]["environment"]
        if not key.startswith("AIRFLOW_")
    }
    assert tasks - services[RUN_BY_HAND]["environment"].keys() == {"GIT_PYTHON_REFRESH"}
    assert {"AIRFLOW_URL", "AIRFLOW_ADMIN_PASSWORD", "SERVICE_URL", "API_KEY"} <= services[
        RUN_BY_HAND
    ]["environment"].keys()


@pytest.mark.parametrize(
    ("chosen", "endpoint"),
    [
        ({}, "http://seaweedfs:8333"),
        ({"S3_ENDPOINT_URL": "", "AWS_REGION": "eu-west-1"}, "https://s3.eu-west-1.amazonaws.com"),
    ],
    ids=["local", "aws"],
)
def test_mlflow_speaks_to_the_s3_that_is_chosen(chosen, endpoint):
    secrets = {
        "S3_ACCESS_KEY": "key",
        "S3_SECRET_KEY": "secret",
        "POSTGRES_MLFLOW_PASSWORD": "word",
    }
    told = environment_of("mlflow", secrets | chosen)
    outside = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    command = [sys.executable, "-c", ENDPOINT_OF_MLFLOW, told["MLFLOW_ARTIFACTS_DESTINATION"]]
    done = subprocess.run(command, env=outside | told, capture_output=True, text=True, check=False)
    assert done.stdout == f"{endpoint}\n", done.stderr


@pytest.mark.parametrize(
    ("chosen", "links"),
    [
        ({}, ("http://127.0.0.1:3000", "http://127.0.0.1:5000", "http://127.0.0.1:8080")),
        (
            {"GRAFANA_PORT": "3001", "MLFLOW_URL": "https://mlflow.example.com", "AIRFLOW_URL": ""},
            ("http://127.0.0.1:3001", "https://mlflow.example.com", ""),
        ),
    ],
    ids=["ports", "chosen"],
)
def test_the_form_links_what_a_browser_on_this_machine_reaches(chosen, links):
    told = environment_of("form", chosen)
    assert tuple(told[f"{part}_URL"] for part in ("GRAFANA", "MLFLOW", "AIRFLOW")) == links


def test_no_task_runs_as_long_as_the_queue_waits_before_it_hands_a_task_out_again(services):
    told = services["airflow-worker"]["environment"]
    waits = int(told["AIRFLOW__CELERY_BROKER_TRANSPORT_OPTIONS__VISIBILITY_TIMEOUT"])
    lost = int(told["AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT"])
    assert waits >= 86_400 > lost


def test_who_schedules_and_who_works_agree_on_how_tasks_are_lost_and_tried_again(services):
    shared = services["airflow-dags"]["environment"]
    for name in ("airflow-scheduler", "airflow-worker", "airflow-api"):
        assert shared.items() <= services[name]["environment"].items()


def test_tasks_are_tried_once_by_default(services):
    told = environment_of("airflow-dags", dict.fromkeys(REQUIRED_OF_AIRFLOW, "word"))
    assert told["AIRFLOW__CORE__DEFAULT_TASK_RETRIES"] == "0"
    assert services["airflow-worker"]["scale"] == "${AIRFLOW_WORKERS:-1}"
