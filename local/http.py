"""The few HTTP requests that the launcher makes, with one kind of error."""

import requests


class NoAnswer(Exception):
    """An address did not answer, or not as it should."""


def request(method: str, url: str, timeout_seconds: float = 10, **options) -> requests.Response:
    """The answer, whatever its status; NoAnswer when there is none."""
    try:
        return requests.request(method, url, timeout=timeout_seconds, **options)
    except requests.RequestException as error:
        raise NoAnswer(f"{url}: {error}") from error


def request_json(method: str, url: str, **options) -> dict:
    """The JSON of an answer of status 2xx; NoAnswer otherwise."""
    answer = request(method, url, **options)
    if not answer.ok:
        raise NoAnswer(f"{method} {url}: {answer.status_code} {answer.text[:300]}")
    return answer.json()


def is_up(url: str) -> bool:
    """Whether the address answers 200 now."""
    try:
        return request("GET", url, timeout_seconds=5).status_code == 200
    except NoAnswer:
        return False
