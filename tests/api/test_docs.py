"""The OpenAPI document and its page are there, and describe what a view takes and answers."""

import json

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


def test_schema_describes_a_documented_view(client: Client) -> None:
    response = client.get("/api/schema/", headers={"Accept": "application/vnd.oai.openapi+json"})
    document = json.loads(response.content)
    post = document["paths"]["/api/v1/payments"]["post"]
    body = post["requestBody"]["content"]["application/json"]["schema"]
    assert body["required"] == ["payee_wallet", "amount"]
    assert post["responses"]["default"]["content"].keys() == {"application/problem+json"}
    assert "201" in post["responses"]
    (key,) = post["parameters"]
    assert (key["name"], key["in"], key["required"]) == ("Idempotency-Key", "header", True)


def test_docs_page_loads_nothing_from_elsewhere(client: Client) -> None:
    response = client.get("/api/docs/")
    assert response.status_code == 200
    page = response.content.decode()
    assert "swagger-ui" in page
    assert "https://" not in page
