// Makes the pictures of the README: runs the built binary on a capture made by
// code and photographs its own pages.
//
//	npm run shots        (needs make build, and Chromium)
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { chromium } from "@playwright/test";

const root = join(import.meta.dirname, "..");
const out = join(root, "e2e", "shots");
const work = mkdtempSync(join(tmpdir(), "sonde-shots-"));
const sample = join(work, "checkout.pcapng");

const made = spawnSync("go", ["run", "./capture/sample/gen", "-o", sample, "-n", "4000"], { cwd: root, stdio: "inherit" });
if (made.status !== 0) process.exit(1);

const sonde = spawn(join(root, "bin", "sonde"), ["serve", "--listen", "127.0.0.1:0", "--data", join(work, "data")], { stdio: ["ignore", "pipe", "inherit"] });
let link = "";
for await (const line of createInterface({ input: sonde.stdout })) {
  link = /sonde: (https?:\/\/\S+)/.exec(line)?.[1] ?? "";
  if (link) break;
}
const origin = new URL(link).origin;
const browser = await chromium.launch({ executablePath: process.env.SONDE_CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
const page = await (await browser.newContext({ viewport: { width: 1440, height: 900 }, colorScheme: "light" })).newPage();
await page.goto(link);
await page.waitForFunction(() => document.documentElement.dataset.ready === "1");
const half = await page.evaluate(() => Object.entries(localStorage).find(([k]) => k.includes("half"))?.[1] ?? "");
const answer = await page.request.post(`${origin}/api/captures?name=checkout.pcapng`, {
  data: readFileSync(sample),
  headers: { "Content-Type": "application/octet-stream", "X-Sonde-Half": half, Origin: origin },
});
const { id } = await answer.json();
mkdirSync(out, { recursive: true });
for (const [name, path] of [
  ["home", "/"],
  ["processes", "/processes"],
  ["sockets", "/sockets"],
  ["capture", `/captures/${id}?p=40`],
  ["conversations", `/captures/${id}/conversations?tab=tcp`],
]) {
  await page.goto(origin + path);
  await page.waitForTimeout(4000); // meters and sparklines want some samples
  await page.screenshot({ path: join(out, `${name}.png`) });
}
await browser.close();
sonde.kill("SIGTERM");
await new Promise((r) => sonde.once("exit", r));
rmSync(work, { recursive: true, force: true });
