"""What the rider's bank does: credentials, what is asked under them, and the rider's journeys."""
