import time

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from starlette.types import Receive, Scope, Send

from nearhand.app import Resources, create_app
from nearhand.kit.headers import SafeHeaders, safe_headers
from nearhand.pages import router as pages


@pytest.mark.parametrize(
    "path", ["/field/d/ABC", "/console/", "/api/v1/me", "/nothing", "/healthz", "/d/7K3QX9AB"]
)
def test_every_answer_carries_the_safe_headers(client: TestClient, path: str) -> None:
    headers = client.get(path, follow_redirects=False).headers
    policy = headers["content-security-policy"]
    assert "unsafe-inline" not in policy
    assert "'unsafe-eval'" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-opener-policy"] == headers["cross-origin-resource-policy"] == "same-origin"
    assert "geolocation=()" in headers["permissions-policy"]


@pytest.mark.parametrize("path", [route.path for route in pages.routes if isinstance(route, APIRoute)])
def test_nobody_frames_any_page(client: TestClient, path: str) -> None:
    """Every page there is, those of the two apps too; a page added later is among them."""
    for address in (
        path.format(code="7K3QX9AB", session_id="3S1C8ZK2W3QX"),
        "/console/people",
        "/field/scan",
    ):
        policy = client.get(address, follow_redirects=False).headers["content-security-policy"]
        assert "frame-ancestors 'none'" in policy


def test_an_accident_is_answered_with_them_too(resources: Resources) -> None:
    app = create_app(resources.settings, resources)

    @app.get("/accident")
    async def accident() -> None:
        raise RuntimeError

    with TestClient(app, raise_server_exceptions=False) as client:
        answer = client.get("/accident")
    assert (answer.status_code, answer.headers["x-content-type-options"]) == (500, "nosniff")
    assert answer.headers["cache-control"] == "no-store"


def test_only_the_apps_may_ask_for_a_camera_and_a_microphone(client: TestClient) -> None:
    features = {
        path: client.get(path).headers["permissions-policy"]
        for path in ("/field/", "/console/", "/api/v1/me")
    }
    assert ["camera=(self)" in features[path] for path in features] == [True, True, False]
    assert ["microphone=(self)" in features[path] for path in features] == [True, True, False]
    assert "microphone=()" in features["/api/v1/me"]
    assert ["gyroscope=(self)" in features[path] for path in features] == [True, False, False]


def test_only_the_field_app_may_compile_what_reads_labels(client: TestClient) -> None:
    policies = [client.get(path).headers["content-security-policy"] for path in ("/field/", "/console/")]
    assert ["wasm-unsafe-eval" in policy for policy in policies] == [True, False]


def test_what_only_some_may_see_is_kept_in_no_cache(client: TestClient) -> None:
    assert client.get("/api/v1/me").headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("url", "is_said"),
    [
        ("https://help.example", True),
        ("https://help.example:8443", True),
        ("https://10.0.0.7", True),
        ("http://help.example", False),
        ("https://localhost:8000", False),
        ("https://127.0.0.1:8000", False),
        ("https://[::1]:8000", False),
    ],
)
def test_browsers_that_came_over_https_are_told_to_stay(url: str, is_said: bool) -> None:
    app = FastAPI()
    with TestClient(SafeHeaders(app, headers_of=safe_headers(365)), base_url=url) as client:
        said = client.get("/").headers.get("strict-transport-security")
    assert said == ("max-age=31536000" if is_said else None)


def test_hsts_may_be_switched_off() -> None:
    with TestClient(
        SafeHeaders(FastAPI(), headers_of=safe_headers(0)), base_url="https://help.example"
    ) as client:
        assert "strict-transport-security" not in client.get("/").headers


async def test_the_headers_cost_next_to_nothing() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"a/b")]})

    async def nothing(*_: object) -> dict[str, object]:
        return {}

    async def took_s(called: object) -> float:
        scope = {"type": "http", "path": "/api/v1/devices", "scheme": "https", "headers": [(b"host", b"a.b")]}
        best = float("inf")
        for _ in range(5):
            began = time.perf_counter()
            for _ in range(200):
                await called(scope, nothing, nothing)  # type: ignore[operator]
            best = min(best, (time.perf_counter() - began) / 200)
        return best

    assert await took_s(SafeHeaders(app, headers_of=safe_headers(1))) - await took_s(app) < 100e-6
