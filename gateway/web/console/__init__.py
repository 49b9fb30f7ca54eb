"""The console: pages for administrators of domains and of the hub."""
