// <s-grid>: the one table of every view. Rows are virtual and pooled: only those
// in sight (and the active one) are in the document, whatever their number; past
// the browser's limit on element height the scroll position is scaled, so ten
// million rows work.
//
//   const grid = document.createElement("s-grid");
//   grid.columns = [{ id: "pid", title: "PID", width: 62, num: true, cell: (r) => r.pid }, ...];
//   grid.source = rows;              // a RowSource: a live table or a paged remote list
//   grid.selected = "42:1234";       // by key; survives updates, filters and scrolling
//   grid.sort = "-cpu";              // shown in the header; the source does the sorting
//   grid.refresh();                  // after the source changed; cheap, once a frame
//
// Events, all bubbling: `select` {key, index}, `open` {key, index}, `sort` {sort},
// `row-menu` {key, index, column, x, y}. The grid draws what it is given and knows
// no routes.
import { render, type TemplateResult } from "lit";
import { define } from "./island";

export type CellContent = string | number | TemplateResult | null | undefined;

export interface GridColumn<R = unknown> {
  readonly id: string;
  readonly title: string | TemplateResult;
  /** Pixels; the flexible column takes the rest and at least this. */
  readonly width: number;
  readonly flex?: boolean;
  /** Right-aligned mono figures. */
  readonly num?: boolean;
  /** Left-aligned mono text. */
  readonly mono?: boolean;
  /** 1 (default) never drops; 9 drops first when the table is narrow. */
  readonly priority?: number;
  /** Whether a header click sorts. Default true. */
  readonly sortable?: boolean;
  /** Tooltip of the header. */
  readonly help?: string;
  readonly class?: string;
  /** Name for assistive technology when the title is not text. */
  readonly label?: string;
  cell(row: R, index: number): CellContent;
  /** Tooltip of a cell. */
  tip?(row: R): string;
}

/** Rows by position. `row` may give undefined while a page is on its way. */
export interface RowSource<R = unknown> {
  readonly length: number;
  row(index: number): R | undefined;
  key(index: number): string | undefined;
  /** Position of a key, -1 when it is not among the rows (or not yet known). */
  indexOf(key: string): number;
  /** Told what is in sight, for a source that fetches. */
  range?(from: number, to: number): void;
  /** Class names of a row. */
  rowClass?(row: R, index: number): string;
  /** aria-level of a row in a tree; 0 or absent = no tree. */
  level?(row: R): number;
}

/** Chromium caps elements at 33,554,428 px; others lower. */
const maxHeight = 15_000_000;
const overscan = 6;

type Cached = HTMLElement & { sondeText?: string; sondeRich?: boolean };

interface Slot {
  readonly el: HTMLElement;
  readonly cells: Cached[];
  index: number;
  key: string | undefined;
}

let serial = 0;

export class SGrid<R = unknown> extends HTMLElement {
  label = "Rows";
  /** Row height in px; 0 = the theme's (22, 30 on phones). */
  rowHeight = 0;
  /** Shown in place of rows when there are none. */
  emptyContent: (() => TemplateResult) | undefined;
  /** Selection on arrows and clicks; false for tables that only show. */
  selectable = true;
  /** Remembers column widths under this name. */
  storageKey = "";

  private readonly uid = `g${++serial}`;
  private cols: readonly GridColumn<R>[] = [];
  private shown: readonly GridColumn<R>[] = [];
  private rows: RowSource<R> | undefined;
  private sel = "";
  private sortBy = "";
  private readonly view = document.createElement("div");
  private readonly head = document.createElement("div");
  private readonly body = document.createElement("div");
  private readonly none = document.createElement("div");
  private readonly slots: Slot[] = [];
  private readonly free: Slot[] = [];
  private frame = 0;
  private height = 0;
  private width = 0;
  private rowh = 22;
  private virtualTop = 0;
  private ownScroll = -1;
  private widths: Record<string, number> = {};
  private wanted: string | undefined;
  private pressed = false;
  private over = false;
  private readonly sizes = new ResizeObserver(() => this.measure());

  get columns(): readonly GridColumn<R>[] {
    return this.cols;
  }
  set columns(c: readonly GridColumn<R>[]) {
    if (c === this.cols) return;
    this.cols = c;
    this.layout();
    this.refresh();
  }

  get source(): RowSource<R> | undefined {
    return this.rows;
  }
  set source(s: RowSource<R> | undefined) {
    this.rows = s;
    this.refresh();
  }

  get selected(): string {
    return this.sel;
  }
  set selected(key: string) {
    if (key === this.sel) return;
    this.sel = key;
    // The row may not be there yet: show it as soon as it is.
    this.wanted = key || undefined;
    this.refresh();
  }

