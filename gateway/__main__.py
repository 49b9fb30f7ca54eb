"""`python -m gateway` is the `caiyou` command."""

from gateway.cli import main

main()
