// What the live list views share: rows that follow a topic, the order rule, the
// selection in the address, and what to show when lists are not kept.
import { html, type TemplateResult } from "lit";
import { get, go, has } from "./address";
import { empty } from "./draw";
import { compile, type Fields, type Reader } from "./expr";
import { bits, clock, percent, size } from "./format";
import type { GridColumn, SGrid } from "./grid";
import "./grid";
import { lingers, LiveRows } from "./rows";
import type { Entry, Table } from "./table";
import { past, sampleAt } from "./timeline";

export interface ListOptions {
  readonly label: string;
  readonly storageKey: string;
  readonly columns: readonly GridColumn<Entry>[];
  readonly sort: string;
  readonly rowHeight?: number;
  readonly main?: boolean;
  readonly sortable?: boolean;
}

/** A grid over a live table, with the filter and sort of the address. */
export class LiveList {
  readonly rows = new LiveRows();
  readonly grid = document.createElement("s-grid") as SGrid<Entry>;
  /** Rows that the view's own conditions leave, before the filter. */
  total = 0;
  private last: ((e: Entry) => boolean) | undefined;
  private lastText = "";
  private key = "";

  constructor(readonly options: ListOptions) {
    const g = this.grid;
    g.label = options.label;
    g.storageKey = options.storageKey;
    g.rowHeight = options.rowHeight ?? 0;
    if (options.main !== false) g.dataset["main"] = "";
    g.columns = options.columns;
    g.source = this.rows;
    if (options.sortable !== false) g.sort = this.sort;
    g.addEventListener("sort", (e) => go({ sort: (e as CustomEvent<{ sort: string }>).detail.sort }));
  }

  get sort(): string {
    const s = get("sort") || this.options.sort;
    return this.options.columns.some((c) => c.id === s.replace(/^-/, "")) ? s : this.options.sort;
  }

  /** Brings the rows up to date. `base` is the view's own condition. */
  update(table: Table, how: {
    readonly fields: Fields;
    readonly reader: Reader<Entry>;
    readonly base?: (e: Entry) => boolean;
    readonly shape?: string;
    readonly value?: (e: Entry, id: string) => string | number | boolean | null | undefined;
    readonly tree?: { id(e: Entry): string; parent(e: Entry): string };
    readonly rowClass?: (e: Entry) => string;
  }): void {
    this.rows.table = table;
    const text = get("f");
    const verdict = compile(text, how.fields, how.reader);
    // While the filter is unfinished or wrong the last valid one stays.
    if (verdict.state === "valid") this.last = verdict.test;
    else if (verdict.state === "empty") this.last = undefined;
    this.lastText = text;
    clearTimeout(this.again);
    const test = this.last;
    const base = how.base;
    this.total = 0;
    const keep = (e: Entry): boolean => {
      if (base && !base(e)) return false;
      this.total++;
      return !test || test(e);
    };
    const sort = this.sort;
    if (this.options.sortable !== false) this.grid.sort = how.tree ? "" : sort;
    this.rows.arrange(
      { sort, keep, hold: has("freeze") || this.grid.held, ...(how.value ? { value: how.value } : {}), ...(how.tree ? { tree: how.tree } : {}), ...(how.rowClass ? { rowClass: how.rowClass } : {}) },
      `${sort}|${text}|${how.tree ? "tree" : ""}|${how.shape ?? ""}`,
    );
    this.grid.emptyContent = () => (this.lastText ? noMatch(this.lastText, this.total, this.options.label.toLowerCase()) : empty("filter", `No ${this.options.label.toLowerCase()}`, "Nothing to list here."));
    this.grid.refresh();
    // A table that seldom changes must still let its ended rows go.
    if (this.rows.fading) this.again = window.setTimeout(() => this.update(table, how), lingers + 100);
  }
  private again = 0;

