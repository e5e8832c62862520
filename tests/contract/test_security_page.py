"""What docs/explanation/security.md says is tested, is."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


def test_every_attack_named_here_has_its_test() -> None:
    page = (ROOT / "docs/explanation/security.md").read_text(encoding="utf-8")
    named = NAMED.findall(page)
    assert len(named) > 40
    for file, test in named:
        assert re.search(rf"^(async )?def {test}\(", (ROOT / file).read_text(encoding="utf-8"), re.M), (
            file,
            test,
        )
