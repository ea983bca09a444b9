// The shell's behaviour: session, connection, keys, palette, dialogs opened by
// the address, status bar. Page scripts are bundles of their own that share
// these modules.
import { effect } from "@preact/signals-core";
import { html, render } from "lit";
import { get, go, href } from "./address";
import { icon } from "./draw";
import { size } from "./format";
import { openHelp } from "./help";
import { globalKeys, stepOut } from "./keys";
import { type MenuItem, openMenu } from "./menu";
import { startNotices } from "./notices";
import { openPalette, paletteOpen } from "./palette";
import "./rail";
import { api, start } from "./session";
import { connect, subscribe } from "./socket";
import { command, currentCommand, fact } from "./status";
import { goLive, step, togglePause } from "./timeline";
import { copy, toast } from "./toast";
import { startUploads } from "./upload";
import type { Feature } from "./wire";
import { openDialog } from "./dialog";

function switchTheme(): void {
  const root = document.documentElement;
  root.dataset["theme"] = root.dataset["theme"] === "dark" ? "light" : "dark";
  try {
    localStorage.setItem("sonde-theme", root.dataset["theme"]);
  } catch {
    // no storage: the choice lasts for this page
  }
  themeButton();
}

function themeButton(): void {
  const b = document.querySelector<HTMLElement>("[data-act=theme]");
  if (!b) return;
  b.replaceChildren();
  render(icon(document.documentElement.dataset["theme"] === "dark" ? "sun" : "moon", 15), b);
}

function more(at: HTMLElement): void {
  const shown = new Set([...document.querySelectorAll<HTMLAnchorElement>(".bottomnav a")].map((a) => a.pathname));
  const rest = [...document.querySelectorAll<HTMLAnchorElement>("s-rail a[data-key]")].filter((a) => !shown.has(a.pathname));
  const items: MenuItem[] = rest.map((a) => ({ label: a.dataset["title"] ?? "", icon: a.dataset["icon"] as "bw", href: href({}, a.pathname) }));
  openMenu([...items, "rule", { label: "Copy terminal command", icon: "copy", run: copyCommand }, { label: "Copy link", icon: "share", run: copyLink }, { label: "Switch theme", icon: "moon", run: switchTheme }, { label: "Keyboard", icon: "help", run: openHelp }], at);
}

function copyCommand(): void {
  const c = currentCommand();
  if (c) void copy(c);
}

function copyLink(): void {
  void copy(location.href, "Link to this view copied. It holds the filter, sort, selection and time.");
}

async function limited(): Promise<void> {
  const list = await api<readonly Feature[]>("GET", "/api/features");
  const d = openDialog(() => ({
    title: "What works here",
    icon: "lock",
    width: "w680",
    body: html`${list.map((f) => html`<div class="field"><div class="row"><span class=${f.works ? "ok" : "warn"}>${icon(f.works ? "check" : "warn", 14)}</span><b class="small">${f.title}</b><span class="dim small">${f.works ? "works" : (f.reason ?? "does not work")}</span></div>${f.works || !f.remedy ? "" : html`<div class="cmdline"><span class="p">$</span><code>${f.remedy}</code><button type="button" class="btn ghost icon sm" data-copy=${f.remedy} aria-label="Copy command">${icon("copy", 14)}</button></div>`}</div>`)}`,
    footer: html`<span class="push"><button type="button" class="btn" autofocus @click=${() => d.close()}>Close</button></span>`,
  }));
}

const acts: Readonly<Record<string, (at: HTMLElement) => void>> = {
  palette: () => openPalette(),
  help: openHelp,
  theme: switchTheme,
  link: copyLink,
  more,
  "copy-command": copyCommand,
  limited: () => void limited().catch((e: unknown) => toast(String(e))),
};

document.addEventListener("click", (e) => {
  const el = e.target instanceof Element ? e.target.closest<HTMLElement>("[data-act], [data-copy]") : null;
  if (!el) return;
  const text = el.dataset["copy"];
  if (text !== undefined) {
    e.preventDefault();
    void copy(text);
    return;
  }
  const run = acts[el.dataset["act"] ?? ""];
  if (run) {
    e.preventDefault();
    run(el);
  }
});

globalKeys({
  "Ctrl-k": () => openPalette(),
  "?": openHelp,
  "/": () => document.querySelector<HTMLElement & { focus(): void }>("main s-filter, main s-packet-filter")?.focus(),
  " ": togglePause,
  "[": () => step(-10),
  "]": () => step(10),
  L: goLive,
  y: copyCommand,
  Y: copyLink,
  O: () => go({ focus: null }),
  Escape: stepOut,
  "Ctrl-z": () => history.back(),
  "Ctrl-f": () => document.querySelector<HTMLElement>("main s-filter, main s-packet-filter")?.focus(),
});

/** The page that tells how to get a new link; it replaces the view. */
function showLogin(): void {
  document.title = `Sign in · ${document.body.dataset["host"]} · sonde`;
  const box = document.createElement("main");
  box.className = "plain";
  box.id = "main";
  const port = location.port || (location.protocol === "https:" ? "443" : "80");
  render(
    html`${icon("logo", 32)}<h1>This browser has no session with sonde on ${document.body.dataset["host"]}</h1><p>Links open once and within ten minutes; a session lasts 30 days. Ask the running server on that host for a new link, and open it here.</p><div class="cmdline"><span class="p">$</span><code>sonde url</code><button type="button" class="btn ghost icon sm" data-copy="sonde url" aria-label="Copy command">${icon("copy", 14)}</button></div><p class="small">Over ssh, forward the port first: <code>ssh -L ${port}:localhost:${port} HOST</code></p>`,
    box,
  );
  document.getElementById("app")?.replaceWith(box);
  document.querySelector(".skip")?.remove();
}
document.addEventListener("sonde-expired", showLogin);

function statusBar(): void {
  const code = document.getElementById("command");
  const first = code?.textContent ?? "";
  effect(() => {
    const c = command.value || first;
    if (!code) return;
    code.textContent = c;
    code.title = c;
  });
  effect(() => {
    const f = document.getElementById("fact");
    if (f) f.textContent = fact.value;
  });
  // What sonde itself uses: its own row of the process list.
  const own = subscribe("probe/processes", { pid: "1" }, (t, c) => {
    const self = t.figure("self.pid");
    if (c.error || self === null) return;
    own.close();
    subscribe("probe/processes", { pid: String(self) }, (p, change) => {
      const e = [...p.rows.values()][0];
      const cost = document.getElementById("cost");
      if (!cost || !e || change.error) return;
      const cpu = p.cell(e, "cpu");
      cost.textContent = `sonde ${typeof cpu === "number" ? `${(cpu * 100).toFixed(1)} % CPU, ` : ""}${size(p.num(e, "res"))}B`;
    });
  });
}

async function main(): Promise<void> {
  themeButton();
  let session = false;
  try {
    session = await start();
  } catch {
    session = true; // the server is away: the connection says so and retries
  }
  if (!session) return showLogin();
  startNotices();
  statusBar();
  startUploads();
  connect();
  if (get("palette")) openPalette(get("palette").trim());
  effect(() => {
    if (get("dialog") === "help") {
      openHelp();
      go({ dialog: null }, { replace: true });
    }
    if (get("palette") && !paletteOpen()) openPalette(get("palette").trim());
  });
  document.documentElement.dataset["ready"] = "1";
}

void main();
