// <s-filter>: the filter bar of a table. It shows the verdict on what is typed
// (neutral, valid, unfinished, wrong with the reason inside), completes field
// names, and writes the filter to the address. Events: `filter` {text} on every
// change that parses.
import { html, nothing, type TemplateResult } from "lit";
import { get, go } from "./address";
import { icon } from "./draw";
import { compile, type Fields } from "./expr";
import { define, Island } from "./island";

const history: string[] = [];

export class SFilter extends Island {
  static override properties = { fields: { attribute: false }, placeholder: {}, label: {}, param: {}, note: {} };
  declare fields: Fields;
  declare placeholder: string;
  declare label: string;
  /** The option of the address that holds the filter. */
  declare param: string;
  /** Figures at the end of the bar ("412 of 1,227"). */
  declare note: string;

  private text = "";
  private choices: readonly string[] = [];
  private choice = 0;
  private past = -1;

  constructor() {
    super();
    this.fields = { names: {} };
    this.placeholder = "Filter";
    this.label = "Filter";
    this.param = "f";
    this.note = "";
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.follow(() => {
      const now = get(this.param);
      if (now !== this.text.trim()) {
        this.text = now;
        this.requestUpdate();
      }
    });
  }

  override focus(): void {
    const i = this.querySelector("input");
    i?.focus();
    i?.select();
  }

  private get verdict(): { readonly state: string; readonly reason?: string } {
    return compile(this.text, this.fields, { value: () => "", text: () => "" });
  }

  private input(e: InputEvent): void {
    this.text = (e.target as HTMLInputElement).value;
    this.past = -1;
    this.complete();
    this.requestUpdate();
    const v = this.verdict;
    // An unfinished or wrong filter is not applied: the list keeps the last
    // valid result, and the bar says so.
    if (v.state === "valid" || v.state === "empty") go({ [this.param]: this.text.trim() }, { replace: true });
  }

  private complete(): void {
    const word = /(?:^|[\s(!])([\w.]+)$/.exec(this.text)?.[1]?.toLowerCase();
    this.choice = 0;
    this.choices = word ? Object.keys(this.fields.names).filter((n) => n.startsWith(word) && n !== word).slice(0, 8) : [];
  }

  private accept(i: number): void {
    const name = this.choices[i];
    if (!name) return;
    this.text = `${this.text.replace(/[\w.]+$/, name)} `;
    this.choices = [];
    this.requestUpdate();
    void this.updateComplete.then(() => {
      const input = this.querySelector("input");
      input?.focus();
      input?.setSelectionRange(this.text.length, this.text.length);
    });
  }

  private keydown(e: KeyboardEvent): void {
    if (this.choices.length > 0) {
      if (e.key === "Tab") {
        e.preventDefault();
        return this.accept(this.choice);
      }
      if (e.key === "ArrowDown" || e.key === "ArrowUp") {
        e.preventDefault();
        this.choice = (this.choice + (e.key === "ArrowDown" ? 1 : -1) + this.choices.length) % this.choices.length;
        return this.requestUpdate();
      }
      if (e.key === "Escape") {
        e.preventDefault();
        e.stopPropagation();
        this.choices = [];
        return this.requestUpdate();
      }
    }
    if (e.key === "Enter") {
      this.choices = [];
      const t = this.text.trim();
      if (t && history[0] !== t) history.unshift(t);
      const v = this.verdict;
      if (v.state === "valid" || v.state === "empty") go({ [this.param]: t });
      this.requestUpdate();
    } else if (e.key === "ArrowUp" && (this.text === "" || this.past >= 0) && history.length > 0) {
      e.preventDefault();
      this.past = Math.min(history.length - 1, this.past + 1);
      this.text = history[this.past]!;
      this.requestUpdate();
    } else if (e.key === "Escape") {
      (e.target as HTMLInputElement).blur();
      e.stopPropagation();
    }
  }

  protected override render(): TemplateResult {
    const v = this.verdict;
    const cls = v.state === "empty" ? "" : v.state;
    const wrong = v.state === "invalid" || v.state === "partial";
    const open = this.choices.length > 0;
    return html`<label class="filter ${cls}">${icon("filter", 14)}<input id="filter" .value=${this.text} placeholder=${this.placeholder} aria-label=${this.label}
      role="combobox" aria-expanded=${open} aria-controls="filter-ac" aria-autocomplete="list" aria-invalid=${wrong} aria-describedby="filter-st" autocomplete="off" spellcheck="false"
      @input=${this.input} @keydown=${this.keydown} @blur=${() => { this.choices = []; this.requestUpdate(); }}>
      <span class="st" id="filter-st">${wrong ? v.reason : nothing}</span>
      ${this.text ? html`<button type="button" class="btn ghost icon sm" aria-label="Clear filter" @click=${this.clear}>${icon("x", 13)}</button>` : html`<kbd class="n-hide">/</kbd>`}
      ${open ? html`<div class="ac" role="listbox" id="filter-ac" aria-label="Fields">${this.choices.map((c, i) => html`<div class="it" role="option" aria-selected=${i === this.choice} @pointerdown=${(e: Event) => { e.preventDefault(); this.accept(i); }}><code>${c}</code><span>${this.fields.names[c]}</span></div>`)}</div>` : nothing}</label>`;
  }

  private clear(e: Event): void {
    e.preventDefault();
    this.text = "";
    this.choices = [];
    go({ [this.param]: null });
    this.requestUpdate();
  }
}

define("s-filter", SFilter);
declare global {
  interface HTMLElementTagNameMap {
    "s-filter": SFilter;
  }
}
