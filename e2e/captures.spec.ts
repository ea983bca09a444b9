import { expect, test, visit } from "./sonde";

/** A classic pcap of one 60-byte Ethernet frame. */
function pcap(): Buffer {
  const b = Buffer.alloc(24 + 16 + 60);
  b.writeUInt32LE(0xa1b2c3d4, 0);
  b.writeUInt16LE(2, 4);
  b.writeUInt16LE(4, 6);
  b.writeUInt32LE(262144, 16);
  b.writeUInt32LE(1, 20);
  b.writeUInt32LE(1_700_000_000, 24);
  b.writeUInt32LE(60, 32);
  b.writeUInt32LE(60, 36);
  b.writeUInt16BE(0x88b5, 40 + 12);
  return b;
}

test("a chosen file becomes a capture, and goes only after the question", async ({ signedIn: page }) => {
  await visit(page, "/captures");
  await page.getByLabel("Choose capture files").setInputFiles({ name: "one <b>frame</b>.pcap", mimeType: "application/octet-stream", buffer: pcap() });
  const row = page.locator("main [role=row][aria-selected]").filter({ hasText: "one <b>frame</b>.pcap" });
  await expect(row).toHaveCount(1);
  await row.getByRole("button", { name: /Actions for/ }).click();
  await page.getByRole("menuitem", { name: /Delete/ }).click();
  const dialog = page.getByRole("dialog", { name: "Delete a capture" });
  await expect(dialog).toContainText("one <b>frame</b>.pcap");
  await expect(dialog.getByRole("button", { name: "Cancel" })).toBeFocused();
  await expect(async () => {
    await dialog.getByRole("button", { name: /^Delete / }).click();
    await expect(dialog).toBeHidden({ timeout: 1000 });
  }).toPass();
  await expect(row).toHaveCount(0);
});

test("a file that is no capture is refused with the reason", async ({ signedIn: page, problems }) => {
  await visit(page, "/captures");
  await page.getByLabel("Choose capture files").setInputFiles({ name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("not a capture at all, only words") });
  await expect(page.locator(".capcards")).toContainText(/notes\.txt: .*capture/);
  // The browser itself logs the refused request.
  problems.splice(0, problems.length, ...problems.filter((p) => !/status of 415/.test(p)));
});

test("the capture filter is checked while typing", async ({ signedIn: page }) => {
  await visit(page, "/captures?dialog=new");
  const box = page.getByLabel("Capture filter");
  await expect(async () => {
    await box.fill("port 53 and");
    await expect(page.locator("#cf-hint.bad")).toBeVisible({ timeout: 2000 });
  }).toPass();
  await expect(page.getByRole("button", { name: "Start", exact: true })).toBeDisabled();
  await box.fill("port 53");
  await expect(page.locator("#cf-hint.ok")).toBeVisible();
});
