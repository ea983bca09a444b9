// <s-conversations>: conversations and endpoints of a capture, in Wireshark's
// columns, by layer. The tables come from the server by topic, so they grow while
// the capture runs. Attribute `kind`: "conv" or "endpoints".
import { html, nothing, type TemplateResult } from "lit";
import { get, go, has, href, open } from "./address";
import { directions, endFilter, join, joins, type Join, type Pair, pairFilter } from "./capture-filters";
import { applied, ask, effective, home, live, root, settled, status } from "./capture-state";
import { args, copyItems, counting, filterOf, layer, layers, limited } from "./capture-stat";
import { bar, css, empty, icon, pct, zero } from "./draw";
import { bits, clock, count, percent } from "./format";
import type { GridColumn, SGrid } from "./grid";
import "./grid";
import { define, Island } from "./island";
import { pageKeys } from "./keys";
import { type MenuItem, openMenu } from "./menu";
import { failed } from "./notices";
import { LiveRows } from "./rows";
import { type Entry, Table } from "./table";
import { copy } from "./toast";
import type { Failure, Table as WireTable } from "./wire";

/** Up to this many packets the tabs of other layers are counted too. */
const countable = 100_000;

class SConversations extends Island {
  static override properties = { kind: {} };
  declare kind: string;

  private table = new Table();
  private whole: Table | undefined;
  private error: Failure | undefined;
  private rows = new LiveRows();
  private grid: SGrid<Entry> | undefined;
  private shape = "";
  private since = 0;
  private readonly tabCounts = new Map<string, number>();
  private counting = "";
  private largest = 1;

  constructor() {
    super();
    this.kind = "conv";
  }

  private get initial(): string {
    return this.kind === "conv" ? "tcp" : "ip";
  }
  private get layer(): string {
    return layer(this.initial);
  }
  private get ports(): boolean {
    return this.layer === "tcp" || this.layer === "udp";
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.follow(() => {
      const f = effective.value;
      void get("tab");
      void get("limit");
      if (f === undefined) return;
      const name = `tap/${this.kind},${this.layer}`;
      const key = `${name}|${filterOf()}`;
      if (key !== this.shape) {
        this.shape = key;
        this.since = performance.now();
        this.table = new Table();
        this.whole = undefined;
        this.error = undefined;
        this.rows = new LiveRows();
        this.grid = undefined;
      }
      this.topic("table", name, args(filterOf()), (t, c) => {
        this.table = t;
        this.error = c.error;
        this.arrange();
      });
      // With a filter: how much of each conversation it leaves.
      this.topic("whole", filterOf() && this.kind === "conv" ? name : undefined, args(""), (t, c) => {
        this.whole = c.error ? undefined : t;
        this.arrange();
      });
    });
    this.follow(() => {
      void get("sort");
      void get("sel");
      void has("abs");
      void effective.value;
      this.arrange();
    });
    this.follow(() => {
      const s = status.value;
      this.grid?.refresh(); // bars are drawn within the capture's length
      if (s && settled.value && s.packets > 0 && s.packets <= countable && effective.value !== undefined) void this.countTabs(filterOf());
    });
    this.every(1000, () => { if (!this.grid) this.requestUpdate(); });
    pageKeys({
      f: () => this.followStream(this.chosen()),
    });
  }

  /** Rows of the other layers, for their tabs; one after the other, once. */
  private async countTabs(filter: string): Promise<void> {
    if (this.counting === `f${filter}`) return;
    this.counting = `f${filter}`;
    for (const [l] of layers) {
      try {
        const t = await ask<WireTable>(`${root}/stats/${this.kind},${l}?filter=${encodeURIComponent(filter)}`);
        if (this.counting !== `f${filter}`) return;
        this.tabCounts.set(l, t.rows?.length ?? 0);
      } catch {
        this.tabCounts.delete(l);
      }
      this.requestUpdate();
    }
  }

  private get sort(): string {
    const s = get("sort");
    return s && this.table.has(s.replace(/^-/, "")) ? s : "-bytes";
  }

