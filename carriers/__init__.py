"""Ways to a phone: one folder a carrier protocol, one shell that connects them."""
