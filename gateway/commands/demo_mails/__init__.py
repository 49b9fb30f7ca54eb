"""Mails as they come in the wild, which the demo sends: octet for octet as their senders would write them."""
