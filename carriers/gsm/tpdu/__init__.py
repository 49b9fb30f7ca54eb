"""What a phone and its message centre say to each other: the TPDUs of 3GPP TS 23.040, pure octets."""
