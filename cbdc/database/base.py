"""The backend's connection: `ENGINE` is `cbdc.database`."""

import select

from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    """Asks the server only when the kernel has something to tell.

    CONN_HEALTH_CHECKS asks once before each request. A server that ended a connection has said
    so: its socket can be read. When it cannot, a `SELECT 1` would learn nothing more, and costs
    a balance read a fifth of its time.
    """

    def is_usable(self) -> bool:
        """False when the connection is over."""
        if self.connection is None or self.connection.closed:
            return False
        waiting = select.poll()
        waiting.register(self.connection.fileno(), select.POLLIN)
        return not waiting.poll(0) or bool(super().is_usable())
