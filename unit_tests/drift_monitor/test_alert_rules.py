"""The alert rules: promtool's tests of them, and what promtool does not look at."""

import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import yaml
from prometheus_client import generate_latest

from drift_monitor.board import Board
from drift_monitor.calibration import null_scores
from drift_monitor.metrics import registry_of
from drift_monitor.runbook import page
from price_service.metrics import Metrics

ROOT = Path(__file__).resolve().parents[2]
CONFIG = ROOT / "evidently_service" / "config" / "prometheus"
RULES, TESTS = sorted(CONFIG.glob("rules/*.yml")), sorted(CONFIG.glob("tests/*.yml"))
PARTS_OF_A_HISTOGRAM = ("_bucket", "_count", "_sum")
NUMBER = re.compile(r"(?<![\w.%])\d+(?:\.\d+)?(?![\w.])")


def rules_of(path):
    """The rules of one file."""
    groups = yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


EVERY_RULE = [rule for path in RULES for rule in rules_of(path)]
ALERTS = {rule["alert"]: rule for rule in EVERY_RULE if "alert" in rule}
every_alert = pytest.mark.parametrize("name", ALERTS)


def thresholds(expression):
    """The numbers that an expression compares with; 0, 1 and spans of time are none."""
    bare = re.sub(r'"[^"]*"|\[[^]]*\]', "", expression)
    return [number for number in NUMBER.findall(bare) if number not in ("0", "1")]


def exported_names():
    """Every name that the service and the monitor export to Prometheus."""
    exposition = generate_latest(Metrics().registry) + generate_latest(registry_of(Board(500)))
    found = re.findall(r"^# TYPE (\w+) (\w+)$", exposition.decode(), flags=re.MULTILINE)
    plain = {name for name, kind in found if kind != "histogram"}
    return plain | {
        name + part for name, kind in found if kind == "histogram" for part in PARTS_OF_A_HISTOGRAM
    }


@pytest.fixture(name="promtool")
def promtool_in_config():
    """Runs promtool in the folder of the configuration; what it said, once it was content."""
    path = shutil.which("promtool")
    if path is None:
        pytest.skip("promtool is not installed (Debian's package prometheus has it)")

    def run(*arguments):
        done = subprocess.run(
            [path, *map(str, arguments)], cwd=CONFIG, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


def test_promtool_accepts_the_configuration(promtool, tmp_path):
    config = yaml.safe_load((CONFIG / "prometheus.yml").read_text(encoding="utf-8"))
    # Since Prometheus 2.43; Debian 12's is older than that of the containers.
    config.pop("scrape_config_files")
    shutil.copytree(CONFIG, tmp_path / "prometheus")
    whole = tmp_path / "prometheus" / "prometheus.yml"
    whole.write_text(yaml.safe_dump(config), encoding="utf-8")
    assert f"{len(RULES)} rule files found" in promtool("check", "config", whole)


def test_promtool_accepts_every_rule(promtool):
    said = promtool("check", "rules", *RULES)
    found = sum(int(number) for number in re.findall(r"(\d+) rules found", said))
    assert found == len(EVERY_RULE)


def test_the_rules_pass_their_tests(promtool):
    assert promtool("test", "rules", *TESTS).count("SUCCESS") == len(TESTS)


@every_alert
def test_every_alert_is_tested_to_fire_and_to_be_silent(name):
    cases = [
        case
        for path in TESTS
        for test in yaml.safe_load(path.read_text(encoding="utf-8"))["tests"]
        for case in test.get("alert_rule_test", [])
        if case["alertname"] == name
    ]
    assert any(case.get("exp_alerts") for case in cases)
    assert any(not case.get("exp_alerts") for case in cases)


@every_alert
def test_every_alert_waits_weighs_and_explains_itself(name):
    rule = ALERTS[name]
    assert rule["for"]
    assert rule["labels"]["severity"] in ("critical", "warning")
    assert rule["annotations"]["summary"]
    assert "What to do: " in rule["annotations"]["description"]


@every_alert
def test_every_alert_links_to_its_section_of_the_runbook(name):
    text = (ROOT / "setup" / "runbook.md").read_text(encoding="utf-8")
    url = ALERTS[name]["annotations"]["runbook_url"]
    # The mail has the annotation. Prometheus' series ALERTS, which dashboards show, has labels alone.
    assert ALERTS[name]["labels"]["runbook"] == url
    assert url == f"{{{{ $externalLabels.runbook }}}}#{name.lower()}"
    assert f'id="{name.lower()}">{name}</h2>' in page(text)


@pytest.mark.parametrize("rule", EVERY_RULE, ids=lambda rule: rule.get("alert", rule.get("record")))
def test_every_metric_that_a_rule_names_is_exported(rule):
    known = exported_names() | {other["record"] for other in EVERY_RULE if "record" in other}
    told = "\n".join([rule["expr"], *rule.get("annotations", {}).values()])
    named = set(re.findall(r"\b(?:vehicle_price|price_service)[a-z0-9_:]+", told))
    assert named <= known


def test_no_threshold_is_written_twice():
    found = [number for rule in EVERY_RULE for number in thresholds(rule["expr"])]
    assert sorted(found) == sorted(set(found))
    told = "\n".join(text for rule in ALERTS.values() for text in rule["annotations"].values())
    assert not set(found) & set(NUMBER.findall(told))


def test_the_labels_that_make_links_do_not_reach_alertmanager():
    config = yaml.safe_load((CONFIG / "prometheus.yml").read_text(encoding="utf-8"))
    (drop,) = config["alerting"]["alert_relabel_configs"]
    labels = config["global"]["external_labels"]
    assert drop["action"] == "labeldrop"
    assert {name for name in labels if re.fullmatch(drop["regex"], name)} == set(labels)


def test_chance_alone_never_takes_a_column_as_far_as_its_alert(usual, limits):
    (factor,) = thresholds(ALERTS["ColumnDrift"]["expr"])
    chance = null_scores(usual, limits.window_rows, 20_000, seed=1)[:, :-1]
    ratios = chance / np.array(list(limits.thresholds.values()))
    assert 1 < ratios.max() < float(factor)
