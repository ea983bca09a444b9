// Interfaces: the list with rates, and one interface in full: the last minute,
// addresses as ifconfig prints them, counters since boot.
import { html, nothing, svg, type TemplateResult } from "lit";
import { get, go, href } from "./address";
import { icon, skeleton, spark } from "./draw";
import { bits, bytes, clock, count, rate } from "./format";
import { define, Island } from "./island";
import { pageKeys } from "./keys";
import { pastView } from "./live-view";
import { failed, notes } from "./notices";
import { command, fact } from "./status";
import { type Entry, Table } from "./table";
import { past } from "./timeline";
import type { Failure } from "./wire";

interface Sample {
  readonly time: number;
  readonly tx: number;
  readonly rx: number;
}

class SInterfaces extends Island {
  private table = new Table();
  private error: Failure | undefined;
  private readonly past = new Map<string, Sample[]>();

  override connectedCallback(): void {
    super.connectedCallback();
    this.topic("list", "probe/interfaces", {}, (t, c) => {
      this.error = c.error;
      this.table = t;
      for (const e of t.rows.values()) {
        if (t.cell(e, "tx.rate") === null) continue;
        const h = this.past.get(e.key) ?? [];
        h.push({ time: Date.now(), tx: t.num(e, "tx.rate"), rx: t.num(e, "rx.rate") });
        while (h.length > 0 && h[0]!.time < Date.now() - 60_500) h.shift();
        this.past.set(e.key, h);
      }
      this.requestUpdate();
    });
    this.follow(() => {
      void get("sel");
      void past.value;
      this.requestUpdate();
    });
    const move = (by: number) => (): void => {
      const l = this.sorted();
      const chosen = this.chosen();
      const i = chosen ? l.indexOf(chosen) : -1;
      const to = l[Math.max(0, Math.min(l.length - 1, i + by))];
      if (to) go({ sel: this.table.str(to, "name") }, { replace: true });
    };
    pageKeys({
      j: move(1), k: move(-1), ArrowDown: move(1), ArrowUp: move(-1),
      c: () => {
        const e = this.chosen();
        if (e) location.assign(`/captures?dialog=new&if=${encodeURIComponent(this.table.str(e, "name"))}`);
      },
    });
  }

  private sorted(): Entry[] {
    const t = this.table;
    return [...t.rows.values()].sort((a, b) => Number(t.str(b, "state") === "up") - Number(t.str(a, "state") === "up") || Number(t.str(a, "name") === "lo") - Number(t.str(b, "name") === "lo") || t.num(a, "index") - t.num(b, "index"));
  }

  private chosen(): Entry | undefined {
    const l = this.sorted();
    return l.find((e) => this.table.str(e, "name") === get("sel")) ?? l.find((e) => this.table.str(e, "name") !== "lo") ?? l[0];
  }

