// Home: what looks wrong (only when the server found something), CPU, memory,
// disk, network, top processes, counters by second, talkers, captures.
import { html, nothing, type TemplateResult } from "lit";
import { go, href } from "./address";
import { bar, css, heat, icon, logbar, meter, mirror, pct, processLink, skeleton, spark, stack, zero } from "./draw";
import { clock, count, percent, rate, size, when } from "./format";
import type { GridColumn, SGrid } from "./grid";
import "./grid";
import { define, Island } from "./island";
import { notes } from "./notices";
import { focusPid } from "./rail";
import { LiveRows } from "./rows";
import { fact } from "./status";
import { type Entry, Table } from "./table";
import { past, recent, sampleAt } from "./timeline";

/** One second of the host, as dstat prints it; null where it is not known. */
interface Second {
  readonly time: number;
  readonly usr: number | null;
  readonly sys: number | null;
  readonly idl: number | null;
  readonly wai: number | null;
  readonly read: number | null;
  readonly writ: number | null;
  readonly recv: number | null;
  readonly send: number | null;
  readonly in: number | null;
  readonly out: number | null;
  readonly int: number | null;
  readonly csw: number | null;
  readonly used: number | null;
}

const trend = new Map<string, number[]>();

class SHome extends Island {
  private system = new Table();
  private processes = new Table();
  private interfaces = new Table();
  private bandwidth = new Table();
  private captures = new Table();
  private findings = new Table();
  private bandwidthWhy = "";
  private seconds: Second[] = [];
  private readonly top = new LiveRows();
  private readonly talkers = new LiveRows();
  private readonly topGrid: SGrid<Entry>;
  private readonly talkGrid: SGrid<Entry>;

  constructor() {
    super();
    const grid = (label: string, rows: LiveRows, columns: GridColumn<Entry>[]): SGrid<Entry> => {
      const g = document.createElement("s-grid") as SGrid<Entry>;
      g.label = label;
      g.columns = columns;
      g.source = rows;
      return g;
    };
    const p = (): Table => this.processes;
    this.topGrid = grid("Top processes", this.top, [
      { id: "pid", title: "PID", width: 66, num: true, cell: (e) => p().str(e, "pid") },
      { id: "comm", title: "COMMAND", width: 120, flex: true, cell: (e) => html`<a class="ent" href=${href({ sel: p().str(e, "pid") }, "/processes")}><span class="ell">${p().str(e, "comm")}</span></a>` },
      { id: "user", title: "USER", width: 82, priority: 4, class: "dim", cell: (e) => p().str(e, "user") },
      { id: "trend", title: "Last 30 s", width: 70, priority: 5, cell: (e) => (trend.has(e.key) ? html`${spark(trend.get(e.key)!, { width: 54, height: 14 })}` : "") },
      { id: "cpu", title: "CPU%", width: 66, num: true, cell: (e) => (p().cell(e, "cpu") === null ? zero("-") : bar(percent(p().num(e, "cpu")), p().num(e, "cpu") / 2)) },
      { id: "mem", title: "MEM%", width: 58, num: true, priority: 3, cell: (e) => percent(p().num(e, "mem")) },
      { id: "io", title: "DISK", width: 76, num: true, priority: 4, cell: (e) => (p().num(e, "read") + p().num(e, "write") >= 1 ? `${size(p().num(e, "read") + p().num(e, "write"))}/s` : zero()) },
    ]);
    this.topGrid.addEventListener("open", (e) => {
      const x = this.processes.rows.get((e as CustomEvent<{ key: string }>).detail.key);
      if (x) go({ sel: p().str(x, "pid") }, { path: "/processes" });
    });
    this.topGrid.addEventListener("select", (e) => {
      this.topGrid.selected = (e as CustomEvent<{ key: string }>).detail.key;
    });
    const b = (): Table => this.bandwidth;
    this.talkGrid = grid("Top talkers", this.talkers, [
      { id: "peer", title: "Peer", width: 130, flex: true, mono: true, cell: (e) => html`<a class="ent" href="/bandwidth?f=${encodeURIComponent(`peer == ${b().str(e, "peer")}`)}"><span class="ell">${b().str(e, "peer")}</span></a>` },
      { id: "process", title: "Process", width: 138, priority: 3, cell: (e) => processLink(b().cell(e, "pid") as number | null, b().str(e, "process")) },
      { id: "tx10", title: "▲ out", width: 74, num: true, cell: (e) => rate(b().num(e, "tx10")) },
      { id: "rx10", title: "▼ in", width: 74, num: true, cell: (e) => rate(b().num(e, "rx10")) },
      { id: "bar", title: "", label: "Out and in, logarithmic", width: 84, priority: 2, cell: (e) => logbar(b().num(e, "tx10"), b().num(e, "rx10")) },
    ]);
    this.talkGrid.selectable = false;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.topic("system", "probe/system", {}, (t) => {
      this.system = t;
      const e = [...t.rows.values()][0];
      if (e) this.second(t, e);
      this.requestUpdate();
    });
    this.topic("processes", "probe/processes", {}, (t) => {
      this.processes = t;
      for (const e of t.rows.values()) {
        const v = t.num(e, "cpu");
        const h = trend.get(e.key);
        if (!h && v === 0) continue;
        trend.set(e.key, [...(h ?? []), v].slice(-30));
      }
      if (trend.size > t.rows.size + 200) for (const k of trend.keys()) if (!t.rows.has(k)) trend.delete(k);
      const focus = focusPid();
      this.top.table = t;
      this.top.arrange({ sort: "-cpu", hold: this.topGrid.held, keep: (e) => (focus ? t.str(e, "pid") === focus || t.str(e, "ppid") === focus : true) }, focus);
      this.topGrid.refresh();
      fact.value = t.word("tasks.total") ? `${t.word("tasks.total")} processes` : "";
      this.requestUpdate();
    });
    this.topic("interfaces", "probe/interfaces", {}, (t) => {
      this.interfaces = t;
      this.requestUpdate();
    });
    this.topic("bandwidth", "probe/bandwidth", {}, (t, c) => {
      this.bandwidthWhy = c.error?.message ?? "";
      this.bandwidth = t;
      this.talkers.table = t;
      const focus = focusPid();
      this.talkers.arrange({ sort: "-sum10", hold: this.talkGrid.held, value: (e, id) => (id === "sum10" ? t.num(e, "tx10") + t.num(e, "rx10") : undefined), keep: (e) => !focus || t.str(e, "pid") === focus }, focus);
      this.talkGrid.refresh();
      this.requestUpdate();
    });
    this.topic("captures", "captures", {}, (t, c) => {
      if (!c.error) this.captures = t;
      this.requestUpdate();
    });
    this.topic("findings", "probe/findings", {}, (t, c) => {
      if (!c.error) this.findings = t;
      this.requestUpdate();
    });
    this.follow(() => {
      void past.value;
      this.requestUpdate();
    });
  }

