/** A recording on the session's own time: by the events and frames that were put down while it ran, never by a clock. */
import type { FrameRef, RecordingFile } from "@nearhand/contract";
import { isEvent } from "@nearhand/live";
import { upTo, type Tale } from "./tale";

interface Span {
  readonly from_ms: number;
  readonly until_ms: number;
}

export class Footage {
  readonly spans: readonly Span[];
  readonly #times: readonly number[];
  readonly #media: readonly number[];
  readonly #frames = new Map<string, number>();

  constructor(
    tale: Tale,
    readonly file: RecordingFile,
  ) {
    this.spans = spansOf(tale, file.recording.id);
    const anchors = file.marks.flatMap(({ seq, at_ms }) =>
      seq == null ? [] : [{ t_ms: tale.timeOf(seq), at_ms }],
    );
    anchors.sort((a, b) => a.t_ms - b.t_ms || a.at_ms - b.at_ms);
    this.#times = anchors.map(({ t_ms }) => t_ms);
    this.#media = anchors.map(({ at_ms }) => at_ms);
    for (const { stream, frame_id, at_ms } of file.marks)
      if (stream && frame_id != null) this.#frames.set(`${stream}/${frame_id}`, at_ms);
  }

  /** The time of the recording at a time of the session; null: nothing was recorded then. */
  mediaAt(t_ms: number): number | null {
    const span = this.spans.find(({ from_ms, until_ms }) => from_ms <= t_ms && t_ms < until_ms);
    if (!span) return null;
    const index = upTo(this.#times, t_ms) - 1;
    // The last event before this time, of this span; else the first one after it, counted backwards.
    const isInSpan = index >= 0 && this.#times[index]! >= span.from_ms;
    const anchor = isInSpan ? index : index + 1;
    if (this.#times[anchor] === undefined || this.#times[anchor] > span.until_ms) return null;
    return Math.max(0, this.#media[anchor]! + t_ms - this.#times[anchor]);
  }

  /** Where exactly this frame is shown; null: it was not, or it is not known. */
  mediaOf({ stream, frame_id }: FrameRef): number | null {
    return this.#frames.get(`${stream}/${frame_id}`) ?? null;
  }
}

function spansOf(tale: Tale, id: string): Span[] {
  const spans: Span[] = [];
  let from_ms: number | null = null;
  for (const event of tale.events.filter(isEvent)) {
    const t_ms = tale.timeOf(event.seq);
    if (event.type === "recording.began" && event.recording.id === id) from_ms ??= t_ms;
    const isOver =
      event.type === "session.ended" ||
      ((event.type === "recording.paused" || event.type === "recording.ended") && event.recording.id === id);
    if (!isOver || from_ms === null) continue;
    spans.push({ from_ms, until_ms: t_ms });
    from_ms = null;
  }
  if (from_ms !== null) spans.push({ from_ms, until_ms: tale.length_ms });
  return spans;
}
