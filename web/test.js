// Bundles web/island/*.test.ts and runs them with node's test runner.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";

const island = join(dirname(fileURLToPath(import.meta.url)), "island");
const out = mkdtempSync(join(tmpdir(), "sonde-island-"));
try {
  await esbuild.build({
    entryPoints: readdirSync(island).filter((n) => n.endsWith(".test.ts")).map((n) => join(island, n)),
    outdir: out,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    platform: "node",
    format: "esm",
    logLevel: "warning",
    // Modules read the address when they load; a test has none.
    banner: { js: 'globalThis.location ??= new URL("http://localhost/sockets?f=a"); globalThis.addEventListener ??= () => {}; globalThis.document ??= { addEventListener() {}, createElement: () => ({}), createTreeWalker: () => ({}), createComment: () => ({}) };' },
  });
  const r = spawnSync(process.execPath, ["--test", ...readdirSync(out).map((n) => join(out, n))], { stdio: "inherit" });
  process.exitCode = r.status ?? 1;
} finally {
  rmSync(out, { recursive: true, force: true });
}
