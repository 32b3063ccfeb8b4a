"""The main job: sources through all four stages into the store, with progress, result and report.

Used by `moodline run`, by the demo and by `evaluate footage`. Everything that can be wrong with the request is found
before the first frame is read.
"""

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple, Self

from msgspec.structs import asdict

from classifier.settings import ClassifierSettings
from classifier.stage import ClassifierStage
from common.fused import FusedStage
from common.lifecycle import stop_on_signal
from common.messages import Frame, Message, Opened
from common.redis_client import open_client
from common.shedding_settings import SheddingSettings
from common.stage import Stage
from common.store_settings import StoreSettings
from detector.settings import DetectorSettings
from detector.stage import DetectorStage
from ingest.discover import ANNOTATED, VideoFile, find_sources
from ingest.settings import IngestSettings
from ingest.stage import check, ingest
from moodline.embedded import Pipeline, RunSettings, Step
from moodline.output import check_folder
from moodline.terminal import moment, progress, say, table
from moodline.times import now_ms
from moodline.worker.stages import SINK_BATCH
from sink.making import make_sink
from sink.reader import SeriesReader
from sink.records import EpochInfo, TrackSummary
from sink.settings import SinkSettings
from sink.stage import SinkStage


@dataclass(frozen=True)
class JobSettings:
    """The settings of all four stages, of the buses between them, of what is shed, and of the store."""

    ingest: IngestSettings
    detector: DetectorSettings
    classifier: ClassifierSettings
    sink: SinkSettings
    store: StoreSettings
    run: RunSettings
    shedding: SheddingSettings

    @classmethod
    def load(
        cls, file: Path | None, sampling: Mapping[str, Any] | None = None, store: Mapping[str, Any] | None = None
    ) -> Self:
        """Read all of them; `sampling` and `store` are options for ingest and for the store."""
        return cls(
            IngestSettings.load(sampling, file),
            DetectorSettings.load(None, file),
            ClassifierSettings.load(None, file),
            SinkSettings.load(None, file),
            StoreSettings.load(store, file),
            RunSettings.load(None, file),
            SheddingSettings.load(None, file),
        )


