// A capture in the browser. The file is built here, packet by packet, so the
// figures on the pages can be compared with what was put in, and with tshark's
// where it is installed.
import { spawnSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Locator, Page } from "@playwright/test";
import { expect, test, visit } from "./sonde";

interface Packet {
  readonly time: number;
  readonly bytes: Buffer;
}

function ether(type: number, payload: Buffer): Buffer {
  const b = Buffer.from("020000000002020000000001", "hex");
  const t = Buffer.alloc(2);
  t.writeUInt16BE(type);
  return Buffer.concat([b, t, payload]);
}

function sum(b: Buffer): number {
  let s = 0;
  for (let i = 0; i < b.length; i += 2) s += (b[i]! << 8) | (b[i + 1] ?? 0);
  while (s > 0xffff) s = (s & 0xffff) + (s >> 16);
  return ~s & 0xffff;
}

function ip(proto: number, src: string, dst: string, payload: Buffer): Buffer {
  const h = Buffer.alloc(20);
  h[0] = 0x45;
  h.writeUInt16BE(20 + payload.length, 2);
  h[8] = 64;
  h[9] = proto;
  Buffer.from(src.split(".").map(Number)).copy(h, 12);
  Buffer.from(dst.split(".").map(Number)).copy(h, 16);
  h.writeUInt16BE(sum(h), 10);
  return ether(0x0800, Buffer.concat([h, payload]));
}

function tcp(src: string, sport: number, dst: string, dport: number, seq: number, ack: number, flags: number, data = ""): Buffer {
  const h = Buffer.alloc(20);
  h.writeUInt16BE(sport, 0);
  h.writeUInt16BE(dport, 2);
  h.writeUInt32BE(seq, 4);
  h.writeUInt32BE(ack, 8);
  h[12] = 0x50;
  h[13] = flags;
  h.writeUInt16BE(64240, 14);
  return ip(6, src, dst, Buffer.concat([h, Buffer.from(data)]));
}

function udp(src: string, sport: number, dst: string, dport: number, data: string): Buffer {
  const h = Buffer.alloc(8);
  h.writeUInt16BE(sport, 0);
  h.writeUInt16BE(dport, 2);
  h.writeUInt16BE(8 + data.length, 4);
  return ip(17, src, dst, Buffer.concat([h, Buffer.from(data)]));
}

/** Five TCP connections with a question and an answer each, 40 datagrams. */
function packets(): Packet[] {
  const out: Packet[] = [];
  const add = (time: number, bytes: Buffer): void => {
    out.push({ time, bytes });
  };
  for (let c = 0; c < 5; c++) {
    const t = c * 2;
    const a = "10.1.0.1";
    const b = `10.1.0.${c + 2}`;
    const p = 40000 + c;
    const ask = `question <b>${c}</b>\r\n`;
    const answer = `answer ${c} ${"x".repeat(c * 10)}\r\n`;
    add(t, tcp(a, p, b, 7777, 1000, 0, 0x02));
    add(t + 0.001, tcp(b, 7777, a, p, 5000, 1001, 0x12));
    add(t + 0.002, tcp(a, p, b, 7777, 1001, 5001, 0x10));
    add(t + 0.003, tcp(a, p, b, 7777, 1001, 5001, 0x18, ask));
    add(t + 0.5, tcp(b, 7777, a, p, 5001, 1001 + ask.length, 0x18, answer));
    add(t + 0.501, tcp(a, p, b, 7777, 1001 + ask.length, 5001 + answer.length, 0x10));
    for (let u = 0; u < 8; u++) add(t + 0.6 + u / 100, udp("10.1.0.9", 50000 + c, "10.1.0.10", 9999, `datagram ${c}.${u}`));
  }
  return out.sort((x, y) => x.time - y.time);
}

function pcap(list: readonly Packet[]): Buffer {
  const head = Buffer.alloc(24);
  head.writeUInt32LE(0xa1b2c3d4, 0);
  head.writeUInt16LE(2, 4);
  head.writeUInt16LE(4, 6);
  head.writeUInt32LE(262144, 16);
  head.writeUInt32LE(1, 20);
  const parts: Buffer[] = [head];
  for (const p of list) {
    const h = Buffer.alloc(16);
    h.writeUInt32LE(1_700_000_000 + Math.floor(p.time), 0);
    h.writeUInt32LE(Math.round((p.time % 1) * 1e6), 4);
    h.writeUInt32LE(p.bytes.length, 8);
    h.writeUInt32LE(p.bytes.length, 12);
    parts.push(h, p.bytes);
  }
  return Buffer.concat(parts);
}

