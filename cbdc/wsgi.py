"""The WSGI entry of one institution's web process."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cbdc.settings")
application = get_wsgi_application()
