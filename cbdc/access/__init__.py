"""Who of the staff may do what: roles, the second factor, sessions."""
