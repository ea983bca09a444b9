// <s-rail> fills live counts into the links that the server drew, and carries
// the sticky options (focus, time) from view to view. <s-focus> is the pill.
import { effect } from "@preact/signals-core";
import { html, nothing, type TemplateResult } from "lit";
import { get, href, sticky } from "./address";
import { icon } from "./draw";
import { count } from "./format";
import { define, Island } from "./island";
import { destination } from "./keys";
import { api } from "./session";
import { link, subscribe } from "./socket";
import type { Table as Wire } from "./wire";

/** The focused process number of the address, "" for none. */
export function focusPid(): string {
  return /^pid:(\d+)$/.exec(get("focus"))?.[1] ?? "";
}

class SRail extends HTMLElement {
  private started = false;

  connectedCallback(): void {
    if (this.started) return;
    this.started = true;
    for (const a of this.querySelectorAll<HTMLAnchorElement>("a[data-key]")) {
      destination(a.dataset["key"]!, a.pathname);
      // The link keeps its plain address until it is used: sticky options may change.
      const renew = (): void => {
        const q = new URLSearchParams();
        for (const k of sticky) if (get(k)) q.set(k, get(k));
        const s = q.toString();
        a.search = s ? `?${s}` : "";
      };
      a.addEventListener("pointerenter", renew);
      a.addEventListener("focus", renew);
    }
    const set = (name: string, text: string, dot = false): void => {
      const n = this.querySelector(`a[data-count="${name}"] .n`);
      if (!n) return;
      n.replaceChildren();
      if (dot) {
        const d = document.createElement("i");
        d.className = "dot bad pulse";
        d.title = "capturing";
        n.append(d);
      }
      n.append(text);
    };
    // Counts are asked for now and then, not streamed: a page should not keep
    // every probe running for a figure in the rail.
    const counts: readonly (readonly [string, string, (t: Wire) => number])[] = [
      ["processes", "/api/processes?limit=1", (t) => Number(t.summary?.["tasks.total"] ?? 0)],
      ["sockets", "/api/sockets?limit=1", (t) => Number(t.summary?.["sockets"] ?? 0)],
      ["interfaces", "/api/interfaces", (t) => t.rows.length],
    ];
    const ask = (): void => {
      if (document.hidden || link.peek().state !== "live") return;
      const pid = focusPid();
      for (const [name, url, of] of counts) {
        if (pid && name === "interfaces") {
          set(name, "");
          continue;
        }
        const focused = pid ? (name === "processes" ? url : `${url}&pid=${pid}`) : url;
        api<Wire>("GET", focused).then((t) => set(name, count(of(t))), () => set(name, ""));
      }
    };
    effect(() => {
      void get("focus");
      if (link.value.state === "live") ask();
    });
    setInterval(ask, 10_000);
    subscribe("captures", {}, (t, c) => {
      if (c.error) return;
      let live = false;
      for (const e of t.rows.values()) if (t.str(e, "state") === "live") live = true;
      set("captures", t.rows.size ? count(t.rows.size) : "", live);
    });
  }
}

class SFocus extends Island {
  private name = "";

  override connectedCallback(): void {
    super.connectedCallback();
    this.follow(() => {
      const pid = focusPid();
      this.topic("process", pid ? "probe/processes" : undefined, pid ? { pid } : {}, (t) => {
        const e = [...t.rows.values()][0];
        this.name = e ? t.str(e, "comm") : "";
        this.requestUpdate();
      });
      this.requestUpdate();
    });
  }

  protected override render(): TemplateResult | typeof nothing {
    const pid = focusPid();
    if (!pid) return nothing;
    return html`<span class="pill-focus">${icon("target", 14)}<span>Focus: <b>${this.name || "process"}</b> <span class="mono faint">${pid}</span></span><a class="btn ghost icon sm" href=${href({ focus: null })} aria-label="Clear focus" title="Clear focus (O)">${icon("x", 13)}</a></span>`;
  }
}

define("s-rail", SRail);
define("s-focus", SFocus);
