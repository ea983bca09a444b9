import assert from "node:assert/strict";
import { test } from "node:test";
import { both, byteAt, charAt, endFilter, join, pairFilter, parseRange, quote, rangeFilter, filterValue } from "./capture-filters";

test("a condition joins the filter that is there", () => {
  assert.equal(join("tcp", "ip.ttl == 1", "selected"), "ip.ttl == 1");
  assert.equal(join("tcp", "ip.ttl == 1", "and"), "(tcp) && (ip.ttl == 1)");
  assert.equal(join("tcp", "ip.ttl == 1", "or not"), "(tcp) || !(ip.ttl == 1)");
  assert.equal(join("", "ip.ttl == 1", "and not"), "!(ip.ttl == 1)");
  assert.equal(join(" ", "udp", "or"), "udp");
  assert.equal(both("tcp", ""), "tcp");
});

test("a stream is both ways of a conversation, ends have ports", () => {
  const p = { layer: "tcp", a: "10.0.0.1", b: "2001:db8::1", portA: 1, portB: 80, stream: 4 };
  assert.equal(pairFilter(p, "A ↔ B"), "tcp.stream == 4");
  assert.equal(pairFilter(p, "B → A"), "ipv6.src == 2001:db8::1 && tcp.srcport == 80 && ip.dst == 10.0.0.1 && tcp.dstport == 1");
  assert.equal(pairFilter({ layer: "eth", a: "02:00:00:00:00:05", b: "ff:ff:ff:ff:ff:ff" }, "A ↔ B"), "eth.addr == 02:00:00:00:00:05 && eth.addr == ff:ff:ff:ff:ff:ff");
  assert.equal(endFilter("udp", "10.0.0.1", 53), "ip.addr == 10.0.0.1 && udp.port == 53");
});

test("strings and ranges", () => {
  assert.equal(quote('a"b\\c\n<é'), '"a\\"b\\\\c\\x0a<\\xc3\\xa9"');
  assert.deepEqual(parseRange("18-23.5"), [18, 23.5]);
  assert.equal(parseRange("5-5"), undefined);
  assert.equal(parseRange("5-x"), undefined);
  assert.equal(rangeFilter([1, 2]), "frame.time_relative >= 1 && frame.time_relative <= 2");
  assert.equal(filterValue('x == "a == b"'), '"a == b"');
  assert.equal(filterValue("tcp"), "");
});

test("bytes and characters", () => {
  assert.equal(charAt("é.x", 3), 2);
  assert.equal(byteAt("é.x", 2), 3);
});
