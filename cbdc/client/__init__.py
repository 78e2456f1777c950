"""A typed client of the wire contract: for the demo, the tests and the load."""
