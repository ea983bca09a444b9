// What templates share: icons, styles set from script (the page's policy allows
// no style attribute), bars, small charts, links between things.
import { html, nothing, svg, type TemplateResult } from "lit";
import { Directive, directive, type ElementPart, type PartInfo, PartType } from "lit/directive.js";
import icons from "../ui/icons.json";
import { href } from "./address";

const solid = new Set(["play", "rec", "stop", "back", "forward"]);

export type IconName = keyof typeof icons;

export function icon(name: IconName, size = 16): TemplateResult {
  return html`<svg width=${size} height=${size} viewBox="0 0 16 16" fill="none" stroke="currentColor" stroke-width=${name === "more" ? 2.2 : 1.35} stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" class=${solid.has(name) ? "solid" : ""}>${svg`<path d=${icons[name]}></path>`}</svg>`;
}

type Styles = Readonly<Record<string, string | number | undefined>>;

class CssDirective extends Directive {
  private before: Styles = {};
  constructor(part: PartInfo) {
    super(part);
    if (part.type !== PartType.ELEMENT) throw new Error("css() belongs on an element");
  }
  override render(_styles: Styles): typeof nothing {
    return nothing;
  }
  override update(part: ElementPart, [styles]: [Styles]): typeof nothing {
    const el = part.element as HTMLElement;
    for (const k of Object.keys(this.before)) if (!(k in styles)) el.style.removeProperty(k);
    for (const [k, v] of Object.entries(styles)) {
      if (v !== this.before[k]) el.style.setProperty(k, v === undefined ? "" : String(v));
    }
    this.before = styles;
    return nothing;
  }
}

/** Styles of an element, set through the object model: `<i ${css({ width: "3%" })}>`. */
export const css = directive(CssDirective);

export function pct(fraction: number): string {
  return `${(Math.max(0, Math.min(1, fraction)) * 100).toFixed(1)}%`;
}

/** A figure with a proportional bar behind it. */
export function bar(text: string, fraction: number, colour = "var(--f-blue)"): TemplateResult {
  return html`<span class="cellbar"><i ${css({ width: pct(fraction), background: colour })}></i><span>${text}</span></span>`;
}

/** A figure on a tint that grows with the fraction. */
export function heat(text: string, fraction: number, colour: string): TemplateResult {
  return html`<span class="heat" ${css({ "--h": pct(fraction), "--hc": colour })}>${text}</span>`;
}

/** A stacked meter: fractions with colours. */
export function meter(parts: readonly (readonly [number, string])[]): TemplateResult {
  return html`<span class="meter">${parts.map(([f, c]) => html`<i ${css({ width: pct(f), background: c })}></i>`)}</span>`;
}

/** A dimmed zero, so that what is not zero stands out. */
export const zero = (text = "0"): TemplateResult => html`<span class="z">${text}</span>`;

function line(v: readonly number[], w: number, base: number, height: number, max: number): string {
  const n = Math.max(1, v.length - 1);
  let d = "";
  for (let i = 0; i < v.length; i++) {
    d += `${i ? "L" : "M"}${((i / n) * w).toFixed(1)} ${(base - (Math.min(v[i]!, max) / max) * height).toFixed(1)}`;
  }
  return d;
}

export interface SparkOptions {
  readonly width?: number;
  readonly height?: number;
  readonly colour?: string;
  readonly max?: number;
  readonly fluid?: boolean;
}

/** A small line over time; its meaning is in the figure beside it. */
export function spark(values: readonly number[], o: SparkOptions = {}): TemplateResult | typeof nothing {
  if (values.length < 2) return nothing;
  const w = o.width ?? 60;
  const h = o.height ?? 16;
  const c = o.colour ?? "var(--c-blue)";
  const max = o.max ?? (Math.max(...values) || 1);
  const d = line(values, w, h - 1, h - 3, max);
  return html`<svg class="spark" width=${o.fluid ? "100%" : w} height=${h} viewBox="0 0 ${w} ${h}" preserveAspectRatio="none" aria-hidden="true">${svg`<path d="${d}L${w} ${h - 1}L0 ${h - 1}Z" fill=${c} opacity=".16"></path><path d=${d} fill="none" stroke=${c} stroke-width="1.2" vector-effect="non-scaling-stroke" stroke-linejoin="round"></path>`}</svg>`;
}

