"""What two different people must want: requests, their makers and their checkers."""
