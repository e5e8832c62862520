"""Deal test files to workers: what films in real time keeps to half of them, and what takes longest comes first."""

from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

KNOWN = "nearhand/seconds_of_files"  # in pytest's cache, from earlier runs
BROWSERS = "tests/browser/"
# Of these one at a time is enough for two cores: they film, code, send and show pictures in real time.
FILMING = "pytest.mark.filming"
FILMING_S, BROWSER_S, OTHER_S = 40.0, 8.0, 0.1  # of a test in a file that no earlier run knew


class ByFile(LoadScopeScheduling):  # type: ignore[misc]
    """With several workers: a file's tests stay with one, since they share what is dear to make.

    (Not by marks for `--dist loadgroup`: pytest-xdist 3.8 no longer sees them with pytest 9.2.)
    """

    def __init__(self, config: pytest.Config, log: Any) -> None:
        super().__init__(config, log)
        self._known = seconds_known(config)
        self._films: dict[str, bool] = {}

    def _split_scope(self, nodeid: str) -> str:
        return nodeid.partition("::")[0]

    def _assign_work_unit(self, node: Any) -> None:
        self.workqueue.move_to_end(self._next(node), last=False)
        super()._assign_work_unit(node)

    def _next(self, node: Any) -> str:
        """The longest file of its kind; of the other kind when there is none left."""
        filming: list[str] = [file for file in self.workqueue if self._is_filming(file)]
        others: list[str] = [file for file in self.workqueue if not self._is_filming(file)]
        films = self.nodes.index(node) < max(1, len(self.nodes) // 2)
        return max((filming or others) if films else (others or filming), key=self._seconds)

    def _is_filming(self, file: str) -> bool:
        if file not in self._films:
            text = (self.config.rootpath / file).read_text(encoding="utf-8")
            self._films[file] = file.startswith(BROWSERS) and FILMING in text
        return self._films[file]

    def _seconds(self, file: str) -> float:
        a_test = FILMING_S if self._is_filming(file) else BROWSER_S if file.startswith(BROWSERS) else OTHER_S
        return self._known.get(file, a_test * len(self.workqueue[file]))


def seconds_known(config: pytest.Config) -> dict[str, float]:
    return dict(config.cache.get(KNOWN, {})) if config.cache else {}


class Stopwatch:
    """Keeps how long each file took, for the next run's dealing."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._took: dict[str, float] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        file = report.nodeid.partition("::")[0]
        self._took[file] = round(self._took.get(file, 0.0) + report.duration, 2)

    def pytest_sessionfinish(self) -> None:
        if self._config.cache:
            self._config.cache.set(KNOWN, seconds_known(self._config) | self._took)
