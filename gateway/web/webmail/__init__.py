"""Pages that show mail: folders, lists, conversations, attachments, searches."""
