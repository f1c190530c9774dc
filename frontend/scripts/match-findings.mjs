// Evaluates the dashboard's finding filter: reads lines of {"filter": …, "finding": …} and writes true or false for each.
// `filter` has the API's query parameters of GET /findings, `finding` is a finding as the stream sends it.
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import { runnerImport } from "vite";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const { module } = await runnerImport(here("../src/features/findings/live/matches.ts"), {
  configFile: false,
  root: here(".."),
  logLevel: "error",
  resolve: { alias: { "@": here("../src") } },
});
for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  const { filter, finding } = JSON.parse(line);
  process.stdout.write(`${module.matches(filter, finding)}\n`);
}