  private arrange(): void {
    const t = this.table;
    if (t.updates > 0) {
      if (!this.grid) this.grid = this.makeGrid();
      this.tabCounts.set(this.layer, t.rows.size);
      this.largest = 1;
      for (const e of t.rows.values()) this.largest = Math.max(this.largest, t.num(e, "bytes"));
      this.rows.table = t;
      this.rows.arrange({ sort: this.sort, hold: live.value && this.grid.held }, this.sort);
      this.grid.sort = this.sort;
      this.grid.columns = this.columns();
      this.grid.selected = get("sel");
      this.grid.refresh();
    }
    this.requestUpdate();
  }

  private made: readonly GridColumn<Entry>[] = [];
  private madeFor = "";

  private makeGrid(): SGrid<Entry> {
    const g = document.createElement("s-grid") as SGrid<Entry>;
    this.madeFor = "";
    const name = layers.find(([l]) => l === this.layer)![1];
    g.label = this.kind === "conv" ? "Conversations" : "Endpoints";
    g.dataset["main"] = "";
    g.dataset["class"] = "tight";
    g.storageKey = `${this.kind}-${this.ports ? "ports" : this.layer}`;
    g.emptyContent = () => empty("filter", `No ${name} ${this.kind === "conv" ? "conversations" : "endpoints"}`, filterOf() ? html`None among the packets of <code>${filterOf()}</code>.` : "None in this capture.", filterOf() ? html`<button type="button" class="btn" @click=${() => go({ limit: "0" })}>Show those of all packets</button>` : nothing);
    g.source = this.rows;
    g.addEventListener("sort", (e) => go({ sort: (e as CustomEvent<{ sort: string }>).detail.sort }));
    g.addEventListener("select", (e) => go({ sel: (e as CustomEvent<{ key: string }>).detail.key }, { replace: true }));
    g.addEventListener("open", (e) => this.showPackets(this.table.rows.get((e as CustomEvent<{ key: string }>).detail.key)));
    g.addEventListener("row-menu", (ev) => {
      const { key, x, y } = (ev as CustomEvent<{ key: string; x: number; y: number }>).detail;
      const e = this.table.rows.get(key);
      if (!e) return;
      ev.preventDefault();
      go({ sel: key }, { replace: true });
      this.menu(e, { x, y });
    });
    return g;
  }

