// Files: what lsof lists, with the descriptors of deleted files marked.
import { html, type TemplateResult } from "lit";
import { get, go, has, href } from "./address";
import { processLink, skeleton } from "./draw";
import { type Fields, type Reader, withClause } from "./expr";
import "./filter-bar";
import { count, size } from "./format";
import type { GridColumn } from "./grid";
import { define, Island } from "./island";
import { pageKeys } from "./keys";
import { LiveList, pastView, shown } from "./live-view";
import { failed, notes } from "./notices";
import { focusPid } from "./rail";
import { command, fact } from "./status";
import { type Entry, Table } from "./table";
import { past } from "./timeline";
import type { Failure } from "./wire";

const fields: Fields = { names: { path: "name of the file", name: "command", pid: "process number", user: "owner", fd: "descriptor", type: "REG, DIR, IPv4, unix, …", size: "bytes", deleted: "true: removed, space not freed", inode: "inode number", mount: "file system" } };
const types = ["REG", "DIR", "IPv4", "unix", "FIFO", "CHR"];

class SFiles extends Island {
  private table = new Table();
  private error: Failure | undefined;
  private deleted = 0;
  private readonly list: LiveList;

  constructor() {
    super();
    this.list = new LiveList({ label: "Open files", storageKey: "files", columns: this.columns(), sort: "command" });
    this.list.grid.addEventListener("select", (e) => go({ sel: (e as CustomEvent<{ key: string }>).detail.key }, { replace: true }));
    this.list.grid.addEventListener("open", (e) => {
      const x = this.table.rows.get((e as CustomEvent<{ key: string }>).detail.key);
      if (x) location.assign(`/processes?sel=${this.table.str(x, "pid")}&tab=files`);
    });
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.follow(() => {
      const focus = focusPid();
      this.topic("list", "probe/files", focus ? { pid: focus } : {}, (t, c) => {
        this.error = c.error;
        this.table = t;
        this.refresh();
      });
      void past.value;
      this.refresh();
    });
    pageKeys({ z: () => go({ freeze: !has("freeze") }) });
  }

  private refresh(): void {
    const t = this.table;
    const reader: Reader<Entry> = {
      value: (e, f) => (f === "path" ? t.str(e, "name") : f === "name" ? t.str(e, "command") : t.cell(e, f)),
      text: (e) => `${t.str(e, "command")} ${t.str(e, "pid")} ${t.str(e, "name")} ${t.str(e, "user")} ${t.str(e, "type")}${t.cell(e, "deleted") === true ? " deleted" : ""}`,
    };
    this.list.update(t, { fields, reader, shape: focusPid() });
    this.list.selected("sel", (e, v) => e.key === v);
    this.deleted = 0;
    for (const e of t.rows.values()) if (t.cell(e, "deleted") === true) this.deleted++;
    const f = get("f");
    const pid = /\bpid == (\d+)/.exec(f)?.[1] ?? focusPid();
    command.value = `lsof -nP${pid ? ` -p ${pid}` : ""}${/\bdeleted\b/.test(f) ? " +L1" : ""}`;
    fact.value = t.updates ? `${count(t.rows.size)} open files` : "";
    this.requestUpdate();
  }

  private columns(): GridColumn<Entry>[] {
    const t = (): Table => this.table;
    return [
      { id: "command", title: "COMMAND", width: 178, cell: (e) => processLink(t().str(e, "pid"), t().str(e, "command")) },
      { id: "user", title: "USER", width: 92, priority: 4, class: "dim", cell: (e) => t().str(e, "user") },
      { id: "fd", title: "FD", width: 58, mono: true, cell: (e) => t().str(e, "fd") },
      { id: "type", title: "TYPE", width: 74, class: "dim", priority: 3, cell: (e) => t().str(e, "type") },
      { id: "device", title: "DEVICE", width: 76, mono: true, priority: 6, class: "dim", cell: (e) => t().str(e, "device") },
      { id: "size", title: "SIZE/OFF", width: 80, num: true, priority: 2, cell: (e) => (t().cell(e, "size") === null ? "" : size(t().num(e, "size"))) },
      { id: "node", title: "NODE", width: 88, num: true, priority: 5, class: "dim", cell: (e) => t().str(e, "node") },
      { id: "name", title: "NAME", width: 200, flex: true, mono: true, tip: (e) => t().str(e, "name"), cell: (e) => this.name(e) },
    ];
  }

  private name(e: Entry): TemplateResult | string {
    const t = this.table;
    const name = t.str(e, "name");
    if (t.cell(e, "deleted") === true) return html`${name} <span class="tag bad">deleted, space not freed</span>`;
    const inode = t.str(e, "inode");
    if (/^IPv[46]$|^sock$/.test(t.str(e, "type")) && inode) return html`<a class="ent" href="/sockets?f=inode+%3D%3D+${inode}"><span class="ell">${name}</span></a>`;
    return name;
  }

  protected override render(): TemplateResult {
    const t = this.table;
    const f = get("f");
    const type = /\btype == (\S+)/.exec(f)?.[1] ?? "";
    const del = /\bdeleted\b/.test(f);
    const then = pastView();
    return html`<div class="bar"><s-filter .fields=${fields} label="Filter open files" placeholder="Filter: path contains /var/log, or pid == 18422"></s-filter><div class="seg n-hide" role="group" aria-label="Type"><a href=${href({ f: withClause(f, "type", "") })} aria-current=${type ? "false" : "true"}>All</a>${types.map((x) => html`<a href=${href({ f: withClause(f, "type", `type == ${x}`) })} aria-current=${type === x ? "true" : "false"}>${x}</a>`)}</div><a class="btn n-hide" role="button" aria-pressed=${del} href=${href({ f: withClause(f, "deleted", del ? "" : "deleted == true") })}>Deleted<span class="n">${this.deleted}</span></a>${shown(this.list.rows.length, this.list.total)}</div>
      ${then ?? html`${notes(t.notes)}${this.error && !t.updates ? failed(this.error, "Open files cannot be read") : t.updates ? this.list.grid : skeleton()}`}`;
  }
}

define("s-files", SFiles);
