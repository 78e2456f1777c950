"""Tests side by side (`-n`): a file stays on one worker, and so do all system tests.

Fixtures of a module are then made once, and one network of real processes serves every system
test. Those take longest, though they mostly wait, so they begin first.
"""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from xdist.scheduler import LoadFileScheduling

SYSTEM = "tests/system/"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: not item.nodeid.startswith(SYSTEM))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> "LoadFileScheduling":
    from xdist.scheduler import LoadFileScheduling

    class SystemTestsTogether(LoadFileScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            return SYSTEM if nodeid.startswith(SYSTEM) else str(super()._split_scope(nodeid))

    config.option.loadscopereorder = False
    return SystemTestsTogether(config, log)
