"""SMPP 3.4, both roles."""