  private second(t: Table, e: Entry): void {
    const n = (id: string): number | null => {
      const v = t.cell(e, id);
      return typeof v === "number" ? v : null;
    };
    const time = t.num(e, "time") / 1e6;
    if (this.seconds[0]?.time === time) return;
    this.seconds = [{ time, usr: n("usr"), sys: n("sys"), idl: n("idl"), wai: n("wai"), read: n("read"), writ: n("writ"), recv: n("recv"), send: n("send"), in: n("in"), out: n("out"), int: n("int"), csw: n("csw"), used: n("used") }, ...this.seconds].slice(0, 60);
  }

  private series(id: keyof Second): number[] {
    return this.seconds.map((s) => s[id] ?? 0).reverse();
  }

  private cpu(): TemplateResult {
    const t = this.system;
    const s = this.seconds[0];
    const n = t.figure("cpus") ?? 0;
    const busy = s && s.usr !== null && s.sys !== null && s.wai !== null ? s.usr + s.sys + s.wai : null;
    const load = ["load1", "load5", "load15"].map((id) => t.figure(id));
    const f = (id: string): number => t.figure(id) ?? 0;
    const group = Math.max(1, Math.ceil(n / 16));
    const cores: TemplateResult[] = [];
    for (let i = 0; i < n; i += group) {
      const avg = (...ids: readonly string[]): number => {
        let sum = 0;
        for (let k = i; k < Math.min(n, i + group); k++) for (const id of ids) sum += f(`cpu${k}.${id}`);
        return sum / Math.min(group, n - i);
      };
      cores.push(html`<div><div class="c"><i ${css({ height: pct(avg("usr", "ni")), background: "var(--usr)" })}></i><i ${css({ height: pct(avg("sys", "irq", "softirq", "steal")), background: "var(--sys)" })}></i><i ${css({ height: pct(avg("iowait")), background: "var(--wait)" })}></i></div>${i}</div>`);
    }
    // Before this page has seconds of its own, the server's history fills the chart.
    const own = this.seconds.length;
    const chart = own > 8 ? stack([{ values: this.series("usr"), colour: "var(--usr)" }, { values: this.series("sys"), colour: "var(--sys)" }, { values: this.series("wai"), colour: "var(--wait)" }], 40, 1) : stack([{ values: recent("cpu", 60), colour: "var(--usr)" }], 40, 1);
    const p = (x: number | null | undefined): string => (x === null || x === undefined ? "-" : percent(x));
    return html`<a class="panel kpi" href=${href({}, "/processes")}><header><h2>CPU</h2><span class="faint tiny">load ${load.map((x) => (x === null ? "-" : x.toFixed(2))).join(" ")}</span><span class="v">${p(busy)} %</span></header><div class="body">${chart}<div class="cores">${cores}</div><div class="sub"><i><span class="sw sw-usr"></span>usr ${p(s?.usr)}</i><i><span class="sw sw-sys"></span>sys ${p(s?.sys)}</i><i><span class="sw sw-wait"></span>wait ${p(s?.wai)}</i><i>steal ${p(t.figure("cpu.steal"))}</i></div></div></a>`;
  }

