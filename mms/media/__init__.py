"""Pictures, sound and video made to fit a handset and a budget; the only door to Pillow's and PyAV's codecs."""
