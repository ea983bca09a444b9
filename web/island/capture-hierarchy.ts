// <s-hierarchy>: protocols by what carries them, as a tree that folds. Packets
// and bytes of a line hold those of the lines below it; End counts packets whose
// last protocol it is.
import { html, type TemplateResult } from "lit";
import { get, go, href, open } from "./address";
import { applied, effective, home } from "./capture-state";
import { args, copyItems, counting, filterOf, limited } from "./capture-stat";
import { joins, join } from "./capture-filters";
import { bar, css, empty, icon, zero } from "./draw";
import { bits, count, percent } from "./format";
import type { GridColumn, RowSource, SGrid } from "./grid";
import "./grid";
import { define, Island } from "./island";
import { openMenu } from "./menu";
import { failed } from "./notices";
import { type Entry, Table } from "./table";
import { copy } from "./toast";
import type { Failure } from "./wire";

/** The table's rows that no closed line hides, in the server's order. */
class TreeRows implements RowSource<Entry> {
  table = new Table();
  readonly closed = new Set<string>();
  private list: readonly Entry[] = [];

  arrange(): void {
    const out: Entry[] = [];
    let hidden = -1;
    for (const e of this.table.rows.values()) {
      const depth = this.table.num(e, "depth");
      if (hidden >= 0 && depth > hidden) continue;
      hidden = this.closed.has(e.key) ? depth : -1;
      out.push(e);
    }
    this.list = out;
  }
  parent(e: Entry): boolean {
    const prefix = `${e.key}/`;
    for (const k of this.table.rows.keys()) if (k.startsWith(prefix)) return true;
    return false;
  }
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
    return this.list.findIndex((e) => e.key === key);
  }
  level(e: Entry): number {
    return this.table.num(e, "depth") + 1;
  }
}

class SHierarchy extends Island {
  private readonly rows = new TreeRows();
  private readonly grid = document.createElement("s-grid") as SGrid<Entry>;
  private error: Failure | undefined;
  private since = performance.now();

  constructor() {
    super();
    const g = this.grid;
    g.label = "Protocol hierarchy";
    g.dataset["main"] = "";
    g.storageKey = "hierarchy";
    // Every row holds a link: far enough apart to be hit.
    g.rowHeight = innerWidth > 640 ? 25 : 0;
    g.columns = this.columns();
    g.source = this.rows;
    g.emptyContent = () => empty("filter", "No packets", filterOf() ? "None among the filtered packets." : "This capture holds none.");
    g.addEventListener("select", (e) => go({ sel: (e as CustomEvent<{ key: string }>).detail.key }, { replace: true }));
    g.addEventListener("open", (e) => this.show(this.table.rows.get((e as CustomEvent<{ key: string }>).detail.key)));
    g.addEventListener("row-menu", (ev) => {
      const { key, x, y } = (ev as CustomEvent<{ key: string; x: number; y: number }>).detail;
      const e = this.table.rows.get(key);
      if (!e) return;
      ev.preventDefault();
      const f = this.table.str(e, "filter");
      openMenu(
        [
          { label: "Show packets", key: "Enter", icon: "cap", run: () => this.show(e) },
          { heading: "Apply as filter" },
          ...joins.map(([how, label]) => ({ label, run: () => go({ f: join(applied.value ?? "", f, how) }) })),
          "rule",
          { label: "Copy as filter", icon: "copy", run: () => void copy(f) },
        ],
        { x, y },
      );
    });
    g.addEventListener("keydown", (e) => {
      const by = { ArrowRight: false, ArrowLeft: true }[(e as KeyboardEvent).key];
      const key = get("sel");
      if (by === undefined || !key) return;
      e.preventDefault();
      this.fold(key, by);
    });
  }

  private get table(): Table {
    return this.rows.table;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.every(1000, () => { if (this.table.updates === 0) this.requestUpdate(); });
    this.follow(() => {
      if (effective.value === undefined) return;
      this.since = performance.now();
      void get("limit");
      this.topic("table", "tap/io,phs", args(filterOf()), (t, c) => {
        this.rows.table = t;
        this.error = c.error;
        this.draw();
      });
    });
    this.follow(() => {
      this.grid.selected = get("sel");
      this.requestUpdate();
    });
  }

