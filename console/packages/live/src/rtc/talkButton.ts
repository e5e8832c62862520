/** One button for both ways to speak: held, one speaks as long as it is held; tapped, until it is tapped again. */

const HELD_MS = 350;

export class TalkButton {
  #pressedAt: number | null = null;
  #wasTalking = false;

  constructor(
    private readonly talk: (wants: boolean) => void,
    private readonly isTalking: () => boolean,
    private readonly now: () => number = () => performance.now(),
  ) {}

  press(): void {
    if (this.#pressedAt !== null) return; // a key that repeats
    this.#pressedAt = this.now();
    this.#wasTalking = this.isTalking();
    if (!this.#wasTalking) this.talk(true);
  }

  release(): void {
    if (this.#pressedAt === null) return;
    const held_ms = this.now() - this.#pressedAt;
    this.#pressedAt = null;
    if (this.#wasTalking || held_ms >= HELD_MS) this.talk(false);
  }
}
