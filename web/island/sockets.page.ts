// Sockets: connections, listeners, unix sockets, routes, protocol counters; the
// panel of the selected socket with what the kernel knows of its TCP.
import { html, nothing, type TemplateResult } from "lit";
import { get, go, href, pageExists } from "./address";
import { css, icon, meter, processLink, skeleton, spark, zero } from "./draw";
import { clauses, compile, type Fields, type Reader, withClause } from "./expr";
import "./filter-bar";
import { age, bytes, count, duration, size } from "./format";
import type { GridColumn } from "./grid";
import { define, Island } from "./island";
import { pageKeys } from "./keys";
import { grip, LiveList, pastView, shown, sideWidth } from "./live-view";
import { openMenu } from "./menu";
import { failed, notes } from "./notices";
import { focusPid } from "./rail";
import { addressCell, stateCell } from "./socket-cells";
import { host, socketFields, socketReader } from "./socket-fields";
import { command, fact } from "./status";
import { type Entry, Table } from "./table";
import { past } from "./timeline";
import { toast } from "./toast";
import type { Failure } from "./wire";

type Tab = "all" | "listening" | "unix" | "routes" | "stats";
const tabs: readonly (readonly [Tab, string])[] = [["all", "Connections"], ["listening", "Listening"], ["unix", "Unix"], ["routes", "Routes"], ["stats", "Protocol statistics"]];

const routeFields: Fields = { names: { dst: "destination", gateway: "next hop", iface: "interface", src: "source", metric: "cost", proto: "set by", table: "routing table" } };
const unixFields: Fields = { names: { type: "stream, dgram, seqpacket", state: "ESTAB, LISTEN", path: "path or name", pid: "owner", name: "owner's name", user: "owner's user", inode: "socket inode" } };

class SSockets extends Island {
  private inet = new Table();
  private unix = new Table();
  private routes = new Table();
  private stats = new Table();
  private info = new Table();
  private failures: Partial<Record<Tab, Failure>> = {};
  private readonly lists: Record<Exclude<Tab, "stats">, LiveList>;
  private rtts: number[] = [];
  private rttOf = "";

  constructor() {
    super();
    this.lists = {
      all: new LiveList({ label: "Sockets", storageKey: "sockets", columns: this.columns(), sort: "-retrans" }),
      listening: new LiveList({ label: "Listening sockets", storageKey: "listening", columns: this.listening(), sort: "lport" }),
      unix: new LiveList({ label: "Unix sockets", storageKey: "unix", columns: this.unixColumns(), sort: "local" }),
      routes: new LiveList({ label: "Routes", storageKey: "routes", columns: this.routeColumns(), sort: "metric" }),
    };
    for (const l of [this.lists.all, this.lists.listening, this.lists.unix]) {
      l.grid.addEventListener("select", (e) => this.select(l, (e as CustomEvent<{ key: string }>).detail.key));
      l.grid.addEventListener("open", (e) => this.select(l, (e as CustomEvent<{ key: string }>).detail.key));
    }
    this.lists.all.grid.addEventListener("row-menu", (ev) => {
      ev.preventDefault();
      const { key, x, y } = (ev as CustomEvent<{ key: string; x: number; y: number }>).detail;
      const e = this.inet.rows.get(key);
      if (!e) return;
      const t = this.inet;
      const add = (clause: string) => () => go({ f: [...clauses(get("f")), clause].join(" and ") });
      openMenu([
        { label: `state == ${t.str(e, "state")}`, icon: "filter", run: add(`state == ${t.str(e, "state")}`) },
        { label: `peer == ${host(t.str(e, "peer"))}`, run: add(`peer == ${host(t.str(e, "peer"))}`) },
        { label: `rport == ${t.str(e, "rport")}`, run: add(`rport == ${t.str(e, "rport")}`) },
        ...(t.cell(e, "pid") ? [{ label: `pid == ${t.str(e, "pid")}`, run: add(`pid == ${t.str(e, "pid")}`) }] : []),
        "rule",
        { label: "Capture this pair…", key: "c", icon: "rec", href: this.captureHref(t, e) },
        ...(t.cell(e, "pid") ? [{ label: "Open process", icon: "proc" as const, href: `/processes?sel=${t.str(e, "pid")}` }] : []),
        { label: "Copy addresses", icon: "copy", run: () => void navigator.clipboard.writeText(`${t.str(e, "local")} ${t.str(e, "peer")}`).then(() => toast("Addresses copied.")) },
      ], { x, y });
    });
  }

