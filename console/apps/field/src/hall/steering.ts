/** The camera in the hand: steered by whoever holds it, and by an expert whom they let. */
import type { CameraAct, CameraAsked, CameraState } from "@nearhand/contract";
import { Value } from "@nearhand/live";
import {
  type Abilities,
  abilitiesOf,
  focusOn,
  nextCamera,
  NO_ABILITIES,
  setTorch,
  setZoom,
  within,
} from "./abilities";

export interface CameraDoors {
  readonly track: () => MediaStreamTrack | null;
  readonly cameras: () => Promise<readonly Pick<MediaDeviceInfo, "deviceId" | "label">[]>;
  /** Film with another one; resolves when it films. */
  readonly open: (deviceId: string) => Promise<void>;
  readonly tell: (state: Omit<CameraState, "type" | "stream">) => void;
  readonly lensMoves: () => void;
  readonly torchIs: (isOn: boolean) => void;
}

/** What is done: as an expert asks for it, or a finger. */
export type Doing = Pick<CameraAsked, "act" | "is_on" | "zoom" | "at">;

export interface Steered extends Abilities {
  readonly isTorchOn: boolean;
  readonly cameras: number;
  /** Whoever may share pictures may steer it without asking each time. */
  readonly isSteered: boolean;
  /** Waits for an answer. */
  readonly asked: CameraAsked | null;
}

const TELL_GAP_MS = 500;
const ASKED_MS = 30_000;

export class Steering {
  readonly state = new Value<Steered>({
    ...NO_ABILITIES,
    isTorchOn: false,
    cameras: 0,
    isSteered: false,
    asked: null,
  });
  #track: MediaStreamTrack | null = null;
  #declined: CameraAct | null = null;
  #wantedZoom: number | null = null;
  #isZooming = false;
  #telling: ReturnType<typeof setTimeout> | undefined;
  #toldAt = -Infinity;
  #forgetting: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly doors: CameraDoors,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** A camera films, or none; or its state is to be told anew. */
  async met(): Promise<void> {
    const track = this.doors.track();
    const isOther = track !== this.#track;
    this.#track = track;
    const cameras = await this.doors.cameras().catch(() => []);
    const lit = isOther ? { isTorchOn: false } : {};
    this.#set({ ...abilitiesOf(track), ...lit, cameras: cameras.length });
  }

  hear(asked: CameraAsked): void {
    if (asked.act === "tell") return this.#tellSoon();
    if (this.state.get().isSteered) return void this.do(asked);
    this.#declined = null;
    this.#set({ asked });
    clearTimeout(this.#forgetting);
    this.#forgetting = setTimeout(() => this.answer(false), ASKED_MS);
  }

  /** To what was asked. */
  answer(isGranted: boolean): void {
    const { asked } = this.state.get();
    if (!asked) return;
    clearTimeout(this.#forgetting);
    this.#declined = isGranted ? null : asked.act;
    this.#set({ asked: null });
    if (isGranted) void this.do(asked);
  }

  /** For as long as this session is open here. */
  allow(isSteered: boolean): void {
    this.#set({ isSteered });
    if (isSteered) this.answer(true);
  }

  async do({ act, is_on, zoom, at }: Doing): Promise<void> {
    const track = this.doors.track();
    const can = this.state.get();
    try {
      if (act === "switch") await this.#switch(track);
      else if (!track) return;
      else if (act === "torch" && can.torch) {
        const isTorchOn = is_on ?? !can.isTorchOn;
        await setTorch(track, isTorchOn);
        this.doors.torchIs(isTorchOn);
        this.#set({ isTorchOn });
      } else if (act === "zoom" && can.zoom && zoom !== null) await this.#zoom(track, within(can.zoom, zoom));
      else if (act === "focus" && can.canFocus && at) await focusOn(track, at);
    } catch {
      // The camera says no, or is gone: its state, told anew, says what is so.
      this.#set({ ...abilitiesOf(this.doors.track()) });
    }
  }

  close(): void {
    clearTimeout(this.#telling);
    clearTimeout(this.#forgetting);
  }

  async #switch(track: MediaStreamTrack | null): Promise<void> {
    const next = nextCamera(await this.doors.cameras(), track?.getSettings().deviceId);
    if (next) await this.doors.open(next);
  }

  /** Fingers and sliders ask faster than a lens moves: it goes to where it was wanted last. */
  async #zoom(track: MediaStreamTrack, wanted: number): Promise<void> {
    this.#wantedZoom = wanted;
    if (this.#isZooming) return;
    this.#isZooming = true;
    try {
      while (this.#wantedZoom !== null) {
        const next: number = this.#wantedZoom;
        this.#wantedZoom = null;
        this.doors.lensMoves();
        await setZoom(track, next);
        this.doors.lensMoves();
        const { zoom } = this.state.get();
        if (zoom) this.#set({ zoom: { ...zoom, now: next } });
      }
    } finally {
      this.#isZooming = false;
    }
  }

  #set(changes: Partial<Steered>): void {
    this.state.set({ ...this.state.get(), ...changes });
    this.#tellSoon();
  }

  #tellSoon(): void {
    clearTimeout(this.#telling);
    const wait = Math.max(0, this.#toldAt + TELL_GAP_MS - this.now());
    if (wait === 0) this.#tell();
    else this.#telling = setTimeout(() => this.#tell(), wait);
  }

  #tell(): void {
    this.#toldAt = this.now();
    const { torch, isTorchOn, zoom, canFocus, cameras, isSteered, asked } = this.state.get();
    this.doors.tell({
      is_steered: isSteered,
      torch: torch ? isTorchOn : null,
      zoom,
      can_focus: canFocus,
      cameras,
      asked: asked?.act ?? null,
      declined: this.#declined,
    });
  }
}
