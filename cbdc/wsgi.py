"""The WSGI entry of one institution's web process."""

import os
import sys

from django.core.wsgi import get_wsgi_application

from cbdc.api.proxies import behind_proxies

# A thread that comes back from the database must not wait 5 ms, Python's default, for another
# one that computes: a request comes back a dozen times.
sys.setswitchinterval(0.0005)
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cbdc.settings")
application = behind_proxies(get_wsgi_application())