  private get tab(): Tab {
    return tabs.find(([id]) => id === get("tab"))?.[0] ?? "all";
  }

  override connectedCallback(): void {
    super.connectedCallback();
    const take = (tab: Tab, set: (t: Table) => void) => (t: Table, c: { readonly error?: Failure }): void => {
      this.failures[tab] = c.error;
      if (!c.error || t.updates > 0) set(t);
      this.refresh();
    };
    this.follow(() => {
      const tab = this.tab;
      // The connections stay subscribed: their counts stand in the tabs.
      this.topic("inet", "probe/sockets", {}, take("all", (t) => { this.inet = t; }));
      this.topic("unix", tab === "unix" ? "probe/sockets" : undefined, { proto: "unix" }, take("unix", (t) => { this.unix = t; }));
      const to = tab === "routes" && /^[\d.]+$|^[0-9a-f:]*:[0-9a-f:]*$/i.test(get("to")) ? get("to") : "";
      this.topic("routes", tab === "routes" ? "probe/routes" : undefined, to ? { to } : {}, take("routes", (t) => { this.routes = t; }));
      this.topic("stats", tab === "stats" ? "probe/protocol-stats" : undefined, {}, take("stats", (t) => { this.stats = t; }));
      this.topic("info", get("sel") && (tab === "all" || tab === "listening") ? "probe/sockets" : undefined, { info: "1" }, (t) => {
        this.info = t;
        const e = t.rows.get(get("sel"));
        if (this.rttOf !== get("sel")) {
          this.rttOf = get("sel");
          this.rtts = [];
        }
        if (e && t.cell(e, "rtt") !== null) this.rtts = [...this.rtts, t.num(e, "rtt") / 1e6].slice(-60);
        this.requestUpdate();
      });
      void focusPid();
      void past.value;
      this.refresh();
    });
    pageKeys({
      o: () => {
        const e = this.inet.rows.get(get("sel"));
        const pid = e ? this.inet.str(e, "pid") : "";
        if (pid) go({ focus: `pid:${pid}` });
      },
      c: () => {
        const e = this.inet.rows.get(get("sel"));
        location.assign(e ? this.captureHref(this.inet, e) : "/captures?dialog=new");
      },
      z: () => go({ freeze: get("freeze") ? null : 1 }),
    });
  }

  private captureHref(t: Table, e: Entry): string {
    const peer = host(t.str(e, "peer"));
    const any = peer === "*" || peer === "0.0.0.0" || peer === "::" || peer === "";
    const cf = any ? `port ${t.str(e, "lport")}` : `host ${peer} and port ${t.str(e, "rport")} and port ${t.str(e, "lport")}`;
    return `/captures?dialog=new&cf=${encodeURIComponent(cf)}`;
  }

  private select(l: LiveList, key: string): void {
    l.take(key);
    go({ sel: key }, { replace: true });
  }

  private isListening(e: Entry): boolean {
    const t = this.inet;
    return t.str(e, "state") === "LISTEN" || (t.str(e, "state") === "UNCONN" && (t.num(e, "rport") === 0 || t.str(e, "peer").endsWith(":*")));
  }

