"""What the operator's bank does: fares, taps, journeys, charges, the deny list, statements."""
