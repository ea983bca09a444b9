// Base of every custom element: light DOM (one stylesheet for the page), the
// server's first paint replaced at the first render, and signals followed while
// the element is connected.
import { effect } from "@preact/signals-core";
import { LitElement, type PropertyValues } from "lit";
import { type Handler, subscribe, type Subscription } from "./socket";

export abstract class Island extends LitElement {
  private readonly undo: (() => void)[] = [];
  private readonly subs = new Map<string, { key: string; sub: Subscription }>();
  private painted = false;

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  protected override update(changed: PropertyValues): void {
    if (!this.painted) {
      this.painted = true;
      this.replaceChildren();
      this.renderOptions.renderBefore = null;
    }
    super.update(changed);
  }

  /** Runs now and whenever a signal that it reads changes, until disconnected. */
  protected follow(run: () => void): void {
    this.undo.push(effect(run));
  }

  /** Listens until disconnected. */
  protected on<K extends keyof DocumentEventMap>(type: K, handler: (e: DocumentEventMap[K]) => void): void {
    document.addEventListener(type, handler);
    this.undo.push(() => document.removeEventListener(type, handler));
  }

  protected every(ms: number, run: () => void): void {
    const t = window.setInterval(run, ms);
    this.undo.push(() => clearInterval(t));
  }

  /** Keeps one subscription under a name of the element's own; a changed topic
   * or arguments replace it, an undefined topic ends it. */
  protected topic(name: string, topic: string | undefined, args: Readonly<Record<string, string>>, handler: Handler): void {
    const key = topic === undefined ? "" : `${topic}?${JSON.stringify(args)}`;
    const old = this.subs.get(name);
    if (old?.key === key) return;
    old?.sub.close();
    this.subs.delete(name);
    if (topic !== undefined) this.subs.set(name, { key, sub: subscribe(topic, args, handler) });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    for (const u of this.undo.splice(0)) u();
    for (const { sub } of this.subs.values()) sub.close();
    this.subs.clear();
  }
}

/** Registers an element once; a second bundle of the same module does no harm. */
export function define(name: string, element: CustomElementConstructor): void {
  if (!customElements.get(name)) customElements.define(name, element);
}
