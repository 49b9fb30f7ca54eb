"""What carriers put around a photo that a phone mailed: logos, dividers, adverts; recognised and left out. Pure."""
