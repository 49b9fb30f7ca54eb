"""Descriptions of providers that come with the hub, one TOML file each."""
