"""Keys, signatures and tokens. No Django."""
