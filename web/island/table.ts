// A live table: the browser's copy of one topic's latest version, brought up to
// date by snapshots and deltas. Rows are entries that keep their object over
// versions, so that a view may hang its own state on them.

import type { Cell, Column, Delta, Note, Row, Table as WireTable } from "./wire";

export type CellValue = Cell;
export type { Column, Note };

/** One keyed row of a live table. */
export class Entry {
  cells: readonly CellValue[] = [];
  /** Time the row was first seen after the first version, for the flash; 0 otherwise. */
  born = 0;
  /** Time the row left the table; 0 while it is in. */
  gone = 0;
  /** Depth and drawn branches, set by a tree view. */
  level = 0;
  branch = "";
  constructor(readonly key: string) {}
}

export class Table {
  columns: readonly Column[] = [];
  summary: Readonly<Record<string, CellValue>> = {};
  notes: readonly Note[] = [];
  version = 0;
  /** Versions seen; 0 = nothing arrived yet. */
  updates = 0;
  readonly rows = new Map<string, Entry>();
  private index = new Map<string, number>();

  snapshot(t: WireTable): void {
    this.columns = t.columns;
    this.index = new Map(t.columns.map((c, i) => [c.id, i]));
    const first = this.updates === 0;
    const seen = new Set<string>();
    for (const r of t.rows ?? []) {
      seen.add(r.key);
      this.set(r, first);
    }
    for (const [key, e] of this.rows) {
      if (!seen.has(key)) this.drop(key, e);
    }
    this.summary = t.summary ?? {};
    this.notes = t.notes ?? [];
    this.version = t.version;
    this.updates++;
  }

  delta(d: Delta): void {
    if (d.columns) {
      // New columns come with every row.
      this.columns = d.columns;
      this.index = new Map(d.columns.map((c, i) => [c.id, i]));
    }
    const all = d.columns ? new Set(d.set?.map((r) => r.key)) : undefined;
    for (const r of d.set ?? []) this.set(r, false);
    if (all) for (const [key, e] of this.rows) if (!all.has(key)) this.drop(key, e);
    for (const key of d.del ?? []) {
      const e = this.rows.get(key);
      if (e) this.drop(key, e);
    }
    if (d.order) this.reorder(d.order);
    if (d.summary || d.gone) {
      const next = { ...this.summary, ...d.summary };
      for (const id of d.gone ?? []) delete next[id];
      this.summary = next;
    }
    if (d.notes) this.notes = d.notes;
    this.version = d.to;
    this.updates++;
  }

  /** The server's order, for tables that are shown as they come. */
  private reorder(order: readonly string[]): void {
    const old = new Map(this.rows);
    this.rows.clear();
    for (const key of order) {
      const e = old.get(key);
      if (e) this.rows.set(key, e);
    }
  }

  private set(r: Row, first: boolean): void {
    let e = this.rows.get(r.key);
    if (!e) {
      e = new Entry(r.key);
      if (!first) e.born = performance.now();
      this.rows.set(r.key, e);
    }
    e.gone = 0;
    e.cells = r.cells;
  }

  private drop(key: string, e: Entry): void {
    e.gone = performance.now();
    this.rows.delete(key);
  }

  has(id: string): boolean {
    return this.index.has(id);
  }

  column(id: string): Column | undefined {
    const i = this.index.get(id);
    return i === undefined ? undefined : this.columns[i];
  }

  /** A cell by column id; null when the column or the value is missing. */
  cell(e: Entry, id: string): CellValue {
    const i = this.index.get(id);
    return i === undefined ? null : (e.cells[i] ?? null);
  }

  /** A cell as a number, 0 when missing: for sorting and bars, not for display. */
  num(e: Entry, id: string): number {
    const v = this.cell(e, id);
    return typeof v === "number" ? v : 0;
  }

  str(e: Entry, id: string): string {
    const v = this.cell(e, id);
    return v === null ? "" : String(v);
  }

  figure(id: string): number | null {
    const v = this.summary[id];
    return typeof v === "number" ? v : null;
  }

  word(id: string): string {
    const v = this.summary[id];
    return v === null || v === undefined ? "" : String(v);
  }
}
