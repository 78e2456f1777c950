"""`python -m benchmarks.stock.fill USERS ACCOUNTS`: tables, users with tokens, accounts with money.

Prints the tokens, a line each; user n owns account n.
"""

import sys

import django
from django.core.management import call_command

FUNDS = 1_000_000_00
BATCH = 5_000


def main(users: int, accounts: int) -> None:
    """Make all of it."""
    django.setup()
    call_command("migrate", run_syncdb=True, verbosity=0)
    from django.contrib.auth.models import User
    from rest_framework.authtoken.models import Token

    from benchmarks.stock.models import Account

    made = User.objects.bulk_create(
        [
            User(username=f"user {number}", password="!")  # noqa: S106 - of nobody
            for number in range(1, users + 1)
        ]
    )
    tokens = Token.objects.bulk_create(
        [Token(user=user, key=Token.generate_key()) for user in made]
    )
    numbers = range(1, accounts + 1)
    Account._default_manager.bulk_create(
        [Account(id=number, owner_id=number, balance=FUNDS) for number in numbers],
        batch_size=BATCH,
    )
    if [user.pk for user in made] != list(range(1, users + 1)):
        raise RuntimeError("the users are not numbered as the accounts are")
    print("\n".join(token.key for token in tokens))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
