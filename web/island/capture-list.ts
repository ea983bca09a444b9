// <s-packets>: the packet list. Rows come by page from the server, coloured by
// the name of their rule; a live capture is followed until the reader scrolls
// up. It owns the list's rows and tells the page which packet is first.
import { batch } from "@preact/signals-core";
import { html, nothing, type TemplateResult } from "lit";
import { get, go } from "./address";
import { family, joins, quote } from "./capture-filters";
import { PagedRows } from "./capture-rows";
import { applied, applyAs, ask, check, counts, deselect, detail, effective, first, list, live, picked, range, root, select, selected, settled, status, streamOf } from "./capture-state";
import { empty, icon, processLink, skeleton } from "./draw";
import { bytes, count } from "./format";
import type { GridColumn, SGrid } from "./grid";
import "./grid";
import { define, Island } from "./island";
import { type MenuItem, openMenu } from "./menu";
import { explain } from "./session";
import { copy } from "./toast";
import type { PacketRow, RowsPage } from "./wire";

/** Columns that are always asked for, in this order. */
const fixed = ["_ws.col.number", "_ws.col.cls_time", "_ws.col.def_src", "_ws.col.def_dst", "_ws.col.protocol", "_ws.col.packet_length", "_ws.col.info"] as const;
const processName = "frame.process.name";
const processID = "frame.process.pid";

/** Colour class by the name of the rule that painted the row. */
const paints: Readonly<Record<string, string>> = {
  "Bad TCP": "bad",
  "Checksum Errors": "bad",
  "HSRP State Change": "bad",
  "Spanning Tree Topology Change": "bad",
  "OSPF State Change": "bad",
  "ICMP errors": "bad",
  "TCP RST": "rst",
  "SCTP ABORT": "rst",
  "IPv4 TTL low or unexpected": "rst",
  "IPv6 hop limit low or unexpected": "rst",
  HTTP: "http",
  SMB: "db",
  DCERPC: "db",
  Database: "db",
  "TCP SYN/FIN": "syn",
  UDP: "udp",
  ICMP: "icmp",
  ARP: "arp",
  Routing: "arp",
  TCP: "tcp",
};

export type Paint = "full" | "bar" | "off";

export function paint(): Paint {
  try {
    const p = localStorage.getItem("sonde-packet-colours");
    return p === "bar" || p === "off" ? p : "full";
  } catch {
    return "full";
  }
}

export function setPaint(p: Paint): void {
  try {
    localStorage.setItem("sonde-packet-colours", p);
  } catch {
    // no storage: full colours next time
  }
  document.dispatchEvent(new CustomEvent("sonde-paint"));
}

/** Columns that the reader added, by field name. */
export function added(): readonly string[] {
  return get("cols").split(",").filter((c) => /^[\w.-]+$/.test(c));
}

class SPackets extends Island {
  private readonly grid = document.createElement("s-grid") as SGrid<PacketRow>;
  private rows: PagedRows | undefined;
  private coming: PagedRows | undefined;
  private made = "";
  private shape = "";
  private following = true;
  private lastTop = 0;
  /** Packets shown when the reader left the end of a live list. */
  private leftAt = 0;
  private process = false;
  private processSeen = false;
  private pollTimer = 0;
  private finding = 0;
  private wait = 0;
  private waiting = false;
  private sameRule: string | undefined;
  private mixed = false;

  constructor() {
    super();
    const g = this.grid;
    g.label = "Packets";
    g.storageKey = "packets";
    g.dataset["main"] = "";
    g.dataset["class"] = "pk";
    g.emptyContent = () => this.nothingShown();
    g.addEventListener("select", (e) => {
      const { key } = (e as CustomEvent<{ key: string }>).detail;
      select(Number(key));
    });
    g.addEventListener("open", () => document.querySelector<HTMLElement>("s-packet-tree [role=tree]")?.focus());
    g.addEventListener("row-menu", (e) => {
      const { index, column, x, y } = (e as CustomEvent<{ index: number; column: string | undefined; x: number; y: number }>).detail;
      const row = this.rows?.row(index);
      if (!row) return;
      e.preventDefault();
      select(row.no);
      openMenu(this.menu(row, column ?? "info"), { x, y });
    });
  }

