"""Where configuration and shipped weights lie: in a checkout, or inside the installed package."""

from pathlib import Path

PACKAGE = Path(__file__).parent
CHECKOUT = PACKAGE.parents[1]

CONF, WEIGHTS = CHECKOUT / "conf", CHECKOUT / "data" / "weights"
if (PACKAGE / "conf").is_dir():
    CONF, WEIGHTS = PACKAGE / "conf", PACKAGE / "weights"
