"""Measure a model or a counter: `python evaluate.py model=NAME data=mpii data.root=DIR`."""

import sys

from pushup.commands.evaluate import main

if __name__ == "__main__":
    main(sys.argv[1:])
