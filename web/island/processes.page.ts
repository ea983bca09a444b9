// Processes: meters, the table (or tree), and the panel of the selected one.
import { html, nothing, type TemplateResult } from "lit";
import { get, go, has, href } from "./address";
import { bar, css, icon, meter, spark, zero } from "./draw";
import type { Fields, Reader } from "./expr";
import "./filter-bar";
import { cpuTime, percent, size, uptime } from "./format";
import type { GridColumn } from "./grid";
import { define, Island } from "./island";
import { pageKeys, viKeys } from "./keys";
import { grip, LiveList, pastView, sideWidth } from "./live-view";
import { type MenuItem, openMenu } from "./menu";
import { failed, notes } from "./notices";
import { killDialog, reniceDialog } from "./process-dialogs";
import { processPanel, panelTabs } from "./process-panel";
import { focusPid } from "./rail";
import { command, fact } from "./status";
import { type Entry, Table } from "./table";
import { past } from "./timeline";
import { toast } from "./toast";
import type { Failure } from "./wire";

const fields: Fields = {
  names: {
    pid: "process number", ppid: "parent", user: "owner", name: "short name", command: "full command line", state: "R S D T Z I", cpu: "% of a core", mem: "% of memory",
    res: "resident bytes, 100M", virt: "address space", nice: "nice value", threads: "threads", time: "CPU seconds", io: "disk bytes a second", tty: "terminal", container: "container id", kernel: "true for kernel threads",
  },
};

/** CPU of the last 30 samples by row, for the small lines. */
const trend = new Map<string, number[]>();

class SProcesses extends Island {
  private table = new Table();
  private error: Failure | undefined;
  private list: LiveList;
  private drawn = 0;
  private asked = "";

  constructor() {
    super();
    this.list = new LiveList({ label: "Processes", storageKey: "processes", columns: this.columns(), sort: "-cpu" });
    const g = this.list.grid;
    g.addEventListener("select", (e) => this.select((e as CustomEvent<{ key: string }>).detail.key));
    g.addEventListener("open", (e) => this.select((e as CustomEvent<{ key: string }>).detail.key, true));
    g.addEventListener("row-menu", (e) => {
      e.preventDefault();
      this.menu((e as CustomEvent<{ key: string; x: number; y: number }>).detail);
    });
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.follow(() => {
      const every = get("every");
      this.topic("list", "probe/processes", { ...(has("threads") ? { threads: "1" } : {}), ...(every ? { every } : {}) }, (t, c) => {
        this.error = c.error;
        const wait = Number(every) * 1000;
        this.sample(t);
        // A longer interval than the probe's own is kept here.
        if (wait > 1000 && t.updates > 1 && performance.now() - this.drawn < wait - 300) return;
        this.drawn = performance.now();
        this.table = t;
        this.refresh();
      });
      void focusPid();
      void past.value;
      this.refresh();
    });
    pageKeys({
      t: () => go({ tree: !has("tree") }),
      z: () => go({ freeze: !has("freeze") }),
      H: () => go({ threads: !has("threads") }),
      i: () => go({ idle: get("idle") === "0" ? null : "0" }),
      c: () => go({ full: get("full") === "0" ? null : "0" }),
      u: () => this.querySelector<HTMLElement>("select[name=user]")?.focus(),
      s: () => this.querySelector<HTMLElement>("select[name=every]")?.focus(),
      d: () => this.querySelector<HTMLElement>("select[name=every]")?.focus(),
      P: () => go({ sort: null }),
      M: () => go({ sort: "-mem" }),
      T: () => go({ sort: "-time" }),
      N: () => go({ sort: "pid" }),
      k: () => (viKeys() ? false : this.ask("kill")),
      K: () => this.ask("kill"),
      F9: () => this.ask("kill"),
      r: () => this.ask("renice"),
      o: () => {
        const pid = get("sel");
        if (pid) go({ focus: focusPid() === pid ? null : `pid:${pid}` });
      },
      ...Object.fromEntries(
        ["1", "2", "3", "4", "5", "6", "7"].map((n) => [n, () => {
          const tab = panelTabs[Number(n) - 1];
          if (get("sel") && tab) go({ tab: n === "1" ? null : tab[0] }, { replace: true });
          else if (n === "1" && !get("sel")) go({ percpu: get("percpu") === "0" ? null : "0" });
        }]),
      ),
    });
  }

