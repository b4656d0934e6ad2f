"""The load balancer leads every route of the price service to it, and nothing else."""

import re
from pathlib import Path

from price_service import create_app
from price_service.settings import Settings

from unit_tests.price_service.fake_model import FakeModel

LOAD_BALANCER = Path(__file__).resolve().parents[2] / "terraform/modules/service/load_balancer.tf"
NOT_FROM_OUTSIDE = {"/metrics"}


def paths(name):
    """The strings of a list in the module's locals."""
    text = re.search(rf"  {name} = \[(.*?)\]", LOAD_BALANCER.read_text(), re.S)[1]
    return set(re.findall(r'"([^"]+)"', text))


def test_every_route_of_the_service_is_reached_through_the_load_balancer(tmp_path):
    app = create_app(Settings(outbox_dir=tmp_path), FakeModel())
    routes = {rule.rule for rule in app.url_map.iter_rules()}
    assert paths("api_paths") == routes - NOT_FROM_OUTSIDE


def test_pages_of_the_form_that_share_a_path_with_the_api_are_named():
    app = (LOAD_BALANCER.parents[3] / "streamlit/app.py").read_text()
    pages = {f"/{path}" for path in re.findall(r'url_path="(\w+)"', app)}
    assert paths("form_pages") == pages & paths("api_paths")
