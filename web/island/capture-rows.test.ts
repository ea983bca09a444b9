import assert from "node:assert/strict";
import { test } from "node:test";
import { type Ask, PagedRows } from "./capture-rows";
import type { PacketRow, RowsPage } from "./wire";

(globalThis as { window?: unknown }).window ??= globalThis;

/** A list of packets 3, 6, 9, … of a capture. */
function server(count: () => number): { ask: Ask; asked: [number, number][]; aborted: number[] } {
  const asked: [number, number][] = [];
  const aborted: number[] = [];
  const row = (i: number): PacketRow => ({ no: (i + 1) * 3, cells: [], fg: "", bg: "", rule: "", stream: -1 });
  const ask: Ask = async (from, limit, signal) => {
    asked.push([from, limit]);
    await new Promise((r) => setTimeout(r));
    if (signal.aborted) {
      aborted.push(from);
      throw new Error("aborted");
    }
    const n = Math.max(0, Math.min(limit, count() - from));
    const page: RowsPage = { total: count() * 3, displayed: count(), partial: false, columns: [], rows: Array.from({ length: n }, (_, i) => row(from + i)) };
    return page;
  };
  return { ask, asked, aborted };
}

async function until(done: () => boolean): Promise<void> {
  for (let i = 0; i < 1000 && !done(); i++) await new Promise((r) => setTimeout(r, 1));
  assert.ok(done());
}

test("a packet is found among ten million in few questions", async () => {
  const s = server(() => 10_000_000);
  const rows = new PagedRows(s.ask, () => {}, false);
  rows.range(0, 30);
  await until(() => rows.answered && rows.row(0) !== undefined);
  s.asked.length = 0;
  assert.deepEqual(await rows.find(22_222_221), { index: 7_407_406, exact: true });
  assert.equal(rows.indexOf("22222221"), 7_407_406);
  assert.deepEqual(await rows.find(22_222_222), { index: 7_407_407, exact: false });
  assert.ok(s.asked.length < 60, `${s.asked.length} questions`);
});

test("memory is bounded, and what was scrolled past is given up", async () => {
  const s = server(() => 1_000_000);
  const rows = new PagedRows(s.ask, () => {}, false);
  rows.range(0, 30);
  await until(() => rows.row(0) !== undefined);
  for (let i = 0; i < 100; i++) {
    rows.range(i * 200, i * 200 + 30);
    await until(() => rows.row(i * 200) !== undefined);
  }
  assert.ok([...rows.cached()].length <= 31 * 200);
  assert.equal(rows.row(0), undefined);
  assert.equal(rows.indexOf("3"), -1);
  // Two jumps: the first is under way when the second comes.
  rows.range(500_000, 500_030);
  await new Promise((r) => setTimeout(r, 61));
  rows.range(900_000, 900_030);
  await until(() => rows.row(900_000) !== undefined);
  assert.equal(rows.row(500_000), undefined);
});

test("a growing list keeps its rows and fills its last page", async () => {
  let n = 10;
  const s = server(() => n);
  const rows = new PagedRows(s.ask, () => {}, false);
  rows.range(0, 30);
  await until(() => rows.row(9) !== undefined);
  const kept = rows.row(9)!.no;
  n = 25;
  rows.poll();
  await until(() => rows.row(24) !== undefined);
  assert.equal(rows.length, 25);
  assert.equal(rows.row(9)!.no, kept);
});

test("a row that a key moved to is told once it is here", async () => {
  const s = server(() => 100_000);
  const rows = new PagedRows(s.ask, () => {}, false);
  rows.range(0, 30);
  await until(() => rows.row(0) !== undefined);
  let told = "";
  rows.arrived = (i, r) => {
    told = `${i}:${r.no}`;
  };
  rows.range(99_999, 100_000);
  rows.range(99_970, 100_000);
  await until(() => told !== "");
  assert.equal(told, "99999:300000");
});
