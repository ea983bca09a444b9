// A capture: header, display filter, the strip over its whole length, tabs, and
// below them the packets (list, details, bytes) or a statistic. One script for
// all pages under /captures/ID; `view` says which one it is.
import { html, nothing, type TemplateResult } from "lit";
import { get, go, href } from "./address";
import "./capture-bytes";
import "./capture-conversations";
import "./capture-filter";
import { closeFollow, followDialog } from "./capture-follow";
import "./capture-hierarchy";
import { added, facts, paint, type Paint, setPaint } from "./capture-list";
import { divider } from "./capture-split";
import { ask, counts, detail, detailError, effective, first, followDetail, id, isMissing, knows, list, live, picked, root, section, select, selected, status, streamOf, tshark, typed } from "./capture-state";
import { rangePill, within } from "./capture-strip";
import { both } from "./capture-filters";
import "./capture-tree";
import { openDialog } from "./dialog";
import { css, empty, icon, pct } from "./draw";
import { ago, bytes, count, percent } from "./format";
import { define, Island } from "./island";
import { pageKeys } from "./keys";
import { type MenuItem, openMenu } from "./menu";
import { api, download, explain } from "./session";
import { command, fact } from "./status";
import { copy, toast } from "./toast";
import type { Failure, PacketRow } from "./wire";

const tabs: readonly (readonly [string, string, string?])[] = [
  ["", "Packets"],
  ["conversations", "Conversations", "c"],
  ["endpoints", "Endpoints"],
  ["hierarchy", "Protocol hierarchy"],
];

/** Filters that one press sets, shown when the server knows their fields. */
const chips: readonly (readonly [string, string])[] = [
  ["tcp.analysis.flags", "Trouble"],
  ["http.response.code >= 500", "5xx"],
];

class SCapture extends Island {
  private error: Failure | undefined;
  private known: readonly string[] = [];
  private readingSince = 0;
  private filteredAt = 0;
  private filtered: string | undefined;
  private pace: { readonly at: number; readonly packets: number } | undefined;
  private speed = 0;

  override connectedCallback(): void {
    super.connectedCallback();
    this.topic("status", `capture/${id}/status`, {}, (t, c) => {
      this.error = c.error;
      const e = [...t.rows.values()][0];
      if (e) {
        const n = (f: string): number => t.num(e, f);
        const packets = n("packets");
        this.measure(packets);
        status.value = { name: t.str(e, "name"), state: t.str(e, "state"), source: t.str(e, "source"), filter: t.str(e, "filter"), packets, bytes: n("bytes"), length: n("length"), progress: n("progress"), started: n("started"), first: n("first"), dropped: t.cell(e, "dropped") as number | null, damage: t.str(e, "damage"), error: t.str(e, "error") };
      }
      this.requestUpdate();
    });
    // A statistic has no list: this opens the capture, and says how much there is.
    if (section !== "") this.follow(() => this.countOnly());
    else this.endDetail = followDetail();
    this.follow(() => {
      void live.value;
      const s = status.value;
      if (s) document.title = `${s.name} · ${document.body.dataset["host"]} · sonde`;
      command.value = tshark();
      if (this.filtered !== effective.value) {
        this.filtered = effective.value;
        this.filteredAt = performance.now();
      }
      const n = counts.value;
      fact.value = n ? `${count(n.displayed)} of ${count(n.total)} packets shown (${percent(n.total ? n.displayed / n.total : 1)} %)${n.partial && !live.value ? "…" : ""}` : "";
      void typed.value;
      void detail.value;
      void get("cols");
      void get("r");
      void get("pane");
      this.requestUpdate();
    });
    this.follow(() => {
      const asked = get("dialog") === "follow";
      if (!asked) closeFollow();
      else if (section === "" && (detail.value?.no === selected.value || detailError.value)) followDialog();
    });
    for (const [f, title] of chips) void knows(f).then((ok) => { if (ok) { this.known = [...this.known, title]; this.requestUpdate(); } });
    this.every(1000, () => { if (live.value || counts.value?.partial || status.value?.state !== "ready") this.requestUpdate(); });
    pageKeys(this.keys());
  }

