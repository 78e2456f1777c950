"""`python -m cbdc.client.gate`: the reference gate, without Django."""

import sys

from cbdc.client.gate.cli import main

if __name__ == "__main__":
    sys.exit(main())
