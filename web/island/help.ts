// Every key in one list, and the choice of movement keys.
import { html } from "lit";
import { openDialog } from "./dialog";
import { viKeys } from "./keys";

/** The views of this server, as the rail has them. */
function destinations(): (readonly [string, string])[] {
  return [...document.querySelectorAll<HTMLElement>("s-rail a[data-key]")].map((a) => [`g ${a.dataset["key"]}`, a.dataset["title"] ?? ""] as const);
}

const keys: readonly (readonly [string, readonly (readonly [string, string])[]])[] = [
  ["Everywhere", [["Ctrl-K :", "Search and commands"], ["/", "Filter"], ["Space", "Pause, resume"], ["[ ]", "Back, forward 10 s"], ["L", "Go live"], ["y", "Copy terminal command"], ["Y", "Copy link to this view"], ["o", "Focus on this process"], ["O", "Clear focus"], ["Ctrl-Z", "Undo last view change"], ["?", "This list"], ["Esc", "One step out"]]],
  ["Lists", [["j k", "Down, up"], ["gg G", "Top, end"], ["PgUp PgDn", "By page"], ["Enter", "Open"], ["1 … 4", "Panel tab"], ["z", "Freeze order"], ["< >", "Sort column left, right"], ["R", "Reverse sort"]]],
  ["Processes", [["k", "Kill (asks first)"], ["K F9", "Kill, also with vi keys"], ["r", "Renice"], ["t", "Tree"], ["u", "User"], ["P M T N", "Sort by CPU, memory, time, PID"], ["H", "Threads"], ["i", "Hide idle"], ["s d", "Refresh interval"]]],
  ["Capture", [["f", "Follow stream"], ["c", "Conversations"], ["i", "I/O graph"], ["x", "Expert info"], ["Ctrl-G", "Go to packet"], ["Ctrl-. Ctrl-,", "Next, previous in stream"], ["← →", "Close, open field"]]],
  ["Captures", [["c", "New capture"], ["u", "Upload"]]],
  ["Time strip", [["Shift-← →", "Move by 1 s"], ["click", "Look at that second"]]],
];

export function openHelp(): void {
  const d = openDialog(() => {
    const vi = viKeys();
    const set = (on: boolean) => () => {
      try {
        localStorage.setItem("sonde-vi", on ? "1" : "0");
      } catch {
        // no storage: the default stays
      }
      d.update();
    };
    return {
      title: "Keyboard",
      width: "w940",
      body: html`<div class="keys2">${[keys[0]!, ["Go to", destinations()] as const, ...keys.slice(1)].map(([title, list]) => html`<section><h3>${title}</h3>${list.map(([k, text]) => html`<div>${k.split(" ").map((x) => html`<kbd>${x}</kbd>`)}<span>${text}</span></div>`)}</section>`)}</div>`,
      footer: html`<span class="faint small">Movement keys</span><span class="seg" role="group" aria-label="Movement keys"><button type="button" aria-pressed=${!vi} @click=${set(false)}>top and htop</button><button type="button" aria-pressed=${vi} @click=${set(true)}>vi</button></span><span class="faint tiny n-hide">vi: k moves up in Processes too; kill is Shift-K or F9.</span><span class="push"><button type="button" class="btn" autofocus @click=${() => d.close()}>Close</button></span>`,
    };
  });
}
