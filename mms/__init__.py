"""MMS: nothing here yet but the place for it."""
