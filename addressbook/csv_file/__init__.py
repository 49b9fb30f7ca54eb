"""Contacts in tables: which program wrote a CSV file, what its columns are, rows to contacts and back."""
