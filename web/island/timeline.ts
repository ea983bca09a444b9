// <s-timeline>: the one clock. CPU area and network line of the recent past, the
// live pill, pause, and scrubbing: a click or Shift-arrows look at a second of
// the history that the server keeps. `past` tells the views which one.
import { computed, signal } from "@preact/signals-core";
import { html, nothing, svg, type TemplateResult } from "lit";
import { get, go } from "./address";
import { css, icon, pct } from "./draw";
import { ago, clock, date } from "./format";
import { define, Island } from "./island";
import { link, paused, retry } from "./socket";
import { type Entry, Table } from "./table";

/** Offset of the host's clock to the browser's in ms, from the newest sample. */
export const skew = signal(0);
const history = signal<{ readonly table: Table; readonly n: number }>({ table: new Table(), n: 0 });

/** Milliseconds of the moment looked at, or undefined when live. The address holds
 * HH:MM:SS; it means the latest such time not in the future. */
export const past = computed<number | undefined>(() => {
  const m = /^(\d\d):(\d\d):(\d\d)$/.exec(get("t"));
  if (!m) return undefined;
  const now = Date.now() + skew.value;
  const midnight = Math.floor(now / 86.4e6) * 86.4e6;
  const at = midnight + (Number(m[1]) * 3600 + Number(m[2]) * 60 + Number(m[3])) * 1000;
  return at > now ? at - 86.4e6 : at;
});

/** The history row of the moment looked at, if the server still has it. */
export function sampleAt(ms: number): { readonly table: Table; readonly row: Entry } | undefined {
  const { table } = history.value;
  let best: Entry | undefined;
  for (const e of table.rows.values()) {
    const t = time(table, e);
    if (t <= ms + 999 && (!best || t > time(table, best))) best = e;
  }
  return best && Math.abs(time(table, best) - ms) < 60_000 ? { table, row: best } : undefined;
}

/** The newest samples of a history column, oldest first, for small charts. */
export function recent(column: string, n: number): number[] {
  const { table } = history.value;
  const rows = [...table.rows.values()].sort((a, b) => time(table, a) - time(table, b)).slice(-n);
  return rows.map((e) => table.num(e, column));
}

function time(t: Table, e: Entry): number {
  return t.num(e, "time") / 1e6;
}

const spans = [
  [300, "5 min"],
  [900, "15 min"],
  [3600, "1 h"],
  [21600, "6 h"],
] as const;

class STimeline extends Island {
  override connectedCallback(): void {
    super.connectedCallback();
    this.topic("history", "probe/history", {}, (table, c) => {
      if (c.error) return;
      let last = 0;
      for (const e of table.rows.values()) last = Math.max(last, time(table, e));
      if (last && !paused.peek()) {
        const s = last - Date.now();
        // A few seconds are delay; more is another clock.
        if (Math.abs(s) > 5000 || skew.peek() !== 0) skew.value = Math.abs(s) > 5000 ? s : 0;
      }
      history.value = { table, n: table.version };
    });
    this.follow(() => {
      void history.value;
      void past.value;
      void paused.value;
      void link.value;
      document.body.classList.toggle("past", past.value !== undefined);
      this.requestUpdate();
    });
    this.every(1000, () => this.requestUpdate());
  }

  private get now(): number {
    return Date.now() + skew.peek();
  }

  private get span(): number {
    try {
      return Number(localStorage.getItem("sonde-span")) || 900;
    } catch {
      return 900;
    }
  }

  protected override render(): TemplateResult {
    const at = past.peek();
    const now = this.now;
    const shown = at ?? now;
    const stopped = paused.peek() || at !== undefined;
    const l = link.peek();
    return html`<div class="strip-ctl"><button type="button" class="btn ghost icon sm" @click=${togglePause} aria-label=${stopped ? "Resume (Space)" : "Pause (Space)"} title=${stopped ? "Resume (Space)" : "Pause (Space)"}>${icon(stopped ? "play" : "pause", 14)}</button><button type="button" class="btn ghost icon sm step" aria-label="Back 10 s ([)" title="Back 10 s ([)" @click=${() => step(-10)}>${icon("back", 12)}</button><button type="button" class="btn ghost icon sm step" aria-label="Forward 10 s (])" title="Forward 10 s (])" @click=${() => step(10)}>${icon("forward", 12)}</button><span class="clock grow">${clock(shown)}<small>${at === undefined ? `${date(now)}, UTC` : `${ago((now - at) / 1000)} ago`}</small></span></div>
      <div class="track" role="slider" tabindex="0" aria-label="Time" aria-valuemin=${Math.round((now - this.span * 1000) / 1000)} aria-valuemax=${Math.round(now / 1000)} aria-valuenow=${Math.round(shown / 1000)} aria-valuetext=${at === undefined ? "live" : clock(shown)} @pointerdown=${this.press} @keydown=${this.keydown}>${this.plot(now, at)}</div>
      <div class="strip-end">${
        l.state === "lost"
          ? html`<button type="button" class="livepill lost" title="Try now" @click=${retry}><i class="dot"></i>Not connected</button>`
          : stopped
            ? html`<button type="button" class="livepill past" title="Back to live (L)" @click=${goLive}>${at === undefined ? "Paused" : "Past"}. Go live</button>`
            : html`<span class="livepill"><i class="dot pulse"></i>${l.state === "connecting" ? "Connecting" : "Live"}</span>`
      }<select class="in" aria-label="Window" @change=${this.chooseSpan}>${spans.map(([s, t]) => html`<option value=${s} ?selected=${s === this.span}>${t}</option>`)}</select></div>`;
  }

