// The side panel of a process: what it is, its sockets, open files, environment;
// the other tools are a link away. Values stay when the process ends.
import { html, nothing, type TemplateResult } from "lit";
import { get, href, pageExists } from "./address";
import { empty, type IconName, icon, spark, zero } from "./draw";
import { ago, clock, count, date, percent, size } from "./format";
import type { GridColumn, SGrid } from "./grid";
import { define, Island } from "./island";
import { failed, notes } from "./notices";
import { focusPid } from "./rail";
import { LiveRows } from "./rows";
import { addressCell, stateCell } from "./socket-cells";
import { type Entry, Table } from "./table";
import type { Failure } from "./wire";

export const panelTabs = [
  ["overview", "Overview"],
  ["sockets", "Sockets"],
  ["files", "Files"],
  ["env", "Environment"],
] as const;

const states: Readonly<Record<string, string>> = { S: "sleeping", R: "running", D: "waiting on disk", T: "stopped", t: "traced", Z: "zombie", I: "idle", X: "dead" };

/** Draws the panel of a row of the process table. */
export function processPanel(_host: Island, t: Table, e: Entry, cpu: readonly number[]): TemplateResult {
  const pid = t.str(e, "pid");
  const state = t.str(e, "s");
  const focused = focusPid() === pid;
  return html`<div class="hd"><h2 class="ell">${t.str(e, "comm")}</h2><span class="mono faint">${pid}</span><span class="tag">${t.str(e, "user")}</span>${
    e.gone ? html`<span class="tag bad">ended ${clock(Date.now() - (performance.now() - e.gone))}</span>` : html`<span class="tag ${state === "D" || state === "Z" ? "warn" : ""}">${states[state] ?? state}</span>`
  }<span class="grow"></span><a class="btn ghost icon sm" href=${href({ sel: null, tab: null })} aria-label="Close panel (Esc)" title="Close (Esc)">${icon("x", 15)}</a></div>
  <div class="acts"><a class="btn" role="button" href=${href({ focus: focused ? null : `pid:${pid}` })} aria-pressed=${focused} title="Narrow every view to this process (o)">${icon("target", 14)}Focus</a><a class="btn" href="/captures?dialog=new&proc=${pid}">${icon("rec", 13)}Capture</a>${pageExists("/trace") ? html`<a class="btn" href="/trace?pid=${pid}">${icon("trace", 14)}Trace</a>` : nothing}${pageExists("/profile") ? html`<a class="btn" href="/profile?pid=${pid}">${icon("flame", 14)}Profile</a>` : nothing}<span class="grow"></span>${
    e.gone ? nothing : html`<a class="btn" href=${href({ dialog: "renice" })}>${icon("nice", 14)}Renice</a><a class="btn danger quiet" href=${href({ dialog: "kill" })}>${icon("kill", 14)}Kill</a>`
  }</div><s-process .pid=${pid} .start=${e.key.split(":")[1] ?? ""} .cpu=${cpu} .version=${t.version}></s-process>`;
}

class SProcess extends Island {
  static override properties = { pid: {}, start: {}, cpu: { attribute: false }, version: { attribute: false } };
  declare pid: string;
  declare start: string;
  declare cpu: readonly number[];
  declare version: number;

  private detail = new Table();
  private error: Failure | undefined;
  private readonly sockets = new LiveRows();
  private readonly files = new LiveRows();
  private readonly env = new LiveRows();
  private failures: Record<string, Failure | undefined> = {};
  private readonly socketGrid: SGrid<Entry>;
  private readonly fileGrid: SGrid<Entry>;
  private readonly envGrid: SGrid<Entry>;
  private disks: number[] = [];
  private memory: number[] = [];
  private reveal = 0;

