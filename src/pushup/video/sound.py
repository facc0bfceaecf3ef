"""The sound of one video file carried over into another."""

import itertools
from collections.abc import Iterator

import av
from av.container import InputContainer, OutputContainer
from av.error import FFmpegError

_COPIED = ("aac", "mp3")  # what browsers and phones play from an mp4; all else becomes AAC


class Sound:
    """Adds the sound of a file to a container, as far as its pictures have come.

    Sound that cannot be read or decoded ends; the pictures go on.

    Args:
        url: Address of the file; its first audio stream is taken.
        container: Gets a stream; open for writing, with nothing written yet.

    Raises:
        FFmpegError: The file does not open.
    """

    def __init__(self, url: str, container: OutputContainer) -> None:
        self._input, self._output = av.open(url, metadata_errors="replace"), container
        self._start_s = _start_s(self._input)
        self._next: av.Packet | None = None
        audio = next(iter(self._input.streams.audio), None)
        if audio is None or audio.codec_context is None:
            self._packets: Iterator[av.Packet] = iter(())
        elif audio.codec_context.name in _COPIED:
            self._stream = container.add_stream_from_template(audio)
            self._packets = self._copied(audio)
        else:
            self._stream = container.add_stream("aac", rate=audio.codec_context.sample_rate)
            self._stream.layout = "stereo" if audio.codec_context.channels > 1 else "mono"
            self._packets = self._encoded(audio)

    def advance(self, until_s: float) -> None:
        """Write the sound up to this time since the first picture."""
        while True:
            if self._next is None:
                self._next = next(self._packets, None)
            if self._next is None or self._time_s(self._next) > until_s:
                return
            packet, self._next = self._next, None
            self._output.mux(packet)

    def close(self) -> None:
        """Close the file that is read."""
        self._packets, self._next = iter(()), None
        self._input.close()

    def _time_s(self, packet: av.Packet) -> float:
        return float((packet.pts or 0) * packet.time_base)

    def _copied(self, audio: av.AudioStream) -> Iterator[av.Packet]:
        try:
            for packet in self._input.demux(audio):
                if packet.pts is None or packet.dts is None:
                    continue
                shift = round(self._start_s / packet.time_base)
                packet.pts, packet.dts = packet.pts - shift, packet.dts - shift
                if packet.pts >= 0:
                    packet.stream = self._stream
                    yield packet
        except FFmpegError:
            return

    def _encoded(self, audio: av.AudioStream) -> Iterator[av.Packet]:
        context = self._stream.codec_context
        resampler = av.AudioResampler(
            format="fltp", layout=context.layout, rate=context.sample_rate
        )
        for frame in itertools.chain(self._frames(audio), [None]):
            for resampled in resampler.resample(frame):
                yield from self._stream.encode(resampled)
        yield from self._stream.encode(None)

    def _frames(self, audio: av.AudioStream) -> Iterator[av.AudioFrame]:
        try:
            for frame in self._input.decode(audio):
                if frame.pts is not None and frame.time_base is not None:
                    frame.pts -= round(self._start_s / frame.time_base)
                    if frame.pts >= 0:
                        yield frame
        except FFmpegError:
            return


def _start_s(container: InputContainer) -> float:
    """When the pictures begin, by the clock of the file."""
    video = container.streams.best("video")
    if video is None or video.start_time is None or video.time_base is None:
        return 0.0
    return float(video.start_time * video.time_base)