  private refresh(): void {
    const focus = focusPid();
    const mine = (t: Table) => (e: Entry): boolean => !focus || t.str(e, "pid") === focus;
    const t = this.inet;
    const reader = socketReader(t);
    const how = { fields: socketFields, reader, shape: focus };
    switch (this.tab) {
      case "all":
        this.lists.all.update(t, { ...how, base: (e) => t.str(e, "state") !== "LISTEN" && mine(t)(e) });
        this.lists.all.selected("sel", (e, v) => e.key === v);
        break;
      case "listening":
        this.lists.listening.update(t, { ...how, base: (e) => this.isListening(e) && mine(t)(e), value: (e, id) => (id === "conns" ? this.connected(e) : undefined) });
        this.lists.listening.selected("sel", (e, v) => e.key === v);
        break;
      case "unix": {
        const u = this.unix;
        const read: Reader<Entry> = {
          value: (e, f) => (f === "path" ? u.str(e, "local") : f === "name" ? u.str(e, "process") : f === "type" ? u.str(e, "proto") : u.cell(e, f)),
          text: (e) => `${u.str(e, "proto")} ${u.str(e, "local")} ${u.str(e, "process")} ${u.str(e, "pid")} ${u.str(e, "state")}`,
        };
        this.lists.unix.update(u, { fields: unixFields, reader: read, shape: focus, base: mine(u) });
        this.lists.unix.selected("sel", (e, v) => e.key === v);
        break;
      }
      case "routes": {
        const r = this.routes;
        this.lists.routes.update(r, { fields: routeFields, reader: { value: (e, f) => r.cell(e, f), text: (e) => `${r.str(e, "dst")} ${r.str(e, "gateway")} ${r.str(e, "iface")} ${r.str(e, "src")} ${r.str(e, "proto")}` } });
        break;
      }
    }
    fact.value = t.updates ? (focus ? `${count([...t.rows.values()].filter(mine(t)).length)} of ${count(t.rows.size)} sockets` : `${count(t.rows.size)} sockets`) : "";
    command.value = this.commandLine();
    this.requestUpdate();
  }

  private commandLine(): string {
    switch (this.tab) {
      case "routes": return get("to") ? `ip route get ${get("to")}` : "ip route show table all";
      case "stats": return "netstat -s";
      case "unix": return "ss -xp";
      case "listening": return "ss -tulnp";
    }
    const f = get("f");
    const state = /\bstate == (\S+)/.exec(f)?.[1];
    const pid = /\bpid == (\d+)/.exec(f)?.[1] ?? focusPid();
    const port = /(?:^|[^rl\w])port == (\d+)/.exec(f)?.[1];
    const proto = /\bproto == (tcp|udp)/.exec(f)?.[1];
    return `ss -${proto ? proto[0] : "tu"}nap${state ? ` state ${state.toLowerCase().replace(/^estab$/, "established")}` : ""}${port ? ` '( sport = :${port} or dport = :${port} )'` : ""}${pid ? ` | grep pid=${pid},` : ""}`;
  }

  private connected(e: Entry): number {
    const t = this.inet;
    const port = t.num(e, "lport");
    let n = 0;
    for (const x of t.rows.values()) if (t.str(x, "state") === "ESTAB" && t.num(x, "lport") === port && t.str(x, "proto").startsWith(t.str(e, "proto"))) n++;
    return n;
  }

  private columns(): GridColumn<Entry>[] {
    const t = (): Table => this.inet;
    const q = (id: string) => (e: Entry): TemplateResult => (t().num(e, id) ? html`<b>${count(t().num(e, id))}</b>` : zero());
    const vol = (id: string) => (e: Entry): string | TemplateResult => (t().cell(e, id) === null ? "" : t().num(e, id) ? bytes(t().num(e, id)) : zero());
    return [
      { id: "proto", title: "Proto", width: 60, class: "dim", priority: 4, cell: (e) => t().str(e, "proto") },
      { id: "state", title: "State", width: 112, cell: (e) => stateCell(t().str(e, "state")) },
      { id: "recvq", title: "Recv-Q", width: 66, num: true, priority: 3, help: "Bytes not yet read by the program", cell: q("recvq") },
      { id: "sendq", title: "Send-Q", width: 76, num: true, priority: 3, help: "Bytes not yet acknowledged by the peer", cell: q("sendq") },
      { id: "local", title: "Local address:port", width: 168, mono: true, priority: 2, cell: (e) => addressCell(t().str(e, "local")), tip: (e) => t().str(e, "local") },
      { id: "peer", title: "Peer address:port", width: 168, mono: true, cell: (e) => addressCell(t().str(e, "peer")), tip: (e) => t().str(e, "peer") },
      { id: "process", title: "Process", width: 120, flex: true, cell: (e) => processLink(t().str(e, "pid"), t().str(e, "process")) },
      { id: "fd", title: "FD", width: 46, num: true, priority: 6, cell: (e) => t().str(e, "fd") },
      { id: "user", title: "User", width: 82, priority: 7, class: "dim", cell: (e) => t().str(e, "user") },
      { id: "rtt", title: "RTT ms", width: 66, num: true, priority: 4, help: "Smoothed round trip time", cell: (e) => this.rtt(t(), e) },
      { id: "retrans", title: "Retrans", width: 80, num: true, priority: 5, help: "Segments sent again since the connection began", cell: (e) => (t().cell(e, "retrans") === null ? "" : t().num(e, "retrans") ? html`<span class="bad">${count(t().num(e, "retrans"))}</span>` : zero()) },
      { id: "in", title: "In", width: 72, num: true, priority: 6, help: "Bytes received", cell: vol("in") },
      { id: "out", title: "Out", width: 72, num: true, priority: 6, help: "Bytes sent and acknowledged", cell: vol("out") },
      { id: "age", title: "Age", width: 50, num: true, priority: 8, help: "Since sonde first saw it; empty when it was there before", cell: (e) => (t().cell(e, "age") === null ? "" : age(t().num(e, "age") / 1e9)) },
      { id: "timer", title: "Timer", width: 116, mono: true, priority: 9, class: "dim", cell: (e) => t().str(e, "timer") },
    ];
  }

