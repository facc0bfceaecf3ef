"""Reads a MATLAB file in a process of its own, see `pushup.data.matlab`; imports scipy alone."""

import pickle
import sys

from scipy.io import loadmat

VERSION_7_3 = 3
"""Exit code for a file that scipy does not read, whole though it is."""


def main() -> None:
    """Pickle the content of the file named first on the command line to standard output."""
    try:
        content = loadmat(sys.argv[1], squeeze_me=True, struct_as_record=False, appendmat=False)
    except NotImplementedError:
        sys.exit(VERSION_7_3)
    except Exception as error:  # a damaged file fails inside scipy in a dozen ways
        sys.exit(type(error).__name__)
    pickle.dump(content, sys.stdout.buffer)


if __name__ == "__main__":
    main()