  /** The server's columns under its titles, and the bar over time. */
  private columns(): readonly GridColumn<Entry>[] {
    const narrow = innerWidth <= 640;
    const withWhole = this.whole !== undefined;
    const key = `${this.layer}|${has("abs")}|${withWhole}|${narrow}|${this.table.columns.length}`;
    if (key === this.madeFor) return this.made;
    this.madeFor = key;
    const t = (): Table => this.table;
    const wide = this.layer === "eth" ? 142 : this.layer === "ipv6" ? 190 : narrow ? 130 : 112;
    const figure = (c: string) => (e: Entry): string | TemplateResult => {
      const v = t().cell(e, c);
      return typeof v === "number" ? (v === 0 ? zero() : count(v)) : zero("-");
    };
    const address = (c: string, port: string) => (e: Entry): string | TemplateResult => (narrow && this.ports ? html`${t().str(e, c)}<span class="faint">:</span>${t().str(e, port)}` : t().str(e, c));
    const seconds = (c: string) => (e: Entry): string => (t().num(e, c) / 1e9).toFixed(6);
    const rate = (c: string) => (e: Entry): string | TemplateResult => (t().cell(e, c) === null ? zero("-") : bits(t().num(e, c)));
    const span = (): number => Math.max(1, status.value?.length ?? 1);
    const shapes: Readonly<Record<string, Partial<GridColumn<Entry>> & { readonly width: number }>> = {
      addra: { width: wide, mono: true, flex: true, cell: address("addra", "porta"), tip: (e) => t().str(e, "addra") },
      porta: { width: 48, num: true, priority: 2, cell: (e) => t().str(e, "porta") },
      addrb: { width: wide, mono: true, flex: true, cell: address("addrb", "portb"), tip: (e) => t().str(e, "addrb") },
      portb: { width: 48, num: true, priority: 2, cell: (e) => t().str(e, "portb") },
      addr: { width: Math.max(190, wide), mono: true, flex: true, cell: address("addr", "port") },
      port: { width: 64, num: true, priority: 2, cell: (e) => t().str(e, "port") },
      packets: { width: narrow ? 52 : 56, num: true, cell: figure("packets") },
      bytes: { width: narrow ? 62 : 74, num: true, cell: (e) => bar(count(t().num(e, "bytes")), t().num(e, "bytes") / this.largest) },
      stream: { width: 72, num: true, priority: 4, cell: (e) => t().str(e, "stream") },
      packetsab: { width: 92, num: true, priority: 5, cell: figure("packetsab") },
      bytesab: { width: 80, num: true, priority: 6, cell: figure("bytesab") },
      packetsba: { width: 92, num: true, priority: 5, cell: figure("packetsba") },
      bytesba: { width: 80, num: true, priority: 6, cell: figure("bytesba") },
      start: { width: 80, num: true, priority: 3, cell: has("abs") ? (e) => clock(((status.value?.first ?? 0) + t().num(e, "start")) / 1e6) : seconds("start") },
      duration: { width: 70, num: true, priority: 2, cell: seconds("duration") },
      bpsab: { width: 80, num: true, priority: 7, cell: rate("bpsab") },
      bpsba: { width: 84, num: true, priority: 7, cell: rate("bpsba") },
      txpackets: { width: 94, num: true, priority: 3, cell: figure("txpackets") },
      txbytes: { width: 90, num: true, priority: 3, cell: figure("txbytes") },
      rxpackets: { width: 94, num: true, priority: 3, cell: figure("rxpackets") },
      rxbytes: { width: 90, num: true, priority: 3, cell: figure("rxbytes") },
    };
    const out: GridColumn<Entry>[] = [];
    for (const c of this.table.columns) {
      const s = shapes[c.id];
      const title = has("abs") && c.id === "start" ? "Abs Start" : c.title;
      if (narrow && (c.id === "porta" || c.id === "portb" || c.id === "port")) continue;
      out.push({ id: c.id, title, help: c.help ?? title, ...(s ?? { width: 90 }), cell: s?.cell ?? ((e) => t().str(e, c.id)) });
      if (c.id === "stream" && withWhole) {
        out.push({ id: "total", title: "Total Packets", width: 88, num: true, priority: 4, sortable: false, help: "Of this conversation in the whole capture", cell: (e) => count(Math.max(this.totalOf(e), t().num(e, "packets"))) });
        out.push({ id: "share", title: "Percent Filtered", width: 104, num: true, priority: 5, sortable: false, help: "Packets that the filter leaves, of all of the conversation", cell: (e) => { const all = this.totalOf(e); return all ? `${percent(Math.min(1, t().num(e, "packets") / all), 2)}%` : zero("-"); } });
      }
      if (c.id === "duration") {
        out.push({ id: "time", title: "Over time", width: 68, priority: 5, sortable: false, help: "From Rel Start over Duration, within the capture", cell: (e) => html`<span class="convbar"><i ${css({ left: pct(t().num(e, "start") / span()), width: pct(Math.max(0.01, t().num(e, "duration") / span())) })}></i></span>` });
      }
    }
    this.made = out;
    return out;
  }

  /** Packets of the conversation without the filter; streams keep their number. */
  // The two tables grow apart for a moment while a capture does.
  private totalOf(e: Entry): number {
    const w = this.whole;
    if (!w) return 0;
    const same = w.rows.get(e.key);
    if (same) return w.num(same, "packets");
    const stream = this.table.cell(e, "stream");
    for (const o of w.rows.values()) if (w.cell(o, "stream") === stream) return w.num(o, "packets");
    return 0;
  }

  private chosen(): Entry | undefined {
    return this.table.rows.get(get("sel"));
  }

  private pair(e: Entry): Pair {
    const t = this.table;
    return { layer: this.layer, a: t.str(e, "addra"), b: t.str(e, "addrb"), ...(this.ports ? { portA: t.num(e, "porta"), portB: t.num(e, "portb"), stream: t.num(e, "stream") } : {}) };
  }

  private condition(e: Entry): string {
    if (this.kind === "conv") return pairFilter(this.pair(e), "A ↔ B");
    return endFilter(this.layer, this.table.str(e, "addr"), this.ports ? this.table.num(e, "port") : undefined);
  }

  /** To the packets with a filter; what is prepared waits in the bar. */
  private to(condition: string, how: Join, prepare = false): void {
    const f = join(applied.value ?? "", condition, how);
    if (prepare) document.dispatchEvent(new CustomEvent("sonde-prepare", { detail: f }));
    else go({ f, limit: null });
  }