  private memory(): TemplateResult {
    const t = this.system;
    const total = t.figure("mem.total") ?? 0;
    const used = t.figure("mem.used");
    const buffers = t.figure("mem.buffers") ?? 0;
    const cached = t.figure("mem.cached") ?? 0;
    const free = t.figure("mem.free") ?? 0;
    const own = Math.max(0, total - free - buffers - cached);
    const swap = t.figure("swap.total") ?? 0;
    const swapUsed = t.figure("swap.used") ?? 0;
    const g = (b: number): string => size(b);
    return html`<a class="panel kpi" href=${href({ sort: "-mem" }, "/processes")}><header><h2>Memory</h2><span class="v">${used === null ? "-" : `${g(used)} of ${g(total)}`}</span></header><div class="body">${stack([{ values: this.series("used"), colour: "var(--c-blue)" }], 40, total || 1)}<div class="hrow"><span class="dim">mem</span>${total ? meter([[own / total, "var(--c-blue)"], [buffers / total, "var(--c-teal)"], [cached / total, "var(--c-gold)"]]) : html`<span class="meter"></span>`}<span class="mono">${total ? `${percent(1 - free / total, 0)} %` : "-"}</span></div><div class="hrow"><span class="dim">swap</span>${swap ? meter([[swapUsed / swap, "var(--c-violet)"]]) : html`<span class="meter"></span>`}<span class="mono">${swap ? `${g(swapUsed)} of ${g(swap)}` : "none"}</span></div><div class="sub"><i><span class="sw" ${css({ background: "var(--c-blue)" })}></span>used ${g(own)}</i><i><span class="sw" ${css({ background: "var(--c-teal)" })}></span>buffers ${g(buffers)}</i><i><span class="sw" ${css({ background: "var(--c-gold)" })}></span>cache ${g(cached)}</i></div></div></a>`;
  }

  private disk(): TemplateResult {
    const t = this.system;
    const s = this.seconds[0];
    const e = [...t.rows.values()][0];
    const psi = e && t.cell(e, "psi.io");
    const own = this.seconds.length > 8;
    const up = own ? this.series("writ") : recent("write", 60);
    const down = own ? this.series("read") : recent("read", 60);
    const why = t.column("read")?.unavailable;
    return html`<a class="panel kpi" href=${href({ sort: "-io" }, "/processes")}><header><h2>Disk</h2><span class="v"><span ${css({ color: "var(--c-blue)" })}>R</span> ${s?.read === null || !s ? "-" : size(s.read)} <span ${css({ color: "var(--c-orange)" })}>W</span> ${s?.writ === null || !s ? "-" : size(s.writ)}</span></header><div class="body">${mirror(up, down, 40, Math.max(1, ...up, ...down), ["var(--c-orange)", "var(--c-blue)"])}${why ? html`<span class="small dim">${why}</span>` : nothing}${
      typeof psi === "number" ? html`<div class="hrow" title="Part of the last 10 s in which some task waited for input or output (PSI)"><span class="dim">waiting for I/O</span>${meter([[psi, "var(--c-orange)"]])}<span class="mono">${percent(psi)} %</span></div>` : nothing
    }<div class="hrow"><span class="dim">blocked</span>${meter([[Math.min(1, (e ? t.num(e, "blk") : 0) / 10), "var(--c-gray)"]])}<span class="mono">${e ? count(t.num(e, "blk")) : "-"} tasks</span></div><div class="sub"><i>written above, read below</i></div></div></a>`;
  }

