/** The verbs an app calls: what a participant can do, in the words of the trade. */

import type {
  Annotation,
  Decision,
  FaceSide,
  FramePart,
  FrameRef,
  PictureMask,
  Place,
  RungTold,
  Shape,
  ShownPage,
  ShownPicture,
  ShownStep,
  Sighting,
  Signal,
  VoiceNote,
} from "@nearhand/contract";
import type { Live } from "./live";
import { randomId, type Wish } from "./outbox";
import { Value } from "./store";
import { History, inverseOf } from "./undo";

type ImagePoint = [number, number];

/** A new mark. Give `id` to follow it from stroke to annotation; without it one is minted. */
export interface NewMark {
  id?: string;
  shape: Shape;
  place: Place;
  text?: string;
  isKept?: boolean;
}

/** A picture that was uploaded (`POST /sessions/{id}/stills`), to be shared with all. */
export interface NewStill {
  frame: FrameRef;
  sha256: string;
  width: number;
  height: number;
  capturedAt: Date;
  sighting: Sighting | null;
  /** What is hidden in it. */
  mask: PictureMask;
  /** Which part of the frame it shows; left out: all. */
  part?: FramePart | null;
}

export interface EditedMark {
  place?: Place;
  text?: string;
  isHidden?: boolean;
  isKept?: boolean;
}

/** Which of undo and redo would do something: for the buttons. */
export interface UndoState {
  readonly canUndo: boolean;
  readonly canRedo: boolean;
}

export class Commands {
  /** Follow it to enable and disable the undo and redo buttons. */
  readonly undoState = new Value<UndoState>({ canUndo: false, canRedo: false });
  readonly #history = new History();

  constructor(private readonly live: Live) {
    live.onRefused(({ n }) => {
      this.#history.refused(n);
      this.#tellUndo();
    });
  }

