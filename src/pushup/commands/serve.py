"""Count what a phone's camera sees: a page for the phone, the counting on this computer.

serve [--port 8000] [--host ADDRESS --certificate FILE --key FILE] [goal=50 exercise=squat ...]

Prints the address to open; the token in it is new each time. Without --host only this computer is
served. Browsers lend a camera to https:// and to localhost only: docs/live.md says how a phone gets
there. Records are written as infer.py writes them. --measure CLIP prints the round trip.
"""

import secrets
import ssl
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from pushup.app.settings import check
from pushup.cli import InputError, command, composed, keep_model_name, make_output_dir
from pushup.commands import parser
from pushup.files import locked
from pushup.foreign import parsing

INSTALL = "pip install starlette uvicorn websockets"
"""How the extra `serve` is installed beside the locked versions."""


@command
def main(arguments: Sequence[str]) -> None:
    """Command line."""
    top = parser("serve", __doc__)
    top.add_argument("--host", default="127.0.0.1", help="this computer's address in your network")
    top.add_argument("--port", type=int, default=8000)
    top.add_argument("--certificate", type=Path, help="PEM file, for https")
    top.add_argument("--key", type=Path, help="PEM file of its private key")
    top.add_argument("--measure", type=Path, metavar="CLIP", help="count a clip as a client does")
    top.add_argument("--output-dir", type=Path, help="by default a new one in outputs/serve")
    top.add_argument("overrides", nargs="*", help="of conf/infer.yaml, such as goal=50")
    options = top.parse_args(arguments)
    try:
        from pushup.app import serve, serve_client
    except ModuleNotFoundError as error:
        raise InputError(f"serve needs {error.name}, which is not installed: {INSTALL}") from error

    tls = _tls(options.certificate, options.key)
    config = composed("infer", ["source=a client", *options.overrides])
    keep_model_name(config)
    check(config)
    if options.measure:
        print(serve_client.measured(options.measure, config))
        return
    waiting = serve.listen(options.host, options.port)
    folder = options.output_dir or Path(f"outputs/serve/{datetime.now():%Y-%m-%d_%H-%M-%S}")
    with locked(folder):
        session = serve.open_session(config, make_output_dir(folder, config))
        token = secrets.token_urlsafe(9)
        host = f"[{options.host}]" if ":" in options.host else options.host
        address = f"{host}:{waiting.getsockname()[1]}/{token}"
        print(f"open {'https' if tls else 'http'}://{address} (Ctrl-C ends it)", flush=True)
        print(serve.serve(waiting, session, folder, token, **tls))


def _tls(certificate: Path | None, key: Path | None) -> dict[str, str]:
    given = [file for file in (certificate, key) if file is not None]
    for file in given:
        if not file.is_file():
            raise InputError(f"no file {file}: give --certificate and --key as PEM files")
    if len(given) == 1:
        raise InputError("https needs both, --certificate and --key")
    if given:
        with parsing(given[0], "a PEM certificate with the key beside it", "make both again"):
            ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(given[0], given[1])
    return {"ssl_certfile": str(certificate), "ssl_keyfile": str(key)} if given else {}
