// Bandwidth: host pairs with logarithmic bars (10 s thin over 40 s pale), by
// process, by port, packet sizes; totals below.
import { html, nothing, type TemplateResult } from "lit";
import { get, go, has, href } from "./address";
import { bar, css, icon, logbar, logFraction, pct, processLink, skeleton } from "./draw";
import type { Fields, Reader } from "./expr";
import "./filter-bar";
import { bytes, count, percent, rate } from "./format";
import type { GridColumn } from "./grid";
import { define, Island } from "./island";
import { pageKeys } from "./keys";
import { LiveList, pastView } from "./live-view";
import { failed, notes } from "./notices";
import { focusPid } from "./rail";
import { command, fact } from "./status";
import { type Entry, Table } from "./table";
import { past } from "./timeline";
import type { Failure } from "./wire";

type Tab = "pairs" | "process" | "port" | "sizes";
const tabs: readonly (readonly [Tab, string, string])[] = [["pairs", "Host pairs", "pair"], ["process", "By process", "process"], ["port", "By port", "port"], ["sizes", "Packet sizes", "sizes"]];
const fields: Fields = { names: { peer: "far host", local: "near host", port: "service port", proto: "tcp, udp, …", process: "owner", pid: "owner's number", out: "bytes a second, 10 s", in: "bytes a second, 10 s", total: "bytes so far" } };

class SBandwidth extends Island {
  private table = new Table();
  private interfaces = new Table();
  private error: Failure | undefined;
  private readonly lists: Record<Tab, LiveList>;

  constructor() {
    super();
    this.lists = {
      pairs: new LiveList({ label: "Host pairs", storageKey: "pairs", columns: this.pairs(), sort: "-sum10", rowHeight: 41 }),
      process: new LiveList({ label: "Bandwidth by process", storageKey: "bw-process", columns: this.byProcess(), sort: "-sum10" }),
      port: new LiveList({ label: "Bandwidth by port", storageKey: "bw-port", columns: this.byPort(), sort: "-sum10" }),
      sizes: new LiveList({ label: "Packet sizes", storageKey: "bw-sizes", columns: this.sizes(), sort: "peer" }),
    };
    for (const l of Object.values(this.lists)) l.grid.addEventListener("select", (e) => go({ sel: (e as CustomEvent<{ key: string }>).detail.key }, { replace: true }));
    this.lists.process.grid.addEventListener("open", (e) => {
      const x = this.table.rows.get((e as CustomEvent<{ key: string }>).detail.key);
      if (x && this.table.cell(x, "pid")) location.assign(`/processes?sel=${this.table.str(x, "pid")}&tab=sockets`);
    });
  }

  private get tab(): Tab {
    return tabs.find(([id]) => id === get("tab"))?.[0] ?? "pairs";
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.topic("interfaces", "probe/interfaces", {}, (t, c) => {
      if (!c.error) this.interfaces = t;
      this.requestUpdate();
    });
    this.follow(() => {
      const by = tabs.find(([id]) => id === this.tab)![2];
      const dev = get("if");
      this.topic("list", "probe/bandwidth", { ...(by === "pair" ? {} : { by }), ...(dev ? { if: dev } : {}) }, (t, c) => {
        this.error = c.error;
        this.table = t;
        this.refresh();
      });
      void focusPid();
      void past.value;
      void get("unit");
      this.refresh();
    });
    pageKeys({ 1: () => go({ sort: "-sum2" }), 2: () => go({ sort: null }), 3: () => go({ sort: "-sum40" }), z: () => go({ freeze: !has("freeze") }), B: () => go({ unit: get("unit") === "bytes" ? null : "bytes" }) });
  }

  private refresh(): void {
    const t = this.table;
    const focus = focusPid();
    const reader: Reader<Entry> = {
      value: (e, f) => (f === "out" ? t.num(e, "tx10") : f === "in" ? t.num(e, "rx10") : f === "port" ? [t.cell(e, "port"), ...t.str(e, "ports").split(", ").filter(Boolean).map(Number)] : t.cell(e, f)),
      text: (e) => `${t.str(e, "peer")} ${t.str(e, "local")} ${t.str(e, "proto")} ${t.str(e, "ports")} ${t.str(e, "process")} ${t.str(e, "pid")}`,
    };
    const list = this.lists[this.tab];
    list.update(t, { fields, reader, shape: `${focus}|${this.tab}|${get("unit")}`, base: (e) => !focus || t.str(e, "pid") === focus });
    list.selected("sel", (e, v) => e.key === v);
    const dev = get("if") || "eth0";
    command.value = { pairs: `iftop ${get("if") ? `-i ${dev} ` : ""}-P`, process: `nethogs ${get("if")}`.trim(), port: `iptraf-ng -s ${dev}`, sizes: `iptraf-ng -z ${dev}` }[this.tab];
    fact.value = t.updates && this.tab === "pairs" ? `${count(t.rows.size)} ${t.rows.size === 1 ? "pair" : "pairs"}` : "";
    this.requestUpdate();
  }