  private ask(dialog: "kill" | "renice"): undefined {
    if (past.peek() !== undefined) toast("Live actions are off while a past second is shown. L goes live.");
    else if (get("sel")) go({ dialog }, { replace: true });
    else toast(`Select a process first, then ${dialog === "kill" ? "k to kill" : "r to renice"}. Arrow keys move.`);
  }

  private select(key: string, keep = false): void {
    const e = this.list.take(key);
    if (!e) return;
    const pid = this.table.str(e, "pid");
    go({ sel: !keep && get("sel") === pid && this.list.grid.selected === key && !this.moved ? null : pid }, { replace: true });
  }
  private readonly moved = true;

  private sample(t: Table): void {
    if (t.version === this.sampled) return;
    this.sampled = t.version;
    for (const e of t.rows.values()) {
      const v = t.cell(e, "cpu");
      if (typeof v !== "number") continue;
      const h = trend.get(e.key);
      if (!h) {
        // Rows that never did anything keep no history.
        if (v > 0) trend.set(e.key, [v]);
      } else {
        h.push(v);
        if (h.length > 30) h.shift();
      }
    }
    if (trend.size > t.rows.size * 2 + 100) for (const k of trend.keys()) if (!t.rows.has(k)) trend.delete(k);
  }
  private sampled = 0;

  private readonly reader: Reader<Entry> = {
    value: (e, f) => {
      const t = this.table;
      switch (f) {
        case "cpu": return t.num(e, "cpu") * 100;
        case "mem": return t.num(e, "mem") * 100;
        case "name": return t.str(e, "comm");
        case "state": return t.str(e, "s");
        case "nice": return t.num(e, "ni");
        case "threads": return t.num(e, "thr");
        case "time": return t.num(e, "time") / 1e9;
        case "io": return t.num(e, "read") + t.num(e, "write");
      }
      return t.cell(e, f);
    },
    text: (e) => `${this.table.str(e, "comm")} ${this.table.str(e, "command")} ${this.table.str(e, "pid")} ${this.table.str(e, "user")}`,
  };

  private refresh(): void {
    const t = this.table;
    const user = get("user");
    const focus = focusPid();
    const kernel = has("kernel");
    const idle = get("idle") !== "0";
    const shape = `${user}|${focus}|${kernel}|${idle}|${has("threads")}`;
    const self = t.word("self.pid");
    this.list.update(t, {
      fields, reader: this.reader, shape,
      base: (e) => {
        if (focus && t.str(e, "pid") !== focus && t.str(e, "ppid") !== focus && t.str(e, "tgid") !== focus) return false;
        if (user && t.str(e, "user") !== user) return false;
        if (!kernel && t.cell(e, "kernel") === true && t.num(e, "cpu") < 0.01 && !has("tree")) return false;
        if (!kernel && t.cell(e, "kernel") === true && has("tree")) return false;
        return idle || t.num(e, "cpu") > 0 || t.str(e, "s") !== "S";
      },
      value: (e, id) => (id === "io" ? t.num(e, "read") + t.num(e, "write") : undefined),
      ...(has("tree") ? { tree: { id: (e: Entry) => t.str(e, "pid"), parent: (e: Entry) => (t.str(e, "tgid") === t.str(e, "pid") ? t.str(e, "ppid") : t.str(e, "tgid")) } } : {}),
      rowClass: (e) => (t.str(e, "tgid") === self || t.str(e, "pid") === self ? "self" : t.cell(e, "kernel") === true ? "kern" : ""),
    });
    const sel = this.list.selected("sel", (e, v) => t.str(e, "pid") === v);
    fact.value = t.updates ? `${t.word("tasks.total")} processes, ${t.word("tasks.threads")} threads` : "";
    command.value = this.commandLine();
    const dialog = get("dialog");
    const wanted = sel && past.peek() === undefined ? `${dialog}:${sel.key}` : "";
    if (sel && wanted && this.asked !== wanted) {
      if (dialog === "kill" && !sel.gone) killDialog(t, sel);
      if (dialog === "renice" && !sel.gone) reniceDialog(t, sel);
    }
    this.asked = dialog ? wanted : "";
    this.requestUpdate();
  }

