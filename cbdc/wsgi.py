"""The WSGI entry of one institution's web process."""

import os
import sys

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.utils.module_loading import import_string

from cbdc.api.proxies import Application, behind_proxies

# A thread that comes back from the database must not wait 5 ms, Python's default, for another
# one that computes: a request comes back a dozen times.
sys.setswitchinterval(0.0005)
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cbdc.settings")


def _application() -> Application:
    django = get_wsgi_application()
    from cbdc.api.quick import QuickDoor  # once Django is set up

    calls = [call for path in settings.QUICK_CALLS for call in import_string(path)]
    return behind_proxies(QuickDoor(django, calls) if calls else django)


application = _application()
