"""The carrier's side of SMPP and CMPP, for platforms that send through the hub."""
