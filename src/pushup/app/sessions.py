"""Sessions as a configuration asks for them; the networks are loaded when the first is made."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from omegaconf import DictConfig, OmegaConf

from pushup.app.coach import Coach
from pushup.app.exercises import configured, following
from pushup.app.listeners import Listener
from pushup.app.people import PeopleSession
from pushup.app.records import KEYPOINT_FILES
from pushup.app.session import About, Session
from pushup.app.tally import Tally
from pushup.approaches.video_counter import looks_at_pictures
from pushup.cli import InputError, build
from pushup.inference.classifier import Classify, classifier_path, open_classifier
from pushup.inference.people import Chosen, People, closely
from pushup.inference.predictor import PoseModel, PoseTracker, load_model
from pushup.inference.ready import digest
from pushup.inference.tracking import RegionTracker
from pushup.specs import locate
from pushup.video.history import DisplayHistory


class SessionMaker(Protocol):
    """What a run asks for; `Sessions` is one."""

    @property
    def weights(self) -> str:
        """Digest of the files that its networks come from."""
        ...

    def load(self) -> None:
        """Load the networks now, so that what is wrong with them is told before any work."""
        ...

    def predictor(self) -> PoseTracker:
        """A predictor that has seen no frame."""
        ...

    def session(self, folder: Path | None, listeners: Sequence[Listener] = ()) -> Session:
        """A fresh session that writes into a folder, if any, and tells these listeners."""
        ...

    def next_exercise(self) -> "SessionMaker":
        """The like for another exercise."""
        ...


class Sessions:
    """Makes predictors and sessions that share one set of networks. Pickled without these.

    Args:
        config: Composed from conf/infer.yaml.
        threads: How many a network may use; 0: as many as there are cores.
    """

    def __init__(self, config: DictConfig, threads: int = 0) -> None:
        self._config, self._threads = config, threads
        self._others: dict[str, Sessions] = {config.exercise_name: self}

    def __reduce__(self) -> tuple[Any, ...]:
        return Sessions, (self._config, self._threads)

    @cached_property
    def networks(self) -> tuple[PoseModel, Classify | None, About]:
        """The keypoint network, the push-up classifier if there is one, and what they are.

        Raises:
            InputError: A file of weights cannot be used.
        """
        config = self._config
        where = {"device": config.device, "threads": self._threads, "runtime": config.runtime}
        path = self._path
        model = load_model(path, config.model, **where)
        classifier = open_classifier(config.classifier, model, **where)
        if classifier is None and config.counter.get("score_gate"):
            raise InputError(
                "the counter's gate reads a score: give classifier=shipped, FILE or shared"
            )
        return (
            model,
            classifier,
            replace(
                self._about(),
                weights=str(path),
                weights_sha256=digest(path),
                runtime=model.runtime,
            ),
        )

    def _about(self) -> About:
        settings = OmegaConf.to_container(self._config.counter, resolve=True)
        assert isinstance(settings, dict)
        name = str(settings.pop("_target_")).rpartition(".")[2]
        return About(
            counter=name,
            counter_settings={str(k): v for k, v in settings.items()},
            exercise=self._config.exercise_name,
            experimental=self._config.experimental,
        )

    def next_exercise(self) -> "Sessions":
        """The like for the next exercise of conf/exercise; after the last comes the first."""
        name = following(self._config.exercise_name)
        if name not in self._others:
            made = Sessions(configured(self._config, name), self._threads)
            made._others = self._others
            self._others[name] = made
        return self._others[name]

    @property
    def _needs_poses(self) -> bool:
        return not looks_at_pictures(self._config.counter._target_)

    @property
    def _path(self) -> Path:
        return locate(self._config.ckpt_path or self._config.model or self._config.default_model)

    @property
    def weights(self) -> str:
        """Digest of the files that the networks, or the counter, come from."""
        files = [Path(text) for text in _texts(self._config.counter)]
        if self._needs_poses:
            files.append(self._path)
            if self._config.classifier is not None:
                files.append(Path(classifier_path(self._config.classifier)))
        found = [digest(file) if file.is_file() else file.name for file in files]
        return hashlib.sha256(" ".join(found).encode()).hexdigest()

    def load(self) -> None:
        """Load `networks` now, if there is a use for them."""
        if self._needs_poses:
            _ = self.networks

    def predictor(self) -> PoseTracker:
        """A predictor that has seen no frame."""
        return build(self._config.tracker, model=self.networks[0])

    def session(self, folder: Path | None, listeners: Sequence[Listener] = ()) -> Session:
        """A fresh session that writes into a folder, if any, and tells these listeners.

        Raises:
            InputError: See `networks`, `Session` and `KeypointsFile`.
        """
        config = self._config
        shared = {"tally": Tally(config.rest_s, config.goal), "listeners": listeners}
        if self._needs_poses:
            session = self._of_poses(shared)
        else:
            session = Session(
                None,
                build(config.counter),
                build(config.form),
                history=self._history(()),
                about=self._about(),
                **shared,
            )
        session.coach = Coach(pause_s=config.pause_s)
        if self._needs_poses and config.keypoints and folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            name, writer = KEYPOINT_FILES[config.keypoints]
            session.listeners.append(writer(folder / name, self.networks[0].skeleton))
        return session

    def _of_poses(self, shared: dict[str, Any]) -> Session:
        """A session of one person, or of all, with what is shared by either."""
        config, (model, classifier, about) = self._config, self.networks
        edges = model.skeleton.edge_indices

        def of_one(predictor: PoseTracker, classifier: Classify | None, **shared: Any) -> Session:
            return Session(
                predictor,
                build(config.counter, skeleton=model.skeleton),
                build(config.form, skeleton=model.skeleton),
                classifier,
                history=self._history(edges),
                about=about,
                **shared,
            )

        close = None if classifier is None else closely(classifier)
        if config.people == "all":
            return PeopleSession(
                People(model, self.predictor),  # type: ignore[arg-type]  # a RegionTracker: checked
                lambda person: of_one(person, close, tally=Tally(config.rest_s)),
                model.name,
                history=self._history(edges),
                about=about,
                **shared,
            )
        predictor = self.predictor()
        if classifier and close is not classifier and isinstance(predictor, RegionTracker):
            chosen = Chosen(predictor, classifier)
            return of_one(chosen, chosen.classify, **shared)
        return of_one(predictor, classifier, **shared)

    def _history(self, edges: Sequence[tuple[int, int]]) -> DisplayHistory:
        config = self._config
        return DisplayHistory(edges, span_s=config.span_s, activity=config.activity)


def _texts(settings: Any) -> Iterator[str]:
    """The texts among settings, at any depth."""
    for value in settings.values():
        if OmegaConf.is_dict(value):
            yield from _texts(value)
        elif isinstance(value, str):
            yield value
