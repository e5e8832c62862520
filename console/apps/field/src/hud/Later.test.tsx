// @vitest-environment happy-dom
import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { part, type Part } from "../part";
import { isOffline } from "../rest";
import { Later } from "./Later";

const place = document.createElement("div");
const show = (wanted: Part<string>) =>
  settled(() => render(<Later part={wanted}>{(text) => <p>{text}</p>}</Later>, place));
const press = () => settled(() => place.querySelector("button")!.click());
/** What was done, and then what its promises led to, are on screen. */
async function settled(run: () => void): Promise<void> {
  await act(run);
  await act(() => new Promise<void>((resolve) => setTimeout(resolve)));
}
const cut = () => Promise.reject(new Error("cut"));

beforeEach(() => void (isOffline.value = false));
afterEach(() => {
  render(null, place);
  vi.restoreAllMocks();
});

it("holds the place of a part on its way, and shows it when it is there", async () => {
  let come!: (text: string) => void;
  const wanted = part(() => new Promise<string>((resolve) => (come = resolve)));
  await show(wanted);
  expect(place.querySelector(".late [aria-busy=true]")).not.toBeNull();
  await settled(() => come("Here"));
  expect(place.innerHTML).toBe("<p>Here</p>");
});

it("shows a part that was fetched ahead at once", async () => {
  const wanted = part(() => Promise.resolve("Here"));
  await wanted.load();
  render(<Later part={wanted}>{(text) => <p>{text}</p>}</Later>, place);
  expect(place.innerHTML).toBe("<p>Here</p>");
});

it("says that a part could not be had, and gets it at the second try", async () => {
  const answers = [cut, () => Promise.resolve("Here")];
  await show(part(() => answers.shift()!()));
  expect(place.querySelector("[role=alert]")!.textContent).toContain("could not be loaded");
  expect(place.querySelector("button")!.textContent).toBe("Try again");
  await press();
  expect(place.innerHTML).toBe("<p>Here</p>");
});

it("offers a new page when trying again did not help: the browser or a newer version may have lost the part", async () => {
  const reload = vi.spyOn(location, "reload").mockImplementation(() => undefined);
  await show(part<string>(cut));
  await press();
  expect(place.querySelector("button")!.textContent).toBe("Reload");
  await press();
  expect(reload).toHaveBeenCalledOnce();
});

it("without a line it offers no new page, which would lose this one, and comes by itself with the line", async () => {
  isOffline.value = true;
  const answers = [cut, cut, cut, () => Promise.resolve("Here")];
  await show(part(() => answers.shift()!()));
  for (let tries = 0; tries < 2; tries++) {
    expect(place.textContent).toContain("Not on this phone yet");
    expect(place.querySelector("button")!.textContent).toBe("Try again");
    await press();
  }
  await settled(() => void (isOffline.value = false));
  expect(place.innerHTML).toBe("<p>Here</p>");
});
