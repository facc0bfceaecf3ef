"""Several models side by side, published and measured."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pushup.cli import InputError
from pushup.evaluation import pictures
from pushup.evaluation.keypoints.evaluate import (
    OpenData,
    check_reference,
    load_model,
    open_for,
    summarise_sources,
)
from pushup.evaluation.keypoints.markdown import scene_means
from pushup.evaluation.keypoints.predictions import keypoint_latency_ms, predict
from pushup.evaluation.report import (
    latex_table,
    markdown_table,
    save_results,
    share,
    with_interval,
)
from pushup.files import write_csv, write_text
from pushup.inference.backends.pytorch import TorchSession
from pushup.inference.networks import PoseNetwork
from pushup.metrics.keypoints import Reference
from pushup.specs import shipped

Published = Mapping[str, Mapping[str, float]]

HEADER = (
    *("model", "input", "params published", "params", "PCKs published", "PCKs", "PCKs unmasked"),
    *("body PCK", "PCKs by scene", "body PCK by scene", "MAE published", "MAE", "images/s", "ms"),
)

INTERVALS = {"pcks": "pcks_ci", "pck_bbox": "pck_bbox_ci", "mae": "mae_ci"}

COLUMNS = (
    *("label", "model", "file", "split", "source", "images", "left_out", "params", "input_size"),
    *("framing", "pcks", "pcks_low", "pcks_high", "pcks_unmasked", "pck_bbox", "pck_bbox_low"),
    *("pck_bbox_high", "mae", "mae_low", "mae_high", "mae_unmasked", "pckh", "images_per_s", "ms"),
)
"""Of results.csv; `_low` and `_high` are the bounds of 95 % intervals."""


def evaluate_table(
    ckpts: Mapping[str, str] | None,
    data: OpenData,
    split: str,
    output_dir: str,
    published: Published,
    others: Mapping[str, Any],
    reference: Reference = "shoulders",
    flip_test: bool = False,
    batch_size: int = 32,
    framing: str | None = None,
) -> dict[str, Any]:
    """Measure every model; print and write the results, and a figure.

    results.json has everything, results.csv a row for each model and source, results.md and
    results.tex the tables.

    Args:
        ckpts: Checkpoints by any labels; none for the weights that ship, by their names.
        data: Opens the data for a model's skeleton and input size.
        split: Name of the split.
        output_dir: Existing folder for the files.
        published: `pcks`, `mae` and `params` of models, by name.
        others: Other systems for the figure, left out of it on another split than theirs: `split`,
            and `systems` by name with `ms` (low, high) and `pcks` by source.
        reference: Distance by which PCKs is normalised.
        flip_test: Average with the mirrored picture.
        batch_size: Images a forward pass.
        framing: Another one than each model's own.

    Returns:
        What results.json holds.
    """
    check_reference(reference)
    files = _chosen(ckpts, published)
    networks = {label: load_model(path, None) for label, path in files.items()}
    models: dict[str, Any] = {}
    for label, network in networks.items():
        module = open_for(network, data, batch_size, framing)
        loader = module.eval_loader(split)
        predictions = predict(PoseNetwork(TorchSession(network)), loader, flip_test)
        models[label] = {
            "model": network.name,
            "file": files[label],
            "published": dict(published.get(network.name, {})),
            "input_size": network.input_size,
            "framing": str(module.framing),
            "params": sum(p.numel() for p in network.network.parameters()),
            "images_per_s": len(predictions) / predictions.seconds,
            "ms": keypoint_latency_ms(network),
            "sources": summarise_sources(predictions, reference),
        }
    settings = {"split": split, "reference": reference, "flip_test": flip_test}
    results = {**settings, "models": models}
    folder = Path(output_dir)
    systems = others["systems"] if split == others["split"] else {}
    pictures.save_speed(folder / "pcks_against_ms.png", models, systems, f"split {split}")
    write_csv(folder / "results.csv", COLUMNS, _rows(results))
    write_text(folder / "results.tex", latex(results))
    save_results(folder, results, markdown(results))
    return results


def _chosen(ckpts: Mapping[str, str] | None, published: Published) -> dict[str, str]:
    if ckpts:
        return dict(ckpts)
    files = shipped()
    chosen = {n: str(files[n]) for name in published for n in files if n.startswith(name)}
    if not chosen:
        raise InputError("no weights ship: train models and give 'ckpts={NAME: FILE, ...}'")
    return chosen


def markdown(results: dict[str, Any]) -> str:
    """The report of `evaluate_table`: a table of what is published, then one for each source."""
    models = results["models"]
    flip = "with" if results["flip_test"] else "no"
    parts = [
        f"Split {results['split']}, {flip} flip test, PCKs within 0.25 x "
        f"the distance of the {results['reference']}, labelled joints only. Brackets: 95 % "
        "intervals that resample scenes. By scene: the mean over scenes, each alike. "
        "Published: on the authors' own test split. Rectangle: "
        "rectangular inference, one by one. images/s: in torch; ms: a frame "
        "of 16:9, as infer.py runs it.\n"
    ]
    for source, images in _sources(models).items():
        table = markdown_table(HEADER, _cells(models, source))
        parts += [f"## {source} ({images} images)\n", table, ""]
    return "\n".join(parts)


def latex(results: dict[str, Any]) -> str:
    """The same tables for LaTeX."""
    models, split = results["models"], results["split"]
    tables = [
        latex_table(HEADER, _cells(models, source), f"{source}, split {split}, {images} images")
        for source, images in _sources(models).items()
    ]
    return "\n\n".join(tables) + "\n"


def _sources(models: dict[str, Any]) -> dict[str, int]:
    """The number of images of each source; of models on the same data."""
    first = next(iter(models.values()))
    return {source: figures["images"] for source, figures in first["sources"].items()}


def _rows(results: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The rows of results.csv."""
    for label, model in results["models"].items():
        shared = {"label": label, "split": results["split"]} | {
            name: model[name] for name in COLUMNS if name in model
        }
        for source, figures in model["sources"].items():
            row = {name: figures[name] for name in COLUMNS if name in figures}
            for name, key in INTERVALS.items():
                row[f"{name}_low"], row[f"{name}_high"] = figures[key]
            yield {**shared, "source": source, **row}


def _cells(models: dict[str, Any], source: str) -> list[tuple[str, ...]]:
    """The rows of a source's table, under `HEADER`."""
    rows = []
    for name, model in models.items():
        figures, published = model["sources"][source], model["published"]
        rows.append(
            (
                name,
                f"{model['input_size']} {model['framing']}",
                f"{published['params']:,}" if published else "-",
                f"{model['params']:,}",
                share(published.get("pcks", float("nan"))),
                with_interval(figures["pcks"], figures["pcks_ci"]),
                share(figures["pcks_unmasked"]),
                with_interval(figures["pck_bbox"], figures["pck_bbox_ci"]),
                *scene_means(figures),
                share(published.get("mae", float("nan"))),
                with_interval(figures["mae"], figures["mae_ci"]),
                f"{model['images_per_s']:.0f}",
                f"{model['ms']:.1f}",
            )
        )
    return rows
