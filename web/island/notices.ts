// What every view must say above its content: connection lost, looking at the
// past. Notes of a table (no permission, partly visible) are drawn by the view.
import { effect } from "@preact/signals-core";
import { html, nothing, render, type TemplateResult } from "lit";
import { icon } from "./draw";
import { clock } from "./format";
import { link, paused, retry } from "./socket";
import { goLive, past, sampleAt } from "./timeline";
import type { Note } from "./table";

let timer = 0;

export function startNotices(): void {
  const box = document.getElementById("notices");
  const main = document.getElementById("main");
  if (!box || !main) return;
  const draw = (): void => {
    const l = link.value;
    const at = past.value;
    const out: TemplateResult[] = [];
    if (l.state === "lost") {
      const wait = Math.max(0, Math.ceil((l.retryAt - Date.now()) / 1000));
      out.push(html`<div class="banner warn" role="alert">${icon("warn", 15)}<span>No answer from ${document.body.dataset["host"]} since <b class="mono">${clock(l.since)}</b>. The last values stay. ${wait > 0 ? `Trying again in ${wait} s.` : "Trying now."}</span><span class="push"><button type="button" class="btn sm" @click=${retry}>Try now</button></span></div>`);
    }
    if (at !== undefined) {
      const kept = sampleAt(at) !== undefined;
      out.push(html`<div class="banner warn">${icon("clock", 15)}<span>You are looking at <b class="mono">${clock(at)}</b>. ${kept ? "Charts and totals show that second; lists are not kept, so they are hidden." : "No sample of that second is kept."} Live actions are off.</span><span class="push"><button type="button" class="btn sm" @click=${goLive}>Go live</button></span></div>`);
    }
    main.classList.toggle("stale", l.state === "lost");
    document.getElementById("hostdot")?.classList.toggle("bad", l.state === "lost");
    render(out.length > 0 ? out : nothing, box);
    clearInterval(timer);
    if (l.state === "lost") timer = window.setInterval(draw, 1000);
  };
  effect(() => {
    void paused.value;
    draw();
  });
}

/** Banners for the notes of a table: what is missing and the exact command. */
export function notes(list: readonly Note[]): TemplateResult | typeof nothing {
  if (list.length === 0) return nothing;
  return html`${list.map((n) => html`<div class="banner ${n.code === "lost" || n.code === "error" ? "bad" : n.code === "partial" || n.code === "info" ? "" : "warn"}">${icon(n.code === "no-permission" ? "lock" : n.code === "partial" ? "info" : "warn", 15)}<span class="grow">${n.text}${/[.!?]$/.test(n.text) ? "" : "."}${n.remedy ? html` <code>${n.remedy}</code>` : nothing}</span>${n.remedy ? html`<span class="push"><button type="button" class="btn sm" data-copy=${n.remedy}>Copy</button></span>` : nothing}</div>`)}`;
}

/** What to show when a topic failed: what, why, next step. */
export function failed(e: { readonly code: string; readonly message: string; readonly remedy?: string }, what: string): TemplateResult {
  const lock = e.code === "no-permission" || e.code === "forbidden";
  return html`<div class="empty">${icon(lock ? "lock" : e.code === "unsupported" ? "info" : "err", 24)}<h2>${what}</h2><p>${e.message}.</p>${e.remedy ? html`<div class="cmdline"><span class="p">$</span><code>${e.remedy}</code><button type="button" class="btn ghost icon sm" data-copy=${e.remedy} aria-label="Copy command">${icon("copy", 14)}</button></div>` : nothing}</div>`;
}