  private chart(samples: readonly Sample[], speed: number): TemplateResult {
    // Narrow windows get a narrower drawing, so that its words keep their size.
    const w = innerWidth <= 640 ? 400 : 860;
    const h = 190;
    const m = 95;
    const now = Date.now();
    const most = Math.max(1, ...samples.map((s) => Math.max(s.tx, s.rx)));
    const max = speed && most > speed / 20 ? speed : most * 1.2;
    const x = (t: number): number => 56 + Math.max(0, Math.min(1, 1 - (now - t) / 60_000)) * (w - 66);
    const path = (of: (s: Sample) => number, sign: 1 | -1): string => samples.map((s, i) => `${i ? "L" : "M"}${x(s.time).toFixed(1)} ${(m - sign * Math.min(1, of(s) / max) * 84).toFixed(1)}`).join("");
    const area = (d: string, c: string) => (samples.length < 2 ? nothing : svg`<path d="${d}L${x(samples.at(-1)!.time).toFixed(1)} ${m}L${x(samples[0]!.time).toFixed(1)} ${m}Z" fill=${c} opacity=".25"></path><path d=${d} fill="none" stroke=${c} stroke-width="1.5" vector-effect="non-scaling-stroke"></path>`);
    const label = (y: number, t: string) => svg`<path class="ax" d="M56 ${y}H${w - 10}" vector-effect="non-scaling-stroke"></path><text x="50" y=${y + 4} text-anchor="end">${t}</text>`;
    return html`<svg class="chart" width="100%" viewBox="0 0 ${w} ${h + 14}" role="img" aria-label="Rate over the last 60 seconds, out above, in below">${label(m - 84, bits(max * 8))}${label(m - 42, bits(max * 4))}${label(m, "0")}${label(m + 42, bits(max * 4))}${label(m + 84, bits(max * 8))}${area(path((s) => s.tx, 1), "var(--tx)")}${area(path((s) => s.rx, -1), "var(--rx)")}${(w < 640 ? [0, 30, 60] : [0, 15, 30, 45, 60]).map((s) => svg`<text x=${56 + (s / 60) * (w - 66)} y=${h + 12} text-anchor=${s === 0 ? "start" : s === 60 ? "end" : "middle"}>${clock(now - 60_000 + s * 1000)}</text>`)}</svg>`;
  }

  private detail(e: Entry): TemplateResult {
    const t = this.table;
    const v = (id: string): string => t.str(e, id);
    const n = (id: string): TemplateResult | string => (t.cell(e, id) === null ? "" : count(t.num(e, id)));
    const speed = t.num(e, "speed");
    const name = v("name");
    const kv = (k: string, x: string): TemplateResult | typeof nothing => (x ? html`<dt>${k}</dt><dd class="mono wrap">${x}</dd>` : nothing);
    const rows: readonly (readonly [string, TemplateResult | string, TemplateResult | string, boolean])[] = [
      ["Bytes", bytes(t.num(e, "rx.bytes")), bytes(t.num(e, "tx.bytes")), false],
      ["Packets", n("rx.packets"), n("tx.packets"), false],
      ["Errors", n("rx.errors"), n("tx.errors"), t.num(e, "rx.errors") + t.num(e, "tx.errors") > 0],
      ["Dropped", n("rx.dropped"), n("tx.dropped"), t.num(e, "tx.dropped") > 0],
      ["Overruns", n("rx.overruns"), n("tx.overruns"), t.num(e, "rx.overruns") > 0],
      ["Frame", n("rx.frame"), "", t.num(e, "rx.frame") > 0],
      ["Carrier", "", n("tx.carrier"), t.num(e, "tx.carrier") > 0],
      ["Collisions", "", n("collisions"), false],
      ["Multicast", n("multicast"), "", false],
    ];
    const words = [v("link").toLowerCase(), speed ? `${speed >= 1e9 ? `${speed / 1e9} Gb/s` : `${speed / 1e6} Mb/s`}${v("duplex") ? ` ${v("duplex")} duplex` : ""}` : "", v("state")].filter(Boolean).join(", ");
    return html`<div class="bar"><span class="dot ${v("state") === "up" ? "" : "off"}"></span><span class="h1 mono">${name}</span><span class="dim small ell">${words}</span><span class="push row"><a class="btn" href="/captures?dialog=new&if=${encodeURIComponent(name)}">${icon("rec", 13)}Capture here</a><a class="btn" href="/bandwidth?if=${encodeURIComponent(name)}">${icon("bw", 14)}Bandwidth</a></span></div>
      <div class="pad gap12"><section class="panel"><header><h2>Last 60 s</h2><span class="push lgd"><span><i class="sw sw-tx"></i>out ${t.cell(e, "tx.rate") === null ? "-" : rate(t.num(e, "tx.rate"))}</span><span><i class="sw sw-rx"></i>in ${t.cell(e, "rx.rate") === null ? "-" : rate(t.num(e, "rx.rate"))}</span></span></header><div class="body">${this.chart(this.past.get(e.key) ?? [], speed / 8)}</div></section>
      <div class="cards"><section class="panel"><header><h2>Address</h2></header><div class="body"><dl class="kv">${kv("flags", v("flags"))}${kv("ether", v("ether"))}${v("inet").split(/[,\s]+/).map((a) => kv("inet", a))}${v("inet6").split(/[,\s]+/).map((a) => kv("inet6", a))}${kv("netmask", v("netmask"))}${kv("broadcast", v("broadcast"))}${kv("mtu", v("mtu"))}${kv("txqueuelen", v("txqueuelen"))}${kv("qdisc", v("qdisc"))}${kv("driver", v("driver"))}${kv("master", v("master"))}${kv("alias", v("alias"))}${t.num(e, "promisc") ? kv("promiscuous", `${t.num(e, "promisc")} ${t.num(e, "promisc") === 1 ? "capture" : "captures"}`) : nothing}</dl></div></section>
      <section class="panel"><header><h2>Counters since boot</h2></header><table class="plain-t"><thead><tr><th><span class="sr">Counter</span></th><th scope="col" class="num w38"><span class="rxc">▼</span> RX</th><th scope="col" class="num w38"><span class="txc">▲</span> TX</th></tr></thead><tbody>${rows.map(([k, rx, tx, bad]) => html`<tr><td class="dim">${k}</td><td class="num ${bad && rx !== "0" ? "bad" : ""}">${rx}</td><td class="num ${bad && tx !== "0" ? "bad" : ""}">${tx}</td></tr>`)}</tbody></table></section>
      <section class="panel"><header><h2>Packets a second</h2></header><div class="body"><dl class="kv"><dt>RX</dt><dd class="mono">${t.cell(e, "rx.pps") === null ? "-" : count(t.num(e, "rx.pps"))}</dd><dt>TX</dt><dd class="mono">${t.cell(e, "tx.pps") === null ? "-" : count(t.num(e, "tx.pps"))}</dd></dl></div></section></div></div>`;
  }

