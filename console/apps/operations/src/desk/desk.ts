/** One desk: the live session as signals, what is on the picture, and what the expert holds in the hand. */
import {
  type AnnotationAdded,
  type FrameRef,
  isOnStill,
  type SessionDevice,
  type SharedStill,
  type Sighting,
  type SignalGiven,
} from "@nearhand/contract";
import { openSession, type LiveView, type OpenSession, type UndoState } from "@nearhand/live";
import { notify } from "@nearhand/ui";
import { computed, effect, signal, type ReadonlySignal, type Signal } from "@preact/signals";
import { me } from "../access/identity";
import { get } from "../rest";
import { wipeRefused } from "./fixing";
import { isLiveShown, LivePictures, type LiveShown } from "./livePictures";
import type { Tool } from "./pen";
import { sameFrame } from "./sight";
import { frameOf, sharpest, sightingOf, stillUrl, WholeAsked } from "./stills";
import { Timeline } from "./timeline";
import { Trails } from "./trails";
import { RefusedLines } from "./unsent";
import { t } from "./words";

export type ContextTab = "device" | "history" | "guide" | "chat" | "marks";

/** Words are being typed for a mark, at this place of the screen; null: the person gave it up. */
export interface WordsWanted {
  readonly at: { left: number; top: number };
  readonly text?: string;
  readonly onDone: (text: string | null) => void;
}

/** Below this width a frozen picture is too coarse to draw on: its sharp still is asked for. */
const SHARP_PX = 1000;

export class Desk {
  readonly view: Signal<LiveView>;
  readonly undo: Signal<UndoState>;
  readonly tool = signal<Tool>("select");
  readonly chosen = signal<string | null>(null);
  readonly tab = signal<ContextTab>("device");
  /** A signal somebody just gave: shown large for a moment. */
  readonly flash = signal<SignalGiven | null>(null);
  readonly readChat = signal(0);
  readonly hoveredPort = signal<string | null>(null);
  readonly words = signal<WordsWanted | null>(null);
  readonly device = signal<SessionDevice | null>(null);
  readonly deviceProblem = signal<Error | null>(null);
  /** Whose pictures are followed; null: whoever sent the newest. */
  readonly followed = signal<string | null>(null);
  readonly timeline: Timeline;
  readonly trails: Trails;
  readonly refusedLines: RefusedLines;
  readonly pictures: LivePictures;

  /** The newest still that is followed. */
  readonly newest: ReadonlySignal<SharedStill | null>;
  /** The live picture, while pictures come. */
  readonly live: ReadonlySignal<LiveShown | null>;
  /** The picture on screen: the live one or else the newest still, unless one is held. */
  readonly shown: ReadonlySignal<SharedStill | null>;
  /** The live picture of a frame that is held, while its still is shown. */
  readonly behind: ReadonlySignal<LiveShown | null>;
  readonly sighting: ReadonlySignal<Sighting | null>;
  readonly mayDraw: ReadonlySignal<boolean>;
  readonly maySpeak: ReadonlySignal<boolean>;

  /** Held by choice until let go, or by the pen until it is lifted. */
  readonly #chosenStill = signal<SharedStill | null>(null);
  readonly #penStill = signal<SharedStill | null>(null);
  readonly #whole = new WholeAsked();
  readonly #ready = signal<SharedStill | null>(null);
  /** The still of which was said that its marks are on it only: once is enough. */
  #toldOf = "";
  readonly #arrived = new Map<number, number>();
  readonly #leave: (() => void)[];

