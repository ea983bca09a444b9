// Rows of a live table as a grid shows them: filtered, sorted, perhaps as a tree,
// with an order that holds still. Sorting happens at most once a version and not
// while the reader holds the grid; new rows then join at the end, rows that
// ended stay dimmed for two seconds.
import type { RowSource } from "./grid";
import { type CellValue, type Entry, Table } from "./table";

export interface Arrange {
  /** "-cpu": column id, "-" for largest first. */
  readonly sort: string;
  readonly keep?: (e: Entry) => boolean;
  /** Value to sort by, where it is not the cell itself. */
  readonly value?: (e: Entry, id: string) => CellValue | undefined;
  /** Keep the present order. */
  readonly hold?: boolean;
  /** Draw as a tree: identity and parent of an entry. */
  readonly tree?: { id(e: Entry): string; parent(e: Entry): string };
  readonly rowClass?: (e: Entry) => string;
}

/** How long a row that ended stays, dimmed; ms. */
export const lingers = 2000;

export class LiveRows implements RowSource<Entry> {
  private list: Entry[] = [];
  private at = new Map<string, number>();
  private how: Arrange = { sort: "" };
  private arranged = "";

  constructor(public table: Table = new Table()) {}

  get length(): number {
    return this.list.length;
  }
  row(i: number): Entry | undefined {
    return this.list[i];
  }
  key(i: number): string | undefined {
    return this.list[i]?.key;
  }
  indexOf(key: string): number {
    return this.at.get(key) ?? -1;
  }
  rowClass(e: Entry): string {
    const own = this.how.rowClass?.(e) ?? "";
    return `${own}${e.gone ? " gone" : ""}${e.born && performance.now() - e.born < 1000 ? " fresh" : ""}`;
  }
  level(e: Entry): number {
    return this.how.tree ? e.level + 1 : 0;
  }

  /** Whether rows that ended are still shown: arrange again after `lingers`. */
  get fading(): boolean {
    return this.list.some((e) => e.gone > 0);
  }

  /** All entries in their order, for summaries. */
  entries(): readonly Entry[] {
    return this.list;
  }

  /** Brings the list up to date with the table. `shape` names the view (sort,
   * filter, tree): a changed one re-orders even while held, since the reader asked. */
  arrange(how: Arrange, shape: string): void {
    this.how = how;
    const asked = shape !== this.arranged;
    this.arranged = shape;
    const now = performance.now();
    const wanted: Entry[] = [];
    for (const e of this.table.rows.values()) if (!how.keep || how.keep(e)) wanted.push(e);
    const fading = asked ? [] : this.list.filter((e) => e.gone > 0 && now - e.gone < lingers && this.table.rows.get(e.key) === undefined);
    if (how.tree) {
      this.place(tree(this.sorted(wanted, how), how.tree));
      return;
    }
    if (!asked && how.hold) {
      const still = new Set(wanted);
      const kept = this.list.filter((e) => still.has(e) || fading.includes(e));
      const had = new Set(kept);
      for (const e of wanted) if (!had.has(e)) kept.push(e);
      this.place(kept);
      return;
    }
    const next = this.sorted(wanted, how);
    // Rows that ended stay where they were, as far as the new order allows.
    for (const e of fading) next.splice(Math.min(this.at.get(e.key) ?? next.length, next.length), 0, e);
    this.place(next);
  }

  private sorted(list: Entry[], how: Arrange): Entry[] {
    const id = how.sort.replace(/^-/, "");
    if (!id) return list;
    const down = how.sort.startsWith("-") ? -1 : 1;
    const value = (e: Entry): CellValue => {
      const v = how.value?.(e, id);
      return v === undefined ? this.table.cell(e, id) : v;
    };
    const keyed = list.map((e) => ({ e, v: value(e) }));
    // Equal rows keep their order: what did not change does not move.
    const before = (e: Entry): number => this.at.get(e.key) ?? Number.MAX_SAFE_INTEGER;
    keyed.sort((a, b) => down * compare(a.v, b.v) || before(a.e) - before(b.e));
    return keyed.map((k) => k.e);
  }

  private place(list: Entry[]): void {
    this.list = list;
    this.at = new Map(list.map((e, i) => [e.key, i]));
  }
}

/** Orders cells: missing values last when ascending, numbers by size, text as people read it. */
export function compare(a: CellValue, b: CellValue): number {
  if (a === b) return 0;
  if (a === null) return -1;
  if (b === null) return 1;
  if (typeof a === "number" && typeof b === "number") return a - b;
  return collator.compare(String(a), String(b));
}
const collator = new Intl.Collator("en", { numeric: true });

function tree(list: readonly Entry[], by: NonNullable<Arrange["tree"]>): Entry[] {
  const children = new Map<string, Entry[]>();
  const ids = new Set(list.map((e) => by.id(e)));
  const roots: Entry[] = [];
  for (const e of list) {
    const p = by.parent(e);
    if (ids.has(p) && p !== by.id(e)) {
      const c = children.get(p);
      if (c) c.push(e);
      else children.set(p, [e]);
    } else roots.push(e);
  }
  const out: Entry[] = [];
  const done = new Set<Entry>();
  const walk = (e: Entry, level: number, before: string, last: boolean): void => {
    if (done.has(e)) return;
    done.add(e);
    e.level = level;
    e.branch = level === 0 ? "" : before + (last ? "└─ " : "├─ ");
    out.push(e);
    const c = children.get(by.id(e)) ?? [];
    const next = level === 0 ? "" : before + (last ? "   " : "│  ");
    c.forEach((k, i) => {
      walk(k, level + 1, next, i === c.length - 1);
    });
  };
  for (const r of roots) walk(r, 0, "", true);
  return out;
}
