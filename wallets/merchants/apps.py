"""Django application: Merchants."""

from django.apps import AppConfig


class MerchantsConfig(AppConfig):
    name = "wallets.merchants"
    label = "merchants"
    verbose_name = "Merchants"

    def ready(self) -> None:
        from wallets.accounts.payees import register_merchant_wallets
        from wallets.merchants import audit, charges, clearing, onboarding, staff_refunds  # noqa: F401
        from wallets.merchants.order_book import MerchantOrders
        from wallets.merchants.selectors import wallet_of
        from wallets.payments.orders import register_order_book

        register_order_book(MerchantOrders())
        register_merchant_wallets(wallet_of)
