import { createHash } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
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

export default defineConfig({
  base: "/field/",
  plugins: [precache()],
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