  private scale(): TemplateResult {
    return html`${["1kb", "10kb", "100kb", "1Mb", "10Mb", "100Mb", "1Gb"].map((t) => html`<span>${t}</span>`)}`;
  }

  private pairs(): GridColumn<Entry>[] {
    const t = (): Table => this.table;
    const two = (a: string | TemplateResult, b: string | TemplateResult): TemplateResult => html`<span class="pair"><span class="ell">${a}</span><span class="ell">${b}</span></span>`;
    const rates = (n: string) => (e: Entry): TemplateResult => two(rate(t().num(e, `tx${n}`)), rate(t().num(e, `rx${n}`)));
    const line = (e: Entry, w: "tx" | "rx", pale: string): TemplateResult => html`<span><i ${css({ width: pct(logFraction(t().num(e, `${w}40`))), background: pale })}></i><i ${css({ width: pct(logFraction(t().num(e, `${w}10`))), background: `var(--${w})` })}></i></span>`;
    return [
      { id: "peer", title: "Peer", width: 210, mono: true, tip: (e) => `${t().str(e, "local")} and ${t().str(e, "peer")}`, cell: (e) => two(html`<b>${t().str(e, "peer")}</b>`, html`<span class="faint">${t().str(e, "ports") ? `${t().str(e, "proto")} port ${t().str(e, "ports")}` : t().str(e, "proto") || t().str(e, "local")}</span>`) },
      { id: "process", title: "Process", width: 160, priority: 2, cell: (e) => html`<span class="row">${processLink(t().cell(e, "pid") as number | null, t().str(e, "process"))}${t().num(e, "processes") > 1 ? html`<span class="faint tiny">+${t().num(e, "processes") - 1}</span>` : nothing}</span>` },
      { id: "bar", title: this.scale(), label: "Rate, logarithmic", width: 230, flex: true, sortable: false, priority: 3, cell: (e) => html`<span class="pairbars">${line(e, "tx", "var(--f-violet)")}${line(e, "rx", "var(--f-teal)")}</span>` },
      { id: "dir", title: "", label: "Direction", width: 30, sortable: false, cell: () => two(html`<span class="txc">▲</span>`, html`<span class="rxc">▼</span>`) },
      { id: "sum2", title: "2 s", width: 72, num: true, priority: 4, cell: rates("2") },
      { id: "sum10", title: "10 s", width: 72, num: true, cell: rates("10") },
      { id: "sum40", title: "40 s", width: 72, num: true, priority: 4, cell: rates("40") },
      { id: "total", title: "Total", width: 88, num: true, priority: 3, cell: (e) => two(bytes(t().num(e, "tx.total")), bytes(t().num(e, "rx.total"))) },
    ];
  }

  private rates(): GridColumn<Entry>[] {
    const t = (): Table => this.table;
    return [
      { id: "bar", title: this.scale(), label: "Rate, logarithmic", width: 180, flex: true, sortable: false, priority: 4, cell: (e) => logbar(t().num(e, "tx10"), t().num(e, "rx10")) },
      { id: "tx10", title: "▲ out", width: 82, num: true, help: "Sent, average of 10 s", cell: (e) => rate(t().num(e, "tx10")) },
      { id: "rx10", title: "▼ in", width: 82, num: true, help: "Received, average of 10 s", cell: (e) => rate(t().num(e, "rx10")) },
      { id: "sum10", title: "Share", width: 92, num: true, priority: 3, help: "Of all traffic seen, 10 s", cell: (e) => {
        const all = (t().figure("tx.rate10") ?? 0) + (t().figure("rx.rate10") ?? 0);
        const f = all ? t().num(e, "sum10") / all : 0;
        return bar(`${percent(f)} %`, f, "var(--f-violet)");
      } },
      { id: "total", title: "Total", width: 86, num: true, priority: 2, cell: (e) => bytes(t().num(e, "total")) },
    ];
  }

  private byProcess(): GridColumn<Entry>[] {
    const t = (): Table => this.table;
    return [
      { id: "process", title: "Process", width: 200, cell: (e) => processLink(t().cell(e, "pid") as number | null, t().str(e, "process") || t().str(e, "peer")) },
      ...this.rates(),
      { id: "link", title: "", label: "Links", width: 80, sortable: false, priority: 5, cell: (e) => (t().cell(e, "pid") ? html`<a class="ent" href="/sockets?f=pid+%3D%3D+${t().str(e, "pid")}">Sockets</a>` : "") },
    ];
  }

