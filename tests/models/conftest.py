from pathlib import Path

import pytest

from support.classifier_data import HEADER, write_picture


@pytest.fixture(scope="session")
def data_root(tmp_path_factory) -> Path:
    """48 training and 16 validation pictures in scenes of two."""
    root = tmp_path_factory.mktemp("recognition")
    (root / "images").mkdir()
    for split, number in (("train", 48), ("val", 16)):
        lines = [HEADER]
        for i in range(number):
            name = f"{split}_{i}.png"
            write_picture(root / "images" / name, i % 2, i + 1000 * (split == "val"))
            source = "bars" if i < 8 else "more bars"
            lines.append(f"{name},{i % 2},{split}_{i // 4}_{i % 2},{split},{source}")
        (root / f"{split}.csv").write_text("\n".join(lines) + "\n")
    return root
