// Follow stream: what the two ends said to each other, in order. Opened by the
// address (?dialog=follow&p=PACKET); text nodes only, since the bytes are a
// stranger's. A click on a piece goes to its packet.
import { html, nothing, type TemplateResult } from "lit";
import { get, go } from "./address";
import { dump } from "./capture-bytes";
import { apply, ask, detail, root, status, streamOf } from "./capture-state";
import { type DialogHandle, openDialog } from "./dialog";
import { icon } from "./draw";
import { bytes, count, duration } from "./format";
import { download, explain } from "./session";
import { toast } from "./toast";
import type { Stream, StreamChunk } from "./wire";

type Mode = "text" | "hex" | "raw" | "utf8";

/** Silences that are named, ns. */
const silence = 150e6;
/** Bytes drawn at first; more on demand, so that a large stream opens at once. */
const portion = 256 << 10;

interface Piece {
  readonly peer: number;
  readonly packet: number;
  readonly time: number;
  readonly data: Uint8Array;
  readonly offset: number;
}

let open: DialogHandle | undefined;

function pieces(chunks: readonly StreamChunk[]): Piece[] {
  const at = [0, 0];
  return chunks.map((c) => {
    const data = Uint8Array.from(atob(c.data), (x) => x.charCodeAt(0));
    const offset = at[c.peer] ?? 0;
    at[c.peer] = offset + data.length;
    return { peer: c.peer, packet: c.packet, time: c.time, data, offset };
  });
}

function textOf(p: Piece, mode: Mode): string {
  switch (mode) {
    case "hex":
      return dump(p.data, p.offset);
    case "raw":
      return Array.from(p.data, (b) => b.toString(16).padStart(2, "0")).join("");
    case "utf8":
      return new TextDecoder().decode(p.data).replaceAll("\r\n", "\n");
    case "text": {
      let out = "";
      for (const b of p.data) out += (b > 31 && b < 127) || b === 9 || b === 10 || b === 13 ? String.fromCharCode(b) : "·";
      return out.replaceAll("\r\n", "\n").replaceAll("\r", "·");
    }
  }
}

