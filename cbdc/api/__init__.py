"""Strict JSON, problem details, idempotency, pagination and authentication for every REST view."""
