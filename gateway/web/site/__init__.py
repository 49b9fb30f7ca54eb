"""The pages for members and administrators."""