  /** Draw a mark that stays on the equipment; returns its id. It is saved once `pending` no longer lists it. */
  addAnnotation(mark: NewMark): string {
    const id = mark.id ?? randomId();
    this.#doAnnotation({
      type: "annotation.add",
      id,
      shape: mark.shape,
      place: rounded(mark.place),
      ...(mark.text !== undefined && { text: mark.text }),
      ...(mark.isKept !== undefined && { is_kept: mark.isKept }),
    });
    return id;
  }

  /** Move, reword, hide or keep a mark: only what is given changes. */
  editAnnotation(id: string, changes: EditedMark): void {
    this.#doAnnotation({
      type: "annotation.edit",
      id,
      ...(changes.place && { place: rounded(changes.place) }),
      ...(changes.text !== undefined && { text: changes.text }),
      ...(changes.isHidden !== undefined && { is_hidden: changes.isHidden }),
      ...(changes.isKept !== undefined && { is_kept: changes.isKept }),
    });
  }

  remove(id: string): void {
    this.#doAnnotation({ type: "annotation.remove", id });
  }

  restore(id: string): void {
    this.#doAnnotation({ type: "annotation.restore", id });
  }

  /** Take back one's own newest act on a mark. False: there is none. */
  undo(): boolean {
    return this.#step(this.#history.undo((wish) => this.live.ask(wish)));
  }

  redo(): boolean {
    return this.#step(this.#history.redo((wish) => this.live.ask(wish)));
  }

  /** Say something in the chat. Empty lines are not sent. */
  say(text: string): void {
    const trimmed = text.trim();
    if (trimmed) this.live.ask({ type: "chat.say", text: trimmed });
  }

  /** Say a canned phrase: each reads it in their own language, and `text` where it is not known. */
  sayPhrase(phrase: string, text: string): void {
    this.live.ask({ type: "chat.say", text, phrase });
  }

  /** Say a voice note that was uploaded (`POST /sessions/{id}/voice-notes`); `text` is read where it is not known. */
  sayVoice(voice: VoiceNote, text: string, phrase: string | null = null): void {
    this.live.ask({ type: "chat.say", text, voice, ...(phrase && { phrase }) });
  }

  /** Put a page or picture before everybody's eyes; null takes it away. */
  showDocument(document: ShownPage | ShownPicture | null): void {
    this.live.ask({ type: "document.show", document });
  }

  /** STOP, WAIT, GO, PULL, WHICH? */
  signal(signal: Signal): void {
    this.live.ask({ type: "signal.give", signal });
  }

  shareStill({ frame, sha256, width, height, capturedAt, sighting, mask, part }: NewStill): void {
    this.live.ask({
      type: "still.share",
      frame,
      sha256,
      width,
      height,
      captured_at: capturedAt.toISOString(),
      sighting: short(sighting),
      mask,
      ...(part && { part }),
    });
  }

  /** The session is about this device now: its label was read. */
  showDevice(deviceId: string, face: FaceSide): void {
    this.live.ask({ type: "device.show", device: { device_id: deviceId, face } });
  }

  /** The whole progress of a guide. */
  showStep(step: ShownStep): void {
    this.live.ask({ type: "step.show", step });
  }

  /** Ask the customer whether something may be done; about the device shown, or another; returns its id. */
  askApproval(what: string, deviceId: string | null = null): string {
    const id = randomId();
    this.live.ask({ type: "approval.ask", id, what, ...(deviceId && { device_id: deviceId }) });
    return id;
  }

  /** Say what the customer decided. */
  decide(id: string, decision: Decision, reason = ""): void {
    this.live.ask({ type: "approval.give", id, decision, ...(reason && { reason }) });
  }

  /** Record picture and voices once everybody agrees; this client is to do it. Returns its id. */
  askRecording(): string {
    const id = randomId();
    this.live.ask({ type: "recording.ask", id });
    return id;
  }

  /** Let it be recorded, or not: a no ends it. */
  agreeRecording(id: string, yes: boolean): void {
    this.live.ask({ type: "recording.agree", id, yes });
  }

  /** Record no more. */
  endRecording(id: string): void {
    this.live.ask({ type: "recording.end", id });
  }

  /** End the session for all. */
  end(): void {
    this.live.ask({ type: "session.end" });
  }

  /** Point; null lifts the pointer. Sent at most 30 times a second. */
  movePointer(place: Place | null): void {
    this.live.pass({ type: "pointer.move", place: place && rounded(place) });
  }

  /** Show a stroke while it is drawn. No points: it was given up. */
  drawStroke(id: string, shape: Shape, frame: FrameRef | null, points: readonly ImagePoint[]): void {
    this.live.pass({ type: "stroke.draw", id, shape, frame, points: points.map(roundedPoint) });
  }

  /** Say where a device was in a frame, so that the frame can be drawn on for some seconds. */
  sightFrame(frame: FrameRef, capturedAt: Date, sighting: Sighting | null): void {
    this.live.pass({
      type: "frame.sight",
      frame,
      captured_at: capturedAt.toISOString(),
      sighting: short(sighting),
    });
  }

  /** Ask the technician's client for the sharp still of exactly this frame (null: of the next one), or all of it. */
  freeze(frame: FrameRef | null, isWhole = false): void {
    this.live.pass({ type: "frame.freeze", frame, ...(isWhole && { is_whole: true }) });
  }

  /** Say by which rung this page's pictures go now, and what its traffic comes to. */
  tellRung(
    stream: string,
    { rung, because }: Pick<RungTold, "rung" | "because">,
    traffic: { bytes: number; budget: number | null },
  ): void {
    const [used_bytes, budget_bytes] = [traffic.bytes, traffic.budget];
    this.live.pass({ type: "rung.tell", stream, rung, because, used_bytes, budget_bytes });
  }

  /** Ask who films for another rung; null: as the line allows. */
  askRung(rung: RungTold["rung"] | null): void {
    this.live.pass({ type: "rung.ask", rung });
  }

  #doAnnotation(wish: Extract<Wish, { type: `annotation.${string}` }>): void {
    const inverse = inverseOf(wish, this.#known(wish.id));
    const n = this.live.ask(wish);
    if (inverse) this.#history.record(inverse, n);
    this.#tellUndo();
  }

  #known(id: string): Annotation | undefined {
    return this.live.get().annotations.find((annotation) => annotation.id === id);
  }

  #step(isDone: boolean): boolean {
    this.#tellUndo();
    return isDone;
  }

  #tellUndo(): void {
    const { canUndo, canRedo } = this.#history;
    this.undoState.set({ canUndo, canRedo });
  }
}

/** A hundred-thousandth of the picture is a fraction of a pixel: more digits only fill a slow line. */
const roundedPoint = ([u, v]: readonly [number, number]): ImagePoint => [
  Math.round(u * 1e5) / 1e5,
  Math.round(v * 1e5) / 1e5,
];

/** A tenth of a micrometre, or of a thousandth of a degree: as the browser writes numbers, it would be twice as long. */
const DIGITS = 7;
const shorter = (value: number) => Number(value.toPrecision(DIGITS));

function short(sighting: Sighting | null): Sighting | null {
  if (!sighting) return null;
  const { T_camera_face, covariance, camera } = sighting;
  const { width, height, ...lens } = camera;
  const shortLens = Object.entries(lens).map(([name, value]) => [name, shorter(value)] as const);
  return {
    ...sighting,
    T_camera_face: T_camera_face.map(shorter),
    ...(covariance && { covariance: covariance.map(shorter) }),
    camera: { width, height, ...(Object.fromEntries(shortLens) as typeof lens) },
  };
}

function rounded(place: Place): Place {
  return place.kind === "frame" ? { ...place, points: place.points.map(roundedPoint) } : place;
}
