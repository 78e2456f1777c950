"""What every institution shares, and what knows none of them."""