  constructor() {
    super();
    this.pid = "";
    this.start = "";
    this.cpu = [];
    this.version = 0;
    const grid = (label: string, rows: LiveRows, columns: GridColumn<Entry>[]): SGrid<Entry> => {
      const g = document.createElement("s-grid") as SGrid<Entry>;
      g.label = label;
      g.columns = columns;
      g.source = rows;
      return g;
    };
    const s = (): Table => this.sockets.table;
    this.socketGrid = grid("Sockets of this process", this.sockets, [
      { id: "fd", title: "FD", width: 46, num: true, cell: (e) => s().str(e, "fd") },
      { id: "state", title: "State", width: 112, cell: (e) => stateCell(s().str(e, "state")) },
      { id: "recvq", title: "Recv-Q", width: 62, num: true, cell: (e) => (s().num(e, "recvq") ? html`<b>${count(s().num(e, "recvq"))}</b>` : zero()) },
      { id: "local", title: "Local", width: 140, mono: true, priority: 3, cell: (e) => addressCell(s().str(e, "local")) },
      { id: "peer", title: "Peer", width: 130, flex: true, mono: true, cell: (e) => addressCell(s().str(e, "peer")) },
      { id: "rtt", title: "RTT ms", width: 62, num: true, cell: (e) => (s().cell(e, "rtt") === null ? "" : (s().num(e, "rtt") / 1e6).toFixed(1)) },
    ]);
    this.socketGrid.addEventListener("open", (e) => location.assign(`/sockets?f=pid+%3D%3D+${this.pid}&sel=${encodeURIComponent((e as CustomEvent<{ key: string }>).detail.key)}`));
    const f = (): Table => this.files.table;
    this.fileGrid = grid("Open files", this.files, [
      { id: "fd", title: "FD", width: 54, mono: true, cell: (e) => f().str(e, "fd") },
      { id: "type", title: "TYPE", width: 64, class: "dim", cell: (e) => f().str(e, "type") },
      { id: "size", title: "SIZE/OFF", width: 76, num: true, cell: (e) => (f().cell(e, "size") === null ? "" : size(f().num(e, "size"))) },
      { id: "name", title: "NAME", width: 160, flex: true, mono: true, tip: (e) => f().str(e, "name"), cell: (e) => (f().cell(e, "deleted") === true ? html`${f().str(e, "name")} <span class="tag bad">deleted</span>` : f().str(e, "name")) },
    ]);
    const v = (): Table => this.env.table;
    this.envGrid = grid("Environment", this.env, [
      { id: "name", title: "Name", width: 190, mono: true, cell: (e) => v().str(e, "name") },
      { id: "value", title: "Value", width: 160, flex: true, mono: true, tip: (e) => v().str(e, "value"), cell: (e) => (v().cell(e, "masked") === true ? html`<span class="faint">${icon("lock", 12)} ${v().str(e, "value")}</span>` : v().str(e, "value")) },
    ]);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.follow(() => {
      void get("tab");
      this.requestUpdate();
    });
  }

  protected override willUpdate(): void {
    const tab = get("tab") || "overview";
    const pid = this.pid;
    const identity = { pid, ...(this.start ? { start: this.start } : {}) };
    this.topic("detail", pid ? "probe/process" : undefined, { ...identity, ...(this.reveal > Date.now() ? { reveal: "1" } : {}) }, (t, c) => {
      this.error = c.error;
      if (this.detail !== t) {
        this.disks = [];
        this.memory = [];
      }
      this.detail = t;
      this.env.table = t;
      this.env.arrange({ sort: "name", keep: (e) => t.str(e, "section") === "environment" }, "env");
      this.envGrid.refresh();
      this.memory = [...this.memory, t.figure("res") ?? 0].slice(-30);
      this.disks = [...this.disks, (t.figure("read") ?? 0) + (t.figure("write") ?? 0)].slice(-30);
      this.requestUpdate();
    });
    const list = (name: string, topic: string, args: Readonly<Record<string, string>>, rows: LiveRows, g: SGrid<Entry>, sort: string): void => {
      this.topic(name, pid && tab === name ? topic : undefined, args, (t, c) => {
        this.failures[name] = c.error;
        rows.table = t;
        rows.arrange({ sort, hold: g.held }, sort);
        g.refresh();
        this.requestUpdate();
      });
    };
    list("sockets", "probe/sockets", { pid, proto: "all" }, this.sockets, this.socketGrid, "state");
    list("files", "probe/files", { pid }, this.files, this.fileGrid, "num");
  }