@dataclass
class Result:
    """What a job did.

    Attributes:
        epochs: the epochs that it wrote, or found written already.
        tracks: the records of their tracks.
        counts: frames, faces, readings by status and so on, as the sink counted.
        busy: seconds each stage worked, by name.
        seconds: from the first frame to the last.
        interrupted: whether it was asked to stop.
        report: the report's page, if one was asked for.
    """

    epochs: list[EpochInfo] = field(default_factory=list)
    tracks: list[TrackSummary] = field(default_factory=list)
    counts: dict[str, Any] = field(default_factory=dict)
    busy: dict[str, float] = field(default_factory=dict)
    seconds: float = 0.0
    interrupted: bool = False
    report: Path | None = None

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for `--json`."""
        frames = self.counts["frames"] + self.counts["duplicates"]
        return {
            "epochs": [{"camera": e.camera, "epoch": e.epoch, "closed": e.closed} for e in self.epochs],
            "tracks": [t.track for t in self.tracks],
            "counts": self.counts,
            "busy_s": {name: round(value, 3) for name, value in self.busy.items()},
            "seconds": round(self.seconds, 3),
            "frames_per_second": round(frames / self.seconds, 2) if self.seconds else 0.0,
            "interrupted": self.interrupted,
            "report": str(self.report) if self.report else None,
        }


class Stages(NamedTuple):
    """The three stages behind ingest."""

    detector: DetectorStage
    classifier: ClassifierStage
    sink: SinkStage


@dataclass
class Job:
    """One request: these sources, through these settings.

    Attributes:
        sources: files and folders.
        camera: one name for all of them.
        settings: of the stages.
        report: folder for the report; None for none.
        video: whether to write annotated videos into it.
        behind_detector: stages that faces go through before they are read, for an evaluation.
    """

    sources: Sequence[str]
    camera: str | None
    settings: JobSettings
    report: Path | None = None
    video: bool = False
    behind_detector: Sequence[Stage] = ()

    def run(self, show_progress: bool = True) -> Result:
        """Do it.

        Raises:
            UserError: whatever is wrong with the request, before anything is read or written.
        """
        with ExitStack() as stack:
            stop = stack.enter_context(stop_on_signal())
            files, expected = self._files()
            detector = DetectorStage(self.settings.detector)
            stack.callback(detector.close)
            classifier = ClassifierStage(self.settings.classifier)
            if self.report is not None:  # made only once nothing else can be wrong with the request
                check_folder(self.report)
            client = stack.enter_context(open_client(self.settings.store))
            prefix = self.settings.store.key_prefix
            sink = make_sink(client, prefix, self.settings.sink)
            opened: list[Opened] = []
            messages = _noting(ingest(files, self.settings.ingest, now_ms, stop), opened)
            result = self._through(messages, expected, Stages(detector, classifier, sink), show_progress)
            result.interrupted = stop.is_set()
            reader = SeriesReader(client, prefix)
            _read_back(result, opened, reader)
            if self.report is not None:
                self._write_report(result, files, reader)
        return result

    def _files(self) -> tuple[list[VideoFile], float]:
        files = find_sources(self.sources, self.camera)
        return files, sum(duration or 0.0 for duration in check(files, self.settings.ingest))

    def _through(self, messages: Iterator[Message], seconds: float, stages: Stages, show_progress: bool) -> Result:
        result, queues, reading = Result(), self.settings.run, self.settings.classifier
        pipeline = Pipeline(
            messages,
            (
                Step("detector", self._detecting(stages.detector), queues.frames_queue, self.settings.detector.batch),
                Step("classifier", stages.classifier, queues.faces_queue, reading.batch, reading.wait_ms / 1000),
                Step("sink", stages.sink, queues.readings_queue, SINK_BATCH),
            ),
            when_behind=self.settings.ingest.when_behind,
            shedding=self.settings.shedding,
        )
        counts, rate = stages.sink.counters, self.settings.ingest.rate
        began = time.perf_counter()
        with progress(show_progress) as bar:
            task = bar.add_task("frames", total=round(seconds * rate) or None, note="")

            def watch() -> None:
                bar.update(task, completed=counts.frames + counts.duplicates, note=f"{counts.faces} faces")

            pipeline.run(watch)
        result.seconds = time.perf_counter() - began
        result.busy = pipeline.busy
        result.counts = asdict(counts)
        return result

    def _detecting(self, detector: DetectorStage) -> Stage:
        return FusedStage([detector, *self.behind_detector]) if self.behind_detector else detector

    def _write_report(self, result: Result, files: list[VideoFile], reader: SeriesReader) -> None:
        from moodline.report.page import write_report

        assert self.report is not None  # noqa: S101  # the caller looked
        cameras = list(dict.fromkeys(epoch.camera for epoch in result.epochs))
        result.report = write_report(reader, cameras, result.epochs, self.report)
        if self.video and not result.interrupted:
            self._write_videos(files, reader)

    def _write_videos(self, files: list[VideoFile], reader: SeriesReader) -> None:
        """Read the recordings a second time: keeping their pictures would take memory without bound."""
        from moodline.report.video import write_video

        assert self.report is not None  # noqa: S101  # the caller looked
        again = ingest(files, self.settings.ingest, now_ms, threading.Event())
        frames = (message for message in again if isinstance(message, Frame))
        for (camera, epoch), pictures in groupby(frames, lambda frame: (frame.spine.camera, frame.spine.epoch)):
            entries = {entry.seq: entry for entry in reader.frames(camera, epoch)}
            path = self.report / f"{camera}-{epoch}{ANNOTATED}"
            write_video(pictures, entries, path)
            say(f"Video with blurred faces: {path}")


def _read_back(result: Result, opened: list[Opened], reader: SeriesReader) -> None:
    for begun in opened:
        result.epochs += [epoch for epoch in reader.epochs(begun.camera) if epoch.epoch == begun.epoch]
        result.tracks += reader.tracks(begun.camera, begun.epoch)


def _noting(messages: Iterator[Message], opened: list[Opened]) -> Iterator[Message]:
    for message in messages:
        if isinstance(message, Opened):
            opened.append(message)
        yield message


def print_result(result: Result) -> None:
    """Tables for people: the tracks, what was covered, where the time went."""
    base = {(e.camera, e.epoch): e.from_ms for e in result.epochs}
    rows = []
    for track in result.tracks[:40]:
        camera, epoch, _ = track.track.rsplit("-", 2)
        first = base.get((camera, epoch), 0)
        share = max(track.share.items(), key=lambda item: item[1], default=("no reading", 0.0))
        span = f"{moment(track.from_ms, first)} – {moment(track.to_ms, first)}"
        rows.append((track.track, span, f"{track.seen_s:.1f}", f"{track.read_s:.1f}", share[0], f"{share[1]:.0%}"))
    table("Tracks", ("track", "from – to", "seen s", "read s", "apparent expression", "share"), rows)
    if len(result.tracks) > len(rows):
        say(f"… and {len(result.tracks) - len(rows)} more: moodline series")
    counts = result.counts
    dropped = _listed(counts["dropped"])
    say(f"{counts['frames']} frames written, {counts['duplicates']} already there; dropped: {dropped}")
    if counts["frames"]:
        say(f"{counts['faces']} faces: {_listed(counts['readings'])}")
    if counts["late"]:
        say(f"{counts['late']} entries came too late for their series; give --start or another --camera")
    busy = ", ".join(f"{name} {value:.1f} s" for name, value in result.busy.items())
    say(f"{result.seconds:.1f} s in all; stages at work: {busy}")
    if result.interrupted:
        say("Interrupted: what was read is kept; the same command reads the recording again, whole.")
    if result.report:
        say(f"Report: {result.report}")


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(counts.items())) or "none"
