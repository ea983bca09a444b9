// New capture: interface, capture filter (checked as it is typed), how much to
// keep, when to stop, the same as a tcpdump line. Nothing starts without Start.
import { html, nothing, type TemplateResult } from "lit";
import { get, go, open } from "./address";
import { type DialogHandle, openDialog } from "./dialog";
import { commandLine, icon } from "./draw";
import { rate, shell } from "./format";
import { api, ApiError, explain } from "./session";
import { subscribe } from "./socket";
import { Table } from "./table";
import { toast } from "./toast";
import type { Created, Device, FilterCheck, LiveSpec } from "./wire";

const keeps = [
  ["ring", "Last 4 files × 64 MB", { files: 4, filesize: 64_000_000 }],
  ["ring1g", "Last 4 files × 256 MB", { files: 4, filesize: 256_000_000 }],
  ["all", "Everything", {}],
] as const;
const stops = [
  ["", "I stop it", {}],
  ["60s", "60 s", { duration: 60 }],
  ["10m", "10 min", { duration: 600 }],
  ["10000", "10,000 packets", { packets: 10_000 }],
  ["1g", "1 GB", { filesize: 1_000_000_000 }],
] as const;

type Check = { readonly state: "" | "valid" | "invalid" | "unknown"; readonly text: string };

let current: DialogHandle | undefined;