const file = pcap(packets());
const total = packets().length;
let serial = 0;

/** Uploads the file through the page's own session and opens it. */
async function openCapture(page: Page, bytes = file, query = ""): Promise<string> {
  await visit(page, "/captures");
  const name = `made-${++serial}.pcap`;
  await page.getByLabel("Choose capture files").setInputFiles({ name, mimeType: "application/octet-stream", buffer: bytes });
  const link = page.getByRole("link", { name });
  await expect(link).toBeVisible();
  const path = (await link.getAttribute("href"))!;
  await page.goto(path + query);
  return path;
}

const rows = (page: Page): Locator => page.locator("s-packets [role=row][aria-selected]");
const row = (page: Page, no: number): Locator => rows(page).filter({ has: page.locator(`[aria-colindex="1"]:text-is("${no}")`) });
const shown = (page: Page, n: number): Promise<void> => expect(page.locator("#fact")).toContainText(`${n} of ${total} packets shown`);

test("a dropped file is a capture, with its packets, strip and command", async ({ signedIn: page }) => {
  await visit(page, "/captures");
  const data = await page.evaluateHandle((b64) => {
    const d = new DataTransfer();
    d.items.add(new File([Uint8Array.from(atob(b64), (c) => c.charCodeAt(0))], "dropped.pcap"));
    return d;
  }, file.toString("base64"));
  // Anywhere in the window: here on the main area.
  for (const type of ["dragenter", "dragover", "drop"]) await page.dispatchEvent("main", type, { dataTransfer: data });
  const link = page.getByRole("link", { name: "dropped.pcap" });
  await expect(link).toBeVisible();
  await link.click();
  await expect(page.locator(".caphd")).toContainText(`dropped.pcap`);
  await expect(page.locator(".caphd .meta")).toContainText(`${total} packets`);
  await expect(row(page, 1)).toContainText("40000 → 7777 [SYN]");
  await expect(page.locator("s-capture-strip path").first()).toHaveAttribute("d", /^M/);
  await expect(page.locator("#command")).toHaveText("tshark -r dropped.pcap");
  await shown(page, total);
});

test("a valid filter narrows the list, a wrong one leaves it and says why", async ({ signedIn: page }) => {
  await openCapture(page);
  await shown(page, total);
  const box = page.getByRole("combobox", { name: "Display filter" });
  await box.fill("udp");
  await box.press("Enter");
  await shown(page, 40);
  await expect(page.locator("label.filter.valid")).toBeVisible();
  await expect(page).toHaveURL(/f=udp/);
  await expect(page.locator("#command")).toHaveText(/-Y udp$/);

  await box.fill("udp.prt == 9999");
  await expect(page.locator("label.filter.invalid")).toBeVisible();
  await expect(page.locator("#filter-st")).toContainText(/udp\.prt.*List unchanged/);
  await expect(page.locator(".under u")).toHaveText("udp.prt");
  await box.press("Enter");
  await shown(page, 40);
  await expect(page).toHaveURL(/f=udp(&|$)/);

  await box.fill("udp.port ==");
  await expect(page.locator("label.filter.partial")).toBeVisible();
  await shown(page, 40);

  await box.fill("frame.number > 100000");
  await box.press("Enter");
  await expect(page.getByText("No packet matches this filter")).toBeVisible();
  await page.getByRole("button", { name: "Clear filter" }).last().click();
  await shown(page, total);
  await page.goBack();
  await shown(page, 0);
});

test("completion is accepted by Tab, the history comes back on arrow up", async ({ signedIn: page }) => {
  await openCapture(page);
  const box = page.getByRole("combobox", { name: "Display filter" });
  await box.pressSequentially("udp.dst");
  await expect(page.getByRole("option", { name: /udp\.dstport/ })).toBeVisible();
  await box.press("Tab");
  await expect(box).toHaveValue(/^udp\.dstport ?$/);
  await box.fill("udp.dstport == 9999");
  await box.press("Enter");
  await shown(page, 40);
  await page.getByRole("button", { name: "Clear filter" }).click();
  await expect(box).toHaveValue("");
  await box.press("ArrowUp");
  await expect(box).toHaveValue("udp.dstport == 9999");
});

