import { expect, test, watch } from "./sonde";

test("a link opens once, and its code leaves the address", async ({ browser, sonde, problems }) => {
  const link = sonde.link();
  const context = await browser.newContext();
  const page = await context.newPage();
  watch(page, problems);
  await page.goto(link);
  await expect(page.locator(".livepill")).toHaveText("Live");
  expect(page.url()).not.toContain("#");
  await context.close();

  const other = await browser.newContext();
  const again = await other.newPage();
  await again.goto(link);
  await expect(again.getByRole("heading", { level: 1 })).toContainText("no session");
  await expect(again.locator("main")).toContainText("sonde url");
  await other.close();
});

test("without a session the page says how to get one and shows nothing of the host", async ({ browser, sonde, problems }) => {
  const context = await browser.newContext({ baseURL: sonde.origin });
  const page = await context.newPage();
  watch(page, problems);
  await page.goto("/processes?f=sonde");
  await expect(page.locator("main")).toContainText("sonde url");
  await expect(page.locator("s-grid")).toHaveCount(0);
  await context.close();
});

test("the cookie without the second half is no login", async ({ browser, sonde }) => {
  const state = sonde.state as { cookies: []; origins: [] };
  const context = await browser.newContext({ baseURL: sonde.origin, storageState: { cookies: state.cookies, origins: [] } });
  const page = await context.newPage();
  await page.goto("/");
  await expect(page.locator("main")).toContainText("sonde url");
  const status = await page.evaluate(() => fetch("/api/processes").then((r) => r.status));
  expect(status).toBe(401);
  await context.close();
});

test("a session that ended shows the way back and keeps the address", async ({ browser, sonde }) => {
  const context = await browser.newContext({ baseURL: sonde.origin });
  const page = await context.newPage();
  await page.goto(sonde.link());
  await expect(page.locator(".livepill")).toHaveText("Live");
  await page.goto("/sockets?tab=listening");
  await expect(page.locator(".livepill")).toHaveText("Live");
  await context.clearCookies();
  await page.reload();
  await expect(page.locator("main")).toContainText("sonde url");
  await expect(page).toHaveURL(/tab=listening/);
  await context.close();
});
