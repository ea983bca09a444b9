import { createServer, type Server, Socket } from "node:net";
import { expect, test, visit } from "./sonde";

let server: Server;
let port = 0;
const clients: Socket[] = [];

test.beforeAll(async () => {
  server = createServer((s) => s.on("error", () => {}));
  await new Promise<void>((r) => server.listen(0, "127.0.0.1", r));
  port = (server.address() as { port: number }).port;
  for (let i = 0; i < 3; i++) {
    const c = new Socket();
    clients.push(c);
    await new Promise<void>((r) => c.connect(port, "127.0.0.1", r));
  }
});

test.afterAll(() => {
  for (const c of clients) c.destroy();
  server.close();
});

test("connections by port, with their owner and TCP internals", async ({ signedIn: page }) => {
  await visit(page, `/sockets?f=rport+%3D%3D+${port}`);
  const rows = page.locator("main [role=row][aria-selected]");
  await expect(rows).toHaveCount(3);
  await expect(rows.first()).toContainText(String(process.pid));
  await expect(page.locator("#command")).toContainText("ss -tu");
  await rows.first().click({ position: { x: 12, y: 8 } });
  await expect(page).toHaveURL(/sel=/);
  const panel = page.getByRole("complementary", { name: "Socket" });
  await expect(panel).toContainText("TCP internals");
  await expect(panel).toContainText("cwnd");
  await expect(panel.getByRole("link", { name: "Capture this pair" })).toHaveAttribute("href", new RegExp(`port%20${port}`));
});

test("state chips filter and count", async ({ signedIn: page }) => {
  await visit(page, `/sockets?f=port+%3D%3D+${port}`);
  const chip = page.getByRole("button", { name: /^ESTAB/ });
  await expect(chip).toContainText("6");
  await chip.click();
  await expect(page.getByLabel("Filter sockets")).toHaveValue(`state == ESTAB and port == ${port}`);
  await expect(chip).toHaveAttribute("aria-pressed", "true");
  await page.goBack();
  await expect(page.getByLabel("Filter sockets")).toHaveValue(`port == ${port}`);
});

test("listeners show backlog and reach", async ({ signedIn: page }) => {
  await visit(page, `/sockets?tab=listening&f=port+%3D%3D+${port}`);
  const row = page.locator("main [role=row][aria-selected]");
  await expect(row).toHaveCount(1);
  await expect(row).toContainText("this host only");
  await expect(row).toContainText(/0 of \d+/);
});

test("routes, unix sockets and protocol counters are tabs with addresses", async ({ signedIn: page }) => {
  await visit(page, "/sockets");
  await page.getByRole("tab", { name: /Unix/ }).click();
  await expect(page).toHaveURL(/tab=unix/);
  await expect(page.locator("#command")).toHaveText("ss -xp");
  await page.getByRole("tab", { name: /Routes/ }).click();
  await expect(page.getByRole("grid", { name: "Routes" })).toBeVisible();
  await page.getByRole("tab", { name: /Protocol/ }).click();
  await expect(page.locator("main")).toContainText("Segments received");
});
