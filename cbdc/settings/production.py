"""The role's settings by INSTITUTION, with what production demands on top."""

import os

from .base import require_production_secrets

if os.environ.get("INSTITUTION") == "central-bank":
    from .central_bank import *  # noqa: F403
else:
    from .commercial_bank import *  # noqa: F403

require_production_secrets(globals())

SECURE_SSL_REDIRECT = False  # TLS ends at the proxy, and a redirect would drop a signed body
SILENCED_SYSTEM_CHECKS = ["security.W008"]  # the line above
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
SECOND_FACTOR_REQUIRED = True  # whatever the environment says
CSRF_COOKIE_SECURE = True
