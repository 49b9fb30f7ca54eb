"""MMS: what one shows and how it becomes octets; handsets, fitting, cards, previews, reception and pickup."""
