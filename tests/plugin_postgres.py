"""A PostgreSQL for the tests: TEST_DATABASE_URL, or an embedded one in a temporary folder.

Loaded by `-p tests.plugin_postgres`, because DATABASE_URL must be there before pytest-django
reads the settings. Workers of pytest-xdist inherit it and start nothing.
"""

import os
import shutil
import tempfile
from collections.abc import Generator
from pathlib import Path

import pytest

from cbdc.devnet.postgres import EmbeddedPostgres

# Nobody pulls the plug: tests kill processes, and what these wrote is in the kernel's hands.
SETTINGS = {"fsync": "off", "full_page_writes": "off"}

_server: EmbeddedPostgres | None = None


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests() -> Generator[None, object, object]:
    global _server
    if "PYTEST_XDIST_WORKER" not in os.environ:
        if url := os.environ.get("TEST_DATABASE_URL"):
            os.environ["DATABASE_URL"] = url
        else:
            folder = Path(tempfile.mkdtemp(prefix="cbdc-test-"))
            _server = EmbeddedPostgres(folder / "postgres", folder / "postgres.log", SETTINGS)
            _server.start()
            os.environ["DATABASE_URL"] = _server.url()
    return (yield)


def pytest_unconfigure() -> None:
    global _server
    if _server is not None:
        _server.stop()
        shutil.rmtree(_server.data_dir.parent, ignore_errors=True)
        _server = None
