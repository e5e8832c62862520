import "fake-indexeddb/auto";
import { describe, expect, test } from "vitest";
import { claimOutboxes, lockName, randomId } from "./outbox";
import { indexedDbShelf, memoryLocks } from "./shelf";

const SCOPE = { sessionId: "s", participantId: "me" };

describe("the outbox in IndexedDB", () => {
  test("survives its page, with its name, its numbers and what is not settled", async () => {
    const name = `test-${randomId()}`;
    const { mine } = await claimOutboxes(SCOPE, indexedDbShelf(name), memoryLocks());
    for (const text of ["one", "two", "three"]) mine.add({ type: "chat.say", text });
    mine.settle(2);
    await mine.close();
    const { mine: back } = await claimOutboxes(SCOPE, indexedDbShelf(name), memoryLocks());
    expect(back.client).toBe(mine.client);
    expect(back.last).toBe(3);
    expect(back.waiting).toEqual([
      { type: "chat.say", text: "one", n: 1 },
      { type: "chat.say", text: "three", n: 3 },
    ]);
    expect(back.add({ type: "chat.say", text: "four" }).n).toBe(4);
  });

  test("is not found by another person, and is left alone by another tab", async () => {
    const name = `test-${randomId()}`;
    const locks = memoryLocks();
    const { mine } = await claimOutboxes(SCOPE, indexedDbShelf(name), locks);
    mine.add({ type: "chat.say", text: "mine" });
    const tab = await claimOutboxes(SCOPE, indexedDbShelf(name), locks);
    expect(tab.mine.client).not.toBe(mine.client);
    expect(tab.left).toEqual([]);
    const other = await claimOutboxes(
      { ...SCOPE, participantId: "other" },
      indexedDbShelf(name),
      memoryLocks(),
    );
    expect(other.mine.waiting).toEqual([]);
  });

  test("a wish may be sent only once it is kept", async () => {
    const { mine } = await claimOutboxes(SCOPE, indexedDbShelf(`test-${randomId()}`), memoryLocks());
    const isReady = new Promise<void>((resolve) => (mine.onReady = resolve));
    mine.add({ type: "chat.say", text: "hello" });
    expect(mine.after(0, 10)).toEqual([]);
    await isReady;
    expect(mine.after(0, 10)).toMatchObject([{ n: 1 }]);
  });

  test("a renamed outbox counts from 1 again, and the old name is forgotten", async () => {
    const name = `test-${randomId()}`;
    const { mine } = await claimOutboxes(SCOPE, indexedDbShelf(name), memoryLocks());
    const old = mine.client;
    for (const text of ["one", "two"]) mine.add({ type: "chat.say", text });
    mine.settleUpTo(1);
    await mine.rename("renamed-outbox-00000");
    await mine.close();
    const kept = await indexedDbShelf(name).load("me");
    expect(kept.map(({ client }) => client)).toEqual(["renamed-outbox-00000"]);
    expect(kept[0]).toMatchObject({ last: 1, asks: [{ text: "two", n: 1 }] });
    expect(old).not.toBe("renamed-outbox-00000");
  });

  test("while an outbox is renamed its wishes are kept exactly once, and no other tab gets at them", async () => {
    const name = `test-${randomId()}`;
    const locks = memoryLocks();
    const { mine } = await claimOutboxes(SCOPE, indexedDbShelf(name), locks);
    const old = mine.client;
    for (const text of ["one", "two", "three"]) mine.add({ type: "chat.say", text });
    let isRenamed = false;
    const renaming = mine.rename("renamed-outbox-00000").then(() => (isRenamed = true));
    expect(mine.after(0, 10)).toEqual([]);
    const watching = indexedDbShelf(name);
    for (let isLast = false; !isLast;) {
      isLast = isRenamed;
      const kept = (await watching.load("me")).flatMap(({ asks }) =>
        asks.map((ask) => "text" in ask && ask.text),
      );
      expect(kept).toEqual(["one", "two", "three"].slice(0, kept.length));
      const tab = await claimOutboxes(SCOPE, watching, locks);
      expect([tab.mine, ...tab.left].flatMap(({ waiting }) => waiting)).toEqual([]);
      await tab.mine.close(true);
    }
    await renaming;
    expect(mine.after(0, 10)).toMatchObject([{ n: 1 }, { n: 2 }, { n: 3 }]);
    expect(await locks.tryHold(lockName("renamed-outbox-00000"))).toBeNull();
    expect(await locks.tryHold(lockName(old))).not.toBeNull();
  });

  test("a tab that looked before a rename does not adopt what went on under another name", async () => {
    const shelf = indexedDbShelf(`test-${randomId()}`);
    const locks = memoryLocks();
    const { mine } = await claimOutboxes(SCOPE, shelf, locks);
    mine.add({ type: "chat.say", text: "mine" });
    await mine.rename("renamed-once-0000000");
    const renamesAfterALook = {
      ...shelf,
      load: async (participantId: string) => {
        const seen = await shelf.load(participantId);
        if (mine.client === "renamed-once-0000000") await mine.rename("renamed-twice-000000");
        return seen;
      },
    };
    const tab = await claimOutboxes(SCOPE, renamesAfterALook, locks);
    expect([tab.mine, ...tab.left].flatMap(({ waiting }) => waiting)).toEqual([]);
  });
});
