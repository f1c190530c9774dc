// Checks what a browser has to fetch, gzip: the entry, each route on top of it, and the styles.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const KB = 1000;
const MOST = { entry: 140 * KB, route: 130 * KB, styles: 15 * KB };
// loaded on first use, never with the first page
const LAZY = [/cmdk/];

const dist = new URL("../dist/", import.meta.url);
const manifest = JSON.parse(readFileSync(new URL(".vite/manifest.json", dist), "utf8"));

const sizes = new Map();
function gzipped(file) {
  if (!sizes.has(file)) sizes.set(file, gzipSync(readFileSync(new URL(file, dist)), { level: 9 }).length);
  return sizes.get(file);
}

/** The files that come with a chunk: its own and those of all it imports at once. */
function filesOf(key, seen = new Set()) {
  const chunk = manifest[key];
  if (seen.has(chunk.file)) return seen;
  seen.add(chunk.file);
  for (const imported of chunk.imports ?? []) filesOf(imported, seen);
  return seen;
}

const total = (files) => [...files].reduce((sum, file) => sum + gzipped(file), 0);
const rows = [];
const entryKey = Object.keys(manifest).find((key) => manifest[key].isEntry);
const entry = filesOf(entryKey);
rows.push(["entry", total(entry), MOST.entry]);

for (const [key, chunk] of Object.entries(manifest))
  if (chunk.isDynamicEntry && key.startsWith("src/features/"))
    rows.push([key.replace("src/features/", ""), total(filesOf(key).difference(entry)), MOST.route]);

const styles = new Set(Object.values(manifest).flatMap((chunk) => chunk.css ?? []));
rows.push(["styles", total(styles), MOST.styles]);

let failed = false;
for (const [what, size, most] of rows) {
  const over = size > most;
  failed ||= over;
  console.log(
    `${what.padEnd(48)} ${(size / KB).toFixed(1).padStart(7)} of ${most / KB} kB gzip${over ? "  TOO LARGE" : ""}`,
  );
}
for (const file of entry) {
  const found = LAZY.find((name) => name.test(readFileSync(new URL(file, dist), "utf8")));
  if (found) {
    failed = true;
    console.log(`the entry (${file}) holds ${found}, which is to load when it is first used`);
  }
}
process.exit(failed ? 1 : 0);
