"""One person in front of one source: each frame becomes a pose, a count and a scene to draw."""

from pushup.counting.types import Counter, Observation, Rep
from pushup.inference.predictor import PoseTracker
from pushup.video.overlay import Scene
from pushup.video.source import Frame
from pushup.video.trail import Trail


class Session:
    """Predictor, counter and display memory joined.

    Attributes:
        reps: What was counted, in order.
        frames: Number of frames taken.
        time_s: Time of the latest one.

    Args:
        predictor: Frame to pose.
        counter: Pose to repetitions.
        span_s: Seconds of signal to show.
    """

    def __init__(self, predictor: PoseTracker, counter: Counter, span_s: float = 8.0) -> None:
        self.predictor, self.counter = predictor, counter
        self._trail = Trail(predictor.model.skeleton.edge_indices, span_s)
        self.reps: list[Rep] = []
        self.frames, self.time_s = 0, 0.0

    def step(self, frame: Frame) -> Scene:
        """Take the next frame."""
        pose = self.predictor.track(frame.image_bgr, frame.time_s)
        height, width = frame.image_bgr.shape[:2]
        observation = Observation(
            keypoints=pose.keypoints_frame,
            scores=pose.scores,
            time_s=frame.time_s,
            frame_size_wh=(width, height),
        )
        rep = self.counter.update(observation)
        self.frames, self.time_s = self.frames + 1, frame.time_s
        if rep is not None:
            self.reps.append(rep)
        self._trail.add(frame.time_s, self.counter.state, rep)
        return self._trail.scene(len(self.reps), pose.keypoints_frame, pose.scores)

    def reset(self) -> None:
        """Start again from zero."""
        self.predictor.reset()
        self.counter.reset()
        self._trail.reset()
        self.reps, self.frames, self.time_s = [], 0, 0.0
