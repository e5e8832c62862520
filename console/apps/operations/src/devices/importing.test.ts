import { expect, it } from "vitest";
import { formatOf, lines } from "./importing";

it("gives whole lines, wherever the stream was cut", async () => {
  const bytes = new TextEncoder().encode('{"a":"機櫃"}\n{"b":2}\n\n{"c":3}');
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const byte of bytes) controller.enqueue(Uint8Array.of(byte));
      controller.close();
    },
  });
  const seen: string[] = [];
  for await (const line of lines(stream)) seen.push(line);
  expect(seen).toEqual(['{"a":"機櫃"}', '{"b":2}', '{"c":3}']);
});

it("knows a JSON file by its name", () => {
  expect(formatOf("Devices.JSON")).toBe("json");
  expect(formatOf("devices.csv")).toBe("csv");
  expect(formatOf("devices")).toBe("csv");
});
