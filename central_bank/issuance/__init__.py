"""The token registry: issue, redeem, lock, settle; and the reserves behind it."""
