"""SGIP 1.2, both roles and both directions."""
