import assert from "node:assert/strict";
import { test } from "node:test";
import { LiveRows } from "./rows";
import { Table } from "./table";

const columns = [
  { id: "pid", title: "PID", type: "int" as const },
  { id: "cpu", title: "CPU", type: "ratio" as const },
  { id: "ppid", title: "PPID", type: "int" as const },
];
function table(...rows: readonly (readonly [number, number, number?])[]): Table {
  const t = new Table();
  t.snapshot({ columns, rows: rows.map(([pid, cpu, ppid = 0]) => ({ key: `${pid}:1`, cells: [pid, cpu, ppid] })), version: 1 });
  return t;
}
const keys = (r: LiveRows): string => Array.from({ length: r.length }, (_, i) => r.key(i)!.split(":")[0]).join(" ");

test("rows sort, filter, and hold still when asked", () => {
  const t = table([1, 5], [2, 9], [3, 1]);
  const r = new LiveRows(t);
  r.arrange({ sort: "-cpu" }, "a");
  assert.equal(keys(r), "2 1 3");
  t.delta({ from: 1, to: 2, set: [{ key: "3:1", cells: [3, 50, 0] }, { key: "4:1", cells: [4, 99, 0] }] });
  r.arrange({ sort: "-cpu", hold: true }, "a");
  assert.equal(keys(r), "2 1 3 4", "held: values change, new rows join at the end");
  assert.equal(t.num(r.row(2)!, "cpu"), 50);
  r.arrange({ sort: "-cpu" }, "a");
  assert.equal(keys(r), "4 3 2 1");
  r.arrange({ sort: "pid", hold: true }, "b");
  assert.equal(keys(r), "1 2 3 4", "a sort that was asked for happens even while held");
  r.arrange({ sort: "pid", keep: (e) => t.num(e, "pid") % 2 === 0 }, "c");
  assert.equal(keys(r), "2 4");
});

test("an ended row stays dimmed in its place", () => {
  const t = table([1, 5], [2, 9], [3, 1]);
  const r = new LiveRows(t);
  r.arrange({ sort: "-cpu" }, "a");
  t.delta({ from: 1, to: 2, del: ["1:1"] });
  r.arrange({ sort: "-cpu" }, "a");
  assert.equal(keys(r), "2 1 3");
  assert.match(r.rowClass(r.row(1)!), /gone/);
});

test("equal rows keep their order", () => {
  const t = table([5, 0], [3, 0], [9, 0]);
  const r = new LiveRows(t);
  r.arrange({ sort: "-cpu" }, "a");
  assert.equal(keys(r), "5 3 9");
  t.delta({ from: 1, to: 2, set: [{ key: "9:1", cells: [9, 1, 0] }] });
  r.arrange({ sort: "-cpu" }, "a");
  t.delta({ from: 2, to: 3, set: [{ key: "9:1", cells: [9, 0, 0] }] });
  r.arrange({ sort: "-cpu" }, "a");
  assert.equal(keys(r), "9 5 3");
});

test("a tree draws branches, also over a cycle", () => {
  const t = table([1, 0], [2, 0, 1], [3, 0, 2], [4, 0, 1], [5, 0, 5]);
  const r = new LiveRows(t);
  r.arrange({ sort: "pid", tree: { id: (e) => t.str(e, "pid"), parent: (e) => t.str(e, "ppid") } }, "t");
  assert.equal(keys(r), "1 2 3 4 5");
  assert.deepEqual([0, 1, 2, 3].map((i) => r.row(i)!.branch), ["", "├─ ", "│  └─ ", "└─ "]);
  assert.equal(r.level(r.row(2)!), 3);
});

test("a delta with new columns replaces the rows; summaries merge", () => {
  const t = table([1, 5]);
  t.delta({ from: 1, to: 2, columns: [{ id: "pid", title: "PID", type: "int" }], set: [{ key: "7:1", cells: [7] }], summary: { a: 1 } });
  assert.equal(t.rows.size, 1);
  assert.equal(t.has("cpu"), false);
  t.delta({ from: 2, to: 3, summary: { b: 2 }, gone: ["a"] });
  assert.equal(t.figure("a"), null);
  assert.equal(t.figure("b"), 2);
});
