"""Previews: the octets to be sent, drawn as a handset shows them."""
