// How soon the page is there: node host/benches/page.mjs URL, beside a running server that serves a forecasting model.
// First paint, an answer's way to the drawn chart beyond the server's own time, bytes, and Lighthouse's measure of speed.
// Needs Chromium and what host/tests/page.sh installs.

import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const url = process.argv[2] ?? "http://127.0.0.1:7860/";
const tools = createRequire(new URL("../../target/test-tools/page/package.json", import.meta.url));
const chromium = process.env.CHROME_PATH ?? "/usr/bin/chromium";
const { default: puppeteer } = await import(pathToFileURL(tools.resolve("puppeteer-core")));

const LOADS = 7;
const PREDICTIONS = 25;
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const say = (name, values) => console.log(`${name}: median ${median(values).toFixed(1)} ms, worst ${Math.max(...values).toFixed(1)} ms of ${values.length}`);

const browser = await puppeteer.launch({ executablePath: chromium, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
const paints = [];
const answers = [];
let bytes = 0;
for (let load = 0; load < LOADS; load += 1) {
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  await page.setViewport({ width: 1280, height: 900 });
  const begun = Date.now();
  await page.goto(url, { waitUntil: "load" });
  await page.waitForSelector("#chart svg");
  answers.push(Date.now() - begun);
  paints.push(await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0].startTime));
  bytes = await page.evaluate(() => [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
    .reduce((sum, { transferSize }) => sum + transferSize, 0));
  await context.close();
}
say("first paint, nothing cached", paints);
say("first example answered and drawn, from nothing", answers);
console.log(`first visit: ${Math.round(bytes / 1000)} kB`);

const page = await browser.newPage();
await page.setViewport({ width: 1280, height: 900 });
await page.goto(url);
await page.waitForSelector("#chart svg");
const beyond = [];
for (let at = 0; at < PREDICTIONS; at += 1) {
  beyond.push(await page.evaluate(async () => {
    performance.clearMarks();
    performance.clearResourceTimings();
    document.querySelector("#predict").click();
    while (!performance.getEntriesByName("drawn").length || !performance.getEntriesByType("resource").length) await new Promise(requestAnimationFrame);
    const asked = performance.getEntriesByType("resource").find(({ name }) => name.endsWith("/predict"));
    const total = asked.serverTiming.find(({ name }) => name === "total").duration;
    return performance.getEntriesByName("drawn").at(-1).startTime - asked.startTime - total;
  }));
}
say("request to drawn chart, beyond the server's time", beyond);
await browser.close();

const flags = "--chrome-flags=--headless --no-sandbox --disable-gpu --disable-dev-shm-usage";
for (const preset of ["--form-factor=mobile", "--preset=desktop"]) {
  const report = JSON.parse(execFileSync("node", [
    tools.resolve("lighthouse/cli/index.js"), url, "--quiet", "--output=json", preset, flags,
    "--only-categories=performance,accessibility,best-practices",
  ], { env: { ...process.env, CHROME_PATH: chromium }, maxBuffer: 1 << 28, stdio: ["ignore", "pipe", "ignore"] }));
  const scores = Object.values(report.categories).map(({ title, score }) => `${title} ${Math.round(score * 100)}`);
  console.log(`Lighthouse, ${preset.split("=")[1]}: ${scores.join(", ")}`);
}