test("row, tree and bytes are linked both ways", async ({ signedIn: page }) => {
  await openCapture(page);
  await row(page, 4).click();
  await expect(page).toHaveURL(/p=4/);
  const tree = page.getByRole("tree", { name: "Packet details" });
  await expect(tree).toContainText("Transmission Control Protocol");
  // Tree to bytes: the source port is at 34, two bytes.
  await tree.getByRole("treeitem", { name: /^Transmission Control Protocol/ }).click();
  await page.keyboard.press("ArrowRight");
  await tree.getByRole("treeitem", { name: /^Source Port: 40000/ }).click();
  await expect(page).toHaveURL(/field=tcp\.srcport/);
  await expect(page.locator(".hexp .b.on")).toHaveText(["9c", "40"]);
  await expect(page.locator(".hexp .b.proto").first()).toBeVisible();
  await expect(page.locator("s-packet-tree .panehd")).toContainText("2 bytes at offset 34");
  // Bytes to tree: the time to live is at 22.
  await page.locator('.hexp .b[data-b="22"]').click();
  await expect(page.locator("[role=treeitem][aria-selected=true]")).toHaveText(/Time to Live: 64/);
  await expect(page).toHaveURL(/field=ip\.ttl/);
  // Text from the wire is text.
  await expect(page.locator("s-capture b", { hasText: /^0$/ })).toHaveCount(0);
  // The field as a filter.
  await page.getByRole("button", { name: "Apply as filter" }).click();
  await expect(page.getByRole("combobox", { name: "Display filter" })).toHaveValue("ip.ttl == 64");
  await shown(page, total);
});

test("an address opens on exactly that, Back and Forward work", async ({ signedIn: page }) => {
  const path = await openCapture(page, file, "?f=tcp.stream+%3D%3D+3&p=46&field=tcp.dstport");
  await shown(page, 6);
  await expect(row(page, 46)).toHaveAttribute("aria-selected", "true");
  await expect(page.locator("[role=treeitem][aria-selected=true]")).toHaveText(/Destination Port: 7777/);
  await expect(page.locator(".hexp .b.on")).toHaveText(["1e", "61"]);
  await page.goto(`${path}?r=2-3.9`);
  await shown(page, 14);
  await page.getByRole("button", { name: /2–3\.9 s/ }).click();
  await shown(page, total);
  await page.goBack();
  await shown(page, 14);
  await page.goForward();
  await shown(page, total);
});

test("the keyboard moves, goes to a packet, stays in a stream and follows it", async ({ signedIn: page }) => {
  await openCapture(page);
  await row(page, 1).click();
  await page.keyboard.press("j");
  await page.keyboard.press("ArrowDown");
  await expect(row(page, 3)).toHaveAttribute("aria-selected", "true");
  await page.keyboard.press("G");
  await expect(row(page, total)).toHaveAttribute("aria-selected", "true");
  await page.keyboard.press("g");
  await page.keyboard.press("g");
  await expect(row(page, 1)).toHaveAttribute("aria-selected", "true");
  await expect(page.getByRole("tree")).toContainText("Frame 1:");
  for (let no = 2; no <= 6; no++) {
    await page.keyboard.press("Control+.");
    await expect(row(page, no)).toHaveAttribute("aria-selected", "true");
    await expect(page.getByRole("tree")).toContainText(`Frame ${no}:`);
  }
  await page.keyboard.press("Control+,");
  await expect(row(page, 5)).toHaveAttribute("aria-selected", "true");
  await page.keyboard.press("Control+g");
  const dialog = page.getByRole("dialog", { name: "Go to packet" });
  await expect(async () => {
    await dialog.getByRole("textbox").fill("18");
    await dialog.getByRole("button", { name: "Go to packet" }).click();
    await expect(dialog).toBeHidden({ timeout: 1000 });
  }).toPass();
  await expect(row(page, 18)).toHaveAttribute("aria-selected", "true");
  await expect(page.getByRole("tree")).toContainText("Frame 18:");
  await page.keyboard.press("f");
  const follow = page.getByRole("dialog", { name: "TCP stream 1" });
  await expect(follow.locator(".stream .cl")).toHaveText(/question <b>1<\/b>/);
  await expect(follow.locator(".stream .sv")).toHaveText(/answer 1 x{10}/);
  await expect(follow).toContainText("497 ms of silence");
  await follow.getByLabel("Find in stream").fill("answer");
  await expect(follow.locator("mark.now")).toHaveText("answer");
  await expect(follow).toContainText("1 of 1");
  // A dialog ignores keys for its first 400 ms.
  await expect(async () => {
    await page.keyboard.press("Escape");
    await expect(follow).toBeHidden({ timeout: 500 });
  }).toPass();
  await expect(page).not.toHaveURL(/dialog/);
});

