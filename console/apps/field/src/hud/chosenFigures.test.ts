import type { Series } from "@nearhand/contract";
import { describe, expect, it } from "vitest";
import { chosenFigures } from "./chosenFigures";

function series(quantity: string, port: string, last_value: number | null): Series {
  return { key: { device_id: "D", quantity, port }, unit: "1/min", last_at: null, last_value } as Series;
}

const CPU = series("cpu_load", "", 30);
const WARM = series("temperature", "", 33);
const QUIET = series("errors_in", "1", 0);
const FAULTY = series("errors_in", "37", 214);
const TRAFFIC = series("traffic_in", "37", 1e9);
const names = (all: readonly Series[], ports: string[] = []) =>
  chosenFigures(all, new Set(ports)).map(({ key }) => `${key.quantity} ${key.port}`.trim());

describe("the figures on the picture", () => {
  it("are the device's own while no port is in question", () => {
    expect(names([QUIET, TRAFFIC, CPU, WARM])).toEqual(["cpu_load", "temperature"]);
  });

  it("begin with the port that shows errors", () => {
    expect(names([QUIET, CPU, WARM, TRAFFIC, FAULTY])).toEqual(["errors_in 37", "cpu_load", "temperature"]);
  });

  it("begin with the errors of the step's port, however few", () => {
    expect(names([CPU, series("traffic_in", "1", 5), QUIET, FAULTY], ["1"])).toEqual([
      "errors_in 1",
      "traffic_in 1",
      "errors_in 37",
    ]);
  });

  it("leave out what was never measured", () => {
    expect(names([series("cpu_load", "", null)])).toEqual([]);
  });
});