  private rtt(t: Table, e: Entry): string | TemplateResult {
    if (t.cell(e, "rtt") === null) return "";
    const ms = t.num(e, "rtt") / 1e6;
    const text = ms < 1 ? ms.toFixed(2) : ms.toFixed(1);
    return ms > 100 ? html`<span class="bad">${text}</span>` : text;
  }

  private listening(): GridColumn<Entry>[] {
    const t = (): Table => this.inet;
    return [
      { id: "proto", title: "Proto", width: 60, class: "dim", cell: (e) => t().str(e, "proto") },
      { id: "state", title: "State", width: 90, priority: 6, cell: (e) => stateCell(t().str(e, "state")) },
      { id: "lport", title: "Local address:port", width: 190, mono: true, cell: (e) => addressCell(t().str(e, "local")) },
      { id: "process", title: "Process", width: 150, flex: true, cell: (e) => processLink(t().str(e, "pid"), t().str(e, "process")) },
      { id: "user", title: "User", width: 120, priority: 5, class: "dim", cell: (e) => t().str(e, "user") },
      { id: "fd", title: "FD", width: 48, num: true, priority: 6, cell: (e) => t().str(e, "fd") },
      { id: "acceptq", title: "Accept queue", width: 190, priority: 2, help: "Connections waiting to be accepted, of the backlog", cell: (e) => {
        if (t().cell(e, "backlog") === null) return "";
        const n = t().num(e, "acceptq");
        const of = t().num(e, "backlog");
        const full = of > 0 && n >= of;
        return html`<span class="qmeter">${meter([[of ? n / of : 0, full ? "var(--c-red)" : "var(--c-gray)"]])}<span class="mono ${full ? "bad" : "dim"}">${count(n)} of ${count(of)}</span></span>`;
      } },
      { id: "drops", title: "Drops", width: 76, num: true, priority: 3, help: "Packets dropped at this socket", cell: (e) => (t().cell(e, "drops") === null ? "" : t().num(e, "drops") ? html`<span class="bad">${count(t().num(e, "drops"))}</span>` : zero()) },
      { id: "conns", title: "Connected", width: 82, num: true, priority: 3, cell: (e) => {
        const n = t().str(e, "state") === "LISTEN" ? this.connected(e) : 0;
        return n ? html`<a class="ent" href="/sockets?f=lport+%3D%3D+${t().str(e, "lport")}">${count(n)}</a>` : zero();
      } },
      { id: "local", title: "Reachable from", width: 150, priority: 4, cell: (e) => {
        const h = host(t().str(e, "local")).replace(/%.*/, "");
        return /^127\.|^::1$|^::ffff:127\./.test(h) ? html`<span class="faint">this host only</span>` : /^(\*|0\.0\.0\.0|::)$/.test(h) ? "any interface" : h;
      } },
    ];
  }

  private unixColumns(): GridColumn<Entry>[] {
    const t = (): Table => this.unix;
    return [
      { id: "proto", title: "Type", width: 92, class: "dim", cell: (e) => t().str(e, "proto") },
      { id: "state", title: "State", width: 100, cell: (e) => stateCell(t().str(e, "state")) },
      { id: "recvq", title: "Recv-Q", width: 64, num: true, priority: 4, cell: (e) => (t().num(e, "recvq") ? count(t().num(e, "recvq")) : zero()) },
      { id: "sendq", title: "Send-Q", width: 64, num: true, priority: 4, cell: (e) => (t().num(e, "sendq") ? count(t().num(e, "sendq")) : zero()) },
      { id: "local", title: "Path", width: 200, flex: true, mono: true, cell: (e) => t().str(e, "local"), tip: (e) => t().str(e, "local") },
      { id: "peer", title: "Peer", width: 120, mono: true, priority: 5, class: "dim", cell: (e) => t().str(e, "peer") },
      { id: "inode", title: "Inode", width: 88, num: true, priority: 3, cell: (e) => t().str(e, "inode") },
      { id: "process", title: "Process", width: 200, cell: (e) => processLink(t().str(e, "pid"), t().str(e, "process")) },
    ];
  }

