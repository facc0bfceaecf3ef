"""Parameter counts of the published networks, measured without a checkpoint."""

from collections.abc import Callable, Mapping
from typing import Any

from torch import nn

from pushup.evaluation.report import markdown_table, save_results


def count(network: nn.Module) -> tuple[int, int]:
    """Parameters that train, and all of them."""
    live = sum(p.numel() for p in network.parameters() if p.requires_grad)
    return live, sum(p.numel() for p in network.parameters())


def evaluate_params(
    networks: Mapping[str, Callable[..., nn.Module]],
    out_channels: Mapping[str, int],
    published: Mapping[str, Mapping[str, float]],
    output_dir: str,
) -> dict[str, Any]:
    """Count, print, and write results.json and results.md.

    Args:
        networks: Builds each network from `out_channels`.
        out_channels: Number of maps of each network.
        published: `params` of each network.
        output_dir: Existing folder for the files.

    Returns:
        What results.json holds: `live` parameters train, `counted` ones include the frozen.
    """
    models: dict[str, Any] = {}
    for name, network in networks.items():
        live, counted = count(network(out_channels=out_channels[name]))
        stated = int(published[name]["params"])
        models[name] = {
            "live": live,
            "counted": counted,
            "published": stated,
            "equal": counted == stated,
        }
    rows = [
        (name, f"{m['live']:,}", f"{m['counted']:,}", f"{m['published']:,}", _yes(m["equal"]))
        for name, m in models.items()
    ]
    report = markdown_table(("model", "live", "counted", "published", "equal"), rows)
    report += "\n\nLive: trained. Counted: with the frozen ones, as in the published count.\n"
    results = {"models": models}
    save_results(output_dir, results, report)
    return results


def _yes(value: bool) -> str:
    return "yes" if value else "NO"