  private draw(): void {
    this.rows.arrange();
    this.grid.refresh();
    this.requestUpdate();
  }

  private fold(key: string, close: boolean): void {
    if (close) this.rows.closed.add(key);
    else this.rows.closed.delete(key);
    this.draw();
  }

  private show(e: Entry | undefined): void {
    if (e) open(this.packets(e));
  }

  private packets(e: Entry): string {
    const f = this.table.str(e, "filter");
    const now = filterOf();
    return href({ f: f === "frame" ? now : now ? `(${now}) && ${f}` : f }, home);
  }

  private columns(): GridColumn<Entry>[] {
    const t = (): Table => this.table;
    const figure = (id: string) => (e: Entry): string | TemplateResult => (t().num(e, id) === 0 ? zero() : count(t().num(e, id)));
    const share = (id: string, colour: string) => (e: Entry): TemplateResult => bar(percent(t().num(e, id)), t().num(e, id), colour);
    const rate = (n: number): string | TemplateResult => (n > 0 ? bits(n) : zero());
    const endRate = (e: Entry): number => (t().num(e, "bytes") > 0 ? (t().num(e, "bps") * t().num(e, "endbytes")) / t().num(e, "bytes") : 0);
    const fixed = { sortable: false, num: true } as const;
    return [
      { id: "protocol", title: "Protocol", width: 220, flex: true, sortable: false, cell: (e) => {
        const parent = this.rows.parent(e);
        const shut = this.rows.closed.has(e.key);
        return html`<span class="fold" ${css({ "padding-left": `${t().num(e, "depth") * 14}px` })}>${parent ? html`<span class="twist" title=${shut ? "Open (→)" : "Close (←)"} @click=${(ev: Event) => { ev.stopPropagation(); this.fold(e.key, !shut); }}>${shut ? "▸" : "▾"}</span>` : html`<span class="twist"></span>`}<a class="ent" href=${this.packets(e)}>${t().str(e, "protocol")}</a></span>`;
      } },
      { id: "percentpackets", title: "Percent Packets", width: 130, ...fixed, cell: share("percentpackets", "var(--f-blue)") },
      { id: "packets", title: "Packets", width: 80, priority: 2, ...fixed, cell: figure("packets") },
      { id: "percentbytes", title: "Percent Bytes", width: 120, priority: 2, ...fixed, cell: share("percentbytes", "var(--f-teal)") },
      { id: "bytes", title: "Bytes", width: 86, priority: 2, ...fixed, cell: figure("bytes") },
      { id: "bps", title: "Bits/s", width: 80, priority: 3, ...fixed, cell: (e) => rate(t().num(e, "bps")) },
      { id: "endpackets", title: "End Packets", width: 90, priority: 4, ...fixed, cell: figure("endpackets") },
      { id: "endbytes", title: "End Bytes", width: 86, priority: 4, ...fixed, cell: figure("endbytes") },
      { id: "endbps", title: "End Bits/s", width: 86, priority: 5, ...fixed, cell: (e) => rate(endRate(e)) },
    ];
  }

  protected override updated(): void {
    this.grid.firstElementChild?.setAttribute("role", "treegrid");
  }

  protected override render(): TemplateResult {
    const filtered = (effective.value ?? "") !== "";
    return html`<div class="bar low"><label class="chk"><input type="checkbox" .checked=${limited()} ?disabled=${!filtered} @change=${(ev: Event) => go({ limit: (ev.target as HTMLInputElement).checked ? null : "0" })}>Limit to display filter</label><span class="push row"><button type="button" class="btn sm" aria-haspopup="menu" @click=${(ev: Event) => openMenu(copyItems(this.table, [...this.table.rows.values()]), ev.currentTarget as HTMLElement)}>Copy ${icon("down", 10)}</button></span></div>
      ${this.error && this.table.updates === 0 ? failed(this.error, "This statistic cannot be made") : this.table.updates === 0 ? counting(this.since) : this.grid}`;
  }
}

define("s-hierarchy", SHierarchy);
