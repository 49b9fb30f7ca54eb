"""Mail: reading it, taking it in, sending it out."""
