"""LDIF (RFC 2849), the format in which Mozilla's programs and directories hand on contacts."""
