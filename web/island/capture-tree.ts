// <s-packet-tree>: the packet in full, as Wireshark lays it out. Arrows move,
// open and close; what was opened stays open from packet to packet. The selected
// field is the address's (`field`, and `bytes` where the name alone is not
// enough), so the bytes and the links of others find it.
import { html, nothing, type TemplateResult } from "lit";
import { go, href } from "./address";
import { joins, filterValue } from "./capture-filters";
import { added } from "./capture-list";
import { Selection, selection } from "./capture-selection";
import { applyAs, detail, detailError, select } from "./capture-state";
import { css, empty, skeleton } from "./draw";
import { define, Island } from "./island";
import { openMenu } from "./menu";
import { explain } from "./session";
import { copy } from "./toast";
import type { Detail, DetailNode } from "./wire";

interface Line {
  readonly node: DetailNode;
  readonly level: number;
  readonly parent: number;
  readonly path: string;
}

/** What the reader opened (true) or closed (false), by path of field names. */
const folded = new Map<string, boolean>();

const severe = new Set(["warn", "error"]);
const rank = ["", "comment", "chat", "note", "warn", "error"];

/** The worst severity in a subtree, for the tint of a closed layer. */
function worst(n: DetailNode, memo: Map<DetailNode, string>): string {
  const known = memo.get(n);
  if (known !== undefined) return known;
  let w = n.severity ?? "";
  for (const c of n.children ?? []) {
    const s = worst(c, memo);
    if (rank.indexOf(s) > rank.indexOf(w)) w = s;
  }
  memo.set(n, w);
  return w;
}

/** A generated field that names another packet. */
function otherPacket(n: DetailNode, own: number): number {
  if (!/(?:_frame|_in|_to|\.frame|_segment)$/.test(n.field ?? "")) return 0;
  const m = /== (\d+)$/.exec(n.filter ?? "");
  const no = m ? Number(m[1]) : 0;
  return no > 0 && no !== own ? no : 0;
}

class SPacketTree extends Island {
  private lines: readonly Line[] = [];
  private active = -1;
  private shownFor: Detail | undefined;
  private memo = new Map<DetailNode, string>();
  private reveal = false;

  override connectedCallback(): void {
    super.connectedCallback();
    this.follow(() => {
      const d = detail.value;
      const s = selection.value;
      void detailError.value;
      if (d !== this.shownFor) {
        this.shownFor = d;
        this.memo = new Map();
        this.active = -1;
      }
      if (s.node && s.node !== this.lines[this.active]?.node) {
        this.openTo(s);
        this.reveal = true;
      }
      this.lay();
      if (s.node) this.active = this.lines.findIndex((l) => l.node === s.node);
      this.requestUpdate();
    });
  }

  private isOpen(n: DetailNode, level: number, path: string, last: boolean): boolean {
    const said = folded.get(path);
    if (said !== undefined) return said;
    // The innermost layer is what people came for; trouble shows itself.
    return (level === 1 && last) || (severe.has(worst(n, this.memo)) && (level === 1 || !n.proto));
  }

  private lay(): void {
    const out: Line[] = [];
    const tree = detail.peek()?.tree ?? [];
    const walk = (nodes: readonly DetailNode[], level: number, parent: number, path: string): void => {
      nodes.forEach((node, i) => {
        const own = `${path}/${node.field || node.label}`;
        out.push({ node, level, parent, path: own });
        if (node.children?.length && this.isOpen(node, level, own, i === nodes.length - 1)) walk(node.children, level + 1, out.length - 1, own);
      });
    };
    walk(tree, 1, -1, "");
    this.lines = out;
  }

  /** Opens what hides the selected field. */
  private openTo(s: Selection): void {
    let path = "";
    for (const n of s.above) {
      path += `/${n.field || n.label}`;
      folded.set(path, true);
    }
  }

  private pick(i: number): void {
    const l = this.lines[i];
    if (!l) return;
    this.active = i;
    choose(l.node);
    this.requestUpdate();
  }

  private fold(i: number, open: boolean, deep = false): void {
    const l = this.lines[i];
    if (!l?.node.children?.length) return;
    folded.set(l.path, open);
    if (deep) {
      const walk = (n: DetailNode, path: string): void => {
        for (const c of n.children ?? []) {
          if (!c.children?.length) continue;
          const p = `${path}/${c.field || c.label}`;
          folded.set(p, open);
          walk(c, p);
        }
      };
      walk(l.node, l.path);
    }
    this.lay();
    this.active = this.lines.findIndex((x) => x.node === l.node);
    this.requestUpdate();
  }

