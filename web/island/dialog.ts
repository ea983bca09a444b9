// Dialogs over the native <dialog>: focus is trapped and returned, Escape and a
// click outside close, and for 400 ms after opening every key and click is
// ignored, so that typing meant for the page never answers a question.
import { html, nothing, render, type TemplateResult } from "lit";
import { type IconName, icon } from "./draw";

export interface DialogView {
  readonly title: string;
  readonly icon?: IconName;
  readonly iconClass?: string;
  /** One of the width classes of overlay.css: w460 w560 w620 w680 w900 w940. */
  readonly width?: string;
  readonly body: TemplateResult;
  readonly footer?: TemplateResult;
}

export interface DialogHandle {
  readonly element: HTMLDialogElement;
  /** Draws again after the state behind `view` changed. */
  update(): void;
  close(): void;
}

const guard = 400;
const open = new Set<HTMLDialogElement>();

export function dialogOpen(): boolean {
  return open.size > 0;
}

/** Opens a dialog that draws `view`. `closed` runs however it ends. The element
 * with [autofocus] gets the focus: a choice or Cancel, never what destroys. */
export function openDialog(view: () => DialogView, closed: () => void = () => {}): DialogHandle {
  const el = document.createElement("dialog");
  const born = performance.now();
  const close = (): void => el.close();
  const draw = (): void => {
    const v = view();
    el.setAttribute("aria-label", v.title);
    render(
      html`<div class="dlg ${v.width ?? ""}"><header>${v.icon ? html`<span class=${v.iconClass ?? "faint"}>${icon(v.icon, 17)}</span>` : nothing}<h2>${v.title}</h2><span class="grow"></span><button type="button" class="btn ghost icon sm" aria-label="Close (Esc)" @click=${close}>${icon("x", 15)}</button></header><div class="body">${v.body}</div>${v.footer ? html`<footer>${v.footer}</footer>` : nothing}</div>`,
      el,
    );
  };
  shelter(el, born);
  el.addEventListener("close", () => {
    open.delete(el);
    el.remove();
    closed();
  });
  draw();
  document.body.append(el);
  open.add(el);
  el.showModal();
  el.querySelector<HTMLElement>("[autofocus]")?.focus();
  return { element: el, update: draw, close };
}

/** The guard, and closing by a press outside; shared with the palette. */
export function shelter(el: HTMLDialogElement, born: number, guarded = guard): void {
  const early = (e: Event): void => {
    if (performance.now() - born >= guarded) return;
    e.preventDefault();
    e.stopImmediatePropagation();
  };
  for (const type of ["keydown", "keypress", "keyup", "click", "cancel"]) el.addEventListener(type, early, true);
  el.addEventListener("pointerdown", (e) => {
    if (e.target === el && performance.now() - born >= guarded) el.close();
  });
  // Keys inside a dialog are the dialog's.
  el.addEventListener("keydown", (e) => e.stopPropagation());
}
