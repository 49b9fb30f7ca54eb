"""Phones and modems on a serial line: AT commands, GSM TPDUs, pools of them."""