  private network(): TemplateResult {
    const t = this.interfaces;
    const s = this.seconds[0];
    const own = this.seconds.length > 8;
    const up = own ? this.series("send") : recent("send", 60);
    const down = own ? this.series("recv") : recent("recv", 60);
    const list = [...t.rows.values()].filter((e) => t.str(e, "state") === "up" || t.num(e, "rx.rate") + t.num(e, "tx.rate") > 0).sort((a, b) => t.num(b, "rx.rate") + t.num(b, "tx.rate") - t.num(a, "rx.rate") - t.num(a, "tx.rate")).slice(0, 3);
    return html`<a class="panel kpi" href=${href({}, "/bandwidth")}><header><h2>Network</h2><span class="v"><span class="txc">▲</span> ${s?.send === null || !s ? "-" : rate(s.send)} <span class="rxc">▼</span> ${s?.recv === null || !s ? "-" : rate(s.recv)}</span></header><div class="body">${mirror(up, down, 40, Math.max(1, ...up, ...down), ["var(--tx)", "var(--rx)"])}${list.map((e) => {
      const speed = t.num(e, "speed") / 8;
      const tx = t.num(e, "tx.rate");
      const rx = t.num(e, "rx.rate");
      const use = speed ? Math.max(tx, rx) / speed : 0;
      const scale = speed || Math.max(1, tx + rx);
      return html`<div class="hrow"><span class="mono dim ell">${t.str(e, "name")}</span>${speed || tx + rx > 0 ? meter([[tx / scale, "var(--tx)"], [rx / scale, "var(--rx)"]]) : html`<span class="meter"></span>`}<span class="mono ${use > 0.8 ? "bad" : ""}">${speed ? `${percent(use, 0)} %` : rate(tx + rx)}</span></div>`;
    })}<div class="sub"><i>out above, in below, without lo</i></div></div></a>`;
  }

  private dstat(): TemplateResult {
    const cell = (v: number | null, text: (n: number) => string, max: number, c: string, edge: boolean): TemplateResult => html`<td class="num ${edge ? "gl" : ""}">${v === null ? zero("-") : c ? heat(text(v), v / max, c) : text(v)}</td>`;
    const p0 = (n: number): string => (n * 100).toFixed(0);
    const k = (n: number): string => (n >= 9950 ? `${Math.round(n / 1000)}k` : count(n));
    const z = (n: number): string => (n < 1 ? "0" : size(n));
    return html`<div class="dstat-w" tabindex="0" role="region" aria-label="Counters by second"><table class="plain-t dstat"><thead><tr><th><span class="sr">Moment</span></th><th class="g gl" colspan="4">CPU %</th><th class="g gl" colspan="2">disk /s</th><th class="g gl" colspan="2">net /s</th><th class="g gl" colspan="2">paging</th><th class="g gl" colspan="2">system</th></tr><tr>${["time", "usr", "sys", "idl", "wai", "read", "writ", "recv", "send", "in", "out", "int", "csw"].map((h, i) => html`<th scope="col" class=${[1, 5, 7, 9, 11].includes(i) ? "gl" : ""}>${h}</th>`)}</tr></thead><tbody>${this.seconds.map(
      (s) => html`<tr><td class="m">${clock(s.time)}</td>${cell(s.usr, p0, 1, "var(--f-blue)", true)}${cell(s.sys, p0, 0.6, "var(--f-orange)", false)}${cell(s.idl, p0, 1, "", false)}${cell(s.wai, p0, 0.3, "var(--f-red)", false)}${cell(s.read, z, 4e8, "var(--f-teal)", true)}${cell(s.writ, z, 4e8, "var(--f-teal)", false)}${cell(s.recv, z, 1.25e8, "var(--f-teal)", true)}${cell(s.send, z, 1.25e8, "var(--f-violet)", false)}${cell(s.in, z, 1e6, "var(--f-red)", true)}${cell(s.out, z, 5e5, "var(--f-red)", false)}${cell(s.int, k, 1, "", true)}${cell(s.csw, k, 1, "", false)}</tr>`,
    )}</tbody></table></div>`;
  }