test("conversations are those of the file and of tshark", async ({ signedIn: page }) => {
  const path = await openCapture(page);
  await page.getByRole("tab", { name: "Conversations" }).click();
  await expect(page).toHaveURL(new RegExp(`${path}/conversations`));
  const grid = page.getByRole("grid", { name: "Conversations" });
  await expect(grid.locator(".g-body [role=row]")).toHaveCount(5);
  const read = async (): Promise<string[]> => {
    const out: string[] = [];
    for (const r of await grid.locator(".g-body [role=row]").all()) {
      const c = (await r.locator("[role=gridcell]").allTextContents()).map((t) => t.trim().replaceAll(",", ""));
      out.push([`${c[0]}:${c[1]}`, `${c[2]}:${c[3]}`, c[4], c[5], c[7], c[8], c[9], c[10], c[11], c[12]].join(" "));
    }
    return out.sort();
  };
  const expected: string[] = [];
  const list = packets();
  for (let c = 0; c < 5; c++) {
    const mine = list.filter((p) => p.bytes[23] === 6 && (p.bytes.readUInt16BE(34) === 40000 + c || p.bytes.readUInt16BE(36) === 40000 + c));
    const ab = mine.filter((p) => p.bytes.readUInt16BE(36) === 7777);
    const size = (l: readonly Packet[]): number => l.reduce((a, p) => a + p.bytes.length, 0);
    expected.push([`10.1.0.1:${40000 + c}`, `10.1.0.${c + 2}:7777`, mine.length, size(mine), ab.length, size(ab), mine.length - ab.length, size(mine) - size(ab), (c * 2).toFixed(6), "0.501000"].join(" "));
  }
  expect(await read()).toEqual(expected.sort());
  // tshark counts the same (its columns: B to A, A to B, both).
  const dir = mkdtempSync(join(tmpdir(), "sonde-conv-"));
  writeFileSync(join(dir, "made.pcap"), file);
  const t = spawnSync("tshark", ["-r", join(dir, "made.pcap"), "-q", "-z", "conv,tcp"], { encoding: "utf8" });
  rmSync(dir, { recursive: true });
  if (t.status === 0) {
    const theirs = t.stdout.split("\n").flatMap((line) => {
      const m = /^(\S+)\s+<->\s+(\S+)\s+(\d+) (\d+) bytes\s+(\d+) (\d+) bytes\s+(\d+) (\d+) bytes\s+([\d.]+)\s+([\d.]+)/.exec(line);
      return m ? [`${m[1]} ${m[2]} ${m[7]} ${m[8]} ${m[5]} ${m[6]} ${m[3]} ${m[4]} ${Number(m[9]).toFixed(6)}`] : [];
    });
    expect(theirs.sort()).toEqual((await read()).map((r) => r.replace(/ \S+$/, "")));
  }
  // A row leads to its packets.
  await grid.locator(".g-body [role=row]").first().dblclick();
  await shown(page, 6);
  // With a filter the table is limited to it, and says how much is left.
  await page.goto(`${path}/conversations?f=tcp.len+%3E+0`);
  await expect(grid).toContainText("Percent Filtered");
  await expect(grid.locator(".g-body [role=row]").first()).toContainText("33.33%");
  await expect(page.getByLabel("Limit to display filter")).toBeChecked();
});

test("endpoints and the protocol hierarchy count every packet", async ({ signedIn: page }) => {
  const path = await openCapture(page);
  await page.goto(`${path}/endpoints`);
  const ends = page.getByRole("grid", { name: "Endpoints" });
  await expect(ends.locator(".g-body [role=row]")).toHaveCount(8);
  await expect(ends.locator(".g-body [role=row]").filter({ hasText: "10.1.0.10" })).toContainText("40");
  await page.goto(`${path}/hierarchy`);
  const tree = page.getByRole("treegrid", { name: "Protocol hierarchy" });
  await expect(tree.locator(".g-body [role=row]").first()).toContainText(String(total));
  await tree.getByRole("link", { name: "User Datagram Protocol" }).click();
  await shown(page, 40);
});

test("a file that was cut says where, and shows what is before", async ({ signedIn: page }) => {
  await openCapture(page, file.subarray(0, file.length - 20));
  await expect(page.locator(".banner.warn")).toContainText(/not whole.*byte \d+.*packet 69/);
  await expect(page.locator("#fact")).toContainText("69 of 69");
});

