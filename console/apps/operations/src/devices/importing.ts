/** Send a table of devices, dry or for good, and follow the lines of progress until the report. */
import type { ImportReport } from "@nearhand/contract";
import { ask } from "../rest";

/** One line of the stream before its last, the report. */
export interface ImportProgress {
  stage: string;
  done: number;
  total: number;
}

export type Format = "csv" | "json";

/** By the file's name; a table is the likelier when it says nothing. */
export function formatOf(name: string): Format {
  return /\.json$/i.test(name) ? "json" : "csv";
}

export async function importDevices(
  file: Blob,
  options: { format: Format; isDryRun: boolean; onProgress: (progress: ImportProgress) => void },
): Promise<ImportReport> {
  const response = await ask("/devices/import", {
    method: "POST",
    body: file,
    query: { format: options.format, dry_run: options.isDryRun },
    headers: {
      Accept: "application/x-ndjson",
      "Content-Type": options.format === "csv" ? "text/csv" : "application/json",
    },
  });
  let report: ImportReport | undefined;
  for await (const line of lines(response.body!)) {
    const said = JSON.parse(line) as ImportProgress | ImportReport;
    if ("rows" in said) report = said;
    else options.onProgress(said);
  }
  if (!report) throw new Error("the import ended without a report");
  return report;
}

/** The lines of a stream as they become whole. */
export async function* lines(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  const reader = stream.getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    const parts = (rest + decoder.decode(value, { stream: !done })).split("\n");
    rest = done ? "" : parts.pop()!;
    yield* parts.filter((line) => line.trim() !== "");
    if (done) return;
  }
}
