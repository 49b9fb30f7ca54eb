"""The hub: words, bookkeeping, doors, and the process itself."""