  private foldAll(open: boolean): void {
    const walk = (nodes: readonly DetailNode[], path: string): void => {
      for (const n of nodes) {
        if (!n.children?.length) continue;
        const p = `${path}/${n.field || n.label}`;
        folded.set(p, open);
        walk(n.children, p);
      }
    };
    const node = this.lines[this.active]?.node;
    walk(detail.peek()?.tree ?? [], "");
    this.lay();
    this.active = this.lines.findIndex((l) => l.node === node);
    this.requestUpdate();
  }

  private open(i: number): boolean {
    return this.lines[i + 1]?.parent === i;
  }

  private keydown(e: KeyboardEvent): void {
    const i = this.active;
    const l = this.lines[i];
    const to = { ArrowDown: i + 1, j: i + 1, ArrowUp: Math.max(0, i - 1), k: Math.max(0, i - 1), Home: 0, End: this.lines.length - 1, PageDown: i + 12, PageUp: i - 12 }[e.key];
    if (e.altKey || e.metaKey) return;
    if (e.ctrlKey) {
      if (e.key === "ArrowRight") this.foldAll(true);
      else if (e.key === "ArrowLeft") this.foldAll(false);
      else return;
    } else if (to !== undefined) {
      this.reveal = true;
      this.pick(Math.max(0, Math.min(this.lines.length - 1, to)));
    } else if (e.key === "ArrowRight" && l) {
      if (l.node.children?.length && (!this.open(i) || e.shiftKey)) this.fold(i, true, e.shiftKey);
      else if (this.open(i)) this.pick(i + 1);
    } else if (e.key === "ArrowLeft" && l) {
      if (this.open(i)) this.fold(i, false);
      else if (l.parent >= 0) this.pick(l.parent);
      this.reveal = true;
    } else if (e.key === "Backspace" && l && l.parent >= 0) {
      this.reveal = true;
      this.pick(l.parent);
    } else if (e.key === "Enter" && l) {
      this.act(i);
    } else return;
    e.preventDefault();
    e.stopPropagation();
  }

  /** Enter or a double click: goes to the packet that a field names, else folds. */
  private act(i: number): void {
    const n = this.lines[i]?.node;
    if (!n) return;
    const no = otherPacket(n, detail.peek()?.no ?? 0);
    if (no) select(no);
    else this.fold(i, !this.open(i));
  }

  private menu(e: MouseEvent, i: number): void {
    const n = this.lines[i]?.node;
    if (!n) return;
    e.preventDefault();
    this.pick(i);
    fieldMenu(n, { x: e.clientX, y: e.clientY });
  }

  protected override updated(): void {
    if (!this.reveal) return;
    this.reveal = false;
    this.querySelector("[role=treeitem][aria-selected=true]")?.scrollIntoView({ block: "nearest", inline: "start" });
  }

  private row(l: Line, i: number): TemplateResult {
    const n = l.node;
    const kids = !!n.children?.length;
    const open = kids && this.open(i);
    const sev = n.severity || (kids && !open ? worst(n, this.memo) : l.level === 1 ? worst(n, this.memo) : "");
    const host = n.field?.startsWith("frame.process") ?? false;
    const no = otherPacket(n, detail.peek()?.no ?? 0);
    const label = n.generated && !n.proto && !/^\[.*\]$/s.test(n.label) ? `[${n.label}]` : n.label;
    return html`<div class="n ${severe.has(sev) ? "bad" : sev === "note" ? "note" : sev}" role="treeitem" id="pt-${i}" aria-level=${l.level} aria-expanded=${kids ? String(open) : nothing} aria-selected=${i === this.active} data-field=${n.field ?? ""} ${css({ "padding-left": `${4 + (l.level - 1) * 16}px` })}
      @click=${(e: Event) => { if ((e.target as Element).closest("a")) return; const twist = (e.target as Element).closest(".tw0"); this.querySelector<HTMLElement>("[role=tree]")?.focus(); if (twist && kids) this.fold(i, !open); else this.pick(i); }} @dblclick=${(e: Event) => { if (!(e.target as Element).closest(".tw0")) this.act(i); }} @contextmenu=${(e: MouseEvent) => this.menu(e, i)}><span class="tw0" aria-hidden="true">${kids ? (open ? "▾" : "▸") : ""}</span>${severe.has(n.severity ?? "") || n.severity === "note" ? html`<span class="sr">${n.severity}: </span>` : nothing}<span>${label}</span>${host ? html`<span class="tag info tagx">from this host, not on the wire</span>` : nothing}${no ? html`<a class="ent accent goto" href=${href({ p: no, field: null, bytes: null })}>go to ${no}</a>` : nothing}</div>`;
  }

