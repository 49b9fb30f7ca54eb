"""The address book: who is behind a number or an address."""