  override connectedCallback(): void {
    super.connectedCallback();
    void check(processName).then((v) => {
      this.process = v.ok;
      this.make();
    }, () => this.make());
    this.follow(() => this.make());
    this.follow(() => {
      const no = selected.value;
      // The first packet of a list that follows its end is no choice of anyone.
      this.grid.selected = picked.value || !(live.value && this.following) ? (no ? String(no) : "") : "";
      if (no && picked.value) void this.show(no);
    });
    this.follow(() => {
      void detail.value;
      this.grid.refresh();
    });
    // The capture has changed: ask how far the list goes now.
    this.follow(() => {
      void status.value;
      this.poll();
    });
    this.on("sonde-paint" as keyof DocumentEventMap, () => this.repaint());
    this.addEventListener("scroll", () => this.scrolled(), { capture: true, passive: true });
    this.every(400, () => {
      // A filter that still runs says so by its counts.
      if (this.rows?.partial && !document.hidden) this.poll();
    });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.pollTimer);
    clearTimeout(this.wait);
    this.rows?.close();
    this.coming?.close();
    list.value = undefined;
  }

  /** Starts the rows of a filter; the old ones stay until the first answer. */
  private make(): void {
    const f = effective.value;
    const cols = [...(this.process ? [processName, processID] : []), "tcp.stream", ...added()];
    if (f === undefined) return;
    const name = `${f}|${cols.join()}`;
    if (name === this.made) return;
    this.made = name;
    this.coming?.close();
    const q = `&filter=${encodeURIComponent(f)}&columns=${encodeURIComponent([...fixed, ...cols].join())}`;
    const rows = new PagedRows(
      (from, limit, signal) => ask<RowsPage>(`${root}/packets?from=${from}&limit=${limit}${q}`, signal),
      () => this.changed(rows),
      f === "",
      (row) => this.classOf(row),
    );
    rows.arrived = (_, row) => select(row.no);
    this.coming = rows;
    this.waiting = false;
    clearTimeout(this.wait);
    this.wait = window.setTimeout(() => {
      this.waiting = true;
      this.requestUpdate();
    }, 150);
    rows.range(0, 60);
  }

  private changed(rows: PagedRows): void {
    if (rows === this.coming && rows.answered) {
      this.coming = undefined;
      clearTimeout(this.wait);
      this.waiting = false;
      this.rows?.close();
      this.rows = rows;
      this.sameRule = undefined;
      this.mixed = false;
      this.grid.source = rows;
      if (picked.peek()) void this.show(selected.peek());
    }
    if (rows !== this.rows) return;
    const top = rows.row(0);
    batch(() => {
      counts.value = { displayed: rows.displayed, total: rows.total, partial: rows.partial };
      if (top) first.value = top.no;
      else if (rows.answered && rows.displayed === 0) first.value = 0;
      list.value = rows;
    });
    this.rules(rows);
    this.columns();
    if (live.value && this.following) {
      this.leftAt = rows.displayed;
      if (!picked.peek() && rows.displayed > 0) this.reveal(rows.displayed - 1);
    }
    this.grid.refresh();
    this.requestUpdate();
    document.dispatchEvent(new CustomEvent("sonde-rows"));
  }

  private poll(): void {
    const rows = this.rows;
    if (!rows) return;
    clearTimeout(this.pollTimer);
    this.pollTimer = window.setTimeout(() => rows.poll(), 0);
  }

  /** Brings the selected packet into sight once its place is known. */
  private async show(no: number): Promise<void> {
    const rows = this.rows;
    if (!rows || rows.plain || rows.indexOf(String(no)) >= 0) return;
    const turn = ++this.finding;
    try {
      const { index, exact } = await rows.find(no);
      if (turn !== this.finding || rows !== this.rows) return;
      if (exact) this.grid.refresh();
      this.reveal(index, "middle");
    } catch {
      // a request failed: the list's own requests say why
    }
  }

  /** Scrolls once the grid has its new height: before, there is nowhere to go. */
  private reveal(index: number, where: "near" | "middle" = "near"): void {
    this.grid.refresh();
    requestAnimationFrame(() => this.grid.reveal(index, where));
  }

  private scrolled(): void {
    const view = this.grid.firstElementChild as HTMLElement | null;
    if (!view || !live.value) return;
    const top = view.scrollTop;
    if (top < this.lastTop - 1) this.following = false;
    else if (this.grid.atEnd) this.following = true;
    this.lastTop = top;
    this.requestUpdate();
  }

  private toNewest(): void {
    this.following = true;
    deselect();
    if (this.rows) this.reveal(this.rows.displayed - 1);
    this.requestUpdate();
  }

  /** Colour says nothing once all rows fall under one rule. */
  private rules(rows: PagedRows): void {
    if (this.mixed) return;
    for (const r of rows.cached()) {
      this.sameRule ??= r.rule;
      if (r.rule !== this.sameRule) {
        this.mixed = true;
        break;
      }
    }
    this.repaint();
  }

  private repaint(): void {
    const view = this.grid.firstElementChild;
    if (!view) return;
    const p = paint();
    view.classList.toggle("same", p === "bar" || (p === "full" && !this.mixed && (this.rows?.displayed ?? 0) > 1));
    view.classList.toggle("plain", p === "off");
  }

  private classOf(row: PacketRow): string {
    const s = streamOf(detail.value);
    const own = detail.value?.no === row.no;
    const rel = s && !own && row.stream === s.index && (s.proto === "tcp") === (this.tcpStream(row) !== "");
    return `p-${paints[row.rule] ?? "none"}${rel ? " rel" : ""}`;
  }

  private tcpStream(row: PacketRow): string {
    return row.cells[fixed.length + (this.process ? 2 : 0)] ?? "";
  }

  /** Columns as wide as the figures of this capture. */
  private columns(): void {
    const rows = this.rows!;
    if (this.process && !this.processSeen) {
      for (const r of rows.cached()) {
        if (r.cells[fixed.length]) {
          this.processSeen = true;
          break;
        }
      }
    }
    const digits = Math.max(4, String(rows.total).length);
    const whole = Math.max(2, String(Math.floor((status.value?.length ?? 0) / 1e9)).length);
    // Microseconds or nanoseconds, as the file has them.
    const some = rows.cached()[Symbol.iterator]().next().value as PacketRow | undefined;
    const decimals = some?.cells[1]?.split(".")[1]?.length ?? 6;
    const shape = `${digits}|${whole}|${decimals}|${this.processSeen}|${added().join()}`;
    if (shape === this.shape) return;
    this.shape = shape;
    const cell = (i: number) => (r: PacketRow): string => r.cells[i] ?? "";
    const own = fixed.length + (this.process ? 3 : 1);
    const col = (id: string, title: string, width: number, i: number, more: Partial<GridColumn<PacketRow>> = {}): GridColumn<PacketRow> => ({ id, title, width, mono: true, sortable: false, cell: cell(i), ...more });
    this.grid.columns = [
      col("no", "No.", Math.max(58, digits * 7.3 + 24), 0, { num: true, cell: (r) => (r.comment ? html`<i class="nt" title=${r.comment}></i>${r.no}` : String(r.no)) }),
      col("time", "Time", Math.max(88, (whole + decimals + 1) * 7.3 + 20), 1, { num: true }),
      col("src", "Source", 128, 2, { priority: 2, tip: cell(2) }),
      col("dst", "Destination", 128, 3, { priority: 2, tip: cell(3) }),
      col("proto", "Protocol", 72, 4, { priority: 3 }),
      col("len", "Length", 60, 5, { priority: 4, num: true }),
      ...(this.processSeen ? [col("process", "Process", 156, fixed.length, { mono: false, priority: 4, cell: (r) => (r.cells[fixed.length] ? processLink(r.cells[fixed.length + 1], r.cells[fixed.length]!) : "") })] : []),
      ...added().map((name, i) => col(name, name, 120, own + i, { priority: 3, tip: cell(own + i) })),
      col("info", "Info", 170, 6, { flex: true, tip: cell(6) }),
    ];
    this.repaint();
  }

  /** The condition that a cell of a row stands for. */
  private condition(row: PacketRow, column: string): { readonly text: string; readonly value: string } {
    const at = (i: number): string => row.cells[i] ?? "";
    const side = (v: string, way: string): string => (v === "" ? "" : `${family(v)}.${way} == ${v}`);
    switch (column) {
      case "no":
        return { text: `frame.number == ${row.no}`, value: String(row.no) };
      case "time":
        return { text: `frame.time_relative == ${at(1)}`, value: at(1) };
      case "src":
        return { text: side(at(2), "src"), value: at(2) };
      case "dst":
        return { text: side(at(3), "dst"), value: at(3) };
      case "proto":
        return { text: `_ws.col.protocol == ${quote(at(4))}`, value: at(4) };
      case "len":
        return { text: `frame.len == ${at(5)}`, value: at(5) };
      case "process":
        return { text: `${processID} == ${at(fixed.length + 1)}`, value: at(fixed.length) };
      case "info":
        return { text: `_ws.col.info == ${quote(at(6))}`, value: at(6) };
    }
    const v = at(fixed.length + (this.process ? 3 : 1) + added().indexOf(column));
    if (v === "" || v === "✓") return { text: column, value: v };
    return { text: /^(0x[\da-f]+|[\d.:a-f]+)$/i.test(v) ? `${column} == ${v}` : `${column} == ${quote(v)}`, value: v };
  }

  private menu(row: PacketRow, column: string): MenuItem[] {
    const c = this.condition(row, column);
    const s = this.tcpStream(row);
    const src = row.cells[2] ?? "";
    const dst = row.cells[3] ?? "";
    const pair = src && dst ? `${family(src)}.addr == ${src} && ${family(dst)}.addr == ${dst}` : "";
    const stream = s !== "" ? ["tcp", s] : row.stream >= 0 ? ["udp", String(row.stream)] : undefined;
    return [
      { heading: `Apply as filter: ${clip(c.text)}` },
      ...joins.map(([how, label]) => ({ label, run: () => applyAs(c.text, how) })),
      { heading: "Prepare as filter" },
      ...joins.slice(0, 4).map(([how, label]) => ({ label, run: () => applyAs(c.text, how, true) })),
      "rule",
      ...(pair ? [{ label: "Conversation filter: addresses", run: () => applyAs(pair, "selected") }] : []),
      ...(stream ? [{ label: `Conversation filter: ${stream[0]!.toUpperCase()} stream ${stream[1]}`, run: () => applyAs(`${stream[0]}.stream == ${stream[1]}`, "selected") }, { label: `Follow ${stream[0]!.toUpperCase()} stream`, key: "f", run: () => go({ dialog: "follow", p: row.no }) }] : []),
      "rule",
      { label: "Copy value", icon: "copy", run: () => void copy(c.value) },
      { label: "Copy as filter", run: () => void copy(c.text) },
      { label: "Copy row as text", run: () => void copy(row.cells.slice(0, fixed.length).join("  "), "Row copied.") },
      ...(added().includes(column) ? [{ label: `Remove column ${column}`, icon: "x" as const, run: () => go({ cols: added().filter((n) => n !== column).join() }) }] : []),
    ];
  }

  private nothingShown(): TemplateResult {
    const rows = this.rows;
    if (!rows) return html``;
    if (rows.error) return empty("err", "The packets cannot be read", `${explain(rows.error)}.`, html`<button type="button" class="btn" @click=${() => rows.poll()}>Try again</button>`);
    if (rows.partial && !settled.value) return live.value ? empty("cap", "No packets yet", applied.value ? html`Waiting for packets that match <code>${applied.value}</code>.` : `Waiting for packets on ${status.value?.source.replace(/^live /, "") ?? "the interface"}.`) : skeleton();
    if (!effective.value) return empty("cap", "No packets", "This capture holds none.");
    return empty("filter", "No packet matches this filter", range.value ? "Clear it, or widen the time range in the strip above." : html`<code>${applied.value}</code> matches 0 of ${count(rows.total)}.`, html`<button type="button" class="btn" @click=${() => go({ f: null, r: null })}>Clear filter</button>`);
  }

  protected override render(): TemplateResult {
    const rows = this.rows;
    if (!rows) return html`${this.waiting ? skeleton(12) : nothing}`;
    const newer = rows.displayed - this.leftAt;
    return html`${this.grid}${live.value && !this.following && newer > 0 ? html`<button type="button" class="btn primary newer" @click=${this.toNewest}>${icon("down", 12)}${count(newer)} newer</button>` : nothing}`;
  }
}

function clip(text: string): string {
  return text.length > 44 ? `${text.slice(0, 43)}…` : text;
}

/** "1,602 packets, 281 kB, 60.5 s, eth0" */
export function facts(): string {
  const s = status.value;
  if (!s) return "";
  const seconds = s.length / 1e9;
  const from = s.source.replace(/^live /, "");
  return [`${count(s.packets)} ${s.packets === 1 ? "packet" : "packets"}`, bytes(s.bytes), seconds < 600 ? `${seconds.toFixed(seconds < 10 ? 3 : 1)} s` : `${Math.round(seconds / 60)} min`, from === "upload" || from === "file" ? "" : from].filter((x) => x !== "").join(", ");
}

define("s-packets", SPackets);
