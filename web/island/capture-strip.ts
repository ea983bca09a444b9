// <s-capture-strip>: the whole capture in one line. Packets per bin with
// square-root height, grey all and blue those shown, red marks where TCP has
// trouble, the cursor at the selected packet. A click goes to the packet there,
// a drag sets the time range, arrows move the cursor by one bin.
import { html, nothing, svg, type TemplateResult } from "lit";
import { go, href } from "./address";
import { ask, effective, home, list, range, root, select, selected, settled, status } from "./capture-state";
import { css, icon, pct } from "./draw";
import { count } from "./format";
import { define, Island } from "./island";
import type { Strip } from "./wire";

const bins = 240;
const height = 52;
const base = 46;

class SCaptureStrip extends Island {
  private strip: Strip | undefined;
  private flight: AbortController | undefined;
  private timer = 0;
  private asked = "";
  private wanted = "";
  private filter: string | undefined;
  private askedAt = 0;
  private drag: readonly [number, number] | undefined;
  /** Time of the selected packet, s since the first; looked up when it is known. */
  private cursor: number | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.follow(() => {
      const f = effective.value;
      const s = status.value;
      void range.value;
      if (f !== undefined && s) this.want(`${f}|${s.packets}`, f, settled.value);
      this.requestUpdate();
    });
    this.follow(() => {
      void selected.value;
      void list.value;
      this.requestUpdate();
    });
    this.on("sonde-rows" as keyof DocumentEventMap, () => this.requestUpdate());
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.flight?.abort();
    clearTimeout(this.timer);
  }

  /** A capture that grows is asked for at most every two seconds. */
  private want(key: string, filter: string, final: boolean): void {
    this.wanted = key;
    if (key === this.asked) return;
    clearTimeout(this.timer);
    // Another filter replaces what is under way; growth waits for its end, or a
    // large capture would never show its strip.
    if (this.flight && this.filter === filter) return;
    const wait = final || this.filter !== filter ? 0 : Math.max(0, this.askedAt + 2000 - performance.now());
    this.timer = window.setTimeout(() => void this.load(key, filter), wait);
  }

  private async load(key: string, filter: string): Promise<void> {
    this.asked = key;
    this.askedAt = performance.now();
    this.flight?.abort();
    const c = new AbortController();
    this.flight = c;
    this.filter = filter;
    try {
      this.strip = await ask<Strip>(`${root}/strip?bins=${bins}&filter=${encodeURIComponent(filter)}`, c.signal);
      this.requestUpdate();
    } catch {
      // the list says what is wrong with the capture or the filter
    }
    if (this.flight !== c) return;
    this.flight = undefined;
    if (this.isConnected && this.wanted !== key) this.want(this.wanted, filter, settled.peek());
  }

  /** Seconds that the strip covers. */
  private get span(): number {
    return Math.max((status.value?.length ?? 0) / 1e9, 1e-6);
  }

  private locate(): void {
    const rows = list.value;
    const at = rows?.indexOf(String(selected.value)) ?? -1;
    const row = at >= 0 ? rows?.row(at) : undefined;
    if (row) this.cursor = Number(row.cells[1]);
    else if (selected.value === 0) this.cursor = undefined;
  }

  private async goTo(seconds: number): Promise<void> {
    const rows = list.value;
    if (!rows) {
      // A statistic has no list of its own: the packets have.
      go({ r: `${seconds.toFixed(3)}-${(seconds + this.span / bins).toFixed(3)}` }, { path: home });
      return;
    }
    const { row } = await rows.seek((r) => Number(r.cells[1]), seconds);
    if (row) select(row.no);
  }

  private press(e: PointerEvent): void {
    if (e.button !== 0) return;
    const el = e.currentTarget as HTMLElement;
    const box = el.getBoundingClientRect();
    const at = (x: number): number => Math.max(0, Math.min(1, (x - box.left) / box.width)) * this.span;
    const from = at(e.clientX);
    const x0 = e.clientX;
    el.setPointerCapture(e.pointerId);
    const move = (m: PointerEvent): void => {
      if (Math.abs(m.clientX - x0) < 4 && !this.drag) return;
      const to = at(m.clientX);
      this.drag = [Math.min(from, to), Math.max(from, to)];
      this.requestUpdate();
    };
    const end = (u: PointerEvent): void => {
      el.removeEventListener("pointermove", move);
      el.removeEventListener("pointerup", end);
      el.removeEventListener("pointercancel", end);
      const d = this.drag;
      this.drag = undefined;
      this.requestUpdate();
      if (u.type === "pointercancel") return;
      if (d) this.setRange(d);
      else void this.goTo(Math.floor((from / this.span) * bins) * (this.span / bins)).catch(() => {});
    };
    el.addEventListener("pointermove", move);
    el.addEventListener("pointerup", end);
    el.addEventListener("pointercancel", end);
  }

  private setRange(d: readonly [number, number]): void {
    // As many digits as a pixel is worth.
    const digits = Math.max(0, Math.min(6, Math.ceil(-Math.log10(this.span / 1000))));
    go({ r: `${d[0].toFixed(digits)}-${d[1].toFixed(digits)}` });
  }

  private keydown(e: KeyboardEvent): void {
    const step = this.span / bins;
    const now = this.cursor ?? 0;
    const to = { ArrowRight: now + step, ArrowUp: now + step, ArrowLeft: now - step, ArrowDown: now - step, PageUp: now + 10 * step, PageDown: now - 10 * step, Home: 0, End: this.span }[e.key];
    if (e.key === "Escape" && range.value) go({ r: null });
    else if (to === undefined) return;
    else void this.goTo(Math.max(0, Math.min(this.span, to))).catch(() => {});
    e.preventDefault();
    e.stopPropagation();
  }

  private bars(v: readonly number[], max: number): string {
    const w = 1000 / bins;
    let d = "";
    v.forEach((n, i) => {
      if (n === 0) return;
      const h = Math.max(1.5, Math.sqrt(n / max) * 38);
      d += `M${(i * w).toFixed(2)} ${base}v${(-h).toFixed(1)}h${(w - 0.8).toFixed(2)}v${h.toFixed(1)}z`;
    });
    return d;
  }

  private marks(v: readonly number[]): string {
    const w = 1000 / bins;
    return v.map((n, i) => (n === 0 ? "" : `M${(i * w).toFixed(2)} ${base + 1}h${(w - 0.8).toFixed(2)}v4h${(0.8 - w).toFixed(2)}z`)).join("");
  }

  /** Round seconds, some five to eight of them. */
  private ticks(): readonly number[] {
    const rough = this.span / 6;
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= rough) ?? rough;
    const out: number[] = [];
    for (let t = step; t < this.span * 0.985; t += step) out.push(Number(t.toPrecision(6)));
    return out;
  }

  protected override render(): TemplateResult {
    const s = this.strip;
    this.locate();
    const max = s ? Math.max(1, ...s.all) : 1;
    const shown = effective.value ? s?.shown : s?.all;
    const sum = (v: readonly number[] | undefined): number => v?.reduce((a, b) => a + b, 0) ?? 0;
    const win = this.drag ?? range.value;
    const f = (t: number): string => pct(t / this.span);
    return html`<div class="mm" role="slider" tabindex="0" aria-label="Position in capture" aria-valuemin="0" aria-valuemax=${this.span.toFixed(3)} aria-valuenow=${(this.cursor ?? 0).toFixed(3)} aria-valuetext=${`${(this.cursor ?? 0).toFixed(3)} s of ${this.span.toFixed(3)} s`} title="Click: go to the packet. Drag: set the time range." @pointerdown=${this.press} @keydown=${this.keydown}>
      <svg viewBox="0 0 1000 ${height}" preserveAspectRatio="none" aria-hidden="true">${s ? svg`<path d=${this.bars(s.all, max)} fill="var(--c-gray)" opacity=".3"></path><path d=${this.bars(shown ?? [], max)} fill="var(--c-blue)" opacity=".75"></path><path d=${this.marks(s.trouble ?? [])} fill="var(--c-red)"></path>` : nothing}</svg>
      ${s ? this.ticks().map((t) => html`<span class="lbl" ${css({ left: f(t) })}>${t} s</span>`) : nothing}
      ${win ? html`<span class="win" ${css({ left: f(win[0]), width: f(win[1] - win[0]) })}></span>` : nothing}
      ${this.cursor === undefined ? nothing : html`<span class="cur" ${css({ left: f(this.cursor) })}></span>`}
      <span class="sr">${s ? `${count(sum(shown))} of ${count(sum(s.all))} packets shown, ${count(sum(s.trouble))} with trouble` : ""}</span></div>`;
  }
}

/** The button that says and clears the time range. */
export function rangePill(): TemplateResult | typeof nothing {
  const r = range.value;
  if (!r) return nothing;
  return html`<a class="btn sm" role="button" aria-pressed="true" href=${href({ r: null })} title="Clear the time range">${r[0]}–${r[1]} s ${icon("x", 12)}</a>`;
}

/** Keeps the filter and range from view to view of one capture. */
export function within(to: string): string {
  const q = new URLSearchParams();
  const now = new URLSearchParams(location.search);
  for (const k of ["f", "r", "focus", "t"]) if (now.get(k)) q.set(k, now.get(k)!);
  const s = q.toString();
  return `${home}${to ? `/${to}` : ""}${s ? `?${s}` : ""}`;
}

define("s-capture-strip", SCaptureStrip);
