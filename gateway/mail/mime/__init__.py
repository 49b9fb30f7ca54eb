"""Mails as bytes: headers and bodies read whatever a client sends, mails of our own written. Pure."""
