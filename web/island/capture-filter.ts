// <s-packet-filter>: the display filter bar. The server judges the text: valid
// is applied, unfinished and wrong are not, with the reason in the bar and the
// place underlined. Completion comes from the server too.
//
// A filter is applied as it is typed while the capture is small; for a large one
// Enter applies it, since every filter is a pass over all packets.
import { html, nothing, type TemplateResult } from "lit";
import { get, go } from "./address";
import { byteAt, charAt } from "./capture-filters";
import { applied, ask, check, refused, root, status, typed } from "./capture-state";
import { icon } from "./draw";
import { define, Island } from "./island";
import { explain } from "./session";
import type { Completion, FilterCheck } from "./wire";

/** Above this many packets a filter waits for Enter. */
const large = 200_000;
const pause = 140;
const pastKey = "sonde-filters";

type State = "" | "valid" | "partial" | "invalid" | "busy";

function past(): string[] {
  try {
    return JSON.parse(sessionStorage.getItem(pastKey) ?? "[]") as string[];
  } catch {
    return [];
  }
}

class SPacketFilter extends Island {
  private text = "";
  private state: State = "";
  private reason = "";
  private mark: readonly [number, number] | undefined;
  private words = "";
  private choices: readonly Completion[] = [];
  private choice = 0;
  private at = -1;
  private timer = 0;
  private asked = 0;
  /** The address has got this text's step in the history. */
  private stepped = false;

