import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

/** The API of `make demo`, for `npm run dev`; MCM_API_URL overrides it. */
function apiUrl(): string {
  if (process.env.MCM_API_URL) return process.env.MCM_API_URL;
  try {
    const endpoints: unknown = JSON.parse(readFileSync(new URL("../.local/endpoints.json", import.meta.url), "utf8"));
    return (endpoints as { api: string }).api;
  } catch {
    return "http://127.0.0.1:8000";
  }
}

export default defineConfig({
  base: "/app/",
  plugins: [react(), tailwindcss()],
  resolve: {
    alias: {
      "@": fileURLToPath(new URL("./src", import.meta.url)),
      // the content security policy refuses the style elements of the original
      "react-style-singleton": fileURLToPath(new URL("./src/lib/adopted-styles.ts", import.meta.url)),
    },
  },
  build: {
    target: "es2024",
    manifest: true,
    // scripts and styles are separate files: the content security policy allows none inline
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    port: 5173,
    // everything but the page itself is proxied to the API, as in production
    // under the API's own host and origin, the only ones it serves
    proxy: { "^/(?!app/)": { target: apiUrl(), changeOrigin: true, headers: { Origin: new URL(apiUrl()).origin } } },
  },
  test: {
    environment: "jsdom",
    environmentOptions: { jsdom: { url: "http://localhost:3000/app/" } },
    setupFiles: ["src/testing/setup.ts"],
    include: ["src/**/*.test.{ts,tsx}", "eslint/**/*.test.mjs"],
    restoreMocks: true,
    // one jsdom for all files of a worker: one for each file takes three times as long; setup.ts resets what tests share
    isolate: false,
    // pages load on first use, which takes a while on a busy machine
    testTimeout: 60_000,
  },
});
