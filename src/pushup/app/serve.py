"""A phone shows its camera, this computer counts: JPEG in, JSON out, over a WebSocket.

Needs the extra `serve`. Whoever knows the token in the address may send; the device that came last
has the floor, so that a phone whose connection broke goes on where it was. What a client does wrong
is answered, or ends its connection; the workout goes on.
"""
# The lock leaves out what the extra installs.
# pyright: reportMissingImports=false

import asyncio
import io
import json
import math
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import uvicorn
from omegaconf import DictConfig
from PIL import Image
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from pushup.app.listeners import Listener
from pushup.app.log import Log
from pushup.app.notices import warn
from pushup.app.records import RepStream, write_reps
from pushup.app.run import REP_STREAM, REPS
from pushup.app.session import Session
from pushup.app.sessions import Sessions
from pushup.cli import InputError
from pushup.video.frames import Frame

PAGE = Path(__file__).with_name("serve.html")
RESET = "reset"
"""The text with which a client begins a new set."""

_LONGEST_REASON = 120  # bytes, of a closing message
_EARLY_S = 0.1  # the way through the air is uneven: frames may come so much too early


@dataclass(frozen=True)
class Limits:
    """What a client may do.

    Attributes:
        max_bytes: Size of a frame; a longer message ends the connection.
        max_side: Longer side of a frame in pixels.
        max_rate_hz: Frames a second that are looked at.
        idle_s: A connection on which nothing comes for so long is ended.
        max_errors: So many messages of no use in a row end the connection.
    """

    max_bytes: int = 1 << 20
    max_side: int = 1920
    max_rate_hz: float = 40.0
    idle_s: float = 30.0
    max_errors: int = 20


