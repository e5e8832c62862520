"""A real OpenID provider as a process of its own: npm's certified `oidc-provider`, run by the Node of the wheel."""

import fcntl
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx2

from tests.support.process import free_port
from tools.npm import npm_command

SOURCE = Path(__file__).parent / "oidc"
CACHE = Path(__file__).parents[2] / "build" / "oidc-provider"
CLIENT_ID = "nearhand"
SECRET = "of no worth: 100%/+"  # with what a careless client does not encode


class RunningProvider:
    """`people`: by login, what is claimed of them, and how their signing in is said to have gone."""

    def __init__(self, port: int, people: Path) -> None:
        self.issuer = f"http://127.0.0.1:{port}"
        self._people = people

    def know(self, login: str, *, groups: list[str] | None = None, **claims: Any) -> None:
        """From their next sign-in on."""
        known = json.loads(self._people.read_text())
        amr = claims.pop("amr", None)
        said = {"name": login.title(), "preferred_username": login, **claims}
        if groups is not None:
            said["groups"] = groups
        known[login] = {"claims": said, "login": {"amr": amr} if amr else {}}
        self._people.write_text(json.dumps(known))

    def visit(self, url: str, login: str, browser: httpx2.Client | None = None) -> str:
        """What a browser does that is sent there and signs in: the address it is sent back to."""
        with httpx2.Client() if browser is None else browser as http:
            answer = http.get(url)
            while answer.is_redirect:
                target = urljoin(str(answer.request.url), answer.headers["location"])
                if not target.startswith(self.issuer):
                    return target
                answer = http.get(target)
                if "/interaction/" in target and answer.status_code == 200:
                    given = {"act": "in" if login else "no", "login": login}
                    answer = http.post(target, data=given)
            raise AssertionError(f"{answer.status_code}: {re.sub('<[^>]*>', ' ', answer.text)[:2000]}")


@contextmanager
def running_provider(folder: Path, *base_urls: str) -> Iterator[RunningProvider]:
    """Services at these addresses are its one client."""
    port, people = free_port(), folder / "people.json"
    people.write_text("{}")
    client = {
        "client_id": CLIENT_ID,
        "client_secret": SECRET,
        "redirect_uris": [f"{url}/signed-in" for url in base_urls],
        "post_logout_redirect_uris": [f"{url}/" for url in base_urls],
        "backchannel_logout_uri": f"{base_urls[0]}/api/v1/sign-out/by-provider",
        "backchannel_logout_session_required": True,
    }
    asked = json.dumps({"port": port, "people": str(people), "clients": [client]})
    command, environment = _installed()
    process = subprocess.Popen(
        [command[0], str(CACHE / "provider.mjs")],
        env={**environment, "PROVIDER": asked},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        if "ready" not in process.stdout.readline():
            raise RuntimeError("the provider did not start")
        yield RunningProvider(port, people)
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def _installed() -> tuple[list[str], dict[str, str]]:
    """In a folder that git ignores, as the browser of the tests is."""
    command, environment = npm_command()
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # tests run in several processes
        for file in SOURCE.iterdir():
            shutil.copy(file, CACHE)
        if not (CACHE / "node_modules" / "oidc-provider").is_dir():
            subprocess.run(
                [*command, "install", "--no-audit", "--no-fund"],
                env=environment,
                cwd=CACHE,
                check=True,
                capture_output=True,
                timeout=300,
            )
    return command, {**os.environ, **environment}
