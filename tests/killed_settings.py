"""The test settings over the very database of a test, for a process that is killed."""

import os

from cbdc.settings.test import *  # noqa: F403
from cbdc.settings.test import DATABASES as _ALL

for _name in os.environ["KILLED_SETTINGS"].split():
    globals()[_name] = os.environ[f"KILLED_{_name}"]
DATABASES = {"default": {**_ALL["default"], "NAME": os.environ["KILLED_DATABASE"]}}