  protected override render(): TemplateResult {
    const d = detail.value;
    const s = selection.value;
    const body = detailError.value
      ? empty("err", "This packet cannot be shown", `${explain(detailError.value)}.`)
      : !d
        ? html`<div class="pad faint small">Select a packet to see its details.</div>`
        : html`<div class="ptree" role="tree" aria-label="Packet details" tabindex="0" aria-activedescendant=${this.active >= 0 ? `pt-${this.active}` : nothing} @keydown=${this.keydown} @focus=${() => { if (this.active < 0) { this.active = 0; this.requestUpdate(); } }}>${this.lines.map((l, i) => this.row(l, i))}</div>`;
    return html`<div class="panehd">${head(s)}</div>${d === undefined && !detailError.value && this.shownFor ? skeleton(4) : body}`;
  }
}

/** The selected field by name, value, size and place, and what to do with it. */
function head(s: Selection): TemplateResult {
  const n = s.node;
  if (!n) return s.bytes ? html`<span>${s.bytes[1] - s.bytes[0]} bytes at offset ${s.bytes[0]}, not part of a field</span>` : html`<span>Select a field to see its bytes</span>`;
  const value = filterValue(n.filter ?? "");
  return html`<b class="mono">${n.field || n.label}</b>${value ? html`<span class="mono ell val">${value}</span>` : nothing}<span class="nw">${n.length ? `${n.length} ${n.length === 1 ? "byte" : "bytes"} at offset ${n.offset}` : "computed, not in the packet"}</span><span class="push links">${n.filter ? html`<button type="button" class="btn link" @click=${() => applyAs(n.filter!, "selected")}>Apply as filter</button>` : nothing}${n.field && !n.proto ? html`<button type="button" class="btn link n-hide" @click=${() => addColumn(n.field!)}>Add column</button>` : nothing}<button type="button" class="btn link" aria-haspopup="menu" @click=${(e: Event) => fieldMenu(n, e.currentTarget as HTMLElement)}>More</button></span>`;
}

function addColumn(field: string): void {
  const now = added();
  if (!now.includes(field)) go({ cols: [...now, field].join() });
}

function fieldMenu(n: DetailNode, at: HTMLElement | { readonly x: number; readonly y: number }): void {
  const f = n.filter ?? n.field ?? "";
  const value = filterValue(n.filter ?? "");
  openMenu(
    [
      ...(f ? [{ heading: "Apply as filter" }, ...joins.map(([how, label]) => ({ label, run: () => applyAs(f, how) })), { heading: "Prepare as filter" }, ...joins.slice(0, 4).map(([how, label]) => ({ label, run: () => applyAs(f, how, true) })), "rule" as const] : []),
      ...(n.field && !n.proto ? [{ label: "Add column", icon: "cols" as const, run: () => addColumn(n.field!) }] : []),
      { label: "Copy label", icon: "copy", run: () => void copy(n.label) },
      ...(n.field ? [{ label: "Copy field name", run: () => void copy(n.field!) }] : []),
      ...(value ? [{ label: "Copy value", run: () => void copy(value) }] : []),
      ...(f ? [{ label: "Copy as filter", run: () => void copy(f) }] : []),
    ],
    at,
  );
}

/** Makes a field the selection; its bytes only where the name is not enough. */
export function choose(n: DetailNode): void {
  const d = detail.peek();
  if (!d) return;
  const field = n.field ?? "";
  const twin = field ? Selection.first(d, field) : undefined;
  const bytes = n.length > 0 ? `${n.offset}-${n.offset + n.length - 1}` : "";
  go({ field, bytes: twin === n && field ? "" : bytes }, { replace: true });
}

define("s-packet-tree", SPacketTree);