  protected override render(): TemplateResult {
    const t = this.table;
    const then = pastView();
    if (then) return then;
    if (this.error && !t.updates) return failed(this.error, "Interfaces cannot be read");
    if (!t.updates) return skeleton();
    const list = this.sorted();
    const now = this.chosen();
    const up = list.filter((e) => t.str(e, "state") === "up").length;
    fact.value = `${up} up, ${list.length - up} down`;
    command.value = now ? `ifconfig ${t.str(now, "name")}` : "ifconfig";
    return html`${notes(t.notes)}<div class="split stack"><div class="iflist" role="listbox" aria-label="Interfaces" tabindex="0">${list.map((e) => {
      const name = t.str(e, "name");
      const h = this.past.get(e.key) ?? [];
      const rateOf = (id: string): string => (t.cell(e, id) === null ? "-" : rate(t.num(e, id)));
      const isUp = t.str(e, "state") === "up";
      return html`<a role="option" aria-selected=${e === now} href=${href({ sel: name })}><span class="dot ${isUp ? "" : "off"}" title=${t.str(e, "state")}></span><b class="mono ell">${name}</b><span class="mono r nw"><span class="txc">▲</span> ${rateOf("tx.rate")}</span><span class="mono r nw"><span class="rxc">▼</span> ${rateOf("rx.rate")}</span><span></span><span class="faint ell">${t.str(e, "inet").split(/[,\s]+/)[0] || (isUp ? "no address" : t.str(e, "state"))}</span><span class="spark">${isUp ? spark(h.map((s) => s.tx + s.rx), { fluid: true, width: 150, height: 16, colour: "var(--tx)" }) : nothing}</span></a>`;
    })}</div><div class="grip"></div><div class="col grow scroll">${now ? this.detail(now) : nothing}</div></div>`;
  }
}

define("s-interfaces", SInterfaces);