  private get section(): Map<string, Entry[]> {
    const m = new Map<string, Entry[]>();
    for (const e of this.detail.rows.values()) {
      const s = this.detail.str(e, "section");
      const l = m.get(s);
      if (l) l.push(e);
      else m.set(s, [e]);
    }
    return m;
  }

  private overview(): TemplateResult {
    const t = this.detail;
    const s = this.section;
    const cpu = t.figure("cpu");
    const res = t.figure("res");
    const read = t.figure("read");
    const write = t.figure("write");
    const mini = (k: string, v: string, h: readonly number[], c: string): TemplateResult => html`<div class="mini"><div class="k">${k}</div><div class="v">${v}</div>${spark(h, { fluid: true, width: 116, height: 24, colour: c })}</div>`;
    const fds = t.figure("fds");
    const limit = t.figure("fds.limit");
    const value = (section: string, name: string): string => {
      const e = s.get(section)?.find((x) => t.str(x, "name") === name);
      return e ? t.str(e, "value") : "";
    };
    const started = t.figure("start");
    const parents = (s.get("parent") ?? []).toReversed();
    const children = s.get("child") ?? [];
    const link = (tab: string, ic: IconName, text: string, n: string, to?: string): TemplateResult => html`<a href=${to ?? href({ tab })}>${icon(ic, 15)}${text}<b>${n}</b></a>`;
    const kin = (e: Entry): TemplateResult => {
      const pid = String(t.num(e, "number"));
      const name = t.str(e, "value").replace(/ \(\d+\)$/, "");
      return html`<a class="ent" href=${href({ sel: pid, tab: null })}><span class="ell">${name}</span> <span class="id">${pid}</span></a>`;
    };
    const rows = (title: string, names: readonly (readonly [string, string])[]): TemplateResult | typeof nothing => {
      const have = names.filter(([, v]) => v);
      return have.length === 0 ? nothing : html`<div class="sec"><h3>${title}</h3><dl class="kv">${have.map(([k, v]) => html`<dt>${k}</dt><dd class="mono wrap">${v}</dd>`)}</dl></div>`;
    };
    const all = (section: string): (readonly [string, string])[] => (s.get(section) ?? []).map((e) => [t.str(e, "name"), t.str(e, "value")] as const);
    return html`<div class="sec"><div class="minigrid">${mini("CPU", cpu === null ? "-" : `${percent(cpu)} %`, this.cpu, "var(--usr)")}${mini("Memory", res === null ? "-" : size(res), this.memory, "var(--c-teal)")}${mini("Disk", read === null && write === null ? "-" : (read ?? 0) + (write ?? 0) < 1 ? "0" : `${size((read ?? 0) + (write ?? 0))}/s`, this.disks, "var(--c-orange)")}${mini("Threads", t.word("thr") || "-", [], "var(--tx)")}</div></div>
      ${fds !== null && limit !== null && fds > limit * 0.9 ? html`<div class="sec row small"><span class="bad">${icon("err", 15)}</span><span class="grow"><b>${count(fds)} of ${count(limit)} file descriptors in use</b></span><a class="btn link" href=${href({ tab: "files" })}>Files</a></div>` : nothing}
      <div class="sec"><h3>Linked</h3><div class="linkgrid">${link("sockets", "sock", "Sockets", "")}${link("files", "file", "Files", fds === null ? "" : count(fds))}${link("env", "list", "Environment", s.has("environment") ? count(s.get("environment")!.length) : "")}${pageExists("/trace") ? link("", "trace", "Syscalls", "", `/trace?pid=${this.pid}`) : nothing}${pageExists("/profile") ? link("", "flame", "Profile", "", `/profile?pid=${this.pid}`) : nothing}${link("", "bw", "Bandwidth", "", `/bandwidth?tab=process&f=pid+%3D%3D+${this.pid}`)}</div></div>
      <div class="sec"><h3>Identity</h3><dl class="kv"><dt>Command</dt><dd class="mono wrap">${value("identity", "Command")}</dd>${["Executable", "Working directory", "Root"].map((k) => (value("identity", k) ? html`<dt>${k}</dt><dd class="mono wrap">${value("identity", k)}</dd>` : nothing))}${parents.length > 0 ? html`<dt>Started by</dt><dd class="wrap">${parents.map((e, i) => html`${i ? html` <span class="faint">›</span> ` : nothing}${kin(e)}`)}</dd>` : nothing}${children.length > 0 ? html`<dt>Children</dt><dd class="wrap">${children.slice(0, 12).map((e, i) => html`${i ? ", " : ""}${kin(e)}`)}${children.length > 12 ? html` and <a class="ent" href=${href({ f: `ppid == ${this.pid}` })}>${children.length - 12} more</a>` : nothing}</dd>` : nothing}${started ? html`<dt>Started</dt><dd class="mono">${date(started / 1e6)} ${clock(started / 1e6)}, ${ago((Date.now() - started / 1e6) / 1000)} ago</dd>` : nothing}${["Terminal", "Container", "Uid", "Gid", "Pid inside"].map((k) => (value("identity", k) ? html`<dt>${k}</dt><dd class="mono wrap">${value("identity", k)}</dd>` : nothing))}${(s.get("cgroup") ?? []).slice(0, 1).map((e) => html`<dt>Control group</dt><dd class="mono wrap">${t.str(e, "value")}</dd>`)}<dt>Open files</dt><dd class="mono">${fds === null ? "not readable" : `${count(fds)}${limit === null ? "" : ` of ${count(limit)}`}`}</dd></dl></div>
      ${rows("Memory", all("memory"))}${rows("Scheduling", all("scheduling"))}${rows("Input and output", all("io"))}${rows("Security", all("security"))}${rows("Limits", all("limit"))}${rows("Namespaces", all("namespace"))}`;
  }

