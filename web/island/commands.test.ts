import assert from "node:assert/strict";
import { test } from "node:test";
import { complete, parse, tools, words } from "./commands";

const cx = { processName: (pid: string) => `proc ${pid}` };
const to = (line: string): string => {
  const u = parse(line, cx);
  return u ? decodeURIComponent(u.href.replaceAll("+", " ")) : "";
};

test("command lines lead to the right view", () => {
  for (const [line, want] of [
    ["lsof -i :5432", "/sockets?f=port == 5432"],
    ["sudo lsof -nP -iTCP:22", "/sockets?f=proto == tcp and port == 22"],
    ["$ lsof -i @10.0.0.1:80", "/sockets?f=addr == 10.0.0.1 and port == 80"],
    ["lsof -p 42", "/files?f=pid == 42"],
    ["lsof +L1", "/files?f=deleted"],
    ["ss -tnp state close-wait", "/sockets?f=proto == tcp and state == CLOSE-WAIT&names=0"],
    ["ss -tulnp", "/sockets?tab=listening&names=0"],
    ["ss -t dport = :443", "/sockets?f=proto == tcp and rport == 443"],
    ["netstat -rn", "/sockets?tab=routes"],
    ["netstat -s", "/sockets?tab=stats"],
    ["netstat -tulpen", "/sockets?tab=listening&names=0"],
    ["ip route", "/sockets?tab=routes"],
    ["ip a show dev eth0", "/interfaces?sel=eth0"],
    ["ifconfig eth1", "/interfaces?sel=eth1"],
    ["ps axf", "/processes?tree=1"],
    ["ps aux --sort=-%mem", "/processes?sort=-mem"],
    ["ps -p 42", "/processes?f=pid == 42"],
    ["top -p 42 -d 5", "/processes?f=pid == 42&every=5"],
    ["top -H -u app", "/processes?user=app&threads=1"],
    ["kill -9 123", "/processes?sel=123&dialog=kill&sig=9"],
    ["kill -s KILL 123", "/processes?sel=123&dialog=kill&sig=KILL"],
    ["kill 123", "/processes?sel=123&dialog=kill"],
    ["renice -n 10 -p 77", "/processes?sel=77&dialog=renice&nice=10"],
    ["tcpdump -i eth0 port 53", "/captures?dialog=new&if=eth0&cf=port 53"],
    ["tcpdump -nni any -s0 -c100 'tcp port 80'", "/captures?dialog=new&if=any&cf=tcp port 80&stop=100"],
    ["tshark -Y http.response.code>=500", "/captures/last?f=http.response.code>=500"],
    ["tshark -i lo -f 'port 80'", "/captures?dialog=new&if=lo&cf=port 80"],
    ["strace -c -p 9", "/trace?pid=9&tab=summary"],
    ["nc -l 9000", "/connect?mode=listen&port=9000"],
    ["telnet host 25", "/connect?mode=connect&host=host&port=25"],
    ["iftop -i eth0 -P", "/bandwidth?if=eth0"],
    ["sonde tcpdump port 53", "/captures?dialog=new&if=any&cf=port 53"],
    ["hello world", ""],
    ["", ""],
  ] as const) assert.equal(to(line), want, line);
});

test("what is not used is named, not fatal", () => {
  const u = parse("top -Z -p 4", cx);
  assert.ok(u?.parts.some(([a, b]) => a === "-Z" && b.includes("ignored")));
});

test("every tool answers to its bare name without a throw", () => {
  for (const t of tools) for (const rest of ["", " -x", " 'unclosed", " -i", " -p", " --sort"]) assert.doesNotThrow(() => parse(t + rest, cx), t + rest);
});

test("words split as a shell splits", () => {
  assert.deepEqual(words(`a 'b c' "d e"f g`), ["a", "b c", "d ef", "g"]);
  assert.deepEqual(complete("tcp"), ["tcpdump"]);
});
