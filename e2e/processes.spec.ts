import { type ChildProcess, spawn } from "node:child_process";
import { expect, test, visit } from "./sonde";

const started: ChildProcess[] = [];

/** A process of our own with a name to find it by. */
function sleeper(seconds: number): ChildProcess & { pid: number } {
  const c = spawn("sleep", [String(seconds)], { stdio: "ignore" });
  started.push(c);
  return c as ChildProcess & { pid: number };
}

test.afterEach(() => {
  for (const c of started.splice(0)) {
    try {
      process.kill(c.spawnargs[0] === "sh" ? -c.pid! : c.pid!, "SIGKILL");
    } catch {
      // it has ended already
    }
  }
});

test("the filter narrows the list, says when it is wrong, and keeps the last result", async ({ signedIn: page }) => {
  const a = sleeper(7001);
  await visit(page, "/processes");
  const box = page.getByLabel("Filter processes");
  await box.fill(`pid == ${a.pid}`);
  const rows = page.locator("main [role=row][aria-selected]");
  await expect(rows).toHaveCount(1);
  await expect(rows).toContainText("7001");
  await expect(page).toHaveURL(new RegExp(`f=pid\\+%3D%3D\\+${a.pid}`));
  await box.fill(`pdi == ${a.pid}`);
  await expect(page.locator(".filter.invalid")).toContainText("Did you mean pid?");
  await expect(rows).toHaveCount(1);
  await box.fill("pid ==");
  await expect(page.locator(".filter.partial")).toContainText("A value is expected");
  await expect(rows).toHaveCount(1);
  await box.fill("no-such-process-anywhere");
  await expect(page.locator("main .g-empty")).toContainText("matches 0 of");
  await page.getByRole("button", { name: "Clear filter" }).last().click();
  await expect(rows.first()).toBeVisible();
});

test("the selection is the process, through updates, sorting and a filter that hides it", async ({ signedIn: page }) => {
  const a = sleeper(7002);
  await visit(page, `/processes?sel=${a.pid}`);
  const panel = page.getByRole("complementary", { name: `Process ${a.pid}` });
  await expect(panel).toContainText("sleep 7002");
  const selected = page.locator("main [role=row][aria-selected=true]");
  await expect(selected).toContainText(String(a.pid));
  await page.keyboard.press("M");
  await expect(page).toHaveURL(/sort=-mem/);
  await expect(selected).toContainText(String(a.pid));
  // Some versions of the table go by.
  const version = await page.locator("s-process").evaluate((e) => (e as unknown as { version: number }).version);
  await page.waitForFunction((v) => (document.querySelector("s-process") as unknown as { version: number }).version > v + 1, version);
  await expect(selected).toContainText(String(a.pid));
  await page.getByLabel("Filter processes").fill("name == systemd-nothing");
  await expect(panel).toContainText("sleep 7002");
  await page.getByLabel("Filter processes").fill("");
  a.kill("SIGKILL");
  await expect(panel).toContainText("ended");
  await expect(panel).toContainText("sleep 7002");
});

test("a header sorts, again reverses, and the address holds it", async ({ signedIn: page }) => {
  await visit(page, "/processes");
  const head = page.getByRole("columnheader", { name: "PID" });
  await head.getByRole("button").click();
  await expect(page).toHaveURL(/sort=pid/);
  await expect(head).toHaveAttribute("aria-sort", "ascending");
  await head.getByRole("button").click();
  await expect(page).toHaveURL(/sort=-pid/);
  await expect(head).toHaveAttribute("aria-sort", "descending");
  await page.goBack();
  await expect(head).toHaveAttribute("aria-sort", "ascending");
  await page.reload();
  await expect(head).toHaveAttribute("aria-sort", "ascending");
});

test("the tree shows children under their parent", async ({ signedIn: page }) => {
  // A time of our own, so that nothing else on the host matches.
  const time = `7003.${process.pid}`;
  const child = spawn("sh", ["-c", `sleep ${time} & wait`], { stdio: "ignore", detached: true });
  started.push(child);
  await visit(page, "/processes");
  await page.keyboard.press("t");
  await expect(page).toHaveURL(/tree=1/);
  await page.getByLabel("Filter processes").fill(`command contains "sleep ${time}"`);
  const rows = page.locator("main [role=row][aria-level]");
  await expect(rows).toHaveCount(2);
  await expect(rows.nth(0)).toContainText(`sh -c sleep ${time}`);
  await expect(rows.nth(1)).toContainText("└─");
  await expect(rows.nth(1)).toHaveAttribute("aria-level", "2");
});