  private body(tab: string): TemplateResult {
    const err = this.failures[tab];
    switch (tab) {
      case "sockets":
        return err ? failed(err, "Sockets cannot be read") : html`<div class="bar"><span class="dim small">${this.sockets.length} sockets</span><a class="btn link push" href="/sockets?f=pid+%3D%3D+${this.pid}">Open in Sockets</a></div>${notes(this.sockets.table.notes)}${this.socketGrid}`;
      case "files":
        return err ? failed(err, "Open files cannot be read") : html`<div class="bar"><span class="dim small">${this.files.length} open files</span></div>${notes(this.files.table.notes)}${this.fileGrid}`;
      case "env": {
        const known = this.section.has("environment");
        const shown = this.reveal > Date.now();
        return html`<div class="bar"><span class="dim small">Values are hidden until asked for, also in shared links.</span><button type="button" class="btn sm push" ?disabled=${!known} @click=${this.toggleReveal}>${icon("eye", 13)}${shown ? "Hide" : "Reveal for 30 s"}</button></div>${known ? this.envGrid : empty("lock", "The environment is not readable", "It belongs to another user, or the process has none.")}`;
      }
    }
    return this.overview();
  }

  private toggleReveal(): void {
    this.reveal = this.reveal > Date.now() ? 0 : Date.now() + 30_000;
    setTimeout(() => this.requestUpdate(), 30_100);
    this.requestUpdate();
  }

  protected override render(): TemplateResult {
    const tab = panelTabs.find(([id]) => id === get("tab"))?.[0] ?? "overview";
    const ended = this.error?.code === "gone" || this.error?.code === "ended" || this.error?.code === "not-found";
    return html`<div class="tabs" role="tablist" aria-label="Process">${panelTabs.map(([id, text]) => html`<a role="tab" href=${href({ tab: id === "overview" ? null : id })} aria-selected=${id === tab} tabindex=${id === tab ? 0 : -1}>${text}</a>`)}</div><div class="sc" role="tabpanel" tabindex="0" aria-label=${tab}>${ended ? html`<div class="banner warn">${icon("info", 15)}<span>This process has ended. These are its last values.</span></div>` : this.error ? html`<div class="banner warn">${icon("warn", 15)}<span>${this.error.message}. ${this.error.remedy ?? ""}</span></div>` : nothing}${notes(this.detail.notes)}${this.body(tab)}</div>`;
  }
}

define("s-process", SProcess);
