// The two dialogs that change a process. They name exactly what they hit: the
// start time that was seen goes with the request, and the server refuses when
// another process has taken over the number.
import { html, nothing } from "lit";
import { get, go } from "./address";
import { openDialog } from "./dialog";
import { commandLine } from "./draw";
import { ago, clock, date } from "./format";
import { api, ApiError, explain } from "./session";
import type { Entry, Table } from "./table";
import { toast } from "./toast";
import type { Done } from "./wire";

const signals = [
  ["TERM", 15, "Ask it to exit. It can clean up."],
  ["HUP", 1, "Hang up. Many daemons reload their configuration."],
  ["INT", 2, "Interrupt, as Ctrl-C does."],
  ["QUIT", 3, "Quit and dump. Go programs print all goroutines."],
  ["USR1", 10, "What the program makes of it."],
  ["STOP", 19, "Freeze until CONT."],
  ["CONT", 18, "Continue after STOP."],
  ["KILL", 9, "End at once. Nothing is saved or closed cleanly."],
] as const;

/** A process as it was seen: number, start time in clock ticks since boot. */
interface Seen {
  readonly pid: string;
  readonly start: string;
  readonly name: string;
  readonly user: string;
  readonly command: string;
  readonly since: string;
  readonly nice: number;
  readonly children: number;
}

function seen(t: Table, e: Entry): Seen {
  const [, start = ""] = e.key.split(":");
  const pid = t.str(e, "pid");
  const ms = t.num(e, "start") / 1e6;
  let children = 0;
  for (const x of t.rows.values()) if (t.str(x, "ppid") === pid) children++;
  return {
    pid, start, children,
    name: t.str(e, "comm"),
    user: t.str(e, "user"),
    command: t.str(e, "command"),
    since: ms ? `${date(ms)} ${clock(ms)}, ${ago((Date.now() - ms) / 1000)} ago` : "at an unknown time",
    nice: t.num(e, "ni"),
  };
}

function send(p: Seen, signal: string, force: boolean): Promise<Done> {
  return api<Done>("POST", `/api/processes/${p.pid}/signal`, { signal, start: p.start, ...(force ? { force } : {}) });
}

function leave(): void {
  go({ dialog: null, sig: null, nice: null }, { replace: true });
}

/** Opens the confirmation for a signal; ?sig= chooses one beforehand. */
export function killDialog(t: Table, e: Entry): void {
  const p = seen(t, e);
  const asked = get("sig").replace(/^SIG/, "").toUpperCase();
  // KILL is never preselected unless the user typed it.
  let choice: string = signals.find(([n, i]) => n === asked || String(i) === asked)?.[0] ?? "TERM";
  let error = "";
  let force = false;
  let busy = false;
  const act = async (): Promise<void> => {
    busy = true;
    d.update();
    try {
      await send(p, choice, force);
      d.close();
      toast(`${choice} sent to ${p.name} (${p.pid}).${choice === "TERM" ? " Waiting for it to exit…" : ""}`, choice === "TERM" ? { label: "Send KILL", run: () => go({ sel: p.pid, dialog: "kill", sig: "KILL" }, { replace: true, path: "/processes" }) } : undefined);
    } catch (err) {
      busy = false;
      error = explain(err);
      if (err instanceof ApiError && err.code === "forbidden" && !force) force = true;
      d.update();
    }
  };
  const d = openDialog(
    () => ({
      title: `Send a signal to ${p.name}`,
      icon: "kill",
      iconClass: "bad",
      width: "w560",
      body: html`<dl class="kv"><dt>Process</dt><dd class="wrap"><b>${p.name}</b> <span class="mono">${p.pid}</span>, user ${p.user}, started ${p.since}</dd><dt>Command</dt><dd class="mono wrap">${p.command.slice(0, 300)}${p.command.length > 300 ? "…" : ""}</dd>${p.children > 0 ? html`<dt>Children</dt><dd>${p.children} child ${p.children === 1 ? "process" : "processes"}, not signalled</dd>` : nothing}</dl>
        <div class="field"><span class="lab" id="sig-label">Signal</span><div role="radiogroup" aria-labelledby="sig-label" class="choices">${signals.map(
          ([name, n, text]) => html`<label class="chk"><input type="radio" name="sig" .checked=${name === choice} ?autofocus=${name === choice} @change=${() => { choice = name; error = ""; force = false; d.update(); }}><b class="mono w62">${name}</b><span class="mono faint w24">${n}</span><span class="dim ell">${text}</span></label>`,
        )}</div></div>${error ? html`<p class="hint bad" role="alert">${error}</p>` : nothing}${commandLine(`kill -${choice} ${p.pid}`)}`,
      footer: html`<span class="faint tiny n-hide">Checked against start time, so a reused PID is never hit.</span><span class="push"><button type="button" class="btn" @click=${() => d.close()}>Cancel</button><button type="button" class="btn danger" ?disabled=${busy} @click=${act}>${force ? `Send ${choice} to ${p.pid} all the same` : `Send ${choice} to ${p.pid}`}</button></span>`,
    }),
    leave,
  );
}

/** Opens the nice value dialog; ?nice= fills it in. */
export function reniceDialog(t: Table, e: Entry): void {
  const p = seen(t, e);
  const asked = Number.parseInt(get("nice"), 10);
  let value = Number.isNaN(asked) ? Math.min(19, p.nice + 5) : Math.max(-20, Math.min(19, asked));
  let error = "";
  const set = (n: number): Promise<Done> => api<Done>("POST", `/api/processes/${p.pid}/renice`, { nice: n, start: p.start });
  const change = (ev: Event): void => {
    const n = Number.parseInt((ev.target as HTMLInputElement).value, 10);
    if (!Number.isNaN(n)) value = Math.max(-20, Math.min(19, n));
    d.update();
  };
  const act = async (): Promise<void> => {
    try {
      await set(value);
      d.close();
      toast(`Nice value of ${p.name} (${p.pid}) is now ${value}.`, { label: "Undo", run: () => void set(p.nice).then(() => toast(`Nice value of ${p.name} is ${p.nice} again.`), (err: unknown) => toast(explain(err))) });
    } catch (err) {
      error = explain(err);
      d.update();
    }
  };
  const d = openDialog(
    () => ({
      title: `Change priority of ${p.name}`,
      icon: "nice",
      width: "w460",
      body: html`<p class="small dim">Process <b>${p.name}</b> <span class="mono">${p.pid}</span>, user ${p.user}, started ${p.since}.</p><div class="field"><label for="nice">Nice value</label><div class="row"><span class="faint mono">-20</span><input type="range" min="-20" max="19" class="grow" autofocus .value=${String(value)} aria-label="Nice value" @input=${change}><span class="faint mono">19</span><input id="nice" class="in mono" size="4" inputmode="numeric" .value=${String(value)} @change=${change}></div><div class="hint">Now ${p.nice}. Higher is politer to other processes. Values below the present one need root.</div></div>${error ? html`<p class="hint bad" role="alert">${error}</p>` : nothing}${commandLine(`renice -n ${value} -p ${p.pid}`)}`,
      footer: html`<span class="push"><button type="button" class="btn" @click=${() => d.close()}>Cancel</button><button type="button" class="btn primary" @click=${act}>Set nice of ${p.pid} to ${value}</button></span>`,
    }),
    leave,
  );
}