  get sort(): string {
    return this.sortBy;
  }
  set sort(s: string) {
    if (s === this.sortBy) return;
    this.sortBy = s;
    this.drawHead();
  }

  /** True while re-ordering would pull rows from under the reader: the pointer is
   * over the rows, a button is down, or text in them is selected. */
  get held(): boolean {
    if (this.pressed || this.over) return true;
    const s = document.getSelection();
    return !!s && !s.isCollapsed && this.body.contains(s.anchorNode);
  }

  connectedCallback(): void {
    if (!this.view.parentNode) this.build();
    this.sizes.observe(this.view);
    this.refresh();
  }

  disconnectedCallback(): void {
    this.sizes.disconnect();
    cancelAnimationFrame(this.frame);
    this.frame = 0;
  }

  override focus(options?: FocusOptions): void {
    this.view.focus({ preventScroll: true, ...options });
  }

  private build(): void {
    this.view.className = `grid ${this.dataset["class"] ?? ""}`;
    this.view.tabIndex = 0;
    this.view.setAttribute("role", "grid");
    this.head.className = "g-head";
    this.head.setAttribute("role", "row");
    this.head.setAttribute("aria-rowindex", "1");
    this.body.className = "g-body";
    this.body.setAttribute("role", "rowgroup");
    this.none.className = "g-empty";
    this.none.hidden = true;
    const headGroup = document.createElement("div");
    headGroup.setAttribute("role", "rowgroup");
    headGroup.style.display = "contents";
    headGroup.append(this.head);
    this.view.append(headGroup, this.body);
    this.append(this.view, this.none);
    if (this.storageKey) {
      try {
        this.widths = JSON.parse(localStorage.getItem(`sonde-cols-${this.storageKey}`) ?? "{}") as Record<string, number>;
      } catch {
        this.widths = {};
      }
    }
    this.view.addEventListener("scroll", () => this.scrolled(), { passive: true });
    this.view.addEventListener("wheel", (e) => this.wheel(e), { passive: false });
    this.view.addEventListener("keydown", (e) => this.keydown(e));
    this.body.addEventListener("pointerenter", () => {
      this.over = true;
    });
    this.body.addEventListener("pointerleave", () => {
      this.over = false;
    });
    this.body.addEventListener("pointerdown", () => {
      this.pressed = true;
      addEventListener("pointerup", () => setTimeout(() => { this.pressed = false; }), { once: true });
      addEventListener("pointercancel", () => { this.pressed = false; }, { once: true });
    });
    this.body.addEventListener("click", (e) => this.clicked(e));
    this.body.addEventListener("dblclick", (e) => this.emitAt("open", e));
    this.body.addEventListener("contextmenu", (e) => {
      const slot = this.slotOf(e);
      if (!slot || slot.key === undefined) return;
      const cell = (e.target as Element).closest<HTMLElement>(".g-td");
      const column = this.shown[slot.cells.indexOf(cell as Cached)]?.id;
      const menu = new CustomEvent("row-menu", { bubbles: true, cancelable: true, detail: { key: slot.key, index: slot.index, column, x: e.clientX, y: e.clientY } });
      if (!this.dispatchEvent(menu)) e.preventDefault();
    });
    this.measure();
  }

  private measure(): void {
    const w = this.view.clientWidth;
    const h = this.view.clientHeight;
    const theme = Number.parseInt(getComputedStyle(document.documentElement).getPropertyValue("--row"), 10) || 22;
    const rowh = this.rowHeight || theme;
    if (rowh !== this.rowh || w !== this.width) {
      this.rowh = rowh;
      this.width = w;
      this.view.style.setProperty("--rowh", `${rowh}px`);
      this.layout();
    }
    this.height = h;
    this.refresh();
  }

  private layout(): void {
    const width = (c: GridColumn<R>): number => this.widths[c.id] ?? c.width;
    let cols = [...this.cols];
    const total = (): number => cols.reduce((a, c) => a + width(c), 0);
    if (this.width > 0) {
      for (let p = 9; p > 1 && total() > this.width; p--) {
        for (const c of cols.filter((c) => (c.priority ?? 1) === p).reverse()) {
          if (total() > this.width) cols = cols.filter((x) => x !== c);
        }
      }
    }
    this.shown = cols;
    const flexible = cols.some((c) => c.flex && this.widths[c.id] === undefined);
    const tracks = cols.map((c, i) => {
      const w = width(c);
      const takesRest = flexible ? c.flex && this.widths[c.id] === undefined : i === cols.length - 1;
      return takesRest ? `minmax(${w}px, 1fr)` : `${w}px`;
    });
    this.view.style.setProperty("--cols", tracks.join(" "));
    this.view.style.setProperty("--min", `${total()}px`);
    for (const s of [...this.slots, ...this.free]) s.el.remove();
    this.slots.length = 0;
    this.free.length = 0;
    this.drawHead();
  }

