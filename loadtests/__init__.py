"""Programs that load the platform: `make load` (Locust) and `make soak`."""
