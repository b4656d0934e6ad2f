"""The few HTTP requests that the launcher makes, with one kind of error."""

import re

import requests

LOGIN_IN_ADDRESS = re.compile(r"://[^\s'\"]*@")


def without_login(text: str) -> str:
    """Return a text without the user and password of the addresses in it."""
    return LOGIN_IN_ADDRESS.sub("://", text)


class NoAnswer(Exception):
    """An address did not answer, or not as it should."""

    def __init__(self, message: str):
        super().__init__(without_login(message))


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
