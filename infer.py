"""Count push-ups: `python infer.py source=FILE|CAMERA|FOLDER|URL|SIGNAL.csv|- ckpt_path=FILE [window=true]`."""

import sys

from pushup.commands.infer import main

if __name__ == "__main__":
    main(sys.argv[1:])