test("a live capture grows on the page, and its conversations too", async ({ signedIn: page }) => {
  test.skip(process.getuid?.() !== 0, "capturing on lo needs root");
  await visit(page, "/captures");
  const started = await page.evaluate(async () => {
    const r = await fetch("/api/captures/live", { method: "POST", headers: { "content-type": "application/json", "x-sonde-half": localStorage.getItem("sonde-half") ?? "" }, body: JSON.stringify({ interface: "lo", filter: "udp port 40999" }) });
    return { status: r.status, body: (await r.json()) as { id?: string; error?: { message: string } } };
  });
  test.skip(started.status !== 201, `no capture on lo: ${started.body.error?.message}`);
  await page.goto(`/captures/${started.body.id}`);
  await expect(page.locator(".caphd")).toContainText("capturing");
  const s = createSocket("udp4");
  const send = (n: number): Promise<void> =>
    new Promise((done) => {
      let left = n;
      for (let i = 0; i < n; i++) s.send(`live ${i}`, 40999, "127.0.0.1", () => { if (--left === 0) done(); });
    });
  await send(5);
  await expect(page.locator("#fact")).toContainText("5 of 5 packets shown");
  await send(100);
  await expect(page.locator("#fact")).toContainText("105 of 105 packets shown");
  // The newest row is in sight, since nobody has scrolled up.
  await expect(row(page, 105)).toBeVisible();
  await page.locator("s-packets .grid").evaluate((el) => { el.scrollTop = 0; });
  await expect(row(page, 1)).toBeVisible();
  await send(7);
  await expect(page.getByRole("button", { name: "7 newer" })).toBeVisible();
  await page.getByRole("button", { name: "7 newer" }).click();
  await expect(row(page, 112)).toBeVisible();
  await page.goto(`/captures/${started.body.id}/conversations?tab=udp`);
  const grid = page.getByRole("grid", { name: "Conversations" });
  await expect(grid.locator(".g-body [role=row]").first()).toContainText("112");
  await send(3);
  await expect(grid.locator(".g-body [role=row]").first()).toContainText("115");
  s.close();
  await page.getByRole("button", { name: "Stop" }).click();
  await expect(page.locator(".caphd")).not.toContainText("capturing");
});

test("the strip leads to packets and sets the time range", async ({ signedIn: page }) => {
  await openCapture(page);
  await shown(page, total);
  const strip = page.getByRole("slider", { name: "Position in capture" });
  const box = (await strip.boundingBox())!;
  // Packets 29 and later come at 4 s of 8.67 s.
  await page.mouse.click(box.x + (box.width * 3.9) / 8.67, box.y + 20);
  await expect(row(page, 29)).toHaveAttribute("aria-selected", "true");
  await expect(page).toHaveURL(/p=29/);
  await page.mouse.move(box.x + (box.width * 3.9) / 8.67, box.y + 20);
  await page.mouse.down();
  await page.mouse.move(box.x + (box.width * 5) / 8.67, box.y + 20, { steps: 5 });
  await page.mouse.up();
  await shown(page, 14);
  await expect(page).toHaveURL(/r=3\.\d+-[45]/);
  await expect(page.locator("#command")).toContainText("frame.time_relative >= 3.");
  await page.goBack();
  await shown(page, total);
});

test("a cell becomes a filter by its menu, a field a column", async ({ signedIn: page }) => {
  await openCapture(page);
  await row(page, 9).locator('[aria-colindex="4"]').click({ button: "right" });
  await page.getByRole("menuitem", { name: "Selected", exact: true }).first().click();
  const box = page.getByRole("combobox", { name: "Display filter" });
  await expect(box).toHaveValue("ip.dst == 10.1.0.10");
  await shown(page, 40);
  await row(page, 9).locator('[aria-colindex="6"]').click({ button: "right" });
  await page.getByRole("menuitem", { name: "… and not selected" }).first().click();
  await expect(box).toHaveValue(/^\(ip\.dst == 10\.1\.0\.10\) && !\(frame\.len == \d+\)$/);
  await page.getByRole("button", { name: "Clear filter" }).first().click();
  await row(page, 9).click();
  const tree = page.getByRole("tree");
  await tree.getByRole("treeitem", { name: /^Internet Protocol/ }).click();
  await page.keyboard.press("ArrowRight");
  await tree.getByRole("treeitem", { name: /^Time to Live/ }).click();
  await page.getByRole("button", { name: "Add column" }).click();
  await expect(page.getByRole("columnheader", { name: "ip.ttl" })).toBeVisible();
  await expect(row(page, 9)).toContainText("64");
});

test("dividers move by keys and go back on a double click", async ({ signedIn: page }) => {
  await openCapture(page);
  const bar = page.getByRole("separator", { name: "Resize list and details" });
  await expect(row(page, 1)).toBeVisible();
  const y = async (): Promise<number> => (await bar.boundingBox())!.y;
  const before = await y();
  await bar.focus();
  for (let i = 0; i < 5; i++) await page.keyboard.press("ArrowUp");
  expect(await y()).toBeLessThan(before - 20);
  await bar.dblclick();
  expect(Math.abs((await y()) - before)).toBeLessThan(2);
});
