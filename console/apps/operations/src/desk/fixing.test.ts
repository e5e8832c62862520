import type { FrameRef } from "@nearhand/contract";
import type { OpenSession, RefusedWish } from "@nearhand/live";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Desk } from "./desk";
import { canBeFixed, wipeRefused } from "./fixing";

const FRAME: FrameRef = { stream: "cam", frame_id: 7, how: "ring" };

describe("a mark on a picture that only passed by", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("is fixed as soon as what was seen in that picture is told", async () => {
    let sighting: object | null = null;
    const desk = { sightOf: () => sighting, stillOf: () => undefined } as unknown as Desk;
    const can = canBeFixed(desk, FRAME);
    await vi.advanceTimersByTimeAsync(4000);
    sighting = {};
    await vi.advanceTimersByTimeAsync(100);
    expect(await can).toBe(true);
  });

  it("is given up when neither that nor its still has come", async () => {
    const desk = { sightOf: () => null, stillOf: () => undefined } as unknown as Desk;
    const can = canBeFixed(desk, FRAME);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(await can).toBe(false);
  });
});

describe("a refused mark", () => {
  it("takes its stroke from the others' screens; what was no stroke is left alone", () => {
    const drawStroke = vi.fn();
    let refuse: (refusal: RefusedWish) => void = () => undefined;
    const live = { onRefused: (listener: typeof refuse) => ((refuse = listener), () => undefined) };
    wipeRefused({ live, commands: { drawStroke } } as unknown as OpenSession);
    const refused = (wish: unknown) =>
      refuse({ n: 1, code: "no_pose", title: "", detail: "", wish } as RefusedWish);
    refused({ type: "chat.say", n: 1, text: "hello" });
    refused({ type: "annotation.add", n: 2, id: "m", shape: "port", place: { kind: "port" } });
    expect(drawStroke).not.toHaveBeenCalled();
    refused({ type: "annotation.add", n: 3, id: "m", shape: "ring", place: { kind: "frame", frame: FRAME } });
    expect(drawStroke).toHaveBeenCalledWith("m", "ring", FRAME, []);
  });
});
