"""The bank's vault of tokens: requesting, redeeming, locking them."""
