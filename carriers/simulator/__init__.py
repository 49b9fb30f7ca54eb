"""An operator on your laptop: the carrier side of every protocol, with handsets and faults."""
