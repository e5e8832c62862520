import { createHash } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { defineConfig, type Plugin } from "vite";

const OUT = join(import.meta.dirname, "../../dist/field");

/** Tell the service worker which files the build made. */
function precache(): Plugin {
  return {
    name: "precache",
    apply: "build",
    async closeBundle() {
      const files = (await readdir(OUT, { recursive: true, withFileTypes: true }))
        .filter((entry) => entry.isFile() && entry.name !== "sw.js")
        .map((entry) => join(entry.parentPath, entry.name).slice(OUT.length).replaceAll("\\", "/"))
        .sort();
      const hash = createHash("sha256");
      for (const file of files) hash.update(file).update(await readFile(join(OUT, file)));
      const worker = join(OUT, "sw.js");
      const text = (await readFile(worker, "utf8"))
        .replace(/["'`]__SHELL__["'`]/, JSON.stringify(files.map((file) => `/field${file}`)))
        .replace("__VERSION__", hash.digest("hex").slice(0, 12));
      await writeFile(worker, text);
    },
  };
}

/** What a phone must fetch before anything works, gzipped. What it does without belongs into a `part` (src/part.ts). */
const FIRST_JS_BYTES = 60_000;

function light(): Plugin {
  return {
    name: "light",
    apply: "build",
    writeBundle(_, bundle) {
      const first = new Set<string>();
      const sizeOf = (name: string): number => {
        const file = bundle[name];
        if (file?.type !== "chunk" || first.has(name)) return 0;
        first.add(name);
        return [...file.imports.map(sizeOf), gzipSync(file.code, { level: 9 }).length].reduce(
          (a, b) => a + b,
        );
      };
      const page = Object.values(bundle).find((file) => file.type === "chunk" && file.name === "index");
      const bytes = sizeOf(page!.fileName);
      if (bytes > FIRST_JS_BYTES)
        this.error(`The first JavaScript weighs ${bytes} bytes gzipped; ${FIRST_JS_BYTES} are allowed.`);
    },
  };
}

export default defineConfig({
  base: "/field/",
  plugins: [precache(), light()],
  worker: { format: "es" },
  build: {
    outDir: "../../dist/field",
    emptyOutDir: true,
    target: "es2022",
    sourcemap: false,
    rollupOptions: {
      input: { index: "index.html", sw: "src/offline/sw.ts" },
      output: {
        entryFileNames: (chunk) => (chunk.name === "sw" ? "sw.js" : "assets/[name]-[hash].js"),
      },
    },
  },
  server: { proxy: { "/api": { target: "http://127.0.0.1:8000", ws: true } } },
});
