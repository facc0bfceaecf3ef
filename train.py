"""Train a model: `python train.py model=mobilenet data=mpii data.root=DIR`; `--help` lists all."""

import sys

from pushup.commands.train import main

if __name__ == "__main__":
    main(sys.argv[1:])
