"""What holders, merchants and transit operators use at their bank."""
