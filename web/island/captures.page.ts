// Captures: what runs and arrives as cards on top, then the list.
import { html, nothing, type TemplateResult } from "lit";
import { get, go, open } from "./address";
import { captureDialog } from "./capture-dialog";
import { openDialog } from "./dialog";
import { css, empty, type IconName, icon, pct, skeleton, zero } from "./draw";
import type { Fields, Reader } from "./expr";
import "./filter-bar";
import { ago, bytes, count, percent, when } from "./format";
import type { GridColumn } from "./grid";
import { define, Island } from "./island";
import { pageKeys } from "./keys";
import { LiveList } from "./live-view";
import { openMenu } from "./menu";
import { failed, notes } from "./notices";
import { api, download, explain } from "./session";
import { command, fact } from "./status";
import { type Entry, Table } from "./table";
import { toast } from "./toast";
import { chooseFiles, dismiss, type Upload, upload, uploads } from "./upload";
import type { Failure } from "./wire";

const fields: Fields = { names: { name: "file name", state: "ready, live, indexing, receiving, failed", source: "upload, live eth0", filter: "capture filter", packets: "count", size: "bytes on disk", format: "pcap, pcapng" } };
const marks: Readonly<Record<string, readonly [IconName, string, string]>> = { live: ["rec", "bad", "capturing"], indexing: ["clock", "faint", "indexing"], receiving: ["clock", "faint", "receiving"], failed: ["err", "bad", "not readable"], ready: ["cap", "faint", "ready"] };

class SCaptures extends Island {
  private table = new Table();
  private error: Failure | undefined;
  private readonly list: LiveList;

  constructor() {
    super();
    this.list = new LiveList({ label: "Captures", storageKey: "captures", columns: this.columns(), sort: "-started", rowHeight: 28 });
    const g = this.list.grid;
    g.addEventListener("select", (e) => go({ sel: (e as CustomEvent<{ key: string }>).detail.key }, { replace: true }));
    g.addEventListener("open", (e) => open(`/captures/${(e as CustomEvent<{ key: string }>).detail.key}`));
    g.addEventListener("row-menu", (ev) => {
      const { key, x, y } = (ev as CustomEvent<{ key: string; x: number; y: number }>).detail;
      ev.preventDefault();
      this.menu(key, { x, y });
    });
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.topic("captures", "captures", {}, (t, c) => {
      this.error = c.error;
      this.table = t;
      this.refresh();
    });
    this.follow(() => {
      void uploads.value;
      if (get("dialog") === "new") captureDialog();
      this.refresh();
    });
    // The clocks of running captures.
    this.every(1000, () => this.requestUpdate());
    pageKeys({
      c: () => go({ dialog: "new" }, { replace: true }),
      u: chooseFiles,
      Delete: () => {
        const e = this.table.rows.get(get("sel"));
        if (e) this.askDelete(e);
      },
    });
  }

  private refresh(): void {
    const t = this.table;
    const reader: Reader<Entry> = { value: (e, f) => t.cell(e, f), text: (e) => `${t.str(e, "name")} ${t.str(e, "source")} ${t.str(e, "filter")} ${t.str(e, "state")}` };
    this.list.update(t, { fields, reader });
    this.list.selected("sel", (e, v) => e.key === v);
    if (t.rows.size === 0 && t.updates > 0) {
      this.list.grid.emptyContent = () =>
        empty("cap", "No captures yet", "Start one on an interface, or drop a pcap file anywhere in this window.", html`<div class="row"><button type="button" class="btn primary" @click=${() => go({ dialog: "new" }, { replace: true })}>${icon("rec", 13)}New capture</button><button type="button" class="btn" @click=${chooseFiles}>${icon("upload", 14)}Upload</button></div>`);
    }
    let size = 0;
    for (const e of t.rows.values()) size += t.num(e, "size");
    fact.value = t.updates ? `${count(t.rows.size)} ${t.rows.size === 1 ? "capture" : "captures"}, ${bytes(size)}` : "";
    command.value = "";
    this.requestUpdate();
  }