  private routeColumns(): GridColumn<Entry>[] {
    const t = (): Table => this.routes;
    return [
      { id: "dst", title: "Destination", width: 190, mono: true, cell: (e) => t().str(e, "dst") },
      { id: "gateway", title: "Gateway", width: 150, mono: true, cell: (e) => t().str(e, "gateway") },
      { id: "iface", title: "Interface", width: 110, cell: (e) => html`<a class="ent mono" href="/interfaces?sel=${t().str(e, "iface")}">${t().str(e, "iface")}</a>` },
      { id: "src", title: "Source", width: 150, mono: true, priority: 3, cell: (e) => t().str(e, "src") },
      { id: "metric", title: "Metric", width: 70, num: true, priority: 2, cell: (e) => t().str(e, "metric") },
      { id: "flags", title: "Flags", width: 70, mono: true, priority: 4, class: "dim", cell: (e) => t().str(e, "flags") },
      { id: "type", title: "Type", width: 90, priority: 5, class: "dim", cell: (e) => t().str(e, "type") },
      { id: "proto", title: "Set by", width: 90, flex: true, class: "dim", cell: (e) => t().str(e, "proto") },
    ];
  }

  private chips(): TemplateResult {
    const t = this.inet;
    const f = get("f");
    const rest = withClause(f, "state", "");
    const reader = socketReader(t);
    const focus = focusPid();
    const by = new Map<string, number>();
    const test = this.compileRest(rest, reader);
    for (const e of t.rows.values()) {
      const s = t.str(e, "state");
      if (s === "LISTEN" || (focus && t.str(e, "pid") !== focus) || !test(e)) continue;
      by.set(s, (by.get(s) ?? 0) + 1);
    }
    const list = [...by].sort((a, b) => b[1] - a[1]);
    const now = /\bstate == (\S+)/.exec(f)?.[1];
    const all = list.reduce((a, [, n]) => a + n, 0) || 1;
    return html`<div class="bar chips"><div class="states n-hide" aria-hidden="true">${list.map(([s, n]) => html`<i class="sk-${s}" ${css({ width: `${(n / all) * 100}%` })}></i>`)}</div>${list.map(
      ([s, n]) => html`<a class="btn sm" role="button" aria-pressed=${now === s} href=${href({ f: withClause(f, "state", now === s ? "" : `state == ${s}`), sel: null })}><i class="sw sk-${s}"></i>${s}<span class="n">${count(n)}</span></a>`,
    )}<span class="push">${shown(this.lists.all.rows.length, this.lists.all.total)}</span></div>`;
  }

  private compileRest(text: string, reader: Reader<Entry>): (e: Entry) => boolean {
    if (text === this.restText && this.restTable === this.inet) return this.rest;
    this.restText = text;
    this.restTable = this.inet;
    const v = compileFilter(text, reader);
    this.rest = v;
    return v;
  }
  private restText = "\0";
  private restTable: Table | undefined;
  private rest: (e: Entry) => boolean = () => true;

