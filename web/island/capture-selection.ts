// The selected field of the selected packet, from the address: `field` is its
// name, `bytes` the place (first-last byte, in decimal) where several fields
// have that name or none holds the bytes. Tree and bytes both follow it.
import { computed } from "@preact/signals-core";
import { get } from "./address";
import { detail } from "./capture-state";
import type { Detail, DetailNode } from "./wire";

export class Selection {
  constructor(
    readonly node: DetailNode | undefined,
    /** The nodes above it, outermost first. */
    readonly above: readonly DetailNode[],
    /** Bytes [from, to) of the data source. */
    readonly bytes: readonly [number, number] | undefined,
    readonly source: number,
  ) {}

  /** Bytes of the layer that the field is in; softer than the field. */
  get layer(): readonly [number, number] | undefined {
    const n = [...this.above].reverse().find((a) => a.proto && a.field !== "frame" && a.source === this.source && a.length > 0);
    return n ? [n.offset, n.offset + n.length] : undefined;
  }

  /** The first field of that name, in the tree's order. */
  static first(d: Detail, field: string): DetailNode | undefined {
    return walk(d.tree, (n) => n.field === field)?.node;
  }

  /** The smallest field that holds a byte. */
  static holding(d: Detail, source: number, at: number): DetailNode | undefined {
    let best: DetailNode | undefined;
    const visit = (nodes: readonly DetailNode[]): void => {
      for (const n of nodes) {
        const holds = n.source === source && !n.generated && n.field !== "frame" && n.offset <= at && at < n.offset + n.length;
        // Of equals the inner one, but the word rather than its bits.
        if (holds && (!best || n.length < best.length || (n.length === best.length && best.proto))) best = n;
        if (n.children) visit(n.children);
      }
    };
    visit(d.tree);
    return best;
  }
}

function walk(nodes: readonly DetailNode[], match: (n: DetailNode) => boolean, above: readonly DetailNode[] = []): { node: DetailNode; above: readonly DetailNode[] } | undefined {
  for (const n of nodes) {
    if (match(n)) return { node: n, above };
    if (n.children) {
      const found = walk(n.children, match, [...above, n]);
      if (found) return found;
    }
  }
  return undefined;
}

function parseBytes(text: string): readonly [number, number] | undefined {
  const m = /^(\d+)-(\d+)$/.exec(text);
  if (!m) return undefined;
  const from = Number(m[1]);
  const to = Number(m[2]) + 1;
  return to > from ? [from, to] : undefined;
}

const none = new Selection(undefined, [], undefined, 0);

export const selection = computed<Selection>(() => {
  const d = detail.value;
  const field = get("field");
  const bytes = parseBytes(get("bytes"));
  if (!d || (!field && !bytes)) return none;
  if (field) {
    const exact = bytes ? walk(d.tree, (n) => n.field === field && n.offset === bytes[0] && n.offset + n.length === bytes[1]) : undefined;
    const found = exact ?? walk(d.tree, (n) => n.field === field);
    if (found) {
      const n = found.node;
      return new Selection(n, found.above, n.length > 0 ? [n.offset, n.offset + n.length] : undefined, n.source);
    }
    return bytes ? new Selection(undefined, [], bytes, 0) : none;
  }
  // Lines without a field of their own are found by their bytes.
  const found = walk(d.tree, (n) => !n.field && n.offset === bytes![0] && n.offset + n.length === bytes![1]);
  return found ? new Selection(found.node, found.above, bytes, found.node.source) : new Selection(undefined, [], bytes, 0);
});
