"""The coffee shops of harbor and lotus."""

from tests.merchants.conftest import shop as shop