test("arrow keys move, the active row is named, Escape leaves", async ({ signedIn: page }) => {
  await visit(page, "/processes?freeze=1");
  await expect(page.locator("main [role=row][aria-selected]").first()).toBeVisible();
  await page.keyboard.press("ArrowDown");
  await expect(page).toHaveURL(/sel=\d+/);
  const first = new URL(page.url()).searchParams.get("sel");
  await page.keyboard.press("j");
  await expect.poll(() => new URL(page.url()).searchParams.get("sel")).not.toBe(first);
  const grid = page.getByRole("grid", { name: "Processes" });
  const active = await grid.getAttribute("aria-activedescendant");
  await expect(page.locator(`#${active}`)).toHaveAttribute("aria-selected", "true");
  await page.keyboard.press("Escape");
  await expect(page).not.toHaveURL(/sel=/);
});

test("k asks, names the process, and sends only after the button", async ({ signedIn: page }) => {
  const a = sleeper(7004);
  const ended = new Promise<NodeJS.Signals | null>((r) => a.once("exit", (_c, s) => r(s)));
  await visit(page, `/processes?sel=${a.pid}`);
  await expect(page.getByRole("complementary")).toContainText("sleep 7004");
  await page.keyboard.press("k");
  const dialog = page.getByRole("dialog", { name: /Send a signal to sleep/ });
  await expect(dialog).toContainText("sleep 7004");
  await expect(dialog).toContainText(`kill -TERM ${a.pid}`);
  await expect(dialog.getByRole("radio", { name: /^TERM/ })).toBeFocused();
  // Keys of the first moments are ignored.
  await page.keyboard.press("Enter");
  expect(a.exitCode).toBeNull();
  await expect(async () => {
    await dialog.getByRole("button", { name: `Send TERM to ${a.pid}` }).click();
    await expect(dialog).toBeHidden({ timeout: 500 });
  }).toPass();
  expect(await ended).toBe("SIGTERM");
  await expect(page.locator("#toasts")).toContainText(`TERM sent to sleep (${a.pid})`);
});

test("an address alone opens the question and sends nothing", async ({ signedIn: page }) => {
  const a = sleeper(7005);
  const posts: string[] = [];
  page.on("request", (r) => {
    if (r.method() === "POST") posts.push(r.url());
  });
  await visit(page, `/processes?sel=${a.pid}&dialog=kill&sig=9`);
  await expect(page.getByRole("radio", { name: /^KILL/ })).toBeChecked();
  await page.getByRole("button", { name: "Cancel" }).waitFor();
  expect(posts).toEqual([]);
  expect(a.exitCode).toBeNull();
});

test("focus narrows the views and is carried along", async ({ signedIn: page }) => {
  const a = sleeper(7006);
  await visit(page, `/processes?sel=${a.pid}`);
  await expect(page.getByRole("complementary")).toContainText("sleep 7006");
  await page.keyboard.press("o");
  await expect(page.locator(".pill-focus")).toContainText(String(a.pid));
  await expect(page.locator("main [role=row][aria-selected]")).toHaveCount(1);
  await page.keyboard.press("g");
  await page.keyboard.press("s");
  await expect(page).toHaveURL(new RegExp(`/sockets\\?focus=pid%3A${a.pid}`));
  await page.keyboard.press("O");
  await expect(page.locator(".pill-focus")).toHaveCount(0);
});

test("the panel lists open files and environment names without values", async ({ signedIn: page }) => {
  const a = spawn("sleep", ["7007"], { stdio: "ignore", env: { SONDE_SPEC_SECRET: "do-not-show" } });
  started.push(a);
  await visit(page, `/processes?sel=${a.pid}`);
  await expect(page.getByRole("complementary")).toContainText("sleep 7007");
  await page.keyboard.press("3");
  await expect(page).toHaveURL(/tab=files/);
  const files = page.getByRole("grid", { name: "Open files" });
  await expect(files.getByRole("row").filter({ hasText: "/dev/null" }).first()).toBeVisible();
  await page.keyboard.press("4");
  const env = page.getByRole("grid", { name: "Environment" });
  const row = env.getByRole("row").filter({ hasText: "SONDE_SPEC_SECRET" });
  await expect(row).toBeVisible();
  await expect(row).not.toContainText("do-not-show");
  await page.getByRole("button", { name: "Reveal for 30 s" }).click();
  await expect(row).toContainText("do-not-show");
});
