// PagedRows: the packet list of the server as rows by position. Pages are
// fetched when they come into sight, dropped when they have not been looked at
// for long, and given up when the reader has scrolled past, so memory and
// requests stay bounded whatever the number of packets.
//
//   const rows = new PagedRows((from, limit, signal) => fetchPage(...), () => grid.refresh(), plain);
//   grid.source = rows;
//   rows.poll();            // the capture has grown, or its filter has got further
//   await rows.find(4711);  // position of a packet, or of the next one
//
// `plain` says that no filter is set: packet n then stands at n-1.
import type { RowSource } from "./grid";
import type { PacketRow, RowsPage } from "./wire";

export type Ask = (from: number, limit: number, signal: AbortSignal) => Promise<RowsPage>;

const pageSize = 200;
/** Pages kept: 6,000 rows, some megabytes at most. */
const keepPages = 30;
/** Rows asked for ahead of those in sight. */
const ahead = 50;
/** How long a thumb that is dragged must rest before its rows are asked for. */
const rest = 60;

export class PagedRows implements RowSource<PacketRow> {
  total = 0;
  displayed = 0;
  /** The filter still runs, or the capture still grows. */
  partial = true;
  answered = false;
  error: unknown;
  /** Told of a row that was asked for alone (a key moved to it) once it is here. */
  arrived: ((index: number, row: PacketRow) => void) | undefined;

  private readonly pages = new Map<number, readonly PacketRow[]>();
  private readonly at = new Map<number, number>();
  private readonly flights = new Map<number, AbortController>();
  private readonly searches = new Set<AbortController>();
  private pinned: { readonly no: number; readonly index: number } | undefined;
  private awaited = -1;
  private from = 0;
  private to = 0;
  private timer = 0;
  private polling = false;
  private again = false;
  private closed = false;

  constructor(
    private readonly ask: Ask,
    private readonly changed: () => void,
    readonly plain: boolean,
    private readonly classOf: (row: PacketRow) => string = () => "",
  ) {}

  get length(): number {
    return this.displayed;
  }
  row(index: number): PacketRow | undefined {
    return this.pages.get(Math.floor(index / pageSize))?.[index % pageSize];
  }
  key(index: number): string | undefined {
    if (this.plain) return String(index + 1);
    const no = this.row(index)?.no;
    return no === undefined ? undefined : String(no);
  }
  indexOf(key: string): number {
    const no = Number(key);
    if (this.plain) return no >= 1 && no <= this.displayed ? no - 1 : -1;
    return this.at.get(no) ?? (this.pinned?.no === no ? this.pinned.index : -1);
  }
  rowClass(row: PacketRow): string {
    return this.classOf(row);
  }

  /** Rows that are here, for what depends on all that was seen. */
  *cached(): Iterable<PacketRow> {
    for (const rows of this.pages.values()) yield* rows;
  }

  range(from: number, to: number): void {
    // One row alone is a key that moved there, unless there is but one.
    if (to - from === 1 && this.displayed > 1 && !this.row(from)) this.awaited = from;
    const near = from <= this.to && to >= this.from;
    this.from = from;
    this.to = to;
    for (const [page, flight] of this.flights) {
      if (this.inSight(page)) continue;
      flight.abort();
      this.flights.delete(page);
    }
    clearTimeout(this.timer);
    if (near) this.fetch();
    else this.timer = window.setTimeout(() => this.fetch(), rest);
  }

  /** Asks how far things are and fetches what came into sight by that. */
  poll(): void {
    if (this.polling) {
      this.again = true;
      return;
    }
    this.polling = true;
    void this.tail();
  }

