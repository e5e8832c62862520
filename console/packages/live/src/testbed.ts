/** A fake server, and sessions entered on it, with time that moves only when told to: for tests. */

import { vi } from "vitest";
import { FakeServer } from "./fakeServer";
import { openSession, type OpenSession } from "./open";
import { memoryLocks, memoryShelf } from "./shelf";

export class Testbed {
  readonly server = new FakeServer();
  readonly locks = memoryLocks();
  shelf = memoryShelf();

  options(participantId = "me") {
    return {
      sessionId: "s",
      participantId,
      origin: "http://service.test",
      shelf: this.shelf,
      locks: this.locks,
      openSocket: this.server.openSocket,
      random: () => 1,
    };
  }

  async enter(participantId?: string): Promise<OpenSession> {
    const session = await openSession(this.options(participantId));
    await this.settle();
    return session;
  }

  /** What closed pages left unsent. */
  async kept(participantId = "me"): Promise<unknown[]> {
    const asks = (await this.shelf.load(participantId)).flatMap((outbox) => outbox.asks);
    return asks.map((ask) => ("text" in ask ? ask.text : ask.type));
  }

  /** Let what was asked be kept, then everything arrive everywhere. */
  async settle(): Promise<void> {
    for (let round = 0; round < 3; round++) {
      await vi.advanceTimersByTimeAsync(0);
      this.server.flush();
    }
  }
}

/** What a participant sees in the chat. */
export const texts = ({ live }: OpenSession) => live.get().chat.map(({ text }) => text);