export function captureDialog(): void {
  if (current) return;
  let devices: readonly Device[] | undefined;
  let error = "";
  let dev = get("if") || "any";
  let filter = get("cf");
  let snap = get("snap");
  let keep: string = keeps[0][0];
  let stop = get("stop");
  let check: Check = { state: "", text: "" };
  let busy = false;
  let timer = 0;
  let links = new Table();
  const rates = subscribe("probe/interfaces", {}, (t) => {
    links = t;
    current?.update();
  });

  const ask = async (): Promise<void> => {
    const text = filter.trim();
    if (!text) check = { state: "", text: "" };
    else {
      try {
        const r = await api<FilterCheck>("GET", `/api/capture-filter/check?filter=${encodeURIComponent(text)}`);
        if (text !== filter.trim()) return;
        check = r.ok ? { state: "valid", text: r.explained ? `Valid: ${r.explained}` : "Valid." } : { state: "invalid", text: wrong(text, r.error?.message ?? "not a capture filter") };
      } catch (e) {
        if (text !== filter.trim()) return;
        // A server without the check says so when the capture starts.
        check = e instanceof ApiError && e.code === "bad-filter" ? { state: "invalid", text: wrong(text, e.message) } : { state: "unknown", text: "Checked when the capture starts." };
      }
    }
    current?.update();
  };
  const typed = (e: Event): void => {
    filter = (e.target as HTMLInputElement).value;
    clearTimeout(timer);
    timer = window.setTimeout(() => void ask(), 150);
    current?.update();
  };
  const start = async (): Promise<void> => {
    busy = true;
    error = "";
    current?.update();
    const ring = keeps.find((k) => k[0] === keep)?.[2] ?? {};
    const numeric = /^\d+$/.test(stop) && !stops.some((s) => s[0] === stop);
    const spec: LiveSpec = { interface: dev, filter: filter.trim(), snaplen: Number(snap) || 0, ring, stop: numeric ? { packets: Number(stop) } : (stops.find((s) => s[0] === stop)?.[2] ?? {}) };
    try {
      const made = await api<Created>("POST", "/api/captures/live", spec);
      current?.close();
      toast(`Capturing on ${dev}.`, { label: "Open", run: () => open(`/captures/${made.id}`) });
    } catch (e) {
      busy = false;
      error = explain(e);
      current?.update();
    }
  };
  const row = (name: string, text: string): TemplateResult => {
    const l = [...links.rows.values()].find((x) => links.str(x, "name") === name);
    const total = name === "any" ? (links.figure("rx.rate") ?? 0) + (links.figure("tx.rate") ?? 0) : l ? links.num(l, "rx.rate") + links.num(l, "tx.rate") : null;
    return html`<label class="chk"><input type="radio" name="if" .checked=${name === dev} @change=${() => { dev = name; current?.update(); }}><b class="mono w62 ell">${name}</b><span class="dim grow ell">${text}</span><span class="mono dim r nw">${total === null || links.updates < 2 ? "" : rate(total)}</span></label>`;
  };
  const select = (label: string, value: string, list: readonly (readonly [string, string, ...unknown[]])[], set: (v: string) => void): TemplateResult => html`<label class="field"><span class="lab">${label}</span><select class="in" @change=${(e: Event) => { set((e.target as HTMLSelectElement).value); current?.update(); }}>${list.map(([v, t]) => html`<option value=${v} ?selected=${v === value}>${t}</option>`)}</select></label>`;
  const line = (): string => {
    const ring = keeps.find((k) => k[0] === keep)?.[2] as { files?: number; filesize?: number };
    return `tcpdump -i ${shell(dev)} -s ${Number(snap) || 0}${ring.files ? ` -C ${(ring.filesize ?? 0) / 1e6} -W ${ring.files}` : ""}${/^\d+$/.test(stop) ? ` -c ${stop}` : ""} -w ${shell(dev)}.pcapng${filter.trim() ? ` ${shell(filter.trim())}` : ""}`;
  };

  void api<readonly Device[]>("GET", "/api/devices").then(
    (d) => {
      devices = d;
      if (!get("if") && !d.some((x) => x.name === "any") && d[0]) dev = d[0].name;
      current?.update();
    },
    (e: unknown) => {
      error = explain(e);
      devices = [];
      current?.update();
    },
  );
  current = openDialog(
    () => {
      const list = devices ?? [];
      const has = list.some((d) => d.name === "any");
      const extra = /^\d+$/.test(stop) && !stops.some((s) => s[0] === stop) ? [[stop, `${Number(stop).toLocaleString("en-US")} packets`] as const] : [];
      return {
        title: "New capture",
        icon: "rec",
        width: "w620",
        body: html`<div class="field"><span class="lab" id="if-label">Interface</span><div class="choices" role="radiogroup" aria-labelledby="if-label">${devices === undefined ? html`<div class="chk dim">Reading interfaces…</div>` : html`${has ? nothing : row("any", "all interfaces")}${list.map((d) => row(d.name, d.addresses?.[0] ?? (d.name === "any" ? "all interfaces" : (d.description ?? ""))))}`}</div></div>
          <div class="field"><label for="cf">Capture filter</label><div class="filter ${check.state === "unknown" ? "" : check.state}">${icon("filter", 14)}<input id="cf" autofocus .value=${filter} placeholder="For example: host 10.0.4.12 and tcp port 5432" spellcheck="false" autocomplete="off" aria-invalid=${check.state === "invalid"} aria-describedby="cf-hint" @input=${typed}></div><div id="cf-hint" class="hint ${check.state === "invalid" ? "bad" : check.state === "valid" ? "ok" : ""}">${check.text || "Empty records everything."}</div></div>
          <div class="three">${select("Bytes per packet", snap, [["", "Whole packet"], ["256", "256 (headers)"], ["128", "128"], ...(snap && !["256", "128"].includes(snap) ? [[snap, snap] as const] : [])], (v) => { snap = v; })}${select("Keep", keep, keeps, (v) => { keep = v; })}${select("Stop after", stop, [...stops, ...extra], (v) => { stop = v; })}</div>
          ${get("proc") ? html`<p class="hint">Packets of process ${get("proc")} only: capture, then filter with <code>frame.process.pid == ${get("proc")}</code>.</p>` : nothing}${get("grep") ? html`<p class="hint">Text search: capture, then filter with <code>frame contains "${get("grep")}"</code>.</p>` : nothing}
          ${error ? html`<p class="hint bad" role="alert">${error}</p>` : nothing}${commandLine(line())}`,
        footer: html`<span class="push"><button type="button" class="btn" @click=${() => current?.close()}>Cancel</button><button type="button" class="btn primary" ?disabled=${busy || check.state === "invalid"} @click=${start}>${icon("rec", 13)}Start</button></span>`,
      };
    },
    () => {
      rates.close();
      clearTimeout(timer);
      current = undefined;
      go({ dialog: null, if: null, cf: null, snap: null, stop: null, proc: null, grep: null }, { replace: true });
    },
  );
  if (filter) void ask();
}

/** A display filter typed here is a usual slip; say which language this is. */
function wrong(text: string, reason: string): string {
  return /==|!=|&&|\|\||\b\w+\.\w+/.test(text) && !/\[/.test(text) ? `${reason}. Display filter syntax does not work here: capture filters use “host”, “port”, “net”.` : reason;
}
