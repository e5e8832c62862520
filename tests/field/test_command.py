"""`nearhand field` as it is typed."""

import asyncio
import csv
import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner, Result

from nearhand.cli import app
from nearhand.client import Client
from nearhand.field.screen import VideoFile
from nearhand.labels.model import Resolved
from tests.client.conftest import server  # noqa: F401
from tests.field.devices import labelled_device
from tests.field.scene import Stage
from tests.support.people import PASSWORD
from tests.support.process import ServerProcess

SHARED = Path(os.environ.get("NEARHAND_SHARED", Path(__file__).parents[3] / "shared"))
PHOTOGRAPHS = SHARED / "data" / "qr"
CATEGORY = "zxing:qrcode-2"
USUAL_SHARE = 0.9  # all are read when the machine is not too busy


def field(*arguments: object, **environment: str) -> Result:
    return CliRunner(env=environment).invoke(app, ["field", *map(str, arguments)])


def lines(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def signed_in(url: str) -> tuple[str, Resolved]:
    async def sign_in() -> tuple[str, Resolved]:
        async with await Client.sign_in(url, "technician", PASSWORD) as client:
            assert client._token is not None
            return client._token, await labelled_device(url)

    return asyncio.run(sign_in())


def test_a_video_is_recognised_marked_and_written_and_a_session_opened(
    server: ServerProcess,  # noqa: F811
    tmp_path: Path,
) -> None:
    token, shown = signed_in(server.url)
    stage, video, out = Stage(shown), tmp_path / "walk.mp4", tmp_path / "marked.mp4"
    writer = VideoFile(video, 25)
    for number in (1, 2, 3, 4):
        writer.show(stage.picture(number))
    writer.close()
    intrinsics = tmp_path / "camera.json"
    intrinsics.write_text(stage.intrinsics.model_dump_json())
    options = ["--video", video, "--out", out, "--intrinsics", intrinsics, "--outbox", tmp_path / "outbox.db"]
    asked = ["--server", server.url, "--ask-for-help", "Port 37 is down", "--json", *options]
    done = field(*asked, NEARHAND_TOKEN=token)
    assert done.exit_code == 0, done.output
    told = lines(done)
    (session,) = [line for line in told if line["type"] == "session"]
    (device,) = [line for line in told if line["type"] == "device"]
    assert (session["subject"], device["asset_tag"]) == ("Port 37 is down", shown.view.device.asset_tag)
    assert next(line for line in told if line["type"] == "frame")["labels"][0]["text"] == shown.label.text
    assert token not in done.output
    assert cv2.VideoCapture(str(out)).get(cv2.CAP_PROP_FRAME_COUNT) == 4


def test_wrong_options_are_said_in_a_sentence(tmp_path: Path) -> None:
    assert "Give one of --camera N" in field().stderr
    assert "There are no pictures" in field("--images", tmp_path).stderr
    (tmp_path / "no.mp4").write_bytes(b"not a video")
    assert "not a video" in field("--video", tmp_path / "no.mp4").stderr
    done = field("--images", tmp_path, "--session", "ANY")
    assert (done.exit_code, "needs --server" in done.stderr) == (2, True)


def test_signing_in_by_name_takes_the_password_from_a_file_or_the_environment(
    server: ServerProcess,  # noqa: F811
    tmp_path: Path,
) -> None:
    cv2.imwrite(str(tmp_path / "gray.png"), np.full((480, 640, 3), 90, np.uint8))
    secret = tmp_path / "password.txt"
    secret.write_text(PASSWORD + "\n")
    asked = ["--server", server.url, "--name", "technician", "--images", tmp_path, "--json"]
    assert [line["image"] for line in lines(field(*asked, "--password-file", secret))] == ["gray.png"]
    assert [line["image"] for line in lines(field(*asked, NEARHAND_PASSWORD=PASSWORD))] == ["gray.png"]
    assert field(*asked, NEARHAND_PASSWORD="not the password").exit_code == 1


@pytest.mark.skipif("DISPLAY" in os.environ or sys.platform != "linux", reason="there is a screen here")
def test_a_machine_without_a_screen_is_told_so(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "gray.png"), np.full((480, 640, 3), 90, np.uint8))
    done = field("--images", tmp_path, "--window")
    assert (done.exit_code, "No window can be opened here" in done.stderr) == (2, True)


def test_no_service_and_a_wrong_token_are_told_apart(server: ServerProcess, tmp_path: Path) -> None:  # noqa: F811
    cv2.imwrite(str(tmp_path / "gray.png"), np.full((480, 640, 3), 90, np.uint8))
    asked = ["--images", tmp_path, "--ask-for-help", "Anybody?"]
    nobody = field("--server", "http://127.0.0.1:9", *asked, NEARHAND_TOKEN="a token of nobody")
    assert (nobody.exit_code, "127.0.0.1:9" in nobody.stderr) == (3, True)
    refused = field("--server", server.url, *asked, NEARHAND_TOKEN="a token of nobody")
    assert (refused.exit_code, "unauthenticated" in refused.stderr) == (1, True)
    assert "a token of nobody" not in nobody.output + refused.output


@pytest.mark.skipif(not PHOTOGRAPHS.exists(), reason="the photographs are not beside the repository")
def test_labels_in_real_photographs_are_recognised(tmp_path: Path) -> None:
    with (PHOTOGRAPHS / "manifest.csv").open(encoding="utf-8", newline="") as manifest:
        expected = {
            Path(row["path"]).name: row["expected_text"]
            for row in csv.DictReader(manifest)
            if row["category"] == CATEGORY
        }
    for row in (PHOTOGRAPHS / "zxing" / "qrcode-2").iterdir():
        if row.name in expected:
            shutil.copy(row, tmp_path)
    done = field("--images", tmp_path, "--json")
    seen = {
        line["image"]: [label["text"] for label in line["labels"]]
        for line in lines(done)
        if line["type"] == "picture"
    }
    assert set(seen) == set(expected)
    right = sum(words(expected[image]) in map(words, texts) for image, texts in seen.items())
    sys.stdout.write(f"{right} of {len(expected)} photographs read right\n")
    assert right >= USUAL_SHARE * len(expected)


def words(text: str) -> list[str]:
    """The manifest knows no carriage returns."""
    return text.split()
