"""Pages on which members write mail."""
