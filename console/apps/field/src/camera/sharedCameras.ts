/** Keep what was learnt of this phone's cameras on the service too, each person's apart, and bring it back from there. */
import type { CameraBelief } from "@nearhand/spatial";
import { isOwn, keepCamera, type Kept, markTold, untold } from "./calibration";

export interface Learnt {
  readonly camera: CameraBelief;
  readonly views: number;
}

export interface Doors {
  /** Who is signed in, where the service can be reached; else null. */
  readonly owner: () => string | null;
  /** Null when nothing is known of such a camera. */
  readonly load: (key: string) => Promise<Learnt | null>;
  readonly store: (key: string, kept: Kept) => Promise<void>;
  /** Call back once things have settled. */
  readonly later: (act: () => void) => void;
}

export class SharedCameras {
  #key: string | null = null;
  #asked = "";
  #isBusy = false;
  #isWanted = false;
  #isWaiting = false;

  constructor(private readonly doors: Doors) {}

  /** This camera films now. */
  meet(key: string): void {
    if (key === this.#key) return;
    this.#key = key;
    void this.exchange();
  }

  /** More was learnt: it is told soon, and not with every view. */
  learnt(): void {
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    this.doors.later(() => {
      this.#isWaiting = false;
      void this.exchange();
    });
  }

  /** Ask for the camera that films, once, and tell what is not told yet. Whatever fails is tried again next time. */
  async exchange(): Promise<void> {
    this.#isWanted = true;
    if (this.#isBusy) return;
    this.#isBusy = true;
    while (this.#isWanted) {
      this.#isWanted = false;
      const owner = this.doors.owner();
      if (owner === null) break;
      await this.#ask(owner).catch(() => undefined);
      for (const [key, kept] of untold(owner))
        await this.doors.store(key, kept).then(
          () => markTold(key, kept, owner),
          () => undefined,
        );
    }
    this.#isBusy = false;
  }

  async #ask(owner: string): Promise<void> {
    const key = this.#key;
    const asked = `${owner} ${key}`;
    // A key without the phone's own id might be that of another phone of its make.
    if (key === null || !isOwn(key) || asked === this.#asked) return;
    const found = await this.doors.load(key);
    this.#asked = asked;
    if (found) keepCamera(key, found.camera, found.views, owner);
  }
}