  private panel(): TemplateResult | typeof nothing {
    const key = get("sel");
    const tab = this.tab;
    if (!key || (tab !== "all" && tab !== "listening") || this.inet.updates === 0) return nothing;
    const e = this.lists[tab].selected("sel", (x, v) => x.key === v);
    const t = this.inet;
    if (!e) return nothing;
    const i = this.info.rows.get(key);
    const info = this.info;
    const tcp: (readonly [string, string])[] = [];
    if (i) {
      for (const c of info.columns.slice(info.columns.findIndex((x) => x.id === "cwnd"))) {
        if (!info.has("cwnd")) break;
        const v = info.cell(i, c.id);
        if (v === null || v === "") continue;
        tcp.push([c.title, typeof v !== "number" ? String(v) : c.type === "duration" ? duration(v) : c.type === "rate" ? `${size(v)}/s` : c.type === "bytes" ? bytes(v) : count(v)]);
      }
    }
    const pid = t.str(e, "pid");
    const closeWait = t.str(e, "state") === "CLOSE-WAIT";
    const a = t.cell(e, "age");
    return html`${grip("socket")}<aside class="side narrow" ${css(sideWidth("socket"))} aria-label="Socket"><div class="hd"><h2 class="ell mono" title="${t.str(e, "local")} → ${t.str(e, "peer")}">${t.str(e, "local")}${tab === "all" ? ` → ${t.str(e, "peer")}` : ""}</h2>${e.gone ? html`<span class="tag bad">closed</span>` : nothing}<span class="grow"></span><a class="btn ghost icon sm" href=${href({ sel: null })} aria-label="Close panel (Esc)" title="Close (Esc)">${icon("x", 15)}</a></div>
      <div class="acts"><a class="btn" href=${this.captureHref(t, e)}>${icon("rec", 13)}Capture this ${tab === "all" ? "pair" : "port"}</a>${pid ? html`<a class="btn" href="/processes?sel=${pid}">${icon("proc", 14)}Process</a>${pageExists("/trace") ? html`<a class="btn" href="/trace?pid=${pid}${t.str(e, "fd") ? `&f=fd+%3D%3D+${t.str(e, "fd")}` : ""}">${icon("trace", 14)}Calls${t.str(e, "fd") ? ` on fd ${t.str(e, "fd")}` : ""}</a>` : nothing}` : nothing}</div>
      <div class="sc">${closeWait ? html`<div class="sec row small"><span class="bad">${icon("err", 15)}</span><span class="grow">The peer closed this connection. It stays open until ${pid ? processLink(pid, t.str(e, "process")) : "its owner"} closes ${t.str(e, "fd") ? `fd ${t.str(e, "fd")}` : "it"}.</span></div>` : nothing}
      <div class="sec"><dl class="kv"><dt>State</dt><dd>${stateCell(t.str(e, "state"))}</dd><dt>Process</dt><dd>${processLink(pid, t.str(e, "process"))}${t.num(e, "holders") > 1 ? html` <span class="faint">and ${t.num(e, "holders") - 1} more that share it</span>` : nothing}</dd><dt>Descriptor</dt><dd>${t.str(e, "fd") ? html`fd <span class="mono">${t.str(e, "fd")}</span>, ` : nothing}inode <span class="mono">${t.str(e, "inode") || "none"}</span></dd><dt>User</dt><dd>${t.str(e, "user")}</dd>${typeof a === "number" ? html`<dt>First seen</dt><dd class="mono">${age(a / 1e9)} ago</dd>` : nothing}<dt>Recv-Q</dt><dd class="mono">${count(t.num(e, "recvq"))} B</dd><dt>Send-Q</dt><dd class="mono">${count(t.num(e, "sendq"))} B</dd>${t.cell(e, "in") === null ? nothing : html`<dt>In</dt><dd class="mono">${bytes(t.num(e, "in"))}</dd><dt>Out</dt><dd class="mono">${bytes(t.num(e, "out"))}</dd>`}${t.str(e, "timer") ? html`<dt>Timer</dt><dd class="mono">${t.str(e, "timer")}</dd>` : nothing}</dl></div>
      ${this.rtts.length > 1 ? html`<div class="sec mini"><div class="k">RTT since this panel opened</div><div class="v">${this.rtts.at(-1)!.toFixed(2)} ms</div>${spark(this.rtts, { fluid: true, width: 300, height: 28, colour: "var(--c-blue)" })}</div>` : nothing}
      ${tcp.length > 0 ? html`<div class="sec"><h3>TCP internals</h3><dl class="kv two">${tcp.map(([k, v]) => html`<dt>${k}</dt><dd class="mono ${(k === "lost" || k === "bytes_retrans") && v !== "0" && v !== "0 B" ? "bad" : ""}">${v}</dd>`)}</dl></div>` : nothing}</div></aside>`;
  }

