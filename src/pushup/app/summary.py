"""What a run amounts to: `summary.json`."""

import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from pushup.app.tally import form_text
from pushup.files import write_json
from pushup.video.frames import FrameSource
from pushup.video.reconnecting import ReconnectingSource

Source = FrameSource | ReconnectingSource

SCHEMA = 3
"""Version of summary.json: 2 had no exercise nor rests."""

_FEW_SEEN = 0.1


@dataclass(frozen=True)
class Summary:
    """What `summary.json` holds.

    Attributes:
        source: File, camera or URL.
        model: Name of the network, or of the counter where it looks at frames itself.
        count: Repetitions counted, corrections included.
        sets: Repetitions of each set.
        frames: Frames taken.
        fps: Announced frames per second of the source.
        duration_s: Time of the last frame.
        seen: Share of frames in which somebody was seen; None where there are no poses.
        truncated: The file ended early or parts of it could not be decoded.
        interrupted: The user ended the run of a file before its end.
        turned: Degrees clockwise by which the pictures were turned.
        rests_s: Seconds of rest before each set but the first.
        goal: Repetitions wanted; None for none.
        pause_s: Rest wanted between sets; None for none.
        by_hand: Repetitions that the user has added.
        removed: Repetitions that the user has taken back.
        latency_ms: Of a live source, the median delay from reading a frame to its count. None for
            a file, which is read ahead: its frames wait for their turn.
        form: Number of repetitions that each rule of form had advice for.
        people: Of several people, the count, sets, rests and form of each, and the share of frames
            in which they were seen; `count` and the rest are of all together. Empty for one.
        weights: The network's file.
        weights_sha256: Its digest.
        runtime: What ran it: openvino, onnxruntime or torch.
        counter: Name of the counter.
        counter_settings: As configured.
        exercise: What was counted.
        experimental: How well an exercise that is not well tried is counted; None for one that is.
        warnings: What the user was warned of.
        schema: `SCHEMA` when it was written.
    """

    source: str
    model: str
    count: int
    sets: list[int]
    frames: int
    fps: float
    duration_s: float
    seen: float | None = None
    truncated: bool = False
    interrupted: bool = False
    turned: int = 0
    rests_s: list[float] = field(default_factory=list)
    goal: int | None = None
    pause_s: float | None = None
    by_hand: int = 0
    removed: int = 0
    latency_ms: float | None = None
    form: dict[str, int] = field(default_factory=dict)
    people: list[dict[str, Any]] = field(default_factory=list)
    weights: str = ""
    weights_sha256: str = ""
    runtime: str = ""
    counter: str = ""
    counter_settings: dict[str, Any] = field(default_factory=dict)
    exercise: str = "push_up"
    experimental: str | None = None
    warnings: list[str] = field(default_factory=list)
    schema: int = SCHEMA

    def __str__(self) -> str:
        until = " (interrupted)" if self.interrupted else ""
        return f"{self.source}: {self.count} repetitions in {self.duration_s:.1f} s{until}"

    def write(self, path: Path) -> None:
        """Write it as JSON."""
        write_json(path, asdict(self))

    def row(self) -> dict[str, object]:
        """It as a row of a table with `COLUMNS`."""
        figures = {name: getattr(self, name) for name in COLUMNS}
        figures["sets"] = " ".join(map(str, self.sets))
        figures["rests_s"] = " ".join(map(str, self.rests_s))
        figures["form"] = form_text(self.form)
        figures["people"] = " ".join(str(person["count"]) for person in self.people)
        figures["warnings"] = "; ".join(self.warnings)
        return figures


COLUMNS = tuple(f.name for f in fields(Summary) if f.name not in ("source", "counter_settings"))


def read_summary(path: Path) -> Summary | None:
    """What `Summary.write` has written; None where there is nothing, or something else."""
    try:
        summary = Summary(**json.loads(path.read_bytes()))
        summary.row()
    except Exception:  # a damaged file fails in many ways; the video is then counted again
        return None
    return summary if summary.schema == SCHEMA and isinstance(summary.count, int) else None


def warnings_of(source: Source, frames: int, seen: float | None) -> list[str]:
    """What the user has to know about a source that was read."""
    warnings = []
    if source.truncated:
        warnings.append(
            f"{source.name}: ends early or is damaged; counted in what could be decoded "
            f"({frames} of {source.frame_count} frames)"
        )
    if frames and seen is not None and seen < _FEW_SEEN:
        warnings.append(
            f"{source.name}: a person is seen in {seen:.0%} of the frames only: the pictures may "
            "be on their side (rotate=90, 180 or 270), dark, frozen or badly decoded, or the "
            "person too small (tracker=region) or out of sight"
        )
    return warnings
