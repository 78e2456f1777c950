"""Programs that load the platform, and hold its books to account afterwards."""
