// What the parts of a capture page share: which capture, how it stands, the
// filter that is applied, the packet that is selected. Signals that follow the
// address; the parts read them and write to the address alone.
import { batch, computed, effect, signal } from "@preact/signals-core";
import { get, go, path } from "./address";
import { both, type Join, join, parseRange, rangeFilter } from "./capture-filters";
import type { PagedRows } from "./capture-rows";
import { shell } from "./format";
import { ApiError, api } from "./session";
import { link } from "./socket";
import type { Detail, FilterCheck, FilterError } from "./wire";

/** Id of the capture: /captures/ID/… */
export const id = decodeURIComponent(path.split("/")[2] ?? "");
export const home = `/captures/${encodeURIComponent(id)}`;
export const root = `/api/captures/${encodeURIComponent(id)}`;
/** "" for the packets, else conversations, endpoints, hierarchy. */
export const section = path.split("/")[3] ?? "";

/** A page may be opened with the code of a new session, which is exchanged first:
 * nothing is asked before the connection stands. */
const connected = new Promise<void>((resolve) => {
  const stop: () => void = effect(() => {
    if (link.value.state !== "live") return;
    resolve();
    queueMicrotask(() => stop());
  });
});

export async function ask<T>(url: string, signal?: AbortSignal): Promise<T> {
  await connected;
  signal?.throwIfAborted();
  return api<T>("GET", url, undefined, signal);
}

/** How the capture stands; times in ns, as the status topic has them. */
export interface Status {
  readonly name: string;
  readonly state: string;
  readonly source: string;
  /** Capture filter of a live capture. */
  readonly filter: string;
  readonly packets: number;
  readonly bytes: number;
  readonly length: number;
  readonly progress: number;
  readonly started: number;
  readonly first: number;
  readonly dropped: number | null;
  readonly damage: string;
  readonly error: string;
}
export const status = signal<Status | undefined>(undefined);
export const live = computed(() => status.value?.state === "live");
/** Nothing more will come: not live, not received, not indexed. */
export const settled = computed(() => status.value?.state === "ready" || status.value?.state === "failed");

/** The filter's text as the bar shows it; it may be wrong. */
export const typed = signal(get("f"));
/** Verdict on a text of the address that was wrong. */
export const refused = signal<FilterError | undefined>(undefined);
/** The last filter that was valid; undefined until the first verdict. */
export const applied = signal<string | undefined>(undefined);
export const range = computed(() => parseRange(get("r")));
/** What the server is asked with: the filter within the time range. */
export const effective = computed(() => (applied.value === undefined ? undefined : both(applied.value, rangeFilter(range.value))));

/** The rows on the screen, and how many there are. */
export const list = signal<PagedRows | undefined>(undefined);
export const counts = signal<{ readonly displayed: number; readonly total: number; readonly partial: boolean } | undefined>(undefined);
/** The first packet that is shown: selected as long as no other is. */
export const first = signal(0);
const chosen = signal(Number(get("p")) || 0);
/** Whether the reader or the address chose a packet. */
export const picked = computed(() => chosen.value !== 0);
export const selected = computed(() => chosen.value || first.value);

/** The selected packet in full; undefined while nothing is selected. */
export const detail = signal<Detail | undefined>(undefined);
export const detailError = signal<unknown>(undefined);

const verdicts = new Map<string, Promise<FilterCheck>>();

/** The server's verdict on a filter, asked once for each text. */
export function check(text: string): Promise<FilterCheck> {
  let v = verdicts.get(text);
  if (!v) {
    if (verdicts.size > 200) verdicts.clear();
    v = ask<FilterCheck>(`/api/filter/check?filter=${encodeURIComponent(text)}`);
    v.catch(() => verdicts.delete(text));
    verdicts.set(text, v);
  }
  return v;
}

let verdictOf = "";
// A filter in the address is asked about once; a wrong one is shown, and the
// list keeps the last valid result.
effect(() => {
  const text = get("f");
  if (applied.peek() !== undefined && text === verdictOf) return;
  verdictOf = text;
  typed.value = text;
  if (text === "") {
    batch(() => {
      refused.value = undefined;
      applied.value = "";
    });
    return;
  }
  if (text === applied.peek()) {
    refused.value = undefined;
    return;
  }
  void check(text).then(
    (v) => {
      if (get("f") !== text) return;
      batch(() => {
        refused.value = v.ok ? undefined : v.error;
        if (v.ok) applied.value = text;
        else applied.value ??= "";
      });
    },
    () => {
      applied.value ??= text; // the list's own request says what is wrong
    },
  );
});

/** Makes a filter the view's, as one step that Back undoes. */
export function apply(text: string): void {
  go({ f: text });
}

