"""Transit: taps at gates become journeys, journeys fares, fares charges by midnight."""
