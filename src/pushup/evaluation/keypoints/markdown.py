"""The report of one keypoint model: what was measured, as tables of text."""

from typing import Any

from pushup.evaluation.keypoints.cases import SHOWN
from pushup.evaluation.keypoints.label_errors import MIN_ERROR, MIN_SCORE
from pushup.evaluation.report import markdown_table, share, with_interval


def markdown(results: dict[str, Any]) -> str:
    """The report of `evaluate_keypoints`."""
    sources, per_length = results["sources"], f"distance of the {results['reference']}"
    one_by_one = " (one by one)" if results["framing"] == "rectangle" else ""
    parts = [
        f"# {results['model']} on split {results['split']}\n",
        f"{results['params']:,} parameters; framing={results['framing']}{one_by_one}; flip test "
        f"{'on' if results['flip_test'] else 'off'}; {results['images_per_s']:.1f} images/s in "
        f"torch, {results['ms']:.1f} ms for a frame of 16:9 ({results['device']}).\n",
        f"PCKs: joints within 0.25 x the true {per_length}, labelled joints only (unmasked: the "
        "released code's variant, every joint). Body PCK: within 0.1 x the longer side of the "
        "person's box. MAE: share of the input's side. PCKh: within 0.5 x head size. Brackets: "
        "95 % intervals that resample scenes. Left out: images without the reference.\n",
        _headline(sources),
        "\nMeans over scenes, each alike however many of its images there are\n",
        _scenes(sources),
        f"\nPCKs by {per_length} (thirds of the images; bounds as shares of the input's side)\n",
        _terciles(sources),
        "\nBeside it\n",
        _beside(results),
        "\nPCKs / MAE by joint\n",
        _joints(sources),
        "\nBody PCK / MAE (labelled joints) by confidence, which would be the chance of a right "
        "joint if its logits were times {scale:.2f}, plus {shift:.2f}\n".format(
            **results["calibration"]
        ),
        _confidence(sources),
        f"\nLabels to look at: a joint predicted with confidence {MIN_SCORE} or more lies "
        f"{MIN_ERROR} body lengths or more from its label "
        f"({len(results['suspected_label_errors'])} images)\n",
        _suspected_label_errors(results["suspected_label_errors"][:SHOWN]),
    ]
    return "\n".join(parts) + "\n"


def _headline(sources: dict[str, Any]) -> str:
    header = ("source", "images", "left out", "PCKs", "PCKs unmasked", "body PCK")
    header += ("MAE", "MAE unmasked", "PCKh")
    return markdown_table(
        header,
        [
            (
                name,
                str(f["images"]),
                str(f["left_out"]),
                with_interval(f["pcks"], f["pcks_ci"]),
                share(f["pcks_unmasked"]),
                with_interval(f["pck_bbox"], f["pck_bbox_ci"]),
                with_interval(f["mae"], f["mae_ci"]),
                share(f["mae_unmasked"]),
                share(f["pckh"]),
            )
            for name, f in sources.items()
        ],
    )


def _scenes(sources: dict[str, Any]) -> str:
    return markdown_table(
        ("source", "scenes", "PCKs", "body PCK"),
        [(name, str(f["scenes"]["number"]), *scene_means(f)) for name, f in sources.items()],
    )


def scene_means(figures: dict[str, Any]) -> tuple[str, str]:
    """PCKs and body PCK as means over scenes, with intervals, of what `summarise` gives."""
    of = figures["scenes"]
    pcks, body = (with_interval(of[name], of[f"{name}_ci"]) for name in ("pcks", "pck_bbox"))
    return pcks, body


def _terciles(sources: dict[str, Any]) -> str:
    return markdown_table(
        ("source", "shortest", "middle", "longest"),
        [
            (
                name,
                *(
                    f"{share(t['pcks'])} ({share(t['from'])} to {share(t['to'])})"
                    for t in f["pcks_terciles"]
                ),
            )
            for name, f in sources.items()
        ],
    )


def _beside(results: dict[str, Any]) -> str:
    rows = {results["model"]: results["sources"], **results["beside"]}
    header = ("PCKs / body PCK / MAE", *results["sources"])
    cells = (
        (name, *(" / ".join(share(f[k]) for k in ("pcks", "pck_bbox", "mae")) for f in s.values()))
        for name, s in rows.items()
    )
    return markdown_table(header, cells)


def _joints(sources: dict[str, Any]) -> str:
    def cell(figures: dict[str, Any], joint: str) -> str:
        at = figures["per_joint"][joint]
        return f"{share(at['pcks'])} / {share(at['mae'])}"

    return markdown_table(
        ("joint", *sources),
        [
            (joint, *(cell(figures, joint) for figures in sources.values()))
            for joint in sources["all"]["per_joint"]
        ],
    )


def _confidence(sources: dict[str, Any]) -> str:
    bins = {name: {b["from"]: b for b in f["by_confidence"]} for name, f in sources.items()}
    edges = sorted({(b["from"], b["to"]) for f in bins.values() for b in f.values()})

    def cell(found: dict[str, Any] | None) -> str:
        if not found:
            return "-"
        return f"{share(found['pck_bbox'])} / {share(found['mae'])} ({found['joints']})"

    return markdown_table(
        ("confidence", *(f"{name} (joints)" for name in bins)),
        [
            (f"{low:.1f} to {high:.1f}", *(cell(b.get(low)) for b in bins.values()))
            for low, high in edges
        ],
    )


def _suspected_label_errors(cases: list[dict[str, Any]]) -> str:
    return markdown_table(
        ("image", "error", "left and right swapped", "joints"),
        [
            (
                c["name"],
                share(c["error"], 2),
                "yes" if c["swapped"] else "no",
                ", ".join(c["joints"]),
            )
            for c in cases
        ],
    )