  private protocolStats(): TemplateResult {
    const t = this.stats;
    if (t.updates === 0) return skeleton();
    const groups = new Map<string, Entry[]>();
    for (const e of t.rows.values()) {
      const g = t.str(e, "group");
      // Counters that never moved say nothing.
      if (!t.num(e, "value")) continue;
      const l = groups.get(g);
      if (l) l.push(e);
      else groups.set(g, [e]);
    }
    const hidden = [...t.rows.values()].filter((e) => !t.num(e, "value")).length;
    const alarming = /retrans|overflow|drop|fail|lost|error|err$|timeout/i;
    return html`<div class="scroll" tabindex="0" aria-label="Protocol statistics"><div class="pad columns">${[...groups].map(
      ([g, list]) => html`<section class="panel"><header><h2>${g}</h2></header><table class="plain-t"><thead><tr><th scope="col">Counter</th><th scope="col" class="num w110">Since boot</th><th scope="col" class="num w80">Per second</th></tr></thead><tbody>${list.map((e) => {
        const r = t.cell(e, "rate");
        const name = t.str(e, "counter") || t.str(e, "name");
        const bad = typeof r === "number" && r > 0 && alarming.test(t.str(e, "name"));
        return html`<tr><td title=${t.str(e, "name")}>${name}</td><td class="num">${count(t.num(e, "value"))}</td><td class="num ${bad ? "bad" : r ? "" : "faint"}">${t.cell(e, "gauge") === true ? "" : r === null ? "-" : bad ? html`<b>${count(r as number)}</b>` : count(r as number)}</td></tr>`;
      })}</tbody></table></section>`,
    )}</div><p class="pad faint small">${count(hidden)} counters that are 0 are not shown.</p></div>`;
  }

  protected override render(): TemplateResult {
    const tab = this.tab;
    const t = this.inet;
    const focus = focusPid();
    let conns = 0;
    let listening = 0;
    for (const e of t.rows.values()) {
      if (focus && t.str(e, "pid") !== focus) continue;
      if (t.str(e, "state") !== "LISTEN") conns++;
      if (this.isListening(e)) listening++;
    }
    const counts: Partial<Record<Tab, string>> = t.updates ? { all: count(conns), listening: count(listening) } : {};
    if (this.unix.updates) counts.unix = count(this.unix.rows.size);
    if (this.routes.updates && !get("to")) counts.routes = count(this.routes.rows.size);
    const head = html`<div class="tabs" role="tablist" aria-label="Lists">${tabs.map(([id, text]) => html`<a role="tab" href=${href({ tab: id === "all" ? null : id, sel: null, sort: null, f: null, to: null })} aria-selected=${id === tab} tabindex=${id === tab ? 0 : -1}>${text}${counts[id] ? html`<span class="n">${counts[id]}</span>` : nothing}</a>`)}</div>`;
    const then = pastView();
    if (then) return html`${head}${then}`;
    if (tab === "stats") return html`${head}${notes(this.stats.notes)}${this.failures.stats && !this.stats.updates ? failed(this.failures.stats, "Protocol counters cannot be read") : this.protocolStats()}`;
    const table = tab === "routes" ? this.routes : tab === "unix" ? this.unix : t;
    const fields = tab === "routes" ? routeFields : tab === "unix" ? unixFields : socketFields;
    const text = { all: "Filter: state == CLOSE-WAIT and rport == 5432", listening: "Filter: port == 8080", unix: "Filter: path or process", routes: "Filter: iface == eth0" }[tab];
    const err = this.failures[tab];
    const lookup = tab === "routes" ? html`<label class="row small dim">Route to <input class="in mono" size="18" placeholder="10.0.4.12" aria-label="Route lookup" .value=${get("to")} @change=${(e: Event) => go({ to: (e.target as HTMLInputElement).value.trim() })}></label>` : nothing;
    return html`${head}<div class="split"><div class="col grow"><div class="bar"><s-filter .fields=${fields} label="Filter ${tab === "all" ? "sockets" : tab === "listening" ? "listeners" : tab}" placeholder=${text}></s-filter>${lookup}</div>${tab === "all" ? this.chips() : nothing}${notes(table.notes)}${err && !table.updates ? failed(err, "This list cannot be read") : table.updates ? this.lists[tab].grid : skeleton()}</div>${this.panel()}</div>`;
  }
}

function compileFilter(text: string, reader: Reader<Entry>): (e: Entry) => boolean {
  const v = compile(text, socketFields, reader);
  return v.state === "valid" ? v.test : () => true;
}

define("s-sockets", SSockets);
