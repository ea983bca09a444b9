import AxeBuilder from "@axe-core/playwright";
import { expect, test, visit } from "./sonde";

const views = [
  ["/", "Home"],
  ["/processes", "Processes"],
  ["/files", "Files"],
  ["/sockets", "Sockets"],
  ["/interfaces", "Interfaces"],
  ["/bandwidth", "Bandwidth"],
  ["/captures", "Captures"],
] as const;

for (const [path, title] of views) {
  for (const theme of ["light", "dark"]) {
    test(`${title} is accessible in ${theme}`, async ({ signedIn: page }) => {
      await page.emulateMedia({ colorScheme: theme as "light" | "dark", reducedMotion: "reduce" });
      await visit(page, path);
      await expect(page).toHaveTitle(new RegExp(`^${title} · .+ · sonde$`));
      await expect(page.locator("h1")).toHaveCount(1);
      await page.waitForFunction(() => !document.querySelector("main [aria-busy]"));
      const found = await new AxeBuilder({ page }).analyze();
      expect(found.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(" ")).slice(0, 3).join(", ")}`)).toEqual([]);
    });
  }

  test(`${title} has no sideways scroll at 390 px`, async ({ signedIn: page }) => {
    await page.setViewportSize({ width: 390, height: 844 });
    await visit(page, path);
    await expect(page.locator(".bottomnav")).toBeVisible();
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
  });
}

test("the first paint names the view before scripts run", async ({ browser, sonde }) => {
  const context = await browser.newContext({ javaScriptEnabled: false, baseURL: sonde.origin });
  const page = await context.newPage();
  await page.goto("/sockets?f=port+%3D%3D+22");
  await expect(page.locator("h1")).toHaveText("Sockets");
  await expect(page.getByLabel("Filter sockets")).toHaveValue("port == 22");
  await expect(page.locator("#command")).toHaveText("ss -tunap");
  await context.close();
});

test("the theme switch is kept", async ({ signedIn: page }) => {
  await page.emulateMedia({ colorScheme: "light" });
  await visit(page, "/");
  await expect(page.locator("html")).toHaveAttribute("data-theme", "light");
  await page.getByRole("button", { name: "Switch theme" }).click();
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  await page.reload();
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
});

test("g and a letter go from view to view", async ({ signedIn: page }) => {
  await visit(page, "/");
  await page.keyboard.press("g");
  await page.keyboard.press("p");
  await expect(page).toHaveURL(/\/processes$/);
  await expect(page.locator(".livepill")).toHaveText("Live");
  await page.keyboard.press("g");
  await page.keyboard.press("s");
  await expect(page).toHaveURL(/\/sockets$/);
});

test("the palette understands old command lines part by part", async ({ signedIn: page }) => {
  await visit(page, "/");
  await page.keyboard.press("Control+k");
  const box = page.getByRole("combobox", { name: "Search and commands" });
  await box.fill("sudo lsof -nP -i TCP:5432");
  await expect(page.locator(".parse")).toContainText("port, either side");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/sockets\?f=proto/);
  await expect(page.getByLabel("Filter sockets")).toHaveValue("proto == tcp and port == 5432");
});

test("a typed capture opens the dialog filled in and starts nothing", async ({ signedIn: page }) => {
  const posts: string[] = [];
  page.on("request", (r) => {
    if (r.method() === "POST") posts.push(r.url());
  });
  await visit(page, "/");
  await page.keyboard.press(":");
  await page.keyboard.type("tcpdump -i lo -c 50 port 53");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("dialog", { name: "New capture" })).toBeVisible();
  await expect(page.getByLabel("Capture filter")).toHaveValue("port 53");
  await expect(page.getByRole("radio", { name: /^lo/ })).toBeChecked();
  expect(posts).toEqual([]);
});

test("help lists the keys and returns the focus", async ({ signedIn: page }) => {
  await visit(page, "/processes");
  await page.getByRole("button", { name: "Keyboard" }).focus();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("dialog", { name: "Keyboard" })).toBeVisible();
  // The guard: what is typed at once does not close it.
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog", { name: "Keyboard" })).toBeVisible();
  await expect(async () => {
    await page.keyboard.press("Escape");
    await expect(page.getByRole("dialog", { name: "Keyboard" })).toBeHidden({ timeout: 200 });
  }).toPass();
  await expect(page.getByRole("button", { name: "Keyboard" })).toBeFocused();
});

test("pause freezes the display and live goes on", async ({ signedIn: page }) => {
  await visit(page, "/processes");
  await page.locator("main").click({ position: { x: 5, y: 5 } });
  await page.keyboard.press("Space");
  await expect(page.locator(".livepill")).toHaveText("Paused. Go live");
  await page.keyboard.press("L");
  await expect(page.locator(".livepill")).toHaveText("Live");
});

test("a past second is marked as past", async ({ signedIn: page }) => {
  await visit(page, "/processes");
  await page.keyboard.press("[");
  await expect(page).toHaveURL(/t=\d\d%3A\d\d%3A\d\d/);
  await expect(page.locator("body")).toHaveClass(/past/);
  await expect(page.locator("#notices")).toContainText("You are looking at");
  await expect(page.locator("main s-grid")).toHaveCount(0);
  await page.getByRole("button", { name: "Go live" }).first().click();
  await expect(page.locator("main s-grid")).toHaveCount(1);
});
