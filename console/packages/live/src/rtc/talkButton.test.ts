import { expect, test } from "vitest";
import { TalkButton } from "./talkButton";

function button() {
  let [now, isTalking] = [0, false];
  const talk = new TalkButton(
    (wants) => (isTalking = wants),
    () => isTalking,
    () => now,
  );
  return {
    press: () => talk.press(),
    release: () => talk.release(),
    wait: (ms: number) => void (now += ms),
    get isTalking() {
      return isTalking;
    },
  };
}

test("held, it speaks as long as it is held", () => {
  const it = button();
  it.press();
  expect(it.isTalking).toBe(true);
  it.wait(2000);
  it.press(); // the key repeats
  it.release();
  expect(it.isTalking).toBe(false);
});

test("tapped, it speaks until it is tapped again", () => {
  const it = button();
  for (const expected of [true, false, true]) {
    it.press();
    it.wait(80);
    it.release();
    expect(it.isTalking).toBe(expected);
    it.wait(5000);
  }
});

test("held while the microphone is open, it mutes", () => {
  const it = button();
  it.press();
  it.release();
  it.press();
  it.wait(900);
  it.release();
  expect(it.isTalking).toBe(false);
});

test("a release without a press changes nothing", () => {
  const it = button();
  it.release();
  expect(it.isTalking).toBe(false);
});
