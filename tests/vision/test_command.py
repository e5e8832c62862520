import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from nearhand.cli import app
from nearhand.vision.camera import nominal
from nearhand.vision.project import project
from tests.support.pictures import looking_at, render, switch_layout

CAMERA = nominal(1280, 720).with_focal(1000)
LAYOUT = switch_layout()
WHERE = looking_at(LAYOUT, 540, (0.2, 0.1, 0.05))
run = CliRunner().invoke


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pictures")
    cv2.imwrite(str(folder / "face.png"), render(LAYOUT, WHERE, CAMERA))
    cv2.imwrite(str(folder / "near.jpg"), render(LAYOUT, looking_at(LAYOUT, 200, at=(41.5, 19.7)), CAMERA))
    (folder / "notes.png").write_text("not a picture")
    (folder / "layout.json").write_text(LAYOUT.model_dump_json())
    (folder / "camera.json").write_text(CAMERA.model_dump_json())
    return folder


def test_read_prints_one_json_object_per_picture(folder: Path) -> None:
    result = run(app, ["read", str(folder / "near.jpg"), str(folder / "face.png"), "--json"])
    assert result.exit_code == 0
    near, face = (json.loads(line) for line in result.output.splitlines())
    assert set(near) == {"image", "labels", "tags"}
    assert near["labels"][0]["text"] == "HTTPS://HELP.EXAMPLE/D/7K3M9QXA"
    assert np.array(near["labels"][0]["corners_px"]).shape == (4, 2)
    assert {tag["id"] for tag in face["tags"]} == {17, 18}


def test_a_file_that_is_no_picture_is_told_of_and_the_others_are_answered(folder: Path) -> None:
    files = [str(folder / name) for name in ("notes.png", "gone.png", "face.png")]
    result = run(app, ["read", *files, "--json"])
    answers = [json.loads(line) for line in result.output.splitlines()]
    assert result.exit_code == 1
    assert ["error" in answer for answer in answers] == [True, True, False]
    assert [answer["image"] for answer in answers] == files
    assert "Traceback" not in result.output


def test_a_dictionary_nobody_knows_is_refused_in_words(folder: Path) -> None:
    result = run(app, ["read", str(folder / "face.png"), "--dictionary", "DICT_9X9_1"])
    assert (result.exit_code, "no tag dictionary" in result.output) == (2, True)


def test_locate_says_where_points_are_and_how_surely(folder: Path) -> None:
    result = run(
        app,
        [
            *("locate", str(folder / "face.png"), str(folder / "notes.png")),
            *("--layout", str(folder / "layout.json"), "--camera", str(folder / "camera.json")),
            *("--point", "241.3,22", "--point", "400,14.5", "--json"),
        ],
    )
    assert result.exit_code == 1
    found, broken = (json.loads(line) for line in result.output.splitlines())
    assert found["found"]
    assert np.array(found["T_camera_face"]).shape == (4, 4)
    assert np.array(found["covariance"]).shape == (6, 6)
    true = project([(241.3, 22), (400, 14.5)], WHERE, CAMERA)
    for point, (u, v) in zip(found["points"], true, strict=True):
        assert set(point) == {"x_mm", "y_mm", "u_px", "v_px", "ring_px", "ring_mm"}
        assert np.hypot(point["u_px"] - u, point["v_px"] - v) < 2 * point["ring_px"]
        assert 0 < point["ring_mm"] < 3
    assert (broken["found"], broken["points"]) == (False, [])
    assert "error" in broken


def test_a_picture_of_another_shape_than_the_cameras_is_an_error_of_that_picture(folder: Path) -> None:
    cv2.imwrite(str(folder / "square.png"), np.full((300, 300), 90, np.uint8))
    options = ["--layout", str(folder / "layout.json"), "--camera", str(folder / "camera.json"), "--json"]
    result = run(app, ["locate", str(folder / "square.png"), str(folder / "face.png"), *options])
    square, face = (json.loads(line) for line in result.output.splitlines())
    assert "another shape" in square["error"]
    assert face["found"]


@pytest.mark.parametrize(
    "options",
    [
        ["--layout", "camera.json"],
        ["--layout", "gone.json"],
        ["--layout", "layout.json", "--camera", "layout.json"],
        ["--layout", "layout.json", "--point", "12"],
        ["--layout", "layout.json", "--point", "nan,1"],
    ],
)
def test_a_wrong_document_or_point_is_refused_in_words(
    folder: Path, options: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    result = run(app, ["locate", "face.png", *options])
    assert result.exit_code == 2
    assert "Traceback" not in result.output


def test_the_list_of_commands_does_not_wait_for_the_vision_libraries() -> None:
    code = "import sys, nearhand.cli; print([m for m in ('cv2', 'zxingcpp', 'numpy', 'PIL') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_how_to_says_what_the_commands_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    how_to = Path(__file__).parents[2] / "docs" / "how-to"
    page = (how_to / "read-pictures.md").read_text(encoding="utf-8")
    monkeypatch.chdir(how_to / "read-pictures")
    read = run(app, ["read", "photo.jpg"])
    assert read.output in page
    located = run(
        app,
        [
            *("locate", "photo.jpg", "--layout", "layout.json", "--camera", "camera.json"),
            *("--point", "205,14.4", "--json"),
        ],
    )
    (point,) = json.loads(located.output)["points"]
    # The rendered picture's truth; the last decimals may differ from machine to machine.
    assert np.hypot(point["u_px"] - 833.7, point["v_px"] - 333.5) < 2
    assert f"({point['u_px']:.0f}, {point['v_px']:.0f})" in page
