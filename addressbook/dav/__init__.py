"""CardDAV without a network: requests read, answers written, properties, filters, paths."""
