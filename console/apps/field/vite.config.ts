import { defineConfig } from "vite";

export default defineConfig({
  base: "/field/",
  build: { outDir: "../../dist/field", emptyOutDir: true, target: "es2022", sourcemap: false },
  server: { proxy: { "/api": { target: "http://127.0.0.1:8000", ws: true } } },
});
