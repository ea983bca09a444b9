// The palette (Ctrl-K or a colon): understands old command lines part by part
// and finds processes, views, ports. Enter opens; nothing acts from here.
import { html, nothing, render, type TemplateResult } from "lit";
import { get, go, href as address, open } from "./address";
import { examples, complete, parse, tools, type Understood } from "./commands";
import { shelter } from "./dialog";
import { type IconName, icon } from "./draw";
import { compile } from "./expr";
import { subscribe } from "./socket";
import { socketFields, socketReader } from "./socket-fields";
import { Table } from "./table";

interface Item {
  readonly icon: IconName;
  readonly title: TemplateResult | string;
  readonly right?: string;
  readonly href?: string;
  readonly fill?: string;
  readonly command?: Understood;
}

let opened: (() => void) | undefined;

export function paletteOpen(): boolean {
  return opened !== undefined;
}

export function openPalette(text = ""): void {
  if (opened) return;
  let input = text;
  let choice = 0;
  let items: Item[] = [];
  let processes = new Table();
  let sockets = new Table();
  const el = document.createElement("dialog");
  el.className = "high";
  el.setAttribute("aria-label", "Search and commands");
  const subs = [
    subscribe("probe/processes", {}, (t) => {
      processes = t;
      draw();
    }),
    subscribe("probe/sockets", {}, (t) => {
      sockets = t;
      draw();
    }),
  ];
  const names = (): Map<string, { name: string; user: string }> => {
    const m = new Map<string, { name: string; user: string }>();
    for (const e of processes.rows.values()) m.set(processes.str(e, "pid"), { name: processes.str(e, "comm"), user: processes.str(e, "user") });
    return m;
  };

  const rowsFor = (u: Understood): string => {
    const url = new URL(u.href, location.origin);
    if (url.pathname !== "/sockets" || url.searchParams.get("tab") || sockets.updates === 0) return "";
    const v = compile(url.searchParams.get("f") ?? "", socketFields, socketReader(sockets));
    let n = 0;
    for (const e of sockets.rows.values()) if (v.state === "empty" || (v.state === "valid" && v.test(e))) n++;
    return n === 1 ? "1 socket" : `${n.toLocaleString("en-US")} sockets`;
  };

  const sections = (): (readonly [string, Item[]])[] => {
    const known = names();
    const cx = { processName: (pid: string) => (known.has(pid) ? `${known.get(pid)!.name} (${pid})` : `process ${pid}`) };
    const word = input.trim().toLowerCase();
    const out: (readonly [string, Item[]])[] = [];
    if (!word) {
      out.push(["Commands you know", examples.flatMap((e): Item[] => {
        const u = parse(e, cx);
        return u ? [{ icon: u.icon, title: html`<code>${e}</code>`, right: u.title, href: u.href }] : [];
      })]);
      out.push(["Views", views()]);
      return out;
    }
    const cmd = parse(input, cx);
    const first: Item[] = [];
    if (cmd) first.push({ icon: cmd.icon, title: cmd.title, href: cmd.href, right: rowsFor(cmd) || cmd.tool, command: cmd });
    else for (const c of complete(word).slice(0, 3)) first.push({ icon: "term", title: html`<code>${c}</code>`, right: "command", fill: `${c} ` });
    if (first.length > 0) out.push(["", first]);
    const last = word.split(/\s+/).pop() ?? "";
    if (last.length > 1 && !last.startsWith("-") && !(cmd && /^\W*\d+$/.test(last))) {
      const found: Item[] = [];
      const hit = [...known].filter(([pid, p]) => p.name.toLowerCase().includes(last) || pid === last || (last.length > 2 && pid.startsWith(last)));
      hit.sort((a, b) => Number(b[1].name.toLowerCase().startsWith(last)) - Number(a[1].name.toLowerCase().startsWith(last)) || a[1].name.length - b[1].name.length || Number(a[0]) - Number(b[0]));
      for (const [pid, p] of hit.slice(0, cmd ? 2 : 6)) found.push({ icon: "proc", title: html`${p.name} <span class="mono faint">${pid}</span>`, href: address({ sel: pid }, "/processes").replace(/[?&]sel=\d+.*/, `?sel=${pid}`), right: p.user });
      if (found.length > 0) out.push(["Processes", found]);
    }
    const port = /(?::|port\s+)(\d{1,5})\b/.exec(input)?.[1] ?? (/^\d{1,5}$/.test(word) ? word : undefined);
    if (port) {
      out.push([cmd ? "Related" : "Port", [
        ...(cmd?.title === "Sockets" ? [] : [{ icon: "sock" as const, title: `Sockets on port ${port}`, href: `/sockets?f=port+%3D%3D+${port}`, right: "ss" }]),
        ...(cmd?.title === "New capture" ? [] : [{ icon: "rec" as const, title: `Capture port ${port}`, href: `/captures?dialog=new&cf=port+${port}`, right: "tcpdump" }]),
        { icon: "bw" as const, title: `Bandwidth on port ${port}`, href: `/bandwidth?f=port+%3D%3D+${port}`, right: "iftop" },
      ]]);
    }
    const ip = /^(?:\d{1,3}\.){3}\d{1,3}$|^[0-9a-f:]*:[0-9a-f:]+$/i.exec(word);
    if (ip) out.push(["Address", [{ icon: "sock", title: `Sockets with ${word}`, href: `/sockets?f=${encodeURIComponent(`addr == ${word}`)}`, right: "ss" }, { icon: "bw", title: `Bandwidth of ${word}`, href: `/bandwidth?f=${encodeURIComponent(`peer == ${word}`)}`, right: "iftop" }]]);
    if (!cmd) {
      const v = views().filter((x) => String(x.title).toLowerCase().includes(word));
      if (v.length > 0) out.push(["Views", v]);
    }
    return out;
  };

  const draw = (): void => {
    const groups = sections();
    items = groups.flatMap((g) => g[1]);
    choice = Math.max(0, Math.min(choice, items.length - 1));
    let n = -1;
    render(
      html`<div class="dlg pal w680"><label class="q">${icon("search", 18)}<input .value=${input} placeholder="Type a command, a process, an address or a port" role="combobox" aria-label="Search and commands" aria-expanded="true" aria-controls="pal-list" aria-activedescendant="pal-${choice}" spellcheck="false" autocomplete="off" @input=${typed}></label>
      <div class="ls" id="pal-list" role="listbox" aria-label="Results">${groups.map(
        ([title, list]) => html`<div role="group" aria-label=${title || "Command"}>${title ? html`<div class="lab" role="presentation">${title}</div>` : nothing}${list.map((x) => {
          const i = ++n;
          return html`<div class="it" role="option" id="pal-${i}" aria-selected=${i === choice} @click=${(e: MouseEvent) => run(i, e.ctrlKey)}>${icon(x.icon, 16)}<span class="ell">${x.command ? html`<b>${x.title}</b> <code class="dim">${filterOf(x.href)}</code>` : x.title}</span><span class="rt">${x.right ?? ""}${i === choice ? html`<kbd>Enter</kbd>` : nothing}</span></div>${x.command ? parts(x.command) : nothing}`;
        })}</div>`,
      )}</div>${items.length === 0 ? html`<div class="empty">${icon("search", 20)}<p>Nothing found for “${input.trim()}”. Try a process name, a port, an address, or a command.</p></div>` : nothing}
      <div class="ft"><span><kbd>↑</kbd><kbd>↓</kbd> choose</span><span><kbd>Enter</kbd> open</span><span class="n-hide"><kbd>Ctrl Enter</kbd> new tab</span><span class="n-hide push">Understands ${["lsof", "ss", "tcpdump", "tshark", "perf"].map((t) => html`<code>${t}</code> `)} and ${tools.length - 5} more</span></div></div>`,
      el,
    );
  };
  const typed = (e: Event): void => {
    input = (e.target as HTMLInputElement).value;
    choice = 0;
    if (get("palette")) go({ palette: input }, { replace: true });
    draw();
  };
  const run = (i: number, tab: boolean): void => {
    const x = items[i];
    if (!x) return;
    if (x.fill !== undefined) {
      input = x.fill;
      choice = 0;
      draw();
      el.querySelector("input")?.focus();
      return;
    }
    if (!x.href) return;
    if (tab) window.open(x.href, "_blank", "noopener");
    el.close();
    if (!tab) open(x.href);
  };
  shelter(el, performance.now(), 0);
  el.addEventListener("keydown", (e) => {
    if (e.key === "ArrowDown" || e.key === "ArrowUp") {
      e.preventDefault();
      choice = (choice + (e.key === "ArrowDown" ? 1 : -1) + items.length) % Math.max(1, items.length);
      draw();
      el.querySelector(`#pal-${choice}`)?.scrollIntoView({ block: "nearest" });
    } else if (e.key === "Enter") {
      e.preventDefault();
      run(choice, e.ctrlKey);
    }
  });
  opened = () => el.close();
  el.addEventListener("close", () => {
    opened = undefined;
    for (const s of subs) s.close();
    el.remove();
    if (get("palette")) go({ palette: null }, { replace: true });
  });
  draw();
  document.body.append(el);
  el.showModal();
  const i = el.querySelector("input");
  i?.focus();
  i?.setSelectionRange(input.length, input.length);
}

function views(): Item[] {
  return [...document.querySelectorAll<HTMLAnchorElement>("s-rail a[data-key]")].map((a) => ({
    icon: (a.dataset["icon"] ?? "info") as IconName,
    title: a.dataset["title"] ?? "",
    href: a.pathname,
    right: `g ${a.dataset["key"]}`,
  }));
}

function filterOf(to: string | undefined): string {
  const q = new URL(to ?? "/", location.origin).searchParams;
  return q.get("f") ?? q.get("cf") ?? "";
}

function parts(u: Understood): TemplateResult | typeof nothing {
  if (u.parts.length === 0 && !u.note) return nothing;
  return html`<div class="parse" role="presentation">${u.parts.map(([a, b]) => html`<code>${a}</code><span class="dim">${b}</span>`)}${u.note ? html`<span class="faint">then</span><span class="dim">${u.note}</span>` : nothing}</div>`;
}
