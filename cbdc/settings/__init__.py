"""Settings of one institution's process.

`base` is what both roles share; `central_bank` and `commercial_bank` add their apps;
`devnet` and `test` are the only modules with default secrets. `cbdc.settings` itself is
the production entry: it takes the role's module by INSTITUTION and adds nothing.
"""

import os

if os.environ.get("DJANGO_SETTINGS_MODULE", "cbdc.settings") == "cbdc.settings":
    from .production import *  # noqa: F403
