"""The device types every registry may start with."""

from importlib.resources import files

from nearhand.devices.model import NewDeviceType


def catalogue() -> list[NewDeviceType]:
    """Common switches, routers, servers, storage, PDUs and a patch panel; `source` says how true each face is."""
    sheets = sorted(
        (file for file in files(__name__).iterdir() if file.name.endswith(".json")), key=lambda f: f.name
    )
    return [NewDeviceType.model_validate_json(file.read_bytes()) for file in sheets]
