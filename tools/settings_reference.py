"""Write docs/reference/settings.md from the settings class: `python -m tools.settings_reference`."""

from pathlib import Path

from nearhand.kit.settings import Settings

TARGET = Path(__file__).parent.parent / "docs" / "reference" / "settings.md"
HEAD = """# Settings

Read once at start from environment variables. Made by `python -m tools.settings_reference` from `nearhand/kit/settings.py`.
Each may also stand in a file: `NEARHAND_DATABASE_URL_FILE=/run/secrets/database-url`, and so for every other. The variable itself wins.

| variable | default | meaning |
|---|---|---|
"""


def reference() -> str:
    rows = [
        f"| `NEARHAND_{name.upper()}` | `{field.default}` | {field.description} |"
        for name, field in Settings.model_fields.items()
    ]
    return HEAD + "\n".join(rows) + "\n"


if __name__ == "__main__":
    TARGET.write_text(reference(), encoding="utf-8")
