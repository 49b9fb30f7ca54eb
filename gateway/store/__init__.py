"""The only door to the database, and the files beside it."""
