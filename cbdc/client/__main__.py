"""`python -m cbdc.client`: the wallet on the command line, without Django."""

import sys

from cbdc.client.cli import main

if __name__ == "__main__":
    sys.exit(main())