/** Opens the dialog for the selected packet; a packet of no stream says so. */
export function followDialog(): void {
  if (open) return;
  const s = streamOf(detail.peek());
  if (!s) {
    go({ dialog: null }, { replace: true });
    toast("This packet is not part of a stream.");
    return;
  }
  let stream: Stream | undefined;
  let list: Piece[] = [];
  let error = "";
  let mode: Mode = "text";
  let side = -1;
  let find = "";
  let hit = 0;
  let limit = portion;
  let hits = 0;
  const flight = new AbortController();

  const update = (): void => open?.update();
  const shown = (): Piece[] => list.filter((p) => side < 0 || p.peer === side);
  const sum = (peer: number): number => list.reduce((a, p) => a + (p.peer === peer ? p.data.length : 0), 0);
  const toPacket = (no: number): void => {
    open?.close();
    go({ dialog: null, p: no, field: null, bytes: null });
  };
  const jump = (by: number): void => {
    if (hits === 0) return;
    hit = (hit + by + hits) % hits;
    update();
    open?.element.querySelector("mark.now")?.scrollIntoView({ block: "center" });
  };

  const marked = (text: string): TemplateResult | string => {
    if (!find) return text;
    const out: (string | TemplateResult)[] = [];
    const low = text.toLowerCase();
    const word = find.toLowerCase();
    let from = 0;
    for (let i = low.indexOf(word); i >= 0; i = low.indexOf(word, i + word.length)) {
      out.push(text.slice(from, i), html`<mark class=${hits === hit ? "now" : ""}>${text.slice(i, i + word.length)}</mark>`);
      hits++;
      from = i + word.length;
    }
    out.push(text.slice(from));
    return html`${out}`;
  };

  const body = (): TemplateResult => {
    if (error) return html`<div class="empty">${icon("err", 24)}<h2>The stream cannot be read</h2><p>${error}.</p></div>`;
    if (!stream) return html`<div class="pad faint small" role="status">Reading the packets of this stream…</div>`;
    const out: TemplateResult[] = [];
    let size = 0;
    let last: number | undefined;
    let left = 0;
    hits = 0;
    for (const p of shown()) {
      if (size > limit) {
        left++;
        continue;
      }
      size += p.data.length;
      if (last !== undefined && p.time - last > silence) out.push(html`<div class="gap">${duration(p.time - last)} of silence</div>`);
      last = p.time;
      out.push(html`<div class=${p.peer === 0 ? "cl" : "sv"} title="Packet ${p.packet}: click to go there" @click=${() => { if (document.getSelection()?.isCollapsed) toPacket(p.packet); }}>${marked(textOf(p, mode))}</div>`);
    }
    if (hit >= hits) hit = 0;
    return html`<div class="stream" tabindex="0" role="region" aria-label="Stream">${out.length ? out : html`<div class="gap">No payload${side < 0 ? "" : " in this direction"}.</div>`}${left > 0 ? html`<div class="gap">${count(left)} more segments. <button type="button" class="btn sm" @click=${() => { limit *= 4; update(); }}>Show more</button></div>` : nothing}</div>`;
  };

  const bar = (): TemplateResult => {
    const node = (i: number, colour: string): TemplateResult => html`<button type="button" aria-pressed=${side === i} @click=${() => { side = i; update(); }}><span class="sw ${colour}"></span><span class="ell">${stream?.nodes[i] || (i === 0 ? "client" : "server")}</span> <span class="faint">${bytes(sum(i))}</span></button>`;
    return html`<div class="bar follow"><span class="seg" role="group" aria-label="Direction"><button type="button" aria-pressed=${side < 0} @click=${() => { side = -1; update(); }}>Both</button>${node(0, "cl")}${node(1, "sv")}</span><select class="in" aria-label="Show as" @change=${(e: Event) => { mode = (e.target as HTMLSelectElement).value as Mode; update(); }}><option value="text">Text</option><option value="hex">Hex dump</option><option value="raw">Raw</option><option value="utf8">UTF-8</option></select><label class="filter grow">${icon("search", 13)}<input placeholder="Find" aria-label="Find in stream" autocomplete="off" spellcheck="false" .value=${find} @input=${(e: Event) => { find = (e.target as HTMLInputElement).value; hit = 0; update(); update(); open?.element.querySelector("mark.now")?.scrollIntoView({ block: "center" }); }} @keydown=${(e: KeyboardEvent) => { if (e.key !== "Enter") return; e.preventDefault(); jump(e.shiftKey ? -1 : 1); }}>${find ? html`<span class="st nw" role="status">${hits === 0 ? "none" : `${hit + 1} of ${count(hits)}`}</span>` : nothing}</label></div>`;
  };

  const foot = (): TemplateResult => {
    const a = list.filter((p) => p.peer === 0).length;
    const b = list.length - a;
    const span = list.length > 1 ? (list.at(-1)!.time - list[0]!.time) / 1e9 : 0;
    const q = `${s.proto}.stream == ${s.index}`;
    const save = (): void => {
      download(`${root}/follow/${s.proto}/${s.index}?format=raw`, `${(status.peek()?.name ?? "capture").replace(/\.\w+$/, "")}-${s.proto}-${s.index}.bin`).catch((e: unknown) => toast(explain(e)));
    };
    const leave = (f: string) => (): void => {
      open?.close();
      go({ dialog: null }, { replace: true });
      apply(f);
    };
    return html`<span class="faint small ell">${a} client and ${b} server segments, ${span.toFixed(2)} s${stream?.missing ? html`, <span class="warn">${count(stream.missing)} bytes are missing from the capture</span>` : nothing}</span><span class="push"><button type="button" class="btn" @click=${leave(`!(${q})`)}>Hide this stream</button><button type="button" class="btn" @click=${save}>${icon("download", 13)}Save</button><button type="button" class="btn primary" @click=${leave(q)}>Show its packets</button></span>`;
  };

  open = openDialog(
    () => {
      // The pieces are drawn first: they count the hits that the bar shows.
      const text = body();
      return { title: `${s.proto.toUpperCase()} stream ${s.index}`, width: "w900 tall", body: html`${bar()}${text}`, footer: foot() };
    },
    () => {
      flight.abort();
      open = undefined;
      if (get("dialog") === "follow") go({ dialog: null }, { replace: true });
    },
  );
  void ask<Stream>(`${root}/follow/${s.proto}/${s.index}`, flight.signal).then(
    (answer) => {
      stream = answer;
      list = pieces(answer.chunks);
      update();
    },
    (e: unknown) => {
      if (flight.signal.aborted) return;
      error = explain(e);
      update();
    },
  );
}

/** Closes the dialog when the address no longer asks for it (Back). */
export function closeFollow(): void {
  open?.close();
}
