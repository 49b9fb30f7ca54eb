"""Pages on which members say what happens to their mail: filters, answers while away, sending on."""