  private byPort(): GridColumn<Entry>[] {
    const t = (): Table => this.table;
    return [
      { id: "port", title: "Port", width: 120, mono: true, cell: (e) => t().str(e, "peer") },
      { id: "proto", title: "Proto", width: 70, class: "dim", cell: (e) => t().str(e, "proto") },
      { id: "process", title: "Process", width: 150, priority: 4, cell: (e) => processLink(t().cell(e, "pid") as number | null, t().str(e, "process")) },
      ...this.rates(),
      { id: "link", title: "", label: "Links", width: 80, sortable: false, priority: 5, cell: (e) => (t().cell(e, "port") ? html`<a class="ent" href="/sockets?f=port+%3D%3D+${t().str(e, "port")}">Sockets</a>` : "") },
    ];
  }

  private sizes(): GridColumn<Entry>[] {
    const t = (): Table => this.table;
    const packets = (e: Entry): number => t().num(e, "tx.packets") + t().num(e, "rx.packets");
    const all = (): number => {
      let n = 0;
      for (const e of t().rows.values()) n += packets(e);
      return n || 1;
    };
    return [
      { id: "peer", title: "Bytes on the wire", width: 170, mono: true, cell: (e) => t().str(e, "peer") },
      { id: "tx.packets", title: "▲ packets", width: 100, num: true, priority: 3, cell: (e) => (t().cell(e, "tx.packets") === null ? "-" : count(t().num(e, "tx.packets"))) },
      { id: "rx.packets", title: "▼ packets", width: 100, num: true, priority: 3, cell: (e) => (t().cell(e, "rx.packets") === null ? "-" : count(t().num(e, "rx.packets"))) },
      { id: "share", title: "Share", width: 80, num: true, sortable: false, cell: (e) => `${percent(packets(e) / all())} %` },
      { id: "bar", title: "", label: "Share of packets", width: 160, flex: true, sortable: false, cell: (e) => bar("", packets(e) / all(), "var(--c-blue)") },
    ];
  }

  private footer(): TemplateResult {
    const t = this.table;
    const f = (id: string): number => t.figure(id) ?? 0;
    const part = (label: string, cls: string, now: number, peak: number, sum: number): TemplateResult => html`<span class="nw"><b class=${cls}>${label}</b> <span class="mono">${rate(now)}</span> <span class="faint">now, peak</span> <span class="mono">${rate(peak)}</span><span class="faint">, sum</span> <span class="mono">${bytes(sum)}</span></span>`;
    return html`<div class="bar foot">${part("TX", "txc", f("tx.rate"), f("tx.peak"), f("tx.total"))}${part("RX", "rxc", f("rx.rate"), f("rx.peak"), f("rx.total"))}${part("Total", "", f("tx.rate") + f("rx.rate"), f("sum.peak"), f("tx.total") + f("rx.total"))}<span class="push lgd n-hide"><span><i class="sw sw-tx"></i>10 s</span><span><i class="sw" ${css({ background: "var(--f-violet)" })}></i>40 s</span></span></div>`;
  }

  protected override render(): TemplateResult {
    const tab = this.tab;
    const t = this.table;
    const then = pastView();
    const devs = [...this.interfaces.rows.values()].filter((e) => this.interfaces.str(e, "state") === "up").map((e) => this.interfaces.str(e, "name"));
    const dev = get("if");
    if (dev && dev !== "any" && !devs.includes(dev)) devs.push(dev);
    const bytesOn = get("unit") === "bytes";
    return html`<div class="tabs" role="tablist" aria-label="Lists">${tabs.map(([id, text]) => html`<a role="tab" href=${href({ tab: id === "pairs" ? null : id, sel: null, sort: null })} aria-selected=${id === tab} tabindex=${id === tab ? 0 : -1}>${text}</a>`)}</div>
      <div class="bar"><s-filter .fields=${fields} label="Filter traffic" placeholder="Filter: peer == 10.0.4.12 or port == 443"></s-filter><select class="in" aria-label="Interface" @change=${(e: Event) => go({ if: (e.target as HTMLSelectElement).value })}><option value="" ?selected=${!dev}>Default route</option><option value="any" ?selected=${dev === "any"}>any</option>${devs.map((d) => html`<option value=${d} ?selected=${d === dev}>${d}</option>`)}</select><div class="row n-hide"><div class="seg" role="group" aria-label="Unit"><button type="button" aria-pressed=${!bytesOn} @click=${() => go({ unit: null })}>bits</button><button type="button" aria-pressed=${bytesOn} @click=${() => go({ unit: "bytes" })}>bytes</button></div><a class="btn icon" role="button" aria-pressed=${has("freeze")} aria-label="Freeze order" title="Freeze order (z)" href=${href({ freeze: !has("freeze") })}>${icon("freeze", 14)}</a></div></div>
      ${then ?? html`${notes(t.notes)}${this.error && !t.updates ? failed(this.error, "Traffic cannot be measured") : t.updates ? this.lists[tab].grid : skeleton()}${this.footer()}`}`;
  }
}

define("s-bandwidth", SBandwidth);