  private columns(): GridColumn<Entry>[] {
    const t = (): Table => this.table;
    return [
      { id: "state", title: "", label: "State", width: 38, cell: (e) => {
        const damaged = t().str(e, "damage") !== "";
        const [ic, cls, text] = marks[t().str(e, "state")] ?? marks["ready"]!;
        return html`<span class=${damaged ? "warn" : cls} title=${damaged ? "cut short" : text}>${icon(damaged ? "warn" : ic, 14)}</span>`;
      } },
      { id: "name", title: "Name", width: 200, flex: true, cell: (e) => html`<a class="ent" href="/captures/${e.key}"><b class="ell">${t().str(e, "name")}</b></a>${t().str(e, "damage") ? html` <span class="tag warn" title=${t().str(e, "damage")}>cut short</span>` : nothing}${t().str(e, "error") ? html` <span class="tag bad" title=${t().str(e, "error")}>not readable</span>` : nothing}${t().num(e, "dropped") > 0 ? html` <span class="tag warn">${count(t().num(e, "dropped"))} dropped</span>` : nothing}` },
      { id: "source", title: "Source", width: 120, priority: 3, class: "dim", cell: (e) => t().str(e, "source") },
      { id: "filter", title: "Capture filter", width: 200, priority: 5, mono: true, class: "dim", tip: (e) => t().str(e, "filter"), cell: (e) => t().str(e, "filter") },
      { id: "packets", title: "Packets", width: 90, num: true, cell: (e) => count(t().num(e, "packets")) },
      { id: "size", title: "Size", width: 82, num: true, priority: 2, cell: (e) => bytes(t().num(e, "size")) },
      { id: "length", title: "Length", width: 84, num: true, priority: 4, help: "From the first packet to the last", cell: (e) => {
        const s = t().num(e, "length") / 1e9;
        return s <= 0 ? zero("0 s") : s < 100 ? `${s.toFixed(1)} s` : ago(s);
      } },
      { id: "format", title: "Format", width: 76, priority: 6, class: "dim", cell: (e) => t().str(e, "format") },
      { id: "started", title: "Started", width: 130, priority: 3, class: "dim", cell: (e) => (t().num(e, "started") ? when(t().num(e, "started") / 1e6) : "") },
      { id: "actions", title: "", label: "Actions", width: 46, sortable: false, cell: (e) => html`<button type="button" class="btn ghost icon sm" aria-label="Actions for ${t().str(e, "name")}" aria-haspopup="menu" @click=${(ev: Event) => this.menu(e.key, ev.currentTarget as HTMLElement)}>${icon("more", 14)}</button>` },
    ];
  }

  private menu(key: string, at: HTMLElement | { x: number; y: number }): void {
    const e = this.table.rows.get(key);
    if (!e) return;
    const name = this.table.str(e, "name");
    const save = (format: string) => (): void => {
      download(`/api/captures/${key}/download?format=${format}`, `${name.replace(/\.(pcapng|pcap|cap)(\.\w+)?$/i, "")}.${format}`).catch((err: unknown) => toast(explain(err)));
    };
    openMenu([
      { label: "Open", key: "Enter", icon: "cap", href: `/captures/${key}` },
      ...(this.table.str(e, "state") === "live" ? [{ label: "Stop", icon: "stop" as const, run: () => this.stop(e) }] : []),
      { label: "Download pcapng", icon: "download", run: save("pcapng") },
      { label: "Download pcap", run: save("pcap") },
      "rule",
      { label: "Delete…", key: "Del", icon: "trash", run: () => this.askDelete(e) },
    ], at);
  }

  private stop(e: Entry): void {
    api("POST", `/api/captures/${e.key}/stop`).then(() => toast(`Capture stopped, ${count(this.table.num(e, "packets"))} packets kept.`), (err: unknown) => toast(explain(err)));
  }

  private askDelete(e: Entry): void {
    const name = this.table.str(e, "name");
    let error = "";
    const act = (): void => {
      api("DELETE", `/api/captures/${e.key}`).then(
        () => {
          d.close();
          go({ sel: null }, { replace: true });
          toast(`${name} is deleted.`);
        },
        (err: unknown) => {
          error = explain(err);
          d.update();
        },
      );
    };
    const d = openDialog(() => ({
      title: "Delete a capture",
      icon: "trash",
      iconClass: "bad",
      width: "w460",
      body: html`<p class="small"><b>${name}</b>, ${count(this.table.num(e, "packets"))} packets, ${bytes(this.table.num(e, "size"))}. The file and its index are removed from ${document.body.dataset["host"]}; this cannot be undone.</p>${error ? html`<p class="hint bad" role="alert">${error}</p>` : nothing}`,
      footer: html`<span class="push"><button type="button" class="btn" autofocus @click=${() => d.close()}>Cancel</button><button type="button" class="btn danger" @click=${act}>Delete ${name}</button></span>`,
    }));
  }

