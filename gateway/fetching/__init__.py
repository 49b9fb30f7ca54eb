"""Mailboxes elsewhere, whose mail members want here as well."""
