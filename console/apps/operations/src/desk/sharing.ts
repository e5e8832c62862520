/** This desk shares a screen: from its first picture until it is stopped here, by the browser, or by somebody else's showing. */
import { Refusal, sendBytes } from "@nearhand/contract";
import { randomId } from "@nearhand/live";
import { ScreenSender } from "@nearhand/live/hall";
import { notify } from "@nearhand/ui";
import { effect, signal } from "@preact/signals";
import type { Desk } from "./desk";
import { t } from "./hallWords";
import { ScreenCapture } from "./screen";

const TICK_MS = 250;
const OVER: ReadonlySet<number> = new Set([401, 403, 404, 409, 410]);

interface Shared {
  readonly id: string;
  readonly capture: ScreenCapture;
  readonly sender: ScreenSender;
  readonly leave: () => void;
  /** The service has said that it is shown: from then on, something else in its place ends it. */
  isShown: boolean;
}

export class Sharing {
  /** The screen that this page shares, or is about to. */
  readonly id = signal<string | null>(null);
  readonly isStarting = signal(false);
  #shared: Shared | null = null;
  readonly #leave: (() => void)[];

  constructor(private readonly desk: Desk) {
    this.#leave = [
      effect(() => this.#follow()),
      desk.session.live.onRefused(({ wish, detail }) => {
        if (wish?.type !== "screen.share" || wish.id !== this.#shared?.id) return;
        notify(detail, "caution");
        this.#end();
      }),
    ];
  }

  /** Asks the browser which screen, window or tab. False: none was chosen. */
  async start(): Promise<boolean> {
    if (this.isStarting.peek()) return false;
    this.isStarting.value = true;
    const capture = await ScreenCapture.choose();
    this.isStarting.value = false;
    if (!capture) return false;
    this.#end();
    const id = (this.id.value = randomId());
    this.#shared = this.#shares(id, capture);
    this.desk.session.live.ask({ type: "screen.share", id });
    return true;
  }

  stop(): void {
    const id = this.#shared?.id;
    this.#end();
    if (id) this.desk.session.live.ask({ type: "screen.stop", id });
  }

  close(): void {
    for (const leave of this.#leave) leave();
    this.stop();
  }

  #shares(id: string, capture: ScreenCapture): Shared {
    const { id: session, session: opened } = this.desk;
    const sender = new ScreenSender({
      source: capture,
      send: async ({ blob }) => {
        await sendBytes(`/sessions/${session}/screen?screen_id=${id}`, blob, { method: "PUT" });
      },
      after: (error) => {
        if (!(error instanceof Refusal)) return "later";
        if (error.status === 413) return "smaller";
        return OVER.has(error.status) ? "over" : "later";
      },
      onOver: () => this.stop(),
      now: () => performance.now(),
    });
    const tick = (): void => {
      if (this.#shared?.isShown) void sender.tick(); // before, the service does not know of it
    };
    capture.onFrame = tick;
    capture.onEnded = () => this.stop();
    // Behind other pages a timer runs seldom; what comes over the line, and frames, wake it all the same.
    const timer = setInterval(tick, TICK_MS);
    const quiet = opened.live.listen((message) => {
      if (message.type === "welcome") sender.again();
      tick();
    });
    const leave = (): void => {
      clearInterval(timer);
      quiet();
    };
    return { id, capture, sender, leave, isShown: false };
  }

  /** What everybody is shown now is said by the service alone. */
  #follow(): void {
    const { document, isEnded, awaitsState } = this.desk.view.value;
    if (awaitsState) return;
    const shown = document?.document.kind === "screen" ? document.document : null;
    const shared = this.#shared;
    if (shared && shown?.id === shared.id)
      shared.isShown = true; // the next tick sends
    else if (shared && (shared.isShown || isEnded)) {
      this.#end();
      if (document) notify(t("tookOver", { name: this.desk.nameOf(document.by) }), "caution");
    } else if (shown && !shared && !this.isStarting.peek() && shown.client === this.desk.session.live.client)
      // Shared by this page before it was loaded anew: nobody takes pictures of it any more.
      this.desk.session.live.ask({ type: "screen.stop", id: shown.id });
  }

  #end(): void {
    const shared = this.#shared;
    this.#shared = null;
    this.id.value = null;
    if (!shared) return;
    shared.leave();
    shared.sender.close();
    shared.capture.close();
  }
}