/** A condition joined to the applied filter; `prepare` only writes it into the bar. */
export function applyAs(condition: string, how: Join, prepare = false): void {
  const text = join(applied.value ?? "", condition, how);
  if (!prepare) return apply(text);
  document.dispatchEvent(new CustomEvent("sonde-prepare", { detail: text }));
}

let written = get("p");
let writing = 0;

/** Selects a packet. The address follows when the selection rests: a held key
 * would soon be refused more changes by the browser. */
export function select(no: number): void {
  chosen.value = no;
  clearTimeout(writing);
  if (get("bytes")) write();
  else writing = window.setTimeout(write, 120);
}

/** Takes the selection back, to the first packet or none. */
export function deselect(): void {
  clearTimeout(writing);
  chosen.value = 0;
  go({ p: null, field: null, bytes: null }, { replace: true });
}

function write(): void {
  clearTimeout(writing);
  writing = 0;
  written = String(chosen.peek());
  go({ p: written, bytes: null }, { replace: true });
}

addEventListener("pagehide", () => {
  if (writing) write();
});

// A link, Back or Forward to another packet.
effect(() => {
  const p = get("p");
  if (p === written) return;
  clearTimeout(writing);
  writing = 0;
  written = p;
  chosen.value = Number(p) || 0;
});

/** The stream of the selected packet that can be followed: tcp before udp. */
export function streamOf(d: Detail | undefined): { readonly proto: "tcp" | "udp"; readonly index: number } | undefined {
  const s = d?.streams;
  if (s?.["tcp"] !== undefined) return { proto: "tcp", index: s["tcp"] };
  if (s?.["udp"] !== undefined) return { proto: "udp", index: s["udp"] };
  return undefined;
}

/** Interface of a live capture, from its source "live eth0". */
export function device(source: string): string {
  return source.replace(/^live /, "");
}

/** The same view in a terminal. */
export function tshark(): string {
  const name = status.value?.name ?? "capture.pcapng";
  const f = effective.value ?? "";
  const now = status.value;
  const file = now?.state === "live" ? `tshark -i ${shell(device(now.source))}${now.filter ? ` -f ${shell(now.filter)}` : ""}` : `tshark -r ${shell(name)}`;
  const quoted = (word: string): string => (f ? shell(`${word},${f}`) : word);
  const tab = get("tab");
  if (section === "conversations") return `${file} -q -z ${get("limit") === "0" ? `conv,${tab || "tcp"}` : quoted(`conv,${tab || "tcp"}`)}`;
  if (section === "endpoints") return `${file} -q -z ${get("limit") === "0" ? `endpoints,${tab || "ip"}` : quoted(`endpoints,${tab || "ip"}`)}`;
  if (section === "hierarchy") return `${file} -q -z ${quoted("io,phs")}`;
  const s = get("dialog") === "follow" ? streamOf(detail.value) : undefined;
  if (s) return `${file} -q -z follow,${s.proto},ascii,${s.index}`;
  return f ? `${file} -Y ${shell(f)}` : file;
}

const details = new Map<number, Detail>();

/** Keeps `detail` at the selected packet; recent ones are kept for stepping back. */
export function followDetail(): () => void {
  let flight: AbortController | undefined;
  let timer = 0;
  const stop = effect(() => {
    const no = selected.value;
    flight?.abort();
    clearTimeout(timer);
    if (no === 0) {
      detail.value = undefined;
      return;
    }
    const known = details.get(no);
    if (known) {
      detailError.value = undefined;
      detail.value = known;
      return;
    }
    if (detail.peek()?.no === no) return;
    const c = new AbortController();
    flight = c;
    // A held key passes packets faster than they are worth asking for.
    timer = window.setTimeout(() => void load(no, c.signal), detail.peek() ? 30 : 0);
  });
  return () => {
    stop();
    flight?.abort();
    clearTimeout(timer);
  };
}

async function load(no: number, signal: AbortSignal): Promise<void> {
  try {
    const d = await ask<Detail>(`${root}/packets/${no}`, signal);
    if (details.size >= 24) details.delete(details.keys().next().value!);
    details.set(no, d);
    batch(() => {
      detailError.value = undefined;
      detail.value = d;
    });
  } catch (e) {
    if (signal.aborted) return;
    batch(() => {
      detailError.value = e;
      detail.value = undefined;
    });
  }
}

/** Whether the server can judge a name as a field; for chips and columns. */
export async function knows(field: string): Promise<boolean> {
  try {
    return (await check(field)).ok;
  } catch {
    return false;
  }
}

export function isMissing(e: unknown): boolean {
  return e instanceof ApiError && e.status === 404;
}
