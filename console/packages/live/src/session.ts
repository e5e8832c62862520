/** What a live session looks like to one participant: a state, and how each message from the server changes it. */

import type {
  Annotation,
  Approval,
  CameraMask,
  ChatLine,
  FrameSighted,
  RungTold,
  GivenDocument,
  GivenSignal,
  Participant,
  PointerMoved,
  Recording,
  Refused,
  ScreenChanged,
  ServerEvent,
  ServerMessage,
  SharedStill,
  ShownDevice,
  ShownStep,
  StoredEvent,
  StrokeDrawn,
  Withheld,
} from "@nearhand/contract";

/** The session as of `seq`, plus what is passing by (pointers, strokes, frames), which is never stored. */
export interface SessionView {
  /** Which life of the server's log `seq` counts in; null before the first welcome. */
  readonly epoch: string | null;
  readonly seq: number;
  /** The newest seq known to exist. */
  readonly headSeq: number;
  /** Between a welcome that could not resume and the state that follows it. */
  readonly awaitsState: boolean;
  readonly you: Participant | null;
  /** What the site asks of pictures; null: not told yet. */
  readonly cameraMask: CameraMask | null;
  /** What a phone's own traffic may come to, where its holder has chosen nothing; null: no such limit. */
  readonly budgetBytes: number | null;
  readonly isEnded: boolean;
  readonly participants: readonly Participant[];
  /** Ids of the participants who are connected now. */
  readonly present: readonly string[];
  readonly device: ShownDevice | null;
  readonly annotations: readonly Annotation[];
  readonly chat: readonly ChatLine[];
  readonly stills: readonly SharedStill[];
  readonly signal: GivenSignal | null;
  readonly step: ShownStep | null;
  /** What the customer was asked, oldest first, decided or not. */
  readonly approvals: readonly Approval[];
  /** What somebody has put before everybody's eyes. */
  readonly document: GivenDocument | null;
  /** The newest picture of the screen that somebody shares; null: none has come yet. */
  readonly screen: ScreenChanged | null;
  /** What is recorded, or asked for; null: nothing. */
  readonly recording: Recording | null;
  /** The session is about equipment now that is not this person's to see. */
  readonly isElsewhere: boolean;
  /** The newest pointer, stroke and frame of each participant, by their id. */
  readonly pointers: Readonly<Record<string, PointerMoved>>;
  readonly strokes: Readonly<Record<string, StrokeDrawn>>;
  readonly frames: Readonly<Record<string, FrameSighted>>;
  /** How the pictures of each who films come now. */
  readonly rungs: Readonly<Record<string, RungTold>>;
}

export const EMPTY_SESSION: SessionView = {
  epoch: null,
  seq: 0,
  headSeq: 0,
  awaitsState: true,
  you: null,
  cameraMask: null,
  budgetBytes: null,
  isEnded: false,
  participants: [],
  present: [],
  device: null,
  annotations: [],
  chat: [],
  stills: [],
  signal: null,
  step: null,
  approvals: [],
  document: null,
  screen: null,
  recording: null,
  isElsewhere: false,
  pointers: {},
  strokes: {},
  frames: {},
  rungs: {},
};

/** What is kept in memory of an endless list; older entries come by REST. */
export const CHAT_KEPT = 1000;
export const STILLS_KEPT = 500;

/** An event was missed: the connection must be opened anew, resuming from `seq`. */
export class Gap extends Error {
  constructor(
    readonly seq: number,
    readonly got: number,
  ) {
    super(`expected event ${seq + 1}, got ${got}`);
  }
}

/** The next view. Throws {@link Gap} rather than skipping an event; an event already seen changes nothing. */
export function reduce(view: SessionView, message: ServerMessage): SessionView {
  switch (message.type) {
    case "welcome":
      return {
        ...(message.is_resumed ? view : { ...view, awaitsState: true }),
        headSeq: message.seq,
        you: message.you,
        cameraMask: message.camera_mask,
        budgetBytes: message.budget_bytes ?? null,
        present: message.present,
        pointers: {},
        strokes: {},
      };
    case "session.state": {
      const { session_id, ...state } = message.state;
      const { epoch, seq } = message;
      void session_id; // the view knows which session it is
      return {
        ...view,
        ...state,
        document: state.document ?? null,
        screen: null,
        recording: state.recording ?? null, // older servers leave it out
        epoch,
        seq,
        headSeq: Math.max(seq, view.headSeq),
        awaitsState: false,
        isElsewhere: message.is_elsewhere,
      };
    }
    case "ack":
    case "refused":
    case "error":
    case "pong":
      return view;
    case "camera.mask_changed":
      return { ...view, cameraMask: message.camera_mask };
    case "presence.changed":
      return withPresence(view, message.participant, message.is_present);
    case "pointer.moved":
      return { ...view, pointers: withEntry(view.pointers, message.by, message.place && message) };
    case "stroke.drawn":
      return {
        ...view,
        strokes: withEntry(view.strokes, message.by, message.points.length > 0 ? message : null),
      };
    case "frame.sighted":
      return { ...view, frames: { ...view.frames, [message.by]: message } };
    case "rung.told":
      return { ...view, rungs: { ...view.rungs, [message.by]: message } };
    case "screen.changed":
      return { ...view, screen: message };
    case "freeze.asked":
    case "rung.asked":
    case "caption.said":
    case "camera.asked":
    case "camera.stated":
    case "rtc.hailed":
    case "rtc.described":
    case "rtc.candidate_told":
    case "rtc.hushed":
    case "rtc.parted":
    case "rtc.way":
    case "rtc.talks":
    case "rtc.sfu_described":
    case "rtc.sfu_candidate_told":
    case "rtc.sfu_closed":
    case "rtc.sfu_watched":
      return view; // a wish to act on, not a state: see `listen`
    case "withheld":
      return withoutEvent(view, message);
    default:
      // A newer server may tell things this page does not know: they are counted, and otherwise let pass.
      return isEvent(message) ? withEvent(view, message) : view;
  }
}

