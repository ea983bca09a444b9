// Cells that socket tables share.
import { html, type TemplateResult } from "lit";

const trouble = new Set(["CLOSE-WAIT", "SYN-SENT", "SYN-RECV"]);

export function stateCell(state: string): TemplateResult {
  return html`<i class="sw sk-${state}"></i>${trouble.has(state) ? html`<b>${state}</b>` : state}`;
}

/** address:port with the colon set back. */
export function addressCell(text: string): TemplateResult | string {
  const m = /^(.*):([^:]*)$/.exec(text);
  return m ? html`${m[1]}<span class="faint">:</span>${m[2]}` : text;
}
