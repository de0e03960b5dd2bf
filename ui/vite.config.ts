/// <reference types="vitest/config" />
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const root = new URL(".", import.meta.url).pathname;

// `--mode fake` builds the screens on the fake host, for looking at them in a browser. The shipped
// build leaves the fake host out.
export default defineConfig(({ mode }) => ({
  root,
  base: "./",
  plugins: [react()],
  clearScreen: false,
  server: { host: "127.0.0.1", port: 5173, strictPort: true, fs: { allow: [".."] } },
  preview: { host: "127.0.0.1", port: 1421, strictPort: true },
  define: { __FAKE_HOST__: JSON.stringify(mode !== "production") },
  build: {
    outDir: mode === "fake" ? "dist-fake" : "dist",
    emptyOutDir: true,
    target: "safari16",
    chunkSizeWarningLimit: 900,
    modulePreload: { polyfill: false },
    // Fonts stay files: a page may load them from itself, not from `data:`.
    assetsInlineLimit: 0,
  },
  test: {
    environment: "jsdom",
    setupFiles: ["./src/test-setup.ts"],
    include: ["src/**/*.test.{ts,tsx}"],
    restoreMocks: true,
    // Long enough for the longest story on a machine that does much else: no test is about speed.
    testTimeout: 300_000,
  },
}));