  private commandLine(): string {
    const pid = get("sel");
    if (pid) {
      const by: Record<string, string> = { sockets: `ss -tunap | grep pid=${pid},`, files: `lsof -nP -p ${pid}`, syscalls: `strace -f -y -T -p ${pid}`, profile: `perf record -F 99 -g -p ${pid} -- sleep 30`, env: `tr '\\0' '\\n' < /proc/${pid}/environ` };
      return by[get("tab")] ?? `top -H -p ${pid}`;
    }
    if (has("tree")) return "ps axf -o pid,user,pri,ni,vsz,rss,s,pcpu,pmem,time,args";
    const sort = { mem: " -o %MEM", time: " -o TIME+", pid: " -o PID", res: " -o RES" }[get("sort").replace(/^-/, "")] ?? "";
    return `top${has("threads") ? " -H" : ""}${get("every") && get("every") !== "1" ? ` -d ${get("every")}` : " -d 1"}${get("user") ? ` -u ${get("user")}` : ""}${sort}`;
  }

  private menu(at: { key: string; x: number; y: number }): void {
    const t = this.table;
    const e = t.rows.get(at.key);
    if (!e) return;
    const pid = t.str(e, "pid");
    const name = t.str(e, "comm");
    const items: MenuItem[] = [
      { label: `Only ${name}`, icon: "filter", run: () => go({ f: `name == ${/^[\w.-]+$/.test(name) ? name : `"${name}"`}` }) },
      { label: `Only user ${t.str(e, "user")}`, run: () => go({ user: t.str(e, "user") }) },
      "rule",
      { label: "Open", key: "Enter", run: () => this.select(at.key, true) },
      { label: "Focus", key: "o", icon: "target", run: () => go({ focus: `pid:${pid}` }) },
      { label: "Sockets", icon: "sock", href: `/sockets?f=pid+%3D%3D+${pid}` },
      { label: "Copy command line", icon: "copy", run: () => void navigator.clipboard.writeText(t.str(e, "command")).then(() => toast("Command line copied.")) },
      "rule",
      { label: "Renice…", key: "r", icon: "nice", run: () => { this.list.take(at.key); go({ sel: pid, dialog: "renice" }, { replace: true }); } },
      { label: "Kill…", key: "k", icon: "kill", run: () => { this.list.take(at.key); go({ sel: pid, dialog: "kill" }, { replace: true }); } },
    ];
    openMenu(items, at);
  }

  private columns(): GridColumn<Entry>[] {
    const t = (): Table => this.table;
    const opt = (e: Entry, id: string, f: (n: number) => string | TemplateResult): string | TemplateResult => {
      const v = t().cell(e, id);
      return typeof v === "number" ? f(v) : zero("-");
    };
    const mem = (id: string) => (e: Entry) => opt(e, id, (n) => (n ? size(n) : zero()));
    return [
      { id: "pid", title: "PID", width: 66, num: true, cell: (e) => t().str(e, "pid") },
      { id: "user", title: "USER", width: 92, priority: 3, class: "dim", cell: (e) => t().str(e, "user"), help: "Effective user" },
      { id: "pr", title: "PRI", width: 42, num: true, priority: 8, cell: (e) => t().str(e, "pr"), help: "Priority the kernel schedules by; negative is real time" },
      { id: "ni", title: "NI", width: 38, num: true, priority: 7, cell: (e) => opt(e, "ni", (n) => (n ? html`<b>${n}</b>` : zero())), help: "Nice value" },
      { id: "virt", title: "VIRT", width: 58, num: true, priority: 7, class: "dim", cell: mem("virt"), help: "Address space" },
      { id: "res", title: "RES", width: 58, num: true, priority: 4, cell: mem("res"), help: "Resident memory; shared pages count in every process" },
      { id: "shr", title: "SHR", width: 56, num: true, priority: 9, class: "dim", cell: mem("shr"), help: "Resident file and shared memory pages" },
      { id: "s", title: "S", width: 30, mono: true, priority: 5, help: "R running, S sleeping, D waiting on disk, T stopped, Z zombie, I idle", cell: (e) => html`<span class="st-${t().str(e, "s")}">${t().str(e, "s")}</span>` },
      { id: "cpu", title: "CPU%", width: 72, num: true, help: "CPU time since the last refresh, 100 % for one core", cell: (e) => opt(e, "cpu", (n) => (n ? bar(percent(n), n / 1.5) : zero("0.0"))) },
      { id: "trend", title: "30 s", width: 58, priority: 6, sortable: false, label: "CPU, last 30 samples", cell: (e) => (trend.has(e.key) ? html`${spark(trend.get(e.key)!, { width: 42, height: 14 })}` : "") },
      { id: "mem", title: "MEM%", width: 64, num: true, priority: 2, help: "RES as a part of the memory", cell: (e) => opt(e, "mem", (n) => (n >= 0.0005 ? bar(percent(n), n / 0.2, "var(--f-teal)") : zero("0.0"))) },
      { id: "time", title: "TIME+", width: 92, num: true, priority: 6, help: "CPU time so far", cell: (e) => opt(e, "time", cpuTime) },
      { id: "io", title: "DISK R/W", width: 84, num: true, priority: 5, help: "Read and written on block devices", cell: (e) => (t().cell(e, "read") === null ? zero("-") : t().num(e, "read") + t().num(e, "write") >= 1 ? `${size(t().num(e, "read") + t().num(e, "write"))}/s` : zero()) },
      { id: "command", title: "COMMAND", width: 180, flex: true, mono: true, tip: (e) => t().str(e, "command"), cell: (e) => this.commandCell(e) },
    ];
  }

