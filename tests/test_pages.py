from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from nearhand.pages import mount_pages


@pytest.fixture
def web(tmp_path: Path) -> Path:
    for name in ("console", "field"):
        (tmp_path / name / "assets").mkdir(parents=True)
        (tmp_path / name / "index.html").write_text(f"<p>{name}</p>")
        (tmp_path / name / "assets" / "a-1.js").write_text("1")
        (tmp_path / name / "assets" / "a-1.js.gz").write_bytes(b"packed")
    return tmp_path


@pytest.fixture
def pages(web: Path) -> TestClient:
    app = FastAPI()
    mount_pages(app, web)
    return TestClient(app, follow_redirects=False)


def test_any_address_of_an_app_opens_its_page_and_is_not_kept(pages: TestClient) -> None:
    answer = pages.get("/field/d/ABC")
    assert (answer.text, answer.headers["cache-control"]) == ("<p>field</p>", "no-cache")


def test_a_missing_asset_is_missing_rather_than_a_page(pages: TestClient) -> None:
    assert pages.get("/field/assets/old.js").status_code == 404


def test_packed_assets_go_to_whoever_accepts_them(pages: TestClient) -> None:
    with pages.stream("GET", "/console/assets/a-1.js", headers={"accept-encoding": "gzip"}) as answer:
        assert answer.headers["content-encoding"] == "gzip"
        assert answer.headers["content-type"].startswith("text/javascript")
        assert "immutable" in answer.headers["cache-control"]
    assert pages.get("/console/assets/a-1.js", headers={"accept-encoding": "identity"}).text == "1"


@pytest.mark.parametrize(
    ("path", "goal"),
    [
        ("/", "/console/"),
        ("/console", "/console/"),
        ("/field", "/field/"),
        ("/D/7K3QX9AB-0ABCDEFGHJK", "/field/d/7K3QX9AB-0ABCDEFGHJK"),
        ("/join/S1", "/console/join/S1"),
    ],
)
def test_short_addresses_lead_into_the_apps_whatever_host_is_named(
    pages: TestClient, path: str, goal: str
) -> None:
    assert pages.get(path, headers={"host": "evil.example"}).headers["location"] == goal


@pytest.mark.parametrize(
    ("path", "status"),
    [("/console", 307), ("/field", 307), ("/api/v1/me/", 404), ("/api/v1", 404), ("/healthz/", 404)],
)
def test_no_address_leads_to_the_host_that_a_request_names(
    client: TestClient, path: str, status: int
) -> None:
    answer = client.get(path, headers={"host": "evil.example"}, follow_redirects=False)
    assert answer.status_code == status
    assert "evil" not in answer.text + str(answer.headers)
    if status == 404:
        assert answer.json()["code"] == "not_found"


@pytest.mark.parametrize("path", ["/field/../secret", "/field/%2e%2e/%2e%2e/etc/passwd", "/d/..%2f..%2f"])
def test_no_path_leads_out_of_the_apps(pages: TestClient, path: str) -> None:
    answer = pages.get(path)
    assert "root:" not in answer.text
    assert answer.headers.get("location", "/").startswith("/")
    assert not answer.headers.get("location", "/").startswith("//")


@pytest.mark.parametrize("name", ["%00", "a%00.js", "x" * 300, "x/" * 3000, "%ff", "a" * 5000])
@pytest.mark.parametrize("accepted", ["gzip", "identity"])
def test_an_address_that_no_file_can_have_is_answered_all_the_same(
    pages: TestClient, name: str, accepted: str
) -> None:
    headers = {"accept-encoding": accepted}
    assert pages.get(f"/console/{name}", headers=headers).text == "<p>console</p>"
    assert pages.get(f"/console/assets/{name}", headers=headers).status_code == 404


def test_without_built_apps_the_page_says_how_to_build_them(tmp_path: Path) -> None:
    app = FastAPI()
    mount_pages(app, tmp_path)
    answer = TestClient(app).get("/console/")
    assert answer.status_code == 503
    assert "make demo" in answer.text