class Counting:
    """The workout that clients send the frames of.

    Args:
        session: Counts; the caller ends it.
        limits: What a frame may be.
        clock: Seconds; the time of a frame is that of its arrival.
    """

    def __init__(
        self, session: Session, limits: Limits, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.session, self._limits, self._clock = session, limits, clock
        self._began_s = self._due_s = -math.inf
        # the last frame of a device may still be looked at when another has taken the floor
        self._one_at_a_time = threading.Lock()

    def answer(self, message: dict[str, Any]) -> dict[str, Any]:
        """What a message of a client is answered; InputError for one of no use."""
        with self._one_at_a_time:
            if message.get("bytes"):
                return self.take(message["bytes"])
            if message.get("text") == RESET:
                self.session.new_set()
                return {"count": 0, "rep": False}
        raise InputError(f"send frames as binary messages, or the text {RESET}")

    def take(self, jpeg: bytes) -> dict[str, Any]:
        """Count a frame; what the client shows of it.

        Raises:
            InputError: It is no JPEG picture, is too large, or came too soon.
        """
        now_s = self._clock()
        if self._due_s - now_s > _EARLY_S:
            raise InputError(
                f"more than {self._limits.max_rate_hz:g} frames a second: wait for each answer"
            )
        self._due_s = max(self._due_s, now_s) + 1 / self._limits.max_rate_hz
        image_bgr = decode(jpeg, self._limits.max_side)
        if self._began_s == -math.inf:
            self._began_s = now_s
        session, before = self.session, len(self.session.tally.reps)
        frame = Frame(image_bgr, now_s - self._began_s, session.frames, time.monotonic())
        scene = session.step(frame)
        points, scores = scene.keypoints_frame, scene.scores
        joints = [] if points is None or scores is None else [*zip(points, scores, strict=True)]
        return {
            "count": scene.count,
            "rep": len(session.tally.reps) > before,
            "seen": scene.seen,
            "in_position": scene.gate_open,
            "hint": scene.hint,
            "joints": [[_pixel(x), _pixel(y), round(float(s), 3)] for (x, y), s in joints],
            "edges": list(scene.edges),
            "size_wh": image_bgr.shape[1::-1],
        }


def decode(jpeg: bytes, max_side: int) -> np.ndarray:
    """(H, W, 3) uint8 BGR of a JPEG picture; its size is looked at before its pixels are.

    Raises:
        InputError: It is none, or larger.
    """
    try:
        image = Image.open(io.BytesIO(jpeg), formats=("JPEG",))
        if max(image.size) <= max_side:
            return np.ascontiguousarray(np.asarray(image.convert("RGB"))[..., ::-1])
    except Exception as error:  # what is damaged fails in many ways
        raise InputError("a frame is no whole JPEG picture: send JPEG") from error
    width, height = image.size
    raise InputError(f"a frame of {width} x {height}: send at most {max_side} a side")


def _pixel(value: float) -> float | None:
    return round(float(value), 1) if math.isfinite(value) else None


class Floor:
    """Who may send: the connection that came last."""

    def __init__(self) -> None:
        self._holder: WebSocket | None = None

    async def take(self, client: WebSocket) -> None:
        """Give it to a client; the one before is told so."""
        before, self._holder = self._holder, client
        if before is not None:
            await _close(before, 1000, "another device has taken over")

    def leave(self, client: WebSocket) -> None:
        """The client has gone."""
        if self._holder is client:
            self._holder = None

    def held_by(self, client: WebSocket) -> bool:
        """Whether it is this client's."""
        return self._holder is client


async def _close(client: WebSocket, code: int, reason: str) -> None:
    if client.client_state is WebSocketState.CONNECTED:
        with suppress(RuntimeError, WebSocketDisconnect):  # it goes away meanwhile
            await client.close(code, reason[:_LONGEST_REASON])


def application(counting: Counting, token: str, limits: Limits) -> Starlette:
    """The page at `/TOKEN`, and the WebSocket at `/TOKEN/frames`."""
    floor = Floor()

    def known(given: str) -> bool:
        return secrets.compare_digest(given.encode(), token.encode())

    async def page(request: Request) -> Response:
        if not known(request.path_params["token"]):
            return PlainTextResponse("no such page: use the whole address that was printed", 404)
        return HTMLResponse(PAGE.read_text("utf-8"), headers={"Referrer-Policy": "no-referrer"})

    async def frames(client: WebSocket) -> None:
        if not known(client.path_params["token"]):
            await client.close()  # before it is accepted: 403
            return
        await client.accept()
        await floor.take(client)
        try:
            ended = await _converse(client, counting, limits)
        except (WebSocketDisconnect, RuntimeError):
            ended = ""
        if floor.held_by(client):
            floor.leave(client)
            if ended:
                warn(f"a client was let go: {ended}")
                await _close(client, 1008, ended)

    routes = [Route("/{token}", page), WebSocketRoute("/{token}/frames", frames)]
    return Starlette(routes=routes)


async def _converse(client: WebSocket, counting: Counting, limits: Limits) -> str:
    """Answer until the client goes ("") or has to ("" or why)."""
    errors = 0
    while errors < limits.max_errors:
        try:
            message = await asyncio.wait_for(client.receive(), limits.idle_s)
        except TimeoutError:
            return f"nothing came for {limits.idle_s:g} s"
        if message["type"] == "websocket.disconnect":
            too_long = message.get("code") == 1009
            return f"a frame of more than {limits.max_bytes} bytes" if too_long else ""
        try:
            answer = await run_in_threadpool(counting.answer, message)
            errors = 0
        except InputError as error:
            answer = {"error": str(error), "count": counting.session.tally.count}
            errors += 1
        await client.send_text(json.dumps(answer))
    return f"{errors} messages of no use, the last: {answer['error']}"


def listen(host: str, port: int) -> socket.socket:
    """A socket that waits for clients; port 0 takes any that is free.

    Raises:
        InputError: It cannot be had.
    """
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(
            f"cannot listen on {host} port {port}: {reason}; give another --port"
        ) from error


def server(app: Starlette, limits: Limits, **tls: Any) -> uvicorn.Server:
    """What runs the application; its `run(sockets=[...])` returns after Ctrl-C."""
    return uvicorn.Server(
        uvicorn.Config(
            app,
            log_level="error",
            access_log=False,  # it would show the token
            ws_max_size=limits.max_bytes,
            ws_max_queue=4,
            limit_concurrency=32,
            timeout_graceful_shutdown=2,
            lifespan="off",
            **tls,
        )
    )


def open_session(config: DictConfig, folder: Path) -> Session:
    """A session by a configuration of conf/infer.yaml, which writes into a folder."""
    listeners: list[Listener] = [RepStream(folder / REP_STREAM)]
    if config.log is not None:
        listeners.append(Log(Path(config.log), "serve"))
    return Sessions(config).session(folder, listeners)


def serve(waiting: socket.socket, session: Session, folder: Path, token: str, **tls: Any) -> str:
    """Serve until Ctrl-C, write what was counted; a line that says it.

    Args:
        waiting: See `listen`.
        session: See `open_session`.
        folder: Gets reps.csv.
        token: What a client has to know.
        **tls: `ssl_certfile` and `ssl_keyfile`, for https.
    """
    limits = Limits()
    app = application(Counting(session, limits), token, limits)
    try:
        server(app, limits, **tls).run(sockets=[waiting])
    except KeyboardInterrupt:
        pass  # the way to end it
    finally:
        session.end()
        write_reps(folder / REPS, session.tally.reps)
    return f"{len(session.tally.reps)} counted in {session.frames} frames; records in {folder}"


@contextmanager
def running(app: Starlette, limits: Limits) -> Iterator[str]:
    """Serve on a free port of this machine in a thread; yields `127.0.0.1:PORT`."""
    waiting, runner = listen("127.0.0.1", 0), server(app, limits)
    thread = threading.Thread(target=runner.run, kwargs={"sockets": [waiting]}, daemon=True)
    thread.start()
    try:
        yield "{}:{}".format(*waiting.getsockname())
    finally:
        runner.should_exit = True
        thread.join(10)