  private commandCell(e: Entry): TemplateResult {
    const t = this.table;
    const full = get("full") === "0" ? t.str(e, "comm") : t.str(e, "command");
    const branch = has("tree") && e.branch ? html`<span class="tree-p">${e.branch}</span>` : nothing;
    if (t.cell(e, "kernel") === true) return html`${branch}<span class="dim">${full}</span>`;
    // The program's own name stands out: the last part of the first word.
    const m = /^(\S*\/)?([^\s/]+)([\s\S]*)$/.exec(full);
    const own = t.str(e, "tgid") === t.word("self.pid") ? html` <span class="tag">this program</span>` : nothing;
    return html`${branch}${m ? html`<span class="dim">${m[1] ?? ""}</span><b>${m[2]}</b><span class="dim">${m[3]!.slice(0, 400)}</span>` : full}${own}`;
  }

  private summary(): TemplateResult {
    const t = this.table;
    const n = t.figure("cpus") ?? 0;
    const part = (prefix: string, id: string): number => t.figure(`${prefix}.${id}`) ?? 0;
    const of = (prefixes: readonly string[]): { usr: number; sys: number; wait: number; known: boolean } => {
      const avg = (...ids: readonly string[]): number => prefixes.reduce((a, p) => a + ids.reduce((x, id) => x + part(p, id), 0), 0) / prefixes.length;
      return { usr: avg("usr", "ni"), sys: avg("sys", "irq", "softirq", "steal"), wait: avg("iowait"), known: prefixes.some((p) => t.figure(`${p}.idle`) !== null) };
    };
    const line = (label: string, prefixes: readonly string[]): TemplateResult => {
      const c = of(prefixes);
      return html`<div class="cpu"><span class="l">${label}</span>${meter([[c.usr, "var(--usr)"], [c.sys, "var(--sys)"], [c.wait, "var(--wait)"]])}<span class="v">${c.known ? `${percent(c.usr + c.sys + c.wait)}%` : "-"}</span></div>`;
    };
    const lines: TemplateResult[] = [];
    if (get("percpu") === "0" || n === 0) lines.push(line("all", ["cpu"]));
    else {
      const group = Math.ceil(n / 8);
      for (let i = 0; i < n; i += group) lines.push(line(String(i), Array.from({ length: Math.min(group, n - i) }, (_, k) => `cpu${i + k}`)));
    }
    const half = Math.ceil(lines.length / 2);
    const total = t.figure("mem.total") ?? 0;
    const buffers = t.figure("mem.buffers") ?? 0;
    const cached = t.figure("mem.cached") ?? 0;
    const free = t.figure("mem.free") ?? 0;
    // Bars as htop draws them: what is left of buffers, cache and free is in use.
    const used = Math.max(0, total - free - buffers - cached);
    const swap = t.figure("swap.total") ?? 0;
    const swapUsed = t.figure("swap.used") ?? 0;
    const load = ["load1", "load5", "load15"].map((id) => t.figure(id));
    const zombies = t.figure("tasks.zombie") ?? 0;
    const g = (b: number): string => size(b).replace(/[KMGTP]$/, "");
    return html`<div class="ptop" role="group" aria-label="Summary"><div>${lines.slice(0, half)}</div><div>${lines.slice(half)}</div><div><div class="cpu mem"><span class="l">Mem</span>${total ? meter([[used / total, "var(--c-blue)"], [buffers / total, "var(--c-teal)"], [cached / total, "var(--c-gold)"]]) : html`<span class="meter"></span>`}<span class="v">${total ? `${unitOf(used) === unitOf(total) ? g(used) : size(used)}/${size(total)}` : "-"}</span></div><div class="cpu mem"><span class="l">Swp</span>${swap ? meter([[swapUsed / swap, "var(--c-violet)"]]) : html`<span class="meter"></span>`}<span class="v">${swap ? `${swapUsed ? size(swapUsed) : "0"}/${size(swap)}` : "none"}</span></div><div class="txt"><b>${t.word("tasks.total") || "-"}</b> tasks, <b>${t.word("tasks.running") || "-"}</b> running, <b>${t.word("tasks.disk") || "-"}</b> on disk${zombies ? html`, <b class="bad">${zombies}</b> zombie` : nothing}</div><div class="txt">Load <b>${load.map((x) => (x === null ? "-" : x.toFixed(2))).join(" ")}</b> &nbsp; Up <b>${t.figure("uptime") === null ? "-" : uptime((t.figure("uptime") ?? 0) / 1e9)}</b></div></div></div>`;
  }

