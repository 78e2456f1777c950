"""The only door out of and into an institution: outbox, inbox, signing, delivery."""