/** The view with its event counted; null: it was counted before, or does not count yet. */
function counted(view: SessionView, seq: number): SessionView | null {
  if (view.awaitsState || seq <= view.seq) return null;
  if (seq > view.seq + 1) throw new Gap(view.seq, seq);
  return { ...view, seq, headSeq: Math.max(seq, view.headSeq) };
}

/** Something happened that is not this person's to see. */
function withoutEvent(view: SessionView, { seq, is_elsewhere }: Withheld): SessionView {
  const next = counted(view, seq);
  if (!next) return view;
  return is_elsewhere ? { ...next, isElsewhere: true, device: null, pointers: {}, strokes: {} } : next;
}

function withEvent(view: SessionView, event: ServerEvent): SessionView {
  const next = counted(view, event.seq);
  if (!next) return view;
  const { seq, by, at } = event;
  switch (event.type) {
    case "participant.joined":
      return { ...next, participants: replaced(view.participants, event.participant) };
    case "annotation.added":
      // The stroke that drew it has become the annotation.
      return {
        ...next,
        annotations: replaced(view.annotations, event.annotation),
        strokes: withEntry(view.strokes, by, null),
      };
    case "annotation.edited":
    case "annotation.restored":
      return { ...next, annotations: replaced(view.annotations, event.annotation) };
    case "annotation.removed":
      return { ...next, annotations: view.annotations.filter(({ id }) => id !== event.id) };
    case "chat.said":
      return {
        ...next,
        chat: [
          ...view.chat,
          { seq, by, at, text: event.text, phrase: event.phrase ?? null, voice: event.voice ?? null },
        ].slice(-CHAT_KEPT),
      };
    case "signal.given":
      return { ...next, signal: { seq, by, at, signal: event.signal } };
    case "still.shared":
      return { ...next, stills: [...view.stills, event.still].slice(-STILLS_KEPT) };
    case "device.shown":
      return { ...next, device: event.device, isElsewhere: false };
    case "step.shown":
      return { ...next, step: event.step };
    case "document.shown":
      return { ...next, screen: null, document: event.document && { seq, by, at, document: event.document } };
    case "approval.asked":
    case "approval.given":
      return { ...next, approvals: replaced(view.approvals, event.approval) };
    case "recording.asked":
    case "recording.agreed":
    case "recording.began":
    case "recording.paused":
      return { ...next, recording: event.recording };
    case "recording.ended":
      return { ...next, recording: null };
    case "session.ended":
      return { ...next, isEnded: true, recording: null };
    default:
      event satisfies never;
      return next;
  }
}

function withPresence(view: SessionView, participant: Participant, isPresent: boolean): SessionView {
  const others = view.present.filter((id) => id !== participant.id);
  return {
    ...view,
    participants: replaced(view.participants, participant),
    present: isPresent ? [...others, participant.id] : others,
    pointers: isPresent ? view.pointers : withEntry(view.pointers, participant.id, null),
    strokes: isPresent ? view.strokes : withEntry(view.strokes, participant.id, null),
  };
}

/** The list with this thing in the place of the one with the same id, or at its end. */
function replaced<T extends { id: string }>(list: readonly T[], thing: T): readonly T[] {
  return list.some(({ id }) => id === thing.id)
    ? list.map((other) => (other.id === thing.id ? thing : other))
    : [...list, thing];
}

function withEntry<T>(entries: Readonly<Record<string, T>>, key: string, value: T | null) {
  const { [key]: old, ...rest } = entries;
  if (value === null) return old === undefined ? entries : rest;
  return { ...rest, [key]: value };
}

/** Whether a message is a stored event: it has a seq and says whose wish it was. */
export function isEvent(message: ServerMessage | StoredEvent): message is ServerEvent {
  return "seq" in message && "client" in message;
}

/** A wish of ours that had no effect and never will; `code` says why. */
export type Refusal = Pick<Refused, "n" | "code" | "title" | "detail">;
