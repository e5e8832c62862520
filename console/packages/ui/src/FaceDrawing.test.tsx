// @vitest-environment happy-dom
import type { Face } from "@nearhand/contract";
import { render } from "preact";
import { beforeAll, expect, it, vi } from "vitest";
import { FaceDrawing } from "./FaceDrawing";

const port = (name: string, x_mm: number) => ({
  name,
  kind: "rj45",
  x_mm,
  y_mm: 20,
  width_mm: 12,
  height_mm: 10,
});
const face: Face = {
  width_mm: 482.6,
  height_mm: 44.45,
  ports: [port("36", 100), port("37", 114)],
  components: [],
};

beforeAll(() => {
  vi.stubGlobal("ResizeObserver", class { observe() {} disconnect() {} }); // prettier-ignore
});

it("draws each port at its place in millimetres, and lifts out those that are meant", () => {
  const place = document.createElement("div");
  render(<FaceDrawing face={face} title="Front" highlighted={new Set(["37"])} />, place);
  expect(place.querySelector("svg")!.getAttribute("viewBox")).toBe("0 0 482.6 44.45");
  const part = place.querySelector('[data-port="37"]')!;
  expect(part.classList.contains("is-lit")).toBe(true);
  expect(part.querySelector("rect")!.getAttribute("x")).toBe("108");
});

it("says which port is clicked", () => {
  const place = document.createElement("div");
  const onPort = vi.fn();
  render(<FaceDrawing face={face} title="Front" onPort={onPort} />, place);
  place.querySelector('[data-port="36"]')!.dispatchEvent(new Event("click", { bubbles: true }));
  expect(onPort).toHaveBeenCalledWith("36", "click");
});
