"""Where the configuration and the shipped weights lie."""

from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
CONF = REPOSITORY / "conf"
WEIGHTS = REPOSITORY / "data" / "weights"
