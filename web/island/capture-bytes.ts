// <s-packet-bytes>: the packet's bytes, sixteen a row (eight where it is
// narrow), as hex and ASCII. Only the rows in sight are in the document. A click
// or the arrow keys select the smallest field that holds the byte; the selected
// field is marked, its layer more softly.
import { html, nothing, type TemplateResult } from "lit";
import { go } from "./address";
import { Selection, selection } from "./capture-selection";
import { detail } from "./capture-state";
import { choose } from "./capture-tree";
import { css, icon } from "./draw";
import { count } from "./format";
import { define, Island } from "./island";
import { openMenu } from "./menu";
import { copy } from "./toast";
import type { Detail } from "./wire";

const lineHeight = 18;
/** Width that sixteen bytes a row need. */
const wide = 590;

const decoded = new WeakMap<Detail, Uint8Array[]>();

function bytesOf(d: Detail, source: number): Uint8Array {
  let all = decoded.get(d);
  if (!all) {
    all = d.sources.map((s) => Uint8Array.from(atob(s.bytes), (c) => c.charCodeAt(0)));
    decoded.set(d, all);
  }
  return all[source] ?? new Uint8Array();
}

const hex2 = (b: number): string => b.toString(16).padStart(2, "0");
const printable = (b: number): boolean => b > 31 && b < 127;

/** Bytes as a hex dump, as xxd and Wireshark print it. */
export function dump(b: Uint8Array, base = 0): string {
  const out: string[] = [];
  for (let o = 0; o < b.length; o += 16) {
    const part = b.subarray(o, o + 16);
    out.push(`${(base + o).toString(16).padStart(4, "0")}  ${Array.from(part, hex2).join(" ").padEnd(47)}  ${Array.from(part, (c) => (printable(c) ? String.fromCharCode(c) : ".")).join("")}`);
  }
  return out.join("\n");
}

export function cArray(b: Uint8Array, name: string): string {
  const lines: string[] = [];
  for (let o = 0; o < b.length; o += 8) lines.push(`  ${Array.from(b.subarray(o, o + 8), (c) => `0x${hex2(c)}`).join(", ")}`);
  return `static const unsigned char ${name}[${b.length}] = {\n${lines.join(",\n")}\n};`;
}

class SPacketBytes extends Island {
  private source = 0;
  private of: Detail | undefined;
  private per = 16;
  private height = 0;
  private top = 0;
  private cursor = -1;
  private reveal = false;
  private marked: Selection | undefined;
  private readonly sizes = new ResizeObserver(() => this.measure());

  override connectedCallback(): void {
    super.connectedCallback();
    this.sizes.observe(this);
    this.follow(() => {
      const d = detail.value;
      const s = selection.value;
      if (d !== this.of) {
        this.of = d;
        this.source = 0;
        this.top = 0;
        this.cursor = -1;
      }
      if (s !== this.marked) {
        this.marked = s;
        if (s.node || s.bytes) {
          this.source = d && s.source < d.sources.length ? s.source : 0;
          this.reveal = true;
        }
        if (s.bytes && !(this.cursor >= s.bytes[0] && this.cursor < s.bytes[1])) this.cursor = s.bytes[0];
      }
      this.requestUpdate();
    });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.sizes.disconnect();
  }

  private measure(): void {
    const per = this.clientWidth >= wide ? 16 : 8;
    const h = this.querySelector<HTMLElement>(".hexp")?.clientHeight ?? 0;
    if (per === this.per && h === this.height) return;
    this.per = per;
    this.height = h;
    this.requestUpdate();
  }

  private pick(at: number): void {
    const d = this.of;
    if (!d || at < 0 || at >= bytesOf(d, this.source).length) return;
    this.cursor = at;
    const n = Selection.holding(d, this.source, at);
    if (n) choose(n);
    else go({ field: null, bytes: `${at}-${at}` }, { replace: true });
    this.reveal = true;
    this.requestUpdate();
  }

  private pressed(e: Event): void {
    const b = (e.target as Element).closest<HTMLElement>("[data-b]");
    if (b) this.pick(Number(b.dataset["b"]));
  }

