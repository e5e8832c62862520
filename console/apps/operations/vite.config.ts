import { defineConfig } from "vite";

export default defineConfig({
  base: "/console/",
  build: { outDir: "../../dist/console", emptyOutDir: true, target: "es2022", sourcemap: false },
  server: { proxy: { "/api": { target: "http://127.0.0.1:8000", ws: true } } },
});
