"""Count push-ups: `python infer.py source=FILE|CAMERA|FOLDER|URL`; `--help` says more."""

import sys

from pushup.commands.infer import main

if __name__ == "__main__":
    main(sys.argv[1:])
