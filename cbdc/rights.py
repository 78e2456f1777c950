"""Tables that only grow: the application's role loses the right to change or remove rows."""

APPLICATION_ROLE = "cbdc_app"


def append_only(*tables: str, updatable: dict[str, str] | None = None) -> str:
    """SQL for a migration; `updatable` names the one column of a table that may still change.

    Nothing happens where the role does not exist: there, the owner runs the application.
    """
    statements = [
        f"REVOKE UPDATE, DELETE, TRUNCATE ON {t} FROM {APPLICATION_ROLE};" for t in tables
    ]
    for table, column in (updatable or {}).items():
        statements.append(f"GRANT UPDATE ({column}) ON {table} TO {APPLICATION_ROLE};")
    body = "\n        ".join(statements)
    return f"""
DO $$ BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = '{APPLICATION_ROLE}') THEN
        {body}
    END IF;
END $$;
"""