  private wrong(): TemplateResult | typeof nothing {
    const t = this.findings;
    if (t.rows.size === 0) return nothing;
    return html`<section class="panel findings" aria-label="Findings"><header><h2>What looks wrong</h2><span class="faint small n-hide nw">${count(t.rows.size)} ${t.rows.size === 1 ? "finding" : "findings"}</span></header><ul>${[...t.rows.values()].map((e) => {
      const sev = t.str(e, "severity");
      const since = t.num(e, "since") / 1e6;
      return html`<li class="h"><span class=${sev === "info" ? "dim" : sev === "warn" ? "warn" : "bad"} title=${sev}>${icon(sev === "info" ? "info" : sev === "warn" ? "warn" : "err", 15)}</span><span class="ell"><b>${t.str(e, "text")}</b><span class="more">${t.str(e, "detail")}</span></span><span class="since mono faint nw">${since ? `since ${when(since).slice(0, 5)}` : ""}</span>${t.str(e, "link") ? html`<a class="btn link" href=${safeLink(t.str(e, "link"))}>${t.str(e, "action") || "Show"}</a>` : html`<span></span>`}</li>`;
    })}</ul></section>`;
  }

  private captureRows(): TemplateResult {
    const t = this.captures;
    const list = [...t.rows.values()].sort((a, b) => t.num(b, "started") - t.num(a, "started")).slice(0, 4);
    if (list.length === 0) return html`<p class="pad small dim">None yet. Start one, or drop a pcap file anywhere in this window.</p>`;
    return html`${list.map((e) => {
      const state = t.str(e, "state");
      const progress = t.num(e, "progress");
      return html`<a class="caprow" href="/captures/${e.key}"><span class=${state === "live" ? "bad" : state === "failed" ? "warn" : "faint"}>${icon(state === "live" ? "rec" : state === "failed" ? "warn" : "cap", 14)}</span><span class="ell grow">${t.str(e, "name")}</span><span class="mono dim nw">${state === "indexing" || state === "receiving" ? `${percent(progress, 0)} % indexed` : `${count(t.num(e, "packets"))} pk`}</span><span class="mono faint nw when">${when(t.num(e, "started") / 1e6).slice(0, 9)}</span></a>`;
    })}`;
  }

  protected override render(): TemplateResult {
    const at = past.peek();
    const then = at === undefined ? undefined : sampleAt(at);
    if (at !== undefined) {
      const n = (id: string): string => (then ? (id === "cpu" ? `${percent(then.table.num(then.row, id))} %` : `${id === "recv" || id === "send" ? rate(then.table.num(then.row, id)) : `${size(then.table.num(then.row, id))}/s`}`) : "not kept");
      return html`<div class="home"><section class="panel"><header><h2>That second</h2></header><div class="body"><dl class="kv"><dt>CPU</dt><dd class="mono">${n("cpu")}</dd><dt>Network in</dt><dd class="mono">${n("recv")}</dd><dt>Network out</dt><dd class="mono">${n("send")}</dd><dt>Disk read</dt><dd class="mono">${n("read")}</dd><dt>Disk written</dt><dd class="mono">${n("write")}</dd></dl></div></section></div>`;
    }
    const total = this.processes.word("tasks.total");
    const talkNote = this.bandwidth.notes[0]?.text ?? this.bandwidthWhy;
    return html`<div class="home" tabindex="0" aria-label="Home">${this.wrong()}${notes(this.system.notes)}<section class="kpis" aria-label="Resources">${this.cpu()}${this.memory()}${this.disk()}${this.network()}</section>
      <div class="low"><div class="col"><section class="panel"><header><h2>Top processes</h2><a class="btn link push" href=${href({}, "/processes")}>All ${total}</a></header>${this.processes.updates ? this.topGrid : skeleton(5)}</section><section class="panel"><header><h2>By second</h2><span class="faint small">the columns of dstat</span></header>${this.dstat()}</section></div>
      <div class="col"><section class="panel"><header><h2>Top talkers</h2><span class="faint small nw">10 s average, log scale</span><a class="btn link push" href=${href({}, "/bandwidth")}>All</a></header>${this.talkers.length > 0 ? this.talkGrid : html`<p class="pad small dim">${talkNote || (this.bandwidth.updates ? "No traffic." : "Waiting for the first seconds.")}</p>`}</section><section class="panel fit"><header><h2>Captures</h2><a class="btn link push" href="/captures?dialog=new">New capture</a></header>${this.captureRows()}</section></div></div></div>`;
  }
}

/** A link that a finding carries: an address of this program or nothing. */
function safeLink(to: string): string {
  return to.startsWith("/") && !to.startsWith("//") ? to : "/";
}

define("s-home", SHome);