  private showPackets(e: Entry | undefined): void {
    if (e) open(href({ f: this.condition(e) }, home));
  }

  private followStream(e: Entry | undefined): void {
    if (!e || !this.ports || this.kind !== "conv") return;
    const f = this.condition(e);
    void ask<{ readonly no: number }>(`${root}/find?after=0&filter=${encodeURIComponent(f)}`).then((row) => open(href({ f: applied.value ?? "", p: row.no, dialog: "follow" }, home)), () => this.showPackets(e));
  }

  private menu(e: Entry, at: HTMLElement | { readonly x: number; readonly y: number }): void {
    const again = (items: readonly MenuItem[]) => (): void => openMenu(items, at);
    const p = this.kind === "conv" ? this.pair(e) : undefined;
    const ways = (how: Join, prepare: boolean): MenuItem[] => (p ? directions.map((d) => ({ label: d, run: () => this.to(pairFilter(p, d), how, prepare) })) : []);
    const all = (prepare: boolean): MenuItem[] =>
      joins.map(([how, label]) => (p ? { label: `${label} …`, run: again([{ heading: label }, ...ways(how, prepare)]) } : { label, run: () => this.to(this.condition(e), how, prepare) }));
    openMenu(
      [
        { label: "Show packets", key: "Enter", icon: "cap", run: () => this.showPackets(e) },
        ...(p && this.ports ? [{ label: "Follow stream", key: "f", run: () => this.followStream(e) }] : []),
        "rule",
        { heading: "Apply as filter" },
        ...all(false),
        { heading: "Prepare as filter" },
        ...all(true).slice(0, 4),
        "rule",
        { label: "Copy as filter", icon: "copy", run: () => void copy(this.condition(e)) },
      ],
      at,
    );
  }

  private tabs(): TemplateResult {
    return html`<div class="tabs" role="tablist" aria-label="Layer">${layers.map(([l, title]) => {
      const n = this.tabCounts.get(l);
      return html`<a role="tab" class=${n === 0 ? "faint" : ""} aria-selected=${l === this.layer} tabindex=${l === this.layer ? 0 : -1} href=${href({ tab: l === this.initial ? null : l, sel: null, sort: null })}>${title}${n === undefined ? nothing : html`<span class="n">${count(n)}</span>`}</a>`;
    })}</div>`;
  }

  protected override render(): TemplateResult {
    const e = this.chosen();
    const filtered = (effective.value ?? "") !== "";
    const conv = this.kind === "conv";
    const off = e === undefined;
    return html`${this.tabs()}<div class="bar low">${conv ? html`<label class="chk n-hide"><input type="checkbox" .checked=${has("abs")} @change=${(ev: Event) => go({ abs: (ev.target as HTMLInputElement).checked })}>Absolute start time</label>` : nothing}<label class="chk"><input type="checkbox" .checked=${limited()} ?disabled=${!filtered} @change=${(ev: Event) => go({ limit: (ev.target as HTMLInputElement).checked ? null : "0" })}>Limit to display filter</label>
      <span class="push row">${off ? html`<span class="faint small n-hide">Select a row, or Enter for its packets</span>` : nothing}<button type="button" class="btn sm ${off ? "n-hide" : ""}" ?disabled=${off} @click=${() => this.showPackets(e)}>Show packets</button>${conv && this.ports ? html`<button type="button" class="btn sm n-hide" ?disabled=${off} @click=${() => this.followStream(e)}>Follow stream</button>` : nothing}<button type="button" class="btn sm n-hide" ?disabled=${off} aria-haspopup="menu" @click=${(ev: Event) => e && this.menu(e, ev.currentTarget as HTMLElement)}>Filter ${icon("down", 10)}</button><button type="button" class="btn sm" aria-haspopup="menu" @click=${(ev: Event) => openMenu(copyItems(this.table, this.rows.entries()), ev.currentTarget as HTMLElement)}>Copy ${icon("down", 10)}</button></span></div>
      ${this.error && this.table.updates === 0 ? failed(this.error, "This statistic cannot be made") : this.grid ?? counting(this.since)}`;
  }
}

define("s-conversations", SConversations);
