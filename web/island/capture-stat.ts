// What the statistics of a capture share: the topic that keeps a table at the
// capture's newest packet, whether the display filter limits it, rows in the
// order of a column, and copying a table out.
import { html, nothing, type TemplateResult } from "lit";
import { get } from "./address";
import { effective, id, status } from "./capture-state";
import { skeleton } from "./draw";
import { count } from "./format";
import type { MenuItem } from "./menu";
import { type Entry, Table } from "./table";
import { copy } from "./toast";

/** Layers of address tables, in the order of their tabs. */
export const layers: readonly (readonly [string, string])[] = [
  ["eth", "Ethernet"],
  ["ip", "IPv4"],
  ["ipv6", "IPv6"],
  ["tcp", "TCP"],
  ["udp", "UDP"],
];

export function layer(initial: string): string {
  const t = get("tab");
  return layers.some(([l]) => l === t) ? t : initial;
}

/** Limited to the display filter: on as soon as one is set, until switched off. */
export function limited(): boolean {
  return (effective.value ?? "") !== "" && get("limit") !== "0";
}

export function args(filter: string): Readonly<Record<string, string>> {
  return filter ? { capture: id, filter } : { capture: id };
}

export function filterOf(): string {
  return limited() ? (effective.value ?? "") : "";
}

/** Row shapes while a statistic is made; after a second they say what takes so long. */
export function counting(since: number): TemplateResult {
  const s = status.value;
  return html`${performance.now() - since > 1000 && s ? html`<p class="pad small dim" role="status">Counting ${count(s.packets)} packets${filterOf() ? html` against <code>${filterOf()}</code>` : nothing}. Large captures take a while; the result is kept.</p>` : nothing}${skeleton(10)}`;
}

type Cells = Readonly<Record<string, string | number | boolean | null>>;

function records(table: Table, rows: readonly Entry[]): Cells[] {
  return rows.map((e) => Object.fromEntries(table.columns.map((c) => [c.title, table.cell(e, c.id)])));
}

function csv(table: Table, rows: readonly Entry[]): string {
  const field = (v: unknown): string => {
    const s = v === null || v === undefined ? "" : String(v);
    return /[",\n]/.test(s) ? `"${s.replaceAll('"', '""')}"` : s;
  };
  return [table.columns.map((c) => field(c.title)).join(","), ...rows.map((e) => table.columns.map((c) => field(table.cell(e, c.id))).join(","))].join("\n");
}

/** Copy as the three formats that Wireshark offers; figures as they are, times
 * in seconds. */
export function copyItems(table: Table, rows: readonly Entry[]): MenuItem[] {
  const said = `${rows.length} rows copied.`;
  const t = inSeconds(table, rows);
  return [
    { label: "Copy as CSV", icon: "copy", run: () => void copy(csv(t.table, t.rows), said) },
    { label: "Copy as JSON", run: () => void copy(JSON.stringify(records(t.table, t.rows), null, 1), said) },
    { label: "Copy as YAML", run: () => void copy(records(t.table, t.rows).map((r) => Object.entries(r).map(([k, v], i) => `${i ? "  " : "- "}${k}: ${typeof v === "string" ? JSON.stringify(v) : v}`).join("\n")).join("\n"), said) },
  ];
}

function inSeconds(table: Table, rows: readonly Entry[]): { readonly table: Table; readonly rows: readonly Entry[] } {
  const out = new Table();
  out.snapshot({
    columns: table.columns,
    rows: rows.map((e) => ({ key: e.key, cells: table.columns.map((c) => { const v = table.cell(e, c.id); return c.type === "duration" && typeof v === "number" ? v / 1e9 : v; }) })),
    version: 1,
  });
  return { table: out, rows: [...out.rows.values()] };
}