  private cards(): TemplateResult {
    const t = this.table;
    const live = [...t.rows.values()].filter((e) => t.str(e, "state") === "live");
    const busy = [...t.rows.values()].filter((e) => t.str(e, "state") === "indexing" || t.str(e, "state") === "receiving");
    return html`<div class="capcards">${live.map((e) => html`<section class="panel"><div class="body"><div class="row"><span class="bad">${icon("rec", 14)}</span><b class="nw small">${t.str(e, "name")}</b><span class="grow ell"><code class="dim n-hide">${t.str(e, "filter")}</code></span><button type="button" class="btn sm" @click=${() => this.stop(e)}>${icon("stop", 11)}Stop</button><a class="btn sm" href="/captures/${e.key}">Open</a></div><div class="row mono dim nw"><span>${ago((Date.now() - t.num(e, "started") / 1e6) / 1000)}</span><span>${count(t.num(e, "packets"))} packets</span><span>${bytes(t.num(e, "bytes"))}</span><span class=${t.num(e, "dropped") > 0 ? "bad" : ""}>${t.cell(e, "dropped") === null ? "drops not known" : `${count(t.num(e, "dropped"))} dropped`}</span></div></div></section>`)}
      ${busy.map((e) => html`<section class="panel"><div class="body"><div class="row"><span class="faint">${icon("clock", 14)}</span><b class="small ell">${t.str(e, "name")}</b><span class="faint grow nw small">${t.str(e, "state")} ${percent(t.num(e, "progress"), 0)} %</span><a class="btn sm" href="/captures/${e.key}" title="Later packets appear as they are read">Open now</a></div><div class="prog" role="progressbar" aria-label="Indexing" aria-valuemin="0" aria-valuemax="100" aria-valuenow=${percent(t.num(e, "progress"), 0)}><i ${css({ width: pct(t.num(e, "progress")) })}></i></div><div class="mono dim nw ell tiny">${count(t.num(e, "packets"))} packets so far</div></div></section>`)}
      ${uploads.value.map((u) => this.uploadCard(u))}
      <label class="drop" @dragover=${(e: Event) => (e.currentTarget as HTMLElement).classList.add("over")} @dragleave=${(e: Event) => (e.currentTarget as HTMLElement).classList.remove("over")}>${icon("upload", 20)}<span><b>Drop capture files anywhere in this window</b><br>pcap, pcapng, also .gz, .zst and .lz4. They stay on this host.</span><input type="file" multiple class="sr" aria-label="Choose capture files" @change=${(e: Event) => { const i = e.target as HTMLInputElement; if (i.files) upload(i.files); i.value = ""; }}></label></div>`;
  }

  private uploadCard(u: Upload): TemplateResult {
    if (u.error) return html`<section class="panel"><div class="body"><div class="row bad small">${icon("err", 14)}<span class="grow">${u.name}: ${u.error}.</span><button type="button" class="btn sm" @click=${() => dismiss(u)}>Dismiss</button></div></div></section>`;
    const f = u.size ? u.sent / u.size : 0;
    const seconds = (performance.now() - u.started) / 1000;
    const speed = seconds > 0.5 ? u.sent / seconds : 0;
    return html`<section class="panel"><div class="body"><div class="row"><span class="faint">${icon("upload", 14)}</span><b class="small ell">${u.name}</b><span class="faint grow nw small">uploading ${percent(f, 0)} %</span><button type="button" class="btn sm" @click=${u.cancel}>Cancel</button></div><div class="prog" role="progressbar" aria-label="Uploading" aria-valuemin="0" aria-valuemax="100" aria-valuenow=${percent(f, 0)}><i ${css({ width: pct(f) })}></i></div><div class="mono dim nw ell tiny">${bytes(u.sent)} of ${bytes(u.size)}${speed ? `, ${bytes(speed)}/s, ${ago((u.size - u.sent) / speed)} left` : ""}</div></div></section>`;
  }

  protected override render(): TemplateResult {
    return html`<div class="bar"><span class="h1" aria-hidden="true">Captures</span><s-filter .fields=${fields} label="Filter captures" placeholder="Filter: name, or state == live"></s-filter><div class="row"><button type="button" class="btn" @click=${chooseFiles}>${icon("upload", 14)}Upload</button><button type="button" class="btn primary" @click=${() => go({ dialog: "new" }, { replace: true })}>${icon("rec", 13)}New capture</button></div></div>
      ${this.cards()}${notes(this.table.notes)}${this.error && !this.table.updates ? failed(this.error, "The capture library cannot be read") : this.table.updates ? this.list.grid : skeleton()}`;
  }
}

define("s-captures", SCaptures);
