// Old command lines to views. A rule reads the words after the tool's name and
// gives the view, the address that opens it, and how each part was understood.
// Nothing acts: a command that would change or send something leads to a dialog
// filled in. Unknown flags are named and ignored.
import type { IconName } from "./draw";

export interface Understood {
  readonly tool: string;
  readonly title: string;
  readonly icon: IconName;
  readonly href: string;
  /** Each word group and its meaning. */
  readonly parts: readonly (readonly [string, string])[];
  readonly note?: string;
}

type Result = Omit<Understood, "tool"> | undefined;
interface Context {
  /** The name of a running process, for the explanation. */
  processName(pid: string): string;
}
type Rule = (args: readonly string[], parts: [string, string][], cx: Context) => Result;

/** Splits as a shell does: quotes group, the rest by spaces. */
export function words(line: string): string[] {
  const out: string[] = [];
  for (const m of line.matchAll(/((?:"[^"]*"|'[^']*'|[^\s"'])+)/g)) out.push(m[1]!.replace(/"([^"]*)"|'([^']*)'/g, (_, a, b) => a ?? b));
  return out;
}

interface Options {
  readonly flags: ReadonlySet<string>;
  readonly value: Readonly<Record<string, string>>;
  readonly rest: readonly string[];
}

/** Reads options: `valued` letters and long names take a value, joined or next. */
function options(args: readonly string[], valued: readonly string[]): Options {
  const flags = new Set<string>();
  const value: Record<string, string> = {};
  const rest: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const a = args[i]!;
    if (a === "--") {
      rest.push(...args.slice(i + 1));
      break;
    }
    const long = /^--([^=]+)(?:=(.*))?$/.exec(a);
    if (long) {
      const name = long[1]!;
      if (long[2] !== undefined) value[name] = long[2];
      else if (valued.includes(name) && args[i + 1] !== undefined) value[name] = args[++i]!;
      else flags.add(name);
      continue;
    }
    if (!/^-./.test(a)) {
      rest.push(a);
      continue;
    }
    for (let j = 1; j < a.length; j++) {
      const c = a[j]!;
      if (!valued.includes(c)) {
        flags.add(c);
        continue;
      }
      const joined = a.slice(j + 1);
      const v = joined || (args[i + 1] ?? "");
      if (!joined) i++;
      value[c] = v;
      break;
    }
  }
  return { flags, value, rest };
}

function link(path: string, q: Readonly<Record<string, string | number | boolean | undefined>> = {}): string {
  const p = new URLSearchParams();
  for (const [k, v] of Object.entries(q)) if (v !== undefined && v !== "" && v !== false) p.set(k, v === true ? "1" : String(v));
  const s = p.toString();
  return path + (s ? `?${s}` : "");
}

/** Names the flags that a rule did not use. */
function ignored(parts: [string, string][], o: Options, used: string): void {
  const left = [...o.flags].filter((f) => f.length > 1 || !used.includes(f));
  if (left.length > 0) parts.push([left.map((f) => (f.length > 1 ? `--${f}` : `-${f}`)).join(" "), "not needed here, ignored"]);
}

const and = (f: readonly string[]): string => f.join(" and ");

const top: Rule = (args, parts, cx) => {
  const o = options(args, ["p", "u", "U", "d", "o", "s", "n"]);
  const user = o.value["u"] ?? o.value["U"];
  const pids = o.value["p"]?.split(",") ?? [];
  if (pids.length > 0) parts.push([`-p ${o.value["p"]}`, `only ${pids.map(cx.processName).join(", ")}`]);
  if (user) parts.push([`-u ${user}`, `user ${user}`]);
  if (o.value["d"]) parts.push([`-d ${o.value["d"]}`, `refresh every ${o.value["d"]} s`]);
  if (o.flags.has("H")) parts.push(["-H", "show threads"]);
  if (o.flags.has("t")) parts.push(["-t", "tree"]);
  ignored(parts, o, "Htcbi1");
  return {
    title: "Processes", icon: "proc", parts,
    href: link("/processes", { f: pids.length > 1 ? `pid in {${pids.join(", ")}}` : pids[0] && `pid == ${pids[0]}`, user, every: o.value["d"], tree: o.flags.has("t"), threads: o.flags.has("H") }),
  };
};

const ps: Rule = (args, parts, cx) => {
  const bsd = args[0] && /^[a-zA-Z]+$/.test(args[0]) ? [`-${args[0]}`, ...args.slice(1)] : args;
  const o = options(bsd, ["p", "u", "U", "C", "o", "sort"]);
  const isBsd = bsd !== args;
  const tree = o.flags.has("forest") || o.flags.has("H") || (isBsd && o.flags.has("f"));
  const user = isBsd ? undefined : (o.value["u"] ?? o.value["U"]);
  if (o.value["p"]) parts.push([`-p ${o.value["p"]}`, `only ${cx.processName(o.value["p"])}`]);
  if (o.value["C"]) parts.push([`-C ${o.value["C"]}`, `command ${o.value["C"]}`]);
  if (user) parts.push([`-u ${user}`, `user ${user}`]);
  if (tree) parts.push([isBsd ? "f" : "--forest", "tree"]);
  if (o.flags.has("L")) parts.push(["-L", "show threads"]);
  if (o.value["sort"]) parts.push([`--sort ${o.value["sort"]}`, `sorted by ${o.value["sort"]}`]);
  if (parts.length === 0) parts.push([args.join(" ") || "ps", "all processes"]);
  const sort = o.value["sort"]?.replace(/[%+]/g, "").replace(/\bpcpu\b/, "cpu").replace(/\bpmem\b/, "mem").replace(/\brss\b/, "res").replace(/\bvsz\b/, "virt");
  return {
    title: "Processes", icon: "proc", parts,
    href: link("/processes", { f: o.value["p"] ? `pid == ${o.value["p"]}` : o.value["C"] ? `name == ${o.value["C"]}` : undefined, user, tree, threads: o.flags.has("L"), sort }),
  };
};

const kill: Rule = (args, parts, cx) => {
  const o = options(args.filter((a) => !/^-(\d+|SIG\w+|[A-Z]{2,}\d?)$/.test(a)), ["s", "n"]);
  const flag = args.find((a) => /^-(\d+|SIG\w+|[A-Z]{2,}\d?)$/.test(a))?.slice(1);
  const sig = (o.value["s"] ?? o.value["n"] ?? flag ?? "TERM").replace(/^SIG/, "");
  const pid = o.rest.find((x) => /^\d+$/.test(x));
  if (!pid) return { title: "Send a signal", icon: "kill", href: "/processes", parts: [["kill", "a process number is expected"]], note: "Opens Processes; nothing is sent." };
  parts.push([`-${sig}`, "signal"], [pid, cx.processName(pid)]);
  return { title: "Send a signal", icon: "kill", parts, note: "Opens the confirmation; nothing is sent yet.", href: link("/processes", { sel: pid, dialog: "kill", sig: sig === "TERM" || sig === "15" ? undefined : sig }) };
};

const byName: Rule = (args, parts) => {
  const o = options(args, ["u", "s"]);
  const name = o.rest[0];
  if (!name) return undefined;
  parts.push([name, `processes named ${name}`]);
  return { title: "Processes", icon: "proc", parts, href: link("/processes", { f: `name contains ${name}`, user: o.value["u"] }), note: "Choose one there; nothing is sent." };
};

const renice: Rule = (args, parts, cx) => {
  const o = options(args.map((a) => (/^-\d+$/.test(a) ? a.slice(1) : a)), ["n", "p"]);
  const pid = o.value["p"] ?? o.rest.at(-1);
  const nice = o.value["n"] ?? (o.rest.length > 1 || o.value["p"] ? o.rest[0] : undefined);
  if (!pid) return undefined;
  if (nice) parts.push([nice, "nice value"]);
  parts.push([pid, cx.processName(pid)]);
  return { title: "Change priority", icon: "nice", parts, note: "Opens the dialog; nothing changes yet.", href: link("/processes", { sel: pid, dialog: "renice", nice }) };
};

const strace: Rule = (args, parts, cx) => {
  const o = options(args, ["p", "e", "o", "s", "P", "u", "E"]);
  if (o.value["p"]) parts.push([`-p ${o.value["p"]}`, `attach to ${cx.processName(o.value["p"])}`]);
  if (o.flags.has("c")) parts.push(["-c", "summary table"]);
  if (o.value["e"]) parts.push([`-e ${o.value["e"]}`, "only these calls"]);
  if (o.flags.has("f")) parts.push(["-f", "follow threads and children"]);
  ignored(parts, o, "cftTyTqvxCrw");
  return {
    title: "Trace", icon: "trace", parts: parts.length > 0 ? parts : [["strace", "system calls"]],
    href: link("/trace", { pid: o.value["p"], tab: o.flags.has("c") ? "summary" : undefined, f: o.value["e"] && `call in {${o.value["e"].replace(/^trace=/, "")}}` }),
    note: o.value["p"] ? "Nothing is attached until you start it." : "Give a process with -p, or pick one in the view.",
  };
};

const lsof: Rule = (args, parts, cx) => {
  const at = args.findIndex((a) => /^-[nPt]*i/.test(a));
  const without = at < 0 ? args : args.filter((_, i) => i !== at);
  const o = options(without, ["p", "u", "c", "d", "s"]);
  const f: string[] = [];
  if (at >= 0) {
    const joined = args[at]!.replace(/^-[nPt]*i/, "");
    const next = args[at + 1];
    const spec = joined || (next && !next.startsWith("-") && !next.startsWith("/") ? next : "");
    const m = /^(4|6)?(tcp|udp)?(?:@(\[[^\]]+\]|[^:]+))?(?::(.+))?$/i.exec(spec);
    parts.push(["-i", "network sockets"]);
    if (spec && !m) parts.push([spec, "not understood, ignored"]);
    if (m?.[1]) parts.push([m[1], `IPv${m[1]}`]);
    if (m?.[2]) {
      f.push(`proto == ${m[2].toLowerCase()}`);
      parts.push([m[2], `protocol ${m[2].toUpperCase()}`]);
    }
    if (m?.[3]) {
      f.push(`addr == ${m[3]}`);
      parts.push([`@${m[3]}`, "host, either side"]);
    }
    if (m?.[4]) {
      const ports = m[4].split(",");
      f.push(ports.length > 1 ? `port in {${ports.join(", ")}}` : `port == ${m[4]}`);
      parts.push([`:${m[4]}`, "port, either side"]);
    }
    if (o.value["p"]) {
      f.push(`pid == ${o.value["p"]}`);
      parts.push([`-p ${o.value["p"]}`, cx.processName(o.value["p"])]);
    }
    return { title: "Sockets", icon: "sock", parts, href: link("/sockets", { f: and(f) }) };
  }
  if (o.value["p"]) {
    f.push(`pid == ${o.value["p"]}`);
    parts.push([`-p ${o.value["p"]}`, cx.processName(o.value["p"])]);
  }
  if (o.value["u"]) {
    f.push(`user == ${o.value["u"]}`);
    parts.push([`-u ${o.value["u"]}`, `user ${o.value["u"]}`]);
  }
  if (o.value["c"]) {
    f.push(`name contains ${o.value["c"]}`);
    parts.push([`-c ${o.value["c"]}`, `command ${o.value["c"]}`]);
  }
  if (args.includes("+L1")) {
    f.push("deleted");
    parts.push(["+L1", "deleted but still open"]);
  }
  const path = o.rest.find((a) => a.startsWith("/"));
  if (path) {
    f.push(`path contains ${path}`);
    parts.push([path, "path"]);
  }
  return { title: "Open files", icon: "file", parts: parts.length > 0 ? parts : [["lsof", "all open files"]], href: link("/files", { f: and(f) }) };
};

const ss: Rule = (args, parts) => {
  const line = args.join(" ");
  const fl = args.filter((a) => /^-[a-zA-Z]+$/.test(a)).join("").replaceAll("-", "");
  const has = (c: string): boolean => fl.includes(c);
  if (line.includes("--route") || (has("r") && !has("t") && !has("u"))) return { title: "Routes", icon: "route", href: "/sockets?tab=routes", parts: [["-r", "routing table"]] };
  if (has("s") || line.includes("--statistics")) return { title: "Protocol statistics", icon: "sock", href: "/sockets?tab=stats", parts: [["-s", "statistics by protocol"]] };
  if (has("i") && !/[tuxa]/.test(fl)) return { title: "Interfaces", icon: "iface", href: "/interfaces", parts: [["-i", "interfaces"]] };
  if (has("x") && !has("t") && !has("u")) return { title: "Unix sockets", icon: "sock", href: "/sockets?tab=unix", parts: [["-x", "unix sockets"]] };
  const f: string[] = [];
  if (has("t")) parts.push(["-t", "TCP"]);
  if (has("u")) parts.push(["-u", "UDP"]);
  if (has("t") !== has("u")) f.push(`proto == ${has("t") ? "tcp" : "udp"}`);
  const st = /\bstate\s+(\S+)/.exec(line);
  if (st) {
    const v = st[1]!.toUpperCase().replace("ESTABLISHED", "ESTAB").replace("LISTENING", "LISTEN");
    f.push(`state == ${v}`);
    parts.push([`state ${st[1]}`, `state ${v}`]);
  }
  for (const m of line.matchAll(/\b(sport|dport)\s*(?:=|==|eq)?\s*:?(\d+)/g)) {
    f.push(`${m[1] === "sport" ? "lport" : "rport"} == ${m[2]}`);
    parts.push([m[0], `${m[1] === "sport" ? "local" : "remote"} port`]);
  }
  const dst = /\b(dst|src)\s+(\S+)/.exec(line);
  if (dst) {
    f.push(`${dst[1] === "dst" ? "peer" : "local"} == ${dst[2]}`);
    parts.push([dst[0], dst[1] === "dst" ? "peer address" : "local address"]);
  }
  if (has("n")) parts.push(["-n", "numeric addresses"]);
  if (has("p")) parts.push(["-p", "owning process (always shown)"]);
  const listening = has("l");
  if (listening) parts.push(["-l", "listening"]);
  if (parts.length === 0) parts.push([line || "ss", "all sockets"]);
  return { title: listening ? "Listening sockets" : "Sockets", icon: "sock", parts, href: link("/sockets", { tab: listening ? "listening" : undefined, f: and(f), names: has("n") ? "0" : undefined }) };
};

const ifconfig: Rule = (args, parts) => {
  const dev = args.find((a) => !a.startsWith("-"));
  parts.push(dev ? [dev, "interface"] : ["ifconfig", "all interfaces"]);
  return { title: "Interfaces", icon: "iface", parts, href: link("/interfaces", { sel: dev }) };
};

const ip: Rule = (args, parts, cx) => {
  const a = args.filter((x) => !x.startsWith("-"));
  if (/^r/.test(a[0] ?? "")) return { title: "Routes", icon: "route", href: "/sockets?tab=routes", parts: [["route", "routing table"]] };
  return ifconfig(a.slice(1).filter((x) => !["show", "dev", "ls", "list"].includes(x)), parts, cx);
};

const iftop: Rule = (args, parts) => {
  const o = options(args, ["i", "f", "F", "m", "L"]);
  if (o.value["i"]) parts.push([`-i ${o.value["i"]}`, `interface ${o.value["i"]}`]);
  if (o.flags.has("P")) parts.push(["-P", "show ports (always shown)"]);
  if (o.value["f"]) parts.push([`-f ${o.value["f"]}`, "filter"]);
  if (o.flags.has("n")) parts.push(["-n", "numeric addresses"]);
  if (o.flags.has("B")) parts.push(["-B", "bytes"]);
  const port = /^port (\d+)$/.exec(o.value["f"] ?? "");
  return { title: "Bandwidth", icon: "bw", parts: parts.length > 0 ? parts : [["iftop", "host pairs, all interfaces"]], href: link("/bandwidth", { if: o.value["i"], f: port ? `port == ${port[1]}` : o.value["f"], names: o.flags.has("n") ? "0" : undefined, unit: o.flags.has("B") ? "bytes" : undefined }) };
};

const nethogs: Rule = (args) => ({ title: "Bandwidth, by process", icon: "bw", href: link("/bandwidth", { tab: "process", if: args.find((a) => !a.startsWith("-")) }), parts: [[args.join(" ") || "nethogs", "traffic by process"]] });

const iptraf: Rule = (args, parts) => {
  const o = options(args, ["i", "d", "s", "z", "l"]);
  const tab = o.value["z"] ? "sizes" : o.value["s"] ? "port" : undefined;
  parts.push([args.join(" ") || "iptraf", tab === "sizes" ? "packet sizes" : tab === "port" ? "by port" : "IP traffic monitor"]);
  return { title: `Bandwidth${tab ? (tab === "sizes" ? ", packet sizes" : ", by port") : ""}`, icon: "bw", parts, href: link("/bandwidth", { tab, if: o.value["i"] ?? o.value["s"] ?? o.value["z"] ?? o.value["d"] }) };
};

const tcpdump: Rule = (args, parts) => {
  const o = options(args, ["i", "s", "w", "c", "r", "C", "W", "G", "B", "y", "F"]);
  const filter = o.rest.join(" ");
  if (o.value["r"]) return { title: `Open ${o.value["r"]}`, icon: "cap", href: link("/captures", { f: o.value["r"].split("/").pop() }), parts: [[`-r ${o.value["r"]}`, "a file; upload it, or choose it in the list"]] };
  const dev = o.value["i"] ?? "any";
  parts.push([`-i ${dev}`, dev === "any" ? "all interfaces" : `interface ${dev}`]);
  if (o.value["s"]) parts.push([`-s ${o.value["s"]}`, o.value["s"] === "0" ? "whole packets" : `first ${o.value["s"]} bytes`]);
  if (o.value["c"]) parts.push([`-c ${o.value["c"]}`, `stop after ${o.value["c"]} packets`]);
  if (filter) parts.push([filter, "capture filter, checked in the dialog"]);
  ignored(parts, o, "nvXAelpqtUDx");
  return { title: "New capture", icon: "rec", parts, note: "Opens the capture dialog filled in; Start begins it.", href: link("/captures", { dialog: "new", if: dev, cf: filter, snap: o.value["s"] === "0" ? undefined : o.value["s"], stop: o.value["c"] }) };
};

const tshark: Rule = (args, parts, cx) => {
  const o = options(args, ["i", "r", "Y", "R", "f", "z", "s", "c", "w", "T", "e", "d", "o", "N"]);
  if (!o.value["r"] && !o.value["Y"] && !o.value["z"]) return tcpdump([...(o.value["i"] ? ["-i", o.value["i"]] : []), ...(o.value["c"] ? ["-c", o.value["c"]] : []), ...(o.value["s"] ? ["-s", o.value["s"]] : []), ...(o.value["f"] ? [o.value["f"]] : o.rest)], parts, cx);
  if (o.value["r"]) parts.push([`-r ${o.value["r"]}`, "capture file"]);
  if (o.value["Y"]) parts.push([`-Y ${o.value["Y"]}`, "display filter"]);
  const [tap, kind] = (o.value["z"] ?? "").split(",");
  const page = { conv: "conversations", endpoints: "endpoints", io: kind === "phs" ? "hierarchy" : "io", expert: "expert", http: "http", dns: "dns", plen: "lengths" }[tap ?? ""];
  if (o.value["z"]) parts.push([`-z ${o.value["z"]}`, page ? "statistics" : "statistics, not known here"]);
  return {
    title: page ? "Statistics of a capture" : "Capture", icon: "cap", parts, note: "In the capture opened last.",
    href: link("/captures/last", { stats: page, tab: page === "conversations" || page === "endpoints" ? kind : undefined, f: o.value["Y"] ?? o.value["R"] }),
  };
};

const telnet: Rule = (args, parts) => {
  const o = options(args, ["l", "b"]);
  const [host = "", port = "23"] = o.rest;
  parts.push([host || "telnet", host ? "host" : "no host given"], [port, "port"]);
  return { title: `Connect to ${host || "…"}:${port}`, icon: "term", parts, note: "Fills the form; nothing connects yet.", href: link("/connect", { mode: "connect", host, port }) };
};

const nc: Rule = (args, parts) => {
  const o = options(args, ["p", "w", "s", "i", "q"]);
  if (o.flags.has("l")) {
    const port = o.value["p"] ?? o.rest.at(-1);
    parts.push(["-l", "listen"], [port ?? "", "port"]);
    return { title: `Listen on port ${port ?? "…"}`, icon: "term", parts, note: "Fills the form; nothing listens yet.", href: link("/connect", { mode: "listen", port, proto: o.flags.has("u") ? "udp" : undefined }) };
  }
  const [host = "", port] = o.rest;
  parts.push([host || "nc", "host"], [port ?? "", "port"]);
  if (o.flags.has("u")) parts.push(["-u", "UDP"]);
  return { title: "Connect", icon: "term", parts, note: "Fills the form; nothing connects yet.", href: link("/connect", { mode: "connect", host, port, proto: o.flags.has("u") ? "udp" : undefined }) };
};

const opensnoop: Rule = (args, parts, cx) => {
  const o = options(args, ["p", "n", "d", "u", "t"]);
  const f: string[] = [];
  if (o.value["p"]) {
    f.push(`pid == ${o.value["p"]}`);
    parts.push([`-p ${o.value["p"]}`, cx.processName(o.value["p"])]);
  }
  if (o.value["n"]) {
    f.push(`name contains ${o.value["n"]}`);
    parts.push([`-n ${o.value["n"]}`, "process name"]);
  }
  if (o.flags.has("x")) parts.push(["-x", "failed opens only"]);
  return { title: "Live opens", icon: "file", parts: parts.length > 0 ? parts : [["opensnoop", "all processes"]], href: link("/files", { tab: "live", f: and(f), err: o.flags.has("x") }) };
};

const ngrep: Rule = (args, parts) => {
  const o = options(args, ["d", "W", "n", "s"]);
  const [pattern = "", ...rest] = o.rest;
  parts.push([pattern, "text in the payload"]);
  if (rest.length > 0) parts.push([rest.join(" "), "capture filter"]);
  if (o.value["d"]) parts.push([`-d ${o.value["d"]}`, `interface ${o.value["d"]}`]);
  return { title: "New capture with text search", icon: "rec", parts, note: "Opens the capture dialog; filter the packets with frame contains.", href: link("/captures", { dialog: "new", if: o.value["d"] ?? "any", cf: rest.join(" "), grep: pattern }) };
};

const perf: Rule = (args, parts, cx) => {
  const [verb = "top", ...rest] = args;
  const o = options(rest, ["p", "F", "e", "o", "c"]);
  parts.push([verb, { top: "hottest functions", record: "flame graph", report: "flame graph", stat: "counters" }[verb] ?? "profile"]);
  if (o.value["p"]) parts.push([`-p ${o.value["p"]}`, cx.processName(o.value["p"])]);
  if (o.value["F"]) parts.push([`-F ${o.value["F"]}`, `${o.value["F"]} samples a second`]);
  return { title: "Profile", icon: "flame", parts, href: link("/profile", { pid: o.value["p"], hz: o.value["F"], tab: verb === "top" ? "top" : undefined }) };
};

const counters: Rule = (_, parts) => {
  parts.push(["dstat", "CPU, disk, network, paging, system"]);
  return { title: "Home, counters by second", icon: "home", href: "/", parts };
};
const pstree: Rule = (args, parts, cx) => {
  const pid = args.find((a) => /^\d+$/.test(a));
  parts.push(["pstree", "tree of all processes"]);
  if (pid) parts.push([pid, cx.processName(pid)]);
  return { title: "Processes, tree", icon: "tree", parts, href: link("/processes", { tree: true, sel: pid }) };
};
const route: Rule = (_, parts) => {
  parts.push(["route", "routing table"]);
  return { title: "Routes", icon: "route", href: "/sockets?tab=routes", parts };
};

const rules: Readonly<Record<string, Rule>> = {
  top, htop: top, atop: top, ps, pstree, kill, pkill: byName, killall: byName, pgrep: byName, renice, strace, lsof, ss, netstat: ss,
  ifconfig, ip, route, iftop, nethogs, iptraf, "iptraf-ng": iptraf, tcpdump, tshark, wireshark: tshark, telnet, nc, netcat: nc, ncat: nc,
  dstat: counters, vmstat: counters, iostat: counters, opensnoop, "opensnoop-bpfcc": opensnoop, ngrep, perf,
};

export const tools: readonly string[] = Object.keys(rules);

export const examples: readonly string[] = ["lsof -i TCP:22", "tcpdump -i any port 53", "ss -tnp state close-wait", "ps axf", "netstat -rn", "iftop -P"];

/** Reads a line as a command if its first word is a known tool, with or without
 * `$` and `sudo` before it. */
export function parse(line: string, cx: Context): Understood | undefined {
  const [tool = "", ...args] = words(line.trim().replace(/^(?:\$\s*)?(?:sudo\s+(?:-\w+\s+)*)?/, "").replace(/^sonde\s+(?=\S)/, ""));
  const rule = rules[tool];
  if (!rule) return undefined;
  const r = rule(args, [], cx);
  return r && { tool, ...r };
}

/** Tools that begin with what is typed. */
export function complete(word: string): string[] {
  return word ? tools.filter((t) => t.startsWith(word)) : [];
}