  private chooseSpan(e: Event): void {
    try {
      localStorage.setItem("sonde-span", (e.target as HTMLSelectElement).value);
    } catch {
      // no storage: the default stays
    }
    this.requestUpdate();
  }

  private plot(now: number, at: number | undefined): TemplateResult {
    const { table } = history.peek();
    const w = 1000;
    const h = 44;
    const base = 31;
    const from = now - this.span * 1000;
    const points: { x: number; cpu: number; net: number }[] = [];
    for (const e of table.rows.values()) {
      const t = time(table, e);
      if (t < from) continue;
      points.push({ x: ((t - from) / (now - from)) * w, cpu: table.num(e, "cpu"), net: table.num(e, "recv") + table.num(e, "send") });
    }
    points.sort((a, b) => a.x - b.x);
    const top = Math.max(1, ...points.map((p) => p.net));
    const path = (f: (p: (typeof points)[number]) => number): string => points.map((p, i) => `${i ? "L" : "M"}${p.x.toFixed(1)} ${(base - Math.max(0, Math.min(1, f(p))) * (base - 12)).toFixed(1)}`).join("");
    const cpu = path((p) => p.cpu);
    const net = path((p) => p.net / top);
    const first = points[0];
    const last = points.at(-1);
    const stride = this.span <= 300 ? 60 : this.span <= 900 ? 180 : this.span <= 3600 ? 600 : 3600;
    const ticks: number[] = [];
    for (let t = Math.ceil(from / 1000 / stride) * stride * 1000; t < now; t += stride * 1000) ticks.push(t);
    const f = (t: number): number => (t - from) / (now - from);
    return html`<svg viewBox="0 0 ${w} ${h}" preserveAspectRatio="none" aria-hidden="true">${ticks.map((t) => svg`<path d="M${(f(t) * w).toFixed(1)} 0V${h}" stroke="var(--line)" vector-effect="non-scaling-stroke"></path>`)}${
      first && last && points.length > 1
        ? svg`<path d="${cpu}L${last.x} ${base}L${first.x} ${base}Z" fill="var(--c-blue)" opacity=".16"></path><path d=${cpu} fill="none" stroke="var(--c-blue)" stroke-width="1" vector-effect="non-scaling-stroke"></path><path d=${net} fill="none" stroke="var(--tx)" stroke-width="1.2" vector-effect="non-scaling-stroke"></path>`
        : nothing
    }</svg>${at === undefined ? nothing : html`<span class="future" ${css({ left: pct(f(at)) })}></span>`}<span class="lbl key n-hide"><i class="sw sw-usr"></i> CPU <i class="sw sw-tx"></i> network</span>${ticks.filter((t) => f(t) > 0.14 && f(t) < 0.97).map((t) => html`<span class="lbl n-hide" ${css({ left: `calc(${pct(f(t))} + 3px)` })}>${clock(t).slice(0, 5)}</span>`)}<span class="head" ${css({ left: pct(at === undefined ? 1 : f(at)) })}></span>`;
  }

  private press(e: PointerEvent): void {
    const track = e.currentTarget as HTMLElement;
    const r = track.getBoundingClientRect();
    track.setPointerCapture(e.pointerId);
    const to = (x: number): void => {
      const f = Math.max(0, Math.min(1, (x - r.left) / r.width));
      if (f > 0.995) goLive();
      else lookAt(this.now - (1 - f) * this.span * 1000);
    };
    const move = (m: PointerEvent): void => to(m.clientX);
    track.addEventListener("pointermove", move);
    track.addEventListener("pointerup", (u) => {
      track.removeEventListener("pointermove", move);
      to(u.clientX);
    }, { once: true });
  }

  private keydown(e: KeyboardEvent): void {
    const by = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -60, PageUp: 60 }[e.key];
    if (by !== undefined) step(e.shiftKey || Math.abs(by) > 1 ? by : by * 10);
    else if (e.key === "End") goLive();
    else if (e.key === "Home") lookAt(this.now - this.span * 1000);
    else return;
    e.preventDefault();
  }
}

function lookAt(ms: number): void {
  go({ t: clock(ms) }, { replace: true });
}

export function step(seconds: number): void {
  const now = Date.now() + skew.peek();
  const to = (past.peek() ?? now) + seconds * 1000;
  if (to >= now) goLive();
  else lookAt(to);
}

export function goLive(): void {
  paused.value = false;
  go({ t: null }, { replace: true });
}

export function togglePause(): void {
  if (past.peek() !== undefined) return goLive();
  paused.value = !paused.peek();
}

define("s-timeline", STimeline);
