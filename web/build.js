// Bundles the browser side into assets/dist: scripts and styles with hashed
// names, a manifest that the server reads, and .gz and .br beside each file.
//
// Entry points are app.ts, theme.ts and every *.page.ts in web/island; all files
// of web/style become one app.css (tokens and base first, the rest by name).
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import * as esbuild from "esbuild";

const web = dirname(fileURLToPath(import.meta.url));
const root = dirname(web);
const dist = join(root, "assets", "dist");
const first = ["tokens.css", "base.css"];

async function styles() {
  const names = (await readdir(join(web, "style"))).filter((n) => n.endsWith(".css") && !first.includes(n)).sort();
  return [...first, ...names].map((n) => `@import "./${n}";`).join("\n");
}

async function build() {
  const islands = await readdir(join(web, "island"));
  const entries = islands.filter((n) => n === "app.ts" || n === "theme.ts" || n.endsWith(".page.ts")).sort();
  const common = { absWorkingDir: root, bundle: true, minify: true, write: false, legalComments: "none", logLevel: "warning", metafile: true };
  const scripts = await esbuild.build({
    ...common,
    entryPoints: entries.map((n) => `web/island/${n}`),
    outdir: "assets/dist",
    format: "esm",
    splitting: true,
    target: ["es2022"],
    entryNames: "[name]-[hash]",
    chunkNames: "chunk-[hash]",
    define: { "process.env.NODE_ENV": '"production"' },
  });
  const css = await esbuild.build({
    ...common,
    metafile: false,
    stdin: { contents: await styles(), resolveDir: join(web, "style"), loader: "css", sourcefile: "app.css" },
    target: ["chrome120", "firefox121", "safari17"],
  });

  const manifest = {};
  const files = new Map();
  for (const f of scripts.outputFiles) files.set(f.path.slice(dist.length + 1), f.contents);
  for (const [out, meta] of Object.entries(scripts.metafile.outputs)) {
    if (!meta.entryPoint) continue;
    const name = meta.entryPoint.replace("web/island/", "").replace(/\.ts$/, ".js");
    const imports = meta.imports.filter((i) => i.kind === "import-statement").map((i) => i.path.replace("assets/dist/", ""));
    manifest[name] = { file: out.replace("assets/dist/", ""), imports };
  }
  const sheet = css.outputFiles[0].contents;
  const sheetName = `app-${createHash("sha256").update(sheet).digest("hex").slice(0, 8).toUpperCase()}.css`;
  files.set(sheetName, sheet);
  manifest["app.css"] = { file: sheetName };
  const icon = await readFile(join(web, "ui", "favicon.svg"));
  const iconName = `favicon-${createHash("sha256").update(icon).digest("hex").slice(0, 8).toUpperCase()}.svg`;
  files.set(iconName, icon);
  manifest["favicon.svg"] = { file: iconName };

  await mkdir(dist, { recursive: true });
  for (const old of await readdir(dist)) if (old !== ".keep") await rm(join(dist, old));
  for (const [name, bytes] of files) {
    await writeFile(join(dist, name), bytes);
    if (bytes.length < 512) continue;
    await writeFile(join(dist, `${name}.gz`), gzipSync(bytes, { level: 9 }));
    await writeFile(join(dist, `${name}.br`), brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }));
  }
  // The manifest last: a server that reads the disk never sees names without files.
  await writeFile(join(dist, "manifest.json"), `${JSON.stringify(manifest, null, 1)}\n`);
  return files;
}

const files = await build();
let total = 0;
for (const [name, bytes] of [...files].sort()) {
  const z = gzipSync(bytes, { level: 9 }).length;
  total += z;
  console.log(`${name.padEnd(34)} ${String(bytes.length).padStart(8)} B ${String(z).padStart(7)} gz`);
}
console.log(`total ${total} gz`);

if (process.argv.includes("--watch")) {
  const { watch } = await import("node:fs");
  let timer;
  for (const dir of ["island", "style", "ui"]) {
    watch(join(web, dir), () => {
      clearTimeout(timer);
      timer = setTimeout(() => build().then(() => console.log("built"), (e) => console.error(e.message)), 60);
    });
  }
}
