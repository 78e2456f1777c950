"""Who uses the platform: each kind of user in a file of its own."""