  constructor(
    readonly id: string,
    readonly session: OpenSession,
  ) {
    const { live, commands } = session;
    this.view = signal(live.get());
    this.undo = signal(commands.undoState.get());
    this.timeline = new Timeline(id);
    this.trails = new Trails();
    this.refusedLines = new RefusedLines(session);
    this.pictures = new LivePictures(
      id,
      () => this.followed.peek(),
      (picture) => [this.#penStill.peek(), this.#chosenStill.peek()].includes(picture),
    );
    this.live = computed(() => {
      const { isEnded, isElsewhere } = this.view.value;
      return isEnded || isElsewhere ? null : this.pictures.picture.value;
    });
    this.newest = computed(() => sharpest(this.view.value.stills, this.followed.value));
    this.shown = computed(
      () =>
        this.#penStill.value ??
        this.#sharper(this.#chosenStill.value) ??
        this.live.value ??
        this.#ready.value,
    );
    this.behind = computed(() => {
      const held = this.#chosenStill.value;
      return isLiveShown(held) && sameFrame(held.frame, this.shown.value?.frame ?? null) ? held : null;
    });
    this.sighting = computed(() => sightingOf(this.shown.value, this.view.value));
    this.maySpeak = computed(() => {
      const { you, isEnded, isElsewhere } = this.view.value;
      return you?.guest !== "watch" && !isEnded && !isElsewhere;
    });
    this.mayDraw = computed(
      () => (this.view.value.you ?? me.value)?.role !== "observer" && this.maySpeak.value,
    );
    this.#leave = [
      this.refusedLines.leave,
      live.subscribe((view) => {
        const isBack = view.link.state === "open" && this.view.peek().link.state !== "open";
        this.view.value = view;
        if (isBack) this.pictures.again();
      }),
      commands.undoState.subscribe((state) => (this.undo.value = state)),
      wipeRefused(session),
      live.listen((message) => {
        if (message.type === "still.shared") {
          this.#arrived.set(message.still.seq, Date.now());
          if (this.#whole.isAnsweredBy(message.still)) this.#chosenStill.value = message.still;
        }
        if (message.type === "signal.given" && message.by !== this.view.value.you?.id)
          this.flash.value = message;
        if (message.type === "annotation.added") this.#fixed(message);
        if (message.type === "pointer.moved") this.trails.take(message);
        if (message.type === "frame.sighted") this.pictures.sighted(message);
        this.timeline.take(message);
      }),
      effect(() => void this.#prepare(this.newest.value)),
      effect(() => void this.#loadDevice(this.view.value.device?.device_id ?? null)),
    ];
    void this.timeline.load();
  }

  static async open(id: string): Promise<Desk> {
    return new Desk(id, await openSession({ sessionId: id, participantId: me.value?.participant_id ?? "" }));
  }

  get participantId(): string {
    return me.value?.participant_id ?? "";
  }

  nameOf(id: string): string {
    return this.view.value.participants.find((each) => each.id === id)?.display_name ?? "";
  }

  get isHeld(): boolean {
    return this.#chosenStill.value !== null || this.#penStill.value !== null;
  }

  get isHeldByChoice(): boolean {
    return this.#chosenStill.value !== null;
  }

  /** How long ago the picture came. Its arrival here is trusted more than two machines' clocks. */
  ageOf(still: SharedStill, now: number): number {
    return Math.max(0, now - (this.#arrived.get(still.seq) ?? Date.parse(still.at)));
  }

  /** Pen down: what is on screen stays while it is drawn on. */
  freeze(): void {
    const still = this.shown.value;
    this.#penStill.value = still;
    if (still && (isLiveShown(still) || frameOf(still).width < SHARP_PX))
      this.session.commands.freeze(still.frame);
  }

  /** Pen up: the picture goes on, unless it is held by choice. */
  thaw(): void {
    this.#penStill.value = null;
  }

  /**
   * A mark was drawn. Where no device is recognised it is on this still only, so the picture stays: with the next
   * one, the mark would be gone from sight.
   */
  stay(): void {
    if (this.#penStill.value && !this.sighting.value) this.#chosenStill.value = this.#penStill.value;
  }

  sightOf(frame: FrameRef): Sighting | null {
    return this.stillOf(frame)?.sighting ?? this.pictures.sightOf(frame);
  }

  /** Hold one still of the session, or the one on screen; its sharp still is asked for. */
  hold(still: SharedStill | null = this.shown.value): void {
    this.#chosenStill.value = still;
    if (still) this.session.commands.freeze(still.frame);
  }

  /** See what is beside the device as well: the next picture comes whole, and is held. */
  askWhole(): void {
    const shown = this.shown.value;
    if (!shown) return;
    this.session.commands.freeze(shown.frame, true);
    this.#whole.ask(shown.by);
    notify(t("asked"));
  }

  toggleHold(): void {
    if (this.isHeldByChoice) this.letGo();
    else this.hold();
  }

  /** Take a tool in the hand; a pointer that is shown to others is lifted first. */
  take(tool: Tool): void {
    if (this.tool.peek() === "point" && tool !== "point") this.session.commands.movePointer(null);
    this.tool.value = tool;
  }

  /** One that is on a still only brings that still back. */
  choose(markId: string): void {
    this.chosen.value = markId;
    this.tab.value = "marks";
    const mark = this.view.value.annotations.find(({ id }) => id === markId);
    const still = mark && isOnStill(mark) && this.#stillWith(mark.anchor.sha256);
    if (still) this.#chosenStill.value = still;
  }

  letGo(): void {
    this.#chosenStill.value = null;
  }

  /** Which still knows this frame: to find the sighting a pending mark was drawn by. */
  stillOf(frame: FrameRef): SharedStill | undefined {
    return this.view.value.stills.findLast((still) => sameFrame(still.frame, frame));
  }

  async close(): Promise<void> {
    for (const leave of this.#leave) leave();
    this.trails.close();
    this.pictures.close();
    await this.session.close();
  }

  /** A still is shown only once it is decoded, so that the picture never blinks. */
  async #prepare(still: SharedStill | null): Promise<void> {
    if (!still) return;
    const picture = new Image();
    picture.src = stillUrl(this.id, still);
    try {
      await picture.decode();
    } catch {
      // Shown all the same: the picture's own error is then on the screen.
    }
    if (this.newest.peek() === still) this.#ready.value = still;
  }

  #stillWith(sha256: string): SharedStill | undefined {
    const { stills } = this.view.value; // until the time line is loaded
    return this.timeline.bareStill(sha256) ?? stills.findLast((still) => still.sha256 === sha256);
  }

  /** Our own mark has been fixed: say so where that is less than was hoped for, and go on where it is more. */
  #fixed({ by, annotation }: AnnotationAdded): void {
    if (by !== this.view.value.you?.id) return;
    if (isOnStill(annotation)) {
      if (this.#toldOf !== annotation.anchor.sha256) notify(t("onStillOnly"));
      this.#toldOf = annotation.anchor.sha256;
      return;
    }
    const held = this.#chosenStill.value;
    if (held && sameFrame(held.frame, annotation.frame) && !this.sighting.value) this.letGo();
  }

  #sharper(still: SharedStill | null): SharedStill | null {
    if (!still) return null;
    const same = this.view.value.stills.filter((other) => sameFrame(other.frame, still.frame));
    // What passed by has no hash for marks to be fixed to: any still of that frame is better.
    const first = isLiveShown(still) ? (same[0] ?? still) : still;
    return same.reduce((best, other) => (other.width > best.width ? other : best), first);
  }

  async #loadDevice(deviceId: string | null): Promise<void> {
    if (deviceId === (this.device.peek()?.view.device.id ?? null)) return;
    this.deviceProblem.value = null;
    if (!deviceId) return void (this.device.value = null);
    const isStill = () => this.view.peek().device?.device_id === deviceId;
    try {
      const device = await get<SessionDevice>(`/sessions/${this.id}/device`);
      if (isStill()) this.device.value = device;
    } catch (error) {
      if (!isStill()) return;
      this.device.value = null;
      this.deviceProblem.value = error as Error;
    }
  }
}
