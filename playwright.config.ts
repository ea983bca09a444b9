import { existsSync } from "node:fs";
import { defineConfig } from "@playwright/test";

// The browser of the system: SONDE_CHROMIUM names another one.
const chromium = process.env["SONDE_CHROMIUM"] ?? "/usr/bin/chromium";

export default defineConfig({
  testDir: "e2e",
  testMatch: "*.spec.ts",
  outputDir: "e2e/test-results",
  reporter: [["list"]],
  workers: 1,
  timeout: 60_000,
  expect: { timeout: 15_000 },
  forbidOnly: !!process.env["CI"],
  use: {
    viewport: { width: 1440, height: 900 },
    ...(existsSync(chromium) ? { launchOptions: { executablePath: chromium, args: ["--no-sandbox"] } } : {}),
    screenshot: "only-on-failure",
  },
});
