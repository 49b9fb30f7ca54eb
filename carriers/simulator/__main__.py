"""`python -m carriers.simulator`."""

import sys

from carriers.simulator.command import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
