"""python -m benchmarks [file ...]: one table of speed against peers."""

import sys

from benchmarks._table import table

if __name__ == "__main__":
    sys.exit(table(sys.argv[1:]))
