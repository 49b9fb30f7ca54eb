"""What handsets can show, where each value comes from, and how one learns it."""
