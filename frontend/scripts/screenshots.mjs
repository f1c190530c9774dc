// Takes the screenshots of the README from a running product: npm run screenshots [URL of the dashboard] [folder]
import { readFileSync } from "node:fs";

import { chromium } from "playwright-core";

const SIZE = { width: 1440, height: 900 };
const SHOTS = [
  { name: "overview", theme: "light", path: "" },
  { name: "findings", theme: "dark", path: "findings?sort=risk_score" },
  { name: "finding", theme: "light", path: "findings?sort=risk_score", opens: true },
];

const here = (path) => new URL(path, import.meta.url);
const [
  url = JSON.parse(readFileSync(here("../../.local/endpoints.json"), "utf8")).dashboard,
  folder = here("../../docs/images/").pathname,
] = process.argv.slice(2);

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox"],
});
for (const { name, theme, path, opens } of SHOTS) {
  const page = await browser.newPage({ viewport: SIZE, colorScheme: theme, reducedMotion: "reduce" });
  await page.goto(new URL(path, url).href);
  await page.getByText("Live", { exact: true }).waitFor();
  if (opens) {
    await page.locator("[data-row-link]").first().click();
    await page.getByRole("heading", { name: "Controls" }).waitFor();
  }
  await page.waitForLoadState("networkidle", { timeout: 3000 }).catch(() => undefined);
  await page.screenshot({ path: `${folder}/dashboard-${name}.png` });
  await page.close();
}
await browser.close();