  private keydown(e: KeyboardEvent): void {
    if (e.ctrlKey || e.altKey || e.metaKey) return;
    const by = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: this.per, ArrowUp: -this.per }[e.key];
    if (by === undefined) return;
    e.preventDefault();
    e.stopPropagation();
    this.pick(this.cursor < 0 ? 0 : this.cursor + by);
  }

  private copyMenu(e: Event): void {
    const d = this.of;
    if (!d) return;
    const all = bytesOf(d, this.source);
    const s = selection.peek();
    const sel = s.bytes && s.source === this.source ? s.bytes : undefined;
    const b = sel ? all.subarray(sel[0], sel[1]) : all;
    const name = (s.node?.field ?? `packet_${d.no}`).replace(/\W/g, "_");
    const said = `${count(b.length)} ${b.length === 1 ? "byte" : "bytes"} copied.`;
    openMenu(
      [
        { heading: sel ? `Copy ${count(b.length)} selected bytes` : `Copy all ${count(b.length)} bytes` },
        { label: "As hex", icon: "copy", run: () => void copy(Array.from(b, hex2).join(""), said) },
        { label: "As hex dump", run: () => void copy(dump(b, sel?.[0] ?? 0), said) },
        { label: "As C array", run: () => void copy(cArray(b, name), said) },
        { label: "As text", run: () => void copy(new TextDecoder().decode(b), said) },
      ],
      e.currentTarget as HTMLElement,
    );
  }

  protected override updated(): void {
    const box = this.querySelector<HTMLElement>(".hexp");
    if (!box) return;
    if (box.clientHeight !== this.height) this.measure();
    if (!this.reveal) return;
    this.reveal = false;
    const s = selection.peek();
    const at = s.bytes ? Math.min(s.bytes[1] - 1, Math.max(s.bytes[0], this.cursor)) : -1;
    if (at < 0) return;
    const y = Math.floor(at / this.per) * lineHeight;
    if (y < box.scrollTop) box.scrollTop = y;
    else if (y + lineHeight * 2 > box.scrollTop + box.clientHeight) box.scrollTop = y + lineHeight * 2 - box.clientHeight;
  }

  private lines(b: Uint8Array): TemplateResult[] {
    const s = selection.value;
    const on = s.source === this.source ? s.bytes : undefined;
    const layer = s.source === this.source && s.node && !s.node.proto ? s.layer : undefined;
    const cls = (i: number): string => (on && i >= on[0] && i < on[1] ? " on" : layer && i >= layer[0] && i < layer[1] ? " proto" : "");
    const per = this.per;
    const from = Math.max(0, Math.floor(this.top / lineHeight) - 4);
    const to = Math.min(Math.ceil(b.length / per), Math.ceil((this.top + Math.max(this.height, 400)) / lineHeight) + 4);
    const out: TemplateResult[] = [];
    for (let l = from; l < to; l++) {
      const o = l * per;
      const idx = Array.from({ length: Math.min(per, b.length - o) }, (_, k) => o + k);
      out.push(html`<div class="l" ${css({ top: `${l * lineHeight}px` })}><span class="o">${o.toString(16).padStart(4, "0")}</span><span class="h">${idx.map((i) => html`<span class="b${i % 16 === 8 && per === 16 ? " g" : ""}${cls(i)}" data-b=${i}>${hex2(b[i]!)}</span>`)}</span><span>${idx.map((i) => html`<span class="a${printable(b[i]!) ? "" : " np"}${cls(i)}" data-b=${i}>${printable(b[i]!) ? String.fromCharCode(b[i]!) : "·"}</span>`)}</span></div>`);
    }
    return out;
  }

  protected override render(): TemplateResult {
    const d = detail.value;
    if (!d) return html`<div class="panehd"><b>Bytes</b></div>`;
    const b = bytesOf(d, this.source);
    const many = d.sources.length > 1;
    return html`<div class="panehd"><b>Bytes</b>${many ? html`<span class="seg srcs" role="group" aria-label="Data source">${d.sources.map((s, i) => html`<button type="button" aria-pressed=${i === this.source} title=${s.name} @click=${() => { this.source = i; this.top = 0; this.requestUpdate(); }}>${s.name.replace(/ \(\d+ bytes\)$/, "")}</button>`)}</span><span class="nw">${count(b.length)} bytes</span>` : html`<span>packet ${d.no}, ${count(b.length)} bytes</span>`}<span class="push faint w-only nw">hex, ASCII</span><button type="button" class="btn ghost icon sm cp" aria-label="Copy bytes" aria-haspopup="menu" title="Copy bytes" @click=${this.copyMenu}>${icon("copy", 13)}</button></div>
      <div class="hexp ${this.per === 8 ? "h8" : ""}" tabindex="0" role="region" aria-label="Packet bytes" @click=${this.pressed} @keydown=${this.keydown} @scroll=${(e: Event) => { this.top = (e.target as HTMLElement).scrollTop; this.requestUpdate(); }}><div class="lines" ${css({ height: `${Math.ceil(b.length / this.per) * lineHeight + 8}px` })}>${b.length ? this.lines(b) : nothing}</div></div>`;
  }
}

define("s-packet-bytes", SPacketBytes);
