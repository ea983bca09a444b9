// Fixtures of the browser specs: one built program a worker, started on a free
// port with a data folder of its own, and a page that is signed in. A console
// error or a report of the content policy fails the test.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test as base, type Browser, type BrowserContextOptions, expect, type Page } from "@playwright/test";

export interface Sonde {
  readonly origin: string;
  /** A new one-time link. */
  link(): string;
  readonly state: Exclude<BrowserContextOptions["storageState"], undefined>;
  readonly pid: number;
}

const binary = process.env["SONDE_BIN"] ?? join(import.meta.dirname, "..", "bin", "sonde");

async function first(child: ChildProcess): Promise<string> {
  const lines = createInterface({ input: child.stdout! });
  for await (const line of lines) {
    const m = /sonde: (https?:\/\/\S+)/.exec(line);
    if (m) return m[1]!;
  }
  throw new Error("sonde ended without printing its address");
}

async function signIn(browser: Browser, link: string): Promise<Sonde["state"]> {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(link);
  await page.waitForFunction(() => document.documentElement.dataset["ready"] === "1");
  const state = await context.storageState();
  await context.close();
  return state;
}

export const test = base.extend<{ signedIn: Page; problems: string[] }, { sonde: Sonde }>({
  sonde: [
    async ({ browser }, use) => {
      const data = mkdtempSync(join(tmpdir(), "sonde-browser-"));
      const child = spawn(binary, ["serve", "--listen", "127.0.0.1:0", "--data", data], { stdio: ["ignore", "pipe", "inherit"] });
      const link = await first(child);
      const origin = new URL(link).origin;
      const state = await signIn(browser, link);
      await use({
        origin,
        state,
        pid: child.pid!,
        link: () => {
          const out = spawnSync(binary, ["url", "--data", data], { encoding: "utf8" });
          const m = /https?:\/\/\S+/.exec(out.stdout);
          if (!m) throw new Error(`sonde url: ${out.stdout}${out.stderr}`);
          return m[0];
        },
      });
      child.kill("SIGTERM");
      await new Promise((r) => child.once("exit", r));
      rmSync(data, { recursive: true, force: true });
    },
    { scope: "worker" },
  ],
  problems: async ({}, use) => {
    const list: string[] = [];
    await use(list);
    expect(list, "console errors and policy reports").toEqual([]);
  },
  signedIn: async ({ browser, sonde, problems }, use, info) => {
    const options = info.project.use;
    const context = await browser.newContext({ ...(options.viewport ? { viewport: options.viewport } : {}), baseURL: sonde.origin, storageState: sonde.state });
    const page = await context.newPage();
    watch(page, problems);
    await use(page);
    await context.close();
  },
});

export function watch(page: Page, problems: string[]): void {
  page.on("console", (m) => {
    if (m.type() === "error") problems.push(m.text());
  });
  page.on("pageerror", (e) => problems.push(e.message));
}

/** Opens a path and waits until the connection is live. */
export async function visit(page: Page, path: string): Promise<void> {
  await page.goto(path);
  await expect(page.locator(".livepill").filter({ hasText: /Live|Past|Paused/ })).toBeVisible();
}

export { expect };