  private endDetail: () => void = () => {};

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.endDetail();
  }

  private counting: string | undefined;

  /** How many packets the filter leaves; one question at a time, until all are counted. */
  private countOnly(): void {
    const f = effective.value;
    const s = status.value;
    if (f === undefined || !s || this.counting === f) return;
    this.counting = f;
    const next = (): void => {
      ask<{ displayed: number; total: number; partial: boolean }>(`${root}/packets?limit=0&filter=${encodeURIComponent(f)}`).then(
        (p) => {
          if (effective.peek() !== f) return;
          counts.value = { displayed: p.displayed, total: p.total, partial: p.partial };
          if (p.partial && this.isConnected) setTimeout(next, 500);
          else this.counting = undefined;
        },
        () => {
          this.counting = undefined; // the statistic's own topic says what is wrong
        },
      );
    };
    next();
  }

  /** Packets a second while a file is read. */
  private measure(packets: number): void {
    const now = performance.now();
    if (!this.pace || packets < this.pace.packets) this.pace = { at: now, packets };
    else if (now - this.pace.at > 500) {
      this.speed = (packets - this.pace.packets) / ((now - this.pace.at) / 1000);
      this.pace = { at: now, packets };
    }
  }

  private keys(): Readonly<Record<string, (e: KeyboardEvent) => boolean | void>> {
    const own: Record<string, (e: KeyboardEvent) => boolean | void> = {
      c: () => location.assign(within("conversations")),
      "Ctrl-e": () => (live.value ? this.stop() : false),
    };
    if (section !== "") return own;
    return {
      ...own,
      f: () => this.follows(),
      "Ctrl-g": () => this.goTo(),
      "Ctrl-.": () => void this.stream(false),
      "Ctrl-,": () => void this.stream(true),
      "Ctrl-arrowdown": () => this.move("ArrowDown"),
      "Ctrl-arrowup": () => this.move("ArrowUp"),
      "Ctrl-home": () => this.move("Home"),
      "Ctrl-end": () => this.move("End"),
      F8: () => this.move("ArrowDown"),
      F7: () => this.move("ArrowUp"),
      Escape: () => {
        if (get("field") || get("bytes")) go({ field: null, bytes: null }, { replace: true });
        else if (get("r")) go({ r: null });
        else return false;
      },
    };
  }

  private move(key: string): void {
    this.querySelector<HTMLElement & { handleKey(k: string): boolean }>("s-grid[data-main]")?.handleKey(key);
  }

  private follows(): void {
    if (!streamOf(detail.value)) {
      toast("This packet is not part of a stream.");
      return;
    }
    go({ dialog: "follow", p: selected.value });
  }

  /** The next or previous packet of the selected one's stream, among those shown. */
  private async stream(back: boolean): Promise<void> {
    const s = streamOf(detail.value);
    if (!s) {
      toast("This packet is not part of a stream.");
      return;
    }
    const f = both(effective.value ?? "", `${s.proto}.stream == ${s.index}`);
    try {
      const row = await ask<PacketRow>(`${root}/find?after=${selected.value}${back ? "&back=1" : ""}&filter=${encodeURIComponent(f)}`);
      select(row.no);
    } catch (e) {
      toast(isMissing(e) ? `This is the ${back ? "first" : "last"} packet of ${s.proto.toUpperCase()} stream ${s.index}${effective.value ? " that is shown" : ""}.` : explain(e));
    }
  }

  private goTo(): void {
    let text = String(selected.value || 1);
    const most = (): number => counts.value?.total ?? 0;
    const valid = (): boolean => /^\d+$/.test(text.trim()) && Number(text) >= 1 && Number(text) <= most();
    const act = async (): Promise<void> => {
      if (!valid()) return;
      const no = Number(text);
      const found = await list.value?.find(no).catch(() => undefined);
      d.close();
      go({ p: no, bytes: null });
      if (found && !found.exact) toast(`Packet ${count(no)} is hidden by the filter.`, { label: "Clear filter", run: () => go({ f: null, r: null }) });
    };
    const d = openDialog(() => ({
      title: "Go to packet",
      width: "w460",
      body: html`<div class="field"><label for="goto-no">Packet number, 1 to ${count(most())}</label><input class="in mono" id="goto-no" inputmode="numeric" autofocus .value=${text} aria-invalid=${!valid()} @input=${(e: Event) => { text = (e.target as HTMLInputElement).value; d.update(); }} @keydown=${(e: KeyboardEvent) => { if (e.key === "Enter") void act(); }}></div>`,
      footer: html`<span class="push"><button type="button" class="btn" @click=${() => d.close()}>Cancel</button><button type="button" class="btn primary" ?disabled=${!valid()} @click=${() => void act()}>Go to packet</button></span>`,
    }));
    d.element.querySelector("input")?.select();
  }

  private stop(): void {
    api("POST", `/api/captures/${id}/stop`).then(() => toast(`Capture stopped, ${count(status.value?.packets ?? 0)} packets kept.`), (e: unknown) => toast(explain(e)));
  }

  private viewMenu(at: HTMLElement): void {
    const p = paint();
    const set = (v: Paint) => (): void => setPaint(v);
    const name = (status.value?.name ?? "capture").replace(/\.(pcapng|pcap|cap)(\.\w+)?$/i, "");
    const save = (format: string, shown: boolean) => (): void => {
      download(`${root}/download?format=${format}${shown ? `&filter=${encodeURIComponent(effective.value ?? "")}` : ""}`, `${name}${shown ? "-displayed" : ""}.${format}`).catch((e: unknown) => toast(explain(e)));
    };
    const shown = (effective.value ?? "") !== "";
    const items: MenuItem[] = [
      { heading: "Row colours" },
      { label: "Full", checked: p === "full", run: set("full") },
      { label: "Left bar only", checked: p === "bar", run: set("bar") },
      { label: "Off", checked: p === "off", run: set("off") },
      ...(added().length ? [{ heading: "Added columns" } as const, ...added().map((c) => ({ label: c, checked: true, run: () => go({ cols: added().filter((x) => x !== c).join() }) }))] : []),
      "rule",
      { label: "Go to packet…", key: "Ctrl G", run: () => this.goTo() },
      "rule",
      { label: "Download pcapng", icon: "download", run: save("pcapng", false) },
      ...(shown ? [{ label: "Download displayed packets", run: save("pcapng", true) }] : []),
      { label: "Download as CSV", run: save("csv", shown) },
    ];
    openMenu(items, at);
  }

  private statMenu(at: HTMLElement): void {
    openMenu(tabs.filter(([t]) => t !== section).map(([t, label, key]) => ({ label, ...(key ? { key } : {}), href: within(t) })), at);
  }

  private header(): TemplateResult {
    const s = status.value;
    const running = live.value;
    const clockText = s ? ago((Date.now() - s.started / 1e6) / 1000) : "";
    return html`<div class="caphd"><a class="faint back" href="/captures" aria-label="Captures">${icon("left", 15)}</a>${running ? html`<span class="bad">${icon("rec", 14)}</span>` : nothing}<span class="h1 ell" aria-hidden="true">${s?.name ?? ""}</span><span class="meta">${running ? `capturing, ${clockText}, ${count(s?.packets ?? 0)} packets, ${bytes(s?.bytes ?? 0)}` : facts()}${s?.dropped ? html`, <span class="warn">${count(s.dropped)} dropped</span>` : nothing}</span><span class="push">${running ? html`<button type="button" class="btn" @click=${() => this.stop()}>${icon("stop", 11)}Stop</button>` : nothing}${section === "" ? html`<button type="button" class="btn n-hide" title="Follow stream (f)" @click=${() => this.follows()}>Follow stream</button>` : nothing}<button type="button" class="btn n-hide" aria-haspopup="menu" @click=${(e: Event) => this.statMenu(e.currentTarget as HTMLElement)}>Statistics ${icon("down", 11)}</button><button type="button" class="btn n-hide" aria-haspopup="menu" @click=${(e: Event) => this.viewMenu(e.currentTarget as HTMLElement)}>View ${icon("down", 11)}</button><button type="button" class="btn" title="Copy a link to this view: filter, packet and field" @click=${() => void copy(location.href, "Link to this view copied. It holds the filter, the packet and the field.")}>${icon("share", 13)}Share</button></span></div>`;
  }

  private banners(): TemplateResult {
    const s = status.value;
    if (!s) return html``;
    const n = counts.value;
    const reading = s.state === "indexing" || s.state === "receiving";
    if (!reading) this.readingSince = 0;
    else if (!this.readingSince) this.readingSince = performance.now();
    // A file that is read at once needs no progress.
    const slow = reading && performance.now() - this.readingSince > 400;
    return html`${slow ? html`<div class="banner progress">${icon("clock", 15)}<span class="nw">${s.state === "receiving" ? "Receiving" : "Indexing"}${s.progress < 1 ? ` ${percent(s.progress, 0)} %` : ""}</span>${s.progress < 1 ? html`<span class="prog" role="progressbar" aria-label=${s.state === "receiving" ? "Receiving" : "Indexing"} aria-valuemin="0" aria-valuemax="100" aria-valuenow=${percent(s.progress, 0)}><i ${css({ width: pct(s.progress) })}></i></span>` : nothing}<span class="dim nw">${count(s.packets)} packets so far${this.speed > 0 ? `, ${count(this.speed)} a second` : ""}</span></div>` : nothing}
      ${s.damage ? html`<div class="banner warn">${icon("warn", 15)}<span class="grow">This file is not whole: ${s.damage}. The packets before it are shown.</span></div>` : nothing}
      ${s.error ? html`<div class="banner bad">${icon("err", 15)}<span class="grow">${s.error}</span></div>` : nothing}
      ${s.dropped ? html`<div class="banner warn">${icon("warn", 15)}<span class="grow">${count(s.dropped)} packets were lost while capturing: they are not in this list.</span></div>` : nothing}
      ${n?.partial && !live.value && effective.value && performance.now() - this.filteredAt > 600 ? html`<div class="banner progress" role="status">${icon("filter", 15)}<span>The filter is still being applied: ${count(n.displayed)} packets so far.</span></div>` : nothing}`;
  }

  private packets(): TemplateResult {
    const pane = get("pane") === "bytes" ? "bytes" : "tree";
    const none = counts.value?.displayed === 0 && !picked.value;
    return html`<div class="split v packets ${none ? "bare" : ""}"><s-packets class="col"></s-packets>${divider({ name: "capture-rows", way: "h", property: "--low", initial: 47, label: "Resize list and details" })}<div class="col lower"><div class="panehd only-n"><div class="seg"><a href=${href({ pane: null })} aria-current=${pane === "tree"}>Details</a><a href=${href({ pane: "bytes" })} aria-current=${pane === "bytes"}>Bytes</a></div></div><div class="split two-panes"><s-packet-tree class="col grow ${pane === "tree" ? "" : "n-hide"}"></s-packet-tree>${divider({ name: "capture-bytes", way: "v", property: "--bytes", initial: 50, label: "Resize details and bytes" })}<s-packet-bytes class="col ${pane === "bytes" ? "" : "n-hide"}"></s-packet-bytes></div></div></div>`;
  }

  protected override render(): TemplateResult {
    if (this.error && !status.value) {
      return this.error.code === "not-found"
        ? empty("cap", "No such capture", "It may have been deleted; the address names a capture that is not on this host.", html`<a class="btn" href="/captures">All captures</a>`)
        : empty("err", "The capture cannot be shown", `${this.error.message}.`);
    }
    const f = typed.value;
    void first.value;
    const body = section === "" ? this.packets() : section === "hierarchy" ? html`<s-hierarchy></s-hierarchy>` : html`<s-conversations kind=${section === "endpoints" ? "endpoints" : "conv"}></s-conversations>`;
    return html`${this.header()}<div class="bar dfilter"><s-packet-filter></s-packet-filter>${rangePill()}<div class="row n-hide">${chips.filter(([, t]) => this.known.includes(t)).map(([x, t]) => html`<a class="btn sm" role="button" href=${href({ f: f === x ? null : x })} aria-pressed=${f === x} title=${x}>${t}</a>`)}</div></div><s-capture-strip></s-capture-strip><div class="tabs" role="tablist" aria-label="Capture views">${tabs.map(([t, label]) => html`<a role="tab" aria-selected=${t === section} tabindex=${t === section ? 0 : -1} href=${within(t)}>${label}</a>`)}</div>${this.banners()}${body}`;
  }
}

define("s-capture", SCapture);
