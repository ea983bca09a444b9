import assert from "node:assert/strict";
import { test } from "node:test";
import { clauses, compile, nearest, type Reader, withClause } from "./expr";

interface Row {
  readonly name: string;
  readonly cpu: number;
  readonly port: readonly number[];
  readonly user: string | null;
}
const rows: readonly Row[] = [
  { name: "nginx", cpu: 12, port: [80, 40100], user: "www" },
  { name: "postgres", cpu: 3, port: [5432, 40101], user: "db" },
  { name: "kworker", cpu: 0, port: [], user: null },
];
const fields = { names: { name: "", cpu: "", port: "", user: "", res: "" } };
const reader: Reader<Row> = {
  value: (r, f) => (f === "name" ? r.name : f === "cpu" ? r.cpu : f === "port" ? r.port : f === "user" ? r.user : null),
  text: (r) => `${r.name} ${r.user ?? ""}`,
};
function pick(text: string): string {
  const v = compile(text, fields, reader);
  return v.state === "valid" ? rows.filter(v.test).map((r) => r.name).join(",") : v.state;
}

test("filters select", () => {
  for (const [text, want] of [
    ["", "empty"],
    ["nginx", "nginx"],
    ["NGINX", "nginx"],
    ["cpu > 2", "nginx,postgres"],
    ["cpu > 2 and port == 5432", "postgres"],
    ["port == 80 or port == 5432", "nginx,postgres"],
    ["port in {80, 5432}", "nginx,postgres"],
    ["not cpu > 2", "kworker"],
    ["!(cpu > 2)", "kworker"],
    ["name contains ork", "kworker"],
    ['name matches "^(nginx|kw)"', "nginx,kworker"],
    ["port != 80", "postgres,kworker"],
    ["user == www", "nginx"],
    ["post db", "postgres"],
    ['"post"', "postgres"],
    ["name eq nginx && cpu ge 12", "nginx"],
  ] as const) assert.equal(pick(text), want, text);
});

test("unfinished and wrong filters say so and select nothing by accident", () => {
  for (const [text, state, reason] of [
    ["cpu >", "partial", "A value is expected"],
    ["cpu > 2 and", "partial", "Something is expected"],
    ["(cpu > 2", "partial", "missing"],
    ['name == "ngi', "partial", "not closed"],
    ["port in {80", "partial", "missing"],
    ["cpuu > 2", "invalid", "Did you mean cpu?"],
    ["cpu > lots", "invalid", "A number is expected"],
    ['name matches "("', "invalid", "regular expression"],
    ["cpu > 2 )", "invalid", "not expected"],
    ["== 4", "invalid", "before"],
  ] as const) {
    const v = compile(text, fields, reader);
    assert.equal(v.state, state, text);
    assert.ok("reason" in v && v.reason.includes(reason), `${text}: ${"reason" in v ? v.reason : ""}`);
  }
});

test("random text never throws", () => {
  const parts = ["cpu", ">", "==", "(", ")", "{", "}", ",", '"', "and", "or", "not", "5", "a b", "!", "&&", "|", "\\", "in", "matches", "[", " "];
  let seed = 7;
  for (let i = 0; i < 20_000; i++) {
    let s = "";
    for (let k = 0; k < 8; k++) {
      seed = (seed * 1103515245 + 12345) & 0x7fffffff;
      s += parts[seed % parts.length]! + (seed & 64 ? " " : "");
    }
    const v = compile(s, fields, reader);
    if (v.state === "valid") for (const r of rows) v.test(r);
  }
});

test("clauses are toggled", () => {
  assert.deepEqual(clauses("state == ESTAB and pid == 4"), ["state == ESTAB", "pid == 4"]);
  assert.equal(withClause("state == ESTAB and pid == 4", "state", "state == LISTEN"), "state == LISTEN and pid == 4");
  assert.equal(withClause("state == ESTAB and pid == 4", "state", ""), "pid == 4");
});

test("a slip of the pen finds its field", () => {
  assert.equal(nearest("naem", ["name", "cpu"]), "name");
  assert.equal(nearest("zzzzzz", ["name", "cpu"]), "");
});
