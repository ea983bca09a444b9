// <s-rail> fills live counts into the links that the server drew, and carries
// the sticky options (focus, time) from view to view. <s-focus> is the pill.
import { html, nothing, type TemplateResult } from "lit";
import { get, href, sticky } from "./address";
import { icon } from "./draw";
import { bits, count } from "./format";
import { define, Island } from "./island";
import { destination } from "./keys";
import { subscribe } from "./socket";
import type { Table } from "./table";

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
    const pidRows = (t: Table, column: string): number => {
      const pid = focusPid();
      if (!pid) return t.rows.size;
      let n = 0;
      for (const e of t.rows.values()) if (t.str(e, column) === pid) n++;
      return n;
    };
    subscribe("probe/counts", {}, (t, c) => {
      if (c.error) return;
      for (const [k, v] of Object.entries(t.summary)) {
        if (typeof v !== "number") continue;
        set(k, k === "bandwidth" ? bits(v * 8) : count(v));
      }
    });
    subscribe("captures", {}, (t, c) => {
      if (c.error) return;
      let live = false;
      for (const e of t.rows.values()) if (t.str(e, "state") === "live") live = true;
      set("captures", t.rows.size ? count(t.rows.size) : "", live);
    });
    document.addEventListener("sonde-count", (e) => {
      const { name, table, column } = (e as CustomEvent<{ name: string; table: Table; column: string }>).detail;
      set(name, count(pidRows(table, column)));
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