  protected override render(): TemplateResult {
    const t = this.table;
    const sel = get("sel") ? this.list.selected("sel", (e, v) => t.str(e, "pid") === v) : undefined;
    const users = [...new Set([...t.rows.values()].map((e) => t.str(e, "user")))].sort();
    const user = get("user");
    if (user && !users.includes(user)) users.push(user);
    const toggle = (name: string, on: boolean, ic: "tree" | "freeze" | undefined, text: string, tip: string, cls = ""): TemplateResult => html`<a class="btn ${cls}" role="button" href=${href({ [name]: !on })} aria-pressed=${on} title=${tip}>${ic ? icon(ic, 14) : nothing}${text}</a>`;
    const every = get("every") || "1";
    const then = pastView();
    return html`<div class="split"><div class="col grow">${then ? nothing : this.summary()}
      <div class="bar"><s-filter .fields=${fields} label="Filter processes" placeholder="Filter: name, pid, or user == app and cpu > 5"></s-filter>
        <select class="in" name="user" aria-label="User" @change=${(e: Event) => go({ user: (e.target as HTMLSelectElement).value })}><option value="">All users</option>${users.map((u) => html`<option value=${u} ?selected=${u === user}>${u}</option>`)}</select>
        <div class="row n-hide">${toggle("tree", has("tree"), "tree", "Tree", "Tree (t)")}${toggle("freeze", has("freeze"), "freeze", "Freeze order", "Keep the present row order while values update (z)")}${sel ? nothing : html`${toggle("threads", has("threads"), undefined, "Threads", "One row a thread (H)", "w-only")}${toggle("kernel", has("kernel"), undefined, "Kernel threads", "Show idle kernel threads too", "w-only")}`}
        <select class="in" name="every" aria-label="Refresh interval" @change=${(e: Event) => go({ every: (e.target as HTMLSelectElement).value === "1" ? null : (e.target as HTMLSelectElement).value })}>${["0.5", "1", "2", "5", "10", ...(["0.5", "1", "2", "5", "10"].includes(every) ? [] : [every])].map((s) => html`<option value=${s} ?selected=${s === every}>${s} s</option>`)}</select></div></div>
      ${notes(t.notes)}${then ?? (this.error && t.updates === 0 ? failed(this.error, "The process list cannot be read") : this.list.grid)}</div>${
        get("sel") && !then
          ? html`${grip("process")}<aside class="side" ${css(sideWidth("process"))} aria-label="Process ${get("sel")}">${
              sel ? processPanel(this, t, sel, trend.get(sel.key) ?? []) : html`<div class="hd"><h2>Process ${get("sel")}</h2><span class="grow"></span><a class="btn ghost icon sm" href=${href({ sel: null, tab: null })} aria-label="Close panel (Esc)">${icon("x", 15)}</a></div>${t.updates ? html`<div class="empty">${icon("proc", 24)}<h3>No process ${get("sel")}</h3><p>It has ended, or the address is of another host.</p></div>` : nothing}`
            }</aside>`
          : nothing
      }</div>`;
  }
}

const unitOf = (b: number): string => size(b).slice(-1);

define("s-processes", SProcesses);
