"""A fingerprint of everything an institution must not change when it refuses (INV-10)."""

from django.db import connection

from tests.support import acting_as

# What a refusal may leave: the stored refusal itself, a used nonce, a rate limit's counter,
# and when a key or a session of the staff was last used.
NOT_BUSINESS = (
    *("api_", "messaging_nonce", "merchants_keyuse", "django_", "auth_"),
    "access_staffsession",
)


def fingerprint(code: str) -> dict[str, str]:
    """A hash of each business table of an institution."""
    with acting_as(code), connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition"
            " AND relnamespace = 'public'::regnamespace ORDER BY relname"
        )
        tables = [row[0] for row in cursor.fetchall() if not row[0].startswith(NOT_BUSINESS)]
        hashes = {}
        for table in tables:
            cursor.execute(
                f"SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), ''))"  # noqa: S608
                f' FROM "{table}" t'
            )
            hashes[table] = cursor.fetchone()[0]
    return hashes
