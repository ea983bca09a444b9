// Uploads: drop files anywhere in the window, or choose them. The file is sent
// with XMLHttpRequest, which tells how far it is; the server indexes meanwhile.
// `uploads` is what the list page draws as cards.
import { signal } from "@preact/signals-core";
import { html, render } from "lit";
import { open, path } from "./address";
import { icon } from "./draw";
import { bytes } from "./format";
import { authorize } from "./session";
import { toast } from "./toast";

export interface Upload {
  readonly name: string;
  readonly size: number;
  readonly sent: number;
  readonly started: number;
  readonly error?: string;
  readonly id?: string;
  cancel(): void;
}

export const uploads = signal<readonly Upload[]>([]);

function put(u: Upload, change: Partial<Upload>): Upload {
  const next = { ...u, ...change };
  uploads.value = uploads.value.map((x) => (x.started === u.started && x.name === u.name ? next : x));
  return next;
}

export function dismiss(u: Upload): void {
  uploads.value = uploads.value.filter((x) => x !== u);
}

/** Sends files; each becomes a capture. */
export function upload(files: Iterable<File>): void {
  for (const file of files) {
    const xhr = new XMLHttpRequest();
    let u: Upload = { name: file.name, size: file.size, sent: 0, started: performance.now(), cancel: () => xhr.abort() };
    uploads.value = [...uploads.value, u];
    xhr.open("POST", `/api/captures?name=${encodeURIComponent(file.name)}`);
    for (const [k, v] of Object.entries(authorize())) xhr.setRequestHeader(k, v);
    xhr.setRequestHeader("content-type", "application/octet-stream");
    xhr.upload.onprogress = (e) => {
      u = put(u, { sent: e.loaded });
    };
    xhr.onload = () => {
      let answer: { id?: string; error?: { message?: string } } = {};
      try {
        answer = JSON.parse(xhr.responseText) as typeof answer;
      } catch {
        // not JSON: the status says what is known
      }
      if (xhr.status >= 200 && xhr.status < 300 && answer.id) {
        const id = answer.id;
        dismiss(u);
        toast(`${file.name} is stored.`, { label: "Open", run: () => open(`/captures/${id}`) });
        document.dispatchEvent(new CustomEvent("sonde-uploaded", { detail: id }));
      } else u = put(u, { error: answer.error?.message ?? `the server answered ${xhr.status}` });
    };
    xhr.onerror = () => {
      u = put(u, { error: "the connection broke while sending" });
    };
    xhr.onabort = () => {
      dismiss(u);
      toast(`Upload of ${file.name} cancelled. Nothing was kept.`);
    };
    xhr.send(file);
  }
}

/** Opens the browser's file chooser. */
export function chooseFiles(): void {
  const input = document.createElement("input");
  input.type = "file";
  input.multiple = true;
  input.addEventListener("change", () => input.files && upload(input.files));
  input.click();
}

function carriesFiles(e: DragEvent): boolean {
  return [...(e.dataTransfer?.types ?? [])].includes("Files");
}

/** Watches the window for dropped files. */
export function startUploads(): void {
  let scrim: HTMLElement | undefined;
  let depth = 0;
  const hide = (): void => {
    depth = 0;
    scrim?.remove();
    scrim = undefined;
  };
  addEventListener("dragenter", (e) => {
    if (!carriesFiles(e)) return;
    e.preventDefault();
    depth++;
    if (scrim) return;
    const n = [...(e.dataTransfer?.items ?? [])].filter((i) => i.kind === "file").length;
    scrim = document.createElement("div");
    scrim.className = "scrim";
    render(html`<div class="dropall" role="status">${icon("upload", 28)}<b>Drop to open in sonde</b><span class="dim">${n > 1 ? `${n} files. They are` : "1 file. It is"} stored on ${document.body.dataset["host"]} and indexed while it uploads.</span></div>`, scrim);
    document.body.append(scrim);
  });
  addEventListener("dragover", (e) => {
    if (carriesFiles(e)) e.preventDefault();
  });
  addEventListener("dragleave", () => {
    if (--depth <= 0) hide();
  });
  addEventListener("drop", (e) => {
    if (!carriesFiles(e)) return;
    e.preventDefault();
    hide();
    const files = [...(e.dataTransfer?.files ?? [])];
    if (files.length === 0) return;
    upload(files);
    // Leaving the page would break the upload, so it goes on here.
    if (path !== "/captures") toast(`Uploading ${files.length === 1 ? `${files[0]!.name}, ${bytes(files[0]!.size)}` : `${files.length} files`}. Stay on this page until it is done.`);
  });
  addEventListener("beforeunload", (e) => {
    if (uploads.value.some((u) => !u.error)) e.preventDefault();
  });
}