  /** Gives up what is under way; the rows stay. */
  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    for (const f of [...this.flights.values(), ...this.searches]) f.abort();
  }

  private async tail(): Promise<void> {
    const c = new AbortController();
    this.searches.add(c);
    try {
      this.take(await this.ask(this.displayed, 0, c.signal));
      this.fetch();
    } catch (e) {
      this.fail(e, c.signal);
    }
    this.searches.delete(c);
    this.polling = false;
    if (this.closed) return;
    this.changed();
    if (this.again) {
      this.again = false;
      this.poll();
    }
  }

  private inSight(page: number): boolean {
    return page * pageSize < this.to + ahead && (page + 1) * pageSize > this.from - ahead;
  }

  private needs(page: number): boolean {
    const rows = this.pages.get(page);
    if (!rows) return page === 0 ? !this.answered || this.displayed > 0 : page * pageSize < this.displayed;
    return rows.length < Math.min(pageSize, this.displayed - page * pageSize);
  }

  private fetch(): void {
    if (this.closed) return;
    const last = Math.max(0, Math.floor((Math.min(this.to + ahead, Math.max(1, this.displayed)) - 1) / pageSize));
    for (let page = Math.max(0, Math.floor((this.from - ahead) / pageSize)); page <= last; page++) {
      const rows = this.pages.get(page);
      if (rows) {
        // What is in sight is the youngest.
        this.pages.delete(page);
        this.pages.set(page, rows);
      }
      if (this.needs(page) && !this.flights.has(page)) void this.load(page);
    }
  }

  private async load(page: number): Promise<void> {
    const c = new AbortController();
    this.flights.set(page, c);
    try {
      const answer = await this.ask(page * pageSize, pageSize, c.signal);
      if (this.closed) return;
      this.take(answer);
      this.store(page, answer.rows);
      this.error = undefined;
    } catch (e) {
      this.fail(e, c.signal);
    }
    if (this.flights.get(page) === c) this.flights.delete(page);
    if (!this.closed) this.changed();
  }

  private store(page: number, rows: readonly PacketRow[]): void {
    this.pages.delete(page);
    this.pages.set(page, rows);
    rows.forEach((r, i) => {
      this.at.set(r.no, page * pageSize + i);
    });
    for (const old of [...this.pages.keys()]) {
      if (this.pages.size <= keepPages) break;
      if (this.inSight(old)) continue;
      for (const r of this.pages.get(old)!) this.at.delete(r.no);
      this.pages.delete(old);
    }
    const i = this.awaited - page * pageSize;
    const row = i >= 0 ? rows[i] : undefined;
    if (row) {
      const index = this.awaited;
      this.awaited = -1;
      this.arrived?.(index, row);
    }
  }

  private take(answer: RowsPage): void {
    this.answered = true;
    this.total = Math.max(this.total, answer.total);
    this.displayed = Math.max(this.displayed, answer.displayed);
    this.partial = answer.partial;
  }

  private fail(e: unknown, signal: AbortSignal): void {
    if (signal.aborted) return;
    this.error = e;
    this.answered = true;
  }

  /** Position of a packet; of the next one that is shown, when it is not. */
  async find(no: number): Promise<{ readonly index: number; readonly exact: boolean }> {
    if (this.plain) return { index: Math.min(no, Math.max(1, this.displayed)) - 1, exact: no <= this.displayed };
    const known = this.at.get(no);
    if (known !== undefined) return { index: known, exact: true };
    const { index, row } = await this.seek((r) => r.no, no);
    const exact = row?.no === no;
    if (exact) this.pinned = { no, index };
    return { index, exact };
  }

  /** First row whose value is at least `target`; values grow with the position.
   * What is here narrows the search; a guess and a halving take turns. */
  async seek(value: (row: PacketRow) => number, target: number): Promise<{ readonly index: number; readonly row: PacketRow | undefined }> {
    let lo = 0;
    let hi = this.displayed;
    let low: number | undefined;
    let high: { readonly value: number; readonly row: PacketRow } | undefined;
    for (const [page, rows] of this.pages) {
      const first = rows[0];
      const last = rows.at(-1);
      if (!first || !last) continue;
      const base = page * pageSize;
      if (value(last) < target) {
        if (base + rows.length > lo) {
          lo = base + rows.length;
          low = value(last);
        }
      } else if (value(first) >= target) {
        if (base <= hi) {
          hi = base;
          high = { value: value(first), row: first };
        }
      } else {
        const i = rows.findIndex((r) => value(r) >= target);
        return { index: base + i, row: rows[i] };
      }
    }
    const c = new AbortController();
    this.searches.add(c);
    try {
      for (let turn = 0; lo < hi; turn++) {
        let mid = (lo + hi) >> 1;
        if (turn % 2 === 0 && low !== undefined && high !== undefined && high.value > low) {
          mid = Math.max(lo, Math.min(hi - 1, lo + Math.floor(((target - low) / (high.value - low)) * (hi - lo))));
        }
        const row = (await this.ask(mid, 1, c.signal)).rows[0];
        if (!row) {
          hi = mid;
          continue;
        }
        const v = value(row);
        if (v < target) {
          lo = mid + 1;
          low = v;
        } else {
          hi = mid;
          high = { value: v, row };
        }
      }
    } finally {
      this.searches.delete(c);
    }
    return { index: lo, row: high?.row ?? this.row(lo) };
  }
}