  /** The entry named by an option of the address, found once by `match` and then
   * held by its key, so that a reused number never takes over the selection. */
  selected(param: string, match: (e: Entry, value: string) => boolean): Entry | undefined {
    const value = get(param);
    if (!value) {
      this.key = "";
      this.held = undefined;
      this.grid.selected = "";
      return undefined;
    }
    if (this.held && match(this.held, value)) {
      const now = this.rows.table.rows.get(this.held.key);
      if (now) this.held = now;
      this.grid.selected = this.held.key;
      return this.held;
    }
    this.held = undefined;
    for (const e of this.rows.table.rows.values()) {
      if (match(e, value)) {
        this.held = e;
        break;
      }
    }
    this.key = this.held?.key ?? "";
    this.grid.selected = this.key;
    return this.held;
  }
  private held: Entry | undefined;

  /** Takes a row as the selection before the address is set to it. */
  take(key: string): Entry | undefined {
    this.held = this.rows.table.rows.get(key) ?? this.held;
    return this.held;
  }
}

/** The filter leaves nothing: say the filter, one click out. */
export function noMatch(filter: string, total: number, what: string): TemplateResult {
  return empty("filter", `No ${what} match`, html`<code>${filter}</code> matches 0 of ${total.toLocaleString("en-US")}.`, html`<button type="button" class="btn" @click=${() => go({ f: null })}>Clear filter</button>`);
}

/** Shown in place of a list while a past second is looked at. */
export function pastView(): TemplateResult | undefined {
  const at = past.value;
  if (at === undefined) return undefined;
  const s = sampleAt(at);
  if (!s) return empty("clock", `Nothing is kept of ${clock(at)}`, "The server keeps one sample a second of CPU, network and disk since it started.");
  const n = (id: string): number => s.table.num(s.row, id);
  return empty("clock", `This list is not kept for ${clock(at)}`, html`Kept of that second: CPU ${percent(n("cpu"))} %, network in ${bits(n("recv") * 8)} out ${bits(n("send") * 8)}, disk read ${size(n("read"))}/s written ${size(n("write"))}/s.`);
}

export function shown(n: number, total: number): TemplateResult {
  return html`<span class="faint tiny nw">${n.toLocaleString("en-US")} of ${total.toLocaleString("en-US")}</span>`;
}

/** Drags the edge of a side panel; the width is kept per view. */
export function grip(name: string): TemplateResult {
  const set = (side: HTMLElement, width: number): void => {
    const w = Math.max(300, Math.min(innerWidth - 360, width));
    side.style.setProperty("--side", `${w}px`);
    try {
      localStorage.setItem(`sonde-side-${name}`, String(w));
    } catch {
      // no storage: the width lasts for this page
    }
  };
  const side = (e: Event): HTMLElement => (e.currentTarget as HTMLElement).nextElementSibling as HTMLElement;
  const down = (e: PointerEvent): void => {
    const g = e.currentTarget as HTMLElement;
    const s = side(e);
    const x0 = e.clientX;
    const w0 = s.offsetWidth;
    g.setPointerCapture(e.pointerId);
    const move = (m: PointerEvent): void => set(s, w0 + x0 - m.clientX);
    g.addEventListener("pointermove", move);
    g.addEventListener("pointerup", () => g.removeEventListener("pointermove", move), { once: true });
  };
  const key = (e: KeyboardEvent): void => {
    const by = { ArrowLeft: 16, ArrowRight: -16 }[e.key];
    if (by === undefined) return;
    e.preventDefault();
    e.stopPropagation();
    set(side(e), side(e).offsetWidth + by);
  };
  const reset = (e: Event): void => {
    side(e).style.removeProperty("--side");
    localStorage.removeItem(`sonde-side-${name}`);
  };
  return html`<div class="grip" role="separator" aria-orientation="vertical" aria-label="Resize panel" aria-valuenow=${storedWidth(name) ?? 560} aria-valuemin="300" aria-valuemax=${innerWidth} tabindex="0" @pointerdown=${down} @keydown=${key} @dblclick=${reset}></div>`;
}

function storedWidth(name: string): number | undefined {
  try {
    return Number(localStorage.getItem(`sonde-side-${name}`)) || undefined;
  } catch {
    return undefined;
  }
}

export function sideWidth(name: string): Record<string, string> {
  const w = storedWidth(name);
  return w ? { "--side": `${w}px` } : {};
}