  private drawHead(): void {
    this.view.setAttribute("aria-label", this.label);
    this.view.setAttribute("aria-colcount", String(this.cols.length));
    const by = this.sortBy.replace(/^-/, "");
    const down = this.sortBy.startsWith("-");
    this.head.replaceChildren(
      ...this.shown.map((c) => {
        const th = document.createElement("div");
        th.className = `g-th${c.num ? " num" : ""}`;
        th.setAttribute("role", "columnheader");
        th.setAttribute("aria-colindex", String(this.cols.indexOf(c) + 1));
        const sorts = c.sortable !== false && this.sortBy !== "";
        if (sorts) th.setAttribute("aria-sort", c.id === by ? (down ? "descending" : "ascending") : "none");
        if (c.help) th.title = c.help;
        const t = document.createElement(sorts ? "button" : "span");
        t.className = "t";
        if (t instanceof HTMLButtonElement) {
          t.type = "button";
          t.tabIndex = -1;
          t.addEventListener("click", () => this.emit("sort", { sort: c.id === by && down ? c.id : c.id === by ? `-${c.id}` : this.firstSort(c) }));
        }
        if (typeof c.title === "string" && c.title !== "") t.textContent = c.title;
        else if (typeof c.title === "string") {
          const name = document.createElement("span");
          name.className = "sr";
          name.textContent = c.label ?? c.id;
          t.append(name);
        }
        else {
          render(c.title, t);
          t.classList.add("wide");
          if (c.label) th.setAttribute("aria-label", c.label);
        }
        if (c.id === by) {
          const arrow = document.createElement("span");
          arrow.className = "arr";
          arrow.textContent = down ? "▼" : "▲";
          arrow.setAttribute("aria-hidden", "true");
          t.append(arrow);
        }
        th.append(t, this.gripOf(c));
        return th;
      }),
    );
  }

  /** Figures sort largest first, text from A. */
  private firstSort(c: GridColumn<R>): string {
    return c.num && c.id !== "pid" ? `-${c.id}` : c.id;
  }

  private gripOf(c: GridColumn<R>): HTMLElement {
    const grip = document.createElement("span");
    grip.className = "grip-c";
    grip.addEventListener("pointerdown", (e) => {
      e.preventDefault();
      e.stopPropagation();
      const from = (grip.parentElement as HTMLElement).offsetWidth;
      const x0 = e.clientX;
      grip.setPointerCapture(e.pointerId);
      const move = (m: PointerEvent): void => {
        this.widths[c.id] = Math.max(28, from + m.clientX - x0);
        const tracks = this.shown.map((s, i) => (i === this.shown.length - 1 || (s.flex && this.widths[s.id] === undefined) ? `minmax(${s.width}px, 1fr)` : `${this.widths[s.id] ?? s.width}px`));
        this.view.style.setProperty("--cols", tracks.join(" "));
      };
      grip.addEventListener("pointermove", move);
      grip.addEventListener("pointerup", () => {
        grip.removeEventListener("pointermove", move);
        this.saveWidths();
        this.layout();
        this.refresh();
      }, { once: true });
    });
    grip.addEventListener("dblclick", (e) => {
      e.stopPropagation();
      delete this.widths[c.id];
      this.saveWidths();
      this.layout();
      this.refresh();
    });
    return grip;
  }

  private saveWidths(): void {
    if (!this.storageKey) return;
    try {
      localStorage.setItem(`sonde-cols-${this.storageKey}`, JSON.stringify(this.widths));
    } catch {
      // storage is full or off: widths last for this page
    }
  }

