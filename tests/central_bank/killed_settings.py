"""The test settings over the very database of the test, for a process that is killed."""

import os

from cbdc.settings.test import *  # noqa: F403
from cbdc.settings.test import DATABASES as _ALL

ISSUER_KEY_FILE = os.environ["KILLED_ISSUER_KEY_FILE"]
DATABASES = {"default": {**_ALL["default"], "NAME": os.environ["KILLED_DATABASE"]}}