  override connectedCallback(): void {
    super.connectedCallback();
    this.follow(() => {
      const t = typed.value;
      if (t === this.text.trim() && this.state !== "") return;
      this.text = t;
      this.choices = [];
      void this.judge(false);
    });
    this.follow(() => {
      void refused.value;
      void applied.value;
      this.requestUpdate();
    });
    this.on("sonde-prepare" as keyof DocumentEventMap, (e) => {
      this.text = (e as unknown as CustomEvent<string>).detail;
      this.choices = [];
      this.at = -1;
      void this.judge(false);
      this.requestUpdate();
      void this.updateComplete.then(() => {
        const i = this.input;
        i?.focus();
        i?.setSelectionRange(this.text.length, this.text.length);
      });
    });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.timer);
  }

  override focus(): void {
    this.input?.focus();
    this.input?.select();
  }

  private get input(): HTMLInputElement | null {
    return this.querySelector("input");
  }

  private typing(): void {
    const i = this.input!;
    this.text = i.value;
    this.at = -1;
    this.state = this.text.trim() === "" ? "" : "busy";
    this.mark = undefined;
    this.requestUpdate();
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.judge(true), pause);
  }

  /** Asks the server about the text; `fresh` text is applied when it may be. */
  private async judge(fresh: boolean): Promise<void> {
    const turn = ++this.asked;
    const text = this.text;
    if (text.trim() === "") {
      this.settle("", "", undefined, "");
      this.choices = [];
      if (fresh) this.commit(false);
      return;
    }
    const caret = document.activeElement === this.input ? (this.input?.selectionStart ?? text.length) : -1;
    let verdict: FilterCheck;
    let choices: readonly Completion[] = [];
    try {
      [verdict, choices] = await Promise.all([
        check(text),
        fresh && caret >= 0 ? ask<readonly Completion[]>(`${root}/complete?text=${encodeURIComponent(text)}&at=${byteAt(text, caret)}`) : [],
      ]);
    } catch (e) {
      if (turn === this.asked) this.settle("invalid", explain(e), undefined, "");
      return;
    }
    if (turn !== this.asked) return;
    if (fresh) {
      const word = /[\w.]*$/.exec(text.slice(0, caret))?.[0] ?? "";
      // Operators after a space are offered only when asked for (arrow down):
      // a list over every space would cover the packets.
      this.choices = word === "" ? [] : choices.filter((c) => c.text !== word).slice(0, 10);
      this.choice = 0;
    }
    if (verdict.ok) {
      this.settle("valid", verdict.warning ?? "", undefined, verdict.explained ?? "");
      if (fresh && (status.peek()?.packets ?? 0) <= large) this.commit(false);
      return;
    }
    const e = verdict.error;
    const from = charAt(text, e?.at ?? 0);
    const to = charAt(text, (e?.at ?? 0) + (e?.length ?? 0));
    const message = (e?.message ?? "This is no display filter").replace(/\.$/, "");
    const open = to >= text.trimEnd().length && (e?.length === 0 || this.choices.length > 0 || /[.(,]$/.test(text.trimEnd()));
    const named = this.choices.filter((c) => c.kind === "field" || c.kind === "protocol");
    const word = /[\w.]+$/.exec(text)?.[0] ?? "";
    const reason = open ? (named.length > 0 && word ? `Unfinished: ${named.length === 10 ? "10 or more" : named.length} ${named.length === 1 ? "field starts" : "fields start"} with “${word}”` : `Unfinished: ${message.charAt(0).toLowerCase()}${message.slice(1)}`) : message;
    this.settle(open ? "partial" : "invalid", reason, to > from ? [from, to] : undefined, "");
  }

  private settle(state: State, reason: string, mark: readonly [number, number] | undefined, words: string): void {
    this.state = state;
    this.reason = reason;
    this.mark = mark;
    this.words = words;
    this.requestUpdate();
  }

  /** Puts the text into the address. The first change makes a step that Back
   * undoes; more typing changes that step. */
  private commit(done: boolean): void {
    const text = this.text.trim();
    if (text !== get("f")) {
      go({ f: text }, { replace: this.stepped });
      this.stepped = true;
    }
    if (!done) return;
    this.stepped = false;
    if (text === "") return;
    try {
      sessionStorage.setItem(pastKey, JSON.stringify([text, ...past().filter((t) => t !== text)].slice(0, 50)));
    } catch {
      // storage is full or off: the history ends with the page
    }
  }

  private accept(index: number): void {
    const c = this.choices[index];
    if (!c) return;
    const from = charAt(this.text, c.at);
    const to = charAt(this.text, c.to);
    const space = c.kind === "field" || c.kind === "operator" ? " " : "";
    const before = c.kind === "operator" && from > 0 && !/\s$/.test(this.text.slice(0, from)) ? " " : "";
    const put = this.text.slice(0, from) + before + c.text + (c.kind === "protocol" ? "" : space);
    this.text = put + this.text.slice(to).trimStart();
    this.choices = [];
    this.requestUpdate();
    void this.updateComplete.then(() => {
      this.input?.focus();
      this.input?.setSelectionRange(put.length, put.length);
      void this.judge(false);
    });
  }

  private async enter(): Promise<void> {
    clearTimeout(this.timer);
    this.choices = [];
    await this.judge(false);
    if (this.state === "valid" || this.state === "") this.commit(true);
    this.requestUpdate();
  }

  private keydown(e: KeyboardEvent): void {
    const open = this.choices.length > 0;
    if (e.key === "Enter") {
      e.preventDefault();
      void this.enter();
    } else if (open && e.key === "Tab" && !e.shiftKey) {
      e.preventDefault();
      this.accept(this.choice);
    } else if (open && (e.key === "ArrowDown" || e.key === "ArrowUp")) {
      e.preventDefault();
      this.choice = (this.choice + (e.key === "ArrowDown" ? 1 : -1) + this.choices.length) % this.choices.length;
      this.requestUpdate();
    } else if (open && e.key === "Escape") {
      e.preventDefault();
      e.stopPropagation();
      this.choices = [];
      this.requestUpdate();
    } else if (e.key === "ArrowDown" && !open && this.text.trim() !== "" && this.at < 0) {
      e.preventDefault();
      void this.offer();
    } else if (e.key === "ArrowUp" && (this.text === "" || this.at >= 0)) {
      e.preventDefault();
      this.recall(1);
    } else if (e.key === "ArrowDown" && this.at >= 0) {
      e.preventDefault();
      this.recall(-1);
    } else if (e.key === "Escape") {
      e.stopPropagation();
      this.input?.blur();
    }
  }

  private async offer(): Promise<void> {
    const i = this.input!;
    const text = this.text;
    try {
      const list = await ask<readonly Completion[]>(`${root}/complete?text=${encodeURIComponent(text)}&at=${byteAt(text, i.selectionStart ?? text.length)}`);
      if (text !== this.text) return;
      this.choices = list.slice(0, 10);
      this.choice = 0;
      this.requestUpdate();
    } catch {
      // no proposals: the text is judged all the same
    }
  }

  private recall(by: number): void {
    const list = past();
    if (list.length === 0) return;
    this.at = Math.max(-1, Math.min(list.length - 1, this.at + by));
    this.text = this.at < 0 ? "" : list[this.at]!;
    void this.judge(false);
    this.requestUpdate();
    void this.updateComplete.then(() => this.input?.setSelectionRange(this.text.length, this.text.length));
  }

  private clear(e: Event): void {
    e.preventDefault();
    this.text = "";
    this.choices = [];
    clearTimeout(this.timer);
    void this.judge(false);
    this.commit(true);
    this.input?.focus();
  }

  private scrolled(): void {
    const m = this.querySelector<HTMLElement>(".under > span");
    if (m && this.input) m.style.transform = `translateX(${-this.input.scrollLeft}px)`;
  }

  protected override updated(): void {
    this.scrolled();
  }

  private word(c: Completion): TemplateResult {
    const have = this.text.slice(charAt(this.text, c.at), charAt(this.text, c.to));
    return c.text.startsWith(have) ? html`<code><mark>${have}</mark>${c.text.slice(have.length)}</code>` : html`<code>${c.text}</code>`;
  }

  protected override render(): TemplateResult {
    const wrong = this.state === "partial" || this.state === "invalid";
    const waiting = this.state === "valid" && this.text.trim() !== (applied.value ?? "") && this.text.trim() !== get("f");
    const open = this.choices.length > 0;
    const m = this.mark;
    return html`<label class="filter ${this.state === "busy" ? "" : this.state}">${icon("filter", 14)}<span class="box"><input id="filter" .value=${this.text} placeholder="Display filter, for example ip.addr == 10.0.4.12 and tcp.analysis.flags" aria-label="Display filter"
      role="combobox" aria-expanded=${open} aria-controls="filter-ac" aria-autocomplete="list" aria-activedescendant=${open ? `filter-ac-${this.choice}` : nothing} aria-invalid=${wrong} aria-describedby="filter-st" autocomplete="off" autocapitalize="off" spellcheck="false" title=${this.words ? `Shows ${this.words}` : nothing}
      @input=${this.typing} @keydown=${this.keydown} @scroll=${this.scrolled} @focus=${() => { this.stepped = false; }} @blur=${() => { this.choices = []; this.requestUpdate(); }}>
      ${m ? html`<span class="under" aria-hidden="true"><span>${this.text.slice(0, m[0])}<u>${this.text.slice(m[0], m[1])}</u></span></span>` : nothing}</span>
      <span class="st" id="filter-st">${wrong ? html`${this.reason}<span class="n-hide">. List unchanged</span>` : this.reason ? html`<span class="warn">${this.reason}</span>` : waiting ? html`<span class="dim">Enter applies</span>` : this.words ? html`<span class="words">${this.words}</span>` : nothing}</span>
      ${this.text ? html`<button type="button" class="btn ghost icon sm" aria-label="Clear filter" @click=${this.clear}>${icon("x", 13)}</button>` : html`<kbd class="n-hide">/</kbd>`}
      ${open ? html`<div class="ac" role="listbox" id="filter-ac" aria-label="Completions">${this.choices.map((c, i) => html`<div class="it" role="option" id="filter-ac-${i}" aria-selected=${i === this.choice} @pointerdown=${(e: Event) => { e.preventDefault(); this.accept(i); }}>${this.word(c)}<span class="ell">${c.label ?? ""}</span></div>`)}<div class="it keys" aria-hidden="true"><kbd>Tab</kbd> accept <kbd>↑</kbd><kbd>↓</kbd> choose <kbd>Enter</kbd> apply</div></div>` : nothing}</label>`;
  }
}

define("s-packet-filter", SPacketFilter);