/** Series stacked on each other over time. */
export function stack(series: readonly { readonly values: readonly number[]; readonly colour: string }[], height: number, max: number): TemplateResult {
  const w = 300;
  const n = series[0]?.values.length ?? 0;
  const base = new Array<number>(n).fill(0);
  const parts = series.map(({ values, colour }) => {
    const below = [...base];
    for (let i = 0; i < n; i++) base[i] = base[i]! + (values[i] ?? 0);
    const top = line(base, w, height, height, max);
    const back = below
      .map((y, i) => `L${((i / Math.max(1, n - 1)) * w).toFixed(1)} ${(height - (Math.min(y, max) / max) * height).toFixed(1)}`)
      .reverse()
      .join("");
    return n < 2 ? nothing : svg`<path d="${top}${back}Z" fill=${colour} opacity=".55"></path><path d=${top} fill="none" stroke=${colour} stroke-width="1" vector-effect="non-scaling-stroke"></path>`;
  });
  return html`<svg class="plot" height=${height} viewBox="0 0 ${w} ${height}" preserveAspectRatio="none" aria-hidden="true">${svg`<path d="M0 ${height / 2}H${w}" stroke="var(--line)" vector-effect="non-scaling-stroke"></path>`}${parts}</svg>`;
}

/** One series up, one down, from a middle line. */
export function mirror(up: readonly number[], down: readonly number[], height: number, max: number, colours: readonly [string, string]): TemplateResult {
  const w = 300;
  const m = height / 2;
  const side = (v: readonly number[], sign: 1 | -1, c: string) => {
    if (v.length < 2) return nothing;
    const d = line(v, w, m, sign * (m - 1), max || 1);
    return svg`<path d="${d}L${w} ${m}L0 ${m}Z" fill=${c} opacity=".4"></path><path d=${d} fill="none" stroke=${c} stroke-width="1" vector-effect="non-scaling-stroke"></path>`;
  };
  return html`<svg class="plot" height=${height} viewBox="0 0 ${w} ${height}" preserveAspectRatio="none" aria-hidden="true">${side(up, 1, colours[0])}${side(down, -1, colours[1])}${svg`<path d="M0 ${m}H${w}" stroke="var(--line2)" vector-effect="non-scaling-stroke"></path>`}</svg>`;
}

/** Position on a logarithmic scale of bits a second, 1 kb to 1 Gb, from bytes a second. */
export function logFraction(bytesPerSecond: number): number {
  return bytesPerSecond <= 0 ? 0 : Math.max(0, Math.min(1, (Math.log10(bytesPerSecond * 8) - 3) / 6));
}

export function logbar(out: number, into: number): TemplateResult {
  return html`<span class="logbar"><i ${css({ width: pct(logFraction(out)), background: "var(--tx)" })}></i><i ${css({ width: pct(logFraction(into)), background: "var(--rx)" })}></i></span>`;
}

/** A link to a process, by name and pid. */
export function processLink(pid: number | string | null | undefined, name: string): TemplateResult {
  if (pid === null || pid === undefined || pid === "" || pid === 0 || pid === "0") {
    return name ? html`<span class="dim">${name}</span>` : html`<span class="faint">-</span>`;
  }
  return html`<a class="ent" href=${href({ sel: pid, tab: null, dialog: null }, "/processes")} title="Open process ${pid}"><span class="ell">${name || "?"}</span> <span class="id">${pid}</span></a>`;
}

export function commandLine(text: string): TemplateResult {
  return html`<div class="cmdline"><span class="p">$</span><code title=${text}>${text}</code><button class="btn ghost icon sm" data-copy=${text} aria-label="Copy command" title="Copy">${icon("copy", 14)}</button></div>`;
}

/** Nothing to show: what it means and what to do. */
export function empty(name: IconName, title: string, text: unknown, extra: unknown = nothing): TemplateResult {
  return html`<div class="empty">${icon(name, 24)}<h2>${title}</h2><p>${text}</p>${extra}</div>`;
}

/** Row shapes while the first values are on their way. */
export function skeleton(rows = 8): TemplateResult {
  return html`<div class="skeleton" aria-busy="true" aria-label="Loading">${Array.from({ length: rows }, () => html`<div><i class="sk"></i><i class="sk"></i><i class="sk"></i></div>`)}</div>`;
}