  /** Draws anew at the next frame. */
  refresh(): void {
    if (this.frame || !this.isConnected) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.draw();
    });
  }

  private get total(): number {
    return this.rows?.length ?? 0;
  }
  private get fullHeight(): number {
    return this.total * this.rowh;
  }
  private get scaled(): boolean {
    return this.fullHeight > maxHeight;
  }
  private get viewHeight(): number {
    return Math.max(0, this.height - 25);
  }

  private scrolled(): void {
    const top = this.view.scrollTop;
    if (this.scaled && Math.abs(top - this.ownScroll) > 1) {
      const room = maxHeight - this.viewHeight;
      this.virtualTop = room > 0 ? (top / room) * (this.fullHeight - this.viewHeight) : 0;
    }
    if (!this.scaled) this.virtualTop = top;
    this.draw();
  }

  // A notch of the wheel moves a few rows, also where a pixel of the scroll bar
  // stands for many.
  private wheel(e: WheelEvent): void {
    if (!this.scaled || e.ctrlKey || e.deltaY === 0) return;
    e.preventDefault();
    this.moveTo(this.virtualTop + (e.deltaMode === 1 ? e.deltaY * this.rowh : e.deltaMode === 2 ? e.deltaY * this.viewHeight : e.deltaY));
  }

  private moveTo(top: number): void {
    const last = Math.max(0, this.fullHeight - this.viewHeight);
    this.virtualTop = Math.max(0, Math.min(last, top));
    if (this.scaled) {
      this.ownScroll = (this.virtualTop / last) * (maxHeight - this.viewHeight);
      this.view.scrollTop = this.ownScroll;
      this.ownScroll = this.view.scrollTop;
      this.draw();
    } else {
      this.view.scrollTop = this.virtualTop;
    }
  }

  /** Brings a row into sight, moving no more than needed. */
  reveal(index: number, where: "near" | "middle" = "near"): void {
    const y = index * this.rowh;
    const room = this.viewHeight - this.rowh;
    if (y >= this.virtualTop && y <= this.virtualTop + room) return;
    if (where === "middle") this.moveTo(y - room * 0.35);
    else this.moveTo(y < this.virtualTop ? y : y - room);
  }

  /** True while the newest row is in sight, for lists that follow. */
  get atEnd(): boolean {
    return this.virtualTop + this.viewHeight >= this.fullHeight - this.rowh;
  }

  private draw(): void {
    const src = this.rows;
    const total = this.total;
    const none = total === 0;
    this.none.hidden = !none || !this.emptyContent;
    if (none && this.emptyContent) render(this.emptyContent(), this.none);
    this.view.setAttribute("aria-rowcount", String(total + 1));
    const h = Math.min(this.fullHeight, maxHeight);
    if (this.body.style.height !== `${h}px`) this.body.style.height = `${h}px`;
    if (!src) return;

    if (this.wanted !== undefined) {
      const at = src.indexOf(this.wanted);
      if (at >= 0 && this.height > 0) {
        this.wanted = undefined;
        this.reveal(at, "middle");
      }
    }
    const last = Math.max(0, this.fullHeight - this.viewHeight);
    if (this.virtualTop > last) this.virtualTop = last;
    const from = Math.max(0, Math.floor(this.virtualTop / this.rowh) - overscan);
    const to = Math.min(total, Math.ceil((this.virtualTop + this.viewHeight) / this.rowh) + overscan);
    src.range?.(from, to);

    const active = this.sel === "" ? -1 : src.indexOf(this.sel);
    const keep = new Map<number, Slot>();
    for (const s of this.slots) {
      if ((s.index >= from && s.index < to) || s.index === active) keep.set(s.index, s);
      else this.free.push(s);
    }
    this.slots.length = 0;
    // Whole pixels: between rows at fractions the background shines through.
    const offset = this.scaled ? Math.round(this.view.scrollTop - this.virtualTop) : 0;
    for (let i = from; i < to; i++) this.place(keep.get(i) ?? this.take(), i, offset);
    if (active >= 0 && (active < from || active >= to)) this.place(keep.get(active) ?? this.take(), active, offset);
    // Rows out of use leave the document; a few are kept for the next draw.
    for (const s of this.free) s.el.remove();
    if (this.free.length > 64) this.free.length = 64;
    // One tab stop: the grid itself, which names its active row.
    if (active >= 0) this.view.setAttribute("aria-activedescendant", `${this.uid}-${active}`);
    else this.view.removeAttribute("aria-activedescendant");
  }

  private take(): Slot {
    const used = this.free.pop();
    if (used) {
      if (!used.el.isConnected) this.body.append(used.el);
      return used;
    }
    const el = document.createElement("div");
    el.className = "g-row";
    el.setAttribute("role", "row");
    const cells = this.shown.map((c) => {
      const td = document.createElement("div") as Cached;
      td.className = `g-td${c.num ? " num" : ""}${c.mono ? " m" : ""}${c.class ? ` ${c.class}` : ""}`;
      td.setAttribute("role", "gridcell");
      td.setAttribute("aria-colindex", String(this.cols.indexOf(c) + 1));
      return td;
    });
    el.append(...cells);
    this.body.append(el);
    return { el, cells, index: -1, key: undefined };
  }

  private place(s: Slot, index: number, offset: number): void {
    const src = this.rows!;
    const row = src.row(index);
    s.key = src.key(index);
    this.slots.push(s);
    s.el.style.transform = `translateY(${index * this.rowh + offset}px)`;
    if (s.index !== index) {
      s.index = index;
      s.el.id = `${this.uid}-${index}`;
      s.el.setAttribute("aria-rowindex", String(index + 2));
    }
    if (this.selectable) s.el.setAttribute("aria-selected", String(s.key !== undefined && s.key === this.sel));
    const extra = row === undefined ? " loading" : src.rowClass ? ` ${src.rowClass(row, index)}` : "";
    const name = `g-row${extra}`;
    if (s.el.className !== name) s.el.className = name;
    if (src.level) {
      const level = row === undefined ? 0 : src.level(row);
      if (level > 0) s.el.setAttribute("aria-level", String(level));
      else s.el.removeAttribute("aria-level");
    }
    for (let c = 0; c < s.cells.length; c++) {
      const cell = s.cells[c]!;
      const col = this.shown[c]!;
      fill(cell, row === undefined ? "" : col.cell(row, index));
      if (col.tip) cell.title = row === undefined ? "" : col.tip(row);
    }
  }

  private slotOf(e: Event): Slot | undefined {
    const el = (e.target as Element).closest(".g-row");
    return this.slots.find((s) => s.el === el);
  }

  private clicked(e: MouseEvent): void {
    if ((e.target as Element).closest("a[href], button, input")) return;
    if (!document.getSelection()?.isCollapsed && this.body.contains(document.getSelection()?.anchorNode ?? null)) return;
    this.emitAt("select", e);
  }

  private emitAt(name: string, e: Event): void {
    if ((e.target as Element).closest("a[href], button")) return;
    const s = this.slotOf(e);
    if (s?.key === undefined) return;
    this.emit(name, { key: s.key, index: s.index });
  }

  private emit(name: string, detail: unknown): void {
    this.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }));
  }

  /** Moves the selection by rows; the first move selects the first row in sight. */
  move(by: number): void {
    const src = this.rows;
    if (!src || !this.selectable || src.length === 0) return;
    const now = this.sel === "" ? -1 : src.indexOf(this.sel);
    const start = now < 0 ? Math.ceil(this.virtualTop / this.rowh) - Math.sign(by) : now;
    const to = Math.max(0, Math.min(src.length - 1, start + by));
    this.reveal(to);
    src.range?.(to, to + 1);
    const key = src.key(to);
    if (key !== undefined) {
      this.sel = key;
      this.emit("select", { key, index: to });
      this.refresh();
    }
  }

  /** A movement key of a list; true when it was one. */
  handleKey(k: string): boolean {
    const page = Math.max(1, Math.floor(this.viewHeight / this.rowh) - 1);
    const steps: Record<string, number> = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1, PageDown: page, PageUp: -page, Home: -1e9, End: 1e9, G: 1e9 };
    const by = steps[k];
    if (by === undefined) return false;
    if (!this.selectable) this.moveTo(this.virtualTop + (Math.abs(by) > 1e8 ? by * this.rowh : by * this.rowh));
    else this.move(by);
    return true;
  }

  /** Opens the selected row; true when there is one. */
  openSelected(): boolean {
    const at = this.sel === "" ? -1 : (this.rows?.indexOf(this.sel) ?? -1);
    if (at < 0) return false;
    this.emit("open", { key: this.sel, index: at });
    return true;
  }

  private keydown(e: KeyboardEvent): void {
    if (e.ctrlKey || e.metaKey || e.altKey || e.target !== this.view) return;
    if (["ArrowDown", "ArrowUp", "PageDown", "PageUp", "Home", "End"].includes(e.key) && this.handleKey(e.key)) e.preventDefault();
  }
}

function fill(cell: Cached, content: CellContent): void {
  if (content !== null && typeof content === "object") {
    if (!cell.sondeRich) {
      cell.textContent = "";
      cell.sondeRich = true;
      delete cell.sondeText;
    }
    render(content, cell);
    return;
  }
  const text = content === null || content === undefined ? "" : String(content);
  if (cell.sondeRich) {
    render(null, cell);
    cell.replaceChildren();
    // The container keeps its template part; forget it, or the next template
    // would look for nodes that are gone.
    delete (cell as { _$litPart$?: unknown })._$litPart$;
    cell.sondeRich = false;
  } else if (cell.sondeText === text) return;
  cell.sondeText = text;
  cell.textContent = text;
}

define("s-grid", SGrid);
declare global {
  interface HTMLElementTagNameMap {
    "s-grid": SGrid;
  }
}
